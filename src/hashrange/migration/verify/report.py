"""What a verification found. Plain data: shown by ``render``, acted upon by ``repair``."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Struct

from ...types import Item

#: missing: a row without its item; extra: an item without a row; different: both, with other content;
#: collision: two rows that make one item
Kind: TypeAlias = Literal["missing", "extra", "different", "collision"]


class AttributeDifference(Struct, frozen=True):
    """One attribute that differs.

    Attributes:
        name: of the attribute.
        expected, found: as text; None where there is none, "(hidden)" where the name is that of a secret.
    """

    name: str
    expected: str | None
    found: str | None

    def __str__(self) -> str:
        expected = "nothing" if self.expected is None else self.expected
        found = "nothing" if self.found is None else self.found
        return f"{self.name}: {expected} was expected, {found} is there"


class Discrepancy(Struct, frozen=True):
    """One item that is not as its row says.

    Attributes:
        kind: which way.
        entity: the entity's name.
        table: the table's name in DynamoDB.
        repository: the name of the entity's repository.
        key: the item's key, attribute to value.
        row: the row's key, column to value; empty for an extra item.
        attributes: what differs, for "different".
        expected, found: the items themselves, for ``repair``; never shown.
    """

    kind: Kind
    entity: str
    table: str
    repository: str
    key: dict[str, Any]
    row: dict[str, Any]
    attributes: tuple[AttributeDifference, ...] = ()
    expected: Item | None = None
    found: Item | None = None

    def __str__(self) -> str:
        key = ", ".join(f"{name}={value!r}" for name, value in self.key.items())
        text = f"{self.entity} {key}: {self.kind}"
        if self.row:
            text += " (row " + ", ".join(f"{name}={value!r}" for name, value in self.row.items()) + ")"
        return text + "".join(f"; {one}" for one in self.attributes)


class EntityReport(Struct):
    """What was found of an entity.

    Attributes:
        entity, table, repository: which.
        rows: rows that were read of the source.
        compared: of them, whose items were looked for; fewer than ``rows`` where a sample was taken.
        items: items of the table that are of this entity; None where a sample was taken.
        matched, missing, extra, different: compared items, by outcome; extra is None where a sample was taken.
        collisions: rows whose item another row makes as well.
        refused: rows that cannot become an item.
    """

    entity: str
    table: str
    repository: str
    rows: int = 0
    compared: int = 0
    items: int | None = None
    matched: int = 0
    missing: int = 0
    extra: int | None = None
    different: int = 0
    collisions: int = 0
    refused: int = 0

    @property
    def ok(self) -> bool:
        return not (self.missing or self.extra or self.different or self.collisions or self.refused)


class PatternReport(Struct, frozen=True):
    """An access pattern that was exercised on both sides.

    Attributes:
        name: what it reads, such as "orders: GSI1 by customer_id".
        tried: how many times, each with other values.
        failed: of them, with another result.
        examples: what was asked and what differed, of the first few.
    """

    name: str
    tried: int
    failed: int
    examples: tuple[str, ...] = ()


class Report(Struct):
    """What a verification found.

    Attributes:
        entities: in the contract's order.
        patterns: as they were exercised.
        discrepancies: the first of each entity and kind, confirmed by a second look.
        unlisted: how many more there are, which are counted and not listed.
        unrecognised: table to items that are of no entity of the contract: guards, or other programs' items.
        sample: the share of rows that was compared; None for all.
        seconds: how long it took.
        source: the source's name, without a password.
        began_at: seconds since the epoch.
    """

    entities: list[EntityReport]
    patterns: list[PatternReport]
    discrepancies: list[Discrepancy]
    unlisted: int
    unrecognised: dict[str, int]
    sample: float | None
    seconds: float
    source: str
    began_at: float

    @property
    def ok(self) -> bool:
        """Whether both sides agree, as far as was looked."""
        return all(one.ok for one in self.entities) and not any(one.failed for one in self.patterns)

    @property
    def integrity(self) -> float:
        """The share of what should be there that is there as it should be, 0 to 1; 1 of nothing."""
        wanted = sum(one.compared + one.refused + (one.extra or 0) for one in self.entities)
        return sum(one.matched for one in self.entities) / wanted if wanted else 1.0

    def as_json(self) -> dict[str, Any]:
        """For ``--json``: without the items."""
        return {
            "ok": self.ok,
            "integrity": round(self.integrity, 6),
            "sample": self.sample,
            "seconds": round(self.seconds, 3),
            "source": self.source,
            "began_at": self.began_at,
            "entities": [
                {name: getattr(one, name) for name in one.__struct_fields__} | {"ok": one.ok} for one in self.entities
            ],
            "patterns": [{name: getattr(one, name) for name in one.__struct_fields__} for one in self.patterns],
            "discrepancies": [
                {
                    "kind": one.kind,
                    "entity": one.entity,
                    "table": one.table,
                    "key": one.key,
                    "row": one.row,
                    "attributes": [
                        {"name": each.name, "expected": each.expected, "found": each.found} for each in one.attributes
                    ],
                }
                for one in self.discrepancies
            ],
            "unlisted": self.unlisted,
            "unrecognised": self.unrecognised,
        }
