"""ListTagsOfResource."""

from __future__ import annotations

from ..table_world import ARN, World


def test_all_tags_are_on_one_page() -> None:
    world = World()
    world.create(Tags=[{"Key": f"k{number:02}", "Value": ""} for number in range(50)])
    answer = world.do("ListTagsOfResource", ResourceArn=ARN, NextToken="ignored")
    assert answer == {"Tags": [{"Key": f"k{number:02}", "Value": ""} for number in range(50)]}


def test_a_table_without_tags() -> None:
    world = World()
    world.create()
    assert world.do("ListTagsOfResource", ResourceArn=ARN) == {"Tags": []}
