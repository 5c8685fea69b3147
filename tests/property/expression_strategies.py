"""Trees, updates and items to draw from: wild ones, and ones that fit what the items hold.

Wild trees find what is refused or false. What is true, or changes a part deep in an item, takes aim: so most draws are
made from the places and values of ``POOL`` and ``RICH``.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from hashrange.errors import InvalidExpression
from hashrange.expressions.path import Path, overlap

from .expression_oracle import at, kind
from .expression_trees import (
    Change,
    Computed,
    Default,
    Given,
    Item,
    Joined,
    Leaf,
    Negated,
    Read,
    SizeOf,
    Steps,
    Tree,
    built_condition,
    built_update,
)

# few names, so that paths meet; reserved and odd ones among them
NAMES = ["a", "b", "size", "a.b", "#x", "ßü", "my attr"]

#: One condition is asked of all of these at once.
POOL: dict[str, Item] = {
    "empty": {},
    "text": {"a": "ab", "b": "abc", "size": "", "a.b": "ß", "#x": "€a"},
    "numbers": {"a": 1, "b": Decimal("0.5"), "size": 3, "a.b": -1, "ßü": 2},
    "binary": {"a": b"ab", "b": b"a", "size": b"\xff\x00", "my attr": b""},
    "flags": {"a": True, "b": False, "size": None, "#x": None},
    "sets": {"a": {"a", "ab"}, "b": {1, Decimal("0.5")}, "size": {b"a", b""}, "my attr": {2}},
    "lists": {"a": ["a", 1, ["ab"], {"a": 2}], "b": [], "size": [{"a"}, None, b"a", 3], "a.b": ["a", 1]},
    "maps": {"a": {"a": 1, "b": {"a": "ab"}, "size": [1, 2]}, "b": {}, "a.b": {"#x": 3, "a.b": "b"}},
    "mixed": {"a": {"b": ["abc", {"a": 1}], "a": 2}, "b": "ab", "size": 2, "#x": ["a"], "ßü": {"a", "b"}},
}
#: Updates are aimed at this one: there is some of everything, at the top and below.
RICH: Item = {
    "a": {"a": 1, "b": [1, 2, "x", {"a", "b"}], "size": {"a", "b"}, "#x": {"a": {"b": 5}}, "ßü": [[], [7]]},
    "b": [3, "b", {"a": 4, "b": [8, 9]}, [1, 2, 3], {1, 2}],
    "size": 5,
    "a.b": {1, Decimal("0.5"), 3},
    "#x": {b"a", b"b"},
    "my attr": Decimal("-1.25"),
}

#: The sort keys of a collection by kind, in the service's order.
SORT_KEYS: dict[str, list[Any]] = {
    "S": ["A", "Z", "a", "ab", "abc", "b", "ß", "€a", "\uffff", "\U0001f600"],
    "N": [Decimal("-1E+30"), -2, Decimal("-1.5"), 0, Decimal("1E-100"), Decimal("0.5"), 1, 9, 10, 10**37],
    "B": [b"\x00", b"\x00\x01", b"a", b"ab", b"b", b"\x7f", b"\x80", b"\xff", b"\xff\x00"],
}


def places(item: Any, before: Steps = ()) -> list[Steps]:
    """Every path of an item."""
    found = [before] if before else []
    inner = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
    for step, value in inner:
        found.extend(places(value, (*before, step)))
    return found


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────
names = st.sampled_from(NAMES)
texts = st.sampled_from(["", "a", "ab", "b", "abc", "ß", "€a", "Z"])
numbers = st.one_of(st.integers(-3, 4), st.sampled_from([Decimal("0.5"), Decimal("-1.25"), Decimal("1E+20")]))
binaries = st.sampled_from([b"", b"a", b"ab", b"\x00", b"\xff\x00"])
scalars = st.one_of(texts, numbers, binaries, st.booleans(), st.none())
sets = st.one_of([st.sets(members, min_size=1, max_size=3) for members in (texts, numbers, binaries)])
values: st.SearchStrategy[Any] = st.recursive(
    scalars | sets,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
items = st.dictionaries(names, values, max_size=5)
wild_steps: st.SearchStrategy[Steps] = st.builds(
    lambda first, rest: (first, *rest), names, st.lists(names | st.integers(0, 4), max_size=2)
)
steps: st.SearchStrategy[Steps] = wild_steps | st.sampled_from([one for item in POOL.values() for one in places(item)])
twins = st.sampled_from([1, 1.0, Decimal("1.00"), True, "1", b"1", {1}, {Decimal("1.0")}, {"1"}, [1], [True], {"a": 1}])
#: values, and some that Python takes for equal and DynamoDB does not, or the other way round
values_with_twins = values | twins

# ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────────────
reads = st.builds(Read, steps)
subjects = reads | reads | st.builds(SizeOf, steps)
held = st.sampled_from([at(item, one) for item in POOL.values() for one in places(item)])
operands = st.one_of(st.builds(Given, values), st.builds(Given, held), subjects)
comparable = held.filter(lambda value: kind(value) in ("S", "N", "B"))
ordered = st.one_of(st.builds(Given, comparable), st.builds(Given, texts | numbers | binaries), subjects)
kinds = st.sampled_from(["S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"])


def _comparison(words: list[str], operand: st.SearchStrategy[Any]) -> st.SearchStrategy[Leaf]:
    return st.builds(lambda word, one, other: Leaf(word, one, (other,)), st.sampled_from(words), subjects, operand)


def _function(word: str, operand: st.SearchStrategy[Any]) -> st.SearchStrategy[Leaf]:
    return st.builds(lambda one, other: Leaf(word, one, (other,)), reads, operand)


def _can_be_built(build: Callable[[Any], object], tree: Any) -> bool:
    try:
        build(tree)
    except InvalidExpression:  # for example an attribute compared with itself
        return False
    return True


def _true_leaves(steps: Steps, value: Any) -> list[Leaf]:
    """Leaves that are true of an item that has that value there."""
    there, same, letter = Read(steps), Given(value), kind(value)
    found = [
        Leaf("=", there, (same,)),
        Leaf("in", there, (Given("other"), same)),
        Leaf("type", there, (Given(letter),)),
    ]
    if letter in ("S", "N", "B"):
        found += [Leaf("<=", there, (same,)), Leaf(">=", there, (same,)), Leaf("between", there, (same, same))]
    if letter in ("S", "B"):
        found += [Leaf("begins", there, (Given(value[:1]),)), Leaf("contains", there, (Given(value[-1:]),))]
    if letter in ("L", "SS", "NS", "BS"):
        found += [Leaf("contains", there, (Given(element),)) for element in value]
    if letter not in ("N", "BOOL", "NULL"):
        found += [Leaf("=", SizeOf(steps), (Given(len(value)),)), Leaf(">", SizeOf(steps), (Given(len(value) - 1),))]
    return found


true_leaves = st.sampled_from(
    [leaf for item in POOL.values() for one in places(item) for leaf in _true_leaves(one, at(item, one))]
)
leaves = true_leaves | st.one_of(
    _comparison(["=", "<>"], operands),
    _comparison(["<", "<=", ">", ">="], ordered),
    st.builds(lambda one, low, high: Leaf("between", one, (low, high)), subjects, ordered, ordered),
    st.builds(lambda one, many: Leaf("in", one, tuple(many)), subjects, st.lists(operands, min_size=1, max_size=4)),
    st.builds(Leaf, st.sampled_from(["exists", "not_exists"]), reads),
    _function("type", st.builds(Given, kinds)),
    _function("begins", st.builds(Given, texts | binaries) | reads),
    _function("contains", operands),
).filter(lambda leaf: _can_be_built(built_condition, leaf))


def _joined(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.builds(Joined, st.sampled_from(["and", "or"]), several) | st.builds(Negated, inner)


trees: st.SearchStrategy[Tree] = st.recursive(leaves, _joined, max_leaves=8)


# ── updates ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def _changes(
    anywhere: st.SearchStrategy[Steps],
    of_numbers: st.SearchStrategy[Steps],
    of_lists: st.SearchStrategy[Steps],
    of_sets: st.SearchStrategy[tuple[Steps, Any]],
) -> st.SearchStrategy[Change]:
    """Changes of what is anywhere, and computations with what is a number, a list or a set."""
    lists = st.lists(scalars, max_size=2)

    def terms(given: st.SearchStrategy[Any], where: st.SearchStrategy[Steps]) -> st.SearchStrategy[Any]:
        default = st.builds(Given, given) | st.builds(Read, where)
        return st.builds(Read, where) | st.builds(Default, anywhere, default | st.builds(Default, anywhere, default))

    number_terms, list_terms = terms(numbers, of_numbers), terms(lists, of_lists)
    signs, append = st.sampled_from(["+", "-"]), st.just("append")
    computed = st.one_of(
        st.builds(Computed, signs, number_terms, st.builds(Given, numbers) | number_terms),
        st.builds(Computed, signs, st.builds(Given, numbers), number_terms),
        st.builds(Computed, append, list_terms, st.builds(Given, lists) | list_terms),
        st.builds(Computed, append, st.builds(Given, lists), list_terms),
    )
    plain = st.one_of(st.builds(Given, values), st.builds(Read, anywhere), terms(values, anywhere))
    return st.one_of(
        st.builds(Change, st.just("set"), anywhere, plain),
        st.builds(Change, st.just("set"), anywhere, computed),
        st.builds(Change, st.just("remove"), anywhere),
        st.builds(Change, st.just("add"), of_numbers, st.builds(Given, numbers)),
        st.builds(lambda word, one: Change(word, one[0], Given(one[1])), st.sampled_from(["add", "delete"]), of_sets),
    )


def without_overlaps(found: list[Change]) -> list[Change]:
    """The changes of which each may stand beside those before it."""
    kept: list[Change] = []
    for change in found:
        if all(overlap(Path(*change.steps), Path(*other.steps)) is None for other in kept):
            kept.append(change)
    return kept


def _aimed(item: Item) -> st.SearchStrategy[Change]:
    """Changes that mostly fit an item."""
    found = places(item)
    by_kind = {one: kind(at(item, one)) for one in found}
    grown: list[Steps] = [(name,) for name in NAMES if name not in item]
    for one in found:
        held_there = at(item, one)
        if isinstance(held_there, dict):
            grown.extend((*one, name) for name in NAMES if name not in held_there)
        if isinstance(held_there, list):
            grown.extend((*one, len(held_there) + beyond) for beyond in (0, 3))
    return _changes(
        st.sampled_from(found) | st.sampled_from(grown),
        st.sampled_from([one for one in found if by_kind[one] == "N"]),
        st.sampled_from([one for one in found if by_kind[one] == "L"]),
        st.one_of(_fitting_sets(item, by_kind)),
    )


_SET_MEMBERS: dict[str, st.SearchStrategy[Any]] = {"SS": texts, "NS": numbers, "BS": binaries}


def _fitting_sets(item: Item, by_kind: dict[Steps, str]) -> list[st.SearchStrategy[tuple[Steps, Any]]]:
    return [
        st.tuples(st.just(one), st.just(at(item, one)) | st.sets(_SET_MEMBERS[by_kind[one]], min_size=1, max_size=3))
        for one in by_kind
        if by_kind[one] in _SET_MEMBERS
    ]


def _updates(of: st.SearchStrategy[Change]) -> st.SearchStrategy[list[Change]]:
    found = st.lists(of, min_size=1, max_size=5).map(without_overlaps)
    return found.filter(lambda one: _can_be_built(built_update, one))


wild_changes = _changes(wild_steps, wild_steps, wild_steps, st.tuples(wild_steps, sets))
updates = _updates(wild_changes | _aimed(RICH))
#: an item, and an update of it
cases: st.SearchStrategy[tuple[Item, list[Change]]] = st.one_of(
    st.tuples(st.just(RICH), _updates(_aimed(RICH))),
    st.tuples(st.just(RICH), _updates(_aimed(RICH))),
    st.tuples(items | st.sampled_from(list(POOL.values())), _updates(wild_changes)),
)


# ── key conditions ───────────────────────────────────────────────────────────────────────────────────────────────────
def sort_conditions(stored: list[Any]) -> st.SearchStrategy[tuple[str, list[Any]]]:
    """Conditions on a sort key (a leaf's word, and values), aimed at those that are stored."""
    more: st.SearchStrategy[Any] = {"S": texts.filter(bool), "N": numbers, "B": binaries.filter(bool)}[kind(stored[0])]
    value = st.sampled_from(stored) | more
    found: st.SearchStrategy[tuple[str, list[Any]]] = st.tuples(
        st.sampled_from(["=", "<", "<=", ">", ">="]), st.lists(value, min_size=1, max_size=1)
    )
    found |= st.tuples(st.just("between"), st.lists(value, min_size=2, max_size=2).map(sorted))
    if kind(stored[0]) != "N":
        found |= st.tuples(st.just("begins"), st.lists(value, min_size=1, max_size=1))
    return found
