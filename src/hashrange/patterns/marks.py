"""Who wrote which version of an item: a short text beside the version. Pure.

Every writer of a moment has a *lane*, a name of its own under which it writes one thing after the other. The text has
the last version that each of the last lanes wrote, newest first, and since which version it is complete:

    41:Kx3vbTqz.57,p0a_Jd4h.56,Zq81kLmn.49

So whoever has lost an answer finds out whether a version was its own, however many versions ago, as long as not too
many others have written since. Must not know items.
"""

from __future__ import annotations

import re
from typing import Any, Final

from msgspec import Struct

#: so many lanes are remembered; the text has up to some 400 bytes with them
LANES_MAX_COUNT: Final = 32
LANE_BYTES: Final = 6  # of chance
_FORM: Final = re.compile(r"\d+:[\w-]+\.\d+(?:,[\w-]+\.\d+)*", re.ASCII)


class Marks(Struct, frozen=True):
    """The marks of an item.

    Attributes:
        since: every version from this one on was written with a mark.
        lanes: ``(lane, version)``, each lane once, newest first.
    """

    since: int
    lanes: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        return f"{self.since}:{','.join(f'{lane}.{version}' for lane, version in self.lanes)}"

    @property
    def latest(self) -> int:
        return self.lanes[0][1]


def parse_marks(text: Any) -> Marks | None:
    """The marks that an item has; None where it has none, or something else."""
    if not isinstance(text, str) or not _FORM.fullmatch(text):
        return None
    since, _, entries = text.partition(":")
    pairs = (entry.split(".") for entry in entries.split(","))
    return Marks(int(since), tuple((lane, int(version)) for lane, version in pairs))


def next_marks(before: Marks | None, expected: int | None, lane: str, version: int) -> Marks:
    """The marks of a new version.

    Args:
        before: of the item as it was read.
        expected: the version that is written over; where the marks are not of that one, they begin anew.
        lane, version: who writes what.
    """
    if before is None or before.latest != expected:
        return Marks(version, ((lane, version),))
    others = [entry for entry in before.lanes if entry[0] != lane]
    return Marks(before.since, ((lane, version), *others)[:LANES_MAX_COUNT])


def wrote(found: Marks | None, found_version: Any, lane: str, version: int) -> bool | None:
    """Whether that lane wrote that version; None where nobody knows. (It has tried nothing else since.)

    Args:
        found: the marks of the item that is there now.
        found_version: the version of the item that is there now.
    """
    if found is not None and (lane, version) in found.lanes:
        return True
    if found_version == version:
        return False  # this very version, without its mark
    if found is None or found.since > version:
        return None
    forgotten = len(found.lanes) >= LANES_MAX_COUNT and found.lanes[-1][1] > version
    return None if forgotten else False
