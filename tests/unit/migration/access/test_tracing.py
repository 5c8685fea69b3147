"""Logs of repositories: every operation with entity and request, no values; calls know whose they are."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from hashrange import ConditionFailed, LogObserver
from hashrange.migration.access import CorrelationFilter, correlated, correlation_id

from .shop import customer, opened


def records(caplog: pytest.LogCaptureFixture) -> list[Any]:
    """Log records, with the fields that the observer and the filter give them."""
    return list(caplog.records)


async def test_every_operation_is_logged_with_its_entity_and_request(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="hashrange")
    async with opened(observers=(LogObserver(successes=True),)) as layer:
        with layer.correlated("request-7"):
            await layer.customers.create(customer(layer, 1, password_hash="swordfish"))
            await layer.customers.find_by_login("login1")
            async for _ in layer.customers.scan():
                pass
        await layer.customers.get(email="c1@example.com")
    own = [one for one in records(caplog) if one.getMessage().startswith("customers.")]
    told = [(one.getMessage(), one.entity, one.correlation_id) for one in own]
    assert told[0] == ("customers.create", "CUSTOMER", "request-7")
    assert told[-1] == ("customers.get", "CUSTOMER", None)
    calls = [one for one in records(caplog) if getattr(one, "operation", None)]
    by_call = {(one.operation, one.repository_operation, one.correlation_id) for one in calls}
    assert {
        ("PutItem", "create", "request-7"), ("Query", "query", "request-7"), ("Scan", "scan", "request-7"),
        ("GetItem", "get", None),
    } <= by_call  # fmt: skip
    assert "swordfish" not in caplog.text
    assert "c1@example.com" not in caplog.text


async def test_a_failure_is_logged_as_serious_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="hashrange")
    async with opened() as layer:
        await layer.customers.create(customer(layer, 1))
        with pytest.raises(ConditionFailed):
            await layer.customers.create(customer(layer, 1))
    (record,) = [one for one in records(caplog) if one.getMessage() == "customers.create failed: ConditionFailed"]
    assert (record.levelno, record.error_type) == (logging.INFO, "ConditionFailed")


async def test_requests_at_the_same_time_keep_their_ids() -> None:
    seen: list[tuple[str, str | None]] = []

    async def request(name: str) -> None:
        with correlated(name):
            await asyncio.sleep(0)
            seen.append((name, correlation_id()))

    await asyncio.gather(request("a"), request("b"))
    assert seen == [("a", "a"), ("b", "b")]
    assert correlation_id() is None


async def test_the_filter_is_there_once() -> None:
    for _ in range(2):
        async with opened():
            pass
    filters = [one for one in logging.getLogger("hashrange").filters if isinstance(one, CorrelationFilter)]
    assert len(filters) == 1
