"""Text of an expression → tokens.

Every character that starts no longer token is a token by itself, so the lexer never fails: what is wrong is found by
the parser, which can then say what stands beside it.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

NAME: Final = "name"  # a bare attribute or function name
NAME_PLACEHOLDER: Final = "#"
VALUE_PLACEHOLDER: Final = ":"
INTEGER: Final = "integer"
KEYWORD: Final = "keyword"
SIGN: Final = "sign"
END: Final = "end"

#: words of the grammar, in any case; they can never be names
KEYWORDS: Final = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"})

_TOKEN: Final = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9_]*)|(?P<placeholder>[#:][A-Za-z0-9_]+)|(?P<integer>0|[1-9][0-9]*)"
    r"|(?P<sign><>|<=|>=|[^ \t\r\n])",
    re.ASCII | re.DOTALL,
)


class Token(Struct, frozen=True):
    """A token and where it stands.

    Attributes:
        kind: one of this module's constants.
        text: as written; ``<EOF>`` at the end.
        word: for keywords and signs, what the grammar calls it; else empty.
    """

    kind: str
    text: str
    word: str
    start: int
    end: int


def tokens(source: str) -> list[Token]:
    """The tokens of an expression, and one for its end."""
    found = [_token(match) for match in _TOKEN.finditer(source)]
    found.append(Token(END, "<EOF>", "<EOF>", len(source), len(source)))
    return found


def _token(match: re.Match[str]) -> Token:
    text, group = match.group(), match.lastgroup
    word = ""
    if group == "name":
        kind = NAME
        if text.upper() in KEYWORDS:
            kind, word = KEYWORD, text.upper()
    elif group == "placeholder":
        kind = NAME_PLACEHOLDER if text[0] == "#" else VALUE_PLACEHOLDER
    elif group == "integer":
        kind = INTEGER
    else:
        kind, word = SIGN, text
    return Token(kind, text, word, match.start(), match.end())


def near(source: str, all_tokens: list[Token], position: int) -> str:
    """The text around a token: from the start of the one before it to the end of the one after it."""
    start = all_tokens[position - 1].start if position else 0
    return source[start : all_tokens[min(position + 1, len(all_tokens) - 1)].end]
