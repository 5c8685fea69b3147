"""A stream tells everything: whatever is written, replaying the images of a stream gives the table's items.

Writes of every kind, good and refused, and time between them, in which shards follow each other and items expire.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.simulator.errors import ApiError
from tests.fakes import NOW
from tests.simulated_items import item
from tests.simulated_streams import BOTH, DAY, HOUR, TABLE, Poller, Streamed, sequence_numbers

Wire = dict[str, Any]

sort_keys = st.sampled_from(["1", "2", "3"])
keys = st.builds(item, pk=st.sampled_from(["a", "b"]), sk=sort_keys)
numbers = st.sampled_from(["1", "1.0", "2"]).map(lambda text: {"N": text})
sets = st.sampled_from([["x"], ["x", "y"], ["y", "x"]]).map(lambda members: {"SS": members})
ends = st.sampled_from([HOUR, 9 * HOUR]).map(lambda seconds: {"N": str(int(NOW + seconds))})
attributes = st.fixed_dictionaries(
    {}, optional={"n": numbers, "tags": sets, "until": ends, "text": st.just({"S": "t"})}
)
conditions = st.sampled_from([{}, {}, {"ConditionExpression": "attribute_exists(n)"}])
updates = st.sampled_from(
    [
        {"UpdateExpression": "REMOVE n"},
        {"UpdateExpression": "SET tags = tags"},  # refused where there are none
        {"UpdateExpression": "SET n = if_not_exists(n, :n) + :n", "ExpressionAttributeValues": {":n": {"N": "1"}}},
        {"UpdateExpression": "ADD tags :t", "ExpressionAttributeValues": {":t": {"SS": ["x"]}}},
        {"UpdateExpression": "DELETE tags :t", "ExpressionAttributeValues": {":t": {"SS": ["x"]}}},
    ]
)


def on_table(kind: str, **members: Any) -> tuple[str, Wire]:
    return kind, {"TableName": TABLE, **members}


puts = st.builds(lambda key, rest, when: on_table("Put", Item=key | rest, **when), keys, attributes, conditions)
deletes = st.builds(lambda key, when: on_table("Delete", Key=key, **when), keys, conditions)
changes = st.builds(lambda key, update: on_table("Update", Key=key, **update), keys, updates)
writes = puts | deletes | changes
single = writes.map(lambda write: (f"{write[0]}Item", write[1]))
transactions = st.lists(writes, min_size=1, max_size=4).map(
    lambda parts: ("TransactWriteItems", {"TransactItems": [{kind: request} for kind, request in parts]})
)
batched = st.one_of(
    st.builds(lambda key, rest: {"PutRequest": {"Item": key | rest}}, keys, attributes),
    keys.map(lambda key: {"DeleteRequest": {"Key": key}}),
)
batches = st.lists(batched, min_size=1, max_size=5).map(
    lambda requests: ("BatchWriteItem", {"RequestItems": {TABLE: requests}})
)
pauses = st.sampled_from([1, HOUR, 5 * HOUR]).map(lambda seconds: ("pause", {"seconds": seconds}))
polls: st.SearchStrategy[tuple[str, Wire]] = st.just(("poll", {}))
stories = st.lists(single | transactions | batches | pauses | polls, max_size=25)


def place(key: Wire) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]


def replay(records: list[Wire]) -> dict[tuple[str, str], Wire]:
    """The items that a stream's records lead to; each record must fit those before it."""
    found: dict[tuple[str, str], Wire] = {}
    for record in records:
        change = record["dynamodb"]
        at = place(change["Keys"])
        assert found.get(at) == change.get("OldImage")
        new = change.get("NewImage")
        assert new != change.get("OldImage"), "a write that changes nothing leaves no record"
        name = "REMOVE" if new is None else "MODIFY" if at in found else "INSERT"
        assert record["eventName"] == name
        if new is None:
            del found[at]
        else:
            assert place(new) == at
            found[at] = new
    return found


def told(world: Streamed, story: list[tuple[str, Wire]], poller: Poller) -> list[Wire]:
    """The records of a story, read in its midst and at its end."""
    records = []
    for operation, request in story:
        if operation == "pause":
            if world.clock.now + request["seconds"] < NOW + DAY:  # before anything is trimmed
                world.clock.advance(request["seconds"])
        elif operation == "poll":
            records += poller.poll()
        else:
            with suppress(ApiError):
                world(operation, **request)
    return records + poller.poll()


@settings(deadline=None, max_examples=80)
@given(limit=st.sampled_from([None, 1, 3]), story=stories)
def test_replaying_a_stream_gives_the_table(limit: int | None, story: list[tuple[str, Wire]]) -> None:
    world = Streamed(BOTH)
    specification = {"Enabled": True, "AttributeName": "until"}
    world("UpdateTimeToLive", TableName=TABLE, TimeToLiveSpecification=specification)
    poller = Poller(lambda operation, request: world(operation, **request), world.arn, limit)
    records = told(world, story, poller)
    items = world("Scan", TableName=TABLE)["Items"]
    assert replay(records) == {place(found): found for found in items}
    order = sequence_numbers(records)
    assert order == sorted(set(order))
    assert len({record["eventID"] for record in records}) == len(records)
    assert records == world.records(), "reading in between, and in other portions, tells the same"
