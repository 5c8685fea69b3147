"""BatchGetItem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Raw, Struct

from ...limits import BATCH_GET_MAX_BYTES, BATCH_GET_MAX_KEYS
from .. import messages
from ..capacity import Usage, is_wanted, read_units, usages_answer
from ..errors import ApiError, validation
from ..requests import check_expression_mix, check_key, check_scalar_keys, checked_item
from ..shapes import (
    ITEM,
    NAMES,
    RETURN_CONSUMED_CAPACITY,
    TABLE_NAME,
    boolean,
    list_of,
    map_of,
    required,
    string,
    structure,
    unprinted_in_2026,
)
from ..state.store import Record
from ..state.table import Table
from ..values import Item
from .get_item import Picked, picked_by, picked_from
from .shared_shapes import ATTRIBUTES_TO_GET

if TYPE_CHECKING:
    from ..engine import Engine
    from ..trouble import Trouble

SHAPE: Final = structure(
    "BatchGetItemInput",
    ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
    RequestItems=required(
        map_of(
            structure(
                "KeysAndAttributes",
                Keys=unprinted_in_2026(required(list_of(ITEM, min_length=1, max_length=BATCH_GET_MAX_KEYS))),
                AttributesToGet=ATTRIBUTES_TO_GET,
                ConsistentRead=boolean(),
                ProjectionExpression=string(),
                ExpressionAttributeNames=NAMES,
            ),
            max_length=BATCH_GET_MAX_KEYS,
            key=TABLE_NAME,
        )
    ),
)

_fingerprint: Final = msgspec.json.Encoder(order="deterministic").encode


class TableKeys(Struct, frozen=True):
    """What is wanted of one table."""

    request: dict[str, Any]
    keys: list[Item]
    picked: Picked | None
    consistent: bool


class Prepared(Struct, frozen=True):
    tables: dict[str, TableKeys]
    capacity: str | None


def validate(request: dict[str, Any]) -> Prepared:
    items: dict[str, dict[str, Any]] = request["RequestItems"]
    if not items:
        raise validation(messages.batch_empty("BatchGetItem"))
    # across all tables: a projection for one and older parameters for another exclude each other, too
    given: dict[str, Any] = {name: value for wanted in items.values() for name, value in wanted.items()}
    check_expression_mix(given, ("AttributesToGet",), ("ProjectionExpression",))
    total = 0
    tables = {}
    for name, wanted in items.items():
        check_expression_mix(wanted, ("AttributesToGet",), ("ProjectionExpression",))
        picked = picked_by(wanted)
        tables[name] = TableKeys(
            wanted, _checked_keys(wanted["Keys"], total), picked, wanted.get("ConsistentRead", False)
        )
        total += len(wanted["Keys"])
    return Prepared(tables, request.get("ReturnConsumedCapacity"))


def _checked_keys(keys: list[Item], total: int) -> list[Item]:
    """The keys of one table; there are ``total`` of the tables before."""
    found = []
    seen = set()
    for key in keys:
        checked = checked_item(key)
        seen.add(_fingerprint(checked))
        found.append(checked)
        if len(seen) < len(found):
            raise validation(messages.BATCH_DUPLICATES)
        if total + len(found) > BATCH_GET_MAX_KEYS:
            raise validation(messages.batch_too_large("BatchGetItem"))
    return found


def apply(prepared: Prepared, engine: Engine) -> dict[str, Any]:
    tables = {name: engine.catalog.table(name) for name in prepared.tables}
    for name, wanted in prepared.tables.items():
        for key in wanted.keys:
            check_key(tables[name].keys, key)
        if wanted.picked is not None:  # only a single GetItem looks at the projection first
            check_scalar_keys(tables[name], wanted.picked.paths)
    return _read(prepared, tables, engine.trouble)


def _read(prepared: Prepared, tables: Mapping[str, Table], trouble: Trouble | None) -> dict[str, Any]:
    responses: dict[str, list[Raw | Item]] = {name: [] for name in prepared.tables}
    unprocessed: dict[str, dict[str, Any]] = {}
    usages: dict[str, Usage] = {}
    room = BATCH_GET_MAX_BYTES
    refusal: ApiError | None = None
    for name, wanted in prepared.tables.items():
        left: list[Item] = []
        for at, key in enumerate(wanted.keys):
            try:
                record = _found(tables[name], key, wanted, trouble)
            except ApiError as error:
                refusal = error
                left.append(wanted.request["Keys"][at])
                continue
            size = 0 if record is None else record.size
            if size > room:
                room = 0
                left += wanted.request["Keys"][at:]
                break
            room -= size
            usages.setdefault(name, Usage()).table += read_units(size, wanted.consistent)
            if record is not None:
                responses[name].append(picked_from(record, wanted.picked))
        if left:
            unprocessed[name] = wanted.request | {"Keys": left}
    if refusal is not None and not usages:  # nothing was processed
        raise refusal
    answer: dict[str, Any] = {"Responses": responses, "UnprocessedKeys": unprocessed}
    if is_wanted(prepared.capacity):
        answer["ConsumedCapacity"] = usages_answer(str(prepared.capacity), usages)
    return answer


def _found(table: Table, key: Item, wanted: TableKeys, trouble: Trouble | None) -> Record | None:
    """What is stored under a key; an error where the key is left unprocessed."""
    if trouble is None:
        return table.get(key)
    return trouble.get_in_batch(table, key, consistent=wanted.consistent)
