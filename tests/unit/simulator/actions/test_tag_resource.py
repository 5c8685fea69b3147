"""TagResource: tags come and change, and what a tag may be."""

from __future__ import annotations

import pytest

from ..table_world import ARN, World


@pytest.fixture
def world() -> World:
    world = World()
    world.create()
    return world


def tag(world: World, **tags: str) -> None:
    answer = world.do("TagResource", ResourceArn=ARN, Tags=[{"Key": key, "Value": tags[key]} for key in tags])
    assert answer is None


def tags_of(world: World) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in world.do("ListTagsOfResource", ResourceArn=ARN)["Tags"]}


def test_tags_come_and_change(world: World) -> None:
    tag(world, b="1", a="", B="3")
    assert tags_of(world) == {"a": "", "b": "1", "B": "3"}
    tag(world, b="2")
    assert tags_of(world) == {"a": "", "b": "2", "B": "3"}


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ([{"Value": "b"}], "The Tag Key provided is invalid, Key: null"),
        ([{"Key": "", "Value": "b"}], "The Tag Key provided is invalid, Key: "),
        ([{"Key": "a#b", "Value": "b"}], "The Tag Key provided is invalid, Key: a#b"),
        ([{"Key": "a" * 129, "Value": "b"}], f"The Tag Key provided is invalid, Key: {'a' * 129}"),
        ([{"Key": "a"}], "The Tag Value provided is invalid, Value: null"),
        ([{"Key": "a", "Value": "#"}], "The Tag Value provided is invalid, Value: #"),
        ([{"Key": "a", "Value": "b" * 257}], f"The Tag Value provided is invalid, Value: {'b' * 257}"),
        ([{"Key": "aws:a", "Value": "b"}], "Tag Key cannot be prefixed with aws:, Key: aws:a"),
        (
            [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}],
            "Duplicate Tag Keys provided as input: Duplicate Tag Key found a",
        ),
        (
            [{"Key": f"k{number}", "Value": ""} for number in range(51)],
            "Number of Tags exceed the current limit for the provided ResourceArn",
        ),
    ],
)
def test_tags_that_cannot_be(tags: list[dict[str, str]], message: str, world: World) -> None:
    assert world.refusal("TagResource", ResourceArn=ARN, Tags=tags) == message


def test_what_a_tag_may_hold(world: World) -> None:
    tag(
        world,
        **{"sp ace": "a b+c-d=e.f_g:h/i@j", "ключ": "значение", " lead": "x", "myaws:x": "y", "k" * 128: "v" * 256},
    )
    assert len(tags_of(world)) == 5


def test_a_table_has_fifty_tags(world: World) -> None:
    tag(world, **{f"k{number}": "" for number in range(50)})
    tag(world, k0="again")
    one_more = [{"Key": "more", "Value": ""}]
    assert world.refusal("TagResource", ResourceArn=ARN, Tags=one_more).startswith("Number of Tags exceed")
