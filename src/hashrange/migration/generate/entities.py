"""The module of one entity: the class of its records, what can be changed of them, its repository with every look-up.

Made of the same ``RecordShape`` and ``Method``s that run time answers. Must not know files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from ..access.lookups import Method, key_fields_of, methods
from ..access.records import RecordField, RecordShape, attribute_name, record_shape
from ..contract.model import Formatted, FromColumn
from ..mapping.entity import EntityMapping
from ..source.schema import SourceSchema
from .layout import docstring, exploded, function, indented

#: what a record's class may use, and from where it is imported: under another name where a field has that one
_IMPORTED: Final = {
    "Any": "typing",
    "Decimal": "decimal",
    "date": "datetime",
    "datetime": "datetime",
    "field": "dataclasses",
    "timedelta": "datetime",
}
_READ: Final = ("timeout: float | None = None",)
_LIST: Final = (
    "filter: Condition | None = None",
    "limit: int | None = None",
    "page_size: int | None = None",
    "descending: bool = False",
    "cursor: str | None = None",
    "timeout: float | None = None",
)


class EntityNames(Struct, frozen=True):
    """What an entity's things are called.

    Attributes:
        module: of its own; also the layer's attribute.
        record, changes, repository: classes.
    """

    module: str
    record: str
    changes: str
    repository: str


def entity_names(mapping: EntityMapping) -> EntityNames:
    """The names of an entity's module and classes."""
    record = record_shape(mapping).name
    return EntityNames(attribute_name(mapping.repository), record, f"{record}Changes", f"{record}Repository")


class EntityModule:
    """The text of an entity's module."""

    def __init__(self, mapping: EntityMapping, schema: SourceSchema) -> None:
        self.mapping = mapping
        self.names = entity_names(mapping)
        self.shape: RecordShape = record_shape(mapping)
        self.methods = tuple(methods(mapping, schema).values())
        used = {one.name for one in self.shape.fields}
        self._aliases = {name: f"{name}_" if name in used else name for name in _IMPORTED}
        self._by_field = {one.field.name: one for one in self.shape.fields}

    def text(self) -> str:
        """The whole module, without its first line."""
        mapping = self.mapping
        source = mapping.entity.source_table
        lines = docstring(
            f"{mapping.name}: rows of {source} as items of the table {mapping.table.name}.\n\n"
            f"{self.names.record} is a record, {self.names.repository} reads and writes them. Put methods of your own "
            "into a subclass in a file of your own."
        )
        lines += ["", "from __future__ import annotations", "", *self._imports(), "", ""]
        lines += [*self._record(), "", "", *self._changes(), "", "", *self._repository()]
        return "\n".join(lines) + "\n"

    # ── imports ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _imports(self) -> list[str]:
        annotations = " ".join(one.annotation for one in self.shape.fields)
        words = set(annotations.replace("|", " ").replace("[", " ").replace("]", " ").split())
        found: dict[str, list[str]] = {"dataclasses": ["dataclass"], "typing": ["TypedDict"]}
        if any(one.secret for one in self.shape.fields):
            words.add("field")
        lists = [one for one in self.methods if one.kind in ("list", "count")]
        if any(one.options for one in lists):
            words.add("Any")
        for name, module in _IMPORTED.items():
            if name in words:
                alias = self._aliases[name]
                found.setdefault(module, []).append(name if alias == name else f"{name} as {alias}")
        expressions = ["Condition", *(["SortCondition"] if any(one.options for one in lists) else [])]
        access = [*(["Listing"] if any(one.kind == "list" for one in lists) else []), "Repository"]
        standard = [_import(module, names) for module, names in sorted(found.items())]
        return [
            *standard,
            "",
            _import("hashrange.expressions", expressions),
            _import("hashrange.migration.access", access),
        ]

    def _type(self, annotation: str) -> str:
        made = annotation
        for name, alias in self._aliases.items():
            if alias != name:
                made = _renamed(made, name, alias)
        return made

    # ── records ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def _record(self) -> Iterator[str]:
        yield "@dataclass(frozen=True, kw_only=True, slots=True)"
        yield f"class {self.names.record}:"
        told = "\n".join(f"    {one.name}: {self._described(one)}" for one in self.shape.fields)
        yield from indented(docstring(f"A record of {self.mapping.name}.\n\nAttributes:\n{told}", steps=1))
        yield ""
        for one in self.shape.fields:
            yield f"    {one.name}: {self._type(one.annotation)}{self._default(one)}"

    def _default(self, one: RecordField) -> str:
        if one.secret:
            return f" = {self._aliases['field']}({'' if one.required else 'default=None, '}repr=False)"
        return "" if one.required else " = None"

    def _described(self, one: RecordField) -> str:
        field = one.field
        column = "" if field.column is None else f"{field.column.type}, "
        copied = "" if field.from_own_row else "from another table, "
        held = f"in {', '.join(field.attributes)}"
        return f"{column}{copied}{held}" + ("" if field.readable else "; not read back, None in what is read")

    def _changes(self) -> Iterator[str]:
        yield f"class {self.names.changes}(TypedDict, total=False):"
        yield from indented(docstring("New values of fields, for an update.", steps=1))
        yield ""
        for one in self.shape.fields:
            yield f"    {one.name}: {self._type(one.annotation)}"

    # ── the repository ───────────────────────────────────────────────────────────────────────────────────────────────
    def _repository(self) -> Iterator[str]:
        names, mapping = self.names, self.mapping
        yield f"class {names.repository}(Repository[{names.record}]):"
        doc = (
            f"The records of {mapping.name}, in the table {mapping.table.name}.\n\n"
            "Beside these methods it has those of Repository: create, put, get, get_many, exists, update, delete, "
            "query, scan, count, decrease, increase and what concerns its children."
        )
        yield from indented(docstring(doc, steps=1))
        yield ""
        yield f"    record_class = {names.record}"
        for method in self.methods:
            yield ""
            yield from indented(self._method(method))

    def _method(self, method: Method) -> list[str]:
        record = self.names.record
        match method.kind:
            case "get":
                doc = f"The record with this key, or None.\n\nKey: {self.key_text(None)}."
                return self._on_key(method, ["consistent: bool = False", *_READ], f"{record} | None", doc)
            case "exists":
                doc = f"Whether there is a record with this key.\n\nKey: {self.key_text(None)}."
                return self._on_key(method, ["consistent: bool = False", *_READ], "bool", doc)
            case "update":
                doc = "Change a record that is there, with all that is made of it.\n\nReturns the record as it is now."
                changes = self.names.changes
                options = [f"expected: {changes} | None = None", f"owner: {changes} | None = None"]
                options += ["condition: Condition | None = None", *_READ]
                return self._on_key(method, options, record, doc, changes)
            case "delete":
                doc = "Delete the record with this key. Returns whether there was one."
                changes = self.names.changes
                options = [f"expected: {changes} | None = None", f"owner: {changes} | None = None"]
                return self._on_key(method, [*options, "condition: Condition | None = None", *_READ], "bool", doc)
            case "find":
                return self._find(method)
            case "list":
                return self._list(method)
            case "count":
                return self._count(method)

    def _on_key(
        self, method: Method, options: list[str], returns: str, doc: str, changes: str | None = None
    ) -> list[str]:
        given = self._parameters(method.fields)
        parameters = ["self", *given, *([f"changes: {changes}"] if changes else []), "*", *options]
        fields = exploded("{", (f'"{self.name(one)}": {self.name(one)}' for one in method.fields), "}")
        arguments = ["\n".join(fields), *(["changes"] if changes else [])]
        arguments += [f"{name}={name}" for name in _names(options)]
        body = exploded(f"return await self.{method.kind}(", arguments, ")")
        return function(method.name, parameters, returns, doc, body, is_async=True)

    def _find(self, method: Method) -> list[str]:
        parameters = ["self", *self._parameters(method.fields), "*", *_READ]
        arguments = [f'"{method.index}"', *(f"{self.name(one)}={self.name(one)}" for one in method.fields)]
        body = exploded("return await self.find(", [*arguments, "timeout=timeout"], ")")
        doc = f"The record that the index {method.index} finds, or None.\n\nKey: {self.key_text(method.index)}."
        return function(method.name, parameters, f"{self.names.record} | None", doc, body, is_async=True)

    def _list(self, method: Method) -> list[str]:
        options = [*self._ranges(method), *_LIST]
        if method.index is None:
            options.append("consistent: bool = False")
        where = "one partition" if method.index is None else f"the index {method.index}"
        doc = f"The records in {where}, in the order of the sort key.\n\nKey: {self.key_text(method.index)}."
        passed = [name for name in _names(options) if name not in {self.name(one) for one in method.options}]
        body = self._query(method, "return self.query(", passed)
        parameters = ["self", *self._parameters(method.fields), "*", *options]
        return function(method.name, parameters, f"Listing[{self.names.record}]", doc, body, is_async=False)

    def _count(self, method: Method) -> list[str]:
        options = [*self._ranges(method), *_READ]
        doc = f"How many records there are; they are read, and paid for.\n\nKey: {self.key_text(method.index)}."
        body = self._query(method, "return await self.count(", ["timeout"])
        parameters = ["self", *self._parameters(method.fields), "*", *options]
        return function(method.name, parameters, "int", doc, body, is_async=True)

    def _query(self, method: Method, call: str, options: Iterable[str]) -> list[str]:
        index = "None" if method.index is None else f'"{method.index}"'
        arguments = [index, *(f"{self.name(one)}={self.name(one)}" for one in method.fields)]
        arguments += [f"{name}={name}" for name in options]
        if not method.options:
            return exploded(call, arguments, ")")
        lines = [f"ranges: dict[str, {self._aliases['Any']}] = {{}}"]
        for one in method.options:
            lines += [f"if {self.name(one)} is not None:", f'    ranges["{self.name(one)}"] = {self.name(one)}']
        return [*lines, *exploded(call, [*arguments, "**ranges"], ")")]

    # ── parameters ───────────────────────────────────────────────────────────────────────────────────────────────────
    def name(self, field: str) -> str:
        return self._by_field[field].name

    def _parameters(self, fields: Iterable[str]) -> list[str]:
        return [f"{self.name(one)}: {self._type(self._by_field[one].annotation)}" for one in fields]

    def _ranges(self, method: Method) -> list[str]:
        return [
            f"{self.name(one)}: {self._type(self._by_field[one].field.type)} | SortCondition | None = None"
            for one in method.options
        ]

    def key_text(self, index: str | None) -> str:
        declared = self.mapping.table if index is None else self.mapping.table.indexes[index]
        partition, sort = key_fields_of(self.mapping, index)
        parts = [self._of_fields(declared.pk, partition)]
        if declared.sk is not None:
            parts.append(self._of_fields(declared.sk, sort))
        return ", ".join(parts)

    def _of_fields(self, attribute: str, fields: tuple[str, ...]) -> str:
        value = self.mapping.entity.attributes[attribute].value
        names = [f"{{{self.name(one)}}}" for one in fields]
        if isinstance(value, FromColumn) and len(names) == 1:
            return f"{attribute} = {names[0]}"
        if isinstance(value, Formatted) and sum(not isinstance(part, str) for part in value.parts) == len(names):
            rest = iter(names)
            return f"{attribute} = {''.join(part if isinstance(part, str) else next(rest) for part in value.parts)}"
        return f"{attribute} is made of {' and '.join(names)}"


def _names(parameters: Iterable[str]) -> list[str]:
    return [one.partition(":")[0] for one in parameters]


def _import(module: str, names: Iterable[str]) -> str:
    """Sorted as linters want it: constants, classes, functions."""
    ordered = sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    return f"from {module} import {', '.join(ordered)}"


def _renamed(text: str, name: str, alias: str) -> str:
    words = text.replace("[", " [ ").replace("]", " ] ").split()
    made = " ".join(alias if word == name else word for word in words)
    return made.replace(" [ ", "[").replace(" ]", "]")
