"""The notations in which tables are declared, as the requests that come of them."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.schema import GlobalIndex, LocalIndex
from hashrange.simulator.declare import (
    DeclarationError,
    GlobalIndexSpec,
    LocalIndexSpec,
    TableRequests,
    TableSpec,
    table_requests,
)


def keys(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": role} for name, role in pairs]


def types(**letters: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": letter} for name, letter in letters.items()]


PLAIN = {
    "TableName": "app",
    "KeySchema": keys(("PK", "HASH"), ("SK", "RANGE")),
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": types(PK="S", SK="S"),
}


@pytest.mark.parametrize("declared", ["app", TableSpec("app"), {"name": "app"}, PLAIN])
def test_a_name_is_a_table_with_text_keys(declared: Any) -> None:
    assert table_requests(declared) == TableRequests(PLAIN)


def test_key_attributes_have_types() -> None:
    create = TableSpec("app", "n:N", "b:B").requests().create_table
    assert create["KeySchema"] == keys(("n", "HASH"), ("b", "RANGE"))
    assert create["AttributeDefinitions"] == types(n="N", b="B")


def test_a_simple_key() -> None:
    create = TableSpec("app", "id", None).requests().create_table
    assert create["KeySchema"] == keys(("id", "HASH"))
    assert create["AttributeDefinitions"] == types(id="S")


def test_a_name_with_a_colon_is_a_name() -> None:
    create = TableSpec("app", "a:b", "x:N:S").requests().create_table
    assert create["AttributeDefinitions"] == types(**{"a:b": "S", "x:N": "S"})


@pytest.mark.parametrize(
    "declared",
    [
        {"by": GlobalIndexSpec("day", "n:N"), "local": LocalIndexSpec("n")},
        {"by": ("day", "n:N"), "local": LocalIndex("n:N")},
        {"by": GlobalIndex("day", "n:N"), "local": {"sort_key": "n"}},
        {"by": ["day", "n:N"], "local": {"sort_key": "n:N", "projection": "ALL"}},
        {"by": {"partition_key": "day", "sort_key": "n:N"}, "local": LocalIndexSpec("n:N")},
    ],
)
def test_indexes(declared: Any) -> None:
    create = TableSpec("app", indexes=declared).requests().create_table
    everything = {"ProjectionType": "ALL"}
    assert create["GlobalSecondaryIndexes"] == [
        {"IndexName": "by", "KeySchema": keys(("day", "HASH"), ("n", "RANGE")), "Projection": everything}
    ]
    assert create["LocalSecondaryIndexes"] == [
        {"IndexName": "local", "KeySchema": keys(("PK", "HASH"), ("n", "RANGE")), "Projection": everything}
    ]
    assert create["AttributeDefinitions"] == types(PK="S", SK="S", day="S", n="N")


@pytest.mark.parametrize("declared", ["day", GlobalIndex("day"), GlobalIndexSpec("day"), ("day", None)])
def test_an_index_without_a_sort_key(declared: Any) -> None:
    create = TableSpec("app", indexes={"by": declared}).requests().create_table
    assert create["GlobalSecondaryIndexes"][0]["KeySchema"] == keys(("day", "HASH"))


def test_projections() -> None:
    indexes: dict[str, Any] = {
        "few": GlobalIndexSpec("a", projection="KEYS_ONLY"),
        "some": LocalIndexSpec("b", ("x", "y")),
    }
    create = TableSpec("app", indexes=indexes).requests().create_table
    assert create["GlobalSecondaryIndexes"][0]["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    some = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]}
    assert create["LocalSecondaryIndexes"][0]["Projection"] == some


def test_time_to_live_and_stream() -> None:
    requests = TableSpec("app", ttl_attribute="until", stream="KEYS_ONLY").requests()
    assert requests.create_table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    specification = {"Enabled": True, "AttributeName": "until"}
    assert requests.update_time_to_live == {"TableName": "app", "TimeToLiveSpecification": specification}


def test_a_create_table_request_may_hold_time_to_live() -> None:
    specification = {"Enabled": True, "AttributeName": "until"}
    declared = PLAIN | {"TimeToLiveSpecification": specification}
    requests = table_requests(declared)
    assert requests.create_table == PLAIN
    assert requests.update_time_to_live == {"TableName": "app", "TimeToLiveSpecification": specification}
    assert "TimeToLiveSpecification" in declared, "what was given is not changed"


DESCRIPTION = {
    "TableName": "app",
    "TableStatus": "ACTIVE",
    "CreationDateTime": 1.5,
    "KeySchema": keys(("PK", "HASH")),
    "AttributeDefinitions": types(PK="S", a="S"),
    "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_a",
            "KeySchema": keys(("a", "HASH")),
            "Projection": {"ProjectionType": "ALL"},
            "IndexStatus": "ACTIVE",
            "ItemCount": 3,
            "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
        }
    ],
}


@pytest.mark.parametrize("declared", [DESCRIPTION, {"Table": DESCRIPTION}])
def test_a_description_is_the_request_that_makes_the_same(declared: dict[str, Any]) -> None:
    assert table_requests(declared) == TableRequests(
        {
            "TableName": "app",
            "KeySchema": keys(("PK", "HASH")),
            "AttributeDefinitions": types(PK="S", a="S"),
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "by_a",
                    "KeySchema": keys(("a", "HASH")),
                    "Projection": {"ProjectionType": "ALL"},
                    "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
                }
            ],
        }
    )


def test_a_description_of_a_table_paid_by_request() -> None:
    declared = DESCRIPTION | {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}
    create = table_requests(declared).create_table
    assert create["BillingMode"] == "PAY_PER_REQUEST"
    assert "ProvisionedThroughput" not in create
    assert "ProvisionedThroughput" not in create["GlobalSecondaryIndexes"][0]


@pytest.mark.parametrize(
    ("declared", "complaint"),
    [
        (7, "not by int"),
        ({}, "neither 'TableName'"),
        ({"name": "app", "hash_key": "id"}, "unknown member 'hash_key'; known: name, partition_key"),
        ({"name": "app", "partition_key": 7}, "a key attribute is declared by its name, not by 7"),
        ({"name": "app", "indexes": {"i": ("a", "b", "c")}}, "index 'i' is declared as ('a', 'b', 'c')"),
        ({"name": "app", "indexes": {"i": object()}}, "index 'i' is declared as <object"),
        ({"name": "app", "indexes": {"i": {"key": "a"}}}, "index 'i': "),
        ({"name": "app", "indexes": {"i": GlobalIndexSpec("a", projection="SOME")}}, "projection 'SOME' is neither"),
        ({"name": "app", "indexes": {"i": ("a", "SK:N")}}, "key attribute 'SK' is declared as S and as N"),
    ],
)
def test_what_says_nothing_of_a_table_is_refused(declared: Any, complaint: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        table_requests(declared)
    assert complaint in str(caught.value)
