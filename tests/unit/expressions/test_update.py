"""Updates: clauses, overlapping paths, operands, and what may be sent twice."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from hashrange.errors import InvalidExpression, TypeMismatch, ValidationError
from hashrange.expressions import Attr, Placeholders, Raw, Update

from .rendering import rendered, text_of

L = Attr("l")


@pytest.mark.parametrize(
    ("update", "text", "values"),
    [
        (Update().set("a", 1), "SET #n0 = :v0", [{"N": "1"}]),
        (Update().set("a", None), "SET #n0 = :v0", [{"NULL": True}]),
        (Update().set("a", ""), "SET #n0 = :v0", [{"S": ""}]),
        (Update().set("a", {"b": [1]}), "SET #n0 = :v0", [{"M": {"b": {"L": [{"N": "1"}]}}}]),
        (Update().set("a", {1, 2}), "SET #n0 = :v0", [{"NS": ["1", "2"]}]),
        (Update().set("a.b", 1), "SET #n0 = :v0", [{"N": "1"}]),
        (Update().set(Attr("a", "b", 0), 1), "SET #n0.#n1[0] = :v0", [{"N": "1"}]),
        (Update().set("a", Attr("b")), "SET #n0 = #n1", []),
        (Update().set("a", Attr("a")), "SET #n0 = #n0", []),
        (Update().set("a", Attr("a") + 1), "SET #n0 = #n0 + :v0", [{"N": "1"}]),
        (Update().set("a", Attr("b").if_not_exists(0)), "SET #n0 = if_not_exists(#n1, :v0)", [{"N": "0"}]),
        (Update().set("l", L.list_append([1])), "SET #n0 = list_append(#n0, :v0)", [{"L": [{"N": "1"}]}]),
        (Update().set("a", Raw("b + :one", values={":one": 1})), "SET #n0 = b + :v0", [{"N": "1"}]),
        (Update().increment("a"), "SET #n0 = #n0 + :v0", [{"N": "1"}]),
        (Update().increment("a", -2), "SET #n0 = #n0 + :v0", [{"N": "-2"}]),
        (
            Update().increment("a", Decimal("0.5"), start=10),
            "SET #n0 = if_not_exists(#n0, :v0) + :v1",
            [{"N": "10"}, {"N": "0.5"}],
        ),
        (Update().increment("a", start=0), "SET #n0 = if_not_exists(#n0, :v0) + :v1", [{"N": "0"}, {"N": "1"}]),
        (
            Update().append("a", ["x"]),
            "SET #n0 = list_append(if_not_exists(#n0, :v0), :v1)",
            [{"L": []}, {"L": [{"S": "x"}]}],
        ),
        (
            Update().prepend("a", ["x"]),
            "SET #n0 = list_append(:v0, if_not_exists(#n0, :v1))",
            [{"L": [{"S": "x"}]}, {"L": []}],
        ),
        (Update().add("a", 1), "ADD #n0 :v0", [{"N": "1"}]),
        (Update().add("a", {"x"}), "ADD #n0 :v0", [{"SS": ["x"]}]),
        (Update().add("a", frozenset({b"x"})), "ADD #n0 :v0", [{"BS": ["eA=="]}]),
        (Update().remove("a"), "REMOVE #n0", []),
        (Update().remove("a", Attr("b").c, L[0], L[2]), "REMOVE #n0, #n1.#n2, #n3[0], #n3[2]", []),
        (Update().delete("a", {1}), "DELETE #n0 :v0", [{"NS": ["1"]}]),
        (Update().set("a", 1).set("b", 1), "SET #n0 = :v0, #n1 = :v0", [{"N": "1"}]),
    ],
)
def test_text(update: Update, text: str, values: list[Any]) -> None:
    found = rendered(update)
    assert found.text == text
    assert [_sorted(value) for value in found.values.values()] == values


def _sorted(value: dict[str, Any]) -> dict[str, Any]:
    return {kind: sorted(content) if kind in ("SS", "NS", "BS") else content for kind, content in value.items()}


def test_clauses_are_grouped_whatever_their_order() -> None:
    update = Update().delete("d", {1}).add("c", 1).remove("b").set("a", "x").add("c2", 2).set("a2", "y").remove("b2")
    assert update.describe() == "SET a = 'x', a2 = 'y' REMOVE b, b2 ADD c 1, c2 2 DELETE d {1}"
    assert text_of(Update().remove("b").set("a", 1)) == "SET #n1 = :v0 REMOVE #n0"


def test_every_method_gives_a_new_update() -> None:
    update = Update().set("a", 1)
    before = repr(update)
    others = [
        update.set("b", 1),
        update.increment("b"),
        update.append("b", [1]),
        update.prepend("b", [1]),
        update.add("b", 1),
        update.remove("b"),
        update.delete("b", {1}),
    ]
    assert repr(update) == before
    assert len({repr(other) for other in (update, *others)}) == 8
    assert update.remove() is update


def test_odd_and_reserved_names() -> None:
    found = rendered(Update().set("a.b", 1).set("#x", 2).set("select", 3).remove("ßü").add("a b", 4))
    assert found.text == "SET #n0 = :v0, #n1 = :v1, #n2 = :v2 REMOVE #n3 ADD #n4 :v3"
    assert list(found.names.values()) == ["a.b", "#x", "select", "ßü", "a b"]


def test_an_empty_update_is_refused() -> None:
    assert not Update()
    assert Update().set("a", 1)
    for empty in (Update(), Update().remove()):
        with pytest.raises(InvalidExpression, match="the update is empty") as refused:
            empty.render(Placeholders())
        assert refused.value.hint


# ── overlapping paths ────────────────────────────────────────────────────────────────────────────────────────────────
ACTIONS: list[Callable[[Update, Any], Update]] = [
    lambda update, path: update.set(path, 1),
    lambda update, path: update.increment(path),
    lambda update, path: update.append(path, [1]),
    lambda update, path: update.prepend(path, [1]),
    lambda update, path: update.add(path, 1),
    lambda update, path: update.remove(path),
    lambda update, path: update.delete(path, {1}),
]


@pytest.mark.parametrize("second", ACTIONS)
@pytest.mark.parametrize("first", ACTIONS)
def test_two_actions_on_one_path_are_refused(
    first: Callable[[Update, Any], Update], second: Callable[[Update, Any], Update]
) -> None:
    with pytest.raises(InvalidExpression, match="the paths a and a overlap"):
        second(first(Update(), "a"), Attr("a"))
    assert second(first(Update(), "a"), "b").attribute_names == {"a", "b"}


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (Attr("a"), Attr("a").b, r"a and a\.b overlap"),
        (Attr("a").b[0], Attr("a").b, r"a\.b\[0\] and a\.b overlap"),
        (L[0], L[0].x, r"l\[0\] and l\[0\]\.x overlap"),
        (Attr("a").b, Attr("a")[0], r"a\.b and a\[0\] conflict"),
        (Attr("a").b.c, Attr("a")[0].c, r"a\.b\.c and a\[0\]\.c conflict"),
    ],
)
def test_overlapping_paths_are_refused(one: Attr, other: Attr, reason: str) -> None:
    with pytest.raises(InvalidExpression, match=reason):
        Update().set("z", 0).set(one, 1).remove(other)
    with pytest.raises(InvalidExpression):
        Update().set(other, 1).set("z", 0).set(one, 1)
    with pytest.raises(InvalidExpression):
        Update().remove(one, other)


def test_paths_side_by_side_are_taken() -> None:
    update = Update().set(L[0], 1).set(L[1], 2).set(Attr("m").a, 3).set(Attr("m").b[0], 4).set("m.a", 5)
    assert update.describe() == "SET l[0] = 1, l[1] = 2, m.a = 3, m.b[0] = 4, `m.a` = 5"
    assert update.attribute_names == {"l", "m", "m.a"}


# ── bad input ────────────────────────────────────────────────────────────────────────────────────────────────────────
def untyped() -> Any:
    """An Update of which type checkers see no mistakes."""
    return Update()


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: untyped().add("a", "x"), "a: ADD cannot take a value of type S"),
        (lambda: untyped().add("a", [1]), "a: ADD cannot take a value of type L"),
        (lambda: untyped().add("a", True), "a: ADD cannot take a value of type BOOL"),
        (lambda: untyped().add("a", None), "a: ADD cannot take a value of type NULL"),
        (lambda: untyped().add("a", Attr("b")), "b cannot stand beside a"),
        (lambda: untyped().delete("a", "x"), "a: DELETE cannot take a value of type S"),
        (lambda: untyped().delete("a", 1), "a: DELETE cannot take a value of type N"),
        (lambda: untyped().delete("a", ["x"]), "a: DELETE cannot take a value of type L"),
        (lambda: untyped().increment("a", "x"), r"a: \+ cannot take a value of type S"),
        (lambda: untyped().increment("a", start="x"), r"if_not_exists\(a, \?\): \+ cannot take a value of type S"),
        (lambda: untyped().append("a", "x"), r"list_append\(\) cannot take a value of type S"),
        (lambda: untyped().prepend("a", {1}), r"list_append\(\) cannot take a value of type NS"),
        (lambda: untyped().set("a", Attr("b") == 1), r"a cannot be set to b = \?"),
        (lambda: untyped().set("a", Attr("b").size()), r"a cannot be set to size\(b\)"),
        (lambda: untyped().set("a", Update().set("b", 1)), r"a cannot be set to SET b = \?"),
        (lambda: untyped().set("", 1), "empty name"),
        (lambda: untyped().set(None, 1), "neither an attribute name nor a path"),
        (lambda: untyped().set(L[0] == 1, 1), "neither an attribute name nor a path"),
        (lambda: untyped().remove(["a"]), "neither an attribute name nor a path"),
    ],
)
def test_refused_before_sending(build: Callable[[], object], reason: str) -> None:
    with pytest.raises(InvalidExpression, match=reason) as refused:
        build()
    assert refused.value.hint


@pytest.mark.parametrize(
    ("build", "error", "reason"),
    [
        (lambda: Update().set("a", float("inf")), ValidationError, "a: inf"),
        (lambda: Update().set(L[0], {"x": set()}), ValidationError, r"l\[0\]\.x: the set is empty"),
        (lambda: Update().add("a", set()), ValidationError, "a: the set is empty"),
        (lambda: Update().delete("a", set()), ValidationError, "a: the set is empty"),
        (lambda: Update().delete("a", {1, "x"}), TypeMismatch, "a: the set holds"),
        (lambda: Update().set("a", object()), TypeMismatch, "a: object has no DynamoDB type"),  # type: ignore[arg-type]
    ],
)
def test_values_that_dynamodb_does_not_have(build: Callable[[], object], error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        build()


def test_at_most_300_operators() -> None:
    update = Update()
    for number in range(300):
        update = update.set(f"a{number}", Attr("b") + 1)
    assert update.set("plain", 1).describe().endswith("plain = 1")
    with pytest.raises(InvalidExpression, match="more than 300 operators"):
        update.increment("b")


# ── replay ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "update",
    [
        Update(),
        Update().set("a", 1).remove("b"),
        Update().set(Attr("a").b, [1, 2]).remove(Attr("m").x).delete("tags", {"x"}),
        Update().set(L[0].x, 1),
        Update().set("a", Attr("b")),
        Update().set("a", Attr("a").if_not_exists(1)),
        Update().set("a", Attr("a").if_not_exists(Attr("b"))),
        Update().set("a", Attr("b").if_not_exists(1)),
    ],
    ids=repr,
)
def test_safe_to_apply_twice(update: Update) -> None:
    assert update.replay_safe


@pytest.mark.parametrize(
    "update",
    [
        Update().add("a", 1),
        Update().add("a", {"x"}),
        Update().increment("a"),
        Update().increment("a", start=0),
        Update().append("l", [1]),
        Update().prepend("l", [1]),
        Update().set("a", Attr("a") - 1),
        Update().set("a", Attr("b") + 1),
        Update().set("l", Attr("l").list_append([1])),
        Update().set("a", Raw("b")),
        Update().remove(L[0]),
        Update().set(L[5], "appended beyond the end"),
        Update().delete(L[0], {"the last member"}),
        Update().set("old", Attr("new")).set("new", 1),
        Update().set("old", Attr("m").new).remove("m"),
        Update().set("old", Attr("m")).add(Attr("m").n, 1),
        Update().set("a", Attr("b").if_not_exists(1)).set("b", 2),
        Update().set("a", Attr("a").if_not_exists(Attr("b"))).remove("b"),
        Update().set("x", 1).add("a", 1),
    ],
    ids=repr,
)
def test_not_safe_to_apply_twice(update: Update) -> None:
    assert not update.replay_safe


def test_plain_changes_of_some_attributes() -> None:
    """What they become is known, whatever the update does to others."""
    update = Update().set("a", 1).add("b", 1).remove(Attr("c").d).set("e", Attr("a"))
    assert update.plain_changes() is None
    assert update.plain_changes({"a", "c"}) == [(("a",), {"N": "1"}), (("c", "d"), None)]
    assert update.plain_changes({"a", "e"}) is None
    assert update.plain_changes({"x"}) == []
