"""Text that a formatter leaves alone: quotes, brackets, docstrings."""

from __future__ import annotations

import ast

import pytest

from hashrange.migration.generate.layout import docstring, exploded, quoted


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("a", '"a"'), ("it's", '"it\'s"'), ('say "x"', "'say \"x\"'"), ("a\\b\n", '"a\\\\b\\n"'), ("", '""'),
        ("'\"", "'\\'\"'"),
    ],
)  # fmt: skip
def test_text_is_quoted_as_formatters_do(text: str, literal: str) -> None:
    assert quoted(text) == literal
    assert ast.literal_eval(literal) == text


def test_brackets_are_open_or_empty() -> None:
    assert exploded("f(", [], ")") == ["f()"]
    assert exploded("f(", ["a", "g(\n    b,\n)"], ")") == ["f(", "    a,", "    g(", "        b,", "    ),", ")"]


@pytest.mark.parametrize("length", range(70, 100))
def test_a_docstring_keeps_to_its_width(length: int) -> None:
    text = ("word " * 30)[:length].strip()
    made = docstring(text, steps=1)
    assert all(len(line) <= 84 for line in made)
    assert " ".join(ast.literal_eval("\n".join(made)).split()) == text


def test_a_docstring_may_hold_anything() -> None:
    made = "\n".join(docstring('Ends with a "quote"\n\nand """three""" and a \\ too'))
    assert "and '''three''' and a \\ too" in ast.literal_eval(made)
