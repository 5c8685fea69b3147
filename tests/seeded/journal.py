"""What happened in a world, in order: the lines by which two runs of a seed are compared, and a failure is understood.

Must hold nothing that differs between two runs of one seed: no addresses, no order of a set, no real time.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter


class Journal:
    """Lines with the virtual time of each.

    Attributes:
        lines: oldest first.
        findings: what must not have happened.
        counts: how often what happened, for reports and for tests that look whether it happened at all.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.findings: list[str] = []
        self.counts: Counter[str] = Counter()

    def note(self, kind: str, text: str) -> None:
        """Something happened."""
        self.counts[kind] += 1
        self.lines.append(f"{asyncio.get_running_loop().time():.9f} {kind} {text}")

    def find(self, text: str) -> None:
        """Something happened that must not."""
        self.findings.append(text)
        self.note("VIOLATION", text)

    def digest(self) -> str:
        """The same for two runs if they were the same, byte for byte."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()

    def about(self, *words: str, most: int = 60) -> list[str]:
        """The last lines with one of these words."""
        return [line for line in self.lines if any(word in line for word in words)][-most:]
