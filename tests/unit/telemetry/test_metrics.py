"""Prometheus metrics: every name and label of the table, scraped over HTTP from a real registry."""

from __future__ import annotations

import asyncio
import gc
import urllib.request

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from hashrange.client import DynamoDB
from hashrange.config import Config
from hashrange.errors import ConfigurationError
from hashrange.telemetry import serve_metrics
from hashrange.telemetry.metrics import PrometheusObserver
from tests.fakes import FakeClock, FakeTransport, answer, client, failure

from .traffic import ENDPOINT, failing, trouble, usual

#: name → type and labels, as they are exposed
EXPOSED = {
    "dynamodb_operations_total": ("counter", {"operation", "table", "status"}),
    "dynamodb_operation_duration_seconds": ("histogram", {"operation", "table"}),
    "dynamodb_consumed_capacity_total": ("counter", {"table", "operation"}),
    "dynamodb_consumed_rcu_total": ("counter", {"table", "operation"}),
    "dynamodb_consumed_wcu_total": ("counter", {"table", "operation"}),
    "dynamodb_gsi_consumed_rcu_total": ("counter", {"table", "index"}),
    "dynamodb_gsi_consumed_wcu_total": ("counter", {"table", "index"}),
    "dynamodb_items_returned": ("histogram", {"operation", "table"}),
    "dynamodb_throttles_total": ("counter", {"table", "operation"}),
    "dynamodb_conditional_check_failures_total": ("counter", {"table", "operation"}),
    "dynamodb_errors_total": ("counter", {"error_type", "table"}),
    "dynamodb_retries_total": ("counter", {"operation", "table"}),
    "dynamodb_batch_unprocessed_items_total": ("counter", {"table", "operation"}),
    "dynamodb_circuit_breaker_state": ("gauge", {"endpoint"}),
    "dynamodb_pool_connections": ("gauge", {"endpoint"}),
    "dynamodb_pool_wait_seconds": ("histogram", {"endpoint"}),
}


class Scraped:
    """What a scrape found."""

    def __init__(self, text: str) -> None:
        self.families = {
            family.name + ("_total" if family.type == "counter" else ""): family
            for family in text_string_to_metric_families(text)
        }
        self._values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families.values()
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        return self._values.get((name, frozenset(labels.items())))

    def labels(self, name: str) -> set[str]:
        return {label for sample in self.families[name].samples for label in sample.labels} - {"le"}


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


async def scrape(registry: CollectorRegistry) -> Scraped:
    with serve_metrics(0, registry=registry) as server:

        def read() -> str:
            with urllib.request.urlopen(server.url, timeout=10) as found:
                return str(found.read().decode())

        return Scraped(await asyncio.to_thread(read))


async def test_every_metric_has_its_name_type_and_labels(registry: CollectorRegistry) -> None:
    observer = PrometheusObserver(registry)
    await usual(observer)
    db = await trouble(observer)
    async with DynamoDB(Config.local(port=1, observers=(observer,))):
        scraped = await scrape(registry)
    assert set(scraped.families) == set(EXPOSED)
    for name, (kind, labels) in EXPOSED.items():
        assert (name, scraped.families[name].type) == (name, kind)
        assert (name, scraped.labels(name)) == (name, labels)
    await db.close()


async def test_the_values_of_usual_calls(registry: CollectorRegistry) -> None:
    await usual(PrometheusObserver(registry))
    value = (await scrape(registry)).value
    puts = {"operation": "PutItem", "table": "app"}
    assert value("dynamodb_operations_total", **puts, status="ok") == 1
    assert value("dynamodb_operations_total", **puts, status="condition_failed") == 1
    assert value("dynamodb_operation_duration_seconds_count", **puts) == 2
    assert value("dynamodb_conditional_check_failures_total", **puts) == 1
    check = {"operation": "TransactWriteItems", "table": "app"}
    assert value("dynamodb_conditional_check_failures_total", **check) == 1
    assert value("dynamodb_errors_total", error_type="ConditionFailed", table="app") == 1
    assert value("dynamodb_errors_total", error_type="TransactionCanceled", table="app") == 1
    assert value("dynamodb_operations_total", operation="TransactWriteItems", table="*", status="ok") == 1
    assert value("dynamodb_items_returned_sum", operation="GetItem", table="app") == 1
    assert value("dynamodb_items_returned_sum", operation="Query", table="app") == 1
    assert value("dynamodb_items_returned_sum", operation="BatchGetItem", table="app") == 1
    assert value("dynamodb_items_returned_sum", operation="TransactGetItems", table="*") == 1
    assert value("dynamodb_consumed_rcu_total", operation="GetItem", table="app") == 1.0
    assert value("dynamodb_consumed_wcu_total", **puts) == 2.0
    assert value("dynamodb_consumed_capacity_total", **puts) == 2.0
    assert value("dynamodb_gsi_consumed_rcu_total", table="app", index="GSI1") == 0.5
    written = value("dynamodb_gsi_consumed_wcu_total", table="app", index="GSI1")
    assert written is not None
    assert written >= 3.0  # by the put, the update and the delete
    assert value("dynamodb_pool_wait_seconds_count", endpoint=ENDPOINT)


async def test_the_values_of_trouble(registry: CollectorRegistry) -> None:
    db = await trouble(PrometheusObserver(registry), clock=FakeClock())
    scraped = await scrape(registry)
    reads = {"operation": "GetItem", "table": "app"}
    assert scraped.value("dynamodb_throttles_total", **reads) == 1
    retries = scraped.value("dynamodb_retries_total", **reads)
    assert retries is not None
    assert retries >= 1
    undone = {"operation": "BatchWriteItem", "table": "app"}
    assert scraped.value("dynamodb_batch_unprocessed_items_total", **undone) == 1
    assert scraped.value("dynamodb_circuit_breaker_state", endpoint=db.config.endpoint.url) == 2
    assert scraped.value("dynamodb_errors_total", error_type="CircuitOpen", table="app") == 1
    db.circuit.reset()
    assert (await scrape(registry)).value("dynamodb_circuit_breaker_state", endpoint=db.config.endpoint.url) == 0


async def test_a_call_that_stays_throttled_has_that_status(registry: CollectorRegistry) -> None:
    await failing("ThrottlingException", PrometheusObserver(registry))
    scraped = await scrape(registry)
    found = {"operation": "GetItem", "table": "app"}
    assert scraped.value("dynamodb_operations_total", **found, status="throttled") == 1
    assert scraped.value("dynamodb_throttles_total", **found) == 1
    assert scraped.value("dynamodb_retries_total", **found) is None


async def test_open_connections_are_counted_as_long_as_the_client_lives(registry: CollectorRegistry) -> None:
    from hashrange.simulator.engine import Engine
    from hashrange.simulator.server import Server

    observer = PrometheusObserver(registry)
    async with Server(Engine(["app"])) as server:
        config = Config.local(server.port, observers=(observer,))
        async with DynamoDB(config) as db:
            app = db.table("app")
            await asyncio.gather(*(app.put_item({"PK": str(n), "SK": "1"}) for n in range(3)))
            scraped = await scrape(registry)
            endpoint = config.endpoint.url
            assert scraped.value("dynamodb_pool_connections", endpoint=endpoint) == 3
            assert scraped.value("dynamodb_circuit_breaker_state", endpoint=endpoint) == 0
            assert scraped.value("dynamodb_pool_wait_seconds_count", endpoint=endpoint) == 3
        assert (await scrape(registry)).value("dynamodb_pool_connections", endpoint=endpoint) == 0


async def test_waiting_for_a_connection_is_told_apart_from_opening_one(registry: CollectorRegistry) -> None:
    from hashrange.simulator.engine import Engine
    from hashrange.simulator.server import Server
    from tests.fakes import Listener

    heard = Listener()
    async with (
        Server(Engine(["app"])) as server,
        DynamoDB(Config.local(server.port, max_connections=1, observers=(heard,))) as db,
    ):
        app = db.table("app")
        await asyncio.gather(*(app.put_item({"PK": str(n), "SK": "1"}) for n in range(2)))
    first, second = heard.finished
    assert 0.0 <= first.pool_wait < first.connect  # it opened the connection
    assert second.pool_wait == second.connect > 0.0  # it waited until the first was done


@pytest.mark.parametrize("code", ["ThrottlingError", "ProvisionedThroughputExceeded"])
async def test_a_transaction_that_was_throttled_counts_as_such(registry: CollectorRegistry, code: str) -> None:
    reasons = {"CancellationReasons": [{"Code": "None"}, {"Code": code}]}
    conflict = {"CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}]}
    canceled = [failure("TransactionCanceledException", data=data) for data in (reasons, conflict)]
    transport = FakeTransport(*canceled, answer({}))
    async with client(transport, observers=(PrometheusObserver(registry),)) as db, db.transaction() as tx:
        for name in ("app", "log"):
            tx.put(db.table(name), {"PK": "a", "SK": "1"})
    labels = {"operation": "TransactWriteItems", "table": "*"}
    assert registry.get_sample_value("dynamodb_throttles_total", labels) == 1
    assert registry.get_sample_value("dynamodb_retries_total", labels) == 2


async def test_a_client_that_is_gone_is_not_kept_alive(registry: CollectorRegistry) -> None:
    observer = PrometheusObserver(registry)
    db = DynamoDB(Config.local(port=1, observers=(observer,)))
    endpoint = db.config.endpoint.url
    assert observer.connections() == {endpoint: 0}
    await db.close()
    del db
    gc.collect()
    assert observer.connections() == {}


def test_a_second_observer_in_one_registry_is_refused(registry: CollectorRegistry) -> None:
    PrometheusObserver(registry)
    with pytest.raises(ConfigurationError, match="share one PrometheusObserver"):
        PrometheusObserver(registry)


def test_a_registry_with_a_metric_of_that_name_is_refused(registry: CollectorRegistry) -> None:
    Counter("dynamodb_retries_total", "another", registry=registry)
    with pytest.raises(ConfigurationError, match="the registry refuses the metrics"):
        PrometheusObserver(registry)
