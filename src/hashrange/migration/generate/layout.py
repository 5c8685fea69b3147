"""Source text whose layout a formatter leaves as it is: one element a line, with a comma after the last.

Owns quoting, wrapping and indentation; the width is 88 columns, so that formatters of any setting agree. Must not know
what the text is about.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Final

WIDTH: Final = 88
STEP: Final = "    "


def quoted(text: str) -> str:
    """A string literal, in double quotes unless that takes more escapes."""
    made = repr(text)
    if made[0] == '"':
        return made
    inner = made[1:-1]
    if '"' in inner:
        return made
    return '"' + inner.replace("\\'", "'") + '"'


def indented(lines: Iterable[str], steps: int = 1) -> list[str]:
    """Lines further to the right; empty ones stay empty."""
    return [f"{STEP * steps}{line}" if line else "" for line in lines]


def exploded(opening: str, elements: Iterable[str], closing: str) -> list[str]:
    """``name(`` … ``)`` with each element, of one line or several, on lines of its own; one line without any."""
    lines: list[str] = []
    for element in elements:
        *first, last = element.split("\n")
        lines += [*first, f"{last},"]
    return [opening + closing] if not lines else [opening, *indented(lines), closing]


def docstring(text: str, *, steps: int = 0) -> list[str]:
    """Paragraphs as a docstring; the first line is the summary. Lines that are indented are kept as they are."""
    width = WIDTH - len(STEP) * steps
    paragraphs = text.strip().split("\n")
    lines: list[str] = []
    for number, paragraph in enumerate(paragraphs):
        room = width - 3 if number == 0 else width
        if len(paragraphs) == 1 and len(paragraph) <= room:
            room -= 3  # one line has both quotes
        if not paragraph.strip():
            lines.append("")
            continue
        indent = paragraph[: len(paragraph) - len(paragraph.lstrip())]
        lines += textwrap.wrap(
            paragraph.strip(), room, initial_indent=indent, subsequent_indent=indent + (STEP if indent else ""),
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    lines = [line.replace("\\", "\\\\").replace('"""', "'''") for line in lines]
    if len(lines) == 1 and not lines[0].endswith('"'):
        return [f'"""{lines[0]}"""']
    return [f'"""{lines[0]}', *lines[1:], '"""']


def function(
    name: str, parameters: Iterable[str], returns: str, doc: str, body: Iterable[str], *, is_async: bool, steps: int = 1
) -> list[str]:
    """A method, its parameters one a line."""
    head = "async def" if is_async else "def"
    return [
        *exploded(f"{head} {name}(", parameters, f") -> {returns}:"),
        *indented(docstring(doc, steps=steps + 1)),
        *indented(body),
    ]
