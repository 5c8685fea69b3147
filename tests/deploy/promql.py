"""What Prometheus would say: PromQL evaluated over recorded samples, and alert rules over time.

Owns the meaning of the subset that the dashboard and the alert rules are written in; anything else is an error, never a
guess. The grammar is that of ``promql_parser``. Source: Prometheus, "Querying basics", "Operators", "Functions", and
"Alerting rules"; ranges are open at their left end, as since Prometheus 3. Must not know any metric.
"""

from __future__ import annotations

import math
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, TypeAlias

import promql_parser as grammar
from msgspec import Struct

#: the labels of a result, without the metric's name
Labels: TypeAlias = frozenset[tuple[str, str]]
Vector: TypeAlias = dict[Labels, float]
Points: TypeAlias = Sequence[tuple[float, float]]

_LOOK_BACK_SECONDS: Final = 300.0  # an instant selector takes the newest sample of these
_AGGREGATIONS: Final[dict[str, Callable[[list[float]], float]]] = {"sum": math.fsum, "max": max}
_ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {
    "/": lambda a, b: a / b if b else math.copysign(math.inf, a) if a else math.nan,
    "*": operator.mul,
}
_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {">": operator.gt, "==": operator.eq}


class Series(Struct, frozen=True):
    """The samples of one metric with one set of labels: (seconds, value), oldest first."""

    name: str
    labels: dict[str, str]
    points: list[tuple[float, float]]


class Alert(Struct, frozen=True):
    """An alert rule, and ``seconds`` for which its expression must have had a result without a gap."""

    name: str
    expression: str
    seconds: float


def filled_in(expression: str) -> str:
    """An expression of the dashboard as Grafana sends it: its variables stand for what they become."""
    for variable, text in (("$__rate_interval", "5m"), ("$__interval", "1m"), ("$table", ".*"), ("$operation", ".*")):
        expression = expression.replace(variable, text)
    return expression


def parse(expression: str) -> grammar.Expr:
    """The tree of an expression; Grafana's variables stand for what they become.

    Raises:
        ValueError: it is not PromQL.
    """
    return grammar.parse(filled_in(expression))


def nodes(tree: grammar.Expr) -> Iterator[Any]:
    """Every node of a tree, the outer ones first."""
    yield tree
    match tree:
        case grammar.BinaryExpr():
            inner = [tree.lhs, tree.rhs]
        case grammar.AggregateExpr() | grammar.ParenExpr() | grammar.UnaryExpr() | grammar.SubqueryExpr():
            inner = [tree.expr]
        case grammar.Call():
            inner = list(tree.args)
        case grammar.MatrixSelector():
            inner = [tree.vector_selector]
        case _:
            inner = []
    for each in inner:
        yield from nodes(each)


def evaluate(tree: grammar.Expr, series: Sequence[Series], now: float) -> Vector | float:
    """What an expression says at a moment.

    Raises:
        ValueError: it is beyond the subset.
    """
    match tree:
        case grammar.NumberLiteral():
            return float(tree.val)
        case grammar.ParenExpr():
            return evaluate(tree.expr, series, now)
        case grammar.VectorSelector():
            found = {}
            for each in _selected(tree, series):
                recent = _between(each.points, now - _LOOK_BACK_SECONDS, now)
                if recent:
                    found[frozenset(each.labels.items())] = recent[-1][1]
            return found
        case grammar.AggregateExpr():
            return _aggregate(tree, series, now)
        case grammar.Call():
            return _call(tree, series, now)
        case grammar.BinaryExpr():
            return _binary(str(tree.op), evaluate(tree.lhs, series, now), evaluate(tree.rhs, series, now))
    raise ValueError(f"no meaning is known for {type(tree).__name__}")


def firing(alert: Alert, series: Sequence[Series], until: float, every: float = 30.0) -> dict[Labels, float]:
    """The alerts that fire at ``until``, and since when; the rule is evaluated all ``every`` seconds."""
    tree = parse(alert.expression)
    pending: dict[Labels, float] = {}
    for number in range(int(until / every) + 1):
        now = number * every
        result = evaluate(tree, series, now)
        assert isinstance(result, dict), f"{alert.name}: an alert needs a vector"
        pending = {labels: pending.get(labels, now) for labels in result}
    return {labels: since + alert.seconds for labels, since in pending.items() if until - since >= alert.seconds}


def _selected(selector: grammar.VectorSelector, series: Sequence[Series]) -> Iterator[Series]:
    for each in series:
        if each.name == selector.name and all(_matches(m, each.labels) for m in selector.matchers.matchers):
            yield each


def _matches(matcher: Any, labels: dict[str, str]) -> bool:
    value = labels.get(matcher.name, "")
    if matcher.op == grammar.MatchOp.Equal:
        return bool(value == matcher.value)
    if matcher.op == grammar.MatchOp.NotEqual:
        return bool(value != matcher.value)
    matched = re.fullmatch(matcher.value, value) is not None
    return matched if matcher.op == grammar.MatchOp.Re else not matched


def _between(points: Points, after: float, until: float) -> list[tuple[float, float]]:
    return [point for point in points if after < point[0] <= until]


def _aggregate(tree: grammar.AggregateExpr, series: Sequence[Series], now: float) -> Vector:
    inner = evaluate(tree.expr, series, now)
    assert isinstance(inner, dict)
    modifier = tree.modifier
    if modifier is None or modifier.type != grammar.AggModifierType.By:
        raise ValueError("only aggregations by labels have a meaning here")
    groups: dict[Labels, list[float]] = defaultdict(list)
    for labels, value in inner.items():
        groups[frozenset(pair for pair in labels if pair[0] in modifier.labels)].append(value)
    return {labels: _AGGREGATIONS[str(tree.op)](values) for labels, values in groups.items()}


def _call(tree: grammar.Call, series: Sequence[Series], now: float) -> Vector:
    name = tree.func.name
    if name == "histogram_quantile":
        share, buckets = (evaluate(argument, series, now) for argument in tree.args)
        assert isinstance(share, float)
        assert isinstance(buckets, dict)
        return _histogram_quantile(share, buckets)
    over_time: dict[str, Callable[[Points, float, float], float | None]] = {"rate": _rate, "max_over_time": _maximum}
    if name not in over_time:
        raise ValueError(f"no meaning is known for {name}()")
    (argument,) = tree.args
    assert isinstance(argument, grammar.MatrixSelector)
    start = now - argument.range.total_seconds()
    found: Vector = {}
    for each in _selected(argument.vector_selector, series):
        value = over_time[name](_between(each.points, start, now), start, now)
        if value is not None:
            found[frozenset(each.labels.items())] = value
    return found


def _maximum(points: Points, start: float, end: float) -> float | None:
    return max((value for _, value in points), default=None)


def _rate(points: Points, start: float, end: float) -> float | None:
    """The increase a second, carried on to the range's ends where they are near. A counter that fell began anew."""
    if len(points) < 2:
        return None
    (first_at, first), (last_at, last) = points[0], points[-1]
    resets = math.fsum(a for (_, a), (_, b) in pairwise(points) if b < a)
    increase, sampled = last - first + resets, last_at - first_at
    step = sampled / (len(points) - 1)
    before, behind = first_at - start, end - last_at
    if increase > 0 and first >= 0:
        before = min(before, sampled * first / increase)  # it was never below zero
    covered = sampled + sum(gap if gap < 1.1 * step else step / 2 for gap in (before, behind))
    return increase * covered / sampled / (end - start)


def _histogram_quantile(share: float, buckets: Vector) -> Vector:
    groups: dict[Labels, list[tuple[float, float]]] = defaultdict(list)
    for labels, count in buckets.items():
        bounds = [float(value) for name, value in labels if name == "le"]
        if bounds:
            groups[frozenset(pair for pair in labels if pair[0] != "le")].append((bounds[0], count))
    return {labels: _quantile(share, sorted(group)) for labels, group in groups.items()}


def _quantile(share: float, buckets: list[tuple[float, float]]) -> float:
    """By linear interpolation inside the bucket; what is beyond the last bound counts as that bound."""
    if len(buckets) < 2 or buckets[-1][0] != math.inf or not buckets[-1][1]:
        return math.nan
    rank = share * buckets[-1][1]
    at = next((index for index, (_, count) in enumerate(buckets) if count >= rank), len(buckets) - 1)
    if at == len(buckets) - 1:
        return buckets[-2][0]
    low, below = buckets[at - 1] if at else (0.0, 0.0)
    high, until = buckets[at]
    return low + (high - low) * (rank - below) / (until - below)


def _binary(op: str, left: Vector | float, right: Vector | float) -> Vector:
    assert isinstance(left, dict), "a vector stands at the left"
    if op == "and":
        assert isinstance(right, dict)
        return {labels: value for labels, value in left.items() if labels in right}
    if isinstance(right, dict):
        pairs = {labels: (value, right[labels]) for labels, value in left.items() if labels in right}
    else:
        pairs = {labels: (value, right) for labels, value in left.items()}
    if op in _COMPARISONS:
        return {labels: a for labels, (a, b) in pairs.items() if _COMPARISONS[op](a, b)}
    if op in _ARITHMETIC:
        return {labels: _ARITHMETIC[op](a, b) for labels, (a, b) in pairs.items()}
    raise ValueError(f"no meaning is known for {op}")
