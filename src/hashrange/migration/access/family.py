"""Deletes and moves of a record with what belongs to it: its partition, and what foreign keys refer to it.

Up to 100 actions are one transaction. Beyond, the work is done in stages, each of them whole, in an order that lets it
be called again after it was interrupted. Must not know how a single write is planned.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from ...codec import item_size
from ...errors import ConditionFailed, TransactionCanceled, ValidationError
from ...limits import TRANSACTION_MAX_ACTIONS, TRANSACTION_MAX_BYTES
from ...types import Item
from ..errors import NotInContract
from ..source.schema import SourceSchema
from .changes import Change
from .lookups import key_fields_of
from .references import Reference, emptied, heads_partition, references, values_of
from .stored import transaction
from .writing import ATTEMPTS_MAX_COUNT, Writing

#: bytes of a transaction that are planned with; the rest is for names, and for what is counted otherwise
_TRANSACTION_ROOM_BYTES: Final = TRANSACTION_MAX_BYTES * 3 // 4
_RESTRICT: Final = frozenset({"restrict", "no action"})


class FamilyResult(Struct, frozen=True):
    """What was deleted or moved.

    Attributes:
        counts: repository to how many of its records, those of this call; the record itself among them.
        staged: whether it took several transactions, between which others could see a part of it done.
    """

    counts: dict[str, int]
    staged: bool


class Family:
    """The repositories of a layer, as far as they belong together."""

    def __init__(self, members: Mapping[str, Writing[Any]], schema: SourceSchema) -> None:
        self._members, self._schema = members, schema

    # ── delete ───────────────────────────────────────────────────────────────────────────────────────────────────────
    async def delete(
        self, parent: Writing[Any], item: Item, leave: Collection[str], owner: Mapping[str, Any] | None
    ) -> FamilyResult:
        """Delete an item and its children. See ``Repository.delete_with_children``."""
        record = parent.mapping.from_item(item)
        change = parent.planned(item, record, {}, None, owner)
        self._check_served(parent, leave)
        children = await self._children(parent, item, leave)
        self._check_unrestricted(parent, children, leave)
        counts: dict[str, int] = {}
        for repository, one in [*children, (parent, item)]:
            await self._clear(repository, one, leave, counts)
        staged = bool(counts)
        together = children
        if not _fit(_cost_of_delete(*one) for one in [*children, (parent, item)]):
            staged, together = True, []
            for chunk in _chunked(children, _cost_of_delete):
                await self._delete_items(chunk)
        async with transaction(parent.db) as tx:
            for repository, child in together:
                repository.stored.add_delete(tx, child)
            parent.stored.add_delete(tx, item, parent.stored.unchanged(item, change.watched))
        for repository, _ in [*children, (parent, item)]:
            counts[repository.name] = counts.get(repository.name, 0) + 1
        return FamilyResult(counts, staged)

    def _references(self, parent: Writing[Any], leave: Collection[str]) -> list[Reference]:
        """What refers to an entity's rows, without what is to be left."""
        found = references(parent.mapping, [one.mapping for one in self._members.values()], self._schema)
        names = [(one, one.child.repository) for one in found]
        return [one for one, name in names if name not in leave and f"{parent.name}.{name}" not in leave]

    def _check_served(self, parent: Writing[Any], leave: Collection[str]) -> None:
        """Refuse before anything is done what some key would be needed for, however far down."""
        missing: dict[str, str] = {}
        waiting, seen = [parent], {parent.name}
        while waiting:
            one = waiting.pop()
            for reference in self._references(one, leave):
                child = self._members[reference.child.repository]
                if not reference.served:
                    missing[f"{one.name}.{child.name}"] = reference.describe()
                elif reference.key.on_delete == "cascade" and child.name not in seen:
                    seen.add(child.name)
                    waiting.append(child)
        if missing:
            raise NotInContract(
                f"{parent.mapping.name} cannot be deleted with its children: no key of the contract finds "
                f"{'; '.join(missing.values())}",
                hint=f"needed: a global index by that column; leave={tuple(missing)!r} deletes it and leaves those",
            )

    def _check_unrestricted(
        self, parent: Writing[Any], children: list[tuple[Writing[Any], Item]], leave: Collection[str]
    ) -> None:
        for one in self._references(parent, leave):
            if one.within and one.key.on_delete in _RESTRICT:
                found = next((item for child, item in children if child.name == one.child.repository), None)
                if found is not None:
                    raise _restricted(parent, one, self._members[one.child.repository].there(found))

    async def _clear(self, parent: Writing[Any], item: Item, leave: Collection[str], counts: dict[str, int]) -> None:
        """See to what refers to an item and does not lie in its partition: first what restricts, then the rest."""
        found = [one for one in self._references(parent, leave) if not one.within]
        if not found:
            return
        record = parent.mapping.from_item(item)
        for one in found:
            if one.key.on_delete in _RESTRICT:
                await self._check_unused(parent, one, record)
        for one in found:
            if one.key.on_delete not in _RESTRICT:
                await self._apply(one, record, leave, counts)

    async def _delete_items(self, chunk: list[tuple[Writing[Any], Item]]) -> None:
        async with transaction(chunk[0][0].db) as tx:
            for repository, child in chunk:
                repository.stored.add_delete(tx, child)

    async def _check_unused(self, parent: Writing[Any], one: Reference, record: Mapping[str, Any]) -> None:
        child = self._members[one.child.repository]
        first = await child.query(one.index, limit=1, **values_of(one, record)).first()
        if first is not None:
            raise _restricted(parent, one, first)

    async def _apply(
        self, one: Reference, record: Mapping[str, Any], leave: Collection[str], counts: dict[str, int]
    ) -> None:
        """CASCADE or SET NULL for the items of another partition."""
        child = self._members[one.child.repository]
        rows = await child.query(one.index, **values_of(one, record)).all()
        for row in rows:
            if one.key.on_delete == "cascade":
                there = await child.table.get_item(child.key(row), consistent=True)
                if there is not None:
                    done = await self.delete(child, there, leave, None)
                    for name, count in done.counts.items():
                        counts[name] = counts.get(name, 0) + count
            else:
                await child.update(row, emptied(one.child, one.key))
                counts[child.name] = counts.get(child.name, 0) + 1

    async def _children(
        self, parent: Writing[Any], item: Item, leave: Collection[str]
    ) -> list[tuple[Writing[Any], Item]]:
        """The other entities' items in the partition that an item heads."""
        if not heads_partition(parent.mapping, self._schema):
            return []
        return await self._in_partition(parent, item[parent.stored.keys.partition_key], leave)

    async def _in_partition(
        self, parent: Writing[Any], partition: Any, leave: Collection[str] = ()
    ) -> list[tuple[Writing[Any], Item]]:
        left = {name.removeprefix(f"{parent.name}.") for name in leave}
        others = [
            one
            for one in self._members.values()
            if one is not parent and one.table.name == parent.table.name and one.name not in left
        ]
        found: list[tuple[Writing[Any], Item]] = []
        async for item in parent.table.query(partition, consistent=True):
            owner = next((one for one in others if one.stored.recognises(item)), None)
            if owner is not None:
                found.append((owner, item))
        return found

    # ── moves ────────────────────────────────────────────────────────────────────────────────────────────────────────
    async def move(
        self, parent: Writing[Any], item: Item, changes: Mapping[str, Any], owner: Mapping[str, Any] | None
    ) -> FamilyResult:
        """Give an item's partition another key. See ``Repository.move_partition``."""
        record = parent.mapping.from_item(item)
        change = parent.planned(item, record, parent.records.values(changes), None, owner)
        pk = parent.stored.keys.partition_key
        if not heads_partition(parent.mapping, self._schema) or change.new[pk] == item[pk]:
            raise ValidationError(
                f"{parent.mapping.name}: these changes move no partition that belongs to it",
                hint="update() changes fields, and the key of a single item",
            )
        children = await self._children(parent, item, ())
        moves = [self._moved(parent, change.new, repository, child) for repository, child in children]
        counts = {parent.name: 1}
        staged = not _fit(_cost_of_move(*one) for one in [*children, (parent, item)])
        guard = parent.stored.unchanged(item, change.watched)
        async with transaction(parent.db) as tx:
            parent.stored.add_move(tx, item, change.new, guard)
            if not staged:
                for (repository, child), moved in zip(children, moves, strict=True):
                    repository.stored.add_move(tx, child, moved.new, repository.stored.unchanged(child, moved.watched))
                    counts[repository.name] = counts.get(repository.name, 0) + 1
        if staged:
            await self.move_rest(parent, item[pk], change.new, counts)
        return FamilyResult(counts, staged)

    async def move_rest(self, parent: Writing[Any], partition: Any, new: Item, counts: dict[str, int]) -> None:
        """Bring what is left in the old partition after its head, until nothing is; each item is at one place only."""
        tries = 0
        while children := await self._in_partition(parent, partition):
            tries += 1
            for chunk in _chunked(children, _cost_of_move):
                try:
                    async with transaction(parent.db) as tx:
                        for repository, child in chunk:
                            moved = self._moved(parent, new, repository, child)
                            guard = repository.stored.unchanged(child, moved.watched)
                            repository.stored.add_move(tx, child, moved.new, guard)
                except TransactionCanceled:  # somebody has changed one meanwhile: read anew
                    if tries == ATTEMPTS_MAX_COUNT:
                        raise
                    continue
                tries = 0
                for repository, _ in chunk:
                    counts[repository.name] = counts.get(repository.name, 0) + 1

    def _moved(self, parent: Writing[Any], new: Item, child: Writing[Any], item: Item) -> Change:
        """A child under the new partition key."""
        head, own = key_fields_of(parent.mapping, None)[0], key_fields_of(child.mapping, None)[0]
        if len(head) != len(own):
            raise NotInContract(
                f"{child.mapping.name}: its partition key is made of {own}, that of {parent.mapping.name} of {head}",
                hint="the new key of one cannot be told from the other's",
            )
        values = parent.mapping.from_item(new)
        changes = {name: values[source] for name, source in zip(own, head, strict=True)}
        change = child.planned(item, child.mapping.from_item(item), changes, None, None)
        if change.new[child.stored.keys.partition_key] != new[parent.stored.keys.partition_key]:
            raise NotInContract(f"{child.mapping.name}: its items do not follow the partition key of its head")
        return change


def _restricted(parent: Writing[Any], one: Reference, first: Any) -> ConditionFailed:
    failed = ConditionFailed(
        f"the {parent.label} is still referred to by {one.describe()}",
        hint=f"the source restricts it; delete those first, or leave=('{parent.name}.{one.child.repository}',)",
    )
    failed.item = first
    return failed


class _Cost(Struct, frozen=True):
    """What an item takes of a transaction's room."""

    actions: int
    size_bytes: int = 0


def _cost_of_delete(repository: Writing[Any], item: Item) -> _Cost:
    """The item, and its guards."""
    return _Cost(repository.stored.actions_of_put)


def _cost_of_move(repository: Writing[Any], item: Item) -> _Cost:
    """Delete and put, and for each guard a put and a delete; the item is in the put, and in the delete's condition."""
    return _Cost(2 * repository.stored.actions_of_put, 3 * item_size(item))


def _fit(costs: Iterable[_Cost]) -> bool:
    """Whether one transaction takes all of it."""
    every = list(costs)
    return (
        sum(one.actions for one in every) <= TRANSACTION_MAX_ACTIONS
        and sum(one.size_bytes for one in every) <= _TRANSACTION_ROOM_BYTES
    )


def _chunked(
    items: list[tuple[Writing[Any], Item]], cost_of: Callable[[Writing[Any], Item], _Cost]
) -> list[list[tuple[Writing[Any], Item]]]:
    """So many in a row as one transaction takes."""
    chunks: list[list[tuple[Writing[Any], Item]]] = []
    costs: list[_Cost] = []
    for one in items:
        cost = cost_of(*one)
        if not chunks or not _fit([*costs, cost]):
            chunks.append([])
            costs = []
        chunks[-1].append(one)
        costs.append(cost)
    return chunks
