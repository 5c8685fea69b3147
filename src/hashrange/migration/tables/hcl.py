"""Writes Terraform's language: blocks with attributes and blocks in them, aligned as ``terraform fmt`` does.

Only the part of the language that tables need. Text is escaped, so that no name can become code; an expression is
marked as one by ``Raw``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from msgspec import Struct


class Raw(Struct, frozen=True):
    """An expression, written as it is: ``var.table_prefix``."""

    text: str


class Block(Struct, frozen=True):
    """A block: its type, its labels, and what is in it, in order: (name, value) pairs and blocks."""

    type: str
    labels: tuple[str, ...]
    body: Sequence[tuple[str, Any] | Block]


def written(blocks: Sequence[Block]) -> str:
    """The text of a file."""
    return "\n".join("\n".join(_lines(block, 0)) + "\n" for block in blocks)


def quoted(text: str) -> str:
    """A text as a string literal; ``${`` and ``%{`` begin no template in it."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _lines(block: Block, depth: int) -> Iterator[str]:
    indent = "  " * depth
    yield " ".join((indent + block.type, *map(quoted, block.labels), "{"))
    yield from _body(block.body, depth + 1)
    yield indent + "}"


def _body(body: Sequence[tuple[str, Any] | Block], depth: int) -> Iterator[str]:
    pairs: list[tuple[str, str]] = []
    for position, part in enumerate(body):
        if not isinstance(part, Block):
            pairs.append((part[0], expression(part[1], depth)))
            continue
        yield from _aligned(pairs, depth)
        pairs.clear()
        if position:
            yield ""
        yield from _lines(part, depth)
    yield from _aligned(pairs, depth)


def _aligned(pairs: Sequence[tuple[str, str]], depth: int) -> Iterator[str]:
    """Attributes, with the equals signs of neighbours beneath each other; one of several lines has no neighbours."""
    for is_long, run in groupby(pairs, key=lambda pair: "\n" in pair[1]):
        group = list(run)
        width = 0 if is_long else max(len(name) for name, _ in group)
        for name, value in group:
            yield f"{'  ' * depth}{name:<{width}} = {value}"


def expression(value: Any, depth: int) -> str:
    """A value as it is written at this depth of indentation."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    inner, outer = "  " * (depth + 1), "  " * depth
    if isinstance(value, Mapping):
        pairs = [(_key(name), expression(one, depth + 1)) for name, one in value.items()]
        return "{\n" + "\n".join(_aligned(pairs, depth + 1)) + f"\n{outer}}}"
    parts = [expression(one, depth + 1) for one in value]
    if len(parts) == 1 and "\n" not in parts[0]:
        return f"[{parts[0]}]"
    return "[\n" + "".join(f"{inner}{part},\n" for part in parts) + f"{outer}]"


def _key(name: str) -> str:
    return name if name.isidentifier() else quoted(name)
