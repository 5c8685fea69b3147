"""Any text is an expression or the service's error, nothing else, and in time that grows with its length only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hashrange.limits import EXPRESSION_MAX_BYTES
from hashrange.simulator.errors import ApiError
from hashrange.simulator.language import check
from hashrange.simulator.language.apply_update import apply_update
from hashrange.simulator.language.check import check_condition, check_projection, check_update
from hashrange.simulator.language.evaluate import predicate
from hashrange.simulator.language.fault import Fault
from hashrange.simulator.language.key_condition import key_conditions
from hashrange.simulator.language.parser import parse_condition, parse_projection, parse_update
from hashrange.simulator.language.project import projector
from hashrange.simulator.values import canonical_item
from tests.property.expression_texts import NAMES, STRAY, VALUES
from tests.simulated_language import placeholders

ITEM = canonical_item(
    {
        "pk": {"S": "k"},
        "a": {"N": "1"},
        "s": {"S": "abc"},
        "ss": {"SS": ["a", "b"]},
        "l": {"L": [{"N": "1"}, {"L": [{"S": "x"}]}, {"M": {"a": {"N": "2"}}}]},
        "m": {"M": {"a": {"N": "1"}, "l": {"L": []}}},
    }
)
WORDS = (
    *STRAY,
    *("a", "s", "ss", "l", "m", "nope", "l[0]", "m.a", "l[2].a", "a = :one", "size(s)", "attribute_exists(a)"),
    *("SET a = ", "REMOVE l[0]", "ADD a :one", "begins_with(s, ", "contains(", "if_not_exists(a, ", "list_append("),
    *("NOT (", "((", "))"),
    *list(NAMES)[:3],
    *list(VALUES),
)
words = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(["", " ", " ", "\n"])), max_size=60).map(
    lambda pairs: "".join(word + space for word, space in pairs)
)
characters = st.one_of(st.sampled_from("aAs09#:.[](),=<>+- _'\"\n\té😀\x00"), st.characters())
anything = st.text(alphabet=characters, max_size=200)
OPENING = ["(", "((", "NOT ", "NOT (", "size(", "list_append(", "if_not_exists(a, ", "a = (", "l[0].", "(a = :one AND "]
INNER = ["a", "a = :one", ":one", "", "attribute_exists(a)", "l[0]"]
CLOSING = [")", "))", "", " AND a = :one)", ", :l)", "]"]
#: something opened, repeated, and then closed again as often or not
deep = st.builds(
    lambda opening, inner, closing, count, missing: (opening * count + inner + closing * (count - missing))[:5_000],
    st.sampled_from(OPENING),
    st.sampled_from(INNER),
    st.sampled_from(CLOSING),
    st.integers(0, 2_000),
    st.integers(-1, 2),
)
texts = st.one_of(words, anything, deep)


def run(text: str) -> None:
    """Everything that the language does with a text; only the service's errors may come out of it."""

    def condition() -> None:
        predicate(check_condition(text, placeholders(NAMES, VALUES)))(ITEM)

    def keys() -> None:
        key_conditions(check_condition(text, placeholders(NAMES, VALUES), "KeyCondition"))

    def update() -> None:
        apply_update(check_update(text, placeholders(NAMES, VALUES)), ITEM)

    def projection() -> None:
        projector(check_projection(text, placeholders(NAMES, VALUES)))(ITEM)

    for work in (condition, keys, update, projection):
        with suppress(ApiError):
            work()


@settings(deadline=None, max_examples=200)
@example("(" * 5_000)
@example("NOT " * 1_020 + "a = :one")
@example("(" * 290 + "a = :one" + " AND a = :one)" * 290)
@example("SET a = " + "if_not_exists(a, " * 200 + ":one" + ")" * 200)
@example("a[" + "9" * 4_000 + "] = :one")
@example("a" + "[0]" * 1_300)
@example("#" * 4_096)
@given(texts)
def test_any_text_is_an_expression_or_the_services_error(text: str) -> None:
    run(text)
    run(f"SET a = {text}")


@settings(deadline=None, max_examples=100)
@given(texts, st.sampled_from(["Condition", "Update", "Projection"]))
def test_the_same_text_has_the_same_answer_again(text: str, kind: str) -> None:
    checks: dict[str, Callable[..., Any]] = {
        "Condition": check_condition,
        "Update": check_update,
        "Projection": check_projection,
    }
    answers: list[Any] = []
    for _ in range(2):
        try:
            answers.append(checks[kind](text, placeholders(NAMES, VALUES)))
        except ApiError as error:
            answers.append(error.message)
    assert answers[0] == answers[1]


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def steps(work: Callable[[], object]) -> int:
    """How many lines of Python are run by some work: what it costs, without a clock."""
    count = 0

    def on_event(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return on_event

    before = sys.gettrace()
    sys.settrace(on_event)
    try:
        work()
    except (Fault, ApiError):
        pass
    finally:
        sys.settrace(before)
    return count


REPEATED = [
    ("", "(", ""),
    ("", "NOT ", "a = :one"),
    ("", "size(", ""),
    ("a", ".a", " = :one"),
    ("a", "[0]", " = :one"),
    ("a = :one", " AND a = :one", ""),
    ("a = :one", " OR NOT a = :one", ""),
    ("a IN (:one", ", :one", ")"),
    ("", "((a = :one) AND ", "a = :one"),
    ("SET a = b", ", a = b", ""),
    ("REMOVE a", ", l[0]", ""),
    ("SET a = ", "if_not_exists(a, ", "b"),
    ("a", ", a", ""),
    ("", "!", ""),
    ("", "#", ""),
    ("", "a ", ""),
]


@pytest.mark.parametrize(("start", "repeated", "end"), REPEATED)
def test_parsing_takes_time_by_length_only(start: str, repeated: str, end: str) -> None:
    for parse in (parse_condition, parse_update, parse_projection):
        short, long = (
            steps(lambda count=count, parse=parse: parse(start + repeated * count + end))  # type: ignore[misc]
            for count in (100, 800)
        )
        assert long <= 8 * short + 100, (short, long)


@pytest.mark.parametrize(
    ("checked", "form"),
    [
        (check_projection, "{names}"),
        (check_update, "REMOVE {names}"),
        (check_projection, "x.{deep}"),
        (check_condition, "x IN ({names})"),
        (check_condition, "{conditions}"),
        (check_update, "SET {changes}"),
    ],
)
def test_checking_takes_time_by_length_only(checked: Callable[..., Any], form: str) -> None:
    def text(count: int) -> str:
        made = form.format(
            names=",".join(f"a{number}" for number in range(count)),
            deep=".".join(f"a{number}" for number in range(count)),
            conditions=" OR ".join(f"a{number}=b" for number in range(count)),
            changes=",".join(f"a{number}=b" for number in range(count)),
        )
        assert len(made) <= EXPRESSION_MAX_BYTES
        return made

    counts = []
    for count in (40, 320):
        for cache in (check._examined_condition, check._examined_update, check._examined_projection):
            cache.cache_clear()
        made = text(count)
        counts.append(steps(lambda made=made: checked(made, placeholders())))  # type: ignore[misc]
    assert counts[1] <= 8 * counts[0] + 100, counts
