"""Any tree that can be built renders to text that DynamoDB Local accepts, and means the same there as in Python.

The trees and their meaning are ``expression_oracle``'s. One condition is asked of a whole pool of items by one filtered
scan, so an example costs few requests. Without the emulator these tests are skipped; those of placeholders are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hashrange.codec import decode_value
from hashrange.expressions import Attr, Condition, KeyCondition, Placeholders, Projection, Raw
from hashrange.expressions.placeholders import Printer
from hashrange.key import KeySchema

from .expression_emulator import KEY, SORT_KEY, Emulator
from .expression_oracle import Refused, equal, holds, projected, updated
from .expression_reader import flattened, read_condition
from .expression_strategies import (
    POOL,
    RICH,
    SORT_KEYS,
    cases,
    items,
    names,
    sort_conditions,
    steps,
    trees,
    updates,
    values_with_twins,
    without_overlaps,
)
from .expression_trees import (
    Change,
    Given,
    Item,
    Joined,
    Leaf,
    Negated,
    Read,
    Steps,
    Tree,
    built_condition,
    built_sort_condition,
    built_update,
    path,
)


@pytest.fixture(scope="module")
def emulator(dynamodb_local: str) -> Iterator[Emulator]:
    found = Emulator(dynamodb_local)
    yield found
    found.drop()


@pytest.fixture(scope="module", params=list(SORT_KEYS))
def collection(dynamodb_local: str, request: pytest.FixtureRequest) -> Iterator[tuple[Emulator, list[Any]]]:
    """One item collection, its sort keys of one kind, in the service's order."""
    found = Emulator(dynamodb_local, request.param)
    for sort in SORT_KEYS[request.param]:
        found.put("collection", {SORT_KEY: sort})
        found.put("other", {SORT_KEY: sort})
    yield found, SORT_KEYS[request.param]
    found.drop()


@pytest.fixture(scope="module")
def pool(dynamodb_local: str) -> Iterator[Emulator]:
    """The items of POOL, in a table of their own."""
    found = Emulator(dynamodb_local)
    for key, item in POOL.items():
        found.put(key, item)
    yield found
    found.drop()


local = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


# ── properties ───────────────────────────────────────────────────────────────────────────────────────────────────────
@local
@given(tree=trees, drawn=items)
def test_condition_expression_validity(pool: Emulator, tree: Tree, drawn: dict[str, Any]) -> None:
    pool.put("drawn", drawn)
    expected = {key for key, item in {**POOL, "drawn": drawn}.items() if holds(tree, item)}
    assert pool.matching(built_condition(tree)) == expected


@local
@given(case=cases)
def test_update_expression_validity(emulator: Emulator, case: tuple[Item, list[Change]]) -> None:
    drawn, found = case
    emulator.put("updated", drawn)
    try:
        expected = updated(found, drawn)
    except Refused:
        expected = None
    assert emulator.updated("updated", built_update(found)) == expected


@local
@given(data=st.data())
def test_key_condition_expression_validity(collection: tuple[Emulator, list[Any]], data: st.DataObject) -> None:
    emulator, stored = collection
    word, values = data.draw(sort_conditions(stored))
    leaf = Leaf(word, Read((SORT_KEY,)), tuple(map(Given, values)))
    condition = KeyCondition(KeySchema(KEY, SORT_KEY), "collection", built_sort_condition(word, values))
    assert emulator.queried(condition) == [sort for sort in stored if holds(leaf, {SORT_KEY: sort})]


@local
@given(found=st.lists(steps, min_size=1, max_size=4), drawn=items | st.sampled_from([RICH, *POOL.values()]))
def test_projection_expression_validity(emulator: Emulator, found: list[Steps], drawn: dict[str, Any]) -> None:
    distinct = without_overlaps([Change("remove", one) for one in found])
    paths = [change.steps for change in distinct]
    emulator.put("projected", drawn)
    assert emulator.projected("projected", Projection(*map(path, paths))) == projected(paths, drawn)


LARGEST = {
    "operators": ~reduce(or_, [Attr("a").exists()] * 150),
    "operators and functions": reduce(or_, [Attr("a").size().between(Attr("b").size(), Attr("c").size())] * 60),
    "alternatives": Attr("a").is_in(range(100)),
    "steps": Attr(*["a"] * 32).exists(),
    "index": Attr("a")[2**31 - 1].exists(),
    "name": Attr("x" * 65_535).exists(),
    "bytes": Raw("attribute_exists(a)".ljust(4_096)),
}


@pytest.mark.parametrize("largest", LARGEST.values(), ids=LARGEST)
def test_the_largest_expressions_that_can_be_built_are_accepted(pool: Emulator, largest: Condition) -> None:
    assert pool.matching(largest) <= POOL.keys() | {"drawn"}


@settings(deadline=None)
@given(case=cases)
def test_a_replay_safe_update_may_be_applied_twice(case: tuple[Item, list[Change]]) -> None:
    drawn, found = case
    try:
        once = updated(found, drawn)
    except Refused:
        return
    if built_update(found).replay_safe:
        assert updated(found, once) == once


@settings(deadline=None)
@given(tree=trees)
def test_text_of_a_condition_reads_back_as_its_tree(tree: Tree) -> None:
    """Precedence, and no parentheses but those that it needs; without any emulator."""
    placeholders = Placeholders()
    text = built_condition(tree).render(placeholders)
    assert read_condition(text, placeholders.names, placeholders.values) == flattened(tree)


@settings(deadline=None)
@given(tree=trees)
def test_raw_text_combines_like_the_builder_that_it_came_from(tree: Tree) -> None:
    placeholders = Placeholders()
    text = built_condition(tree).render(placeholders)
    raw = Raw(text, placeholders.names, {name: decode_value(value) for name, value in placeholders.values.items()})
    other = Leaf("exists", Read(("other",)))
    for word in ("and", "or"):
        combined = raw & Attr("other").exists() if word == "and" else raw | Attr("other").exists()
        together = Placeholders()
        assert read_condition(combined.render(together), together.names, together.values) == flattened(
            Joined(word, (tree, other))
        )
    together = Placeholders()
    assert read_condition((~raw).render(together), together.names, together.values) == flattened(Negated(tree))


@settings(deadline=None)
@given(attributes=st.lists(names | st.text(min_size=1), max_size=20), found=st.lists(values_with_twins, max_size=20))
def test_placeholder_uniqueness(attributes: list[str], found: list[Any]) -> None:
    """Two names share a placeholder if and only if they are equal; values, if and only if DynamoDB finds them equal."""
    placeholders = Placeholders()
    of_names = [placeholders.name(attribute) for attribute in attributes]
    of_values = [placeholders.value(value) for value in found]
    for one, first in zip(attributes, of_names, strict=True):
        assert placeholders.names[first] == one
        for other, second in zip(attributes, of_names, strict=True):
            assert (first == second) == (one == other)
    for one, first in zip(found, of_values, strict=True):
        assert equal(decode_value(placeholders.values[first]), one if not isinstance(one, float) else Decimal(one))
        for other, second in zip(found, of_values, strict=True):
            assert (first == second) == equal(one, other)
    assert placeholders.names.keys() == set(of_names)
    assert placeholders.values.keys() == set(of_values)


@settings(deadline=None)
@given(first=trees, second=trees, found=updates)
def test_expressions_of_one_request_share_placeholders(first: Tree, second: Tree, found: list[Change]) -> None:
    """Put back for its placeholders, what they stand for gives each expression its own text again."""
    raw = Raw("#n0 = :v0 OR contains(#a, :v1)", {"#n0": "raw", "#a": "ßü"}, {":v0": "raw value", ":v1": 0})
    expressions = [built_update(found), built_condition(first), raw & built_condition(second)]
    placeholders, printer = Placeholders(), Printer()

    def meaning(placeholder: re.Match[str]) -> str:
        sign, text = placeholder.group()[0], placeholder.group()
        return printer.name(placeholders.names[text]) if sign == "#" else printer.encoded(placeholders.values[text])

    rendered = [expression.render(placeholders) for expression in expressions]
    for expression, text in zip(expressions, rendered, strict=True):
        assert re.sub(r"[#:]\w+", meaning, text) == expression.describe()
    used = {placeholder for text in rendered for placeholder in re.findall(r"[#:]\w+", text)}
    assert used == placeholders.names.keys() | placeholders.values.keys()
