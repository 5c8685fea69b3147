"""A single table: its keys and indexes, and the entities that live in it.

Declared once, without a client; ``bind`` makes it usable with one. Owns what can be wrong between entities: two that
could be one item, two that want an attribute to be of different types. Must not know operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

from ...errors import ConfigurationError
from ...schema import IndexDeclaration, table_schema
from . import definition
from .describe import AccessPatterns, access_patterns
from .entity import Entity
from .layout import Layout
from .shapes import shared_text
from .template import Template
from .unique import Constraint, constraints_of

if TYPE_CHECKING:
    from ...client import DynamoDB
    from .bound import BoundSingleTable


class SingleTable:
    """A table of several entities; a declaration, which needs no client and does no I/O.

        shop = SingleTable("shop", [users, orders], indexes={"GSI1": GlobalIndex("GSI1PK", "GSI1SK")})
        app = shop.bind(db)

    Args:
        name: the table's name.
        entities: what lives in it.
        partition_key, sort_key: names of the key attributes; ``sort_key=None`` for a simple key.
        indexes: index name to ``GlobalIndex(partition_key, sort_key)`` or ``LocalIndex(sort_key)``.
        ttl_attribute: the attribute that DynamoDB's time to live looks at.
        type_attribute: an attribute in which writes store the entity's name, and by which items are told apart on
            reading. None, and items that do not have it: by the shape of their keys.

    Raises:
        ConfigurationError: a template does not fit the keys, two entities could be one item (the message shows which),
            or an entity names an index that is not declared.
    """

    def __init__(
        self,
        name: str,
        entities: Iterable[Entity[Any]],
        *,
        partition_key: str = "PK",
        sort_key: str | None = "SK",
        indexes: Mapping[str, IndexDeclaration] | None = None,
        ttl_attribute: str | None = None,
        type_attribute: str | None = None,
    ) -> None:
        self.name, self.type_attribute, self.ttl_attribute = name, type_attribute, ttl_attribute
        self.index_declarations = dict(indexes or {})
        self.schema = table_schema(name, partition_key, sort_key, indexes, ttl_attribute)
        self.entities = tuple(entities)
        self._check_names()
        self.layouts = tuple(Layout(entity, self.schema, type_attribute) for entity in self.entities)
        self.constraints = {layout.entity.name: constraints_of(layout) for layout in self.layouts}
        self.key_types = _key_types(self.layouts)
        for one, other in combinations(self.layouts, 2):
            _check_apart(one, other)
        for constraint in (one for found in self.constraints.values() for one in found):
            for layout in self.layouts:
                _check_guards_apart(constraint, layout)

    def __repr__(self) -> str:
        return f"<SingleTable {self.name!r} of {', '.join(entity.name for entity in self.entities)}>"

    def bind(self, db: DynamoDB, *, name: str | None = None) -> BoundSingleTable:
        """The table as one client sees it; costs no call.

        Args:
            db: the client.
            name: the table's name there, where it is another (for each stage of a deployment, for example).

        Raises:
            InvalidTable: the name is not one that DynamoDB could have.
        """
        from .bound import BoundSingleTable

        keys = self.schema.keys
        table = db.table(
            name or self.name,
            keys.partition_key,
            keys.sort_key,
            indexes=self.index_declarations,
            ttl_attribute=self.ttl_attribute,
        )
        return BoundSingleTable(self, db, table)

    # ── what it says of itself ───────────────────────────────────────────────────────────────────────────────────────
    def describe(self) -> AccessPatterns:
        """Every access pattern: entity, operation, index and key condition. Printed, it is a table."""
        return access_patterns(self.layouts)

    def create_table_request(self, *, name: str | None = None) -> dict[str, Any]:
        """The request of CreateTable, for ``db.call("CreateTable", ...)``.

        The table is paid by request, and its indexes have all attributes. The TTL attribute is not part of it: that
        is another request, UpdateTimeToLive.
        """
        return definition.create_table_request(self.schema, self.key_types, name)

    def cloudformation(self, *, name: str | None = None) -> dict[str, Any]:
        """The table as a resource of a CloudFormation template (AWS::DynamoDB::Table)."""
        return definition.cloudformation(self.schema, self.key_types, name)

    # ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _check_names(self) -> None:
        for entity in self.entities:
            if not isinstance(entity, Entity):
                raise ConfigurationError(
                    f"table {self.name!r}: {entity!r} is no entity", hint="give Entity(Model, pk=..., sk=...)"
                )
        if not self.entities:
            raise ConfigurationError(f"table {self.name!r} has no entities", hint="give Entity(Model, pk=..., sk=...)")
        for one, other in combinations(self.entities, 2):
            if one.name == other.name:
                raise ConfigurationError(f"two entities are named {one.name!r}", hint="give one of them name=...")
            if one.model is other.model:
                raise ConfigurationError(
                    f"entities {one.name!r} and {other.name!r} have the same model, so an object does not tell which "
                    "it is",
                    hint="make a subclass of the model for one of them",
                )


def _key_types(layouts: Iterable[Layout[Any]]) -> dict[str, str]:
    """Key attribute → N or S."""
    seen: dict[str, Template] = {}
    for layout in layouts:
        for place in layout.places:
            for attribute, template in place.templates:
                other = seen.setdefault(attribute, template)
                if other.number != template.number:
                    raise template.refused(
                        f"key attribute {attribute!r} is {_kind(template)} here, and {_kind(other)} of entity "
                        f"{other.entity!r} ({other.text!r})",
                        "a key attribute has one type: give a number some text around it, and a width: 'N#{n:08d}'",
                    )
    return {attribute: "N" if template.number else "S" for attribute, template in seen.items()}


def _kind(template: Template) -> str:
    return "a number" if template.number else "text"


def _check_apart(one: Layout[Any], other: Layout[Any]) -> None:
    """Refuse two entities that could be one item."""
    if one.entity.recognises is not None or other.entity.recognises is not None:
        return
    examples: list[tuple[str, str]] = []
    for (attribute, template), (_, others) in zip(one.primary.templates, other.primary.templates, strict=True):
        example = "1" if template.number else shared_text(template.shape, others.shape)
        if example is None:
            return
        examples.append((attribute, example))
    item = ", ".join(f"{attribute}={example!r}" for attribute, example in examples)
    raise ConfigurationError(
        f"entities {one.entity.name!r} and {other.entity.name!r} could both be the item {item}: "
        f"{_as_item(one, examples)}, and {_as_item(other, examples)}",
        hint="give each a sort key (or a partition key) that begins with a word of its own, for example 'ORDER#{id}'",
    )


def _as_item(layout: Layout[Any], examples: list[tuple[str, str]]) -> str:
    """How an entity would take keys for its own."""
    templates = " + ".join(repr(template.text) for _, template in layout.primary.templates)
    values: dict[str, Any] = {}
    for (_, template), (_, example) in zip(layout.primary.templates, examples, strict=True):
        values |= template.parse(int(example) if template.number else example) or {}
    told = ", ".join(f"{field}={value!r}" for field, value in values.items())
    return f"{layout.entity.name} ({templates}) with {told}" if told else f"{layout.entity.name} ({templates})"


def _check_guards_apart(constraint: Constraint, layout: Layout[Any]) -> None:
    if layout.entity.recognises is not None:
        return
    template = layout.primary.partition
    example = None if template.number else shared_text(template.shape, constraint.shape)
    if example is not None:
        raise template.refused(
            f"it could be the key {example!r} of a guard of the unique fields of {constraint.layout.entity.name!r}",
            f"let no partition key begin with {constraint.prefix!r}",
        )
