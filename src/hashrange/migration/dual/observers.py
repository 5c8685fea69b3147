"""What a dual repository tells while it works: one event a write, a comparison, a repair.

``MigrationMetrics`` makes metrics of them. An observer must be quick and not raise. Must not know what is observed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from msgspec import Struct

from ...errors import ConfigurationError

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

#: ok: both sides have it; failed: the second one follows by a repair; undone: neither has it
Written: TypeAlias = Literal["ok", "failed", "undone"]


class DualWrite(Struct, frozen=True):
    """A write of both sides has ended: of which repository, which operation, how, and after how many seconds."""

    repository: str
    operation: str
    outcome: Written
    seconds: float


class DualRead(Struct, frozen=True):
    """Both sides were read and compared: "same", "different", or "failed" where the second one could not be read."""

    repository: str
    operation: str
    outcome: Literal["same", "different", "failed"]


class Repaired(Struct, frozen=True):
    """A repair was tried: "done", "failed" (it is tried again), or "aside" (it is not)."""

    repository: str
    outcome: Literal["done", "failed", "aside"]


class DualObserver(Protocol):
    """Is told of events."""

    def dual_write(self, event: DualWrite) -> None: ...

    def dual_read(self, event: DualRead) -> None: ...

    def repaired(self, event: Repaired) -> None: ...


class MigrationMetrics:
    """Metrics for Prometheus: ``dynamodb_migration_writes_total`` and its kin.

    Args:
        registry: None: prometheus_client's own.

    Raises:
        ConfigurationError: prometheus_client is not installed, or the registry has such metrics already.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        try:
            import prometheus_client as prometheus
        except ImportError:
            raise ConfigurationError(
                "prometheus_client is not installed", hint="pip install 'hashrange[prometheus]'"
            ) from None
        chosen: Any = prometheus.REGISTRY if registry is None else registry
        try:
            self._writes = prometheus.Counter(
                "dynamodb_migration_writes", "Writes of both sides: ok, failed or undone.",
                ["repository", "operation", "outcome"], registry=chosen,
            )  # fmt: skip
            self._seconds = prometheus.Histogram(
                "dynamodb_migration_write_seconds", "Time of writes of both sides.", ["repository", "operation"],
                registry=chosen,
            )  # fmt: skip
            self._reads = prometheus.Counter(
                "dynamodb_migration_reads", "Reads of both sides that were compared: same, different or failed.",
                ["repository", "operation", "outcome"], registry=chosen,
            )  # fmt: skip
            self._repairs = prometheus.Counter(
                "dynamodb_migration_repairs", "Repairs that were tried: done, failed or aside.",
                ["repository", "outcome"], registry=chosen,
            )  # fmt: skip
        except ValueError as error:
            raise ConfigurationError(
                f"the registry refuses the metrics: {error}", hint="share one MigrationMetrics"
            ) from None

    def dual_write(self, event: DualWrite) -> None:
        self._writes.labels(event.repository, event.operation, event.outcome).inc()
        self._seconds.labels(event.repository, event.operation).observe(event.seconds)

    def dual_read(self, event: DualRead) -> None:
        self._reads.labels(event.repository, event.operation, event.outcome).inc()

    def repaired(self, event: Repaired) -> None:
        self._repairs.labels(event.repository, event.outcome).inc()
