"""What type checkers must know of the expression builders. Checked by mypy and pyright, never run."""

from __future__ import annotations

from decimal import Decimal
from typing import assert_type

from hashrange import Attr, Raw, Update, begins_with, between
from hashrange.expressions import Condition, Projection, SortCondition
from hashrange.expressions.condition import Size
from hashrange.expressions.projection import ProjectionLike
from hashrange.expressions.set_value import Arithmetic, IfNotExists, ListAppend

# paths
assert_type(Attr("a").b["c"][0], Attr)
assert_type(Attr("a", "b", 0), Attr)

# conditions
assert_type(Attr("a") == 1, Condition)
assert_type(Attr("a") != "x", Condition)
assert_type(Attr("a") < Decimal(1), Condition)
assert_type(Attr("a") >= Attr("b"), Condition)
assert_type(Attr("a").between(1, 2), Condition)
assert_type(Attr("a").is_in(["x", "y"]), Condition)
assert_type(Attr("a").is_in(range(3)), Condition)
assert_type(Attr("a").size(), Size)
assert_type(Attr("a").size() > 3, Condition)
assert_type((Attr("a") == 1) & ~(Attr("b") == 2) | Attr("c").exists(), Condition)
assert_type(Attr("a").exists() & Raw("b = c"), Condition)
assert_type(~Raw("b = c"), Condition)
Attr("a") & Attr("b")  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
Attr("a").has_type("string")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Attr("a").begins_with(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Attr("a").begin_with("x")  # type: ignore[operator]  # pyright: ignore[reportCallIssue]

# sort conditions
assert_type(begins_with("x"), SortCondition)
assert_type(between(1, 2), SortCondition)

# updates
assert_type(Attr("a") + 1, Arithmetic)
assert_type(1 - Attr("a"), Arithmetic)
assert_type(Attr("a").if_not_exists(0), IfNotExists)
assert_type(Attr("a").if_not_exists(0) + 1, Arithmetic)
assert_type(Attr("a").list_append([1]), ListAppend)
assert_type(Update().set("a", {"b": [1, None]}).set(Attr("c")[0], Attr("d") - 1).add("e", {"x"}).remove("f"), Update)
assert_type(Update().increment("a", start=0).append("b", ["x"]).delete("c", frozenset({1})), Update)
Update().add("a", "x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Update().set("a", object())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

# projections
projections: list[ProjectionLike] = [Projection("a"), Raw("a"), ["a", Attr("b").c], ("a",)]
