"""The file in which a long command writes down how far it came, so that the same command goes on.

Written in one step each time: an interruption leaves the last whole one. Must not know what is exported or imported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from .command import CommandError

VERSION: Final = 1

S = TypeVar("S", bound="State")


class State(Struct, kw_only=True):
    """What both kinds of state have in common.

    Attributes:
        version: of the format.
        table, endpoint: which table it is about.
    """

    table: str
    endpoint: str
    version: int = VERSION


def load(path: Path, kind: type[S], table: str, endpoint: str) -> S | None:
    """The state in a file; None where there is no file.

    Raises:
        CommandError: it is no such state, or one of another table.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    again = "--restart begins anew"
    try:
        state = msgspec.json.decode(data, type=kind)
    except (ValueError, RecursionError):
        raise CommandError(f"{path} does not say how far an earlier run came", again) from None
    if state.version != VERSION:
        raise CommandError(f"{path} is of version {state.version}; this release knows version {VERSION}", again)
    if (state.table, state.endpoint) != (table, endpoint):
        raise CommandError(f"{path} is about table {state.table!r} at {state.endpoint}", again)
    return state


def save(path: Path, state: State) -> None:
    """Write a state in the place of the one before.

    Raises:
        CommandError: it cannot be written.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        beside.write_bytes(msgspec.json.encode(state))
        beside.replace(path)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", "progress cannot be kept") from None


def forget(path: Path) -> None:
    """Remove the file, if there is one."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
