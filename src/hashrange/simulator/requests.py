"""The checks that several operations share, each with the service's text.

First those that need no table: parameters that exclude each other, names and values of expressions, values of items.
Then those that need its keys. Each operation calls them in the service's order; none of them changes anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ..limits import (
    ATTRIBUTE_NAME_MAX_BYTES,
    EXPRESSION_VALUES_MAX_BYTES,
    ITEM_SIZE_MAX_BYTES,
    NESTING_MAX_LEVELS,
    PARTITION_KEY_MAX_BYTES,
    SORT_KEY_MAX_BYTES,
)
from . import messages, vector_messages
from .errors import validation
from .language.check import Call, Change, Condition, Junction, Operand, Path, Placeholders, Steps, Sum, Test
from .state.index import Index
from .state.keys import KeySchema
from .state.table import Table
from .state.vector_index import VectorIndex
from .values import (
    AttributeValue,
    InvalidValue,
    Item,
    canonical,
    canonical_item,
    item_size,
    kind,
    value_size,
)
from .vectors import NotAVector

_NAME_PLACEHOLDER: Final = re.compile(r"#[0-9A-Za-z_]+")
_VALUE_PLACEHOLDER: Final = re.compile(r":[0-9A-Za-z_]+")
_PLACEHOLDER_MAX_BYTES: Final = 255
_UTF8_MAX_BYTES: Final = 4
#: how deep an expression's values may be: only what is stored has the service's limit; beyond, types are not even known
_EXPRESSION_VALUE_MAX_LEVELS: Final = 64
_EXPRESSION_VALUE_LEVEL: Final = 1 + NESTING_MAX_LEVELS - _EXPRESSION_VALUE_MAX_LEVELS


# ── parameters ───────────────────────────────────────────────────────────────────────────────────────────────────────
def check_expression_mix(request: Mapping[str, Any], plain: Iterable[str], expressions: Sequence[str]) -> None:
    """Refuse expressions beside parameters of the older kind, and names or values beside no expression.

    Args:
        plain: the older parameters that the operation has; KeyConditions may stand beside other expressions than its
            own.
        expressions: those that the operation has; all but ProjectionExpression may use values.
    """
    given = [name for name in expressions if name in request]
    if given:
        excluded = [
            name
            for name in plain
            if name in request and not (name == "KeyConditions" and "KeyConditionExpression" not in request)
        ]
        if excluded:
            raise validation(messages.mixed_parameters(excluded, given))
    elif "ExpressionAttributeNames" in request:
        raise validation(messages.NAMES_WITHOUT_EXPRESSION)
    if "ExpressionAttributeValues" in request:
        users = [name for name in expressions if name != "ProjectionExpression"]
        if users and not any(name in request for name in users):
            raise validation(messages.values_without_expression(users))


def placeholders_of(request: Mapping[str, Any]) -> Placeholders:
    """ExpressionAttributeNames and ExpressionAttributeValues, checked; values in their normal form."""
    names = request.get("ExpressionAttributeNames")
    values = request.get("ExpressionAttributeValues")
    size = 0
    if names is None:
        names = {}
    else:
        size = _check_names(names)
    return Placeholders(names, {} if values is None else _checked_values(values, size))


def _check_names(names: dict[str, str]) -> int:
    """Check ExpressionAttributeNames; their size."""
    if not names:
        raise validation(messages.NAMES_EMPTY)
    total = 0
    for placeholder, name in names.items():
        _check_placeholder("Names", placeholder, _NAME_PLACEHOLDER)
        text = _fault_of_name(name)
        if text is not None:
            raise validation(messages.placeholder_for_invalid_name(placeholder, text))
        total += len(placeholder) + _name_size(name)
    if total > EXPRESSION_VALUES_MAX_BYTES:
        raise validation(messages.placeholders_too_large("Names"))
    return total


def _checked_values(values: dict[str, AttributeValue], size: int) -> dict[str, AttributeValue]:
    """ExpressionAttributeValues in their normal form; ``size`` is that of the names."""
    if not values:
        raise validation(messages.VALUES_EMPTY)
    for placeholder in values:
        _check_placeholder("Values", placeholder, _VALUE_PLACEHOLDER)
    found = {}
    for placeholder, value in values.items():
        try:
            found[placeholder] = canonical(value, _EXPRESSION_VALUE_LEVEL)
        except InvalidValue as invalid:
            raise validation(messages.placeholder_for_invalid_value(placeholder, invalid.text)) from None
        value_bytes = value_size(found[placeholder])
        if value_bytes > ATTRIBUTE_NAME_MAX_BYTES and _has_large_name(found[placeholder]):
            raise validation(messages.placeholder_for_invalid_value(placeholder, messages.ATTRIBUTE_NAME_TOO_LARGE))
        size += len(placeholder) + value_bytes
    if size > EXPRESSION_VALUES_MAX_BYTES:
        raise validation(messages.placeholders_too_large("Values"))
    return found


def _check_placeholder(kind: str, placeholder: str, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(placeholder):
        raise validation(messages.invalid_placeholder(kind, placeholder))
    if len(placeholder) > _PLACEHOLDER_MAX_BYTES:
        raise validation(messages.placeholder_too_long(kind, len(placeholder)))


def check_attribute_name(name: str) -> None:
    """Refuse a name that no attribute can have."""
    text = _fault_of_name(name)
    if text is not None:
        raise validation(text)


def _fault_of_name(name: str) -> str | None:
    if not name:
        return messages.ATTRIBUTE_NAME_EMPTY
    return messages.ATTRIBUTE_NAME_TOO_LARGE if _name_size(name) > ATTRIBUTE_NAME_MAX_BYTES else None


def _name_size(name: str) -> int:
    return len(name) if name.isascii() else len(name.encode("utf-8", "surrogatepass"))


def _has_large_name(value: AttributeValue) -> bool:
    """Whether a name in a value is too large."""
    entries = value.get("M", {})
    if any(_name_size(name) > ATTRIBUTE_NAME_MAX_BYTES for name in entries):
        return True
    return any(map(_has_large_name, (*entries.values(), *value.get("L", ()))))


def check_unused(placeholders: Placeholders) -> None:
    """Refuse names and values that no expression used."""
    text = placeholders.unused()
    if text is not None:
        raise validation(text)


def checked_attributes_to_get(request: Mapping[str, Any]) -> list[Steps] | None:
    """AttributesToGet as paths; None where it is not given."""
    names = request.get("AttributesToGet")
    if names is None:
        return None
    seen = set()
    for name in names:
        if not name:
            raise validation(messages.ATTRIBUTE_NAME_EMPTY)
        if name in seen:
            raise validation(messages.duplicate_attribute_name(name))
        seen.add(name)
    return [(name,) for name in names]


def checked_item(item: dict[str, AttributeValue]) -> Item:
    """An item or a key in its normal form."""
    try:
        return canonical_item(item)
    except InvalidValue as invalid:
        raise validation(invalid.text) from None


def checked_size(item: Item) -> int:
    """The size of an item that is to be put; refuses names and items that are too large."""
    size = item_size(item)
    if size > ATTRIBUTE_NAME_MAX_BYTES and _has_large_name({"M": item}):  # a smaller one has no room for such a name
        raise validation(messages.ATTRIBUTE_NAME_TOO_LARGE)
    if size > ITEM_SIZE_MAX_BYTES:
        raise validation(messages.ITEM_TOO_LARGE)
    return size


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def check_key(keys: KeySchema, key: Item) -> None:
    """Refuse a key that does not fit a table: other attributes, other types, empty or too large ones."""
    types = keys.types
    if len(key) != len(types):
        raise validation(messages.KEY_MISMATCH)
    for name, letter in types.items():
        value = key.get(name)
        if value is None or letter not in value:
            raise validation(messages.KEY_MISMATCH)
        _check_key_content(keys, name, letter, value[letter])


def check_put_keys(keys: KeySchema, item: Item) -> None:
    """Refuse an item whose key does not fit its table."""
    for name, letter in keys.types.items():
        value = item.get(name)
        if value is None:
            raise validation(messages.missing_key(name))
        if letter not in value:
            raise validation(messages.key_type_mismatch(name, letter, kind(value)))
        _check_key_content(keys, name, letter, value[letter])


def check_batch_put_keys(keys: KeySchema, item: Item) -> None:
    """The same for a put in a batch, where the service says less."""
    check_key(keys, {name: item[name] for name in keys.names if name in item})


def check_key_not_empty(name: str, value: AttributeValue) -> None:
    """Refuse an empty text or binary as a key."""
    ((letter, content),) = value.items()
    if not content and letter in ("S", "B"):
        raise validation(messages.empty_key(name, letter))


def _check_key_content(keys: KeySchema, name: str, letter: str, content: str) -> None:
    """Refuse an empty key and a too large one; the type is right. Numbers are never too large."""
    if letter == "N":
        return
    if not content:
        raise validation(messages.empty_key(name, letter))
    if len(content) * _UTF8_MAX_BYTES <= SORT_KEY_MAX_BYTES:
        return
    size = value_size({letter: content})
    if name == keys.partition:
        if size > PARTITION_KEY_MAX_BYTES:
            raise validation(messages.PARTITION_KEY_TOO_LARGE)
    elif size > SORT_KEY_MAX_BYTES:
        raise validation(messages.SORT_KEY_TOO_LARGE)


def check_index_keys(table: Table, item: Item) -> None:
    """Refuse an item with an attribute that is an index's key, or its vector, but cannot be one."""
    for index in table.indexes.values():
        if isinstance(index, VectorIndex):
            check_vector(index, item)
        for name, letter in index.keys.types.items():
            value = item.get(name)
            if value is not None:
                check_index_key_type(index.name, name, letter, value)
                if not value[letter]:
                    raise validation(messages.empty_index_key(index.name, name, letter))
                _check_index_key_size(index, name, value)


def check_index_key_contents(table: Table, item: Item) -> None:
    """The same but for the types."""
    for index in table.indexes.values():
        for name, letter in index.keys.types.items():
            value = item.get(name)
            if value is not None and letter in value:
                if not value[letter]:
                    raise validation(messages.empty_index_key(index.name, name, letter))
                _check_index_key_size(index, name, value)


def check_updated_index_keys(table: Table, old: Item, new: Item) -> None:
    """The same for an update: only what it changed."""
    for index in table.indexes.values():
        if isinstance(index, VectorIndex):
            check_vector(index, {name: value for name, value in new.items() if value != old.get(name)})
        for name, letter in index.keys.types.items():
            value = new.get(name)
            if value is not None and value != old.get(name):
                check_index_key_type(index.name, name, letter, value)
                check_updated_index_key(index, name, letter, value)


def check_updated_index_key(index: Index, name: str, letter: str, value: AttributeValue) -> None:
    """Refuse an empty or too large value that an update gives to an index's key; of a value of another type nothing."""
    if letter in value:
        if not value[letter]:
            raise validation(messages.empty_index_key_of_update(letter))
        _check_index_key_size(index, name, value)


def check_vector(index: VectorIndex, item: Item) -> None:
    """Refuse an item whose vector an index cannot take, or with an attribute for filtering of another type than the
    index has. What the item lacks is not looked at.
    """
    value = item.get(index.attribute)
    if value is not None:
        if "L" not in value:
            raise validation(vector_messages.vector_type(index.attribute, "L", kind(value), index.name))
        _check_elements(index, value["L"])
    for name, letter in index.filters.items():
        value = item.get(name)
        if value is not None and letter not in value:
            raise validation(vector_messages.filter_type_mismatch(index.name, name, letter, kind(value)))


def _check_elements(index: VectorIndex, elements: list[AttributeValue]) -> None:
    try:
        index.check(elements)
    except NotAVector as fault:
        place = f"{index.attribute}[{fault.at}]"
        if fault.found == "N":
            raise validation(vector_messages.vector_out_of_range(place, index.name)) from None
        raise validation(vector_messages.vector_type(place, "N", fault.found, index.name)) from None
    if len(elements) != index.dimensions:
        size = len(elements)
        raise validation(vector_messages.vector_size(index.attribute, index.dimensions, size, index.name))


def check_index_key_type(index: str, name: str, letter: str, value: AttributeValue) -> None:
    """Refuse a value of another type than an index's key has."""
    if letter not in value:
        raise validation(messages.index_key_type_mismatch(index, name, letter, kind(value)))


def _check_index_key_size(index: Index, name: str, value: AttributeValue) -> None:
    size_max = PARTITION_KEY_MAX_BYTES if name in index.keys.partitions else SORT_KEY_MAX_BYTES
    if "N" not in value:
        size = value_size(value)
        if size > size_max:
            raise validation(messages.index_key_too_large(index.name, name, size, size_max))


# ── paths that expressions name ──────────────────────────────────────────────────────────────────────────────────────
def check_scalar_keys(table: Table, paths: Iterable[Steps] | None) -> None:
    """Refuse paths into a key attribute of the table or of an index: it is no map and no list. None: there are none."""
    nested = {path[0] for path in paths or () if len(path) > 1}
    if not nested:
        return
    for name in table.keys.names:
        if name in nested:
            raise validation(messages.nested_key(name))
    for index in table.indexes.values():
        for name in index.keys.names:
            if name in nested:
                raise validation(messages.nested_key(name, of_index=True))


def has_nested_paths(source: str) -> bool:
    """Whether an expression may have a path that leads into an attribute."""
    return "." in source or "[" in source


def paths_of(node: Condition | Operand | Sum | Change | None) -> list[Steps]:
    """All paths that a condition or a change reads, in the order they stand."""
    match node:
        case Path(steps):
            return [steps]
        case Test(_, subject, others):
            parts: tuple[Any, ...] = (subject, *others)
        case Junction(_, inner) | Call(_, inner):
            parts = inner
        case Sum(_, left, right):
            parts = (left, right)
        case Change(_, steps, operand):
            return [steps, *paths_of(operand)]
        case _:
            return []
    return [path for part in parts for path in paths_of(part)]
