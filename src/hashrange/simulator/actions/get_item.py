"""GetItem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec import Raw, Struct

from ..capacity import Usage, is_wanted, read_units
from ..language.check import Steps, check_projection
from ..language.project import Projector, projector
from ..requests import (
    check_expression_mix,
    check_key,
    check_scalar_keys,
    check_unused,
    checked_attributes_to_get,
    checked_item,
    placeholders_of,
)
from ..shapes import NAMES, RETURN_CONSUMED_CAPACITY, TABLE_NAME, boolean, string, structure
from ..state.store import Record
from ..values import Item
from .shared_shapes import ATTRIBUTES_TO_GET, KEY

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure(
    "GetItemInput",
    ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
    AttributesToGet=ATTRIBUTES_TO_GET,
    TableName=TABLE_NAME,
    Key=KEY,
    ConsistentRead=boolean(),
    ProjectionExpression=string(),
    ExpressionAttributeNames=NAMES,
)


class Picked(Struct, frozen=True):
    """The parts of items that are wanted."""

    paths: tuple[Steps, ...]
    of: Projector


class Prepared(Struct, frozen=True):
    table_name: str
    key: Item
    picked: Picked | None
    consistent: bool
    capacity: str | None


def validate(request: dict[str, Any]) -> Prepared:
    if len(request) > 2:
        check_expression_mix(request, ("AttributesToGet",), ("ProjectionExpression",))
    get = request.get
    key = checked_item(request["Key"])
    return Prepared(
        request["TableName"], key, picked_by(request), get("ConsistentRead", False), get("ReturnConsumedCapacity")
    )


def picked_by(request: Mapping[str, Any]) -> Picked | None:
    """What ProjectionExpression or AttributesToGet leaves of an item; None where neither is given."""
    listed = checked_attributes_to_get(request)
    if listed is not None:
        return Picked(tuple(listed), projector(listed))
    source = request.get("ProjectionExpression")
    if source is None:
        return None
    placeholders = placeholders_of(request)
    paths = check_projection(source, placeholders)
    check_unused(placeholders)
    return Picked(paths, projector(paths))


def apply(prepared: Prepared, engine: Engine) -> dict[str, Any]:
    table = engine.catalog.table(prepared.table_name)
    if prepared.picked is not None:
        check_scalar_keys(table, prepared.picked.paths)
    check_key(table.keys, prepared.key)
    trouble = engine.trouble
    if trouble is None:
        record = table.get(prepared.key)
    else:
        record = trouble.get(table, prepared.key, consistent=prepared.consistent)
    answer: dict[str, Any] = {} if record is None else {"Item": picked_from(record, prepared.picked)}
    if is_wanted(prepared.capacity):
        usage = Usage(read_units(0 if record is None else record.size, prepared.consistent))
        answer["ConsumedCapacity"] = usage.answer(str(prepared.capacity), prepared.table_name)
    return answer


def picked_from(record: Record, picked: Picked | None) -> Raw | Item:
    """What is wanted of a stored item, ready for an answer."""
    return Raw(record.body) if picked is None else picked.of(record.item)
