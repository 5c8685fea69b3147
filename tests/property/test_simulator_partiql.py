"""PartiQL in the simulator: a WHERE finds what the same FilterExpression finds, and garbage is refused in peace."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.limits import PARTIQL_STATEMENT_MAX_CHARS
from hashrange.simulator.endpoint import handle
from hashrange.simulator.engine import Engine
from hashrange.simulator.partiql.fault import StatementFault
from hashrange.simulator.partiql.parser import parse
from hashrange.simulator.partiql.statements import compile_statement
from tests.property.partiql_trees import ITEMS, written

TABLE = "things"
KEYS = ["pk"]
_FINE = {
    "ValidationException",
    "ResourceNotFoundException",
    "ConditionalCheckFailedException",
    "DuplicateItemException",
    "TransactionCanceledException",
}

_WORDS = """
    SELECT FROM WHERE INSERT INTO VALUE UPDATE SET REMOVE DELETE EXISTS RETURNING ALL NEW OLD MODIFIED * ORDER BY ASC
    DESC AND OR NOT IN BETWEEN IS MISSING NULL STRING ( ) [ ] { } << >> , . : ; ? = <> < >= + - || 'a' 'it''s' "things"
    things pk sk n m.k l[0] 1 -2.5 1e3 size( contains( begins_with( list_append( if_not_exists( set_add( foo( CASE WHEN
    THEN END CAST( AS INT ) `1` LIMIT GROUP true false @x $y /* */ -- ' " `
"""
PIECES = st.sampled_from(_WORDS.split())
STATEMENTS = st.sampled_from(
    [
        "SELECT n, m.k FROM \"things\" WHERE pk = 'a' AND n BETWEEN 1 AND ? ORDER BY pk DESC",
        "INSERT INTO things VALUE {'pk': 'b', 'l': [1, {'a': <<'x'>>}], 'n': ?}",
        "UPDATE things SET n = n + 1, m.k = list_append(m.k, [1]) REMOVE l[0] WHERE pk = 'a' RETURNING ALL NEW *",
        "DELETE FROM things WHERE pk = 'a' AND size(m) > 1 RETURNING ALL OLD *",
        "EXISTS(SELECT * FROM things WHERE pk = 'a' AND n IS NOT MISSING)",
    ]
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    found = Engine(
        [
            {
                "TableName": TABLE,
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            }
        ]
    )
    for at, attributes in enumerate(ITEMS):
        found.execute("PutItem", {"TableName": TABLE, "Item": {"pk": {"S": str(at)}, **attributes}})
    return found


def ask(engine: Engine, operation: str, request: dict[str, Any]) -> tuple[int, Any]:
    status, body = handle(engine, operation, json.dumps(request).encode())
    return status, json.loads(body)


@settings(max_examples=600, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_where_finds_what_a_filter_expression_finds(engine: Engine, seed: int) -> None:
    where, parameters, expression, names, values = written(seed)
    request: dict[str, Any] = {"Statement": f"SELECT * FROM {TABLE} WHERE {where}"}
    scan: dict[str, Any] = {"TableName": TABLE, "FilterExpression": expression, "ExpressionAttributeNames": names}
    status, found = ask(engine, "ExecuteStatement", request | ({"Parameters": parameters} if parameters else {}))
    expected_status, expected = ask(engine, "Scan", scan | ({"ExpressionAttributeValues": values} if values else {}))
    assert status == expected_status, (where, found, expression, expected)
    if status == 200:
        assert found["Items"] == expected["Items"], (where, expression)
    else:
        assert f"Invalid FilterExpression: {found['message']}" == expected["message"], (where, expression)


def refuse_in_peace(engine: Engine, text: str) -> None:
    statement = {"Statement": text[:PARTIQL_STATEMENT_MAX_CHARS] or " "}
    for operation, request in (
        ("ExecuteStatement", statement),
        ("ExecuteStatement", statement | {"Parameters": [{"N": "1"}]}),
        ("BatchExecuteStatement", {"Statements": [statement]}),
        ("ExecuteTransaction", {"TransactStatements": [statement]}),
    ):
        status, answer = ask(engine, operation, request)
        assert status == 200 or (status == 400 and answer["__type"].rpartition("#")[2] in _FINE), (text, answer)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=25).map(" ".join))
def test_any_words_are_a_statement_or_the_services_error(engine: Engine, text: str) -> None:
    refuse_in_peace(engine, text)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_a_statement_or_the_services_error(engine: Engine, text: str) -> None:
    refuse_in_peace(engine, text)


@settings(max_examples=400, deadline=None)
@given(STATEMENTS, st.data())
def test_a_damaged_statement(engine: Engine, text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(PIECES | st.just("")) + text[at + data.draw(st.integers(0, 6)) :]
    refuse_in_peace(engine, text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 8192,
        "[" * 4096 + "]" * 4096,
        "NOT " * 2048,
        "SELECT * FROM things WHERE " + "size(" * 1300 + "a" + ")" * 1300 + " = 1",
        "SELECT * FROM things WHERE a" + ".b" * 4000 + " = 1",
        "SELECT * FROM things WHERE a" + "[0]" * 2500 + " = 1",
        "SELECT * FROM things WHERE " + "(n = 1 AND " * 650 + "n = 1" + ")" * 650,
        "SELECT * FROM things WHERE " + "(n = 1 OR (n = 2 AND " * 74 + "n = 1" + "))" * 74,
        "SELECT * FROM things WHERE " + "n = " * 2000 + "1",
        "UPDATE things SET n = " + "1 + " * 2000 + "1 WHERE pk = '0'",
        "UPDATE things SET n = " + "1 + (" * 290 + "1" + ")" * 290 + " WHERE pk = '0'",
        "UPDATE things SET n = " + "list_append(" * 290 + "n" + ", n)" * 290 + " WHERE pk = '0'",
        "INSERT INTO things VALUE {'pk': " + "{'a': " * 1100 + "1" + "}" * 1100 + "}",
        "SELECT " + ", ".join(f"a{at}" for at in range(1200)) + " FROM things",
        "SELECT * FROM things WHERE n = '" + "''" * 4000,
        "--" * 4096,
        "/*" * 4096,
        "-" * 8000 + "1",
    ],
)
def test_deep_and_long_statements(engine: Engine, text: str) -> None:
    assert len(text) <= PARTIQL_STATEMENT_MAX_CHARS
    refuse_in_peace(engine, text)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_the_same_text_means_the_same_again(text: str) -> None:
    for work in (parse, compile_statement):
        answers: list[object] = []
        for _ in range(2):
            try:
                answers.append(work(text))
            except StatementFault as fault:
                answers.append(fault.detail)
        assert answers[0] == answers[1]
