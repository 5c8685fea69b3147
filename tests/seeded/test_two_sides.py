"""A shop moves while it is open: whatever is lost, late or killed, both sides hold the same in the end."""

from __future__ import annotations

import os
from collections import Counter as Tally
from collections.abc import Callable
from pathlib import Path

import pytest

from hashrange import Key
from hashrange.migration.dual import DualLayer
from hashrange.migration.dual.reconcile import Note, Reconciler
from hashrange.migration.dual.rows import Found, Place, RowKey
from hashrange.migration.dual.writes import DualWriter
from hashrange.migration.state.tombstones import Tombstones
from tests.loops import run_clean

from .threadless import ThreadlessLoop
from .two_sides import TwoSides
from .weather import Weather, weather_of

_SEEDS = [int(one) for one in os.environ.get("TWO_SIDES_SEEDS", "").split()] or range(8)
_BROKEN_SEEDS = (2, 14, *range(20, 80))  # the first of them do, as chance stands now


def lived(
    folder: Path, seed: int, weather: Weather | None = None, **options: object
) -> tuple[list[str], Tally[str], str]:
    """What a seed's world finds wrong, what happened in it, and a digest of that."""
    worlds: list[TwoSides] = []
    findings: list[str] = []

    async def body() -> None:
        world = TwoSides(folder, seed, weather_of(seed) if weather is None else weather, **options)  # type: ignore[arg-type]
        worlds.append(world)
        try:
            findings.extend(await world.live())
        finally:
            await world.close()

    run_clean(lambda: ThreadlessLoop(seed), body)
    return findings, worlds[0].counts, worlds[0].journal.digest()


@pytest.mark.parametrize("seed", _SEEDS)
def test_both_sides_hold_the_same_in_the_end(seed: int, tmp_path: Path) -> None:
    findings, counts, _ = lived(tmp_path, seed)
    assert not findings, f"seed {seed}: {findings}\n{counts}"


@pytest.mark.parametrize("seed", [1, 3])
def test_a_write_may_be_undone_instead(seed: int, tmp_path: Path) -> None:
    findings, counts, _ = lived(tmp_path, seed, policy="compensate")
    assert not findings, f"seed {seed}: {findings}\n{counts}"


def test_a_seed_repeats_itself(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    one, other = (lived(tmp_path / name, 2) for name in ("one", "other"))
    assert one[1] == other[1]


# ── it would notice ──────────────────────────────────────────────────────────────────────────────────────────────────
class OneLook(Reconciler):
    """Writes what it sees, and does not look again."""

    async def settle(self, row_key: RowKey, known: dict[Key, Place], note: Note) -> Found | None:
        found = {one.key: one for one in await self._rows.look([row_key])}
        await note({one.key: one.place for one in found.values()})
        known.update({one.key: one.place for one in found.values()})
        await self._write({key: found[key].item if key in found else None for key in known}, {}, set())
        return next(iter(found.values()), None)


class NoGraves(Tombstones):
    """Buries nothing."""

    async def bury(self, key: Key, at: float) -> None:
        return None


def _broken(kind: type[Reconciler], stones: type[Tombstones]) -> Callable[[DualLayer], None]:
    def broken(layer: DualLayer) -> None:
        for repository in layer:
            table, rows = repository.secondary.table, repository.writer.rows
            reconciler = kind(rows, table, stones(layer.state, table.name), clock=layer.shared.clock)
            repository.writer = DualWriter(layer.shared, repository.primary, rows, reconciler, layer.layer.db)

    return broken


@pytest.mark.parametrize(("kind", "stones"), [(OneLook, Tombstones), (Reconciler, NoGraves)])
def test_what_the_protocol_does_is_needed(kind: type[Reconciler], stones: type[Tombstones], tmp_path: Path) -> None:
    """Without its second look, or without tombstones, some seed ends with sides that differ."""
    for seed in _BROKEN_SEEDS:
        folder = tmp_path / str(seed)
        folder.mkdir()
        findings, _, _ = lived(folder, seed, wrap=_broken(kind, stones))
        if any("set aside" not in finding for finding in findings):
            return
    pytest.fail("no seed notices it")
