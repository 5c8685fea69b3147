"""Engines whose tables stay: everything that was answered is there after a start, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hashrange.simulator import DataFolderError, DiskEngine, Disorder, Engine, TableSpec
from hashrange.simulator.declare import TableDeclaration
from hashrange.simulator.errors import ApiError
from tests.fakes import Chance, FakeClock

Wire = dict[str, Any]

TABLE = TableSpec(
    "app",
    "pk",
    "sk",
    indexes={"by_day": ("day", "n:N"), "by_n": {"sort_key": "n"}},
    ttl_attribute="ends",
    stream="NEW_AND_OLD_IMAGES",
)


TABLES: list[TableDeclaration] = [TABLE, "other"]


def call(engine: Engine, operation: str, **request: Any) -> Wire:
    """An answer as JSON has it."""
    answer: Wire = msgspec.json.decode(msgspec.json.encode(engine.execute(operation, request) or {}))
    return answer


def item(number: int, **more: Any) -> Wire:
    return {"pk": {"S": "a"}, "sk": {"S": f"{number:03}"}, "day": {"S": "mon"}, "n": {"N": str(-number)}, **more}


def put(engine: Engine, number: int, **more: Any) -> Wire:
    return call(engine, "PutItem", TableName="app", Item=item(number, **more))


def items(engine: Engine, **more: Any) -> list[Wire]:
    found: list[Wire] = call(engine, "Scan", TableName="app", **more)["Items"]
    return found


def everything(engine: Engine) -> Any:
    """What can be asked of an engine's tables."""
    described = [
        call(engine, "DescribeTable", TableName=name)["Table"] for name in call(engine, "ListTables")["TableNames"]
    ]
    about = [
        (
            call(engine, "DescribeTimeToLive", TableName=table["TableName"]),
            call(engine, "ListTagsOfResource", ResourceArn=table["TableArn"]),
            call(engine, "Scan", TableName=table["TableName"])["Items"],
            [
                call(engine, "Scan", TableName=table["TableName"], IndexName=index["IndexName"])["Items"]
                for index in table.get("GlobalSecondaryIndexes", [])
            ],
        )
        for table in described
    ]
    return described, about


def come_again(engine: Engine) -> None:
    put(engine, 1)
    call(engine, "DeleteTable", TableName="app")
    engine.create_tables(["app"])


Change = Callable[[Engine], object]
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/app"
CHANGES: dict[str, Change] = {
    "items": lambda engine: [put(engine, number) for number in range(20)],
    "an item that goes": lambda engine: [
        put(engine, 1),
        put(engine, 2),
        call(engine, "DeleteItem", TableName="app", Key={"pk": {"S": "a"}, "sk": {"S": "001"}}),
    ],
    "an item that changes": lambda engine: [put(engine, 1), put(engine, 1, day={"S": "tue"})],
    "tags": lambda engine: call(engine, "TagResource", ResourceArn=ARN, Tags=[{"Key": "team", "Value": "shop"}]),
    "time to live": lambda engine: call(
        engine,
        "UpdateTimeToLive",
        TableName="other",
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"},
    ),
    "a stream that ends": lambda engine: call(
        engine, "UpdateTable", TableName="app", StreamSpecification={"StreamEnabled": False}
    ),
    "a way to pay": lambda engine: call(
        engine,
        "UpdateTable",
        TableName="other",
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
    ),
    "protection": lambda engine: call(engine, "UpdateTable", TableName="other", DeletionProtectionEnabled=True),
    "a table that goes": lambda engine: call(engine, "DeleteTable", TableName="other"),
    "a table with items that goes and comes again": come_again,
    "an index that comes": lambda engine: [
        [put(engine, number) for number in range(20)],
        call(
            engine,
            "UpdateTable",
            TableName="app",
            AttributeDefinitions=[{"AttributeName": "kind", "AttributeType": "S"}],
            GlobalSecondaryIndexUpdates=[
                {
                    "Create": {
                        "IndexName": "by_kind",
                        "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "KEYS_ONLY"},
                    }
                }
            ],
        ),
        put(engine, 30, kind={"S": "k"}),
    ],
    "an index that goes": lambda engine: [
        put(engine, 1),
        call(engine, "UpdateTable", TableName="app", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by_day"}}]),
    ],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_is_there_after_a_start(tmp_path: Path, change: Change) -> None:
    clock = FakeClock()
    with DiskEngine(tmp_path, TABLES, clock=clock) as engine:
        change(engine)
        before = everything(engine)
        assert engine.is_durable
    with DiskEngine(tmp_path, clock=clock) as engine:
        assert everything(engine) == before


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_is_what_an_engine_in_memory_has(tmp_path: Path, change: Change) -> None:
    in_memory = Engine(TABLES, clock=FakeClock(), randomness=Chance(0.5))
    with DiskEngine(tmp_path, TABLES, clock=FakeClock(), randomness=Chance(0.5)) as engine:
        change(engine)
        change(in_memory)
        assert everything(engine) == everything(in_memory)


def test_a_table_that_was_being_deleted_is_gone(tmp_path: Path) -> None:
    clock = FakeClock()
    with DiskEngine(tmp_path, [TABLE], clock=clock, lifecycle_seconds=60.0) as engine:
        put(engine, 1)
        call(engine, "DeleteTable", TableName="app")
    with DiskEngine(tmp_path, clock=clock) as engine:
        assert call(engine, "ListTables")["TableNames"] == []
    with DiskEngine(tmp_path, ["app"], clock=clock) as engine:
        assert items(engine) == []


def test_a_token_is_known_after_a_start_for_ten_minutes(tmp_path: Path) -> None:
    clock = FakeClock()
    key = {"pk": {"S": "a"}, "sk": {"S": "b"}}
    add = {"TableName": "app", "Key": key, "UpdateExpression": "ADD n :one"}
    update = {"Update": add | {"ExpressionAttributeValues": {":one": {"N": "1"}}}}

    def transact(engine: Engine, *more: Wire) -> Wire:
        transaction = {
            "TransactItems": [update, *more],
            "ClientRequestToken": "once",
            "ReturnConsumedCapacity": "TOTAL",
        }
        return call(engine, "TransactWriteItems", **transaction)

    with DiskEngine(tmp_path, [TABLE], clock=clock) as engine:
        transact(engine)
        again = transact(engine)
    with DiskEngine(tmp_path, clock=clock) as engine:
        assert transact(engine) == again
        assert items(engine)[0]["n"] == {"N": "1"}
        with pytest.raises(ApiError) as caught:
            transact(engine, {"Put": {"TableName": "app", "Item": item(9)}})
        assert caught.value.name == "IdempotentParameterMismatchException"
        clock.advance(601)
        transact(engine)
        assert items(engine)[0]["n"] == {"N": "2"}


def test_a_transaction_is_there_whole(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, [TABLE]) as engine:
        puts = [{"Put": {"TableName": "app", "Item": item(number)}} for number in range(10)]
        call(engine, "TransactWriteItems", TransactItems=puts)
    with DiskEngine(tmp_path) as engine:
        assert len(items(engine)) == 10


def test_what_expired_is_gone(tmp_path: Path) -> None:
    clock = FakeClock()
    with DiskEngine(tmp_path, [TABLE], clock=clock) as engine:
        put(engine, 1, ends={"N": str(int(clock.time()) + 5)})
        put(engine, 2)
        clock.advance(10)
        assert engine.expire() == 1
    with DiskEngine(tmp_path, clock=clock) as engine:
        assert [one["sk"] for one in items(engine)] == [{"S": "002"}]


def test_collections_are_measured_with_what_was_there(tmp_path: Path) -> None:
    text = {"S": "x" * 400}
    with DiskEngine(tmp_path, [TABLE], collection_max_bytes=2000) as engine:
        put(engine, 1, text=text)
        size = engine.catalog.table("app").collection_size(b"a")
    with DiskEngine(tmp_path, collection_max_bytes=2000) as engine:
        assert engine.catalog.table("app").collection_size(b"a") == size
        put(engine, 2, text=text)
        assert engine.catalog.table("app").collection_size(b"a") == 2 * size
        with pytest.raises(ApiError, match="ItemCollectionSizeLimitExceeded"):
            put(engine, 3, text=text)
        call(engine, "DeleteItem", TableName="app", Key={"pk": {"S": "a"}, "sk": {"S": "001"}})
        put(engine, 3, text=text)


def test_tables_that_are_there_stay_as_they_are(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, [TABLE]) as engine:
        put(engine, 1)
    with DiskEngine(tmp_path, [TableSpec("app"), "new"]) as engine:
        assert call(engine, "ListTables")["TableNames"] == ["app", "new"]
        assert len(items(engine)) == 1


def test_the_folder_says_where_it_is(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, ["app"], region="eu-west-1", account="000000000001"):
        pass
    with DiskEngine(tmp_path) as engine:
        assert (engine.region, engine.account) == ("eu-west-1", "000000000001")
    with pytest.raises(DataFolderError, match="of region eu-west-1, not us-east-1"):
        DiskEngine(tmp_path, region="us-east-1")
    with DiskEngine(tmp_path) as engine:
        assert call(engine, "ListTables")["TableNames"] == ["app"]


def test_what_has_no_place_on_disk_is_refused(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, ["app"]) as engine:
        with pytest.raises(ValueError, match="no snapshots in memory"):
            engine.snapshot()
        with pytest.raises(ValueError, match="no snapshots in memory"):
            engine.restore(Engine().snapshot())
        with pytest.raises(ValueError, match="never late"):
            engine.disorder = Disorder(index_lag=1.0)
        assert engine.disorder is None
        engine.disorder = Disorder(unprocessed=0.5)
        assert put_key(engine) == {}


def put_key(engine: Engine) -> Wire:
    return call(engine, "PutItem", TableName="app", Item={"PK": {"S": "a"}, "SK": {"S": "b"}})


def test_it_lets_its_folder_go_when_it_is_closed(tmp_path: Path) -> None:
    engine = DiskEngine(tmp_path, ["app"])
    engine.close()
    engine.close()
    DiskEngine(tmp_path).close()


def test_what_is_asked_after_its_end_fails(tmp_path: Path) -> None:
    engine = DiskEngine(tmp_path, ["app"])
    engine.close()
    for _ in range(2):
        with pytest.raises(ApiError, match="InternalServerError"):
            put_key(engine)
    with DiskEngine(tmp_path) as again:
        assert items(again) == []


def test_a_backup_is_of_that_moment(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, [TABLE]) as engine:
        put(engine, 1)
        backup = call(engine, "CreateBackup", TableName="app", BackupName="first")["BackupDetails"]["BackupArn"]
        put(engine, 2)
        call(engine, "RestoreTableFromBackup", TargetTableName="again", BackupArn=backup)
        before = everything(engine)
    with DiskEngine(tmp_path) as engine:
        assert everything(engine) == before
        assert len(call(engine, "Scan", TableName="again")["Items"]) == 1


def test_a_failed_request_changes_nothing(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, [TABLE]) as engine:
        put(engine, 1)
        before = everything(engine)
        with pytest.raises(ApiError):
            call(
                engine,
                "TransactWriteItems",
                TransactItems=[
                    {"Put": {"TableName": "app", "Item": item(2)}},
                    {"Put": {"TableName": "app", "Item": item(1), "ConditionExpression": "attribute_not_exists(pk)"}},
                ],
            )
        assert everything(engine) == before
    with DiskEngine(tmp_path) as engine:
        assert everything(engine) == before
