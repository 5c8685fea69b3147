"""A live table held against the contract's: what differs, and whether that can be mended.

Only what the contract says is compared; billing, streams, backups and tags are the owner's. Must not know clients.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct

#: "add-index" can be mended by UpdateTable; "rebuild" needs a new table; "extra" does no harm
Remedy: TypeAlias = Literal["add-index", "rebuild", "extra"]


class Difference(Struct, frozen=True):
    """One difference.

    Attributes:
        table: the table's name.
        what: which part, such as "key schema" or "index GSI1".
        wanted, found: what the contract says, and what is there; None for nothing.
        remedy: what can be done.
        index: the name of the index that it is about.
    """

    table: str
    what: str
    wanted: str | None
    found: str | None
    remedy: Remedy
    index: str | None = None

    def __str__(self) -> str:
        if self.wanted is None:
            return f"{self.table}: {self.what}: {self.found} is there, and not in the contract"
        there = "there is none" if self.found is None else f"there is {self.found}"
        return f"{self.table}: {self.what}: the contract says {self.wanted}, {there}"


def differences(request: Mapping[str, Any], described: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What a live table has otherwise.

    Args:
        request: of ``create_table_request``.
        described: the ``Table`` of DescribeTable's answer.
    """
    name: str = request["TableName"]
    found: list[Difference] = []
    wanted_keys, live_keys = _keys(request, request), _keys(described, described)
    if wanted_keys != live_keys:
        found.append(Difference(name, "key schema", wanted_keys, live_keys, "rebuild"))
    wanted, live = _indexes(request, request), _indexes(described, described)
    for index in {**wanted, **live}:
        if wanted.get(index) != live.get(index):
            remedy: Remedy = "add-index" if index not in live else "extra" if index not in wanted else "rebuild"
            found.append(Difference(name, f"index {index}", wanted.get(index), live.get(index), remedy, index))
    return tuple(found)


def _keys(part: Mapping[str, Any], table: Mapping[str, Any]) -> str:
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    by_role = {one["KeyType"]: one["AttributeName"] for one in part["KeySchema"]}
    names = [by_role[role] for role in ("HASH", "RANGE") if role in by_role]
    return "(" + ", ".join(f"{name} {types.get(name, '?')}" for name in names) + ")"


def _indexes(part: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for group in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        for index in part.get(group) or ():
            projection = index["Projection"]
            kind = str(projection["ProjectionType"])
            if kind == "INCLUDE":
                kind += " of " + ", ".join(sorted(projection["NonKeyAttributes"]))
            local = ", local" if group.startswith("Local") else ""
            found[str(index["IndexName"])] = f"{_keys(index, table)} with {kind}{local}"
    return found
