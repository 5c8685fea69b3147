"""What was asked for, what was said of it, and what has become of it: the model that the tables must equal.

Every write has a number. The books keep one byte for what was said of it ("acked", "maybe", "never"), so that they
hardly grow; what it wrote follows from its number. Must not know tables or calls.
"""

from __future__ import annotations

from collections import Counter
from enum import IntEnum

from hashrange.errors import AmbiguousWrite, DynamoDBError


class Said(IntEnum):
    """What the client said of a write."""

    NOTHING = 0
    ACKED = 1
    MAYBE = 2  # an error that says that it may have been applied; or it was cancelled
    NEVER = 3  # an error that says that it was not applied


class Books:
    """Writes by their numbers, from 1."""

    def __init__(self) -> None:
        self._said = bytearray(1)
        self._kinds = bytearray(1)
        self._names: list[str] = []
        self.registers: dict[int, Register] = {}
        self.wrong: list[str] = []  # found while the storm was blowing

    def __repr__(self) -> str:
        return f"<Books of {len(self)} writes>"

    def __len__(self) -> int:
        return len(self._said) - 1

    def new(self, kind: str) -> int:
        """The number of a write that is about to be sent."""
        if kind not in self._names:
            self._names.append(kind)
        self._said.append(Said.NOTHING)
        self._kinds.append(self._names.index(kind))
        return len(self)

    def kind(self, number: int) -> str:
        return self._names[self._kinds[number]]

    def said(self, number: int) -> Said:
        return Said(self._said[number])

    def say(self, number: int, said: Said) -> None:
        """Note what was said of a write; once."""
        assert self._said[number] == Said.NOTHING, f"{self.kind(number)} {number} has ended twice"
        self._said[number] = said

    def fail(self, number: int, error: BaseException) -> None:
        """Note that a write has ended so: with an error of the client, or cancelled."""
        if not isinstance(error, DynamoDBError):
            self.say(number, Said.MAYBE)
            return
        if isinstance(error, AmbiguousWrite) and not error.maybe_applied:
            self.wrong.append(f"{self.kind(number)} {number}: an ambiguous write that says that it was not applied")
        self.say(number, Said.MAYBE if error.maybe_applied else Said.NEVER)

    def counts(self) -> dict[str, Counter[str]]:
        """Kind → what was said → how often."""
        counts: dict[str, Counter[str]] = {name: Counter() for name in self._names}
        for kind, said in zip(self._kinds[1:], self._said[1:], strict=True):
            counts[self._names[kind]][Said(said).name.lower()] += 1
        return counts

    def differences(self, applied: Counter[int]) -> list[str]:
        """What does not fit.

        Args:
            applied: numbers of writes that show in the tables, and how often. Those of registers do not count here.
        """
        found = [*self.wrong]
        for number in range(1, len(self) + 1):
            times, said = applied[number], self.said(number)
            if said is Said.NOTHING:
                found.append(f"{self.kind(number)} {number} has not ended")
            elif said is Said.ACKED and times == 0 and not self.kind(number).startswith("register"):
                found.append(f"{self.kind(number)} {number} was acknowledged, and is lost")
            elif said is Said.NEVER and times:
                found.append(f"{self.kind(number)} {number} was applied, and its error said that it was not")
            elif times > 1:
                found.append(f"{self.kind(number)} {number} was applied {times} times")
        strangers = [number for number in applied if not 0 < number <= len(self)]
        return found + [f"nobody has asked for write {number}" for number in strangers]


class Register:
    """One key that one worker overwrites and deletes, unconditionally.

    A write whose answer was lost may be applied at any later time, over what was written after it: so it must be the
    last one.

    Attributes:
        value: the number of the last write that was acknowledged; 0 where nothing is stored.
        maybe: what may be stored instead.
        ended: no more may be written.
    """

    __slots__ = ("ended", "maybe", "value")

    def __init__(self) -> None:
        self.value = 0
        self.maybe: int | None = None
        self.ended = False

    def allows(self, found: int) -> bool:
        return found in (self.value, self.maybe)


def content(number: int) -> str:
    """The body of an item, which its number tells: mostly small, some of 20 KB, a few of 150 KB."""
    chance = number * 2_654_435_761 % 1_000
    size = 150_000 if chance < 2 else 20_000 if chance < 20 else 20 + chance
    text = f"{number} "
    return (text * (size // len(text) + 1))[:size]
