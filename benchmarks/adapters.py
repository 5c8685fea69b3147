"""One set of telemetry adapters in one process: reads a job from standard input, prints what a call costs with it.

A call is ``get_item`` through the whole client over a transport that answers at once, so nothing else is measured; its
CPU time is that of the process, all threads (an exporter's too). Also the client without its events: dispatch.py with
the lines left out that tell of a success.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.measure import run
from benchmarks.sample import ACCESS_KEY, KEY, REGION, SECRET_KEY, TABLE, WIRE_ITEM
from benchmarks.stub import settle

CALLS_AT_ONCE = 200  # between two looks at the clock
WARM_UP_S = 0.3

#: what dispatch.py does for events where a call succeeds at once, and what is left of it without them
_REPORT = """\
        if self._observers or TRACKERS.get():
            self._report_success(call, failures, started, received, response, answer)
"""
_CLOCK = """\
                received = now()
                answer = decode_answer(response)
"""
EVENTS = ((_REPORT, ""), (_CLOCK, _CLOCK.partition("\n")[2]))


class Canned:
    """A transport that has the answer."""

    def __init__(self, capacity: bool) -> None:
        document: dict[str, Any] = {"Item": WIRE_ITEM}
        if capacity:
            document["ConsumedCapacity"] = {"TableName": TABLE, "CapacityUnits": 0.5}
        self._body = json.dumps(document).encode()
        self._response = importlib.import_module("hashrange.wire.transport").Response

    async def send(self, request: object) -> Any:
        return self._response(200, self._body, request_id="REQUEST")

    def repair(self, error: object, response: object) -> bool:
        return False

    async def close(self) -> None:
        return None


class Nothing:
    """An observer that does nothing: what it costs to make events and hand them out."""

    def attempt_failed(self, event: object) -> None: ...

    def call_finished(self, event: object) -> None: ...

    def circuit_changed(self, event: object) -> None: ...


# ── the adapters ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _tracer() -> Any:
    """The SDK's tracer: every span is sampled, batched, and handed to an exporter that sends nothing."""
    trace, export = (importlib.import_module(f"opentelemetry.sdk.trace{part}") for part in ("", ".export"))

    class Nowhere:
        def export(self, spans: object) -> Any:
            return export.SpanExportResult.SUCCESS

        def shutdown(self) -> None: ...

    provider = trace.TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(export.BatchSpanProcessor(Nowhere()))
    return provider.get_tracer("bench")


def _meter() -> Any:
    """The SDK's meter, read by nobody while the clock runs."""
    metrics = importlib.import_module("opentelemetry.sdk.metrics")
    reader = importlib.import_module("opentelemetry.sdk.metrics.export").InMemoryMetricReader()
    return metrics.MeterProvider([reader], shutdown_on_exit=False).get_meter("bench")


def _prometheus() -> Any:
    registry = importlib.import_module("prometheus_client").CollectorRegistry()
    return importlib.import_module("hashrange").PrometheusObserver(registry)


def _spans(tracer: Callable[[], Any] | None = None) -> Any:
    return importlib.import_module("hashrange").SpanObserver(None if tracer is None else tracer())


def _logs() -> Any:
    logger = logging.getLogger("hashrange")
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return importlib.import_module("hashrange").LogObserver(successes=True)


def _public(name: str) -> Callable[[], tuple[Any, ...]]:
    return lambda: (getattr(importlib.import_module("hashrange"), name)(),)


WITHOUT_EVENTS, NO_ADAPTER, NULL = "a client without events", "no adapter", "an observer that does nothing"
BOTH = "SpanObserver and PrometheusObserver"
#: what is on → the observers
SETS: dict[str, Callable[[], tuple[Any, ...]]] = {
    WITHOUT_EVENTS: lambda: (),
    NO_ADAPTER: lambda: (),
    NULL: lambda: (Nothing(),),
    "LogObserver, nothing to log": _public("LogObserver"),
    "LogObserver(successes=True), to a handler that drops": lambda: (_logs(),),
    "CapacityMonitor": _public("CapacityMonitor"),
    "HotKeys": _public("HotKeys"),
    "PrometheusObserver": lambda: (_prometheus(),),
    "OtelMetrics, with the SDK": lambda: (importlib.import_module("hashrange").OtelMetrics(_meter()),),
    "SpanObserver, no SDK": lambda: (_spans(),),
    "SpanObserver, with the SDK, batched": lambda: (_spans(_tracer),),
    BOTH: lambda: (_spans(_tracer), _prometheus()),
}


def leave_events_out() -> None:
    """Make clients of this process by a dispatcher that knows no events.

    Raises:
        RuntimeError: dispatch.py does not look as this file says.
    """
    dispatch = importlib.import_module("hashrange.dispatch")
    text = Path(str(dispatch.__file__)).read_text(encoding="utf-8")
    for there, instead in EVENTS:
        if text.count(there) != 1:
            raise RuntimeError("dispatch.py has changed: benchmarks/adapters.py must know what it does for events")
        text = text.replace(there, instead)
    module = ModuleType("hashrange.dispatch_without_events")
    module.__package__ = "hashrange"
    sys.modules[module.__name__] = module
    exec(compile(text, str(dispatch.__file__), "exec"), module.__dict__)
    importlib.import_module("hashrange.regions").Dispatcher = module.Dispatcher  # type: ignore[attr-defined]


async def measure(job: dict[str, Any]) -> dict[str, float]:
    """Microseconds of CPU time a call."""
    hashrange = importlib.import_module("hashrange")
    config = hashrange.Config(
        region=REGION,
        credentials=hashrange.Static(ACCESS_KEY, SECRET_KEY),
        observers=SETS[job["set"]](),
        capacity="total" if job["capacity"] else "none",
    )
    async with hashrange.DynamoDB(config, transport=Canned(job["capacity"])) as db:
        get, key = db.table(TABLE).get_item, hashrange.Key(*KEY.values())

        async def calls(seconds: float) -> int:
            made, end = 0, time.perf_counter() + seconds
            while time.perf_counter() < end:
                for _ in range(CALLS_AT_ONCE):
                    await get(key)
                made += CALLS_AT_ONCE
            return made

        await calls(WARM_UP_S)
        gc.collect()
        cpu = time.process_time()
        made = await calls(job["seconds"])
        return {"us": (time.process_time() - cpu) / made * 1e6, "calls": made}


def main() -> None:
    """The process's life: job in, figures out."""
    job = json.load(sys.stdin)
    settle(os.getpid(), job["core"])
    if job["set"] == WITHOUT_EVENTS:
        leave_events_out()
    json.dump(run(job["loop"], lambda: measure(job)), sys.stdout)


if __name__ == "__main__":
    main()
