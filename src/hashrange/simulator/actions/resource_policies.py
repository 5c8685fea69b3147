"""Resource-based policies: which table an ARN names, and a policy's document in the form in which it is kept.

Shared by PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy and CreateTable. A policy is kept and shown, and
keeps nobody out. Of a document is checked what every policy must have, not what its words mean. Must not know requests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from .. import messages, policy_messages
from ..errors import ApiError, validation
from ..shapes import string
from ..state.definitions import ResourcePolicy
from ..state.table import Table

if TYPE_CHECKING:
    from ..engine import Engine

_ARN_MAX_CHARS: Final = 1283
REVISION: Final = string(1, 255)
RESOURCE_ARN: Final = string(1, _ARN_MAX_CHARS)

_RESOURCE: Final = re.compile(r"arn:([^:]*):([^:]*):([^:]*):([^:]*):(.*)", re.DOTALL)
_TABLE: Final = re.compile(r"table/([a-zA-Z0-9_.-]+)")
#: the order in which the service shows what a policy has
_DOCUMENT: Final = ("Version", "Id", "Statement")
_STATEMENT: Final = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_REQUIRED: Final = (("Effect",), ("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource"))
_LISTS: Final = ("Action", "NotAction", "Resource", "NotResource")
_OLD_VERSION: Final = "2008-10-17"
_ACCOUNT: Final = re.compile(r"\d{12}")


# ── which table ──────────────────────────────────────────────────────────────────────────────────────────────────────
def check_arn(arn: str) -> str:
    """The ARN of something that DynamoDB has.

    Raises:
        ApiError: ValidationException.
    """
    if not arn.startswith("arn:"):
        raise validation(policy_messages.no_arn(arn))
    found = _RESOURCE.fullmatch(arn)
    if found is None or found[2] != "dynamodb":
        raise validation(policy_messages.not_ours(arn))
    return arn


def table_with_policy(arn: str, engine: Engine) -> Table:
    """The table of a checked ARN.

    Raises:
        ApiError: ValidationException: it is not of this account or region, or no table's; ResourceNotFoundException.
    """
    partition, _, region, account, resource = re.findall(_RESOURCE, arn)[0]
    if account != engine.account:
        raise validation(policy_messages.OTHER_ACCOUNT)
    if (partition, region) != ("aws", engine.catalog.region):
        raise validation(policy_messages.elsewhere(arn))
    named = _TABLE.fullmatch(resource)
    if named is None:
        raise validation(policy_messages.no_table(arn))
    table = engine.catalog.get(named[1])
    if table is None:
        raise ApiError("ResourceNotFoundException", messages.table_not_found(named[1]))
    return table


def check_revision(expected: str | None, table: Table) -> None:
    """Refuse a change of another revision than there is; ``NO_POLICY`` expects that there is none.

    Raises:
        ApiError: PolicyNotFoundException.
    """
    policy = table.definition.policy
    if expected is None or (expected == "NO_POLICY" and policy is None):
        return
    if policy is None:
        raise ApiError("PolicyNotFoundException", policy_messages.revision_without_policy(expected, table.name))
    if policy.revision != expected:
        raise ApiError("PolicyNotFoundException", policy_messages.revision_differs(expected, table.name))


# ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────────
def canonical_policy(text: str) -> str:
    """A policy in the form in which the service shows it.

    Raises:
        ApiError: ValidationException.
    """
    if len(text.encode("utf-8", "surrogatepass")) > policy_messages.POLICY_MAX_BYTES:
        raise validation(policy_messages.TOO_LARGE)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise validation(policy_messages.NO_JSON)
    statements = document.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not statements or not isinstance(statements, list):
        raise validation(policy_messages.NO_STATEMENT)
    shown = [_statement(statement) for statement in statements]
    ids = [statement["Sid"] for statement in shown if "Sid" in statement]
    if any(id_ in ids[:at] for at, id_ in enumerate(ids)):
        raise validation(policy_messages.SAME_IDS)
    found = {"Version": _OLD_VERSION, **document, "Statement": shown}
    return json.dumps(_ordered(found, _DOCUMENT), separators=(",", ":"), ensure_ascii=False)


def _statement(statement: Any) -> dict[str, Any]:
    if not isinstance(statement, dict):
        raise validation(policy_messages.NO_JSON)
    for names in _REQUIRED:
        if not any(name in statement for name in names):
            raise validation(policy_messages.field_missing(names[0]))
    found = dict(statement)
    for name in _LISTS:
        if name in found:
            found[name] = _single(found[name])
    for name in ("Principal", "NotPrincipal"):
        if name in found:
            found[name] = _principal(found[name])
    if isinstance(found["Effect"], str):
        found["Effect"] = found["Effect"].capitalize()
    return _ordered(found, _STATEMENT)


def _principal(principal: Any) -> Any:
    """Whom a statement is about; an account's number stands for its root."""
    if principal == "*":
        return principal
    if not isinstance(principal, dict):
        raise validation(policy_messages.PRINCIPAL_INVALID)
    return {kind: _single(_roots(named)) for kind, named in principal.items()}


def _roots(named: Any) -> Any:
    if isinstance(named, list):
        return list(dict.fromkeys(_roots(one) for one in named if isinstance(one, str)))
    is_account = isinstance(named, str) and _ACCOUNT.fullmatch(named)
    return f"arn:aws:iam::{named}:root" if is_account else named


def _single(found: Any) -> Any:
    """The one element of a list that has one."""
    return found[0] if isinstance(found, list) and len(found) == 1 else found


def _ordered(found: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    known = {name: found[name] for name in names if name in found}
    return known | {name: value for name, value in found.items() if name not in known}


def policy_of(text: str, now: float) -> ResourcePolicy:
    """A new policy; ``now`` is seconds since the epoch. Raises as ``canonical_policy``."""
    return ResourcePolicy(canonical_policy(text), revision_at(now))


def revision_at(now: float) -> str:
    """The revision of a change: its milliseconds."""
    return str(round(now * 1000))
