"""DescribeContributorInsights, ListContributorInsights and UpdateContributorInsights: a setting with states."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from tests.fakes import NOW

from ..table_world import NAME, World, creation, definitions, index, keys

ALL, THROTTLED = "ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"
DAWN = 30


def made(lifecycle: float = 0.0, **members: Any) -> World:
    """With a table that has a global index and a local one."""
    world = World(lifecycle=lifecycle)
    world.create(
        AttributeDefinitions=definitions(a="S", b="S", g="S"),
        KeySchema=keys("a", "b"),
        GlobalSecondaryIndexes=[index()],
        LocalSecondaryIndexes=[index("lsi", "a", "g")],
        **members,
    )
    return world


def update(world: World, action: str = "ENABLE", **more: Any) -> Any:
    return world.do("UpdateContributorInsights", TableName=NAME, ContributorInsightsAction=action, **more)


def describe(world: World, **more: Any) -> Any:
    return world.do("DescribeContributorInsights", TableName=NAME, **more)


def test_they_are_off_until_they_are_switched_on() -> None:
    world = made()
    assert describe(world) == {"TableName": NAME, "ContributorInsightsStatus": "DISABLED"}
    assert describe(world, IndexName="gsi") == {
        "TableName": NAME,
        "IndexName": "gsi",
        "ContributorInsightsStatus": "DISABLED",
    }
    assert update(world, "DISABLE") == {"TableName": NAME, "ContributorInsightsStatus": "DISABLED"}
    assert world.do("ListContributorInsights") == {"ContributorInsightsSummaries": []}


def test_their_states() -> None:
    world = made(lifecycle=DAWN)
    on = {"TableName": NAME, "ContributorInsightsMode": ALL}
    assert update(world) == on | {"ContributorInsightsStatus": "ENABLING"}
    at = NOW + DAWN
    assert describe(world) == on | {"ContributorInsightsStatus": "ENABLING", "LastUpdateDateTime": at}
    world.clock.advance(DAWN)
    assert describe(world) == on | {
        "ContributorInsightsStatus": "ENABLED",
        "LastUpdateDateTime": at,
        "ContributorInsightsRuleList": [
            f"DynamoDBContributorInsights-{rule}-{NAME}-{int(at * 1000)}" for rule in ("PKC", "PKT", "SKC", "SKT")
        ],
    }
    assert update(world) == on | {"ContributorInsightsStatus": "ENABLED"}, "nothing is to be done"
    assert update(world, "DISABLE") == on | {"ContributorInsightsStatus": "DISABLING"}
    summary = on | {"ContributorInsightsStatus": "DISABLING"}
    assert world.do("ListContributorInsights") == {"ContributorInsightsSummaries": [summary]}
    world.clock.advance(DAWN)
    off = on | {"ContributorInsightsStatus": "DISABLED", "LastUpdateDateTime": at + DAWN}
    assert describe(world) == off
    assert update(world, "DISABLE") == on | {"ContributorInsightsStatus": "DISABLED"}
    assert describe(world) == off


def test_another_mode_keeps_the_rules_that_stay() -> None:
    world = made()
    update(world, IndexName="gsi")
    world.clock.advance(5)
    answer = update(world, IndexName="gsi", ContributorInsightsMode=THROTTLED)
    assert (answer["ContributorInsightsStatus"], answer["ContributorInsightsMode"]) == ("ENABLING", THROTTLED)
    found = describe(world, IndexName="gsi")
    assert found["ContributorInsightsRuleList"] == [f"DynamoDBContributorInsights-PKT-{NAME}-gsi-{int(NOW * 1000)}"]
    assert found["LastUpdateDateTime"] == NOW + 5
    assert update(world, IndexName="gsi")["ContributorInsightsMode"] == ALL, "what is not said is the default"


def test_a_table_and_its_indexes_are_listed_page_by_page() -> None:
    world = made()
    world.create(TableName="another")
    for request in ({"TableName": NAME}, {"TableName": NAME, "IndexName": "gsi"}, {"TableName": "another"}):
        world.do("UpdateContributorInsights", **request, ContributorInsightsAction="ENABLE")
    pages: list[list[tuple[str, str | None]]] = []
    token: dict[str, str] = {}
    while True:
        answer = world.do("ListContributorInsights", MaxResults=1, **token)
        pages.append([(one["TableName"], one.get("IndexName")) for one in answer["ContributorInsightsSummaries"]])
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert pages == [[("another", None)], [(NAME, None)], [(NAME, "gsi")]]
    one = world.do("ListContributorInsights", TableName=NAME)
    assert len(one["ContributorInsightsSummaries"]) == 2
    update(world, "DISABLE")
    assert [
        each["IndexName"]
        for each in world.do("ListContributorInsights", TableName=NAME)["ContributorInsightsSummaries"]
    ] == ["gsi"]


def test_they_go_with_their_index() -> None:
    world = made()
    update(world, IndexName="gsi")
    world.update(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "gsi"}}])
    world.describe()
    assert world.do("ListContributorInsights", TableName=NAME) == {"ContributorInsightsSummaries": []}
    world.update(AttributeDefinitions=definitions(g="S"), GlobalSecondaryIndexUpdates=[{"Create": index()}])
    assert describe(world, IndexName="gsi")["ContributorInsightsStatus"] == "DISABLED"


@pytest.mark.parametrize("name", ["lsi", "nope"])
def test_indexes_that_have_none(name: str) -> None:
    world = made()
    expected = ("ResourceNotFoundException", f"Requested resource not found: Index: {name} not found for table: {NAME}")
    assert world.failure("DescribeContributorInsights", TableName=NAME, IndexName=name) == expected
    request = {"TableName": NAME, "IndexName": name, "ContributorInsightsAction": "ENABLE"}
    assert world.failure("UpdateContributorInsights", **request) == expected


def test_tables_there_are_not() -> None:
    world = World()
    missing = ("ResourceNotFoundException", f"Requested resource not found: Table: {NAME} not found")
    assert world.failure("DescribeContributorInsights", TableName=NAME) == missing
    assert world.failure("ListContributorInsights", TableName=NAME) == missing
    assert world.failure("UpdateContributorInsights", TableName=NAME, ContributorInsightsAction="ENABLE") == missing


def test_what_is_being_created_cannot_be_watched_yet() -> None:
    state = "Table or Index is not in a valid state to update Key Access Insights: "
    world = World(lifecycle=DAWN)
    world.do("CreateTable", **creation())
    request = {"TableName": NAME, "ContributorInsightsAction": "ENABLE"}
    assert world.refusal("UpdateContributorInsights", **request) == (
        f"{state}TableStatus must be ACTIVE to enable ContributorInsights."
    )
    world.clock.advance(DAWN)
    create = [{"Create": index("new", "g")}]
    world.update(AttributeDefinitions=definitions(g="S"), GlobalSecondaryIndexUpdates=create)
    assert world.refusal("UpdateContributorInsights", **request, IndexName="new") == (
        f"{state}IndexStatus must be ACTIVE to enable ContributorInsights."
    )
    assert describe(world, IndexName="new")["ContributorInsightsStatus"] == "DISABLED"


@pytest.mark.parametrize("token", ["nonsense!", "", b64encode(b"\xff").decode(), b64encode(b"none").decode()])
def test_a_token_that_nobody_gave(token: str) -> None:
    assert World().refusal("ListContributorInsights", NextToken=token) == "The provided NextToken is invalid"


def test_constraints() -> None:
    world = made()
    assert "less than or equal to 100" in world.refusal("ListContributorInsights", MaxResults=101)
    request = {"TableName": NAME, "ContributorInsightsAction": "TOGGLE"}
    assert "enum value set: [ENABLE, DISABLE]" in world.refusal("UpdateContributorInsights", **request)
