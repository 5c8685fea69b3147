"""Overrides: what a contract cannot say, said beside it, attribute by attribute.

An override replaces where an attribute's value comes from; its name, type and flags stay the contract's. It is put into
the document before that is read, so the same grammar and the same checks apply. Must not know values.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from .document import Node
from .fields import Fields, Shape
from .loading import Loading
from .model import Recursive

_SHAPE: Final = Shape(
    (
        "hook", "parent", "name", "separator", "includes_self", "join", "calculation", "transformation",
        "source_column", "source_table",
    )
)  # fmt: skip
_SOURCES: Final = ("hook", "join", "calculation", "transformation", "source_column")
_HOOKS: Final = ("recursive-depth", "recursive-path")


def overridden(entries: list[Node], overrides: Node, loading: Loading) -> list[Node]:
    """The entries with overrides in the place of what they override."""
    if not isinstance(overrides.value, dict):
        message = f"the overrides are {overrides.kind}, not an object"
        loading.error("wrong-type", message, fix='{"Table": {"attribute": {...}}}', at=overrides.place)
        return entries
    used: set[str] = set()
    changed = [_entry(entry, overrides.value, used, loading) for entry in entries]
    names = [name for entry in entries for name in _names(entry)]
    for name, node in overrides.value.items():
        if name not in used:
            near = get_close_matches(name, names, 1)
            fix = f"did you mean {near[0]}?" if near else f"known: {', '.join(names[:20])}"
            message = f"there is no table or entity {name} to override"
            loading.error("override-unknown", message, fix=fix, at=node.place)
    return changed


def _names(entry: Node) -> list[str]:
    """What overrides may call an entry and its entities."""
    if not isinstance(entry.value, dict) or "table" not in entry.value:
        return []
    table = str(entry.value["table"].value)
    entities = entry.value.get("entities")
    parts = entities.value if entities is not None and isinstance(entities.value, list) else []
    inner = [
        one.value["entity_type"].value for one in parts if isinstance(one.value, dict) and "entity_type" in one.value
    ]
    return [table, *(f"{table}/{name}" for name in inner)]


def _entry(entry: Node, overrides: dict[str, Node], used: set[str], loading: Loading) -> Node:
    names = _names(entry)
    if not names or not isinstance(entry.value, dict):
        return entry
    members = dict(entry.value)
    if names[0] in overrides:
        used.add(names[0])
        if len(names) > 1:
            message = f"table {names[0]} has several entities: which one is overridden is not said"
            fix = f"use one of {', '.join(names[1:])}"
            loading.error("override-unknown", message, fix=fix, at=overrides[names[0]].place)
        else:
            members = _with_attributes(members, overrides[names[0]], names[0], loading)
    entities = members.get("entities")
    if entities is not None and isinstance(entities.value, list):
        parts = []
        for part in entities.value:
            kind = part.value.get("entity_type") if isinstance(part.value, dict) else None
            name = f"{names[0]}/{kind.value}" if kind is not None else ""
            if name in overrides and isinstance(part.value, dict):
                used.add(name)
                changed = _with_attributes(dict(part.value), overrides[name], name, loading)
                part = Node(changed, part.place, part.names)
            parts.append(part)
        members["entities"] = Node(parts, entities.place)
    return Node(members, entry.place, entry.names)


def _with_attributes(members: dict[str, Node], told: Node, where: str, loading: Loading) -> dict[str, Node]:
    if not isinstance(told.value, dict):
        message = f"the overrides of {where} are {told.kind}, not an object"
        loading.error("wrong-type", message, fix='{"attribute": {...}}', at=told.place)
        return members
    attributes = members.get("attributes")
    if attributes is None:
        return members
    waiting = dict(told.value)
    value: dict[str, Node] | list[Node]
    if isinstance(attributes.value, dict):
        value = {
            name: _changed(one, waiting.pop(name), f"{where}.{name}", loading) if name in waiting else one
            for name, one in attributes.value.items()
        }
    elif isinstance(attributes.value, list):
        value = []
        for one in attributes.value:
            name = one.value["name"].value if isinstance(one.value, dict) and "name" in one.value else None
            known = isinstance(name, str) and name in waiting
            value.append(_changed(one, waiting.pop(str(name)), f"{where}.{name}", loading) if known else one)
    else:
        return members
    for name, node in waiting.items():
        message = f"{where} has no attribute {name} to override"
        loading.error("override-unknown", message, fix="the contract has to name it, with its type", at=node.place)
    return {**members, "attributes": Node(value, attributes.place, attributes.names)}


def _changed(attribute: Node, told: Node, where: str, loading: Loading) -> Node:
    """An attribute with another source."""
    fields = Fields(told, loading, _SHAPE, f"the override of {where}")
    given = [name for name in _SOURCES if name in fields]
    if not given or not isinstance(attribute.value, dict):
        if isinstance(told.value, dict):
            message = f"{fields.what} does not say where the value comes from"
            loading.error("missing-field", message, fix=f"one of {', '.join(_SOURCES)}", at=told.place)
        return attribute
    kept = {
        name: one
        for name, one in attribute.value.items()
        if name not in ("join", "calculation", "transformation", "hook")
    }
    if "hook" in fields:
        kept["hook"] = told
    else:
        kept |= {name: fields[name] for name in (*_SOURCES, "source_table") if name in fields}
    names = {name: attribute.names.get(name, told.place) for name in kept}
    return Node(kept, attribute.place, names)


def recursive(node: Node, what: str, loading: Loading) -> Recursive:
    """The hook of an override. Raises NotTold."""
    if node.place.document != "overrides" or not isinstance(node.value, dict):
        message = f"{what} has a hook; contracts have none, overrides have"
        loading.refuse("hook-outside-overrides", message, fix="move it to the overrides", at=node.place)
    fields = Fields(node, loading, _SHAPE, f"the override of {what}")
    hook = fields.choice("hook", _HOOKS, {"depth": "recursive-depth", "path": "recursive-path"})
    parent = fields.text("parent", "name the column that names the parent row")
    if hook == "recursive-depth":
        return Recursive("depth", parent)
    separator, includes = fields.found.get("separator"), fields.found.get("includes_self")
    if separator is not None and not isinstance(separator.value, str):
        loading.refuse("wrong-type", f"{fields.what}: separator is not text", fix='" > "', at=separator.place)
    text = separator.value if separator is not None and isinstance(separator.value, str) else " > "
    itself = True if includes is None else fields.flag("includes_self")
    return Recursive("path", parent, fields.text("name", "name the column of the names"), text, itself)
