"""What must hold for all transactions: the size count is the service's, and a token stands for one content.

The simulator is the oracle of the size; it shares no code with the client.
"""

from __future__ import annotations

import re
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.errors import ValidationError
from hashrange.expressions import Attr, Update
from hashrange.key import Key
from hashrange.operations import transact
from hashrange.operations.transact import WritePlan
from hashrange.schema import table_schema
from hashrange.simulator.actions.transact_write_items import validate
from hashrange.simulator.errors import ApiError
from hashrange.types import ActionKind, TransactionAction, WireObject

TABLE = table_schema("app", "PK", "SK")
#: ten of them, and one more that is too much whatever stands between
LARGE = "x" * 409_000

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
names = texts.filter(lambda name: name not in ("", "PK", "SK"))
#: without zeros at the end: the oracle counts the digits of an expression's numbers as they are written
numbers = st.integers(-(10**20), 10**20) | st.integers(-(10**6), 10**6).map(lambda n: Decimal(10 * n + 1).scaleb(-3))
scalars = texts | numbers | st.binary(max_size=8) | st.booleans() | st.none()
sets = (
    st.sets(texts, min_size=1, max_size=5)
    | st.sets(numbers, min_size=1, max_size=5)
    | st.sets(st.binary(max_size=4), min_size=1, max_size=5)
)
values = st.recursive(
    scalars | sets,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts.filter(bool), inner, max_size=4),
    max_leaves=8,
)
attributes = st.dictionaries(names, values, max_size=4)


@st.composite
def actions(draw: st.DrawFn) -> tuple[ActionKind, dict[str, Any]]:
    """A kind of action, and the attributes that it puts, changes or looks at."""
    return draw(st.sampled_from(["put", "update", "delete", "check"])), draw(attributes.filter(bool))


def parameters_of(kind: ActionKind, key: Key, content: dict[str, Any]) -> WireObject:
    name, value = next(iter(content.items()))
    condition = Attr(name) == value
    if kind == "put":
        item = {**content, "PK": key.partition, "SK": key.sort}
        return transact.put(TABLE, item, condition=condition if len(content) > 1 else None)
    if kind == "delete":
        return transact.delete(TABLE, key, condition=condition)
    if kind == "check":
        return transact.check(TABLE, key, condition)
    update = Update()
    for name, value in content.items():
        update = update.set(Attr(name), value)
    return transact.update(TABLE, key, update, condition=condition if len(content) > 1 else None)


def plan_of(contents: list[tuple[ActionKind, dict[str, Any]]], plan: WritePlan | None = None) -> WritePlan:
    plan = plan or WritePlan()
    for kind, content in contents:
        number = len(plan.actions) + 1
        key = Key("A", str(number))
        plan.add(TransactionAction(number, kind, "app", key), parameters_of(kind, key, content), TABLE.keys)
    return plan


# ── size ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@given(contents=st.lists(actions(), max_size=8))
@settings(deadline=None, max_examples=60)
def test_the_size_is_what_the_service_counts(contents: list[tuple[ActionKind, dict[str, Any]]]) -> None:
    large: tuple[ActionKind, dict[str, Any]] = ("put", {"x": LARGE})
    plan = plan_of([*[large] * 10, *contents])
    key = Key("A", "one too many")
    last = transact.put(TABLE, {"PK": "A", "SK": "one too many", "x": LARGE}, condition=None)
    with pytest.raises(ValidationError) as caught:
        plan.add(TransactionAction(len(plan.actions) + 1, "put", "app", key), last, TABLE.keys)
    with pytest.raises(ApiError) as refused:
        validate({"TransactItems": [*plan.elements, {"Put": last}]})
    assert re.findall(r"(\d+) bytes", caught.value.message) == re.findall(r"Size: (\d+)", str(refused.value.message))
    validate({"TransactItems": plan.elements})


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def shuffled(value: Any, random: Random) -> Any:
    """An equal value whose dicts, sets and numbers are written in another way."""
    if isinstance(value, dict):
        entries = list(value.items())
        random.shuffle(entries)
        return {name: shuffled(inner, random) for name, inner in entries}
    if isinstance(value, (list, tuple)):
        return [shuffled(inner, random) for inner in value]
    if isinstance(value, (set, frozenset)):
        members = [shuffled(member, random) for member in value]
        random.shuffle(members)
        return set(members)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return value
    number = Decimal(value)
    return number.scaleb(-2).scaleb(2) if len(number.as_tuple().digits) <= 28 else number


def token(operation_id: str, plan: WritePlan, random: Random | None = None) -> str:
    elements = transact.canonical_elements(plan.elements)
    return transact.derived_token(operation_id, shuffled(elements, random) if random else elements)


ids = st.text(min_size=1, max_size=40)


@given(operation_id=ids, contents=st.lists(actions(), min_size=1, max_size=4), random=st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=100)
def test_the_same_content_has_the_same_token(
    operation_id: str, contents: list[tuple[ActionKind, dict[str, Any]]], random: Random
) -> None:
    """However its dicts, sets and numbers are written."""
    again = [(kind, {name: shuffled(value, random) for name, value in content.items()}) for kind, content in contents]
    first, second = plan_of(contents), plan_of(again)
    assert transact.canonical_elements(first.elements) == transact.canonical_elements(second.elements)
    assert token(operation_id, first) == token(operation_id, second, random)
    assert len(token(operation_id, first)) <= 36


@given(item=attributes, random=st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_the_order_of_an_items_attributes_does_not_matter(item: dict[str, Any], random: Random) -> None:
    def made(content: dict[str, Any]) -> str:
        plan = WritePlan()
        parameters = transact.put(TABLE, {**content, "PK": "A", "SK": "B"}, condition=None)
        plan.add(TransactionAction(1, "put", "app"), parameters, TABLE.keys)
        return token("order-981", plan)

    assert made(item) == made(shuffled(item, random))


@given(
    one=st.tuples(ids, st.lists(actions(), max_size=3)),
    other=st.tuples(ids, st.lists(actions(), max_size=3)),
)
@settings(deadline=None, max_examples=100)
def test_different_contents_have_different_tokens(one: Any, other: Any) -> None:
    plans = [plan_of(contents) for _, contents in (one, other)]
    contents = [transact.canonical_elements(plan.elements) for plan in plans]
    same = one[0] == other[0] and contents[0] == contents[1]
    assert (token(one[0], plans[0]) == token(other[0], plans[1])) is same


@given(first=st.lists(actions(), min_size=1, max_size=3), change=values)
@settings(deadline=None, max_examples=60)
def test_one_value_that_changes_changes_the_token(first: list[tuple[ActionKind, dict[str, Any]]], change: Any) -> None:
    plans = [plan_of([*first, ("put", {"v": value})]) for value in (change, [change])]
    assert len({token("order-981", plan) for plan in plans}) == 2
