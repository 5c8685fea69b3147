"""Log records: levels, fields, and what they do not show."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from hashrange.telemetry.logs import TRACE, LogObserver
from hashrange.telemetry.shown import shown_keys

from .traffic import KEY, VALUE, failing, trouble, usual


def levels(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.levelname for record in caplog.records if record.name == "hashrange"]


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What a record has that an empty one has not."""
    empty = logging.LogRecord("", 0, "", 0, "", (), None).__dict__
    return {name: value for name, value in record.__dict__.items() if name not in {*empty, "message", "asctime"}}


def everything(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(f"{record.getMessage()} {fields(record)}" for record in caplog.records)


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("AccessDeniedException", "ERROR"),
        ("UnrecognizedClientException", "ERROR"),
        ("InternalServerError", "ERROR"),
        ("ResourceNotFoundException", "ERROR"),
        ("ValidationException", "ERROR"),
        ("ThrottlingException", "WARNING"),
        ("ConditionalCheckFailedException", "INFO"),
    ],
)
async def test_the_level_of_a_failure(code: str, level: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hashrange")
    error = await failing(code, LogObserver(), region="eu-west-1")
    last = caplog.records[-1]
    assert (last.levelname, last.getMessage()) == (level, f"GetItem failed: {type(error).__name__}: {error}")
    expected = {
        "operation": "GetItem",
        "table": "app",
        "error_type": type(error).__name__,
        "error_code": code,
        "attempts": 1,
        "region": "eu-west-1",
        "endpoint": "https://dynamodb.eu-west-1.amazonaws.com",
    }
    assert {name: fields(last)[name] for name in expected} == expected


async def test_throttling_retries_unprocessed_items_and_the_circuit_are_warnings(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "hashrange")
    await trouble(LogObserver())
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    throttled, undone, *_, circuit = warnings
    assert throttled.getMessage().startswith("GetItem on app: attempt 1 was throttled (ProvisionedThroughputExceeded)")
    assert fields(throttled)["retried"] is True
    assert fields(throttled)["delay"] > 0
    assert undone.getMessage() == "BatchWriteItem left 1 items undone"
    assert fields(undone)["unprocessed"] == 1
    assert circuit.getMessage() == "the circuit is open (it was closed)"
    assert fields(circuit)["state"] == "open"
    assert sum("circuit is" in record.getMessage() for record in caplog.records) == 1


async def test_transactions_are_info_and_other_successes_only_where_wanted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hashrange")
    await usual(LogObserver())
    committed, *canceled_and_failed = [record for record in caplog.records if "committed" in record.getMessage()]
    assert not canceled_and_failed
    assert committed.getMessage().startswith("TransactWriteItems on log,app was committed: 2 actions in ")
    assert fields(committed)["item_count"] == 2
    assert not any(record.getMessage().startswith("GetItem") for record in caplog.records)
    caplog.clear()
    await usual(LogObserver(successes=True))
    [read] = [record for record in caplog.records if record.getMessage().startswith("GetItem on app: ")]
    assert (read.levelname, fields(read)["read_units"]) == ("INFO", 1.0)


async def test_requests_are_debug_with_expressions_and_without_values(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "hashrange")
    await usual(LogObserver(successes=True))
    await trouble(LogObserver(successes=True))
    shown = everything(caplog)
    assert "UpdateItem on app update_expr='SET note = :v0 ADD visits :v1'" in shown
    assert "PutItem on app condition='attribute_not_exists(PK) OR note = :v0'" in shown
    assert VALUE not in shown
    assert "USER#1" not in shown
    assert "TRACE" not in levels(caplog)


async def test_payloads_need_the_argument_and_the_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(TRACE, "hashrange")
    await usual(LogObserver())
    assert VALUE not in everything(caplog)
    caplog.set_level(logging.DEBUG, "hashrange")
    await usual(LogObserver(payloads=True))
    assert VALUE not in everything(caplog)
    caplog.set_level(TRACE, "hashrange")
    await usual(LogObserver(payloads=True))
    traces = [record for record in caplog.records if record.levelno == TRACE]
    assert {record.levelname for record in traces} == {"TRACE"}
    assert any(VALUE in fields(record)["request"] for record in traces)
    assert any(VALUE in fields(record)["answer"] for record in traces)


@pytest.mark.parametrize("trace_keys", ["omit", "hashed", "plain"])
async def test_keys_are_shown_as_the_configuration_says(trace_keys: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "hashrange")
    await usual(LogObserver(), trace_keys=trace_keys)
    record = next(record for record in caplog.records if record.getMessage().startswith("GetItem"))
    found = fields(record)
    assert (found.get("pk"), found.get("sk")) == shown_keys(KEY, trace_keys)
    assert ("USER#1" in everything(caplog)) == (trace_keys == "plain")


async def test_nothing_is_logged_below_the_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "hashrange")
    await usual(LogObserver(successes=True, payloads=True))
    await trouble(LogObserver(successes=True, payloads=True))
    assert levels(caplog) == []
