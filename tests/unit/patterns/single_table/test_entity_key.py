"""Keys made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange import EntityKey, InvalidKey, Key


def test_a_thing_and_what_lies_below_it() -> None:
    user = EntityKey("USER", "123")
    assert (user.partition, user.sort, user.key) == ("USER#123", None, Key("USER#123"))
    order = user.child("ORDER", "001")
    assert order.key == Key("USER#123", "ORDER#001")
    assert order.child("ITEM", "2").key == Key("USER#123", "ORDER#001#ITEM#2")
    assert user.child("PROFILE").key == Key("USER#123", "PROFILE")
    assert (user.prefix("ORDER"), order.prefix("ITEM")) == ("ORDER#", "ORDER#001#ITEM#")
    assert user.sort is None, "a child leaves its parent as it is"
    assert repr(order) == "<EntityKey 'USER#123' 'ORDER#001'>"


def test_equal_keys_are_equal() -> None:
    assert EntityKey("A", "1").child("B") == EntityKey("A", "1").child("B")
    assert len({EntityKey("A", "1"), EntityKey("A", "1"), EntityKey("A", "2"), EntityKey("A", "1").child("B")}) == 3
    assert EntityKey("A", separator="|") != EntityKey("A")
    assert EntityKey("A") != "A"


@pytest.mark.parametrize(
    ("args", "reason"), [(("", "1"), "empty"), (("A", ""), "empty"), (("A", "1#2"), "separator '#'"), (("A", 1), "int")]
)
def test_refused_parts(args: tuple[Any, ...], reason: str) -> None:
    with pytest.raises(InvalidKey, match=reason):
        EntityKey(*args)
    with pytest.raises(InvalidKey, match=reason):
        EntityKey("ROOT").child(*args)


def test_another_separator() -> None:
    assert EntityKey("A", "1#2", separator="|").child("B", "3").key == Key("A|1#2", "B|3")
    with pytest.raises(InvalidKey, match="separator is ''"):
        EntityKey("A", separator="")
