"""How the items of one entity lie in one table: its key, its places in indexes, and whether an item is one of them.

An Entity's templates meet the names of a table's keys. Made once per table; every read and write goes through it. Must
not know other entities, requests or clients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from ...errors import ConfigurationError, DynamoDBError, MissingRequiredKey
from ...item_model import item_model
from ...key import Key, KeySchema
from ...schema import TableSchema
from ...types import Item, KeyValue
from .entity import Entity
from .kinds import Kind
from .template import Template

M = TypeVar("M")

#: names the table itself where an index can be chosen
PRIMARY: Final = "primary"


class Place(Struct, frozen=True):
    """The templates of the keys of a table or an index.

    Attributes:
        index: its name; None for the table.
        keys: the names of its keys.
        partition, sort: their templates.
        is_global: whether it is a global index.
    """

    index: str | None
    keys: KeySchema
    partition: Template
    sort: Template | None
    is_global: bool = False

    @property
    def label(self) -> str:
        return PRIMARY if self.index is None else self.index

    @property
    def templates(self) -> tuple[tuple[str, Template], ...]:
        """Key attribute and template of each key."""
        pairs = ((self.keys.partition_key, self.partition), (self.keys.sort_key, self.sort))
        return tuple((name, template) for name, template in pairs if name is not None and template is not None)

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(field for _, template in self.templates for field in template.fields))


class Layout(Generic[M]):
    """One entity in one table.

    Attributes:
        entity: the entity.
        places: the table's keys, and those of each index that the entity is in.
        managed: the attributes that are written beside the model's own.

    Raises:
        ConfigurationError: templates do not fit the table's keys or indexes.
    """

    def __init__(self, entity: Entity[M], schema: TableSchema, type_attribute: str | None) -> None:
        self.entity, self.schema, self.type_attribute = entity, schema, type_attribute
        self._model = item_model(
            entity.model, nulls=entity.nulls, unknown=entity.unknown, ttl_attribute=schema.ttl_attribute
        )
        self.primary = self._primary()
        self.indexes = tuple(self._index(name, templates) for name, templates in entity.indexes.items())
        self.places = (self.primary, *self.indexes)
        self._own = self._own_attributes()
        self._key_names = frozenset(self.primary.keys.names)
        self.managed = frozenset(
            attribute for place in self.places for attribute in place.keys.names if attribute not in self._own
        ) | ({type_attribute} if type_attribute else set())
        for place in self.places:
            _check_sortable(place)

    def __repr__(self) -> str:
        return f"<Layout of {self.entity.name} in {self.schema.name!r}>"

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def key(self, read: Callable[[str], Any]) -> Key:
        """The key of the item with these fields.

        Raises:
            MissingRequiredKey: a field of it has no value.
            InvalidKey: a value cannot stand in it.
        """
        place = self.primary
        partition = place.partition.key(read)
        if place.sort is None:
            if partition is not None:
                return Key(partition)
        else:
            sort = place.sort.key(read)
            if partition is not None and sort is not None:
                return Key(partition, sort)
        raise self._missing(read)

    def key_of(self, item: M) -> Key:
        """The key of an object. Raises as ``key``."""
        return self.key(self.entity.reader(item))

    def to_item(self, item: M) -> tuple[Item, Key]:
        """An object as the item that is stored, with the attributes of its keys; and its key.

        Raises:
            MissingRequiredKey, InvalidKey: as ``key``, of the keys of indexes, too.
            TypeMismatch, ValidationError: the object is not of the model, or not one that can be stored.
        """
        values = self._model.to_item(item)
        read = self.entity.reader(item)
        key = self.key(read)
        own = self._own
        for name, value in zip(self.primary.keys.names, (key.partition, key.sort), strict=False):
            if name not in own:
                values[name] = value
        for place in self.indexes:
            for name, found in self.index_values(place, read) or ():
                if name not in own:
                    values[name] = found
        if self.type_attribute is not None:
            values[self.type_attribute] = self.entity.name
        return values, key

    def index_values(self, place: Place, read: Callable[[str], Any]) -> list[tuple[str, KeyValue]] | None:
        """The key attributes of an index; None where a field is None: the item is not in it."""
        found: list[tuple[str, KeyValue]] = []
        for name, template in place.templates:
            value = template.key(read)
            if value is None:
                return None
            found.append((name, value))
        return found

    def is_own(self, attribute: str) -> bool:
        """Whether a key attribute is a field of the model by itself."""
        return attribute in self._own

    def is_of_key(self, attribute: str) -> bool:
        return attribute in self._key_names

    def attribute(self, field: str) -> str:
        return self.entity.fields[field].attribute

    def stored(self, field: str, kind: Kind, value: Any) -> Any:
        """What the item holds for a field of a template. Raises Unfit."""
        if self.attribute(field) == self.schema.ttl_attribute and isinstance(value, datetime):
            return int(value.timestamp() // 1)  # as models store it
        return kind.stored(value)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def owns(self, item: Mapping[str, Any]) -> bool:
        """Whether an item is of this entity: by the type attribute where it has one, else as the entity recognises
        it, else by the shape of its key."""
        if self.type_attribute is not None:
            kind = item.get(self.type_attribute)
            if kind is not None:
                return bool(kind == self.entity.name)
        if self.entity.recognises is not None:
            return self.entity.recognises(item)
        return all(template.matches(item.get(name)) for name, template in self.primary.templates)

    def from_item(self, item: Item) -> M:
        """An item as an object of the model; the item is used up.

        Raises:
            ItemDecodeError: it does not fit the model.
        """
        for name in self.managed:
            item.pop(name, None)
        return self._model.from_item(item)

    def there(self, item: Any) -> Any:
        """The item that made a condition fail: as an object where it is one of this entity and fits."""
        if not isinstance(item, dict) or not self.owns(item):
            return item
        try:
            return self.from_item(dict(item))
        except DynamoDBError:
            return item

    # ── declaration ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _primary(self) -> Place:
        entity, keys = self.entity, self.schema.keys
        if (entity.sk is None) != (keys.sort_key is None):
            has, gives = ("no", "gives one") if keys.sort_key is None else ("a", "gives none")
            raise ConfigurationError(
                f"entity {entity.name!r}: table {self.schema.name!r} has {has} sort key, and the entity {gives}",
                hint="give sk=..., or declare the table with sort_key=None",
            )
        return Place(None, keys, entity.pk, entity.sk)

    def _index(self, name: str, templates: tuple[Template, ...]) -> Place:
        try:
            index = self.schema.index(name)
        except ConfigurationError as error:
            error.message = f"entity {self.entity.name!r}: {error.message}"
            error.args = (error.message,)
            raise
        wanted = len(index.keys.names) if index.is_global else 1
        if not index.is_global and len(templates) == 2:
            first, *templates_left = templates
            if first.text != self.entity.pk.text:
                raise self._refused(
                    first, f"local index {name!r} has the table's partition key, {self.entity.pk.text!r}"
                )
            templates = tuple(templates_left)
        if len(templates) != wanted:
            raise ConfigurationError(
                f"entity {self.entity.name!r}: index {name!r} has the keys {index.keys}, and {len(templates)} "
                f"{'template' if len(templates) == 1 else 'templates'}",
                hint="give (partition key template, sort key template), or one text where it has one key of its own",
            )
        if not index.is_global:
            return Place(name, index.keys, self.entity.pk, templates[0])
        return Place(name, index.keys, templates[0], templates[1] if wanted == 2 else None, is_global=True)

    def _own_attributes(self) -> frozenset[str]:
        """Key attributes that are fields of the model: their template must be that field."""
        by_attribute = {field.attribute: field for field in self.entity.fields.values()}
        seen: dict[str, Template] = {}
        for place in self.places:
            for attribute, template in place.templates:
                other = seen.setdefault(attribute, template)
                if other.text != template.text:
                    raise self._refused(template, f"key attribute {attribute!r} has the template {other.text!r}, too")
                field = by_attribute.get(attribute)
                if field is not None and template.text != f"{{{field.name}}}":
                    raise self._refused(
                        template, f"key attribute {attribute!r} is also a field of the model, and would be overwritten"
                    )
        if self.type_attribute in by_attribute:
            raise ConfigurationError(
                f"entity {self.entity.name!r}: the type attribute {self.type_attribute!r} is a field of the model",
                hint="give another type_attribute",
            )
        return frozenset(seen.keys() & by_attribute.keys())

    def _refused(self, template: Template, reason: str) -> ConfigurationError:
        return template.refused(reason, None)

    def _missing(self, read: Callable[[str], Any]) -> MissingRequiredKey:
        return next(self._all_missing(read))

    def _all_missing(self, read: Callable[[str], Any]) -> Iterator[MissingRequiredKey]:
        for _, template in self.primary.templates:
            for field in template.missing(read):
                yield MissingRequiredKey(
                    f"entity {self.entity.name!r}, template {template.text!r}: field {field!r} has no value",
                    hint=f"the key needs {', '.join(self.primary.fields)}",
                )


def _check_sortable(place: Place) -> None:
    """Refuse numbers that would sort as text in a sort key: 10 before 9."""
    sort = place.sort
    if sort is None or sort.number:
        return
    for slot in sort.slots:
        if slot.kind.number:
            raise sort.refused(
                f"number {slot.name!r} would be sorted as text, 10 before 9",
                f"pad it with zeros: '{{{slot.name}:08d}}'; '{{{slot.name}:d}}' says that its order does not matter",
            )
