"""UntagResource: tags go."""

from __future__ import annotations

import pytest

from ..table_world import ARN, World


@pytest.fixture
def world() -> World:
    world = World()
    world.create(Tags=[{"Key": key, "Value": "x"} for key in "abc"])
    return world


def test_tags_go(world: World) -> None:
    assert world.do("UntagResource", ResourceArn=ARN, TagKeys=["b", "unknown", "c"]) is None
    assert world.do("ListTagsOfResource", ResourceArn=ARN) == {"Tags": [{"Key": "a", "Value": "x"}]}


def test_keys_are_checked_when_they_go_too(world: World) -> None:
    message = "Tag Key cannot be prefixed with aws:, Key: aws:x"
    assert world.refusal("UntagResource", ResourceArn=ARN, TagKeys=["aws:x"]) == message
