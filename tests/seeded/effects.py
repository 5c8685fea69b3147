"""The model: what callers were told of their writes, and what may therefore be stored.

``Effects`` is about operations that each leave a name of their own behind: every acknowledged one exactly once, every
refused one not at all, every ambiguous one once or not. ``Register`` is about an item with a single writer: a read sees
the last acknowledged write, or a later one. Must not know clients or requests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from msgspec import Struct

#: what a caller knows of a write: it happened; it did not; nobody can tell (yet)
Status: TypeAlias = Literal["pending", "done", "refused", "ambiguous"]


class Effects:
    """Operations with names, and what became of each."""

    def __init__(self) -> None:
        self._status: dict[str, Status] = {}

    def begin(self, name: str) -> None:
        """It is about to be sent."""
        assert name not in self._status, "every operation has a name of its own"
        self._status[name] = "pending"

    def settle(self, name: str, status: Status) -> None:
        """What its caller was told. What was acknowledged once stays so."""
        if self._status[name] != "done" and not (self._status[name] == "ambiguous" and status == "refused"):
            self._status[name] = status

    def of(self, status: Status) -> list[str]:
        return [name for name, found in self._status.items() if found == status]

    def judge(self, stored: Iterable[str]) -> list[str]:
        """What is wrong with these names being stored."""
        times = Counter(stored)
        found = [f"{name} was applied {count} times" for name, count in times.items() if count > 1]
        for name in sorted(times.keys() - self._status.keys()):
            found.append(f"{name} was never sent")
        for name, status in self._status.items():
            if status == "done" and name not in times:
                found.append(f"{name} was acknowledged and is lost")
            if status == "refused" and name in times:
                found.append(f"{name} was refused for good and is applied")
            if status == "pending":
                found.append(f"{name} never came to an end")
        return found


class Version(Struct):
    """One write of a register: the item afterwards (None: none), and what its writer was told."""

    item: dict[str, Any] | None
    status: Status = "pending"
    seen: bool = False


class Register:
    """An item that one worker writes, one write at a time, and that anybody reads.

    Attributes:
        name: of the item, for people.
        floor: the last version that is known to have been stored.
        writable_at: before this time it must not be written, since an older write might still arrive.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._versions = [Version(None, "done")]
        self.floor = 0
        self.writable_at = 0.0

    @property
    def is_certain(self) -> bool:
        """Whether it is known what is stored."""
        return all(version.status == "refused" for version in self._versions[self.floor + 1 :])

    @property
    def item(self) -> dict[str, Any] | None:
        """What is stored. Only where it is certain."""
        assert self.is_certain
        return self._versions[self.floor].item

    @property
    def next_number(self) -> int:
        """A number that no version has had."""
        return len(self._versions)

    def begin(self, item: dict[str, Any] | None) -> int:
        """A write is about to be sent; its number."""
        self._versions.append(Version(item))
        return len(self._versions) - 1

    def settle(self, number: int, status: Status) -> list[str]:
        """What the writer was told; what is wrong with that."""
        version = self._versions[number]
        version.status = status
        if status == "done":
            self.floor = max(self.floor, number)
        if status == "refused" and version.seen:
            return [f"{self.name}: version {number} was refused for good and had been read"]
        return []

    def observe(self, item: dict[str, Any] | None, since: int) -> list[str]:
        """Somebody has read it.

        Args:
            item: what was read.
            since: the floor when the read began; 0 for reads that may be stale.

        Returns:
            What is wrong with that.
        """
        fitting = [
            number
            for number, version in enumerate(self._versions)
            if number >= since and version.status != "refused" and version.item == item
        ]
        if not fitting:
            older = [number for number, version in enumerate(self._versions) if version.item == item]
            return [
                f"{self.name}: read {item}, which is of version {older or 'none'}; version {since} was stored before"
            ]
        if len(fitting) == 1:
            self._versions[fitting[0]].seen = True
        self.floor = max(self.floor, fitting[0])
        return []

    def resolve(self, item: dict[str, Any] | None) -> list[str]:
        """Its writer has read it, when nothing older could arrive any more: this is what is stored."""
        found = self.observe(item, self.floor)
        self._versions.append(Version(item, "done"))
        self.floor = len(self._versions) - 1
        return found

    def judge(self, item: dict[str, Any] | None) -> list[str]:
        """What is wrong with this being stored at the end."""
        pending = [f"{self.name}: a write never came to an end"] if self._status_left() else []
        return pending + self.observe(item, self.floor)

    def _status_left(self) -> bool:
        return any(version.status == "pending" for version in self._versions)
