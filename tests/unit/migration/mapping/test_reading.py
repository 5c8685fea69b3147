"""How fields are told from keys, texts with several parts, and choices; and that no two records have one key."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from hashrange.migration.contract.model import Computed, Lookup
from hashrange.migration.errors import RowRefused
from hashrange.migration.expressions.parse import parse
from hashrange.migration.mapping.entity import EntityMapping
from tests.migration_contracts import Attributes, formatted, hop, mapping_of, schema_of

SCHEMA = schema_of(
    """CREATE TABLE things (id INT NOT NULL PRIMARY KEY, a VARCHAR(50) COLLATE utf8mb4_bin, b VARCHAR(50), n INT, m INT,
       d DATE, t TIMESTAMP, p DECIMAL(9,2), up INT, flag BOOLEAN NOT NULL, state ENUM('on','off') NOT NULL,
       FOREIGN KEY (up) REFERENCES things (id))"""
)


def keyed_by(text: str) -> EntityMapping:
    return mapping_of({"PK": ("S", formatted(text))}, SCHEMA, keys=False)


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("A#{a}", {"a": "x"}),
        ("A#{a}", {"a": "#"}),
        ("A#{a}#", {"a": "##"}),
        ("{n}#{a}", {"n": -1, "a": "1#2"}),
        ("{a}#{n}", {"a": "1#2", "n": 3}),
        ("{d}#{a}#{n}", {"a": "", "n": 3}),
        ("{n}#{n}", {"n": 3}),
        ("{a}#{b}", {"a": "x", "b": "y#z"}),
        ("{a}#{b}", {"a": "", "b": ""}),
        ("{n}{a}", {"n": 1, "a": "x"}),
        ("{n}-{m}", {"n": 1, "m": 2}),
        ("{p}.{n}", {"n": 5}),
        ("line\n{a}", {"a": "\n"}),
        ("({a}) [{n}]*", {"a": ".*", "n": 1}),
    ],
)
def test_a_key_can_be_taken_apart(text: str, record: dict[str, Any]) -> None:
    full = {"a": None, "b": None, "n": None, "d": date(2026, 1, 2), "p": Decimal("1.50"), **record}
    mapping = keyed_by(text)
    item = mapping.to_item(full)
    assert mapping.from_item(item) == {name: full[name] for name in mapping.key_fields}


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("{a}#{b}", {"a": "x#", "b": "y"}, {"a": "x", "b": "#y"}),
        ("{a}#{b}", {"a": "x#y", "b": "z"}, {"a": "x", "b": "y#z"}),
        ("{a}{b}", {"a": "xy", "b": "z"}, {"a": "x", "b": "yz"}),
        ("{n}{m}", {"n": 1, "m": 23}, {"n": 12, "m": 3}),
        ("{n}{a}", {"n": 1, "a": "2"}, {"n": 12, "a": ""}),
        ("{a}{n}", {"a": "1", "n": 2}, {"a": "", "n": 12}),
        ("{a} {b}", {"a": "Anna Maria", "b": "X"}, {"a": "Anna", "b": "Maria X"}),
    ],
)
def test_of_two_records_that_would_have_one_key_one_is_refused(
    text: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    mapping = keyed_by(text)
    found: list[str] = []
    reasons: list[str] = []
    for record in (one, other):
        try:
            found.append(mapping.to_item(record)["PK"])
        except RowRefused as refused:
            reasons.append(refused.reason)
    assert len(found) < 2
    assert all("another row could have the same key" in reason for reason in reasons)


@pytest.mark.parametrize(
    "stored", ["B#1", "A#", "A#x", "A#1 ", "A#1\n", "A#\u0663", "A#+1", "", 5]
)  # what is no text of the key is told
def test_a_key_of_another_shape_is_told(stored: Any) -> None:
    with pytest.raises(RowRefused, match=r"shape that the contract gives it|is stored as"):
        mapping_of({"PK": ("S", formatted("A#{n}"))}, SCHEMA, keys=False).from_item({"PK": stored})


def test_a_text_that_is_no_key_is_not_taken_apart_where_that_is_a_guess() -> None:
    mapping = mapping_of({"A": ("S", formatted("{a}#{b}")), "B": ("S", formatted("{n}#{b}"))}, SCHEMA)
    assert not mapping.fields["a"].readable
    assert mapping.fields["b"].readable
    item = mapping.to_item({"id": 1, "a": "x#", "b": "#y", "n": 2})
    assert item == {"PK": "T#1", "A": "x##" + "#y", "B": "2##y"}
    assert mapping.from_item(item) == {"id": 1, "b": "#y", "n": 2}


# ── choices ──────────────────────────────────────────────────────────────────────────────────────────────────────────
UP = hop("things", "upper.id = things.up", "upper")


STATES = {"on": "I", "off": "O", "": "?"}


def choice(text: str, **others: Any) -> EntityMapping:
    attributes: Attributes = {"A": ("S", Computed(parse(text))), **others}
    return mapping_of(attributes, SCHEMA)


@pytest.mark.parametrize(
    ("text", "field", "values"),
    [
        ("CASE WHEN n IS NULL THEN 'none' ELSE n END", "n", {None: "none", 5: "5", -1: "-1"}),
        ("CASE WHEN NULL = 1 OR n IS NULL THEN 'none' ELSE n END", "n", None),
        ("CASE WHEN n = 0 THEN 'zero' WHEN 1 = n THEN 'one' ELSE n END", "n", {0: "zero", 1: "one", 7: "7"}),
        ("CASE WHEN n = 0 AND m > 3 THEN 'zero' ELSE n END", "n", {0: "0", 7: "7"}),
        ("CASE WHEN flag THEN 'yes' ELSE 'no' END", "flag", None),  # a TINYINT(1) that holds 0 to 9
        ("CASE WHEN state = 'on' THEN 'I' WHEN state = 'off' THEN 'O' ELSE '?' END", "state", STATES),
        ("CASE WHEN state = 'on' THEN 'I' WHEN state = 'off' THEN 'O' WHEN state = '' THEN '?' END", "state", STATES),
        ("CASE WHEN state = 'on' THEN 'I' WHEN state = 'off' THEN 'O' END", "state", None),
        ("CASE WHEN state = 'on' THEN 'I' ELSE 'O' END", "state", None),
        ("CASE WHEN state = 'on' THEN 'I' WHEN state = 'off' THEN 'I' ELSE '?' END", "state", None),
        ("CASE WHEN b = 'x' THEN 'X' ELSE b END", "b", None),  # "X" is 'x' for its collation
        ("CASE WHEN a = 'x' THEN '!' ELSE a END", "a", {"x": "!", "X": "X", "": ""}),
        ("CASE WHEN n > 3 THEN 'many' ELSE n END", "n", None),
        ("CASE WHEN n IS NULL THEN 'none' ELSE CONCAT(n, '!') END", "n", None),
        ("CASE WHEN n IS NULL THEN m ELSE n END", "n", None),
    ],
)  # fmt: skip
def test_a_choice_tells_a_field_where_every_branch_does(text: str, field: str, values: dict[Any, str] | None) -> None:
    mapping = choice(text)
    assert mapping.fields[field].readable is (values is not None)
    for value, stored in (values or {}).items():
        record = {"id": 1, "m": None, "flag": 0, "state": "on", field: value}
        item = mapping.to_item(record)
        assert item["A"] == stored
        assert mapping.from_item(item) == {"id": 1, field: value}


@pytest.mark.parametrize(
    "text", ["CASE WHEN flag THEN 'yes' ELSE 'no' END", "CASE WHEN NOT flag THEN 'no' ELSE 'yes' END",
             "CASE WHEN flag = 1 THEN 'yes' ELSE 'no' END", "CASE WHEN flag = FALSE THEN 'no' ELSE 'yes' END"],
)  # fmt: skip
def test_a_truth_value_is_told_by_two_words(text: str) -> None:
    mapping = choice(text, flagged=("BOOL", "flag"))
    item = mapping.to_item({"id": 1, "flagged": True})
    assert item == {"PK": "T#1", "A": "yes", "flagged": True}
    assert mapping.from_item({"PK": "T#1", "A": "yes"}, partial=True) == {"id": 1, "flagged": True}
    assert mapping.from_item({"PK": "T#1", "A": "no"}, partial=True) == {"id": 1, "flagged": False}


def test_a_word_that_the_contract_does_not_have_is_told() -> None:
    mapping = choice("CASE WHEN flag THEN 'yes' ELSE 'no' END", flagged=("BOOL", "flag"))
    with pytest.raises(RowRefused, match="none of the values that the contract gives it"):
        mapping.from_item({"PK": "T#1", "A": "maybe"}, partial=True)


def test_a_conditional_tells_what_it_leads_to_and_what_it_leads_by() -> None:
    root = parse("things.up IS NULL")
    mapping = mapping_of(
        {
            "A": ("S", Lookup((UP,), (parse("'ROOT'"),), condition=root, otherwise=parse("upper.a"))),
            "B": ("S", Lookup((UP,), (parse("'ROOT'"),), condition=root, otherwise=parse("upper.id"))),
        },
        SCHEMA,
    )
    assert list(mapping.fields) == ["id", "up", "things_a"]
    assert mapping.from_item({"PK": "T#1", "A": "ROOT", "B": "ROOT"}) == {"id": 1, "up": None, "things_a": None}
    assert mapping.from_item({"PK": "T#1", "A": "x", "B": "5"}) == {"id": 1, "up": 5, "things_a": "x"}


def test_what_stands_for_null_is_read_as_null() -> None:
    mapping = mapping_of({"A": ("S", Lookup((UP,), (parse("upper.a"),), null_value="-"))}, SCHEMA)
    assert mapping.from_item({"PK": "T#1", "A": "-"}) == {"id": 1, "A": None}
    assert mapping.from_item({"PK": "T#1", "A": "x"}) == {"id": 1, "A": "x"}
    assert mapping.to_item({"id": 1, "A": None}) == {"PK": "T#1", "A": "-"}
