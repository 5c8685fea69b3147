"""From samples to figures: medians over the rounds, and what SPEC asks of them. Pure: no process, file or clock.

A figure is the median of one cell over all rounds. A peer's best is the fastest, by operations per second, of its
loops and variants. Ratios are between medians of one run on one machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

GROUPS = ("aiodynamo", "aioboto3", "boto3", "pydynox")


@dataclass(frozen=True)
class Figure:
    """The medians of one client, loop and cell."""

    client: str
    group: str
    loop: str
    operation: str
    in_flight: int
    transport: str
    operations_per_s: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    connections: int
    stub_busy: float
    rounds: int

    @property
    def client_busy(self) -> float:
        """The share of the wall time that the client spent on its CPU, in cores."""
        return self.operations_per_s * self.cpu_us / 1e6

    @property
    def cell(self) -> tuple[str, int, str]:
        """What is comparable with what."""
        return self.operation, self.in_flight, self.transport


@dataclass(frozen=True)
class Goal:
    """One required figure.

    Attributes:
        text: its wording.
        needed, measured: the requirement and this run; None: not measured.
        at_most: whether ``needed`` is the most or the least.
        unit: of both.
        cpu_times: for a ratio of operations/s, the same ratio by CPU time a call, which other work on the machine
            disturbs less; it decides nothing.
    """

    text: str
    needed: float
    measured: float | None
    at_most: bool
    unit: str
    cpu_times: float | None = None

    @property
    def verdict(self) -> str:
        """``met``, ``missed`` or ``not measured``."""
        if self.measured is None:
            return "not measured"
        held = self.measured <= self.needed if self.at_most else self.measured >= self.needed
        return "met" if held else "missed"


def figure(client: str, group: str, loop: str, samples: list[dict[str, Any]]) -> Figure:
    """The medians of samples of one cell."""

    def middle(name: str) -> float:
        return median(float(sample[name]) for sample in samples)

    return Figure(
        client=client,
        group=group,
        loop=loop,
        operation=samples[0]["operation"],
        in_flight=samples[0]["in_flight"],
        transport=samples[0]["transport"],
        operations_per_s=middle("operations_per_s"),
        cpu_us=middle("cpu_us"),
        p50_ms=middle("p50_ms"),
        p99_ms=middle("p99_ms"),
        connections=int(middle("connections")),
        stub_busy=middle("stub_busy"),
        rounds=len(samples),
    )


def best(figures: Iterable[Figure], group: str, cell: tuple[str, int, str]) -> Figure | None:
    """The fastest of a group in a cell; None when it was not measured."""
    found = [one for one in figures if one.group == group and one.cell == cell]
    return max(found, key=lambda one: one.operations_per_s, default=None)


def ratio(one: Figure, figures: Iterable[Figure], group: str) -> float | None:
    """How many times the operations per second of the group's best; None when that was not measured."""
    peer = best(figures, group, one.cell)
    return None if peer is None else one.operations_per_s / peer.operations_per_s


def goals(figures: list[Figure]) -> list[Goal]:
    """What the performance requirements ask of the client, with what this run measured."""
    ours = {(one.loop, one.cell): one for one in figures if one.group == "hashrange"}
    plain, tls = ("GetItem", 64, "plain"), ("GetItem", 64, "tls")
    found = []
    for loop, cell, needed in (
        ("asyncio", plain, 60.0),
        ("uvloop", plain, 50.0),
        ("asyncio", tls, 75.0),
        ("uvloop", tls, 75.0),
    ):
        one = ours.get((loop, cell))
        over = " over TLS" if cell == tls else ""
        found.append(Goal(f"CPU a call on {loop}{over}", needed, None if one is None else one.cpu_us, True, "µs"))
    one = ours.get(("uvloop", plain))
    for group, needed in (("aiodynamo", 4.0), ("aioboto3", 15.0), ("pydynox", 3.0)):
        text, peer = f"operations/s on uvloop, against {group} at its best", best(figures, group, plain)
        if one is None or peer is None:
            found.append(Goal(text, needed, None, False, "×"))
        else:
            times, cpu_times = one.operations_per_s / peer.operations_per_s, peer.cpu_us / one.cpu_us
            found.append(Goal(text, needed, times, False, "×", cpu_times))
    return found
