"""Phases: which steps there are, what each gate says, and how workers follow."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hashrange import ConfigurationError
from hashrange.migration.dual import Gates, PhaseControl, PhaseRefused, PhaseUnknown, Rules, Timing
from hashrange.migration.dual.gates import Facts, verdicts
from hashrange.migration.dual.phase import FLAGS, Phase, PhaseBook
from hashrange.migration.dual.repair_queue import RepairQueue
from hashrange.migration.dual.statistics import Statistics, counted
from hashrange.migration.errors import MigrationError
from hashrange.migration.state.file_store import FileStore
from hashrange.migration.state.store import Entry
from tests.fakes import FakeClock

HOUR = 3_600.0
OPEN = Gates(write_hours=0, writes_min=0, read_hours=0, reads_min=0, stable_hours=0)


class Store(FileStore):
    """A state that cannot be read while ``lost``."""

    lost = False

    async def read(self, key: str) -> Entry | None:
        if self.lost:
            raise MigrationError("it is lost")
        return await super().read(key)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    found = Store(tmp_path / "state")
    yield found
    await found.close()


def test_flags_are_those_of_the_phases() -> None:
    assert [(one.writes_source, one.writes_table, one.reads_table) for one in FLAGS.values()] == [
        (True, False, False), (True, True, False), (True, True, False), (True, True, True), (False, True, True),
    ]  # fmt: skip
    assert [one.validates for one in FLAGS.values()] == [False, False, True, False, False]


# ── gates ────────────────────────────────────────────────────────────────────────────────────────────────────────────
GOOD = Facts(hours_in_phase=48, writes=1_000, failed_writes=9, reads=10_000, mismatches=9)


@pytest.mark.parametrize(
    ("current", "facts", "closed"),
    [
        (1, Facts(hours_in_phase=0), []),
        (2, GOOD, []),
        (2, Facts(hours_in_phase=23.9, writes=1_000), ["time"]),
        (2, Facts(hours_in_phase=24, writes=99), ["writes"]),
        (2, Facts(hours_in_phase=24, writes=1_000, failed_writes=11), ["write errors", "write success"]),
        (2, Facts(hours_in_phase=24, writes=1_000, repairs=101), ["repairs"]),
        (2, Facts(hours_in_phase=24, writes=1_000, aside=1), ["repairs"]),
        (3, GOOD, []),
        (3, Facts(hours_in_phase=24, reads=10_000, mismatches=11), ["mismatches"]),
        (3, Facts(hours_in_phase=24, reads=999), ["comparisons"]),
        (4, Facts(hours_in_phase=48, writes=1_000), []),
        (4, Facts(hours_in_phase=47, writes=1_000), ["time"]),
        (4, GOOD, ["stability"]),
        (4, Facts(hours_in_phase=48, writes=1_000, repairs=1), ["repairs"]),
    ],
)
def test_gates_say_what_is_closed(current: Phase, facts: Facts, closed: list[str]) -> None:
    following: dict[Phase, Phase] = {1: 2, 2: 3, 3: 4, 4: 5}
    found = verdicts(current, following[current], facts, Gates())
    assert [one.name for one in found if not one.open] == closed


def test_going_back_has_no_gates_but_for_repairs_of_phase_5() -> None:
    assert verdicts(3, 2, Facts(hours_in_phase=0, writes=1, failed_writes=1), Gates()) == ()
    (repairs,) = verdicts(5, 4, Facts(hours_in_phase=0, repairs=1), Gates())
    assert (repairs.open, repairs.can_be_forced) == (False, False)


def test_settings_of_gates_are_checked() -> None:
    with pytest.raises(ConfigurationError, match=r"mismatches_max is 1\.5"):
        Gates(mismatches_max=1.5)
    with pytest.raises(ConfigurationError, match="reads_min is -1"):
        Gates(reads_min=-1)


# ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_phases_change_one_step_at_a_time_and_are_written_down(store: Store) -> None:
    clock = FakeClock()
    control = PhaseControl(store, clock=clock)
    with pytest.raises(PhaseRefused, match="phase 3 does not follow phase 1"):
        await control.set(3, force=True)
    with pytest.raises(PhaseRefused, match="there is no phase 7"):
        await control.set(7)
    await control.set(2, by="ada", reason="let's go")
    with pytest.raises(PhaseRefused, match=r"the phase has lasted 0\.0 h, 24 h are wanted") as caught:
        await control.set(3)
    assert len(caught.value.gates) == 2
    await control.set(3, force=True)
    await control.set(2)
    assert [(one.before, one.phase, one.forced, one.by) for one in await control.history()] == [
        (1, 2, False, "ada"), (2, 3, True, ""), (3, 2, False, ""),
    ]  # fmt: skip


async def test_gates_are_judged_by_what_all_workers_have_counted(store: Store) -> None:
    clock = FakeClock()
    control = PhaseControl(store, clock=clock)
    await control.set(2)
    clock.advance(HOUR)
    for failed in (0, 3):
        worker = Statistics(store, flush_seconds=0, clock=clock)
        for at in range(100):
            worker.count("orders", writes=1, failed_writes=int(at < failed))
        await worker.flush_when_due()
        worker.count("orders", writes=1)
        await worker.flush_when_due()
    clock.advance(24 * HOUR)
    tally = (await control.standing()).tallies["orders"]
    assert (tally.writes, tally.failed_writes) == (202, 3)
    with pytest.raises(PhaseRefused, match=r"1\.485% of 202 writes failed"):
        await control.set(3)
    clock.advance(HOUR * 2)
    assert (await counted(store, 24, clock.time())) == {}  # it was too long ago
    with pytest.raises(PhaseRefused, match="0 were counted, 100 are wanted"):
        await control.set(3)


async def test_what_would_be_lost_cannot_be_forced(store: Store) -> None:
    clock = FakeClock()
    control = PhaseControl(store, clock=clock, gates=OPEN)
    for phase in (2, 3, 4):
        await control.set(phase)
    queue = RepairQueue(store, Rules(), clock=clock)
    repair = await queue.begin("orders", "update", (5,), {})
    assert await queue.count() == (0, 0)  # under way
    await queue.fail(repair, OSError("gone"), first=True)
    with pytest.raises(PhaseRefused, match="1 writes wait for their second side"):
        await control.set(5, force=True)
    await queue.set_aside(repair)
    with pytest.raises(PhaseRefused, match="1 were given up"):
        await control.set(5, force=True)
    assert await queue.forget() == 1
    change = await control.set(5)
    assert change.effective_at - change.at == Timing().drain_seconds
    assert (await control.standing()).phase == 4
    with pytest.raises(PhaseRefused, match="takes effect in"):
        await control.set(3)
    clock.advance(Timing().drain_seconds)
    assert (await control.standing()).phase == 5
    with pytest.raises(PhaseRefused, match="without writing MySQL behind DynamoDB"):
        await control.set(4, force=True)


# ── workers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_workers_follow_within_the_age_that_they_believe(store: Store) -> None:
    clock = FakeClock()
    timing = Timing(poll_seconds=2, age_max_seconds=10)
    book = PhaseBook(store, timing, clock=clock)
    assert await book.for_write() == 1
    await PhaseControl(store, clock=clock).set(2)
    assert await book.for_write() == 1  # has read it just now
    clock.advance(2)
    assert await book.for_write() == 2


async def test_a_worker_that_cannot_read_the_phase_writes_nothing_after_a_while(store: Store) -> None:
    clock = FakeClock()
    book = PhaseBook(store, Timing(poll_seconds=2, age_max_seconds=10), clock=clock)
    store.lost = True
    with pytest.raises(PhaseUnknown):
        await book.for_read()
    store.lost = False
    clock.advance(3)
    assert await book.for_write() == 1
    store.lost = True
    clock.advance(9)
    assert await book.for_write() == 1
    clock.advance(2)
    with pytest.raises(PhaseUnknown, match="could not be read for 10 s"):
        await book.for_write()
    assert await book.for_read() == 1
    store.lost = False
    clock.advance(2)
    assert await book.for_write() == 1
