"""No key, token or signature appears in a log, repr, error, event or traceback, whatever goes wrong.

The tracebacks are rendered with their local variables, as error trackers do.
"""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import re
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry, generate_latest

from hashrange.auth import AssumeRole, Static
from hashrange.client import DynamoDB
from hashrange.config import Config
from hashrange.errors import DynamoDBError
from hashrange.key import Key
from hashrange.resilience.retry import RetryPolicy
from hashrange.telemetry.events import AttemptFailed, CallFinished, CircuitChanged, Observer
from hashrange.telemetry.logs import TRACE, LogObserver
from hashrange.telemetry.metrics import PrometheusObserver
from hashrange.telemetry.spans import SpanObserver

SECRET_KEY = "kSECRETKEYkSECRETKEYkSECRETKEY"
TOKEN = "tTOKENtTOKENtTOKENtTOKEN"
CURSOR_KEY = "cCURSORKEYcCURSORKEY"


@dataclass
class Witness:
    """Keeps every text that could be seen, and every signature that went over the wire."""

    texts: list[str] = field(default_factory=list, repr=False)
    signatures: list[str] = field(default_factory=list, repr=False)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def attempt_failed(self, event: AttemptFailed) -> None:
        self.texts.append(repr(event))

    def call_finished(self, event: CallFinished) -> None:
        self.texts.append(repr(event))

    def circuit_changed(self, event: CircuitChanged) -> None:
        self.texts.append(repr(event))

    def see(self, *objects: object) -> None:
        self.texts += [f"{thing!r} {thing}" for thing in objects]

    def see_error(self, error: BaseException) -> None:
        self.see(error)
        rendered = traceback.TracebackException.from_exception(error, capture_locals=True)
        self.texts.append("".join(rendered.format()))
        if isinstance(error, DynamoDBError):
            self.texts.append(repr(pickle.loads(pickle.dumps(error)).__dict__))

    def assert_clean(self) -> None:
        assert self.texts
        seen = "\n".join(self.texts)
        for secret in (SECRET_KEY, TOKEN, CURSOR_KEY, *self.signatures):
            assert secret not in seen, f"{secret[:4]}… shows in: {seen[max(0, seen.index(secret) - 300) :][:600]}"


def error_answer(code: str, status: int = 400) -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    body = json.dumps({"__type": f"com.amazon.coral.service#{code}", "message": f"{code} happened"}).encode()

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 %d Bad\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))

    return answer


async def garbage(writer: asyncio.StreamWriter) -> None:
    writer.write(b"this is not HTTP\r\n\r\n")


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def server(witness: Witness, answer: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                witness.signatures += re.findall(r"Signature=([0-9a-f]{64})", head)
                length = re.search(r"Content-Length: (\d+)", head)
                await reader.readexactly(int(length.group(1)) if length else 0)
                witness.asked.set()
                await answer(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def exported() -> tuple[InMemorySpanExporter, CollectorRegistry, tuple[Observer, ...]]:
    """Every adapter, showing as much as it can; and where two of them write."""
    exporter, registry, provider = InMemorySpanExporter(), CollectorRegistry(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans = SpanObserver(provider.get_tracer("test"))
    return exporter, registry, (spans, PrometheusObserver(registry), LogObserver(successes=True, payloads=True))


def client(url: str, witness: Witness, *adapters: Observer) -> DynamoDB:
    config = Config(
        endpoint_url=url,
        credentials=Static("AKIDEXAMPLEEXAMPLE", SECRET_KEY, TOKEN),
        cursor_key=CURSOR_KEY,
        retry=RetryPolicy.none(),
        attempt_timeout=0.2,
        observers=(witness, *adapters),
        trace_keys="plain",
    )
    return DynamoDB(config)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(error_answer("AccessDeniedException"), id="access-denied"),
        pytest.param(error_answer("ExpiredTokenException"), id="expired-token"),
        pytest.param(error_answer("InvalidSignatureException"), id="wrong-signature"),
        pytest.param(error_answer("InternalServerError", 500), id="500"),
        pytest.param(garbage, id="garbage"),
        pytest.param(hang_up, id="hang-up"),
        pytest.param(silence, id="timeout"),
    ],
)
async def test_a_failing_call_shows_no_secret(
    answer: Callable[[asyncio.StreamWriter], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(TRACE)
    caplog.set_level(TRACE, "hashrange")
    witness = Witness()
    exporter, registry, adapters = exported()
    async with server(witness, answer) as url, client(url, witness, *adapters) as db:
        with pytest.raises(DynamoDBError) as caught:
            await db.table("app").get_item(Key("a", "b"))
        witness.see_error(caught.value)
        witness.see(db, db.config, db.credentials, db.config.credentials, await db.credentials.explain(), vars(db))
    assert witness.signatures, "the request was signed"
    witness.texts += [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    spans = [span.to_json() for span in exporter.get_finished_spans()]
    metrics = generate_latest(registry).decode()
    assert [record.levelname for record in caplog.records].count("TRACE") == len(spans) == 1
    assert "dynamodb_errors_total{" in metrics
    witness.texts += [*spans, metrics]
    witness.assert_clean()


async def test_a_cancelled_call_shows_no_secret() -> None:
    witness = Witness()
    async with server(witness, silence) as url, client(url, witness) as db:
        task = asyncio.create_task(db.table("app").get_item(Key("a", "b"), timeout=30))
        await witness.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        witness.see_error(caught.value)
        witness.see(db)
    witness.assert_clean()


async def test_a_failing_role_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    witness = Witness()
    async with server(witness, error_answer("AccessDenied", 403)) as url:
        source = Static("AKIDEXAMPLEEXAMPLE", SECRET_KEY, TOKEN)
        role = AssumeRole("arn:aws:iam::123456789012:role/app", source=source, region="us-east-1", endpoint_url=url)
        async with DynamoDB(Config(region="us-east-1", endpoint_url=url, credentials=role)) as db:
            with pytest.raises(DynamoDBError) as caught:
                await db.table("app").get_item(Key("a", "b"))
            witness.see_error(caught.value)
            witness.see(db, role, source, await db.credentials.explain())
    assert witness.signatures
    witness.texts += [record.getMessage() for record in caplog.records]
    witness.assert_clean()


def test_the_witness_would_see_a_secret() -> None:
    witness = Witness()
    try:
        leaked = f"header: {SECRET_KEY}"
        raise ValueError(len(leaked))
    except ValueError as error:
        witness.see_error(error)
    with pytest.raises(AssertionError):
        witness.assert_clean()
