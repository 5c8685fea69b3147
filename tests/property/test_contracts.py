"""Contracts, schemas and patterns that somebody has broken: there is always an answer, never a crash."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.migration.check import check, read_patterns
from hashrange.migration.check.codes import CODES
from hashrange.migration.contract.document import read
from hashrange.migration.contract.load import load_contract
from hashrange.migration.errors import ContractError
from hashrange.migration.findings import Findings
from hashrange.migration.source.ddl import parse_ddl
from hashrange.migration.source.schema import NO_SCHEMA, SourceSchema
from tests.shop_contract import CONTRACT, DDL, LEGACY, OVERRIDES, PATTERNS

SCHEMA = parse_ddl(DDL)
TEXTS = (CONTRACT, LEGACY)
#: what is put somewhere: of every kind, words of the formats, SQL, limits
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1e300, "", " ", "x", "{", "{}", "{x}", "a#b", "#", "'", "'x'", "a.b", "a.b.c", "categories.id",
    "parent.name", "products.id = products.id", "a = b", "1 = 1", "x IS NULL", "CONCAT(", "((((", "\ud7ff", "\x00", [],
    ["x"], [[]], {}, {"x": 1}, {"type": "conditional"}, "self-join", "GSI", "Table", "aggregate", "N", "INCLUDE", "PK",
)  # fmt: skip
broken = st.integers(min_value=0, max_value=2**64)


def everything(source: Any, schema: SourceSchema, overrides: Any = None, patterns: Any = None) -> Findings:
    """Load and check in both modes; the findings are well-formed."""
    for mode in ("relaxed", "strict"):
        loaded = load_contract(
            source, mode="strict" if mode == "strict" else "relaxed", schema=schema, overrides=overrides
        )
        if loaded.contract is not None:
            told = None if patterns is None else read_patterns(patterns, loaded.findings)
            check(loaded.contract, schema, loaded.findings, patterns=told)
        assert loaded.contract is not None or loaded.findings.errors
        for one in loaded.findings:
            assert one.code in CODES
            assert one.message
    return loaded.findings


def spots(document: Any) -> list[tuple[Any, Any]]:
    """Every place in a document: what holds it, and its name or number there."""
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting:
        one = waiting.pop()
        names = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for name in names:
            found.append((one, name))
            waiting.append(one[name])
    return found


def mutated(text: str, chance: random.Random) -> Any:
    """A document with some values replaced, taken away, renamed, doubled or swapped."""
    document = json.loads(text)
    for _ in range(chance.randint(1, 4)):
        at = spots(document)
        if not at:
            break
        holder, name = chance.choice(at)
        other, other_name = chance.choice(at)
        how = chance.randrange(5)
        if how == 0:
            holder[name] = chance.choice(ODD)
        elif how == 1:
            del holder[name]
        elif how == 2:
            holder[name] = json.loads(json.dumps(other[other_name]))
        elif how == 3 and isinstance(holder, list):
            holder.append(json.loads(json.dumps(holder[name])))
        elif isinstance(holder, dict):
            holder[chance.choice((f"{name}s", f"{name}".upper(), chance.choice(("x", "alias"))))] = holder.pop(name)
    return document


@given(broken)
@settings(deadline=None, max_examples=250)
def test_a_contract_with_other_values(seed: int) -> None:
    chance = random.Random(seed)
    schema = chance.choice((SCHEMA, NO_SCHEMA))
    overrides = mutated(OVERRIDES, chance) if chance.random() < 0.3 else None
    patterns = mutated(PATTERNS, chance) if chance.random() < 0.3 else None
    everything(mutated(chance.choice(TEXTS), chance), schema, overrides, patterns)


@given(broken)
@settings(deadline=None, max_examples=150)
def test_a_contract_with_other_characters(seed: int) -> None:
    chance = random.Random(seed)
    text = chance.choice(TEXTS)
    for _ in range(chance.randint(1, 5)):
        at, length = chance.randrange(len(text)), chance.choice((0, 1, 1, 5, 500))
        text = (
            text[:at]
            + chance.choice(("", '"', "}", "]", ",", "{", "//", "\n", "\\", "\ud7ff", "'"))
            + text[at + length :]
        )
    everything(text.encode(), chance.choice((SCHEMA, NO_SCHEMA)))


@given(
    st.one_of(
        st.binary(max_size=60), st.text(max_size=60).map(str.encode), st.text('{}[]",:\\1tfn/*# ').map(str.encode)
    )
)
@settings(deadline=None, max_examples=300)
def test_what_is_read_is_what_json_reads(text: bytes) -> None:
    findings = Findings()
    node = read(text, findings)
    if node is not None and not len(findings):
        assert node.plain() == json.loads(text.decode("utf-8-sig"), parse_float=Decimal)
    elif not any(one.code in ("json-comment", "json-comma", "json-duplicate") for one in findings):
        assert len(findings) == 1


@given(broken)
@settings(deadline=None, max_examples=100)
def test_a_schema_with_other_characters(seed: int) -> None:
    chance = random.Random(seed)
    text = DDL
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text))
        cut = at + chance.choice((0, 1, 9, 80))
        text = (
            text[:at]
            + chance.choice(("", "(", ")", ",", "'", "`", " NULL ", "KEY", ";", "\x00", "--", "/*"))
            + text[cut:]
        )
    schema = parsed(text)
    if schema is not None:
        everything(CONTRACT, schema)


def parsed(text: str) -> SourceSchema | None:
    """The schema of a text; None where that was refused as it should be."""
    try:
        return parse_ddl(text)
    except ContractError as error:
        found = error.findings
    assert [one.code for one in found] == ["ddl-syntax"]
    return None
