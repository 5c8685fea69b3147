"""Where the values of key attributes come from: an attribute of that name, else a template, else a composite name.

An attribute wins; a template beside it has to say the same. Composite names are ``category_id#created_at``. What has
none of the three is an error, and undefined. Must not know how attributes are read.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from ..expressions.evaluate import columns
from ..expressions.nodes import Column, Concat, Expression
from ..expressions.nodes import Literal as Constant
from ..findings import Place
from .document import Node
from .loading import Loading, NotTold
from .model import Attribute, Formatted, FromColumn, Index, Lookup, Undefined, Value

_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z_]\w*)\}")


class Keyed(Struct, frozen=True, kw_only=True):
    """An entity whose keys are to be found.

    Attributes:
        what: for messages.
        own: its source table.
        attributes: those that the contract gives it.
        at: where it is.
    """

    what: str
    own: str
    attributes: dict[str, Attribute]
    at: Place


class TableKey(Struct, frozen=True):
    """A key attribute of the table: its name, where the table says it, and the entity's template for it."""

    name: str
    at: Place
    template: Node | None


def table_key(key: TableKey, entity: Keyed, loading: Loading) -> Attribute | None:
    """The attribute to add for a key of the table; None where the entity has it."""
    present = entity.attributes.get(key.name)
    if present is not None:
        if key.template is not None:
            _compare(present, key.template, entity, loading)
        return None
    if key.template is not None:
        return _attribute(key.name, _of_template(key.template, entity, loading), entity, key.template.place)
    if "#" in key.name:
        return _composite(key.name, entity, key.at, loading)
    message = f"key attribute {key.name} of {entity.what} has no source"
    fix = f"add an attribute {key.name}, or a template for it"
    loading.error("key-without-source", message, fix=fix, at=key.at)
    return _attribute(key.name, Undefined(message), entity, key.at)


def index_keys(index: Index, entities: list[Keyed], loading: Loading) -> list[tuple[Keyed, Attribute]]:
    """The attributes to add for the keys of an index. In a table of several entities one that has none of an index's
    keys is just not in it."""
    added: list[tuple[Keyed, Attribute]] = []
    names = [name for name in (index.pk, index.sk) if name is not None]
    for name in names:
        holders = [one for one in entities if name in one.attributes]
        if holders:
            continue
        if "#" in name:
            able = [one for one in entities if all(_known(part, one, loading) for part in name.split("#"))]
            made_for = able or (entities if len(entities) == 1 else [])
            added += [(one, _composite(name, one, index.place, loading)) for one in made_for]
            if made_for:
                continue
        message = f"key attribute {name} of index {index.name} has no source"
        loading.error("key-without-source", message, fix=f"add an attribute {name}", at=index.place)
        added += [(one, _attribute(name, Undefined(message), one, index.place)) for one in entities[:1]]
    for entity in entities if len(names) > 1 else ():
        here = [name for name in names if name in entity.attributes]
        if len(here) == 1 and not any(one is entity for one, _ in added):
            message = f"{entity.what} has {here[0]} but not the other key of index {index.name}: it is not in the index"
            loading.warning("index-key-incomplete", message, fix="give it both keys or none", at=entity.at)
    return added


def _attribute(name: str, value: Value, entity: Keyed, at: Place) -> Attribute:
    source_columns = tuple(one.name for one in columns(value.column)) if isinstance(value, FromColumn) else ()
    return Attribute(name, "S", entity.own, source_columns, value, synthetic=True, place=at)


# ── composite names ──────────────────────────────────────────────────────────────────────────────────────────────────
def _known(part: str, entity: Keyed, loading: Loading) -> bool:
    return part in entity.attributes or loading.has_column(entity.own, part) is True


def _composite(name: str, entity: Keyed, at: Place, loading: Loading) -> Attribute:
    """The key that its name tells: its parts joined by ``#``."""
    parts = name.split("#")
    missing = [part for part in parts if not _known(part, entity, loading)]
    if missing:
        message = f"key attribute {name} of {entity.what} has no source: there is no {' and no '.join(missing)}"
        fix = f"add an attribute {name} with a string-format transformation"
        loading.error("key-without-source", message, fix=fix, at=at)
        return _attribute(name, Undefined(message), entity, at)
    message = f"no attribute is called {name}; it is made of {' and '.join(parts)}, joined by #"
    fix = f"add an attribute {name} with a string-format transformation"
    loading.warning("composite-key-name", message, fix=fix, at=at)
    pieces: list[str | Value] = []
    for part in parts:
        found = entity.attributes.get(part)
        pieces += ["#", FromColumn(Column(part, entity.own)) if found is None else found.value]
    return _attribute(name, _joined(pieces[1:], name, entity, at, loading), entity, at)


# ── templates ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _of_template(template: Node, entity: Keyed, loading: Loading) -> Value:
    """The value that a template alone gives."""
    try:
        text = loading.text(template, "the template")
    except NotTold as error:
        return Undefined(str(error))
    pieces: list[str | Value] = []
    for number, part in enumerate(_PLACEHOLDER.split(text)):
        if number % 2:
            value = _variable(part, entity, loading)
            if value is None:
                message = _no_variable(part, text, entity)
                names = sorted({*entity.attributes})
                fix = f"name a column, or one of {', '.join(names[:12])}" if names else "name a column"
                loading.error("template-unresolved", message, fix=fix, at=template.place)
                return Undefined(message)
            pieces.append(value)
        elif part:
            pieces.append(part)
    return _joined(pieces, text, entity, template.place, loading)


def _no_variable(name: str, text: str, entity: Keyed) -> str:
    what = f"{{{name}}} in template {text!r} of {entity.what}"
    return f"{what} is neither a column of {entity.own} nor an attribute"


def _variable(name: str, entity: Keyed, loading: Loading) -> Value | None:
    """What a template's name stands for: a column of the source, else an attribute; without a schema a name that no
    attribute has is taken for a column, if some attribute comes from it."""
    known = loading.has_column(entity.own, name)
    if known is True:
        return FromColumn(Column(name, entity.own))
    found = entity.attributes.get(name)
    if found is not None:
        return found.value
    sources = {column.lower() for one in entity.attributes.values() for column in one.source_columns}
    return FromColumn(Column(name, entity.own)) if known is None and name.lower() in sources else None


def _joined(pieces: list[str | Value], text: str, entity: Keyed, at: Place, loading: Loading) -> Value:
    """Literal text and values as one value: of own columns, or through one join."""
    if len(pieces) == 1 and not isinstance(pieces[0], str):
        return pieces[0]
    parts: list[str | Expression] = []
    lookups: list[Lookup] = []
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(piece)
        elif isinstance(piece, FromColumn):
            parts.append(piece.column)
        elif isinstance(piece, Formatted):
            parts += piece.parts
        elif isinstance(piece, Lookup) and len(piece.select) == 1 and piece.condition is None:
            lookups.append(piece)
            parts.append(piece.select[0])
        else:
            message = f"{text!r} of {entity.what} uses a value that cannot be a part of a key"
            loading.error("template-unresolved", message, fix="use columns, and attributes that are columns", at=at)
            return Undefined(message)
    if not lookups:
        return Formatted(tuple(parts))
    if len({one.hops for one in lookups}) > 1:
        message = f"{text!r} of {entity.what} needs values of two different joins"
        loading.error("template-unresolved", message, fix="use one join", at=at)
        return Undefined(message)
    concat = Concat(tuple(Constant(part) if isinstance(part, str) else part for part in parts))
    return Lookup(lookups[0].hops, (concat,), null_value=None)


def _compare(present: Attribute, template: Node, entity: Keyed, loading: Loading) -> None:
    """A template beside a key attribute: it has to have the same shape, and to name the same columns."""
    if isinstance(present.value, Undefined):
        return
    try:
        text = loading.text(template, f"the template for {present.name}")
    except NotTold:
        return
    split = _PLACEHOLDER.split(text)
    said = [("", part) if number % 2 else (part, "") for number, part in enumerate(split) if part or number % 2]
    meant = _shape(present.value)
    if [literal for literal, _ in said] != [literal for literal, _ in meant]:
        shown = "".join(literal or f"{{{names[0]}}}" for literal, names in meant)
        message = f"template {text!r} and attribute {present.name} ({shown}) of {entity.what} differ"
        loading.mend("template-differs", message, fix="make them the same, or remove one", at=template.place)
        return
    for (_, name), (_, names) in zip(said, meant, strict=True):
        if name:
            _compare_name(name, names, text, present, template, entity, loading)


def _compare_name(
    name: str, names: tuple[str, ...], text: str, present: Attribute, template: Node, entity: Keyed, loading: Loading
) -> None:
    if name.lower() in (one.lower() for one in names):
        return
    value = _variable(name, entity, loading)
    if isinstance(value, FromColumn) and value.column.name.lower() in (one.lower() for one in names):
        message = (
            f"template {text!r} says {{{name}}} where attribute {present.name} says {{{names[0]}}}: the same column"
        )
        loading.warning("template-spelling", message, fix=f"write {{{names[0]}}} in both", at=template.place)
        return
    if value is None:
        message = (
            f"{{{name}}} in template {text!r} of {entity.what} is neither a column of {entity.own} nor an attribute"
        )
        loading.mend("template-unresolved", message, fix=f"write {{{names[0]}}}", at=template.place)
        return
    message = f"template {text!r} says {{{name}}} where attribute {present.name} of {entity.what} says {{{names[0]}}}"
    loading.mend("template-differs", message, fix="make them the same, or remove one", at=template.place)


def _shape(value: Value) -> list[tuple[str, tuple[str, ...]]]:
    """Literal text, and where a value stands the names that it may be called by."""
    if isinstance(value, Formatted):
        return [(part, ()) if isinstance(part, str) else ("", _names(part)) for part in value.parts]
    if isinstance(value, FromColumn):
        return [("", _names(value.column))]
    if isinstance(value, Lookup) and len(value.select) == 1 and value.condition is None:
        return [("", _names(value.select[0]))]
    return [("", ("value",))]


def _names(expression: Expression) -> tuple[str, ...]:
    return tuple(one.name for one in columns(expression)) or ("value",)
