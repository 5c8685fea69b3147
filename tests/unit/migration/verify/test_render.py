"""A report says the same in a terminal, in Markdown and on a page, and nothing in it becomes code."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest

from hashrange.migration.verify import (
    AttributeDifference,
    Discrepancy,
    EntityReport,
    PatternReport,
    Report,
    html,
    markdown,
    text,
)

GOOD = Report(
    [EntityReport("USER", "Users", "users", rows=1200, compared=1200, items=1200, matched=1200, extra=0)],
    [PatternReport("users: table by email", 20, 0)], [], 0, {"Users": 3}, None, 1.5, "mysql://shop", 1_800_000_000.0,
)  # fmt: skip
EVIL = "<script>alert('x')</script> | `a` **b** [c](d)"
BAD = Report(
    [
        EntityReport("USER", "Users", "users", rows=10, compared=9, items=8, matched=6, missing=1, extra=1, different=2,
                     collisions=1, refused=1),
        EntityReport("CART", "Users", "carts", rows=5, compared=5, items=0, missing=5),
    ],
    [PatternReport("users: GSI1 by id", 20, 1, (f"GSI1PK={EVIL}: 1 missing, 0 too many",))],
    [Discrepancy("different", "USER", "Users", "users", {"PK": EVIL}, {"id": 1},
                 (AttributeDifference("name", "'a'", None),), {"PK": "a"}, {"PK": "a"})],
    7, {}, None, 0.0, "mysql://shop", 1_800_000_000.0,
)  # fmt: skip
SAMPLED = Report(
    [EntityReport("USER", "Users", "users", rows=1000, compared=10, matched=10)],
    [], [], 0, {}, 0.01, 1.0, "mysql://shop", 0.0,
)  # fmt: skip


def test_what_a_terminal_shows() -> None:
    assert text(GOOD) == (
        "Both sides agree: all rows and items compared, integrity 100.0000%.\n"
        "\n"
        "About\n"
        "  - began 2027-01-15 08:00:00 UTC, took 1.5 s, 800 a second\n"
        "  - source mysql://shop\n"
        "\n"
        "Entities\n"
        "  entity       rows  compared  items  matched  missing  extra  different  refused\n"
        "  Users/USER  1,200     1,200  1,200    1,200        0      0          0        0\n"
        "\n"
        "Access patterns\n"
        "  pattern                tried  failed\n"
        "  users: table by email     20       0\n"
        "\n"
        "What to do\n"
        "  - Users has 3 items of no entity of the contract: guards of unique values, or other programs' items\n"
    )


@pytest.mark.parametrize("form", [text, markdown, html])
def test_all_forms_say_all_of_it(form: object) -> None:
    assert callable(form)
    shown = form(BAD)
    for part in ("The sides differ", "37.5", "GSI1", "and 7 more", "run the backfill first", "repair", "delete"):
        assert part in shown, part


def test_a_sample_is_called_one() -> None:
    shown = text(SAMPLED)
    assert "Both sides agree: a sample of the rows compared" in shown
    assert "a sample of 1.00% of the rows; items without a row were not looked for" in shown
    assert "–" in shown


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attributes if name in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_and_runs_nothing() -> None:
    page = Page()
    page.feed(html(BAD))
    assert page.open == []
    assert "script" not in page.tags
    assert page.links == []


def test_markdown_of_data_means_nothing() -> None:
    shown = markdown(BAD)
    assert "\\*\\*b\\*\\*" in shown
    assert "<script>" not in shown.replace("\\<script\\>", "")
    rows = [line for line in shown.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {10, 4}


def test_json_has_no_items() -> None:
    document = BAD.as_json()
    assert json.loads(json.dumps(document))["entities"][0]["missing"] == 1
    assert "expected" not in document["discrepancies"][0]
