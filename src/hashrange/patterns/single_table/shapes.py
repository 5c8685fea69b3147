"""The shape of key texts: what texts a template can make, and whether two templates can make the same one.

A shape is a row of literal texts, runs of characters and choices of texts. Owns the regular expression of a shape and
the search for the shortest text that two shapes share. Must not know templates, fields or items.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import TypeAlias

from msgspec import Struct


class Chars(Struct, frozen=True):
    """A set of characters: these, or (``but``) all except these."""

    these: str
    but: bool = False

    def regex(self) -> str:
        if not self.these:
            return "."
        return f"[{'^' if self.but else ''}{re.escape(self.these)}]"

    def shared_with(self, other: Chars) -> str | None:
        """A character of both; None where there is none."""
        return next((char for char in chain(self._some(), other._some()) if char in self and char in other), None)

    def __contains__(self, char: str) -> bool:
        return (char in self.these) != self.but

    def _some(self) -> Iterator[str]:
        yield from _SAMPLES if self.but else self.these


#: for examples: a set of all characters but a few has one of these, since it leaves out fewer than there are
_SAMPLES = "1abcdefghijklmnopqrstuvwxyz0" + "".join(map(chr, range(0x100, 0x300)))


class Run(Struct, frozen=True):
    """Characters in a row: exactly ``length`` of them; None: one or more."""

    chars: Chars
    length: int | None = None

    def regex(self) -> str:
        return self.chars.regex() + ("+" if self.length is None else f"{{{self.length}}}")


class Choice(Struct, frozen=True):
    """One of these texts."""

    texts: tuple[str, ...]

    def regex(self) -> str:
        return f"(?:{'|'.join(map(re.escape, sorted(self.texts, key=len, reverse=True)))})"


#: a text stands for itself
Element: TypeAlias = "str | Run | Choice"
Shape: TypeAlias = "tuple[Element, ...]"

ANYTHING = Run(Chars("", but=True))


def shape_regex(shape: Shape) -> str:
    """The source of the regular expression that a text of the shape matches as a whole (DOTALL)."""
    return "".join(re.escape(element) if isinstance(element, str) else element.regex() for element in shape)


def shared_text(one: Shape, other: Shape) -> str | None:
    """The shortest text that both shapes can be; None where there is none."""
    first, second = _Automaton(one), _Automaton(other)
    queue = deque([(0, 0, "")])
    seen: set[tuple[int, int]] = set()
    while queue:
        here, there, text = queue.popleft()
        if here == first.end and there == second.end:
            return text
        if (here, there) in seen:
            continue
        seen.add((here, there))
        for state, other_state, char in _steps(first, here, second, there):
            if char:
                queue.append((state, other_state, text + char))
            else:  # a free step makes the text no longer: it comes before all that do
                queue.appendleft((state, other_state, text))
    return None


class _Automaton:
    """A shape as states and the steps between them; state 0 is the beginning. A step without characters is free."""

    def __init__(self, shape: Shape) -> None:
        self.steps: list[list[tuple[Chars | None, int]]] = [[]]
        self.end = 0
        for element in shape:
            if isinstance(element, str):
                self._row([Chars(char) for char in element])
            elif isinstance(element, Run):
                self._row([element.chars] * (element.length or 1))
                if element.length is None:
                    self.steps[self.end].append((element.chars, self.end))
            else:
                self._branches(element.texts)

    def _row(self, row: list[Chars]) -> None:
        for chars in row:
            self.steps.append([])
            self.steps[self.end].append((chars, len(self.steps) - 1))
            self.end = len(self.steps) - 1

    def _branches(self, texts: tuple[str, ...]) -> None:
        begin, ends = self.end, list[int]()
        for text in texts:
            self.steps.append([])
            self.end = len(self.steps) - 1
            self.steps[begin].append((None, self.end))
            self._row([Chars(char) for char in text])
            ends.append(self.end)
        self.steps.append([])
        self.end = len(self.steps) - 1
        for end in ends:
            self.steps[end].append((None, self.end))


def _steps(first: _Automaton, here: int, second: _Automaton, there: int) -> Iterator[tuple[int, int, str]]:
    """Where both automata can go from two of their states, and the character that it takes."""
    for chars, state in first.steps[here]:
        if chars is None:
            yield state, there, ""
    for others, state in second.steps[there]:
        if others is None:
            yield here, state, ""
    for chars, one in first.steps[here]:
        for others, other in second.steps[there]:
            if chars is not None and others is not None and (char := chars.shared_with(others)) is not None:
                yield one, other, char
