"""What two requests differ in, path by path, and which recordings are nearest to a request that none matches.

Pure. Must not know files or transports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from .cassette import Recording

NEAREST_MAX_COUNT: Final = 3
_DIFFERENCES_SHOWN: Final = 5
_VALUE_MAX_CHARS: Final = 60
_ABSENT: Final = object()


class Difference(Struct, frozen=True):
    """One place in which two requests differ.

    Attributes:
        path: for example ``Item.name.S``.
        asked, recorded: JSON of what is there, shortened; None where nothing is.
    """

    path: str
    asked: str | None
    recorded: str | None

    def __str__(self) -> str:
        if self.recorded is None:
            return f"{self.path} is {self.asked}, not recorded"
        return f"{self.path} is {'absent' if self.asked is None else self.asked}, recorded {self.recorded}"


class Near(Struct, frozen=True):
    """A recording that is near to a request.

    Attributes:
        line: where it stands in the cassette.
        used: whether it was replayed already.
        differences: empty where it is the same.
    """

    line: int
    operation: str
    used: bool
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        what = "; ".join(map(str, self.differences[:_DIFFERENCES_SHOWN])) or "the same"
        more = len(self.differences) - _DIFFERENCES_SHOWN
        ending = f"; and {more} more" if more > 0 else ""
        return f"line {self.line} ({self.operation}{', used already' if self.used else ''}): {what}{ending}"


def nearest(operation: str, request: Any, recordings: Iterable[tuple[int, Recording, bool]]) -> list[Near]:
    """The recordings of this operation that differ least: those still to be used first.

    Args:
        request: in canonical form.
        recordings: with the line of each, and whether it was used.
    """
    found = [near_to(request, line, each, used) for line, each, used in recordings if each.operation == operation]
    found.sort(key=lambda near: (len(near.differences) + near.used, near.line))
    return found[:NEAREST_MAX_COUNT]


def near_to(request: Any, line: int, recording: Recording, used: bool) -> Near:
    """What a request differs in from one recording."""
    return Near(line, recording.operation, used, tuple(differences(request, recording.request)))


def differences(asked: Any, recorded: Any, path: str = "") -> Iterator[Difference]:
    """Every place in which two JSON values differ, in the order of the paths."""
    if isinstance(asked, dict) and isinstance(recorded, dict):
        for name in sorted(asked.keys() | recorded.keys()):
            inner = f"{path}.{name}" if path else name
            yield from differences(asked.get(name, _ABSENT), recorded.get(name, _ABSENT), inner)
    elif isinstance(asked, list) and isinstance(recorded, list):
        for at in range(max(len(asked), len(recorded))):
            one, other = (values[at] if at < len(values) else _ABSENT for values in (asked, recorded))
            yield from differences(one, other, f"{path}[{at}]")
    elif type(asked) is not type(recorded) or asked != recorded:
        yield Difference(path or "the request", _shown(asked), _shown(recorded))


def _shown(value: Any) -> str | None:
    if value is _ABSENT:
        return None
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _VALUE_MAX_CHARS else f"{text[: _VALUE_MAX_CHARS - 3]}..."
