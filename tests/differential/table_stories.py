"""What happens to tables, step by step, and who refuses what: for the simulator and DynamoDB Local side by side.

Local words every refusal of this part its own way, and the service's words are pinned by the tests of each operation:
here a step has a verdict, ``ok`` or an error's name. Where Local's verdict is another one, the step says why; that is
asserted too, so that a reason which no longer holds is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Request: TypeAlias = dict[str, Any]

INVALID: Final = "ValidationException"
MISSING: Final = "ResourceNotFoundException"
IN_USE: Final = "ResourceInUseException"


@dataclass(frozen=True, slots=True)
class Step:
    """One request; the story's table is meant where it names none.

    Attributes:
        verdict: the service's.
        local: Local's, where it is another one.
        reason: why Local's is another one.
    """

    operation: str
    request: Request
    verdict: str = "ok"
    local: str = ""
    reason: str = ""


def attributes(*names: str, letter: str = "S") -> list[Request]:
    return [{"AttributeName": name, "AttributeType": letter} for name in names]


def keys(*names: str) -> list[Request]:
    return [{"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"), strict=False)]


def units(read: int, write: int) -> Request:
    return {"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}


def index(name: str, *key: str, **members: Any) -> Request:
    return {"IndexName": name, "KeySchema": keys(*key), "Projection": {"ProjectionType": "ALL"}} | members


HASH: Final[Request] = {
    "AttributeDefinitions": attributes("a"),
    "KeySchema": keys("a"),
    "BillingMode": "PAY_PER_REQUEST",
}
BOTH: Final[Request] = HASH | {"AttributeDefinitions": attributes("a", "b"), "KeySchema": keys("a", "b")}
PROVISIONED: Final[Request] = HASH | {"BillingMode": "PROVISIONED", **units(5, 5)}


def without(request: Request, *members: str) -> Request:
    return {name: request[name] for name in request if name not in members}


def refused(request: Request, local: str = "", reason: str = "") -> Step:
    return Step("CreateTable", request, INVALID, local, reason)


def with_key_types(*types: str) -> Request:
    schema = [{"AttributeName": name, "KeyType": kind} for name, kind in zip("ab", types, strict=False)]
    return BOTH | {"KeySchema": schema, "AttributeDefinitions": attributes(*"ab"[: len(types)])}


_NOT_LOOKED_AT: Final = "Local does not look at this member"
_FAILS: Final = "Local fails inside where a choice is none of those there are"
_TAGGED: Final = "Local has no tags"
_ONCE_AN_HOUR: Final = "time to live changes once an hour (the documentation); Local does not mind"
_LOCAL: Final = [index("lsi", "a", "b")]

#: tables that cannot be, each with one thing wrong
REFUSED_TABLES: Final = [
    refused({"TableName": None}),
    refused(HASH | {"TableName": "ab"}),
    refused(HASH | {"TableName": "a" * 256}),
    refused(HASH | {"TableName": "not a name"}),
    refused(without(HASH, "KeySchema")),
    refused(without(HASH, "AttributeDefinitions")),
    refused(HASH | {"KeySchema": []}),
    refused(HASH | {"AttributeDefinitions": []}),
    refused(HASH | {"BillingMode": "NEVER"}, "InternalFailure", _FAILS),
    refused(without(HASH, "BillingMode")),
    refused(HASH | {"BillingMode": "PROVISIONED"}),
    refused(HASH | units(1, 1), "ok", _NOT_LOOKED_AT),
    refused(PROVISIONED | units(0, 1)),
    refused(PROVISIONED | {"ProvisionedThroughput": {"ReadCapacityUnits": 1}}),
    refused(BOTH | {"AttributeDefinitions": attributes("a")}),
    refused(BOTH | {"AttributeDefinitions": attributes("a", "c")}),
    refused(HASH | {"AttributeDefinitions": attributes("a", "b")}),
    refused(HASH | {"AttributeDefinitions": attributes("a", letter="M")}),
    refused(BOTH | {"KeySchema": keys("a", "a")}),
    refused(with_key_types("RANGE")),
    refused(with_key_types("HASH", "HASH")),
    refused(with_key_types("RANGE", "HASH")),
    refused(BOTH | {"KeySchema": [*keys("a", "b"), *keys("c")], "AttributeDefinitions": attributes("a", "b", "c")}),
    refused(HASH | {"LocalSecondaryIndexes": [index("lsi", "a")]}),
    refused(HASH | {"LocalSecondaryIndexes": []}, "ok", _NOT_LOOKED_AT),
    refused(HASH | {"GlobalSecondaryIndexes": []}),
    refused(BOTH | {"LocalSecondaryIndexes": [index("lsi", "c", "b")]}),
    refused(BOTH | {"LocalSecondaryIndexes": [index("lsi", "b", "a")]}),
    refused(BOTH | {"LocalSecondaryIndexes": [index("lsi", "a")]}),
    refused(BOTH | {"LocalSecondaryIndexes": _LOCAL * 2}),
    refused(BOTH | {"LocalSecondaryIndexes": [index(f"lsi{at}", "a", "b") for at in range(6)]}),
    refused(BOTH | {"GlobalSecondaryIndexes": [index(f"gsi{at}", "b") for at in range(21)]}),
    refused(BOTH | {"GlobalSecondaryIndexes": [index("gsi", "b")] * 2}),
    refused(BOTH | {"LocalSecondaryIndexes": _LOCAL, "GlobalSecondaryIndexes": [index("lsi", "b")]}),
    refused(BOTH | {"GlobalSecondaryIndexes": [index("x", "b")]}),
    refused(BOTH | {"GlobalSecondaryIndexes": [index("gsi", "c")]}),
    refused(BOTH | {"GlobalSecondaryIndexes": [without(index("gsi", "b"), "Projection")]}),
    refused(BOTH | {"GlobalSecondaryIndexes": [index("gsi", "b", Projection={})]}),
    refused(BOTH | {"GlobalSecondaryIndexes": [index("gsi", "b", Projection={"ProjectionType": "INCLUDE"})]}),
    refused(
        BOTH
        | {
            "GlobalSecondaryIndexes": [
                index("gsi", "b", Projection={"ProjectionType": "ALL", "NonKeyAttributes": ["x"]})
            ]
        }
    ),
    refused(BOTH | {"GlobalSecondaryIndexes": [index("gsi", "b", **units(1, 1))]}, "ok", _NOT_LOOKED_AT),
    refused(BOTH | {"BillingMode": "PROVISIONED", **units(1, 1), "GlobalSecondaryIndexes": [index("gsi", "b")]}),
    refused(HASH | {"StreamSpecification": {"StreamEnabled": True}}),
    refused(HASH | {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"}}),
    refused(HASH | {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "EVERYTHING"}}),
    refused(PROVISIONED | {"OnDemandThroughput": {"MaxReadRequestUnits": 1}}, "ok", _NOT_LOOKED_AT),
    refused(HASH | {"OnDemandThroughput": {"MaxReadRequestUnits": 0}}, "ok", _NOT_LOOKED_AT),
    refused(HASH | {"Tags": [{"Key": "aws:mine", "Value": "x"}]}, "ok", _TAGGED),
]

_NOWHERE: Final[Request] = {"TableName": "nowhere"}


def updated(request: Request, verdict: str = "ok", local: str = "", reason: str = "") -> Step:
    return Step("UpdateTable", request, verdict, local, reason)


def with_index(action: str, **members: Any) -> Request:
    return {"GlobalSecondaryIndexUpdates": [{action: members}]}


def time_to_live(attribute: str, enabled: bool) -> Request:
    return {"TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": enabled}}


_INDEXED: Final = BOTH | {"GlobalSecondaryIndexes": [index("gsi", "b")]}
_DESCRIBED: Final = Step("DescribeTable", {})
_MADE: Final = Step("CreateTable", _INDEXED)

#: what happens to one table
STORIES: Final[dict[str, list[Step]]] = {
    "a table that is not there": [
        Step("DescribeTable", {}, MISSING),
        Step("DeleteTable", {}, MISSING),
        updated({"BillingMode": "PAY_PER_REQUEST"}, MISSING),
        Step("DescribeTimeToLive", {}, MISSING),
        Step("UpdateTimeToLive", time_to_live("t", True), MISSING),
    ],
    "made twice": [_MADE, Step("CreateTable", HASH, IN_USE), _DESCRIBED],
    "deleted twice": [_MADE, Step("DeleteTable", {}), Step("DeleteTable", {}, MISSING), Step("CreateTable", HASH)],
    "protected": [
        Step("CreateTable", HASH | {"DeletionProtectionEnabled": True}),
        Step("DeleteTable", {}, INVALID),
        updated({"DeletionProtectionEnabled": False}),
        Step("DeleteTable", {}),
        Step("DescribeTable", {}, MISSING),
    ],
    "updates that say nothing": [
        _MADE,
        updated({}, INVALID),
        updated({"GlobalSecondaryIndexUpdates": []}, INVALID),
        updated({"GlobalSecondaryIndexUpdates": [{}]}, INVALID),
        updated({"BillingMode": "PROVISIONED"}, INVALID),
        _DESCRIBED,
    ],
    "indexes that cannot change": [
        _MADE,
        updated(with_index("Delete", IndexName="nowhere"), MISSING),
        updated(with_index("Create", **index("gsi", "b")), INVALID),
        updated(with_index("Create", **index("new", "c")), INVALID),
        updated(with_index("Create", **index("new", "c")) | {"AttributeDefinitions": attributes("d")}, INVALID),
        updated({"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "gsi"}}] * 2}, INVALID),
        updated(
            with_index("Update", IndexName="gsi", **units(1, 1)), INVALID, "ok", "Local forgets how the table is paid"
        ),
    ],
    "an index that comes": [
        Step("CreateTable", HASH),
        updated(with_index("Create", **index("new", "c")) | {"AttributeDefinitions": attributes("c")}),
    ],
    "other throughput": [
        Step("CreateTable", PROVISIONED),
        updated(units(5, 5), INVALID),
        updated(units(0, 5), INVALID),
        updated(units(10, 6)),
        _DESCRIBED,
        updated(units(3, 6)),
        _DESCRIBED,
    ],
    "paid otherwise": [
        Step("CreateTable", PROVISIONED),
        updated({"BillingMode": "PAY_PER_REQUEST"}),
        updated(units(1, 1), INVALID, "ok", "Local changes what is not paid for"),
    ],
    "streams": [
        Step("CreateTable", HASH),
        updated({"StreamSpecification": {"StreamEnabled": False}}, INVALID),
        updated({"StreamSpecification": {"StreamEnabled": True}}, INVALID),
        updated({"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}),
        updated({"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}, INVALID),
        updated({"StreamSpecification": {"StreamEnabled": False}}),
    ],
    "time to live": [
        Step("CreateTable", HASH),
        Step("DescribeTimeToLive", {}),
        Step("UpdateTimeToLive", {}, INVALID),
        Step("UpdateTimeToLive", {"TimeToLiveSpecification": {}}, INVALID),
        Step("UpdateTimeToLive", time_to_live("", True), INVALID),
        Step("UpdateTimeToLive", time_to_live("t", False), INVALID),
        Step("UpdateTimeToLive", time_to_live("t", True)),
        Step("DescribeTimeToLive", {}),
        Step("UpdateTimeToLive", time_to_live("t", True), INVALID),
        Step("UpdateTimeToLive", time_to_live("u", True), INVALID),
        Step("UpdateTimeToLive", time_to_live("u", False), INVALID),
        Step("UpdateTimeToLive", time_to_live("t", False), INVALID, "ok", _ONCE_AN_HOUR),
    ],
    "tags": [
        Step("CreateTable", HASH),
        Step("ListTagsOfResource", {}, INVALID, "UnknownOperationException", _TAGGED),
        Step("TagResource", {"Tags": []}, INVALID, "UnknownOperationException", _TAGGED),
        Step("UntagResource", {"TagKeys": []}, INVALID, "UnknownOperationException", _TAGGED),
    ],
    "lists that cannot be": [
        Step("ListTables", {"Limit": 0}, INVALID),
        Step("ListTables", {"Limit": 101}, INVALID),
        Step("ListTables", {"ExclusiveStartTableName": "ab"}, INVALID),
        Step("ListTables", {"ExclusiveStartTableName": "not a name"}, INVALID),
    ],
}
