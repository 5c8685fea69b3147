"""PutResourcePolicy: gives a table a policy. It is kept, and keeps nobody out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ..shapes import boolean, required, string, structure
from .resource_policies import (
    RESOURCE_ARN,
    REVISION,
    canonical_policy,
    check_arn,
    check_revision,
    policy_of,
    table_with_policy,
)
from .tagged_resource import check_taggable

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure(
    "PutResourcePolicyInput",
    ResourceArn=required(RESOURCE_ARN),
    Policy=required(string()),
    ExpectedRevisionId=REVISION,
    ConfirmRemoveSelfResourceAccess=boolean(),
)


@dataclass(frozen=True, slots=True)
class PutResourcePolicy:
    arn: str
    policy: str
    expected: str | None


def validate(request: dict[str, Any]) -> PutResourcePolicy:
    arn = check_arn(request["ResourceArn"])
    return PutResourcePolicy(arn, canonical_policy(request["Policy"]), request.get("ExpectedRevisionId"))


def apply(prepared: PutResourcePolicy, engine: Engine) -> dict[str, Any]:
    catalog = engine.catalog
    table = table_with_policy(prepared.arn, engine)
    check_taggable(table)
    check_revision(prepared.expected, table)
    before = table.definition.policy
    if before is not None and before.document == prepared.policy:
        return {"RevisionId": before.revision}
    policy = policy_of(prepared.policy, catalog.now())
    if before is not None and before.revision >= policy.revision:  # in the same millisecond
        policy = replace(policy, revision=str(int(before.revision) + 1))
    catalog.change(table, replace(table.definition, policy=policy))
    return {"RevisionId": policy.revision}
