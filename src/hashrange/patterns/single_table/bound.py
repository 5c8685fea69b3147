"""A single table with a client: its entities' operations, collections of several entities, transactions.

Owns how one finds the entity of a model, an object or an item. Must not know requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, overload

from ...client import DynamoDB
from ...errors import ConfigurationError, DynamoDBError, ValidationError
from ...expressions import Condition, SortCondition
from ...pagination import Query
from ...table import Table
from ...types import Item, KeyValue
from .entity import Entity
from .entity_table import EntityTable
from .fields import is_typed_dict
from .layout import Layout, Place
from .transaction import EntityTransaction

if TYPE_CHECKING:
    from .describe import AccessPatterns
    from .single_table import SingleTable

M = TypeVar("M")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")

_UNKNOWN: Final = ("skip", "dict")


class BoundSingleTable:
    """A single table with a client; made by ``SingleTable.bind``, which costs no call.

    Attributes:
        definition: the declaration.
        db: the client.
        table: the table itself, without a model, for anything else.
    """

    def __init__(self, definition: SingleTable, db: DynamoDB, table: Table[Item]) -> None:
        self.definition, self.db, self.table = definition, db, table
        self._tables: dict[Any, EntityTable[Any]] = {
            layout.entity.model: EntityTable(db, table, layout, definition.constraints[layout.entity.name])
            for layout in definition.layouts
        }

    def __repr__(self) -> str:
        return (
            f"<BoundSingleTable {self.table.name!r} of {', '.join(entity.name for entity in self.definition.entities)}>"
        )

    def entity(self, model: type[M] | Entity[M]) -> EntityTable[M]:
        """The operations of one entity.

        Args:
            model: its model, or the entity.

        Raises:
            ConfigurationError: the table has no such entity.
        """
        key: Any = model.model if isinstance(model, Entity) else model
        found = self._tables.get(key)
        if found is None or (isinstance(model, Entity) and found.layout.entity is not model):
            raise self._no_entity(getattr(key, "__name__", repr(key)))
        return found

    # ── collections ──────────────────────────────────────────────────────────────────────────────────────────────────
    @overload
    def collection(
        self,
        a: type[A],
        b: type[B],
        /,
        *,
        unknown: Literal["skip"] = "skip",
        index: str | None = None,
        sort: SortCondition | KeyValue | None = None,
        filter: Condition | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        descending: bool = False,
        consistent: bool = False,
        cursor: str | None = None,
        hide_expired: bool = False,
        prefetch: bool = False,
        timeout: float | None = None,
        **fields: Any,
    ) -> Query[A | B]: ...
    @overload
    def collection(
        self,
        a: type[A],
        b: type[B],
        c: type[C],
        /,
        *,
        unknown: Literal["skip"] = "skip",
        index: str | None = None,
        sort: SortCondition | KeyValue | None = None,
        filter: Condition | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        descending: bool = False,
        consistent: bool = False,
        cursor: str | None = None,
        hide_expired: bool = False,
        prefetch: bool = False,
        timeout: float | None = None,
        **fields: Any,
    ) -> Query[A | B | C]: ...
    @overload
    def collection(
        self,
        a: type[A],
        b: type[B],
        c: type[C],
        d: type[D],
        /,
        *,
        unknown: Literal["skip"] = "skip",
        index: str | None = None,
        sort: SortCondition | KeyValue | None = None,
        filter: Condition | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        descending: bool = False,
        consistent: bool = False,
        cursor: str | None = None,
        hide_expired: bool = False,
        prefetch: bool = False,
        timeout: float | None = None,
        **fields: Any,
    ) -> Query[A | B | C | D]: ...
    @overload
    def collection(
        self,
        *types: type[Any],
        unknown: Literal["skip", "dict"] = "skip",
        index: str | None = None,
        sort: SortCondition | KeyValue | None = None,
        filter: Condition | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        descending: bool = False,
        consistent: bool = False,
        cursor: str | None = None,
        hide_expired: bool = False,
        prefetch: bool = False,
        timeout: float | None = None,
        **fields: Any,
    ) -> Query[Any]: ...
    def collection(  # type: ignore[misc]  # mypy thinks that fields could have the names of positional parameters
        self,
        *types: type[Any],
        unknown: Literal["skip", "dict"] = "skip",
        index: str | None = None,
        sort: SortCondition | KeyValue | None = None,
        filter: Condition | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        descending: bool = False,
        consistent: bool = False,
        cursor: str | None = None,
        hide_expired: bool = False,
        prefetch: bool = False,
        timeout: float | None = None,
        **fields: Any,
    ) -> Query[Any]:
        """The items of one partition, of several entities, each as its model, in the order of the sort key.

        ``app.collection(User, Order, id="123")``: everything of these two under the partition key that ``id`` makes.

        Args:
            types: models; items of others are left out. None: all entities.
            unknown: what to do with items of no entity: "skip", or "dict" to give them as plain values.
            index: the name of an index; None: the table.
            sort: a condition on the sort key itself.
            fields: those of the partition key, by the name that they have in one of the entities.
            others: as in ``Table.query``.

        Raises:
            ValidationError: the fields make no partition key, or several.
            InvalidKey: a value cannot stand in a key.
        """
        try:
            if unknown not in _UNKNOWN:
                raise ValidationError(f"unknown is {unknown!r}; it must be 'skip' or 'dict'")
            wanted = [self.entity(model).layout for model in types] or list(self.definition.layouts)
            partition = _partition(wanted, fields, index)
        except DynamoDBError as error:
            error.with_context(table=self.table.name, operation="Query")
            raise
        query = self.table.query(
            partition, sort, index=index, filter=filter, limit=limit, page_size=page_size, descending=descending,
            consistent=consistent, cursor=cursor, hide_expired=hide_expired, prefetch=prefetch, timeout=timeout,
        )  # fmt: skip
        return query.map(_reader(self.definition.layouts, wanted, keep_unknown=unknown == "dict"))

    # ── transactions ─────────────────────────────────────────────────────────────────────────────────────────────────
    def transaction(
        self, *, token: str | None = None, retry_conflicts: bool = True, timeout: float | None = None
    ) -> EntityTransaction:
        """Writes of objects that happen all or not at all: ``async with app.transaction() as tx: tx.put(user)``.

        Args: as ``DynamoDB.transaction``.
        """
        raw = self.db.transaction(token=token, retry_conflicts=retry_conflicts, timeout=timeout)
        return EntityTransaction(raw, self._entity_of)

    def _entity_of(self, thing: Any) -> EntityTable[Any]:
        """The operations that belong to an entity's table, a model, or an object of one."""
        if isinstance(thing, EntityTable):
            if self._tables.get(thing.model) is not thing:
                raise ConfigurationError(f"entity {thing.name!r} belongs to another table or client")
            return thing
        if isinstance(thing, type):
            return self.entity(thing)
        for cls in type(thing).__mro__:
            found = self._tables.get(cls)
            if found is not None:
                return found
        raise self._no_entity(type(thing).__name__)

    def _no_entity(self, name: str) -> ConfigurationError:
        known = ", ".join(entity.name for entity in self.definition.entities)
        typed_dicts = any(map(is_typed_dict, self._tables))
        hint = "a TypedDict's objects do not tell: give entity=..." if typed_dicts and name == "dict" else None
        return ConfigurationError(
            f"table {self.table.name!r} has no entity of {name}; its entities are {known}",
            hint=hint or "declare it: SingleTable(name, [Entity(Model, pk=..., sk=...)])",
        )

    # ── what it says of itself ───────────────────────────────────────────────────────────────────────────────────────
    def describe(self) -> AccessPatterns:
        """As ``SingleTable.describe``."""
        return self.definition.describe()

    def create_table_request(self) -> dict[str, Any]:
        """As ``SingleTable.create_table_request``, with the name that the table has here."""
        return self.definition.create_table_request(name=self.table.name)

    def cloudformation(self) -> dict[str, Any]:
        """As ``SingleTable.cloudformation``, with the name that the table has here."""
        return self.definition.cloudformation(name=self.table.name)


def _partition(layouts: Iterable[Layout[Any]], fields: Mapping[str, Any], index: str | None) -> KeyValue:
    """The partition key that fields make; of all the entities for which they do, it must be the same."""
    places = [(layout, place) for layout in layouts for place in layout.places if place.index == index]
    found: dict[KeyValue, list[tuple[Layout[Any], Place]]] = {}
    for layout, place in places:
        if set(place.partition.fields) != set(fields):
            continue
        made = place.partition.key(fields.get)
        if made is not None:
            found.setdefault(made, []).append((layout, place))
    if len(found) == 1:
        (partition,) = found
        return partition
    given = ", ".join(fields) or "nothing"
    if found:
        choices = _choices(one for same in found.values() for one in same)
        raise ValidationError(
            f"{given} makes several partition keys: {choices}", hint="name the models: app.collection(User, Order, ...)"
        )
    raise ValidationError(
        f"{given} makes no partition key; there are {_choices(places)}", hint="give the fields of one of them"
    )


def _choices(places: Iterable[tuple[Layout[Any], Place]]) -> str:
    return "; ".join(f"{place.partition.text!r} of {layout.entity.name}" for layout, place in places) or "none"


def _reader(
    layouts: Iterable[Layout[Any]], wanted: Iterable[Layout[Any]], *, keep_unknown: bool
) -> Callable[[Item], Any]:
    """From an item to an object of its entity; None where it is to be left out."""
    wanted = set(wanted)
    candidates = [(layout, layout in wanted) for layout in layouts]

    def read(item: Item) -> Any:
        for layout, is_wanted in candidates:
            if layout.owns(item):
                return layout.from_item(item) if is_wanted else None
        return item if keep_unknown else None

    return read
