"""A call that its caller gives up is told of as such: by the event, spans, metrics, logs and what counts capacity."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from prometheus_client import CollectorRegistry

from hashrange.client import DynamoDB
from hashrange.errors import DynamoDBError
from hashrange.patterns.capacity import CapacityMonitor
from hashrange.telemetry.capacity import CapacityLedger
from hashrange.telemetry.hot_keys import HotKeys
from hashrange.telemetry.logs import LogObserver
from hashrange.telemetry.metrics import PrometheusObserver
from hashrange.telemetry.otel_metrics import OtelMetrics
from hashrange.telemetry.spans import SpanObserver
from hashrange.telemetry.usage import Usage
from hashrange.wire.transport import Request, Response
from tests.fakes import Chance, FakeClock, FakeTransport, Listener, answer, client

from .traffic import KEY, THROTTLED

LABELS = {"operation": "GetItem", "table": "app"}


class Silent:
    """Answers these, and then nothing any more: whoever waits is told of by ``waiting``."""

    def __init__(self, *answers: Response) -> None:
        self._answers = list(answers)
        self.waiting = asyncio.Event()

    async def send(self, request: Request) -> Response:
        if self._answers:
            return self._answers.pop(0)
        self.waiting.set()
        await asyncio.Event().wait()
        raise AssertionError("nothing ever comes")

    def repair(self, error: DynamoDBError, response: Response) -> bool:
        return False

    async def close(self) -> None:
        return None


class Sleepless(FakeClock):
    """A clock on which who sleeps does not wake; ``asleep`` tells of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.asleep.set()
        await asyncio.Event().wait()


async def given_up(db: DynamoDB, when: asyncio.Event) -> None:
    """A get_item that is cancelled as soon as that has happened."""
    task = asyncio.create_task(db.table("app").get_item(KEY))
    await when.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def cancelled(*observers: Any, failures: int = 0) -> None:
    """One call that is cancelled while it waits for an answer, behind so many attempts that were throttled."""
    transport = Silent(*[THROTTLED] * failures)
    db = client(transport, observers=observers, clock=FakeClock(), randomness=Chance(0.5), capacity="indexes")
    await given_up(db, transport.waiting)


# ── the event ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("failures", [0, 2])
async def test_the_event_of_a_call_that_was_waiting(failures: int) -> None:
    heard = Listener()
    with Usage() as usage:
        await cancelled(heard, failures=failures)
    (event,) = heard.finished
    assert (event.cancelled, event.error, event.answer, event.attempts) == (True, None, {}, failures + 1)
    assert (event.operation, event.table, event.key) == ("GetItem", "app", KEY)
    assert event.failures == tuple(heard.failed)
    assert len(event.failures) == failures
    assert (usage.calls, usage.failed_calls, usage.retries) == (1, 1, failures)


async def test_the_event_of_a_call_that_was_about_to_be_sent_again() -> None:
    heard, clock = Listener(), Sleepless()
    db = client(FakeTransport(THROTTLED), observers=(heard,), clock=clock, randomness=Chance(0.5))
    await given_up(db, clock.asleep)
    (event,) = heard.finished
    assert (event.cancelled, event.error, event.attempts, len(event.failures)) == (True, None, 1, 1)


async def test_others_are_not_cancelled() -> None:
    heard = Listener()
    db = client(FakeTransport(answer({})), observers=(heard,))
    await db.table("app").get_item(KEY)
    assert [event.cancelled for event in heard.finished] == [False]


async def test_what_an_asyncio_timeout_ends_over_real_sockets() -> None:
    heard = Listener()
    gone = asyncio.Event()

    async def keeps_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the client goes
        writer.close()
        gone.set()

    server = await asyncio.start_server(keeps_silent, "127.0.0.1", 0)
    async with server, DynamoDB.local(server.sockets[0].getsockname()[1], observers=(heard,)) as db:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await db.table("app").get_item(KEY)
        await gone.wait()
    (event,) = heard.finished
    assert (event.cancelled, event.error, event.attempts) == (True, None, 1)


async def test_a_page_that_is_fetched_ahead_and_not_wanted() -> None:
    heard, key = Listener(), {"PK": {"S": "a"}, "SK": {"S": "1"}}
    transport = Silent(answer({"Items": [key], "Count": 1, "ScannedCount": 1, "LastEvaluatedKey": key}))
    app = client(transport, observers=(heard,)).table("app")
    async for _ in app.query("a", prefetch=True):
        await transport.waiting.wait()
        break
    await asyncio.sleep(0)  # the task that was fetching ends
    assert [(event.operation, event.cancelled) for event in heard.finished] == [("Query", False), ("Query", True)]


# ── who listens ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def spans_of(act: Callable[[SpanObserver], Any]) -> tuple[ReadableSpan, ...]:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    await act(SpanObserver(provider.get_tracer("test")))
    return tuple(exporter.get_finished_spans())


async def test_its_span_ends_and_says_so() -> None:
    (span,) = await spans_of(lambda observer: cancelled(observer, failures=1))
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "cancelled")
    attributes = dict(span.attributes or {})
    assert (attributes["cancelled"], attributes["attempts"], attributes["table"]) == (True, 2, "app")
    assert "error.type" not in attributes
    assert span.end_time is not None
    assert [dict(event.attributes or {})["attempt"] for event in span.events] == [1, 2]


async def test_prometheus_counts_it_under_its_own_status() -> None:
    registry = CollectorRegistry()
    await cancelled(PrometheusObserver(registry), failures=1)
    value = registry.get_sample_value
    assert value("dynamodb_operations_total", LABELS | {"status": "cancelled"}) == 1
    assert value("dynamodb_operations_total", LABELS | {"status": "ok"}) is None
    assert value("dynamodb_operation_duration_seconds_count", LABELS) == 1
    assert value("dynamodb_throttles_total", LABELS) == 1
    assert value("dynamodb_items_returned_count", LABELS) is None, "nothing was returned, and nobody knows of how much"
    assert not [sample for family in registry.collect() if "errors" in family.name for sample in family.samples]


async def test_opentelemetry_counts_it_under_its_own_status() -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    await cancelled(OtelMetrics(provider.get_meter("test")))
    found = reader.get_metrics_data()
    assert found is not None
    metrics = {each.name: each for each in found.resource_metrics[0].scope_metrics[0].metrics}
    (point,) = metrics["dynamodb_operations_total"].data.data_points
    assert dict(point.attributes or {}) == LABELS | {"status": "cancelled"}
    assert "dynamodb_errors_total" not in metrics
    provider.shutdown()


async def test_it_is_logged_as_no_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hashrange")
    await cancelled(LogObserver(successes=True))
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.INFO, "GetItem on app was cancelled after 0.0 ms")
    assert (record.__dict__["cancelled"], record.__dict__["attempts"]) == (True, 1)


async def test_nothing_is_counted_as_consumed() -> None:
    hot_keys, ledger = HotKeys(clock=FakeClock()), CapacityLedger(is_reported=True)
    monitor = CapacityMonitor(clock=FakeClock())
    await cancelled(hot_keys, ledger, monitor)
    assert (hot_keys.top(), ledger.lines(), monitor.report().attempts) == ([], [], 0)
