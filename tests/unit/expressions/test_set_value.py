"""What SET can assign: text, nesting, and what is refused before sending."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from hashrange.errors import InvalidExpression, ValidationError
from hashrange.expressions import Attr
from hashrange.expressions.expression import Expression
from hashrange.expressions.operand import Constant
from hashrange.expressions.path import Path
from hashrange.expressions.set_value import count, paths_read

from .rendering import rendered, text_of


@pytest.mark.parametrize(
    ("value", "text", "values"),
    [
        (Attr("a") + 1, "#n0 + :v0", [{"N": "1"}]),
        (Attr("a") - 1.5, "#n0 - :v0", [{"N": "1.5"}]),
        (Attr("a") + Attr("b", 0), "#n0 + #n1[0]", []),
        (Attr("a") + Attr("a"), "#n0 + #n0", []),
        (Attr("a") - Attr("a"), "#n0 - #n0", []),
        (1 + Attr("a"), ":v0 + #n0", [{"N": "1"}]),
        (Decimal(10) - Attr("a"), ":v0 - #n0", [{"N": "10"}]),
        (Attr("a").if_not_exists("x"), "if_not_exists(#n0, :v0)", [{"S": "x"}]),
        (Attr("a").if_not_exists(Attr("b")), "if_not_exists(#n0, #n1)", []),
        (
            Attr("a").if_not_exists(Attr("b").if_not_exists(1)),
            "if_not_exists(#n0, if_not_exists(#n1, :v0))",
            [{"N": "1"}],
        ),
        (Attr("a").if_not_exists(0) + 1, "if_not_exists(#n0, :v0) + :v1", [{"N": "0"}, {"N": "1"}]),
        (1 - Attr("a").if_not_exists(0), ":v0 - if_not_exists(#n0, :v1)", [{"N": "1"}, {"N": "0"}]),
        (Attr("b") + Attr("a").if_not_exists(0), "#n0 + if_not_exists(#n1, :v0)", [{"N": "0"}]),
        (Attr("a").list_append([1]), "list_append(#n0, :v0)", [{"L": [{"N": "1"}]}]),
        (Attr("a").list_append((1,)), "list_append(#n0, :v0)", [{"L": [{"N": "1"}]}]),
        (Attr("a").list_prepend(["x"]), "list_append(:v0, #n0)", [{"L": [{"S": "x"}]}]),
        (Attr("a").list_append(Attr("b")), "list_append(#n0, #n1)", []),
        (Attr("a").list_prepend(Attr("b")), "list_append(#n1, #n0)", []),
        (
            Attr("a").if_not_exists([]).list_append(["x"]),
            "list_append(if_not_exists(#n0, :v0), :v1)",
            [{"L": []}, {"L": [{"S": "x"}]}],
        ),
        (
            Attr("a").list_append(Attr("b").if_not_exists([])),
            "list_append(#n0, if_not_exists(#n1, :v0))",
            [{"L": []}],
        ),
    ],
)
def test_text(value: Expression, text: str, values: list[Any]) -> None:
    found = rendered(value)
    names = {"list_append(#n1, #n0)": "list_append(#n0, #n1)"}
    assert found.text == names.get(text, text)
    assert list(found.values.values()) == values


def test_prepend_puts_the_elements_first() -> None:
    assert Attr("a").list_prepend(Attr("b")).describe() == "list_append(b, a)"
    assert Attr("a").list_append(Attr("b")).describe() == "list_append(a, b)"


def untyped(name: str) -> Any:
    """An Attr of which type checkers see no mistakes."""
    return Attr(name)


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: untyped("a") + "x", r"a: \+ cannot take a value of type S"),
        (lambda: "x" + untyped("a"), r"a: \+ cannot take a value of type S"),
        (lambda: untyped("a") - True, "a: - cannot take a value of type BOOL"),
        (lambda: None - untyped("a"), "a: - cannot take a value of type NULL"),
        (lambda: untyped("a") + {"b": 1}, r"a: \+ cannot take a value of type M"),
        (lambda: {1} - untyped("a"), "for lists use list_append"),
        (lambda: untyped("a").if_not_exists("x") + 1, r"if_not_exists\(a, \?\): \+ cannot take a value of type S"),
        (lambda: untyped("a").if_not_exists(untyped("b").if_not_exists("x")) + 1, r"\+ cannot take a value of type S"),
        (lambda: untyped("a").if_not_exists(0).list_append([1]), r"list_append\(\) cannot take a value of type N"),
        (lambda: untyped("a").if_not_exists(0) + "x", r"if_not_exists\(a, \?\): \+ cannot take"),
        (lambda: untyped("a") + (untyped("b") + 1), r"b \+ \? cannot stand beside a"),
        (lambda: untyped("a") + untyped("b") + 1, r"a \+ b cannot be added to"),
        (lambda: 1 - (untyped("a") - untyped("b")), "a - b cannot be added to"),
        (lambda: untyped("a") + untyped("b").size(), r"size\(b\) cannot stand beside a"),
        (lambda: untyped("a") + untyped("b").exists(), "cannot stand beside a"),
        (lambda: untyped("a").if_not_exists(untyped("a")), "if_not_exists has a on both sides"),
        (lambda: untyped("a").if_not_exists(untyped("b") + 1), "cannot stand beside a"),
        (lambda: untyped("a").if_not_exists(untyped("b").list_append([1])), "cannot stand beside a"),
        (lambda: untyped("a").list_append("x"), r"a: list_append\(\) cannot take a value of type S"),
        (lambda: untyped("a").list_prepend(1), r"a: list_append\(\) cannot take a value of type N"),
        (lambda: untyped("a").list_append({1}), r"a: list_append\(\) cannot take a value of type NS"),
        (lambda: untyped("a").list_append(untyped("b").list_append([1])), "cannot stand beside a"),
    ],
)
def test_refused_before_sending(build: Callable[[], object], reason: str) -> None:
    with pytest.raises(InvalidExpression, match=reason) as refused:
        build()
    assert refused.value.hint


def test_values_are_checked() -> None:
    with pytest.raises(ValidationError, match=r"a\.b: nan"):
        Attr("a", "b") + float("nan")
    with pytest.raises(ValidationError, match=r"a\[1\]: the set is empty"):
        Attr("a").list_append([1, set()])


def test_what_it_reads_and_what_it_counts() -> None:
    nested = Attr("a").if_not_exists(Attr("b").if_not_exists(0)) - Attr("c")
    assert [path.describe() for path in paths_read(nested)] == ["a", "b", "c"]
    assert count(nested) == 3
    appended = Attr("a").list_append(Attr("b").if_not_exists([]))
    assert [path.describe() for path in paths_read(appended)] == ["a", "b"]
    assert count(appended) == 2
    assert paths_read(Path("a")) == (Path("a"),)
    assert paths_read(Constant({"S": "a"})) == ()
    assert count(Path("a")) == 0


def test_repr() -> None:
    assert repr(Attr("a.b").if_not_exists(0) + 1) == "Arithmetic(if_not_exists(`a.b`, 0) + 1)"
    assert text_of(Attr("a.b").if_not_exists(0) + 1) == "if_not_exists(#n0, :v0) + :v1"
