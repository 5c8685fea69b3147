"""DeleteResourcePolicy: takes a table's policy away; where there is none, nothing happens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ..shapes import required, structure
from .resource_policies import RESOURCE_ARN, REVISION, check_arn, check_revision, table_with_policy
from .tagged_resource import check_taggable

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure("DeleteResourcePolicyInput", ResourceArn=required(RESOURCE_ARN), ExpectedRevisionId=REVISION)


@dataclass(frozen=True, slots=True)
class DeleteResourcePolicy:
    arn: str
    expected: str | None


def validate(request: dict[str, Any]) -> DeleteResourcePolicy:
    return DeleteResourcePolicy(check_arn(request["ResourceArn"]), request.get("ExpectedRevisionId"))


def apply(prepared: DeleteResourcePolicy, engine: Engine) -> dict[str, Any]:
    table = table_with_policy(prepared.arn, engine)
    check_taggable(table)
    check_revision(prepared.expected, table)
    policy = table.definition.policy
    if policy is None:
        return {}
    engine.catalog.change(table, replace(table.definition, policy=None))
    return {"RevisionId": policy.revision}
