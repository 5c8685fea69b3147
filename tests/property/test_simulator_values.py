"""Values of the simulator: one normal form, one order, sizes that add up, whatever the value."""

from __future__ import annotations

from base64 import b64encode
from decimal import Context, Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.limits import SORT_KEY_MAX_BYTES
from hashrange.simulator.state.keys import sort_bytes
from hashrange.simulator.values import (
    canonical,
    canonical_item,
    compare,
    item_size,
    number,
    stored_size,
    stored_size_bound,
    value_size,
)

EXACT = Context(prec=300)
texts = st.text(max_size=20)
names = st.text(min_size=1, max_size=12)
binaries = st.binary(max_size=20).map(lambda content: b64encode(content).decode())
#: numbers that DynamoDB has, in many spellings
numbers = st.builds(
    lambda sign, zeros, digits, point, exponent: _spelt(sign, zeros, digits, point, exponent),
    st.sampled_from(["", "-", "+"]),
    st.integers(0, 3),
    st.text("0123456789", min_size=1, max_size=38),
    st.integers(0, 38),
    st.integers(-90, 85),
)


def _spelt(sign: str, zeros: int, digits: str, point: int, exponent: int) -> str:
    """Digits with a point somewhere, needless zeros, and an exponent."""
    digits = "0" * zeros + digits
    point = min(point, len(digits))
    return f"{sign}{digits[:point]}.{digits[point:]}e{exponent}"


def sets(members: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(members, min_size=1, max_size=4, unique=True)


scalars: st.SearchStrategy[dict[str, Any]] = st.one_of(
    texts.map(lambda text: {"S": text}),
    numbers.map(lambda text: {"N": text}),
    binaries.map(lambda text: {"B": text}),
    st.booleans().map(lambda truth: {"BOOL": truth}),
    st.just({"NULL": True}),
    sets(texts).map(lambda members: {"SS": members}),
    sets(binaries).map(lambda members: {"BS": members}),
    st.lists(numbers, min_size=1, max_size=4, unique_by=Decimal).map(lambda members: {"NS": members}),
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda elements: {"L": elements}),
        st.dictionaries(names, inner, max_size=4).map(lambda entries: {"M": entries}),
    ),
    max_leaves=12,
)
items = st.dictionaries(names, anything, max_size=5)


@settings(deadline=None, max_examples=200)
@given(numbers)
def test_a_number_keeps_its_value_and_has_one_form(text: str) -> None:
    form = number(text)
    assert EXACT.compare(Decimal(form), Decimal(text)) == 0
    assert number(form) == form
    assert "e" not in form.lower()
    assert form == "0" or not form.startswith(("0", "-0", "+")) or form.lstrip("-").startswith("0.")
    assert "." not in form or not form.endswith(("0", "."))


@settings(deadline=None, max_examples=200)
@given(numbers, numbers)
def test_numbers_are_equal_when_their_forms_are(one: str, other: str) -> None:
    order = int(EXACT.compare(Decimal(one), Decimal(other)))
    assert (number(one) == number(other)) is (order == 0)
    assert compare(canonical({"N": one}), canonical({"N": other})) == order


@settings(deadline=None, max_examples=200)
@given(st.sampled_from("SNB"), st.data())
def test_keys_sort_as_values_do(letter: str, data: st.DataObject) -> None:
    contents = {"S": texts, "N": numbers, "B": binaries}[letter]
    one, other = (canonical({letter: data.draw(contents)}) for _ in range(2))
    mine, theirs = sort_bytes(one), sort_bytes(other)
    assert compare(one, other) == (mine > theirs) - (mine < theirs)


@settings(deadline=None, max_examples=200)
@given(items)
def test_the_normal_form_is_normal(item: dict[str, Any]) -> None:
    form = canonical_item(item)
    assert canonical_item(form) == form
    assert form.keys() == item.keys()


@settings(deadline=None, max_examples=200)
@given(items)
def test_sizes_add_up(item: dict[str, Any]) -> None:
    form = canonical_item(item)
    assert item_size(form) == sum(len(name.encode("utf-8", "surrogatepass")) + value_size(form[name]) for name in form)
    assert value_size({"M": form}) == 3 + len(form) + item_size(form)
    assert value_size({"L": list(form.values())}) == 3 + len(form) + sum(map(value_size, form.values()))


@settings(deadline=None, max_examples=100)
@given(st.lists(items, min_size=1, max_size=3), st.integers(0, SORT_KEY_MAX_BYTES))
def test_stored_sizes_keep_to_their_bound(several: list[dict[str, Any]], sort_size: int) -> None:
    forms = [canonical_item(item) | {"sk": {"S": "x" * sort_size}} for item in several]
    stored = sum(stored_size(form, "sk") for form in forms)
    assert stored <= stored_size_bound(len(forms), sum(map(item_size, forms)))
