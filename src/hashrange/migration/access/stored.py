"""The items of one entity as its table holds them: writes with their guards, and which items are the entity's own.

Where columns are to be unique, the items are a single-table Entity over the contract's attributes, and its transactions
write a guard beside an item; without, a write is the table's own. Must not know records.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, TypedDict

from ...client import DynamoDB
from ...errors import ConfigurationError, InvalidKey
from ...expressions import Attr, Condition, Update
from ...key import Key
from ...patterns.single_table import Entity, EntityTable, EntityTransaction, SingleTable
from ...schema import GlobalIndex
from ...table import Table
from ...types import Item
from ..contract.model import AttributeType
from ..mapping.entity import EntityMapping

_GUARD: Final = "UNIQUE#"
_OWNER: Final = "owner"
_PYTHON_TYPES: Final[dict[AttributeType, Any]] = {
    "S": str, "N": Any, "B": bytes, "BOOL": bool, "NULL": None,
    "SS": set[str], "NS": set[Any], "BS": set[bytes], "M": dict[str, Any], "L": list[Any],
}  # fmt: skip


class Stored:
    """One entity's items.

    Args:
        mapping: the entity's.
        db: the client.
        unique: the attributes that are to be unique, each a tuple of those that are so together.

    Raises:
        ConfigurationError: guards need keys that are text.
    """

    def __init__(self, mapping: EntityMapping, db: DynamoDB, unique: tuple[tuple[str, ...], ...]) -> None:
        self.mapping, self.db, self.unique = mapping, db, unique
        table = mapping.table
        self.table: Table[Item] = db.table(
            mapping.table_name,
            table.pk,
            table.sk,
            indexes={one.name: GlobalIndex(one.pk, one.sk) for one in table.indexes.values()},
        )
        self.keys = self.table.schema.keys
        self._guarded: EntityTable[Any] | None = self._entity_table() if unique else None

    def __repr__(self) -> str:
        return f"<Stored {self.mapping.name} in {self.table.name!r}>"

    @property
    def has_guards(self) -> bool:
        return self._guarded is not None

    def _entity_table(self) -> EntityTable[Any]:
        table, name = self.mapping.table, self.mapping.name
        kinds = table.key_attributes()
        for key in self.table.schema.keys.names:
            if kinds[key] != "S":
                raise ConfigurationError(
                    f"{name}: the contract declares the key {key!r} of {table.name!r} as {kinds[key]}",
                    hint="a guard of a unique value is an item with a key that is text: use the layer without guards",
                )
        attributes = self.mapping.entity.attributes
        typed_dict: Any = TypedDict  # its name is known at run time only
        in_keys = {table.pk, table.sk, *(one for names in self.unique for one in names)}
        types = {
            one.name: Decimal if one.type == "N" and one.name in in_keys else _PYTHON_TYPES[one.type]
            for one in attributes.values()
        }
        model = typed_dict(name, types, total=False)
        entity: Entity[Any] = Entity(
            model,
            pk=f"{{{table.pk}}}",
            sk=None if table.sk is None else f"{{{table.sk}}}",
            name=name,
            unique=self.unique,
            nulls="keep",
            recognises=self.recognises,
        )
        single = SingleTable(self.table.name, [entity], partition_key=table.pk, sort_key=table.sk)
        return single.bind(self.db).entity(entity)

    # ── which items ──────────────────────────────────────────────────────────────────────────────────────────────────
    def recognises(self, item: Mapping[str, Any]) -> bool:
        """Whether an item is of this entity, and no guard."""
        return not self.is_guard(item) and self.mapping.recognises(item)

    def is_guard(self, item: Mapping[str, Any]) -> bool:
        """Whether an item is a guard of some entity's unique value: nothing but a key of that form and its owner's."""
        if _OWNER not in item or len(item) != len(self.keys.names) + 1:
            return False
        owner, partition = item[_OWNER], item.get(self.keys.partition_key)
        return isinstance(owner, dict) and isinstance(partition, str) and partition.startswith(_GUARD)

    def key_of(self, item: Mapping[str, Any]) -> Key:
        return Key.from_item(item, self.keys)

    def exists(self) -> Condition:
        """That there is an item."""
        return Attr(self.keys.partition_key).exists()

    def unchanged(self, item: Mapping[str, Any], attributes: set[str] | frozenset[str]) -> Condition:
        """That there is an item, and these of its attributes are as in the one that was read."""
        condition = self.exists()
        for name in sorted(attributes.difference(self.keys.names)):
            path = Attr(name)
            if name not in item:
                condition &= path.not_exists()
            elif item[name] is None:
                condition &= path.has_type("NULL")
            else:
                condition &= path == item[name]
        return condition

    # ── writes, in a transaction ─────────────────────────────────────────────────────────────────────────────────────
    def transaction(self, *, token: str | None = None, timeout: float | None = None) -> EntityTransaction:
        """A transaction of this client."""
        return transaction(self.db, token=token, timeout=timeout)

    def add_put(self, tx: EntityTransaction, item: Item, old: Item | None, condition: Condition | None = None) -> None:
        """A whole item: a new one, or in place of ``old``."""
        self._check_key(item)
        if self._guarded is not None:
            tx.put(item, entity=self._guarded, old=old, condition=condition)
        else:
            tx.raw.put(self.table, item, condition=condition)

    def add_update(self, tx: EntityTransaction, item: Item, update: Update, condition: Condition | None = None) -> None:
        """Change attributes of an item, as it was read; not those of its key."""
        if self._guarded is not None:
            tx.update(self._guarded, update, old=item, condition=condition)
        else:
            there = self.exists()
            tx.raw.update(self.table, self.key_of(item), update, condition=_both(condition, there))

    def add_move(self, tx: EntityTransaction, item: Item, new: Item, condition: Condition | None = None) -> None:
        """The same item under another key."""
        self._check_key(new)
        if self._guarded is not None:
            tx.move(new, old=item, entity=self._guarded, condition=condition)
        else:
            tx.raw.delete(self.table, self.key_of(item), condition=_both(condition, self.exists()))
            tx.raw.put(self.table, new, condition=~self.exists())

    def add_delete(self, tx: EntityTransaction, item: Item, condition: Condition | None = None) -> None:
        """Delete an item, as it was read."""
        if self._guarded is not None:
            tx.delete(self._guarded, old=item, condition=condition)
        else:
            tx.raw.delete(self.table, self.key_of(item), condition=condition)

    @property
    def actions_of_put(self) -> int:
        """How many actions of a transaction a new item takes, at most."""
        return 1 + len(self.unique)

    def _check_key(self, item: Mapping[str, Any]) -> None:
        partition = item.get(self.keys.partition_key)
        if isinstance(partition, str) and partition.startswith(_GUARD):
            raise InvalidKey(
                f"{self.mapping.name}: the partition key begins with {_GUARD!r}, as guards of unique values do",
                table=self.table.name,
                hint="a guard could not be told from this item",
            )


def transaction(db: DynamoDB, *, token: str | None = None, timeout: float | None = None) -> EntityTransaction:
    """A transaction over the entities of any tables of a client."""
    return EntityTransaction(db.transaction(token=token, timeout=timeout), _as_given)


def _as_given(thing: Any) -> EntityTable[Any]:
    assert isinstance(thing, EntityTable)
    return thing


def _both(one: Condition | None, other: Condition) -> Condition:
    return other if one is None else one & other
