"""Text → tokens: every character is in some token or is a space, and nothing fails."""

from __future__ import annotations

import pytest

from hashrange.simulator.language.lexer import END, near, tokens


def texts(source: str) -> list[str]:
    return [token.text for token in tokens(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", []),
        (" \t\r\n", []),
        ("a.b[0]", ["a", ".", "b", "[", "0", "]"]),
        ("a<>b<=c>=d<e>f=g", ["a", "<>", "b", "<=", "c", ">=", "d", "<", "e", ">", "f", "=", "g"]),
        ("a==b", ["a", "=", "=", "b"]),
        ("#a-b", ["#a", "-", "b"]),
        ("#1 :1 #_ :_a", ["#1", ":1", "#_", ":_a"]),
        ("# a : b", ["#", "a", ":", "b"]),
        ("#é", ["#", "é"]),
        ("1a", ["1", "a"]),
        ("01", ["0", "1"]),
        ("1.5", ["1", ".", "5"]),
        ("_a", ["_", "a"]),
        ("a_1", ["a_1"]),
        ("aé", ["a", "é"]),
        ("a😀b", ["a", "😀", "b"]),
        ("'x' \"y\"", ["'", "x", "'", '"', "y", '"']),
        ("a\x0bb\x0cc\xa0d", ["a", "\x0b", "b", "\x0c", "c", "\xa0", "d"]),
        ("٣", ["٣"]),
    ],
)
def test_tokens(source: str, expected: list[str]) -> None:
    assert texts(source) == [*expected, "<EOF>"]


@pytest.mark.parametrize("word", ["AND", "or", "Not", "BETWEEN", "in", "SET", "Remove", "ADD", "delete"])
def test_keywords_come_in_any_case(word: str) -> None:
    token = tokens(word)[0]
    assert (token.kind, token.text, token.word) == ("keyword", word, word.upper())


@pytest.mark.parametrize("word", ["ANDY", "order", "INN", "NOT1", "SET_"])
def test_names_that_begin_like_keywords_are_names(word: str) -> None:
    assert [token.kind for token in tokens(word)] == ["name", END]


def test_tokens_know_where_they_stand() -> None:
    source = " a  =\t:v "
    assert [source[token.start : token.end] for token in tokens(source)] == ["a", "=", ":v", ""]


@pytest.mark.parametrize(
    ("source", "position", "expected"),
    [
        ("a  =  b  c", 1, "a  =  b"),
        ("a  =  b", 0, "a  ="),
        ("  a  =", 0, "  a  ="),
        ("a = b", 2, "= b"),
        ("a = b  ", 2, "= b  "),
        ("a = b  ", 3, "b  "),
        ("   ", 0, "   "),
        ("", 0, ""),
        ("!", 0, "!"),
    ],
)
def test_near_is_from_the_token_before_to_the_token_after(source: str, position: int, expected: str) -> None:
    assert near(source, tokens(source), position) == expected
