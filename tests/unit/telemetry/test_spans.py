"""Spans, as the real SDK exports them: names, attributes, times, parents, and what they do not show."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, Tracer

from hashrange.telemetry.shown import shown_keys
from hashrange.telemetry.spans import SpanObserver
from tests.fakes import NOW, FakeClock

from .traffic import KEY, VALUE, failing, trouble, usual


class Recorder:
    """A tracer of the SDK, and what it has exported."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._provider = TracerProvider(shutdown_on_exit=False)
        self._provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer: Tracer = self._provider.get_tracer("test")

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    def one(self, name: str, number: int = 0) -> dict[str, Any]:
        found = [span for span in self.spans if span.name == name]
        return dict(found[number].attributes or {})


def own(attributes: dict[str, Any]) -> dict[str, Any]:
    """Without those that every span has."""
    common = {"db.system", "db.operation", "attempts", "aws.region", "aws.request_id", "aws.dynamodb.table"}
    common |= {"aws.dynamodb.consumed_capacity", "pool_wait_seconds", "connect_seconds", "wait_seconds"}
    return {name: value for name, value in attributes.items() if name not in common | {"decode_seconds"}}


async def test_the_attributes_of_every_operation() -> None:
    recorder = Recorder()
    await usual(SpanObserver(recorder.tracer), trace_keys="plain")
    keys = {"table": "app", "pk": "USER#1", "sk": "PROFILE"}
    assert own(recorder.one("dynamodb.get_item")) == keys | {"consistent_read": True}
    condition = "attribute_not_exists(PK) OR note = :v0"
    assert own(recorder.one("dynamodb.put_item")) == keys | {"condition": condition}
    update = "SET note = :v0 ADD visits :v1"
    assert own(recorder.one("dynamodb.update_item")) == keys | {"update_expr": update}
    assert own(recorder.one("dynamodb.delete_item")) == keys
    query = {"table": "app", "index": "GSI1", "pk": "a@b.c", "limit": 5}
    assert own(recorder.one("dynamodb.query")) == query
    scans = [own(recorder.one("dynamodb.scan", number)) for number in range(2)]
    assert sorted(scans, key=lambda one: int(one["segment"])) == [
        {"table": "app", "segment": segment, "total_segments": 2} for segment in range(2)
    ]
    assert own(recorder.one("dynamodb.batch_get")) == {"table": "app", "item_count": 2}
    assert own(recorder.one("dynamodb.batch_write")) == {"table": "app", "put_count": 3, "delete_count": 1}
    both = {"item_count": 2, "tables": ("log", "app")}
    assert own(recorder.one("dynamodb.transact_write")) == both
    assert own(recorder.one("dynamodb.transact_get")) == both | {"tables": ("app", "log")}


async def test_what_every_span_says() -> None:
    recorder = Recorder()
    await usual(SpanObserver(recorder.tracer), region="eu-west-1")
    attributes = recorder.one("dynamodb.get_item")
    expected = {
        "db.system": "dynamodb",
        "db.operation": "GetItem",
        "aws.dynamodb.table": "app",
        "aws.dynamodb.consumed_capacity": 1.0,
        "aws.region": "eu-west-1",
        "attempts": 1,
    }
    assert {name: attributes[name] for name in expected} == expected
    assert attributes["aws.request_id"]
    times = ("pool_wait_seconds", "connect_seconds", "wait_seconds", "decode_seconds")
    assert all(attributes[name] >= 0.0 for name in times)
    assert {span.kind for span in recorder.spans} == {SpanKind.CLIENT}


async def test_no_span_shows_an_items_value() -> None:
    recorder = Recorder()
    await usual(SpanObserver(recorder.tracer), trace_keys="plain")
    await trouble(SpanObserver(recorder.tracer), trace_keys="plain")
    shown = "\n".join(span.to_json() for span in recorder.spans)
    assert "USER#1" in shown
    assert VALUE not in shown


@pytest.mark.parametrize("trace_keys", ["omit", "hashed", "plain"])
async def test_keys_are_shown_as_the_configuration_says(trace_keys: Any) -> None:
    recorder = Recorder()
    await usual(SpanObserver(recorder.tracer), trace_keys=trace_keys)
    attributes = recorder.one("dynamodb.get_item")
    assert (attributes.get("pk"), attributes.get("sk")) == shown_keys(KEY, trace_keys)
    shown = "\n".join(span.to_json() for span in recorder.spans)
    assert ("USER#1" in shown) == (trace_keys == "plain")


async def test_a_span_is_a_child_of_the_current_one() -> None:
    recorder = Recorder()
    with recorder.tracer.start_as_current_span("request") as parent:
        await usual(SpanObserver(recorder.tracer))
    children = [span for span in recorder.spans if span.name.startswith("dynamodb.")]
    assert children
    for child in children:
        assert child.parent is not None
        assert child.parent.span_id == parent.get_span_context().span_id


async def test_the_times_and_attempts_of_a_call_that_was_retried() -> None:
    recorder, clock = Recorder(), FakeClock()
    await trouble(SpanObserver(recorder.tracer, clock=clock), clock=clock)
    span = recorder.spans[0]
    assert span.start_time == int(NOW * 1e9)
    assert span.start_time is not None
    assert span.end_time is not None
    slept = clock.sleeps[0]
    assert span.end_time - span.start_time == pytest.approx(slept * 1e9, rel=1e-3)
    assert [event.name for event in span.events] == ["attempt", "attempt"]
    first, second = (dict(event.attributes or {}) for event in span.events)
    assert first == {
        "attempt": 1,
        "error.type": "ProvisionedThroughputExceeded",
        "error.code": "ProvisionedThroughputExceededException",
        "delay_seconds": slept,
    }
    assert second == {"attempt": 2}
    assert (span.events[0].timestamp, span.events[1].timestamp) == (span.start_time, span.end_time)
    assert span.status.status_code is StatusCode.UNSET


async def test_a_failure_is_the_status() -> None:
    recorder = Recorder()
    await failing("AccessDeniedException", SpanObserver(recorder.tracer))
    [span] = recorder.spans
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description == "AccessDenied: it failed"
    attributes = dict(span.attributes or {})
    assert (attributes["error.type"], attributes["error.code"]) == ("AccessDenied", "AccessDeniedException")
