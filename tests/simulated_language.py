"""What tests of the expression language share: checking a text with names and values, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hashrange.simulator.errors import ApiError
from hashrange.simulator.language.check import check_condition, check_projection, check_update
from hashrange.simulator.language.meaning import Change, Condition, Steps
from hashrange.simulator.language.placeholders import Placeholders
from hashrange.simulator.values import canonical

Names = Mapping[str, str]
Values = Mapping[str, Mapping[str, Any]]

CHECKS = {
    "Condition": check_condition,
    "Filter": lambda text, placeholders: check_condition(text, placeholders, "Filter"),
    "KeyCondition": lambda text, placeholders: check_condition(text, placeholders, "KeyCondition"),
    "Update": check_update,
    "Projection": check_projection,
}


def placeholders(names: Names = {}, values: Values = {}) -> Placeholders:  # noqa: B006  they are only read
    return Placeholders(dict(names), {name: canonical(dict(value)) for name, value in values.items()})


def condition(text: str, values: Values = {}, names: Names = {}) -> Condition:  # noqa: B006
    return check_condition(text, placeholders(names, values))


def update(text: str, values: Values = {}, names: Names = {}) -> tuple[Change, ...]:  # noqa: B006
    return check_update(text, placeholders(names, values))


def projection(text: str, names: Names = {}) -> tuple[Steps, ...]:  # noqa: B006
    return check_projection(text, placeholders(names))


def detail(text: str, kind: str = "Condition", values: Values = {}, names: Names = {}) -> str:  # noqa: B006
    """What is wrong with an expression, without the name of the parameter."""
    with pytest.raises(ApiError) as caught:
        CHECKS[kind](text, placeholders(names, values))
    assert caught.value.name == "ValidationException"
    message = caught.value.message or ""
    start = f"Invalid {kind}Expression: "
    assert message.startswith(start), message
    return message.removeprefix(start)


def syntax(token: str, near: str) -> str:
    return f'Syntax error; token: "{token}", near: "{near}"'
