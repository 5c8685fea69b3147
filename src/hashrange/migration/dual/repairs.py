"""The worker that sets right what was left undone: takes due entries of the repair queue, and settles their rows.

At least once, by any number of workers: settling a row twice does no harm. Must not know how a row is settled.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ..errors import NotInContract
from .observers import Repaired
from .options import Shared
from .phase import FLAGS, Phase
from .repair_queue import BEGUN, Repair
from .repository import DualRepository

LOG: Final = logging.getLogger("hashrange.migration")


class RepairReport(Struct):
    """What was done: entries that are set right, that failed and are tried again later, that were set aside, and that
    are not due yet."""

    done: int = 0
    failed: int = 0
    aside: int = 0
    waiting: int = 0


async def repair_pending(
    shared: Shared, repositories: Mapping[str, DualRepository], *, limit: int | None = None
) -> RepairReport:
    """Do what is due.

    Args:
        shared: of the layer.
        repositories: of the layer, by name.
        limit: at most so many entries; None: all.

    Raises:
        PhaseUnknown: the phase cannot be read.
        DynamoDBError: the state cannot be read or written.
    """
    report = RepairReport()
    tried = 0
    entries = [one async for one in shared.queue.pending()]
    for repair in entries:
        if repair.due_at > shared.clock.time():
            report.waiting += 1
            continue
        if limit is not None and tried >= limit:
            break
        phase = await shared.phases.for_write()
        again = repair.reason != BEGUN
        if not await shared.queue.claim(repair):
            continue
        tried += 1
        await _one(shared, repositories, repair, phase, report, again=again)
    return report


async def _one(
    shared: Shared,
    repositories: Mapping[str, DualRepository],
    repair: Repair,
    phase: Phase,
    report: RepairReport,
    *,
    again: bool,
) -> None:
    repository = repositories.get(repair.repository)
    hopeless = _hopeless(repair, phase, repository)
    if hopeless is not None or repository is None:
        await _aside(shared, repair, hopeless or "", report)
        return
    try:
        lingers = await repository.repair(repair, again=again)
    except Exception as error:
        aside = await shared.queue.fail(repair, error)
        report.aside += aside
        report.failed += not aside
        shared.told(Repaired(repair.repository, "aside" if aside else "failed"))
        LOG.warning(
            "a repair of %s failed%s: %s", repair.repository, " and is given up" if aside else "", type(error).__name__,
            extra=repository.writer.context(repair),
        )  # fmt: skip
        return
    await shared.queue.done(repair, lingers=lingers)
    report.done += 1
    shared.statistics.count(repair.repository, repaired=1)
    shared.told(Repaired(repair.repository, "done"))
    LOG.info("a write of %s is set right", repair.repository, extra=repository.writer.context(repair))


def _hopeless(repair: Repair, phase: Phase, repository: DualRepository | None) -> str | None:
    """Why trying would not help, or do harm; None where it may."""
    flags = FLAGS[phase]
    if repository is None:
        return "the contract has no such entity any more"
    if repair.row_key is None:
        return (
            "a create was cut off before its row's key was known: verify the entity; where there is a row without an "
            "item, refresh it"
        )
    if repair.direction == "forward" and not flags.writes_source:
        return "phase 5 has begun: MySQL's row may be older than the item; compare them"
    if repair.direction == "forward" and not flags.writes_table:
        return "phase 1: nothing is written to DynamoDB; backfill before phase 2 counts again"
    if repair.direction == "reverse" and flags.writes_source:
        return "phase 5 is over: the item may be older than MySQL's row; compare them"
    if repair.direction == "reverse" and repository.reverse is None:
        return NotInContract(repository.why_not_reverse).message
    return None


async def _aside(shared: Shared, repair: Repair, reason: str, report: RepairReport) -> None:
    repair.reason = reason
    await shared.queue.set_aside(repair)
    report.aside += 1
    shared.told(Repaired(repair.repository, "aside"))
    LOG.error(
        "a repair of %s is given up: %s", repair.repository, reason, extra={"correlation_id": repair.correlation_id}
    )
