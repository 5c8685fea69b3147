"""What came of asking providers, as data for people. Must not decide anything, and never shows a secret.

Loaded when somebody asks: a program that has its credentials needs no explanation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from ..errors import CredentialsNotFound, DynamoDBError
from .credentials import Provider, unforeseen

Outcome = Literal["found", "not found", "failed", "not tried"]


@dataclass(frozen=True, slots=True)
class Step:
    """One provider's line in an ``Explanation``.

    Attributes:
        provider: its name.
        outcome: what came of it; ``not found`` means not set up here, ``failed`` set up and not working.
        looked_at: the variables, files or address that it reads.
        detail: what was found, or why nothing was.
    """

    provider: str
    outcome: Outcome
    looked_at: str = ""
    detail: str = ""


@runtime_checkable
class Explains(Protocol):
    """A provider that consists of others, and tells the outcome of each."""

    async def explain(self) -> tuple[Step, ...]: ...


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was tried for credentials, in order. ``str()`` is a table for people; no secret is in it.

    Attributes:
        steps: one for each provider.
        held: what the client holds at the moment, and its last failure.
    """

    steps: tuple[Step, ...]
    held: str = ""

    @property
    def found(self) -> str | None:
        """The name of the provider whose credentials are used; None where nobody has any."""
        if any(step.outcome == "failed" for step in self.steps):
            return None
        return next((step.provider for step in reversed(self.steps) if step.outcome == "found"), None)

    def __str__(self) -> str:
        lines = [f"credentials: found by {self.found}" if self.found else "credentials: none found"]
        if self.held:
            lines.append(f"held now: {self.held}")
        rows = [("", "provider", "outcome", "looked at", "detail")]
        rows += [
            (str(number), step.provider, step.outcome, step.looked_at or "-", step.detail)
            for number, step in enumerate(self.steps, 1)
        ]
        return "\n".join([*lines, *_table(rows)])


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows as lines with aligned columns; the last column is not padded."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


async def explain_provider(provider: Provider) -> tuple[Step, ...]:
    """Ask a provider, and tell what came of it: one step, or several where it consists of others."""
    if isinstance(provider, Explains):
        return await provider.explain()
    return (await explain_fetch(provider),)


async def explain_fetch(provider: Provider) -> Step:
    """One ``fetch`` of a provider as a step."""
    looked_at = looks_at(provider)
    try:
        found = await provider.fetch()
    except CredentialsNotFound as error:
        return Step(provider.name, "not found", looked_at, error.message)
    except DynamoDBError as error:
        return Step(provider.name, "failed", looked_at, error.message)
    except Exception as error:
        return Step(provider.name, "failed", looked_at, unforeseen(error))
    return Step(provider.name, "found", looked_at, found.describe())


def looks_at(provider: Provider) -> str:
    """What a provider reads, where it says so: its ``looks_at``, or nothing."""
    found = getattr(provider, "looks_at", "")
    return found if isinstance(found, str) else ""
