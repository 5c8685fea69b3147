"""How far a backfill is: counts, the event that tells them, and the report of a whole run. Plain data."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Counts(Struct):
    """What became of rows; all but ``read`` and ``different`` add up to ``read``.

    Attributes:
        read: rows that were read.
        written: items that were written.
        present: items that were there already.
        different: those of them that hold something else than the row: written since, or by another program.
        deleted: rows that were deleted in the source since the snapshot, as a tombstone says.
        refused: rows that cannot become an item.
    """

    read: int = 0
    written: int = 0
    present: int = 0
    different: int = 0
    deleted: int = 0
    refused: int = 0

    def add(self, other: Counts) -> None:
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __str__(self) -> str:
        parts = [f"{self.read:,} read", f"{self.written:,} written", f"{self.present:,} there already"]
        if self.different:
            parts[-1] += f" ({self.different:,} with other content)"
        if self.deleted:
            parts.append(f"{self.deleted:,} deleted meanwhile")
        return ", ".join([*parts, f"{self.refused:,} refused"])


class Progress(Struct, frozen=True):
    """A page is done.

    Attributes:
        entity, table: of which.
        repository: the entity's name in state and files.
        chunk: which range of its rows, from 0.
        counts: of the entity so far, earlier runs included.
        total: rows of all entities of the run, as they were counted when it began.
        done: rows of all entities that are done.
    """

    entity: str
    table: str
    repository: str
    chunk: int
    counts: Counts
    total: int
    done: int


class Report(Struct, frozen=True):
    """What a run has done, with what the runs before it had.

    Attributes:
        entities: repository to counts.
        seconds: of this run.
        resumed: whether runs before this one had begun.
        files: files that were written: refused rows, or an export.
    """

    entities: Mapping[str, Counts]
    seconds: float
    resumed: bool
    files: tuple[str, ...] = ()

    @property
    def total(self) -> Counts:
        """Of all entities."""
        found = Counts()
        for counts in self.entities.values():
            found.add(counts)
        return found
