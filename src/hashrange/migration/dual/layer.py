"""All entities of a contract on two sides: one ``DualRepository`` each, and what they share.

    dual = DualLayer(layer, SqlSource("mysql+pymysql://app@db/shop"), FileStore("migration.state"))
    order = await dual.orders.create({"customer_id": 3, "status": "pending", ...})

Owns how the parts are put together. Must not know what they do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...clock import SYSTEM_RANDOMNESS, Clock, Randomness
from ...errors import ConfigurationError
from ..access.layer import AccessLayer
from ..access.records import python_name
from ..errors import NotInContract
from ..source.sql import SqlSource
from ..state.store import Store
from ..state.tombstones import Tombstones
from .observers import DualObserver
from .options import Options, Shared
from .phase import PhaseBook
from .primary import Primary
from .reconcile import Reconciler
from .repair_queue import RepairQueue
from .repairs import RepairReport, repair_pending
from .repository import DualRepository
from .reverse import ReverseWriter
from .rows import SourceRows
from .sql_repository import SqlRepository
from .statistics import Statistics
from .writes import UNKNOWN, DualWriter

_REPAIR_SECONDS = 5.0


class DualLayer:
    """The dual repositories of a contract, each an attribute by its name: ``dual.users``, ``dual["users"]``.

    Args:
        layer: the access layer of the table, made with the source's schema.
        source: the database that the primaries write, not a replica of it.
        state: of the migration: the same for all workers, and for the backfill.
        options: see there.
        primaries: repository's name to the application's own; others are ``SqlRepository``.
        made: repository's name to what turns a record of the table into what its primary returns.
        unknown: errors of primaries after which nobody knows whether they have written.
        observers: are told of writes, comparisons and repairs.
        clock: for phases and entries.
        randomness: chooses reads, and spreads repairs.

    Raises:
        ConfigurationError: the layer has no schema, a name is none of the contract's, or ``newer_by`` no attribute.
    """

    def __init__(
        self,
        layer: AccessLayer,
        source: SqlSource,
        state: Store,
        options: Options = Options(),  # noqa: B008 - frozen
        *,
        primaries: Mapping[str, Primary] | None = None,
        made: Mapping[str, Callable[[Any], Any]] | None = None,
        unknown: tuple[type[BaseException], ...] = UNKNOWN,
        observers: Sequence[DualObserver] = (),
        clock: Clock | None = None,
        randomness: Randomness = SYSTEM_RANDOMNESS,
    ) -> None:
        self.layer, self.source, self.state, self.options = layer, source, state, options
        self._primaries, self._made = dict(primaries or {}), dict(made or {})
        self._unknown = unknown
        clock = layer.db.config.clock if clock is None else clock
        self.shared = Shared(
            state, options, PhaseBook(state, options.timing, clock=clock),
            RepairQueue(state, options.repairs, clock=clock, randomness=randomness),
            Statistics(state, flush_seconds=options.flush_seconds, clock=clock), tuple(observers), clock, randomness,
        )  # fmt: skip
        self._check_names()
        self.repositories: dict[str, DualRepository] = {name: self._repository(name) for name in layer.repositories}
        self._by_attribute = {python_name(name): one for name, one in self.repositories.items()}

    def __repr__(self) -> str:
        return f"<DualLayer of {', '.join(self.repositories)}: {self.shared.phases!r}>"

    def __getattr__(self, name: str) -> Any:
        found = self.__dict__.get("_by_attribute", {}).get(name)
        if found is None:
            raise AttributeError(f"the contract has no repository {name!r}", name=name, obj=self)
        return found

    def __getitem__(self, name: str) -> DualRepository:
        return self.repositories[name]

    def __iter__(self) -> Iterator[DualRepository]:
        return iter(self.repositories.values())

    @property
    def phases(self) -> PhaseBook:
        return self.shared.phases

    @property
    def queue(self) -> RepairQueue:
        return self.shared.queue

    @property
    def statistics(self) -> Statistics:
        return self.shared.statistics

    async def repair_pending(self, *, limit: int | None = None) -> RepairReport:
        """Set right what is due: writes whose second side failed, or whose worker is gone.

        Args:
            limit: at most so many; None: all.

        Raises:
            PhaseUnknown: the phase cannot be read.
        """
        return await repair_pending(self.shared, self.repositories, limit=limit)

    async def keep_repairing(self, seconds: float = _REPAIR_SECONDS) -> None:
        """Repair what falls due, for ever: as a task of some worker, or of all.

        Args:
            seconds: between two looks.
        """
        while True:
            try:
                await self.repair_pending()
            except asyncio.CancelledError:
                raise
            except Exception as error:
                _log(error)
            await self.shared.clock.sleep(seconds)

    async def close(self) -> None:
        """Write the statistics. State, source and client stay open: they are the caller's."""
        await self.statistics.flush()

    # ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def _repository(self, name: str) -> DualRepository:
        secondary, options, schema = self.layer[name], self.options, self.layer.schema
        mapping = secondary.mapping
        own = SqlRepository(self.source, mapping, schema=schema)
        primary: Primary = self._primaries.get(name, own)
        rows = SourceRows(self.source, mapping, schema=schema)
        reconciler = Reconciler(
            rows, secondary.table, Tombstones(self.state, secondary.table.name), clock=self.shared.clock,
            newer_by=options.newer_by_of(name), timeout=None,
        )  # fmt: skip
        writer = DualWriter(self.shared, primary, rows, reconciler, self.layer.db, self._unknown)
        reverse, why_not = None, ""
        try:
            reverse = ReverseWriter(self.shared, secondary, own)
        except NotInContract as error:
            why_not = error.message
        return DualRepository(
            self.shared, primary, secondary, writer, reverse=reverse, why_not_reverse=why_not, made=self._made.get(name)
        )

    def _check_names(self) -> None:
        known = self.layer.repositories
        newer = self.options.newer_by
        names: dict[str, Mapping[str, Any]] = {
            "primaries": self._primaries,
            "made": self._made,
            "newer_by": newer if isinstance(newer, Mapping) else {},
        }
        for what, given in names.items():
            for name in given:
                if name not in known:
                    raise ConfigurationError(
                        f"{what}: the contract has no repository {name!r}", hint=f"there are {', '.join(known)}"
                    )
        for name, repository in known.items():
            attribute = self.options.newer_by_of(name)
            if isinstance(newer, Mapping) and attribute and attribute not in repository.mapping.entity.attributes:
                raise ConfigurationError(f"newer_by: {repository.mapping.name} has no attribute {attribute!r}")


def _log(error: Exception) -> None:
    import logging

    logging.getLogger("hashrange.migration").warning("repairs are interrupted: %s", type(error).__name__)
