"""What has changed in tables between two moments, attribute by attribute, to be read in a failing assertion.

Pure: it compares what ``Engine.dump`` gave, or dicts of the same form. Must not know engines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from msgspec import Struct

Items: TypeAlias = Sequence[Mapping[str, Any]]
_Key: TypeAlias = tuple[Any, ...]

_VALUE_MAX_CHARS: Final = 60
_ITEMS_SHOWN: Final = 20
_ATTRIBUTES_SHOWN: Final = 20
_ABSENT: Final = object()


class Changed(Struct, frozen=True):
    """One attribute, or a part of it, that is not the same.

    Attributes:
        path: for example ``address.city`` or ``tags[2]``.
        before, after: the values, shortened; None where there is none.
    """

    path: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.path}: {self.after} is new"
        return f"{self.path}: {self.before} {'is gone' if self.after is None else f'→ {self.after}'}"


class ItemChange(Struct, frozen=True):
    """One item that came, went or changed.

    Attributes:
        table: whose it is.
        kind: ``added``, ``removed`` or ``changed``.
        key: its key, to be read; the item where no key is known.
        attributes: what is not the same; of an item that came or went, what it had besides its key.
    """

    table: str
    kind: str
    key: str
    attributes: tuple[Changed, ...] = ()

    def lines(self) -> Iterator[str]:
        sign = {"added": "+", "removed": "-", "changed": "~"}[self.kind]
        if self.kind == "changed":
            yield f"  {sign} {self.key}"
            for attribute in self.attributes[:_ATTRIBUTES_SHOWN]:
                yield f"      {attribute}"
            if len(self.attributes) > _ATTRIBUTES_SHOWN:
                yield f"      ... and {len(self.attributes) - _ATTRIBUTES_SHOWN} more"
            return
        values = [f"{one.path}={one.after or one.before}" for one in self.attributes]
        more = [f"and {len(values) - _ATTRIBUTES_SHOWN} more"] if len(values) > _ATTRIBUTES_SHOWN else []
        yield f"  {sign} {', '.join([self.key, *values[:_ATTRIBUTES_SHOWN], *more])}"


class Differences(Struct, frozen=True):
    """What is not the same; false where nothing is. ``str`` of it is a text of some lines.

    Attributes:
        tables_added, tables_removed: names.
        items: of tables that are there at both moments, by table and key.
    """

    tables_added: tuple[str, ...] = ()
    tables_removed: tuple[str, ...] = ()
    items: tuple[ItemChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tables_added or self.tables_removed or self.items)

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return "\n".join(self.lines()) or "no differences"

    def lines(self) -> Iterator[str]:
        """The text, line by line."""
        yield from (f"+ table {name}" for name in self.tables_added)
        yield from (f"- table {name}" for name in self.tables_removed)
        for table in dict.fromkeys(change.table for change in self.items):
            changes = [change for change in self.items if change.table == table]
            counts = {kind: sum(change.kind == kind for change in changes) for kind in ("added", "removed", "changed")}
            yield f"table {table}: {', '.join(f'{count} {kind}' for kind, count in counts.items() if count)}"
            for change in changes[:_ITEMS_SHOWN]:
                yield from change.lines()
            if len(changes) > _ITEMS_SHOWN:
                yield f"  ... and {len(changes) - _ITEMS_SHOWN} more"


def diff(before: Mapping[str, Items], after: Mapping[str, Items]) -> Differences:
    """What has changed from one moment to another.

    Args:
        before, after: what ``engine.dump()`` gave; one of them may be a plain dict of table name to items. Where both
            are, no keys are known, and a changed item is one that went and one that came.
    """
    keys = {**getattr(before, "key_names", {}), **getattr(after, "key_names", {})}
    both = sorted(before.keys() & after.keys())
    return Differences(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(before.keys() - after.keys())),
        tuple(change for name in both for change in _table(name, keys.get(name, ()), before[name], after[name])),
    )


def _table(table: str, keys: Sequence[str], before: Items, after: Items) -> Iterator[ItemChange]:
    old, new = _by_key(keys, before), _by_key(keys, after)
    for key in [*old, *(key for key in new if key not in old)]:
        one, other = old.get(key), new.get(key)
        if one is None or other is None:
            item = one or other or {}
            shown = item if not keys else {name: item[name] for name in keys if name in item}
            rest = tuple(
                Changed(name, *((None, _shown(value)) if one is None else (_shown(value), None)))
                for name, value in item.items()
                if name not in shown
            )
            yield ItemChange(table, "added" if one is None else "removed", _named(shown), rest)
        elif changed := tuple(_changes(one, other)):
            yield ItemChange(table, "changed", _named({name: one[name] for name in keys}), changed)


def _by_key(keys: Sequence[str], items: Items) -> dict[_Key, Mapping[str, Any]]:
    """The items by what makes them the same item: their keys, or where these are not known all they have."""
    found: dict[_Key, Mapping[str, Any]] = {}
    for item in items:
        key: _Key = tuple(_frozen(item.get(name)) for name in keys) if keys else (_frozen(item),)
        found[key] = item
    return found


def _frozen(value: Any) -> Any:
    """Something that can be hashed, and is equal where values are the same (True is not 1)."""
    if isinstance(value, Mapping):
        return frozenset((name, _frozen(each)) for name, each in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    if isinstance(value, set | frozenset):
        return frozenset(map(_frozen, value))
    return (isinstance(value, bool), bytes(value) if isinstance(value, bytearray) else value)


def _named(item: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_shown(value)}" for name, value in item.items())


def _changes(before: Any, after: Any, path: str = "") -> Iterator[Changed]:
    """Every place in which two values differ, in the order of the paths."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted(before.keys() | after.keys()):
            inner = f"{path}.{name}" if path else name
            yield from _changes(before.get(name, _ABSENT), after.get(name, _ABSENT), inner)
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        for at in range(max(len(before), len(after))):
            one, other = (values[at] if at < len(values) else _ABSENT for values in (before, after))
            yield from _changes(one, other, f"{path}[{at}]")
    elif before is _ABSENT or after is _ABSENT or _frozen(before) != _frozen(after):
        start = _first_difference(before, after)
        yield Changed(path, _shown(before, start), _shown(after, start))


def _first_difference(one: Any, other: Any) -> int:
    """Where two texts (or bytes) begin to differ; 0 for everything else."""
    if type(one) is not type(other) or not isinstance(one, str | bytes):
        return 0
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _shown(value: Any, start: int = 0) -> str | None:
    """A value, shortened so that what stands at a place in it is seen."""
    if value is _ABSENT:
        return None
    if isinstance(value, set | frozenset):
        text = f"{{{', '.join(sorted(map(repr, value)))}}}"
    elif isinstance(value, str | bytes) and len(value) > _VALUE_MAX_CHARS:
        at = max(0, min(start - _VALUE_MAX_CHARS // 4, len(value) - _VALUE_MAX_CHARS))
        part = value[at : at + _VALUE_MAX_CHARS]
        ends = at + len(part) == len(value)
        return f"{'...' if at else ''}{part!r}{'' if ends else '...'} ({len(value):,} {_unit(value)})"
    else:
        text = repr(value)
    return text if len(text) <= 2 * _VALUE_MAX_CHARS else f"{text[: 2 * _VALUE_MAX_CHARS - 3]}..."


def _unit(value: str | bytes) -> str:
    return "characters" if isinstance(value, str) else "bytes"
