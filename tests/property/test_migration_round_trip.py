"""Rows of any schema become items that DynamoDB takes, and come back as what they were, through a table or not.

Schemas, contracts, conventions and rows are generated: columns of every family go to attributes of every type that they
may have, and into keys, texts and documents as well. An item that cannot be is refused by name; none is ever wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange import DynamoDB
from hashrange.codec import decode_item, encode_item, item_size
from hashrange.limits import ITEM_SIZE_MAX_BYTES
from hashrange.migration.contract.model import AttributeType, Construction, Hop, Index, Value
from hashrange.migration.conventions import Conventions
from hashrange.migration.errors import RowRefused
from hashrange.migration.expressions.evaluate import NotComputable, compiled
from hashrange.migration.expressions.nodes import Column as Named
from hashrange.migration.expressions.nodes import Literal
from hashrange.migration.expressions.parse import ExpressionError, parse
from hashrange.migration.mapping.entity import EntityMapping, mappings, same_value
from hashrange.migration.mapping.fields import Row
from hashrange.migration.source.schema import Column, Family, SourceSchema, Table
from tests.migration_contracts import Attributes, contract_of, entity, formatted

# ── columns, what drivers give of them, and the types that they may have ─────────────────────────────────────────────
TEXT = st.text(max_size=30)
MEMBERS = ("b", "a", "c d")
BITS = st.integers(0, 2**17 - 1)
SETS = st.sets(st.sampled_from(MEMBERS))
MOMENTS = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXT | st.decimals(-1000, 1000, places=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3),
    max_leaves=8,
)


def dumped(value: Any) -> str:
    """JSON with every digit of its numbers."""
    match value:
        case dict():
            return "{" + ", ".join(f"{dumped(name)}: {dumped(inner)}" for name, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(dumped, value)) + "]"
        case bool() | None | str():
            return msgspec.json.encode(value).decode()
        case _:
            return str(value)


class Of(msgspec.Struct, frozen=True):
    """A kind of column: its type as written, what a driver may give, the types of its attributes."""

    type: str
    family: Family
    raw: st.SearchStrategy[Any]
    types: tuple[AttributeType, ...]
    members: tuple[str, ...] = ()


KINDS = (
    Of("bigint", "integer", st.integers(-(2**63), 2**64 - 1) | st.integers().map(lambda n: str(n % 2**63)), ("N", "S")),
    Of("decimal(20,4)", "decimal", st.decimals(-(10**16) + 1, 10**16 - 1, places=4), ("N", "S")),
    Of("decimal(65,30)", "decimal", st.decimals(-(10**35), 10**35, places=30), ("N", "S")),
    Of("double", "float", st.floats(allow_nan=False, allow_infinity=False), ("N", "S")),
    Of("tinyint(1)", "boolean", st.sampled_from([0, 1, True, "1", b"\0"]), ("BOOL",)),
    Of("tinyint(1)", "boolean", st.integers(-128, 127), ("N", "S")),
    Of("bit(17)", "bit", BITS | BITS.map(lambda n: n.to_bytes(3)), ("N", "S", "B")),
    Of("varchar(30)", "text", TEXT | TEXT.map(str.encode) | st.just("null"), ("S", "B")),
    Of("varchar(30)", "text", st.integers().map(str) | TEXT, ("N",)),
    Of("enum", "enum", st.sampled_from([*MEMBERS, "", "A", b"b"]), ("S",), MEMBERS),
    Of("set", "set", SETS | SETS.map(",".join), ("SS", "S", "L"), MEMBERS),
    Of("date", "date", st.dates() | st.dates().map(str), ("S", "N")),
    Of("datetime(6)", "datetime", MOMENTS | MOMENTS.map(str), ("S", "N")),
    Of("timestamp(6)", "timestamp", MOMENTS, ("S", "N")),
    Of("time(6)", "time", st.timedeltas(timedelta(hours=-838), timedelta(hours=838)), ("S", "N")),
    Of("year", "year", st.integers(1901, 2155) | st.just(0), ("N", "S")),
    Of("blob", "binary", st.binary(max_size=30) | st.binary(max_size=5).map(bytearray), ("B",)),
    Of("json", "json", st.dictionaries(st.text(max_size=5), JSON, max_size=3).map(dumped), ("M", "S")),
    Of("json", "json", st.lists(JSON, max_size=3) | st.lists(JSON, max_size=3).map(dumped), ("L", "S")),
)  # fmt: skip
#: kinds whose text may be a part of a key
IN_KEYS = {"integer", "decimal", "text", "enum", "date", "timestamp", "time", "year", "set", "boolean"}


class Case(msgspec.Struct, frozen=True):
    mapping: EntityMapping
    rows: list[Row]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A table of any columns, a contract for it, and some of its rows."""
    chosen = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=6))
    nullable = draw(st.lists(st.booleans(), min_size=len(chosen), max_size=len(chosen)))
    columns = {
        f"c{number}": Column(f"c{number}", of.type, of.family, may_be_null, members=of.members)
        for number, (of, may_be_null) in enumerate(zip(chosen, nullable, strict=True))
    }
    attributes: dict[str, tuple[AttributeType, Value | str]] = {
        f"a{number}": (draw(st.sampled_from(of.types)), f"c{number}") for number, of in enumerate(chosen)
    }
    in_text = [f"c{number}" for number, of in enumerate(chosen) if of.family in IN_KEYS and "S" in of.types]
    parts: list[str] = draw(st.lists(st.sampled_from(in_text), max_size=2, unique=True)) if in_text else []
    separator: str = draw(st.sampled_from(["#", "", "-", "##", "."]))
    sort = separator.join(["K" if not separator else "", *(f"{{{name}}}" for name in parts)])
    made: dict[str, tuple[AttributeType, Value | str]] = {"PK": ("S", "id"), "SK": ("S", formatted(f"X{sort}"))}
    made |= attributes
    in_index: bool = draw(st.booleans())
    if in_text and in_index:
        made["index"] = ("S", draw(st.sampled_from(in_text)))
    if draw(st.booleans()):
        outputs = tuple((name, Named(name)) for name in columns)
        own = Construction(Hop("things", "things", ()), "object", outputs, same_row=True)
        made["whole"] = ("M" if draw(st.booleans()) else "S", own)
    conventions = Conventions(
        nulls="omit" if draw(st.booleans()) else "null",
        fraction_digits=draw(st.sampled_from((6, 6, 0))),
        time_zone=draw(st.sampled_from(("UTC", "Europe/Berlin"))),
        fold_keys=draw(st.booleans()),
    )
    key = Column("id", "int", "integer", nullable=False)
    schema = SourceSchema({"things": Table("things", {"id": key, **columns}, ("id",))})
    indexes = (Index("Index", "index"),) if "index" in made else ()
    (mapping,) = mappings(
        contract_of(entity("T", "things", made), indexes=indexes), schema=schema, conventions=conventions
    )
    values = [
        of.raw if not may_be_null else of.raw | st.none() for of, may_be_null in zip(chosen, nullable, strict=True)
    ]
    drawn = draw(st.lists(st.tuples(*values), min_size=1, max_size=4))
    rows = [Row({"id": number, **dict(zip(columns, one, strict=True))}) for number, one in enumerate(drawn)]
    return Case(mapping, rows)


def items(case: Case) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Records with their items; those that are refused are refused by name."""
    found: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for row in case.rows:
        refused: RowRefused | None = None
        try:
            record = case.mapping.record(row)
            found.append((record, case.mapping.to_item(record)))
        except RowRefused as error:
            refused = error
        assert refused is None or (refused.row == {"id": row.own["id"]} and refused.reason)
    return found


def readable(mapping: EntityMapping, record: dict[str, Any]) -> dict[str, Any]:
    """What of a record comes back: an empty set that only an SS holds, and that may be NULL, comes back as NULL."""
    found = {}
    for name, value in record.items():
        field = mapping.fields[name]
        gone = value == set() and field.nullable and [mapping.attribute_type(one) for one in field.attributes] == ["SS"]
        if field.readable:
            found[name] = None if gone else value
    return found


@given(cases())
@settings(deadline=None)
def test_a_record_comes_back_from_its_item(case: Case) -> None:
    mapping = case.mapping
    for record, item in items(case):
        names = list(mapping.entity.attributes)
        assert [name for name in names if name in item] == list(item)  # nothing but the contract's attributes
        assert item_size(item) <= ITEM_SIZE_MAX_BYTES
        assert mapping.recognises(item)
        back = mapping.from_item(item)
        wanted = readable(mapping, record)
        assert back == wanted
        for name, value in back.items():
            assert type(value) is type(wanted[name])
        again = mapping.to_item({**record, **back})
        assert same_value(again, item)


@given(cases())
@settings(deadline=None)
def test_an_item_is_the_same_after_the_wire(case: Case) -> None:
    for record, item in items(case):
        read = decode_item(encode_item(item))
        assert case.mapping.from_item(read) == case.mapping.from_item(item)
        assert case.mapping.changed({}, record) == {}


@given(cases())
@settings(deadline=None, max_examples=40)
async def test_an_item_is_the_same_after_a_table(case: Case) -> None:
    mapping = case.mapping
    keys = [{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK", "index")]
    request: dict[str, Any] = {
        "TableName": "Things",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": keys if mapping.index_fields else keys[:2],
        "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    }
    if mapping.index_fields:
        index = {"IndexName": "Index", "KeySchema": [{"AttributeName": "index", "KeyType": "HASH"}]}
        request["GlobalSecondaryIndexes"] = [{**index, "Projection": {"ProjectionType": "ALL"}}]
    async with DynamoDB.in_memory([request]) as db:
        table = db.table("Things", partition_key="PK", sort_key="SK")
        for record, item in items(case):
            await table.put_item(item)
            stored = await table.get_item(mapping.key(record))
            assert stored is not None
            assert same_value(stored, item)
            assert mapping.from_item(stored) == mapping.from_item(item)


@given(cases(), st.data())
@settings(deadline=None)
def test_what_changed_is_what_the_new_item_has_otherwise(case: Case, data: st.DataObject) -> None:
    mapping = case.mapping
    found = items(case)
    if len(found) < 2:
        return
    (record, item), (other, _) = found[0], found[1]
    names = data.draw(st.sets(st.sampled_from(sorted(set(record) - {"id"}))))
    changes = {name: other[name] for name in names}
    try:
        new_item = mapping.to_item({**record, **changes})
        changed = mapping.changed(changes, record)
    except RowRefused:
        return
    for name in mapping.entity.attributes:
        if name not in changed:
            assert same_value(item.get(name), new_item.get(name))
            assert (name in item) == (name in new_item)
        elif changed[name] is None:
            assert new_item.get(name) is None
        else:
            assert same_value(changed[name], new_item[name])


@given(
    st.lists(st.tuples(TEXT, TEXT, st.integers(0, 99), st.integers(0, 99)), min_size=2, max_size=6, unique=True),
    st.data(),
)
@settings(deadline=None)
def test_different_records_have_different_keys(values: list[tuple[Any, ...]], data: st.DataObject) -> None:
    template = data.draw(
        st.sampled_from(["{a}#{b}#{n}#{m}", "{a}{b}{n}{m}", "{n}{m}{a}#{b}", "{n}-{m}{a}\n{b}", "{b}{n}.{a}{m}"])
    )
    columns = {name: Column(name, "text", "text", nullable=False) for name in "ab"}
    columns |= {name: Column(name, "int", "integer", nullable=False) for name in "nm"}
    schema = SourceSchema({"things": Table("things", columns, ("a", "b", "n", "m"))})
    made: Attributes = {"PK": ("S", formatted(f"K{template}"))}
    (mapping,) = mappings(contract_of(entity("T", "things", made), sk=None), schema=schema)
    keys = []
    for one in values:
        record = dict(zip("abnm", one, strict=True))
        try:
            key = mapping.key(record).partition
        except RowRefused:
            continue
        keys.append(key)
        assert mapping.from_item({"PK": key}) == record
    assert len(keys) == len(set(keys))


# ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────────
WORDS = st.sampled_from(
    ["a", "t.b", "`c`", "'x'", "''", "1", "2.50", "NULL", "TRUE", "CONCAT", "(", ")", ",", "+", "-", "*", "/", "=",
     "<>", "<", ">=", "AND", "OR", "NOT", "IS", "CASE", "WHEN", "THEN", "ELSE", "END", ".", "--", "\\", "\0", "LIKE",
     "é", ";"]
)  # fmt: skip
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | TEXT
    | st.decimals(allow_nan=False)
    | st.floats()
    | st.dates()
    | st.binary()
)


@given(st.lists(WORDS, max_size=15).map(" ".join) | st.text(max_size=40), st.tuples(VALUES, VALUES, VALUES))
@settings(deadline=None)
def test_any_text_is_an_expression_or_refused_within_itself(text: str, values: tuple[Any, ...]) -> None:
    offset = 0
    try:
        expression = parse(text)
    except ExpressionError as error:
        offset, expression = error.offset, Literal(None)
    assert 0 <= offset <= len(text)

    def read(column: Named) -> Callable[[tuple[Any, ...]], Any]:
        return lambda row: row[len(column.name) % 3]

    compute = compiled(expression, read, ignores_case=lambda _: True)
    try:
        found = compute(values)
    except NotComputable:
        return
    assert not isinstance(found, float) or math.isfinite(found) or found in values or math.isnan(found)


@pytest.mark.parametrize("kind", KINDS, ids=lambda of: f"{of.type}-{'-'.join(of.types)}")
@given(data=st.data())
@settings(deadline=None, max_examples=30)
def test_hostile_values_are_values_or_refused(kind: Of, data: st.DataObject) -> None:
    """Whatever comes for a column: an item, or a refusal that names it; no other error."""
    hostile = data.draw(
        VALUES | JSON | st.dictionaries(VALUES.filter(lambda v: v == v), VALUES, max_size=2) | st.datetimes()
    )
    column = Column("v", kind.type, kind.family, members=kind.members)
    key = Column("id", "int", "integer", nullable=False)
    schema = SourceSchema({"things": Table("things", {"id": key, "v": column}, ("id",))})
    for type_ in kind.types:
        made: Attributes = {"PK": ("S", "id"), "A": (type_, "v")}
        (mapping,) = mappings(contract_of(entity("T", "things", made), sk=None), schema=schema)
        attempts: list[Callable[[], Any]] = [
            lambda: encode_item(mapping.to_item(mapping.record(Row({"id": 1, "v": hostile})))),  # noqa: B023
            lambda: encode_item(mapping.to_item({"id": 1, "A": hostile})),  # noqa: B023
            lambda: mapping.from_item({"PK": "1", "A": hostile}),  # noqa: B023
        ]
        for attempt in attempts:
            refused: RowRefused | None = None
            try:
                attempt()
            except RowRefused as error:
                refused = error
            assert refused is None or refused.entity == "T"
