"""Requests of transactions in wire shape, their limits, tokens and reasons; and all that is refused before sending."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from hashrange import limits
from hashrange.errors import InvalidExpression, InvalidKey, ItemTooLarge, ValidationError
from hashrange.expressions import Attr, Raw, Update
from hashrange.key import Key
from hashrange.operations import transact
from hashrange.operations.transact import GetPlan, WritePlan
from hashrange.schema import TableSchema, table_schema
from hashrange.types import ActionKind, CancellationCode, TransactionAction

TABLE = table_schema("app", "PK", "SK")
NUMBERED = table_schema("numbered", "id", None)
KEY = Key("USER#1", "PROFILE")
WIRE_KEY = {"PK": {"S": "USER#1"}, "SK": {"S": "PROFILE"}}
ITEM = {"PK": "USER#1", "SK": "PROFILE", "age": 3}
CONDITION = Attr("age") >= 1
CONDITION_PARTS = {
    "ConditionExpression": "#n0 >= :v0",
    "ExpressionAttributeNames": {"#n0": "age"},
    "ExpressionAttributeValues": {":v0": {"N": "1"}},
    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
}


def action(number: int, kind: ActionKind = "put", table: str = "app") -> TransactionAction:
    return TransactionAction(number, kind, table)


def add_delete(plan: WritePlan, key: Key, schema: TableSchema = TABLE) -> None:
    parameters = transact.delete(schema, key, condition=None)
    plan.add(action(len(plan.actions) + 1, "delete", schema.name), parameters, schema.keys)


def add_put(plan: WritePlan, item: dict[str, Any], schema: TableSchema = TABLE) -> None:
    parameters = transact.put(schema, item, condition=None)
    plan.add(action(len(plan.actions) + 1, "put", schema.name), parameters, schema.keys)


def add_get(plan: GetPlan, key: Key, projection: Any = None, schema: TableSchema = TABLE) -> None:
    parameters = transact.get(schema, key, projection=projection)
    plan.add(action(len(plan.actions) + 1, "get", schema.name), parameters, schema.keys)


# ── single actions ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_action_has_the_parameters_of_its_own_operation() -> None:
    item = {**WIRE_KEY, "age": {"N": "3"}}
    assert transact.put(TABLE, ITEM, condition=None) == {"TableName": "app", "Item": item}
    assert transact.put(TABLE, ITEM, condition=CONDITION) == {"TableName": "app", "Item": item, **CONDITION_PARTS}
    assert transact.delete(TABLE, KEY, condition=None) == {"TableName": "app", "Key": WIRE_KEY}
    checked = {"TableName": "app", "Key": WIRE_KEY, **CONDITION_PARTS}
    assert transact.delete(TABLE, KEY, condition=CONDITION) == checked
    assert transact.check(TABLE, KEY, CONDITION) == checked
    assert transact.update(TABLE, KEY, Update().set("age", 1), condition=CONDITION) == {
        "UpdateExpression": "SET #n0 = :v0",
        **checked,
    }
    assert transact.get(TABLE, KEY, projection=None) == {"TableName": "app", "Key": WIRE_KEY}
    assert transact.get(TABLE, KEY, projection=["age"]) == {
        "TableName": "app",
        "Key": WIRE_KEY,
        "ProjectionExpression": "#n0",
        "ExpressionAttributeNames": {"#n0": "age"},
    }


@pytest.mark.parametrize("condition", [None, "age >= 1", Update().set("a", 1)])
def test_a_check_needs_a_condition(condition: Any) -> None:
    with pytest.raises(InvalidExpression):
        transact.check(TABLE, KEY, condition)


def test_what_a_single_operation_refuses_an_action_refuses() -> None:
    with pytest.raises(InvalidKey):
        transact.delete(TABLE, Key("USER#1"), condition=None)
    with pytest.raises(InvalidExpression, match="part of the table's key"):
        transact.update(TABLE, KEY, Update().set("PK", "x"), condition=None)


def test_an_item_over_400_kb_is_refused_at_once() -> None:
    room = limits.ITEM_SIZE_MAX_BYTES - len("PKUSER#1SKPROFILEx")
    item = {"PK": "USER#1", "SK": "PROFILE", "x": "x" * room}
    assert transact.payload_size(transact.put(TABLE, item, condition=None)) == limits.ITEM_SIZE_MAX_BYTES
    with pytest.raises(ItemTooLarge, match=r"409601 bytes.*'x' 409584 bytes"):
        transact.put(TABLE, item | {"x": "x" * (room + 1)}, condition=None)


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        (transact.delete(TABLE, KEY, condition=None), len("PKUSER#1SKPROFILE")),
        (transact.put(TABLE, ITEM, condition=None), len("PKUSER#1SKPROFILEage") + 2),
        (transact.check(TABLE, KEY, CONDITION), len("PKUSER#1SKPROFILE#n0 >= :v0age") + 2),
        (
            transact.update(TABLE, KEY, Update().set("ü", "ä"), condition=None),
            len("PKUSER#1SKPROFILESET #n0 = :v0") + 2 + 2,
        ),
    ],
)
def test_keys_items_expressions_names_and_values_count(parameters: dict[str, Any], size: int) -> None:
    assert transact.payload_size(parameters) == size


# ── all actions together ─────────────────────────────────────────────────────────────────────────────────────────────
def test_a_write_request() -> None:
    plan = WritePlan()
    kinds: list[ActionKind] = ["put", "update", "delete", "check"]
    for number, kind in enumerate(kinds, 1):
        plan.add(action(number, kind), {"TableName": "app", "Key": {"PK": {"S": kind}, "SK": {"S": "x"}}}, TABLE.keys)
    request = transact.write_request(plan.elements, "token", None)
    assert [list(element) for element in request["TransactItems"]] == [
        ["Put"],
        ["Update"],
        ["Delete"],
        ["ConditionCheck"],
    ]
    assert (request["ClientRequestToken"], set(request)) == ("token", {"TransactItems", "ClientRequestToken"})
    assert transact.write_request([], "token", "TOTAL")["ReturnConsumedCapacity"] == "TOTAL"


def test_a_hundred_actions_and_not_one_more() -> None:
    plan = WritePlan()
    for number in range(100):
        add_delete(plan, Key("A", str(number)))
    with pytest.raises(ValidationError, match="101 actions; at most 100"):
        add_delete(plan, Key("A", "100"))
    assert (len(plan.actions), len(plan.elements)) == (100, 100)


def test_four_megabytes_and_not_one_byte_more() -> None:
    plan = WritePlan()
    size = len("PKASK00x") + 400_000
    for number in range(10):
        add_put(plan, {"PK": "A", "SK": f"{number:02}", "x": "x" * 400_000})
    assert plan.size_bytes == 10 * size
    rest = limits.TRANSACTION_MAX_BYTES - 10 * size - len("PKASK99x")
    with pytest.raises(ValidationError, match=r"11 actions have 4194305 bytes; at most 4194304"):
        add_put(plan, {"PK": "A", "SK": "99", "x": "x" * (rest + 1)})
    assert (len(plan.actions), plan.size_bytes) == (10, 10 * size)
    add_put(plan, {"PK": "A", "SK": "99", "x": "x" * rest})
    assert plan.size_bytes == limits.TRANSACTION_MAX_BYTES


ONE_NUMBER: list[Any] = [1, Decimal("1.0"), Decimal("1E+0"), Decimal("10E-1")]


@pytest.mark.parametrize("first", ONE_NUMBER)
@pytest.mark.parametrize("second", ONE_NUMBER)
def test_two_actions_on_one_item_are_refused(first: Any, second: Any) -> None:
    plan = WritePlan()
    add_delete(plan, Key("other"), NUMBERED)
    add_delete(plan, Key(first), NUMBERED)
    with pytest.raises(ValidationError, match=r"the same item as action 2 \(delete\)"):
        add_put(plan, {"id": second}, NUMBERED)
    assert len(plan.elements) == 2


def test_a_float_in_a_put_item_is_the_number_that_it_is() -> None:
    plan = WritePlan()
    add_put(plan, {"id": 2.0}, NUMBERED)
    with pytest.raises(ValidationError, match=r"the same item as action 1 \(put\)"):
        add_delete(plan, Key(2), NUMBERED)


def test_keys_that_only_look_alike_are_different_items() -> None:
    plan = WritePlan()
    for partition in (1, "1", b"1", 10, Decimal("0.1"), -1):
        add_delete(plan, Key(partition), NUMBERED)
    add_delete(plan, Key("a", "b"))
    add_delete(plan, Key("b", "a"))
    add_delete(plan, Key("a", "b"), table_schema("other", "PK", "SK"))
    assert len(plan.elements) == 9


# ── reads ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_read_request() -> None:
    plan = GetPlan()
    add_get(plan, KEY)
    assert transact.get_request(plan.gets, None) == {"TransactItems": [{"Get": {"TableName": "app", "Key": WIRE_KEY}}]}
    assert transact.get_request(plan.gets, "INDEXES")["ReturnConsumedCapacity"] == "INDEXES"


def test_the_same_read_is_sent_once() -> None:
    plan = GetPlan()
    add_get(plan, Key(1), ["a"], NUMBERED)
    add_get(plan, Key("x"), None, NUMBERED)
    add_get(plan, Key(Decimal("1.0")), ["a"], NUMBERED)
    assert (len(plan.gets), plan.positions) == (2, [0, 1, 0])


@pytest.mark.parametrize("projection", [None, ["b"], ["a", "b"]])
def test_an_item_is_not_read_with_two_projections(projection: Any) -> None:
    plan = GetPlan()
    add_get(plan, KEY, ["a"])
    with pytest.raises(ValidationError, match="other attributes of the item that action 1 reads"):
        add_get(plan, KEY, projection)
    assert plan.positions == [0]


def test_a_hundred_reads_and_not_one_more() -> None:
    plan = GetPlan()
    for number in range(100):
        add_get(plan, Key("A", str(number)))
    with pytest.raises(ValidationError, match="101 items; at most 100"):
        add_get(plan, Key("A", "100"))
    add_get(plan, Key("A", "7"))  # which is sent already
    assert (len(plan.gets), len(plan.positions), plan.positions[-1]) == (100, 101, 7)


# ── reasons ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_action_has_its_reason() -> None:
    actions = [action(1), action(2), action(3)]
    wire = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "failed", "Item": {"a": {"N": "1"}}}, {}]
    found = transact.reasons_of(wire, actions, range(3), lambda index, item: (index, item))
    assert [reason.action for reason in found] == actions
    assert [reason.code.value for reason in found] == ["none", "condition_failed", "unknown"]
    assert [reason.item for reason in found] == [None, (1, {"a": {"N": "1"}}), None]
    assert [reason.message for reason in found] == ["", "failed", ""]


@pytest.mark.parametrize("wire", [["x"], [None], [{"Code": None}], [{"Message": 3}]])
def test_a_reason_that_is_missing_or_odd_is_unknown(wire: list[Any]) -> None:
    (found,) = transact.reasons_of(wire, [action(1)], [0], lambda index, item: item)
    assert (found.code, found.service_code, found.item) == (CancellationCode.unknown, "", None)
    assert str(found).startswith("no code")


def test_reads_that_were_sent_once_share_a_reason() -> None:
    wire = [{"Code": "None"}, {"Code": "TransactionConflict"}]
    found = transact.reasons_of(wire, [action(number) for number in (1, 2, 3)], [1, 0, 1], lambda index, item: item)
    assert [reason.code.value for reason in found] == ["conflict", "none", "conflict"]


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────
ELEMENTS = [{"Delete": {"TableName": "app", "Key": WIRE_KEY}}]


def test_the_derivation_of_a_token_is_as_documented() -> None:
    content = '["order-981",[{"Delete":{"Key":{"PK":{"S":"USER#1"},"SK":{"S":"PROFILE"}},"TableName":"app"}}]]'  # JSON
    digits = sha256(content.encode()).hexdigest()
    assert transact.derived_token("order-981", ELEMENTS) == f"order-981-{digits[:26]}"
    assert json.loads(content) == ["order-981", ELEMENTS]


@pytest.mark.parametrize("length", [1, 9, 18, 19, 20, 35, 36, 37, 500])
def test_a_token_has_36_characters_and_16_digits_of_hash_at_least(length: int) -> None:
    token = transact.derived_token("i" * length, ELEMENTS)
    name, _, digits = token.rpartition("-")
    assert len(token) == limits.TRANSACTION_TOKEN_MAX_CHARS
    assert name == "i" * min(length, 19)
    assert len(digits) >= 16
    assert set(digits) <= set(string.hexdigits)


def test_long_operation_ids_that_begin_alike_have_different_tokens() -> None:
    first, second = (transact.derived_token(f"orders-of-the-year-2026-{number}", ELEMENTS) for number in (1, 2))
    assert first != second
    assert first[:19] == second[:19] == "orders-of-the-year-"


def test_a_token_is_printable_ascii() -> None:
    token = transact.derived_token("bestellung ü\n😀\ud800", ELEMENTS)
    assert token.startswith("bestellung_____-")
    assert len(token) == 36


def test_content_decides() -> None:
    other = [{"Delete": {"TableName": "app", "Key": {**WIRE_KEY, "SK": {"S": "profile"}}}}]
    assert transact.derived_token("a", ELEMENTS) != transact.derived_token("a", other)
    assert transact.derived_token("a", ELEMENTS) != transact.derived_token("b", ELEMENTS)
    assert transact.derived_token("a", [*ELEMENTS, *other]) != transact.derived_token("a", [*other, *ELEMENTS])


@pytest.mark.parametrize("odd", ["", None, 3, b"x"])
def test_what_cannot_name_an_operation(odd: Any) -> None:
    with pytest.raises(ValidationError, match="token is"):
        transact.check_operation_id(odd)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"SS": ["b", "a", "c"]}, {"SS": ["a", "b", "c"]}),
        ({"NS": ["10", "9.50", "-0.0"]}, {"NS": ["0", "1E+1", "9.5"]}),
        ({"BS": ["Yg==", "YQ=="]}, {"BS": ["YQ==", "Yg=="]}),
        ({"N": "1.0"}, {"N": "1"}),
        ({"N": "-1E+3"}, {"N": "-1000"}),
        ({"N": "1.50E-3"}, {"N": "0.0015"}),
        ({"L": [{"M": {"a": {"N": "0.10"}}}]}, {"L": [{"M": {"a": {"N": "0.1"}}}]}),
    ],
)
def test_equal_values_have_one_canonical_form(one: Any, other: Any) -> None:
    def canonical(value: Any) -> Any:
        parameters = {"TableName": "t", "Item": {"x": value}, "ExpressionAttributeValues": {":x": value}}
        return transact.canonical_elements([{"Put": parameters}])

    assert canonical(one) == canonical(other)
    assert canonical(canonical(one)[0]["Put"]["Item"]["x"]) == canonical(one)


def test_the_canonical_form_keeps_every_digit() -> None:
    digits = "1234567890.1234567890123456789012345678"
    ((element,),) = [transact.canonical_elements([{"Put": {"TableName": "t", "Item": {"x": {"N": digits}}}}])]
    assert element["Put"]["Item"]["x"] == {"N": digits}


def test_expressions_stay_as_they_are() -> None:
    parameters = transact.update(TABLE, KEY, Raw("SET a = :x", values={":x": {2, 1}}), condition=None)
    (element,) = transact.canonical_elements([{"Update": parameters}])
    assert element["Update"] == parameters | {"ExpressionAttributeValues": {":v0": {"NS": ["1", "2"]}}}


def test_a_seeded_token_repeats_and_never_twice_in_a_client() -> None:
    def chance(numbers: Iterator[float]) -> Any:
        return lambda: next(numbers)

    token = transact.seeded_token(chance(iter([0.0, 0.25, 0.5, 0.999999999])), 7)
    assert token == "0000004000008000" + "00ffffff00000007"
    assert transact.seeded_token(lambda: 0.0, 1) != transact.seeded_token(lambda: 0.0, 2)
