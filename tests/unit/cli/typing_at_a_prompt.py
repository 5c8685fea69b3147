"""Commands run in this process against a server of their own, and what they print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hashrange.simulator import Engine
from hashrange.simulator.declare import TableSpec

TABLES = (
    "app",
    TableSpec(
        "orders",
        partition_key="customer",
        sort_key="number:N",
        indexes={"by_status": ("status", "placed")},
        ttl_attribute="until",
    ),
    TableSpec("blobs", partition_key="digest:B", sort_key=None),
)


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    def error(self) -> str:
        """The one line that a failed command says."""
        assert self.code == 1
        assert self.err.startswith("hashrange: error: "), self.err
        assert self.err.count("\n") == 1, self.err
        return self.err.removeprefix("hashrange: error: ").strip()


class Prompt(Protocol):
    """``prompt("get", "app", "a", "b")``: a command with ``--local`` of the test's server."""

    engine: Engine
    port: int

    def __call__(self, *arguments: str) -> Ran: ...


Run = Callable[..., Ran]
