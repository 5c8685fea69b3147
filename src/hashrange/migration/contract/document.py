"""JSON with the place of every value: what stands where, in the words of whoever edits the file.

Reads text in one pass without recursion, so that no nesting can exhaust the stack. Comments, commas before a closing
bracket and names that stand twice are found, placed and, in relaxed mode, mended where nothing is lost. Must not know
contracts.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn, TypeAlias

from msgspec import Struct

from ..findings import Findings, Place

#: levels of brackets; contracts have about ten
DEPTH_MAX: Final = 64

Scalar: TypeAlias = str | int | Decimal | bool | None

_TOKEN: Final = re.compile(
    r'[ \t\r\n]+|(?P<punctuation>[{}\[\]:,])|(?P<text>"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.]))"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<comment>//[^\n]*|#[^\n]*|/\*[\s\S]*?\*/)"
)
_CONSTANTS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
_ALMOST: Final = {"True": "true", "False": "false", "None": "null", "undefined": "null", "NaN": "null"}
_CLOSES: Final = {"{": "}", "[": "]"}


class Node(Struct, frozen=True):
    """A value and its place.

    Attributes:
        value: a dict or list of nodes, or a scalar; numbers with a point are Decimal.
        place: where it begins.
        names: of an object: where each member's name stands.
    """

    value: dict[str, Node] | list[Node] | Scalar
    place: Place
    names: dict[str, Place] = {}

    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, dict):
            return {name: one.plain() for name, one in self.value.items()}
        if isinstance(self.value, list):
            return [one.plain() for one in self.value]
        return self.value

    @property
    def kind(self) -> str:
        """What it is, for messages: "an object", "a number"."""
        value = self.value
        if value is None or isinstance(value, bool):
            return {None: "null", True: "true", False: "false"}[value]
        return next(name for type_, name in _KINDS if isinstance(value, type_))


_KINDS: Final = ((dict, "an object"), (list, "an array"), (str, "text"), ((int, Decimal), "a number"))


def read(source: str | bytes, findings: Findings, *, relaxed: bool = False, document: str = "") -> Node | None:
    """Read a document.

    Args:
        source: its text; bytes are UTF-8, with or without a byte order mark.
        findings: takes what is wrong.
        relaxed: comments, commas too many and equal members with one name are mended instead of refused.
        document: what the places say which document they are of.

    Returns:
        The whole of it; None where it could not be read.
    """
    text = source if isinstance(source, str) else _decoded(source, findings, document)
    if text is None:
        return None
    reader = _Reader(text.removeprefix("\ufeff"), findings, relaxed, document)
    try:
        return reader.document()
    except _Refused:
        return None


def _decoded(source: bytes, findings: Findings, document: str) -> str | None:
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        column = error.start - source.rfind(b"\n", 0, error.start)
        at = Place("", line, column, document)
        findings.error("json-encoding", "this is not UTF-8 text", fix="save the file as UTF-8", at=at)
        return None


def of_values(value: Any, *, document: str = "", pointer: str = "", depth: int = 0) -> Node:
    """Nodes of Python values, which have no lines.

    Raises:
        ValueError: values that JSON does not have, or that are nested too deeply.
    """
    at = Place(pointer, 0, 0, document)
    if depth > DEPTH_MAX:
        raise ValueError(f"more than {DEPTH_MAX} levels of brackets")
    if isinstance(value, Mapping):
        members = {
            str(name): of_values(one, document=document, pointer=f"{pointer}/{_escaped(str(name))}", depth=depth + 1)
            for name, one in value.items()
        }
        return Node(members, at, {name: one.place for name, one in members.items()})
    if isinstance(value, list | tuple):
        parts = [
            of_values(one, document=document, pointer=f"{pointer}/{number}", depth=depth + 1)
            for number, one in enumerate(value)
        ]
        return Node(parts, at)
    if isinstance(value, float):
        value = Decimal(repr(value))
    if value is None or isinstance(value, str | int | Decimal | bool):
        return Node(value, at)
    raise ValueError(f"{pointer or '/'}: {type(value).__name__} is not of JSON's kinds")


class _Refused(Exception):
    """Cannot be read further; the finding says why."""


class _Token(Struct):
    kind: str
    text: str
    at: int


class _Open:
    """An object or array that is not closed yet."""

    def __init__(self, bracket: str, pointer: str, place: Place) -> None:
        self.closing, self.pointer, self.place = _CLOSES[bracket], pointer, place
        self.members: dict[str, Node] | None = {} if bracket == "{" else None
        self.parts: list[Node] = []
        self.names: dict[str, Place] = {}
        self.name = ""
        self.comma: int | None = None

    def node(self) -> Node:
        return Node(self.parts if self.members is None else self.members, self.place, self.names)


class _Reader:
    def __init__(self, text: str, findings: Findings, relaxed: bool, document: str) -> None:
        self.text, self.findings, self.relaxed, self.of = text, findings, relaxed, document
        self.at = 0
        self.lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self.pointer = ""

    def place(self, at: int, pointer: str) -> Place:
        line = bisect_right(self.lines, at)
        return Place(pointer, line, at - self.lines[line - 1] + 1, self.of)

    def refuse(self, message: str, fix: str, at: int, code: str = "json-syntax") -> NoReturn:
        self.findings.error(code, message, fix=fix, at=self.place(at, self.pointer))
        raise _Refused

    def mended(self, code: str, message: str, fix: str, at: Place) -> None:
        if self.relaxed:
            self.findings.repair(code, message, fix=fix, at=at)
        else:
            self.findings.error(code, message, fix=fix, at=at)

    # ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def take(self) -> _Token:
        """The next token; its kind is "end" after the last one."""
        while self.at < len(self.text):
            found = _TOKEN.match(self.text, self.at)
            if found is None:
                self.unreadable()
            begin, self.at = self.at, found.end()
            if found.lastgroup == "comment":
                place = self.place(begin, self.pointer)
                self.mended("json-comment", "JSON has no comments", "take the comment away", place)
            elif found.lastgroup is not None:
                return _Token(found.lastgroup, found[0], begin)
        return _Token("end", "the end", len(self.text))

    def unreadable(self) -> NoReturn:
        rest = self.text[self.at : self.at + 3]
        if rest[0] == '"':
            self.refuse("this text is not closed before the end of its line", 'close it with "', self.at)
        if rest[0] in "'‘’“”":
            self.refuse(f"{rest[0]} is no quotation mark of JSON", 'write "', self.at)
        if rest == "```":
            self.refuse("this is Markdown around JSON", "keep only what stands between the two ``` lines", self.at)
        if rest[:2] == "/*":
            self.refuse("this comment is not closed", "take it away", self.at, "json-comment")
        if rest[0] in "-.+" or rest[0].isdigit():
            self.refuse("this is no number of JSON", "digits, a point between digits; no 0 or + before them", self.at)
        self.refuse(f"{rest[0]!r} has no place in JSON", "take it away, or write it in quotation marks", self.at)

    # ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def document(self) -> Node:
        opened: list[_Open] = []
        done: Node | None = None
        while True:
            if done is None:
                done = self.begun(opened)
                if done is None:
                    continue
            if not opened:
                rest = self.take()
                if rest.kind != "end":
                    self.refuse(f"{rest.text[:20]} stands after the end", "a file holds one value", rest.at)
                return done
            self.put(opened[-1], done)
            done = self.closed(opened)

    def begun(self, opened: list[_Open]) -> Node | None:
        """The next value where one is expected; None where a bracket was opened."""
        token = self.take()
        pointer = ""
        if opened:
            top = opened[-1]
            if token.text == top.closing and token.kind == "punctuation":
                if top.comma is not None:
                    at = self.place(top.comma, top.pointer)
                    self.mended("json-comma", f"this comma stands before {token.text}", "take the comma away", at)
                return opened.pop().node()
            if top.members is not None:
                self.name_of(top, token)
                token = self.take()
                pointer = f"{top.pointer}/{_escaped(top.name)}"
            else:
                pointer = f"{top.pointer}/{len(top.parts)}"
        self.pointer = pointer
        if token.kind == "punctuation" and token.text in _CLOSES:
            if len(opened) >= DEPTH_MAX:
                self.refuse(f"more than {DEPTH_MAX} levels of brackets", "no contract is that deep", token.at)
            opened.append(_Open(token.text, pointer, self.place(token.at, pointer)))
            return None
        return self.scalar(token, pointer)

    def name_of(self, top: _Open, token: _Token) -> None:
        """Read a member's name and the colon."""
        self.pointer = top.pointer
        if token.kind != "text":
            fix = f'write "{token.text}"' if token.kind == "word" else "close the brackets that are open"
            self.refuse(f"a member's name is expected, not {token.text[:20]}", fix, token.at)
        top.name = self.unquoted(token)
        place = self.place(token.at, f"{top.pointer}/{_escaped(top.name)}")
        colon = self.take()
        if colon.text != ":":
            self.refuse(f"a colon is missing after {token.text}", 'write "name": value', colon.at)
        top.names.setdefault(top.name, place)

    def scalar(self, token: _Token, pointer: str) -> Node:
        place = self.place(token.at, pointer)
        if token.kind == "text":
            return Node(self.unquoted(token), place)
        if token.kind == "number":
            if len(token.text) > 400:
                self.refuse("a number of more than 400 digits", "no contract needs it", token.at)
            whole = token.text.lstrip("-").isdigit()
            return Node(int(token.text) if whole else Decimal(token.text), place)
        if token.kind == "word" and token.text in _CONSTANTS:
            return Node(_CONSTANTS[token.text], place)
        if token.kind == "word":
            near = _ALMOST.get(token.text)
            fix = f"write {near}" if near else f'text is written "{token.text}"'
            self.refuse(f"{token.text[:40]} is no value of JSON", fix, token.at)
        if token.kind == "end" and not self.text.strip():
            self.refuse("the file is empty", "a contract is a JSON object with a member tables", token.at)
        return self.refuse(f"a value is expected, not {token.text}", "is something left out or not closed?", token.at)

    def unquoted(self, token: _Token) -> str:
        try:
            text = str(json.loads(token.text))
            text.encode()
        except ValueError:
            self.refuse("this text has an escape that JSON does not have", r"a backslash is written \\", token.at)
        return text

    def put(self, top: _Open, node: Node) -> None:
        if top.members is None:
            top.parts.append(node)
        elif top.name not in top.members:
            top.members[top.name] = node
        else:
            self.twice(top, node)

    def twice(self, top: _Open, node: Node) -> None:
        assert top.members is not None
        first = top.names[top.name]
        message = f'"{top.name}" stands twice here, first in line {first.line}'
        if top.members[top.name].plain() == node.plain():
            self.mended("json-duplicate", f"{message}, with the same value", "take one of them away", node.place)
        else:
            self.findings.error("json-duplicate", f"{message}", fix="take the wrong one away", at=node.place)

    def closed(self, opened: list[_Open]) -> Node | None:
        """After a value: the object or array that it was the last of; None after a comma."""
        top = opened[-1]
        self.pointer = top.pointer
        token = self.take()
        if token.text == "," and token.kind == "punctuation":
            top.comma = token.at
            return None
        if token.text == top.closing and token.kind == "punctuation":
            return opened.pop().node()
        if token.kind == "end":
            where = f"the {'array' if top.members is None else 'object'} that begins in line {top.place.line}"
            self.refuse(f"the file ends within {where}", f"close it with {top.closing}; was the file cut?", token.at)
        return self.refuse(f"a comma is missing before {token.text[:20]}", f"write , or {top.closing}", token.at)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
