"""What every command has in common: the parser it is written with, and the error that ends it.

Must not know any command.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NoReturn


class CommandError(Exception):
    """A command cannot do what was asked.

    Args:
        message: what is wrong, for whoever typed it.
        hint: what to do about it, or None.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message} ({self.hint})"


class Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviations, and names the command, option or choice that was probably meant."""

    def __init__(self, **settings: Any) -> None:
        self.spellings: list[str] = []
        settings.setdefault("allow_abbrev", False)
        super().__init__(**settings)

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        self.note(names)
        return super().add_argument(*names, **settings)

    def note(self, names: Iterable[Any]) -> None:
        """Remember the spellings of an option, also of one that is declared in a group."""
        self.spellings += [name for name in names if isinstance(name, str) and name.startswith("--")]

    def error(self, message: str) -> NoReturn:
        unknown = re.search(r"unrecognized arguments: .*?(--[^\s=]+)", message)
        if unknown and unknown[1] in self.spellings:
            super().error(f"{message} (options stand after the command)")
        near = did_you_mean(unknown[1], self.spellings) if unknown else _nearest_choice(message)
        if message.endswith("required: COMMAND"):
            near = f"'{self.prog} --help' lists them"
        super().error(f"{message} ({near})" if near else message)


def _nearest_choice(message: str) -> str | None:
    found = re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message, re.DOTALL)
    if found is None:
        return None
    return did_you_mean(found[1], [choice.strip(" '") for choice in found[2].split(",")])


def did_you_mean(typed: str, known: Iterable[str], quote: str = "") -> str | None:
    """``did you mean X?`` for the nearest of the known names; None where none is near."""
    near = get_close_matches(typed, list(known), 1)
    return f"did you mean {quote}{near[0]}{quote}?" if near else None
