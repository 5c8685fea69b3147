"""GetResourcePolicy: the policy of a table, in the service's own form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .. import policy_messages
from ..errors import ApiError
from ..shapes import required, structure
from .resource_policies import RESOURCE_ARN, check_arn, table_with_policy

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure("GetResourcePolicyInput", ResourceArn=required(RESOURCE_ARN))


def validate(request: dict[str, Any]) -> str:
    return check_arn(request["ResourceArn"])


def apply(prepared: str, engine: Engine) -> dict[str, Any]:
    policy = table_with_policy(prepared, engine).definition.policy
    if policy is None:
        raise ApiError("PolicyNotFoundException", policy_messages.policy_not_found(prepared))
    return {"Policy": policy.document, "RevisionId": policy.revision}
