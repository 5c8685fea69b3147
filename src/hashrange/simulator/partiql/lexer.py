"""Text of a statement → tokens.

Words of the grammar that belong together (``IS NOT``, ``INSERT INTO``) are one token. Source of the rules: the
published grammar of PartiQL, whose first parser the service runs. Must not know what tokens mean together.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from msgspec import Struct

from .fault import SyntaxFault
from .keywords import KEYWORDS, PHRASES, PHRASES_MAX_WORDS

NAME: Final = "name"
QUOTED: Final = "quoted name"
KEYWORD: Final = "keyword"
STRING: Final = "string"
NUMBER: Final = "number"
ION: Final = "ion"
SIGN: Final = "sign"
END: Final = "end"

#: where a token stands: line and column, both from 1, and how many characters it has
At: TypeAlias = "tuple[int, int, int]"

_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\r\n\f\v]+|--[^\r\n]*|/\*(?:[^*]|\*(?!/))*+\*/)"
    r"|(?P<string>'(?:[^']|'')*+')|(?P<quoted>\"(?:[^\"]|\"\")*+\")|(?P<ion>`[^`]*+`)"
    r"|(?P<number>(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)"
    r"|(?P<name>[A-Za-z_$][A-Za-z0-9_$]*+)"
    r"|(?P<sign><<|>>|<=|>=|<>|!=|\|\||/(?!\*)|[()\[\]{}:,;?.*+\-%<>=@])"
)
_KINDS: Final = {"string": STRING, "quoted": QUOTED, "ion": ION, "number": NUMBER}
_ALIASES: Final = {"!=": "<>"}
_LINE_END: Final = re.compile(r"\r\n?|\n")


class Token(Struct, frozen=True):
    """A token.

    Attributes:
        kind: one of this module's constants.
        text: as written; of a text or a quoted name what stands within the quotes.
        word: what the grammar calls it: of keywords and signs only.
    """

    kind: str
    text: str
    word: str
    at: At


def tokens(source: str) -> list[Token]:
    """The tokens of a statement, and one for its end.

    Raises:
        SyntaxFault: a character that nothing begins with, or something that does not end.
    """
    found: list[Token] = []
    line, line_start, position = 1, 0, 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise SyntaxFault("")  # the service's lexer leaves its message empty
        text, start, position = match.group(), position, match.end()
        if match.lastgroup != "space":
            found.append(_token(match.lastgroup or "", text, (line, start - line_start + 1, len(text))))
        for end in _LINE_END.finditer(text):
            line, line_start = line + 1, start + end.end()
    found = _joined(found)
    found.append(Token(END, "", "", (line, len(source) - line_start + 1, 0)))
    return found


def _token(group: str, text: str, at: At) -> Token:
    if group == "name":
        word = text.lower()
        return Token(KEYWORD, text, word, at) if word in KEYWORDS else Token(NAME, text, "", at)
    if group == "sign":
        return Token(SIGN, text, _ALIASES.get(text, text), at)
    if group == "string":
        text = text[1:-1].replace("''", "'")
    elif group == "quoted":
        text = text[1:-1].replace('""', '"')
    return Token(_KINDS[group], text, "", at)


def _joined(found: list[Token]) -> list[Token]:
    """Words that belong together as one token, the longest phrases first."""
    joined: list[Token] = []
    position = 0
    while position < len(found):
        token = found[position]
        if token.kind == KEYWORD:
            for count in range(PHRASES_MAX_WORDS, 1, -1):
                word = PHRASES.get(tuple(part.word for part in found[position : position + count]))
                if word is not None:
                    token = Token(KEYWORD, word, word, token.at)
                    position += count - 1
                    break
        joined.append(token)
        position += 1
    return joined
