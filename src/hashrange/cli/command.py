"""What every command has in common: the parser it is written with, and the error that ends it.

Must not know any command.
"""

from __future__ import annotations

import argparse
import re
from difflib import get_close_matches
from typing import Any, NoReturn


class CommandError(Exception):
    """A command cannot do what was asked; the text is for whoever typed it."""


class Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviations, and names the option that was probably meant."""

    def __init__(self, **settings: Any) -> None:
        self.spellings: list[str] = []
        settings.setdefault("allow_abbrev", False)
        super().__init__(**settings)

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        self.spellings += [name for name in names if name.startswith("--")]
        return super().add_argument(*names, **settings)

    def error(self, message: str) -> NoReturn:
        typed = re.search(r"unrecognized arguments: .*?(--[^\s=]+)", message)
        near = get_close_matches(typed[1], self.spellings, 1) if typed else []
        super().error(f"{message} (did you mean {near[0]}?)" if near else message)
