"""The simulator against DynamoDB Local: the same requests, the same answers, but for the differences that are known.

The usual run compares the same requests every time, for a quarter of a minute; ``--fuzz`` compares others, and more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings

from tests.differential.compare import canonical_text, translated_body
from tests.differential.pair import Pair
from tests.differential.strategies import History, Request, Requests, Schema, histories
from tests.property.expression_texts import NAMES, VALUES, used

EXAMPLES: Final = 120
REQUESTS: Final = 25
PAGE: Final = 2


def explore(check: Callable[[History], None], steps: int, examples: int, seconds: float | None) -> None:
    """Run a check on many histories: always the same, or others for so long; only these are shortened."""
    phases = [Phase.generate] if seconds is None else [Phase.generate, Phase.shrink]
    run = settings(
        max_examples=examples,
        derandomize=seconds is None,
        phases=phases,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )(given(histories(steps))(check))
    end = time.monotonic() + (seconds or 0)
    run()
    while time.monotonic() < end:
        run()


@contextmanager
def table_of(pair: Pair, history: History) -> Iterator[tuple[Schema, Iterator[Requests]]]:
    """The history's table, new in both, and gone afterwards; with the sources of its requests."""
    pair.renew()
    schema = Requests(Random(history.table), pair.table_name()).schema
    pair.both("CreateTable", schema.create_table)
    try:
        yield schema, history.sources(schema.name)
    finally:
        pair.local("DeleteTable", {"TableName": schema.name})


def test_sequences_of_requests(pair: Pair, fuzz_seconds: float | None) -> None:
    before = pair.requests

    def check(history: History) -> None:
        with table_of(pair, history) as (schema, sources):
            if all(pair.ask(*source.request()) for source in sources):
                check_contents(pair, schema)
                check_description(pair, schema)

    explore(check, REQUESTS, EXAMPLES, fuzz_seconds)
    assert pair.requests - before >= EXAMPLES, "they have been compared"


def test_pages(pair: Pair, fuzz_seconds: float | None) -> None:
    """Many good items, read in all directions, in pages of two."""

    def check(history: History) -> None:
        with table_of(pair, history) as (schema, sources):
            if all(pair.ask("PutItem", {"TableName": schema.name, "Item": source.item()}) for source in sources):
                for index in schema.keys:
                    check_pages(pair, schema, index)

    explore(check, REQUESTS, EXAMPLES // 2, fuzz_seconds)


def test_tokens(pair: Pair, fuzz_seconds: float | None) -> None:
    """A transaction with a token, the same once more, another one with that token, and the first again."""

    def check(history: History) -> None:
        with table_of(pair, history) as (schema, sources):
            for at, source in enumerate(sources):
                first, other = source.transact_write_items(), source.transact_write_items()
                token = {"ClientRequestToken": f"{schema.name}-{at}"}
                requests = [first | token, first | token, other | token, first | token]
                if not all(pair.ask("TransactWriteItems", request) for request in requests):
                    return
            check_contents(pair, schema)

    explore(check, REQUESTS // 5, EXAMPLES // 2, fuzz_seconds)


FULL_ITEM: Final[Request] = {
    "a": {"M": {"b": {"N": "1"}, "m": {"L": [{"S": "x"}, {"S": "y"}]}}},
    "n": {"N": "5"},
    "s": {"S": "abc"},
    "e": {"S": ""},
    "b": {"B": "AP8="},
    "t": {"BOOL": True},
    "z": {"NULL": True},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2"]},
    "bs": {"BS": ["AA==", "/w=="]},
    "l": {"L": [{"N": "1"}, {"S": "x"}, {"M": {"a": {"N": "2"}}}]},
    "l2": {"L": [{"L": [{"N": "1"}]}]},
    "m": {"M": {"a": {"N": "1"}, "b": {"S": "y"}, "m": {"M": {"n": {"N": "3"}}}}},
    "em": {"M": {}},
    "x.y": {"N": "7"},
}


def test_expressions(pair: Pair, fuzz_seconds: float | None) -> None:
    """Conditions, updates and projections on an item that has something of every type."""
    key = {"pk": {"S": "a"}}
    table = {
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    }
    name = pair.table_name()
    pair.renew()
    pair.both("CreateTable", {"TableName": name, **table})
    pair.both("PutItem", {"TableName": name, "Item": {**key, **FULL_ITEM}})

    def check(history: History) -> None:
        for source in history.sources(name):
            member, make = source.pick(
                [
                    ("ConditionExpression", source.condition),
                    ("UpdateExpression", source.update),
                    ("ProjectionExpression", source.projection),
                ]
            )
            text = source.expression(make, 20)
            request: Request = {"TableName": name, "Key": key, member: text, **placeholders(text)}
            if member == "ProjectionExpression":
                pair.ask("GetItem", request)
                continue
            pair.ask("UpdateItem", {**request, "ReturnValues": "ALL_NEW"})
            if member == "UpdateExpression":
                pair.both("PutItem", {"TableName": name, "Item": {**key, **FULL_ITEM}})

    explore(check, REQUESTS, EXAMPLES, fuzz_seconds)


def placeholders(text: str) -> Request:
    names, values = used(NAMES, text), used(VALUES, text)
    found: Request = {"ExpressionAttributeNames": names} if names else {}
    return found | ({"ExpressionAttributeValues": values} if values else {})


# ── what both hold ───────────────────────────────────────────────────────────────────────────────────────────────────
def on(schema: Schema, index: str | None) -> Request:
    return {"TableName": schema.name} if index is None else {"TableName": schema.name, "IndexName": index}


def check_contents(pair: Pair, schema: Schema) -> None:
    """The table and its indexes hold the same."""
    for index in schema.keys:
        ours, local = pair.both("Scan", on(schema, index))
        assert texts(ours["Items"]) == texts(translated_body(local["Items"])), index


def texts(items: list[Any]) -> list[str]:
    return sorted(canonical_text(item) for item in items)


def check_description(pair: Pair, schema: Schema) -> None:
    """Tables are described alike, as far as Local describes them."""
    ours, local = pair.both("DescribeTable", {"TableName": schema.name})
    assert described(ours["Table"]) == described(local["Table"])


def described(table: Request) -> str:
    members = (
        "TableName",
        "KeySchema",
        "AttributeDefinitions",
        "TableStatus",
        "ItemCount",
        "DeletionProtectionEnabled",
    )
    of_index = ("IndexName", "KeySchema", "Projection", "IndexStatus", "ItemCount")
    found = {name: table.get(name) for name in members}
    found["BillingMode"] = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    found["Units"] = [table["ProvisionedThroughput"][name] for name in ("ReadCapacityUnits", "WriteCapacityUnits")]
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        found[kind] = [{name: index.get(name) for name in of_index} for index in table.get(kind, [])]
    return canonical_text(found)


def check_pages(pair: Pair, schema: Schema, index: str | None) -> None:
    """Pages of scans come to the same whole; pages of queries of the table are the same one by one."""
    whole, local_whole = (pages(pair, which, "Scan", on(schema, index)) for which in (pair.ours, pair.local))
    assert texts(joined(whole)) == texts(joined(local_whole))
    for which in (pair.ours, pair.local):  # which segment an item is in follows from its hash: each has it once
        assert texts(joined(segments(pair, which, on(schema, index)))) == texts(joined(whole))
    partition = schema.keys[index][0]
    for value in {canonical_text(item[partition]): item[partition] for item in joined(whole)}.values():
        for forward in (True, False):
            query = on(schema, index) | {
                "KeyConditionExpression": "#p = :p",
                "ExpressionAttributeNames": {"#p": partition},
                "ExpressionAttributeValues": {":p": value},
                "ScanIndexForward": forward,
            }
            found, local_found = (pages(pair, which, "Query", query) for which in (pair.ours, pair.local))
            if index is None:
                assert canonical_text(found) == canonical_text(local_found)
            else:  # items of one place come in the order of their hashes
                assert texts(joined(found)) == texts(joined(local_found))
                assert places(found, schema, index) == places(local_found, schema, index)


def pages(pair: Pair, which: Callable[[str, Request], tuple[int, bytes]], operation: str, request: Request) -> Any:
    """All pages of a reading, with what each is followed by."""
    found: list[Request] = []
    asked = {**request, "Limit": PAGE}
    while True:
        page = pair.page(which, operation, asked)
        found.append(page)
        if "LastEvaluatedKey" not in page:
            return translated_body(found)
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def segments(pair: Pair, which: Callable[[str, Request], tuple[int, bytes]], request: Request) -> list[Request]:
    """All pages of all segments of a parallel scan."""
    parts = ({"TotalSegments": PAGE + 1, "Segment": part} for part in range(PAGE + 1))
    return [page for part in parts for page in pages(pair, which, "Scan", {**request, **part})]


def joined(found: list[Request]) -> list[Any]:
    return [item for page in found for item in page["Items"]]


def places(found: list[Request], schema: Schema, index: str) -> list[str]:
    keys = schema.keys[index]
    return [canonical_text([item[key] for key in keys]) for item in joined(found)]
