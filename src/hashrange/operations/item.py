"""GetItem, PutItem, UpdateItem, DeleteItem: requests in wire shape.

Every mistake that can be known before sending is refused here. Must not know models, transports or time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import limits
from ..codec import encode_item, wire_item_size
from ..errors import InvalidExpression, InvalidKey, ItemTooLarge, MissingRequiredKey
from ..expressions import Condition, Placeholders, Raw, Update
from ..expressions.projection import Projection, ProjectionLike, as_projection, render_projection
from ..key import Key, check_key_value
from ..schema import TableSchema
from ..types import RETURN_VALUES, AttributeValue, Returns, WireItem, WireObject


def get_item(
    schema: TableSchema, key: Key, *, consistent: bool, projection: ProjectionLike | None, capacity: str | None
) -> WireObject:
    """A GetItem request."""
    request: WireObject = {"TableName": schema.name, "Key": _wire_key(schema, key)}
    if consistent:
        request["ConsistentRead"] = True
    if projection is not None:
        placeholders = Placeholders()
        request["ProjectionExpression"] = render_projection(projection, placeholders)
        add_placeholders(request, placeholders)
    if capacity is not None:
        request["ReturnConsumedCapacity"] = capacity
    return request


def with_attribute(projection: ProjectionLike | None, attribute: str) -> tuple[ProjectionLike | None, bool]:
    """A projection that reads this attribute, too, and whether that was not asked for.

    Raises:
        InvalidExpression: it is Raw text, to which nothing can be added.
    """
    if projection is None:
        return None, False
    found = as_projection(projection)
    if isinstance(found, Raw):
        raise InvalidExpression(
            f"hide_expired needs {attribute!r}, and nothing can be added to a projection of Raw text",
            hint="give names and paths: projection=['name', Attr('address').city]",
        )
    if attribute in found.whole_attributes:
        return found, False
    return Projection(*found.paths, attribute), True


def put_item(
    schema: TableSchema,
    item: Mapping[str, Any],
    *,
    condition: Condition | None,
    return_old: bool,
    capacity: str | None,
) -> WireObject:
    """A PutItem request."""
    check_item_keys(schema, item)
    wire = encode_item(item)
    if schema.indexes:
        check_index_keys(schema, wire)
    request: WireObject = {"TableName": schema.name, "Item": wire}
    return _write(request, condition, return_old, capacity)


def update_item(
    schema: TableSchema,
    key: Key,
    update: Update | Raw,
    *,
    condition: Condition | None,
    returns: Returns,
    capacity: str | None,
) -> WireObject:
    """An UpdateItem request."""
    if returns not in RETURN_VALUES:
        raise InvalidExpression(f"returns is {returns!r}; it must be one of {', '.join(RETURN_VALUES)}")
    placeholders = Placeholders()
    request: WireObject = {"TableName": schema.name, "Key": _wire_key(schema, key)}
    if isinstance(update, Update):
        _refuse_key_update(schema, update)
    elif not isinstance(update, Raw):
        raise InvalidExpression(
            f"the update is of type {type(update).__name__}",
            hint="use Update().set('name', 'Bob'), or Raw('SET ...') for text",
        )
    request["UpdateExpression"] = update.render(placeholders)
    if condition is not None:
        _add_condition(request, condition, placeholders)
    add_placeholders(request, placeholders)
    if returns != "none":
        request["ReturnValues"] = RETURN_VALUES[returns]
    if capacity is not None:
        request["ReturnConsumedCapacity"] = capacity
    return request


def delete_item(
    schema: TableSchema, key: Key, *, condition: Condition | None, return_old: bool, capacity: str | None
) -> WireObject:
    """A DeleteItem request."""
    request: WireObject = {"TableName": schema.name, "Key": _wire_key(schema, key)}
    return _write(request, condition, return_old, capacity)


def _write(request: WireObject, condition: Condition | None, return_old: bool, capacity: str | None) -> WireObject:
    """The request of a put or delete, with what both may ask for."""
    if return_old:
        request["ReturnValues"] = "ALL_OLD"
    if condition is not None:
        placeholders = Placeholders()
        _add_condition(request, condition, placeholders)
        add_placeholders(request, placeholders)
    if capacity is not None:
        request["ReturnConsumedCapacity"] = capacity
    return request


def add_placeholders(request: WireObject, placeholders: Placeholders) -> None:
    """Put the names and values of all expressions of a request into it."""
    if placeholders.names:
        request["ExpressionAttributeNames"] = placeholders.names
    if placeholders.values:
        request["ExpressionAttributeValues"] = placeholders.values


def check_item_keys(schema: TableSchema, item: Mapping[str, Any]) -> None:
    """Refuse an item whose key attributes are missing, empty, too long or of a wrong type.

    Raises:
        MissingRequiredKey, InvalidKey.
    """
    for name in schema.keys.names:
        if name not in item:
            raise MissingRequiredKey(
                f"the item has no attribute {name!r}, which is part of the table's key {schema.keys}",
                hint="put every key attribute into the item (or into its model)",
            )
        longest = limits.PARTITION_KEY_MAX_BYTES if name == schema.keys.partition_key else limits.SORT_KEY_MAX_BYTES
        value = item[name]
        if type(value) is not float:  # an item's number may be a float, and numbers have no length
            check_key_value(value, name, longest)


def check_index_keys(schema: TableSchema, item: WireItem) -> None:
    """Refuse an item (in wire shape) with an attribute that an index has for a key, and that cannot be one.

    Raises:
        InvalidKey.
    """
    for index in schema.indexes.values():
        for name in index.key_names:
            for kind, content in item.get(name, _NOT_THERE).items():
                if kind not in ("S", "N", "B") or not content:
                    raise InvalidKey(
                        f"attribute {name!r} is {'empty' if kind in ('S', 'B') else f'of type {kind}'}, "
                        f"and it is a key of index {index.name!r}",
                        hint="leave it out: an item without it is simply not in the index",
                    )


_NOT_THERE: AttributeValue = {}


def check_item_size(item: WireItem) -> None:
    """Refuse an item (in wire shape) over 400 KB.

    Raises:
        ItemTooLarge: says the size and the largest attributes.
    """
    size_bytes = wire_item_size(item)
    if size_bytes > limits.ITEM_SIZE_MAX_BYTES:
        sizes = sorted(((wire_item_size({name: value}), name) for name, value in item.items()), reverse=True)
        largest = ", ".join(f"{name!r} {size} bytes" for size, name in sizes[:3])
        raise ItemTooLarge(
            f"the item has {size_bytes} bytes; at most {limits.ITEM_SIZE_MAX_BYTES} are allowed; largest: {largest}"
        )


def as_condition(condition: Condition | None, name: str) -> Condition | None:
    """A condition, as parameter ``name`` was given it.

    Raises:
        InvalidExpression: it is something else.
    """
    if condition is None or isinstance(condition, Condition):
        return condition
    raise InvalidExpression(
        f"{name} is of type {type(condition).__name__}, not a condition",
        hint=f"{name}=Attr('name') == 'value', or Raw('...') for text",
    )


def _wire_key(schema: TableSchema, key: Key) -> WireItem:
    if not isinstance(key, Key):
        raise InvalidKey(f"a key is a Key, not {type(key).__name__}", hint="Key(partition), or Key(partition, sort)")
    return encode_item(key.to_item(schema.keys))


def _add_condition(request: WireObject, condition: Condition, placeholders: Placeholders) -> None:
    as_condition(condition, "condition")
    request["ConditionExpression"] = condition.render(placeholders)
    # so that ConditionFailed can show what was there, without another read
    request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"


def _refuse_key_update(schema: TableSchema, update: Update) -> None:
    for name in schema.keys.names:
        if name in update.attribute_names:
            raise InvalidExpression(
                f"the update changes {name!r}, which is part of the table's key",
                hint="a key cannot change: put a new item and delete the old one, in one transaction",
            )
