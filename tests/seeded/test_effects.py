"""The model: what may be stored after what callers were told."""

from __future__ import annotations

from typing import Any

import pytest

from .effects import Effects, Register, Status

ONE: dict[str, Any] = {"PK": "a", "version": 1}
TWO: dict[str, Any] = {"PK": "a", "version": 2}


@pytest.mark.parametrize(
    ("status", "stored", "wrong"),
    [
        ("done", ["a"], []),
        ("done", [], ["a was acknowledged and is lost"]),
        ("done", ["a", "a"], ["a was applied 2 times"]),
        ("refused", [], []),
        ("refused", ["a"], ["a was refused for good and is applied"]),
        ("ambiguous", [], []),
        ("ambiguous", ["a"], []),
        ("ambiguous", ["a", "a"], ["a was applied 2 times"]),
        ("pending", [], ["a never came to an end"]),
        ("done", ["a", "b"], ["b was never sent"]),
    ],
)
def test_effects(status: Status, stored: list[str], wrong: list[str]) -> None:
    effects = Effects()
    effects.begin("a")
    effects.settle("a", status)
    assert effects.judge(stored) == wrong


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (["ambiguous", "done"], "done"),
        (["ambiguous", "refused"], "ambiguous"),  # the first try may have been applied
        (["refused", "done"], "done"),
        (["done", "refused"], "done"),
    ],
)
def test_effects_of_what_is_tried_again(told: list[Status], status: Status) -> None:
    effects = Effects()
    effects.begin("a")
    for each in told:
        effects.settle("a", each)
    assert effects.of(status) == ["a"]


@pytest.mark.parametrize(
    ("status", "before", "after"),
    [("done", False, True), ("refused", True, False), ("ambiguous", True, True), ("pending", True, True)],
)
def test_what_a_read_may_see_beside_a_write(status: Status, before: bool, after: bool) -> None:
    for item, allowed in ((ONE, before), (TWO, after)):
        register = Register("r")
        register.settle(register.begin(ONE), "done")
        register.settle(register.begin(TWO), status)
        assert (register.observe(item, register.floor) == []) is allowed


def test_a_read_that_began_before_a_write_may_see_what_was_there() -> None:
    register = Register("r")
    register.settle(register.begin(ONE), "done")
    since = register.floor
    register.settle(register.begin(TWO), "done")
    assert register.observe(ONE, since) == []
    assert register.observe(ONE, register.floor) == [
        "r: read {'PK': 'a', 'version': 1}, which is of version [1]; version 2 was stored before"
    ]


def test_what_was_seen_once_is_there() -> None:
    register = Register("r")
    register.settle(register.begin(ONE), "ambiguous")
    assert not register.is_certain
    assert register.observe(ONE, register.floor) == []
    assert register.is_certain
    assert register.item == ONE
    assert register.observe(None, register.floor) != []


def test_a_write_that_was_seen_cannot_be_refused() -> None:
    register = Register("r")
    number = register.begin(ONE)
    assert register.observe(ONE, register.floor) == []
    assert register.settle(number, "refused") == ["r: version 1 was refused for good and had been read"]


def test_its_writer_finds_out_what_is_stored() -> None:
    register = Register("r")
    register.settle(register.begin(ONE), "ambiguous")
    assert register.resolve(None) == []
    assert register.is_certain
    assert register.item is None
    assert register.judge(ONE) != []
    assert register.judge(None) == []


def test_a_write_without_an_end_is_told_in_the_end() -> None:
    register = Register("r")
    register.begin(ONE)
    assert register.judge(None) == ["r: a write never came to an end"]
