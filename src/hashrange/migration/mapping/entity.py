"""From rows to records to items and back, for one entity: the one place where an item of a contract is made and read.

``mappings`` compiles a contract once; backfill, verification, repositories and dual writes all go through the
``EntityMapping`` that it gives, so that a row has one item whoever writes it. How single values turn is ``values``',
how an entity is compiled is ``compile``'s. Must not know databases, requests or tables that exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ...codec import item_size
from ...errors import InvalidKey, ValidationError
from ...key import Key, check_key_value
from ...limits import ITEM_SIZE_MAX_BYTES, PARTITION_KEY_MAX_BYTES, SORT_KEY_MAX_BYTES
from ...types import Item, KeyValue
from ..contract.model import AttributeType, Contract, Entity, Index, TableContract
from ..conventions import DEFAULT, Conventions
from ..errors import RowRefused, RowTooLarge
from ..expressions.evaluate import NotComputable
from ..source.schema import NO_SCHEMA, SourceSchema
from .compile import compiled_entity
from .fields import Field, Needs, Record, Row
from .plan import EntityPlan
from .refusal import Refusal
from .sizes import size_at_most

_SURELY_SHORT_CHARS: Final = SORT_KEY_MAX_BYTES // 4
#: what the functions of a plan raise about a value; KeyError: the record lacks a field that must be there
_PROBLEMS: Final = (Refusal, NotComputable, KeyError)


def mappings(contract: Contract, *, schema: SourceSchema = NO_SCHEMA, conventions: Conventions = DEFAULT) -> Mappings:
    """Compile a contract.

    Args:
        contract: as ``load_contract`` gives it.
        schema: of the source. With it fields have the types of their columns; without, those of their attributes.
        conventions: how values are written; every writer of a table must have the same.

    Raises:
        ContractError: an attribute cannot be computed, because its value is undefined, its column or alias is not
            there, or a column of its kind has no form in its type; names table, entity and attribute.
    """
    sources = [entity.source_table for table in contract.tables.values() for entity in table.entities.values()]
    made: list[EntityMapping] = []
    for table in contract.tables.values():
        plans = {
            name: compiled_entity(table, entity, schema=schema, conventions=conventions)
            for name, entity in table.entities.items()
        }
        # the most literal shape first: an item belongs to the first entity whose keys it fits
        specific = sorted(plans.values(), key=lambda plan: -plan.literal_chars)
        for name, entity in table.entities.items():
            shared = sources.count(entity.source_table) > 1
            repository = f"{entity.source_table}_{name.lower()}" if shared else entity.source_table
            made.append(EntityMapping(table, entity, plans[name], tuple(specific), repository, conventions))
    return Mappings(tuple(made))


class Mappings:
    """The mappings of all entities of a contract, in the contract's order.

    Attributes:
        by_repository: by the name that their repository has.
    """

    def __init__(self, every: tuple[EntityMapping, ...]) -> None:
        self._every = every
        self.by_repository: dict[str, EntityMapping] = {one.repository: one for one in every}

    def __iter__(self) -> Iterator[EntityMapping]:
        return iter(self._every)

    def __len__(self) -> int:
        return len(self._every)

    def __repr__(self) -> str:
        return f"<Mappings: {', '.join(self.by_repository)}>"

    def of(self, table: str, entity: str) -> EntityMapping:
        """The mapping of an entity of a table, both by their names in the contract. Raises KeyError."""
        for one in self._every:
            if one.table.name == table and one.entity.name == entity:
                return one
        raise KeyError(f"{table}/{entity}")


class EntityMapping:
    """How one entity's rows, records and items turn into one another.

    A *record* is a dict of field name to Python value; see ``fields`` for its names and types. ``to_item`` needs the
    fields that attributes are made of, and takes a nullable one that is not there for None; what else is in a record
    is ignored. Records that come from ``record`` or ``from_item`` always fit.

    Attributes:
        table: the table in the contract.
        entity: the entity in the contract.
        table_name: of the table in DynamoDB, with the conventions' prefix.
        name: the entity's name, "ORDER".
        repository: the name of its repository: its source table, or "orders_archived" (source table and the entity's
            name in lower case) where several entities have the same source table.
        conventions: how values are written.
        fields: by name. First those of the attributes, in the contract's order, then the columns of the own row that
            only tell rows apart or lead to other rows (the row's key, columns of joins): not readable.
        needs: what a source has to deliver.
        key_fields: the fields that the table's key is made of.
        index_fields: index to (the fields of its partition key, the fields of its sort key).
        sort_prefix: literal text that every sort key of this entity begins with; "" where there is none.
    """

    def __init__(
        self,
        table: TableContract,
        entity: Entity,
        plan: EntityPlan,
        siblings: tuple[EntityPlan, ...],
        repository: str,
        conventions: Conventions,
    ) -> None:
        self.table, self.entity, self.repository, self.conventions = table, entity, repository, conventions
        self.name: str = entity.name
        self.table_name: str = conventions.table_prefix + table.name
        self.fields: dict[str, Field] = plan.fields
        self.needs: Needs = plan.needs
        self.key_fields: tuple[str, ...] = self._fields_of(plan, table.pk, table.sk)
        self.index_fields: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
            index.name: (self._fields_of(plan, index.pk), self._fields_of(plan, index.sk))
            for index in table.indexes.values()
        }
        self._plan, self._siblings = plan, siblings
        self.sort_prefix: str = self.prefix(table.sk) if table.sk else ""
        self._produced = tuple(plan.produce.items())
        self._from_row = tuple(plan.from_row.items())
        self._readers = tuple(plan.readers.items())
        self._key_names = (table.pk,) if table.sk is None else (table.pk, table.sk)
        self._index_keys = frozenset(name for one in table.indexes.values() for name in (one.pk, one.sk) if name)
        limits: dict[str, int] = {}
        for partition, sort in ((table.pk, table.sk), *((one.pk, one.sk) for one in table.indexes.values())):
            limits[partition] = min(limits.get(partition, PARTITION_KEY_MAX_BYTES), PARTITION_KEY_MAX_BYTES)
            if sort:
                limits[sort] = SORT_KEY_MAX_BYTES
        self._key_limits = limits

    def __repr__(self) -> str:
        return f"<EntityMapping {self.table.name}/{self.name} of {self.entity.source_table}>"

    @staticmethod
    def _fields_of(plan: EntityPlan, *attributes: str | None) -> tuple[str, ...]:
        names = [field for one in attributes if one for field in plan.fields_of.get(one, ())]
        return tuple(dict.fromkeys(names))

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def row_key(self, row: Row) -> dict[str, Any]:
        """The columns that tell this row from others, as the driver gave them."""
        return {name: row.own.get(name) for name in self.needs.key}

    def record(self, row: Row) -> Record:
        """The record of a row: every field, readable or not.

        Raises:
            RowRefused: a value is not one that its column could have, or has no form in Python (a zero date, where the
                conventions refuse it); names the field.
        """
        record: Record = {}
        name = ""
        try:
            for name, read in self._from_row:
                record[name] = read(row)
        except KeyError as missing:
            reason = f"the source has not delivered {missing.args[0]!r}"
            raise RowRefused(reason, entity=self.name, row=self.row_key(row), attribute=name) from None
        except _PROBLEMS as problem:
            raise self._refused(problem, name, self.row_key(row)) from None
        return record

    # ── items ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def to_item(self, record: Mapping[str, Any]) -> Item:
        """The item of a record: the contract's attributes and nothing else, in the contract's order.

        Raises:
            RowRefused: a field that must be there is not; a value has no form in its attribute (a number of 39 digits);
                a part of the table's key is NULL or empty; a part of an index's key is empty; a key is longer than
                DynamoDB allows (2048 bytes, of sort keys 1024); two records could have this key; or the item is
                larger than 400 KB.
        """
        item: Item = {}
        name: str | None = None
        try:
            for name, produce in self._produced:
                value = produce(record)
                if value is not None:
                    item[name] = value
                elif self.stores_null(name):
                    item[name] = None
            for name, limit in self._key_limits.items():
                value = item.get(name)
                if type(value) is str and 0 < len(value) <= _SURELY_SHORT_CHARS:
                    continue
                if value is not None:
                    check_key_value(value, name, limit)
                elif name in self._key_names:
                    raise Refusal("a part of the table's key is NULL", "keys are never NULL in DynamoDB")
            name = None
            size = size_at_most(item)
            if size > ITEM_SIZE_MAX_BYTES:
                size = item_size(item)
        except (*_PROBLEMS, ValidationError) as problem:
            raise self._refused(problem, name, self._shown_key(record)) from None
        if size > ITEM_SIZE_MAX_BYTES:
            raise RowTooLarge(
                f"the item has {size} bytes, more than {ITEM_SIZE_MAX_BYTES}",
                entity=self.name,
                row=self._shown_key(record),
                hint="DynamoDB stores at most 400 KB an item: keep long texts and lists elsewhere, or bound the list",
            )
        return item

    def from_item(self, item: Mapping[str, Any], *, partial: bool = False) -> Record:
        """The readable fields of an item, as Python values.

        Args:
            item: in Python values, as ``Table`` gives it; not one of another entity.
            partial: the item holds some attributes only (of an index with a projection): fields that cannot be told
                from them are left out instead of being None.

        Raises:
            RowRefused: an attribute has another type than the contract says, or holds what its field cannot be (which
                other loaders do: numbers as text, 0 and 1 as BOOL), or a field that is never NULL is not there.
        """
        record: Record = {}
        for name, readers in self._readers:
            for reader in readers:
                if reader.attribute not in item:
                    continue
                held = item[reader.attribute]
                try:
                    record[name] = None if held is None else reader.read(held)
                except _PROBLEMS as problem:
                    raise self._refused(problem, reader.attribute, self._item_key(item)) from None
                break
            else:
                if not partial:
                    record[name] = self._absent(name, readers[0].attribute, item)
        return record

    def attribute_value(self, name: str, record: Mapping[str, Any]) -> Any:
        """What an attribute holds for a record, None where it is left out. Only the fields that the attribute is made
        of must be there: it makes the partition key of an index of what is looked for.

        Raises:
            KeyError: the entity has no such attribute.
            RowRefused: as ``to_item``, for this attribute.
        """
        produce = self._plan.produce[name]
        try:
            value = produce(record)
            if value is not None and name in self._key_limits:
                check_key_value(value, name, self._key_limits[name])
        except (*_PROBLEMS, InvalidKey) as problem:
            raise self._refused(problem, name, self._shown_key(record)) from None
        return value

    def changed(self, changes: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes whose value changes when these fields of a record do: key attributes too, and those that are
        made of several fields.

        Args:
            changes: field name to new value.
            record: as it is now.

        Returns:
            attribute to new value; None where there is none any more: it is removed, or becomes NULL where
            ``stores_null`` says so.

        Raises:
            KeyError: there is no such field.
            RowRefused: as ``to_item``, for the attributes concerned; a part of the table's key would be NULL.
        """
        affected = dict.fromkeys(one for name in changes for one in self.fields[name].attributes)
        new_record = {**record, **changes}
        found: dict[str, Any] = {}
        for name in affected:
            new = self.attribute_value(name, new_record)
            if new is None and name in self._key_names:
                raise self._refused(Refusal("a part of the table's key is NULL", ""), name, self._shown_key(record))
            old = self.attribute_value(name, record)
            if not same_value(old, new):
                found[name] = new
        return found

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────
    def key(self, record: Mapping[str, Any]) -> Key:
        """The key of a record's item; the record needs ``key_fields`` only. Raises RowRefused as ``to_item``."""
        values = [self.attribute_value(name, record) for name in self._key_names]
        for name, value in zip(self._key_names, values, strict=True):
            if value is None:
                raise self._refused(Refusal("a part of the table's key is NULL", ""), name, self._shown_key(record))
        return Key(*values)

    def index_key(self, index: str, record: Mapping[str, Any]) -> dict[str, KeyValue] | None:
        """The key of a record in an index, attribute to value; None where the index leaves its item out. Raises
        KeyError where the table has no such index, RowRefused as ``to_item``."""
        declared: Index = self.table.indexes[index]
        found: dict[str, KeyValue] = {}
        for name in (declared.pk, declared.sk):
            if name is not None:
                value = self.attribute_value(name, record) if name in self._plan.produce else None
                if value is None:
                    return None
                found[name] = value
        return found

    def prefix(self, attribute: str) -> str:
        """The literal text that every value of an attribute begins with; all of it, where nothing else is in it."""
        return self._plan.prefixes.get(attribute, "")

    def recognises(self, item: Mapping[str, Any]) -> bool:
        """Whether an item of the table is one of this entity: its keys have the shape that this entity's have, and not
        the more particular shape of another entity of the table. Only the key attributes are looked at. Guards of
        unique values are items of no entity."""
        if self._is_guard(item):
            return False
        for exactly in (True, False):
            for plan in self._siblings:
                if plan.fits(item, exactly=exactly):
                    return plan is self._plan
        return False

    def _is_guard(self, item: Mapping[str, Any]) -> bool:
        """Whether an item is a guard, as ``patterns.single_table`` writes them beside the items."""
        partition = item.get(self.table.pk)
        if not isinstance(partition, str) or not partition.startswith("UNIQUE#"):
            return False
        return "owner" in item if self.table.sk is None else item.get(self.table.sk) == "UNIQUE"

    # ── attributes ───────────────────────────────────────────────────────────────────────────────────────────────────
    def attribute_type(self, name: str) -> AttributeType:
        """The type of an attribute in the contract. Raises KeyError where the entity has no such attribute."""
        return self.entity.attributes[name].type

    def stores_null(self, name: str) -> bool:
        """Whether None is stored as NULL in an attribute (``Conventions.nulls``) rather than left out."""
        return self.conventions.nulls == "null" and name not in self._key_limits and name not in self._plan.sets

    # ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def _absent(self, name: str, attribute: str, item: Mapping[str, Any]) -> Any:
        absent = self._plan.absent[name]
        if absent is not None:
            return absent()
        if not self.fields[name].nullable:
            problem = Refusal(
                "it is not there, and never NULL in the source", "was the item written by another program?"
            )
            raise self._refused(problem, attribute, self._item_key(item))
        return None

    def _shown_key(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """What tells the record from others: the source's key where the record has it, else the item's."""
        own = [name for name in self._plan.row_key_fields if record.get(name) is not None]
        return {name: record[name] for name in own or self.key_fields if name in record}

    def _item_key(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {name: item[name] for name in self._key_names if name in item}

    def _refused(self, problem: BaseException, attribute: str | None, row: dict[str, Any]) -> RowRefused:
        reason, hint = str(problem), getattr(problem, "hint", None)
        if isinstance(problem, KeyError):
            reason, hint = f"the record has no field {problem.args[0]!r}", None
        elif isinstance(problem, ValidationError):
            reason = problem.message
        return RowRefused(reason, entity=self.name, row=row or None, attribute=attribute, hint=hint or None)


def same_value(one: Any, other: Any) -> bool:
    """Whether two values of an attribute are one value for DynamoDB: True is not 1, and 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_value(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_value, one, other))
    return bool(one == other)
