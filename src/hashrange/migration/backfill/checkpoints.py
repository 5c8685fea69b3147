"""Where a backfill is, in the migration's state: the plan of each entity, and how far each of its chunks came.

``backfill/plan/<repository>`` holds where the entity is cut; ``backfill/chunk/<repository>/<number>`` the key behind
which all is done, written only after all writes before it were acknowledged. Owns these entries and the JSON form of
key values. Must not know how rows are read or written.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from ...errors import ConfigurationError
from ..mapping.entity import EntityMapping
from ..state.store import Store
from .progress import Counts

_INTEGER_MAX: Final = 2**63


class Chunk(Struct, frozen=True):
    """A range of an entity's rows: behind ``after``, up to ``until`` itself; None: from the first, to the last."""

    repository: str
    number: int
    after: tuple[Any, ...] | None
    until: tuple[Any, ...] | None


class Plan(Struct, frozen=True):
    """How an entity is cut.

    Attributes:
        bounds: the last key of each chunk but the last.
        total: its rows when it was planned.
    """

    bounds: tuple[tuple[Any, ...], ...]
    total: int

    def chunks(self, repository: str) -> list[Chunk]:
        edges = [None, *self.bounds, None]
        return [Chunk(repository, at, edges[at], edges[at + 1]) for at in range(len(edges) - 1)]


class Checkpoint(Struct):
    """How far a chunk came.

    Attributes:
        after: the key of the last row that is done; of a new one, where the chunk begins.
        counts: of all runs.
        refused_bytes: so much of the file of refused rows is good.
        done: all of it.
        outcome: what the sink says of it: the file that an export has written.
        version: of the state's entry; None where there is none yet.
    """

    after: tuple[Any, ...] | None
    counts: Counts
    refused_bytes: int = 0
    done: bool = False
    outcome: Any = None
    version: int | None = None


class Checkpoints:
    """Reads and writes them.

    Args:
        store: the state.
        kind: "backfill", or "export": both may be at work with one state.
    """

    def __init__(self, store: Store, kind: str) -> None:
        self._store, self._kind = store, kind

    async def plan(self, mapping: EntityMapping, mode: str) -> Plan | None:
        """The plan of an entity, None where none was made.

        Raises:
            ConfigurationError: it was made for another contract, other conventions or another mode.
        """
        entry = await self._store.read(self._plan_key(mapping))
        if entry is None:
            return None
        if entry.value["made_for"] != fingerprint(mapping, mode):
            raise ConfigurationError(
                f"the state has a {self._kind} of {mapping.repository!r} under another contract, other conventions or "
                "another mode",
                hint="go on with the same ones, or begin anew with another state",
            )
        return Plan(tuple(map(decoded, entry.value["bounds"])), entry.value["total"])

    async def keep_plan(self, mapping: EntityMapping, mode: str, plan: Plan) -> None:
        """Write a plan; there must be none."""
        value = {
            "made_for": fingerprint(mapping, mode),
            "bounds": [encoded(bound) for bound in plan.bounds],
            "total": plan.total,
        }
        await self._store.write(self._plan_key(mapping), value, version=None)

    async def load(self, chunk: Chunk) -> Checkpoint:
        """How far a chunk came."""
        entry = await self._store.read(self._chunk_key(chunk))
        if entry is None:
            return Checkpoint(chunk.after, Counts())
        value = entry.value
        return Checkpoint(
            None if value["after"] is None else decoded(value["after"]),
            Counts(**value["counts"]),
            value["refused_bytes"],
            value["done"],
            value["outcome"],
            entry.version,
        )

    async def save(self, chunk: Chunk, checkpoint: Checkpoint) -> None:
        """Write how far a chunk came. Raises StateConflict where somebody else has."""
        value = {
            "after": None if checkpoint.after is None else encoded(checkpoint.after),
            "counts": msgspec.to_builtins(checkpoint.counts),
            "refused_bytes": checkpoint.refused_bytes,
            "done": checkpoint.done,
            "outcome": checkpoint.outcome,
        }
        key = self._chunk_key(chunk)
        checkpoint.version = await self._store.write(key, value, version=checkpoint.version)

    def _plan_key(self, mapping: EntityMapping) -> str:
        return f"{self._kind}/plan/{mapping.repository}"

    def _chunk_key(self, chunk: Chunk) -> str:
        return f"{self._kind}/chunk/{chunk.repository}/{chunk.number:06d}"


def fingerprint(mapping: EntityMapping, mode: str) -> str:
    """A text that differs where items or keys would: of what the contract says, not of where it says it."""
    said = msgspec.to_builtins([mapping.table, mapping.entity.name, mapping.conventions, mode])
    return hashlib.sha256(msgspec.json.encode(_without_places(said), order="sorted")).hexdigest()


def _without_places(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_places(one) for name, one in value.items() if name != "place"}
    return [_without_places(one) for one in value] if isinstance(value, (list, tuple)) else value


# ── key values as JSON ───────────────────────────────────────────────────────────────────────────────────────────────
def encoded(key: Sequence[Any]) -> list[Any]:
    """Values of key columns as JSON has them."""
    return [_encode(value) for value in key]


def decoded(key: Sequence[Any]) -> tuple[Any, ...]:
    """The values again, as they were."""
    return tuple(_decode(value) for value in key)


def _encode(value: Any) -> Any:
    match value:
        case bool() | str() | float() | None:
            return value
        case int():
            return value if -_INTEGER_MAX <= value < _INTEGER_MAX else {"integer": str(value)}
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"datetime": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case timedelta():
            return {"microseconds": value // timedelta(microseconds=1)}
        case bytes():
            return {"bytes": base64.b64encode(value).decode()}
        case _:
            raise ConfigurationError(f"a key column holds {type(value).__name__}, by which rows cannot be paged")


def _decode(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, payload),) = value.items()
    return _DECODERS[kind](payload)


_DECODERS: Final[dict[str, Any]] = {
    "integer": int,
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "microseconds": lambda payload: timedelta(microseconds=payload),
    "bytes": base64.b64decode,
}
