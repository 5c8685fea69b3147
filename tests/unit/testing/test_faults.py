"""Every fault: what the client gets, what the service has seen, how long it takes, and what its arguments may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from hashrange.errors import (
    AttemptTimeout,
    BadResponse,
    ConfigurationError,
    ConnectionLost,
    DynamoDBError,
    NetworkError,
    TypeMismatch,
    error_from_wire,
)
from hashrange.testing import (
    Fault,
    FaultMismatch,
    Script,
    condition_failed,
    damaged_answer,
    expired_token,
    internal_error,
    partial_batch,
    reset_after,
    reset_before,
    slow,
    success,
    throttle,
    timeout_after,
    timeout_before,
    transaction_canceled,
    transaction_conflict,
    unavailable,
)
from hashrange.wire.transport import Request, Response

from .clients import WIRE_KEY, World, put, request


async def happen(world: World, fault: Fault, asked: Request) -> Response:
    return await Script([fault], world.transport, clock=world.clock).send(asked)


def transact(*actions: dict[str, Any]) -> Request:
    return request("TransactWriteItems", table=None, TransactItems=list(actions))


def put_action(number: int) -> dict[str, Any]:
    return {"Put": {"TableName": "app", "Item": {"PK": {"S": str(number)}, "SK": {"S": "x"}}}}


V20120810 = "com.amazonaws.dynamodb.v20120810#"


@pytest.mark.parametrize(
    ("fault", "status", "error", "message"),
    [
        (throttle(), 400, f"{V20120810}ProvisionedThroughputExceededException", "provisioned throughput"),
        (throttle("ThrottlingException"), 400, f"{V20120810}ThrottlingException", "current capacity of your table"),
        (throttle("RequestLimitExceeded"), 400, f"{V20120810}RequestLimitExceeded", "for your account"),
        (internal_error(), 500, f"{V20120810}InternalServerError", "Internal server error"),
        (unavailable(), 503, f"{V20120810}ServiceUnavailable", "unavailable"),
        (expired_token(), 400, "com.amazon.coral.service#ExpiredTokenException", "is expired"),
        (condition_failed(), 400, f"{V20120810}ConditionalCheckFailedException", "The conditional request failed"),
        (transaction_conflict(), 400, f"{V20120810}TransactionConflictException", "Transaction is ongoing"),
    ],
    ids=repr,
)
async def test_a_refusal_is_the_services_own_answer(fault: Fault, status: int, error: str, message: str) -> None:
    world = World()
    response = await happen(world, fault, put())
    body = msgspec.json.decode(response.body)
    assert (response.status, body.keys(), body["__type"]) == (status, {"__type", "message"}, error)
    assert message in body["message"]
    assert response.request_id == "FAULT1"
    assert error_from_wire(status, body).code == error.rpartition("#")[2]
    assert world.operations() == [], "nothing has reached the service"
    assert world.clock.sleeps == []


async def test_a_condition_fails_with_the_item_where_it_is_asked_for() -> None:
    world = World()
    fault = condition_failed({"PK": "a", "n": 1})
    asked = put(ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert msgspec.json.decode((await happen(world, fault, asked)).body)["Item"] == {"PK": {"S": "a"}, "n": {"N": "1"}}
    assert "Item" not in msgspec.json.decode((await happen(world, fault, put())).body)
    assert "Item" not in msgspec.json.decode((await happen(world, condition_failed(), asked)).body)


async def test_a_transaction_that_conflicts_is_canceled() -> None:
    response = await happen(World(), transaction_conflict(), transact(put_action(1), put_action(2)))
    body = msgspec.json.decode(response.body)
    assert body == {
        "__type": f"{V20120810}TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[TransactionConflict, None]",
        "CancellationReasons": [
            {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"},
            {"Code": "None"},
        ],
    }


async def test_a_transaction_is_canceled_with_the_given_reasons() -> None:
    world = World()
    whole = {"Code": "DuplicateItem", "Message": "there", "Item": WIRE_KEY}
    fault = transaction_canceled(["None", "ConditionalCheckFailed", whole])
    response = await happen(world, fault, transact(*[put_action(number) for number in range(4)]))
    body = msgspec.json.decode(response.body)
    assert [reason["Code"] for reason in body["CancellationReasons"]] == [
        "None",
        "ConditionalCheckFailed",
        "DuplicateItem",
        "None",
    ]
    assert body["CancellationReasons"][2] == whole
    assert world.stored() == []


async def test_more_reasons_than_actions_are_a_mistake_of_the_test() -> None:
    with pytest.raises(FaultMismatch, match="has 1 actions, and 2 reasons"):
        await happen(World(), transaction_canceled(["None", "TransactionConflict"]), transact(put_action(1)))


# ── the network ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("fault", "error", "sent", "applied", "seconds"),
    [
        (timeout_before(), AttemptTimeout, True, False, [5.0]),
        (timeout_before(sent=False), AttemptTimeout, False, False, [5.0]),
        (timeout_after(), AttemptTimeout, True, True, [5.0]),
        (slow(5.0), AttemptTimeout, True, True, [5.0]),
        (slow(60), AttemptTimeout, True, True, [5.0]),
        (reset_before(), ConnectionLost, True, False, []),
        (reset_before(sent=False), ConnectionLost, False, False, []),
        (reset_after(), ConnectionLost, True, True, []),
    ],
    ids=repr,
)
async def test_an_error_of_the_network(
    fault: Fault, error: type[NetworkError], sent: bool, applied: bool, seconds: list[float]
) -> None:
    world = World()
    with pytest.raises(error) as caught:
        await happen(world, fault, put())
    assert type(caught.value) is error
    assert caught.value.sent is sent
    assert world.stored() == ([WIRE_KEY] if applied else [])
    assert world.clock.sleeps == seconds


async def test_a_timeout_counts_what_the_request_itself_took() -> None:
    world = World()
    world.transport.latency = 2.0
    with pytest.raises(AttemptTimeout):
        await happen(world, timeout_after(), put())
    assert world.clock.sleeps == [1.0, 1.0, 3.0]


async def test_a_slow_answer_is_an_answer() -> None:
    world = World()
    response = await happen(world, slow(4.5), put())
    assert (response.status, response.wait, world.clock.sleeps) == (200, 4.5, [4.5])


async def test_a_failure_inside_may_have_been_applied() -> None:
    world = World()
    assert (await happen(world, internal_error(applied=True), put())).status == 500
    assert world.stored() == [WIRE_KEY]


@pytest.mark.parametrize("fault", [damaged_answer(), damaged_answer("not_json")], ids=repr)
async def test_a_damaged_answer_is_no_json(fault: Fault) -> None:
    world = World()
    response = await happen(world, fault, put())
    assert response.status == 200
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(response.body)
    assert world.stored() == [WIRE_KEY]
    with pytest.raises(BadResponse, match="checksum"):
        await happen(world, fault, request("GetItem", TableName="nowhere", Key=WIRE_KEY))


async def test_success_is_the_services_answer() -> None:
    world = World()
    await happen(world, success(), put())
    response = await happen(world, success(), request())
    assert msgspec.json.decode(response.body) == {"Item": WIRE_KEY}


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def keys(*numbers: int) -> list[dict[str, Any]]:
    return [{"PK": {"S": str(number)}, "SK": {"S": "x"}} for number in numbers]


def batch_write(count: int) -> Request:
    writes = [{"PutRequest": {"Item": key}} for key in keys(*range(count))]
    return request("BatchWriteItem", table=None, RequestItems={"app": writes})


@pytest.mark.parametrize(
    ("fault", "unprocessed"),
    [
        (partial_batch(count=3), 3),
        (partial_batch(count=99), 10),
        (partial_batch(share=0.001), 0),
        (partial_batch(share=1), 10),
    ],
    ids=repr,
)
async def test_what_a_batch_did_not_process_is_truly_not_written(fault: Fault, unprocessed: int) -> None:
    world = World()
    answer = msgspec.json.decode((await happen(world, fault, batch_write(10))).body)
    left = [each["PutRequest"]["Item"] for each in answer["UnprocessedItems"].get("app", [])]
    assert len(left) == unprocessed
    everything = sorted([*left, *world.stored()], key=str)
    assert everything == sorted(keys(*range(10)), key=str)
    assert len(world.operations()) == (0 if unprocessed == 10 else 1)


async def test_a_share_is_the_chance_of_each_item() -> None:
    left_out = []
    for seed in range(40):
        script = Script([partial_batch(share=0.2)], World().transport, seed=seed)
        answer = msgspec.json.decode((await script.send(batch_write(25))).body)
        left_out.append(len(answer["UnprocessedItems"].get("app", [])))
    assert 140 <= sum(left_out) <= 260, "a fifth of 1,000"
    assert len(set(left_out)) > 3
    assert repr(partial_batch()) == "partial_batch(share=0.5)"


async def test_the_seed_chooses_what_is_not_processed() -> None:
    async def chosen(seed: int) -> Any:
        script = Script([partial_batch(count=3)], World().transport, seed=seed)
        return msgspec.json.decode((await script.send(batch_write(25))).body)["UnprocessedItems"]

    assert await chosen(1) == await chosen(1)
    assert len({str(await chosen(seed)) for seed in range(5)}) > 1


async def test_keys_that_were_not_read_keep_their_tables_settings() -> None:
    world = World()
    world.engine.create_tables(["other"])
    for number in range(4):
        await world.transport.send(put(keys(number)[0]))
    settings = {"ConsistentRead": True, "ProjectionExpression": "#p", "ExpressionAttributeNames": {"#p": "PK"}}
    items = {"app": {"Keys": keys(0, 1, 2, 3), **settings}, "other": {"Keys": keys(7)}}
    asked = request("BatchGetItem", table=None, RequestItems=items)
    answer = msgspec.json.decode((await happen(world, partial_batch(count=4), asked)).body)
    unprocessed = answer["UnprocessedKeys"]
    assert sum(len(part["Keys"]) for part in unprocessed.values()) == 4
    assert {name: value for name, value in unprocessed["app"].items() if name != "Keys"} == settings
    found = [item["PK"]["S"] for item in answer["Responses"]["app"]]
    withheld = [key["PK"]["S"] for key in unprocessed["app"]["Keys"]]
    assert sorted(found + withheld) == ["0", "1", "2", "3"]
    assert answer["Responses"]["other"] == []


async def test_what_the_service_did_not_process_is_kept() -> None:
    world = World()
    inner = Script([partial_batch(count=2)], world.transport)
    outer = Script([partial_batch(count=2)], inner)
    answer = msgspec.json.decode((await outer.send(batch_write(5))).body)
    assert len(answer["UnprocessedItems"]["app"]) == 4
    assert len(world.stored()) == 1


@pytest.mark.parametrize("payload", [{"RequestItems": {}}, {"RequestItems": 7}, {"RequestItems": {"app": 7}}, {}])
async def test_a_batch_that_is_none_is_for_the_service_to_refuse(payload: dict[str, Any]) -> None:
    asked = Request("BatchWriteItem", msgspec.json.encode(payload), 5.0)
    assert (await happen(World(), partial_batch(), asked)).status == 400


async def test_a_refused_batch_stays_refused() -> None:
    items = {"nowhere": [{"PutRequest": {"Item": key}} for key in keys(1, 2)]}
    asked = request("BatchWriteItem", table=None, RequestItems=items)
    response = await happen(World(), partial_batch(count=1), asked)
    assert (response.status, b"ResourceNotFoundException" in response.body) == (400, True)


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_faults_are_values_that_read_as_what_made_them() -> None:
    assert throttle() == throttle()
    assert throttle() != throttle("ThrottlingException")
    shown = {
        throttle(): "throttle(code='ProvisionedThroughputExceededException')",
        internal_error(): "internal_error()",
        internal_error(applied=True): "internal_error(applied=True)",
        timeout_before(sent=False): "timeout_before(sent=False)",
        partial_batch(count=2): "partial_batch(count=2)",
        slow(1.5): "slow(seconds=1.5)",
        success(): "success()",
    }
    assert [repr(fault) for fault in shown] == list(shown.values())
    assert repr(transaction_canceled(["None", "ValidationError"])) == (
        "transaction_canceled(reasons=['None', 'ValidationError'])"
    )
    assert "Ada" not in repr(condition_failed({"name": "Ada"})), "items stay out of logs"


REFUSED: list[tuple[Callable[[], Fault], str]] = [
    (lambda: throttle("Throttle"), "code is 'Throttle'"),
    (lambda: internal_error(applied=1), "applied is 1"),  # type: ignore[arg-type]
    (lambda: expired_token(refreshed="no"), "refreshed is 'no'"),  # type: ignore[arg-type]
    (lambda: timeout_before(sent=None), "sent is None"),  # type: ignore[arg-type]
    (lambda: slow(-1), "seconds is -1"),
    (lambda: slow(float("nan")), "seconds is nan"),
    (lambda: slow("1"), "seconds is '1'"),  # type: ignore[arg-type]
    (lambda: partial_batch(count=0), "count is 0"),
    (lambda: partial_batch(count=1.5), "count is 1.5"),  # type: ignore[arg-type]
    (lambda: partial_batch(share=0), "share is 0"),
    (lambda: partial_batch(share=1.01), "share is 1.01"),
    (lambda: partial_batch(count=1, share=0.5), "both given"),
    (lambda: transaction_canceled([]), "reasons has none"),
    (lambda: transaction_canceled(["None"]), "reasons has none"),
    (lambda: transaction_canceled(["None", "ConditionFailed"]), r"reasons\[1\] is 'ConditionFailed'"),
    (lambda: transaction_canceled("TransactionConflict"), "must be a list of codes"),
    (lambda: transaction_canceled([{"code": "x"}]), r"reasons\[0\] has no Code"),
    (lambda: condition_failed([1]), "item is of type list"),  # type: ignore[arg-type]
    (lambda: damaged_answer("burnt"), "damage is 'burnt'"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "complaint"), REFUSED)
def test_an_argument_that_cannot_be_is_named(make: Callable[[], Fault], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        make()


def test_an_item_that_dynamodb_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeMismatch, match="name"):
        condition_failed({"name": object()})


@pytest.mark.parametrize(
    ("fault", "asked"),
    [(partial_batch(), put()), (transaction_canceled(["TransactionConflict"]), put()), (condition_failed(), request())],
    ids=repr,
)
async def test_a_fault_that_cannot_happen_to_the_request_is_a_mistake_of_the_test(fault: Fault, asked: Request) -> None:
    with pytest.raises(FaultMismatch, match="can only happen on"):
        await happen(World(), fault, asked)
    assert not issubclass(FaultMismatch, DynamoDBError), "no retry may swallow it"
