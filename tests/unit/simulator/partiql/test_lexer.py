"""Text of statements → tokens: kinds, quoting, positions, words that belong together, what is no token."""

from __future__ import annotations

import pytest

from hashrange.simulator.partiql.fault import SyntaxFault
from hashrange.simulator.partiql.lexer import END, ION, KEYWORD, NAME, NUMBER, QUOTED, SIGN, STRING, tokens


@pytest.mark.parametrize(
    ("source", "kind", "text"),
    [
        ("name", NAME, "name"),
        ("_x9$", NAME, "_x9$"),
        ("SELECT", KEYWORD, "SELECT"),
        ("'it''s'", STRING, "it's"),
        ("''", STRING, ""),
        ("'a\nb'", STRING, "a\nb"),
        ('"a ""b"""', QUOTED, 'a "b"'),
        ('"select"', QUOTED, "select"),
        ("12", NUMBER, "12"),
        ("1.", NUMBER, "1."),
        (".5", NUMBER, ".5"),
        ("1.5e-3", NUMBER, "1.5e-3"),
        ("`1d0`", ION, "`1d0`"),
        ("<<", SIGN, "<<"),
        ("!=", SIGN, "!="),
    ],
)
def test_one_token(source: str, kind: str, text: str) -> None:
    token, end = tokens(source)
    assert (token.kind, token.text, token.at) == (kind, text, (1, 1, len(source)))
    assert end.kind == END


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("IS NOT", ["is_not"]),
        ("is\n not", ["is_not"]),
        ("NOT IN", ["not_in"]),
        ("NOT BETWEEN", ["not_between"]),
        ("INSERT INTO", ["insert_into"]),
        ("LEFT OUTER JOIN", ["left_join"]),
        ("ALL NEW MODIFIED OLD", ["all_new", "modified_old"]),
        ('IS "NOT"', ["is", ""]),
        ("a!=b", ["", "<>", ""]),
        ("NOT NOT IN", ["not", "not_in"]),
    ],
)
def test_words(source: str, words: list[str]) -> None:
    assert [token.word for token in tokens(source)[:-1]] == words


def test_positions_are_lines_and_columns() -> None:
    assert [token.at for token in tokens("a  'b'\r\n\tc\n\nd")] == [
        (1, 1, 1),
        (1, 4, 3),
        (2, 2, 1),
        (4, 1, 1),
        (4, 2, 0),
    ]


@pytest.mark.parametrize("source", ["a -- b c", "a /* b ** c */", "--x\na", "/**/a/***/"])
def test_comments_are_nothing(source: str) -> None:
    assert [token.text for token in tokens(source)] == ["a", ""]


@pytest.mark.parametrize("source", ["'a", '"a', "`a", "/* a", "a # b", "a ! b", "a | b", "é", "a\\b", "'a''", "\0"])
def test_what_is_no_token(source: str) -> None:
    with pytest.raises(SyntaxFault, match=r"^Statement wasn't well formed, can't be processed: $"):
        tokens(source)


def test_a_long_unclosed_text_is_found_at_once() -> None:
    with pytest.raises(SyntaxFault):
        tokens("'" + "a''" * 2700)
