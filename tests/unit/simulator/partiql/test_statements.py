"""What is wrong with a statement before any table is looked up, and how parameters fill it."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator.errors import ApiError
from hashrange.simulator.partiql.fault import StatementFault, SyntaxFault
from hashrange.simulator.partiql.statements import (
    Delete,
    Exists,
    Insert,
    NoStatement,
    Select,
    Update,
    bind,
    filled,
)

SELECT = "SELECT * FROM things WHERE "


def fault(text: str, parameters: list[dict[str, Any]] | None = None) -> str:
    with pytest.raises(StatementFault) as caught:
        bind(text, parameters)
    return caught.value.detail


# ── what they are ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_kinds() -> None:
    texts = [
        ("SELECT a FROM things", Select),
        ("INSERT INTO things VALUE {'a': 1}", Insert),
        ("UPDATE things SET a = 1 WHERE b = 1", Update),
        ("DELETE FROM things WHERE b = 1", Delete),
        ("EXISTS(SELECT * FROM things WHERE a = 1)", Exists),
    ]
    for text, kind in texts:
        assert isinstance(bind(text, None).statement, kind), text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x", "VariableReference"),
        ("x.y", "Path"),
        ("'x'", "Literal"),
        ("1", "Literal"),
        ("{'a': 1}", "Struct"),
        ("[1]", "Seq"),
        ("DROP TABLE things", "DropTable"),
        ("CREATE TABLE things", "CreateTable"),
        ("CREATE INDEX ON things (a)", "CreateIndex"),
        ("EXEC x", "Exec"),
        ("INSERT INTO things <<{'a': 1}>>", "InsertOp"),
        ("UPDATE things SET a = 1 INSERT INTO others VALUE {'a': 1}", "InsertOp"),
        ("a = 1", ""),
        ("exists(1)", ""),
    ],
)
def test_what_is_no_statement(text: str, kind: str) -> None:
    assert bind(text, None).statement == NoStatement(kind)


def test_an_index_of_a_table() -> None:
    select = bind('SELECT * FROM "things"."by g" WHERE g = 1', None).statement
    assert isinstance(select, Select)
    assert (select.table, select.index) == ("things", "by g")


# ── parameters ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_parameters_fill_a_statement_in_their_order() -> None:
    bound = bind("INSERT INTO things VALUE {'a': ?, 'b': 'x', 'c': ?}", [{"N": "1.50"}, {"SS": ["b", "a"]}])
    assert isinstance(bound.statement, Insert)
    item = filled(bound.statement, bound.values)
    assert item == {"a": {"N": "1.5"}, "b": {"S": "x"}, "c": {"SS": ["a", "b"]}}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_and_too_many_parameters(count: int) -> None:
    assert fault(SELECT + "a = ? AND b = ?", [{"S": "x"}] * count) == (
        "Number of parameters in request and statement don't match."
    )


def test_parameters_are_checked_as_values_are() -> None:
    with pytest.raises(ApiError, match="cannot be converted to a numeric value: x"):
        bind(SELECT + "a = ?", [{"N": "x"}])


def test_what_is_wrong_is_said_again() -> None:
    caught = []
    for _ in range(2):
        with pytest.raises(SyntaxFault) as one:
            bind("SELECT * FROM things WHERE", None)
        caught.append(one.value)
    assert caught[0].detail == caught[1].detail
    assert caught[0] is not caught[1], "each has a traceback of its own"


def test_long_statements_are_not_kept() -> None:
    long = SELECT + f"a = '{'x' * 2048}' AND b = ?"
    first, second = (bind(long, [{"S": "x"}]).statement for _ in range(2))
    assert first == second
    assert first is not second


def test_a_statement_is_translated_once() -> None:
    assert bind(SELECT + "a = ?", [{"S": "x"}]).statement is bind(SELECT + "a = ?", [{"S": "y"}]).statement


# ── FROM ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT * FROM things t", "Aliasing is not supported"),
        ("SELECT * FROM things AS t", "Aliasing is not supported"),
        ("SELECT * FROM things, things", "Only select from a single table or index is supported."),
        ("SELECT * FROM things JOIN others ON 1 = 1", "Only select from a single table or index is supported."),
        ("SELECT * FROM a.b.c", "A path may contain at most 2 components in the FROM clause"),
        ("SELECT * FROM 'things'", "Unexpected from source"),
        ("SELECT * FROM ?", "Unexpected from source"),
        ('SELECT * FROM ""', "Path component cannot be an empty string"),
        (
            "SELECT * FROM th",
            "Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', '0-9', '-', '_', '.'.",
        ),
        (
            'INSERT INTO "things"."i" VALUE {}',
            "FROM clause may only contain a single table name in data manipulation statements",
        ),
        ('UPDATE "things"."i" SET a = 1', "This operation is not supported on an index"),
        ('DELETE FROM "things"."i"', "This operation is not supported on an index"),
        ("UPDATE things t SET a = 1", "Aliasing is not supported"),
        ("SET a = 1", "Only select from a single table or index is supported."),
    ],
)
def test_sources(text: str, message: str) -> None:
    assert fault(text, [{"S": "x"}] if "?" in text else None) == message


# ── SELECT ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT a AS b FROM things", "Aliasing is not supported"),
        ("SELECT a b FROM things", "Aliasing is not supported"),
        ("SELECT a + 1 FROM things", "Unexpected path component at 1:10:1"),
        ("SELECT COUNT(*) FROM things", "Unexpected path component at 1:8:5"),
        ("SELECT size(a) FROM things", "Unexpected path component at 1:8:4"),
        ("SELECT a[?] FROM things", "Unexpected path component at 1:10:1"),
        ("SELECT a.* FROM things", "Changing item's hierarchy while reading isn't supported"),
        ("SELECT a, a FROM things", "Duplicate identifiers in select clause: a"),
        ("SELECT a.c, b.c FROM things", "Duplicate identifiers in select clause: c"),
        ("SELECT l[0], m.l[0] FROM things", "Duplicate identifiers in select clause: l[0]"),
        (
            "SELECT m, m.k FROM things",
            (
                "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                "path one: [m, k], path two: [m]"
            ),
        ),
        ("SELECT DISTINCT a FROM things", "Unsupported token in expression: DISTINCT"),
        ("SELECT VALUE a FROM things", "Select projection doesn't support value or pivot keywords"),
        ("SELECT * FROM things WHERE a = 1 LIMIT 2", "Unsupported clause: LIMIT at 1:40:1"),
        ("SELECT a FROM things GROUP BY a", "Unsupported clause: GROUP BY"),
        ("SELECT * FROM things ORDER BY a", "Must have WHERE clause in the statement when using ORDER BY clause."),
        (SELECT + "a = 1 ORDER BY a.b", "Argument to ORDER BY must be of type VariableReference. Type: PATH"),
        (SELECT + "a = 1 ORDER BY 1", "Argument to ORDER BY must be of type VariableReference. Type: 1"),
        (
            "SELECT a[4294967294] FROM things",
            "List index is not within the allowable range; index: [4294967294] at 1:10:10",
        ),
    ],
)
def test_selects(text: str, message: str) -> None:
    assert fault(text, [{"S": "x"}] if "?" in text else None) == message


# ── WHERE ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("a", "WHERE clause must contain an expression that resolves to a boolean"),
        ("true", "WHERE clause must contain an expression that resolves to a boolean"),
        ("size(a)", "WHERE clause must contain an expression that resolves to a boolean"),
        ("a AND b = 1", "The arguments to AND/OR must be Expressions"),
        ("NOT a", "The argument to NOT must be a Type or Expression"),
        ("a = MISSING", "MISSING must be compared using IS operator"),
        ("a + 1 = 2", "Unsupported operator in Condition Expression. Operator: +"),
        ("a LIKE 'x'", "Unsupported operator in Condition Expression. Operator: like"),
        ("a = -b", "Unsupported operator in Condition Expression. Operator: -"),
        (
            "a IN 5",
            (
                "IN operator must have a left hand argument of type Variable "
                "Reference and right hand argument of type Seq "
                "with at least one member"
            ),
        ),
        (
            "a IN []",
            (
                "IN operator must have a left hand argument of type Variable "
                "Reference and right hand argument of type Seq "
                "with at least one member"
            ),
        ),
        ("foo(a)", "Unrecognized function: foo"),
        ("exists(a)", "Unrecognized function: exists"),
        ("list_append(a, a) = 1", "The function is not allowed in a condition expression; function: list_append"),
        ("size(a) IS MISSING", "The left hand side argument to IS must be a Variable Reference, Literal, or Path"),
        ("MISSING IS MISSING", "The left hand side argument to IS must be a Variable Reference, Literal, or Path"),
        (
            "1 IS MISSING",
            "Operator or function requires a document path; operator or function: attribute_not_exists",
        ),
        (
            "a IS INT",
            (
                "Unsupported data type for IS operator: INTEGER. Supported data types "
                "are [MISSING, NULL, BOOLEAN, BLOB, "
                "STRING, NUMERIC, STRUCT, TUPLE, LIST] at 1:30:2"
            ),
        ),
        ("CASE WHEN a = 1 THEN 2 END = 2", "Unsupported token in expression: CASE at 1:28:4"),
        ("a = (SELECT * FROM things)", "Unsupported token in expression: SELECT at 1:33:6"),
        ("count(a) = 1", "Unsupported token in expression: count at 1:28:5"),
        ("a[1 + 1] = 1", "Unexpected path component at 1:32:1"),
        ("'a'.b = 1", "Unexpected path component at 1:28:3"),
        ("a.* = 1", "Unpivot path component like a.*.b are not supported at 1:30:1"),
        ("a[*] = 1", "Wildcard path component like a[*].b are not supported at 1:30:1"),
        ("a[-1] = 1", "List index is not within the allowable range; index: [-1] at 1:31:1"),
        ('a."" = 1', "Path component cannot be an empty string"),
        ("a = <<>>", "Empty bags are not supported at 1:32:2"),
        (
            "a = <<'b', 1>>",
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags at 1:39:1",
        ),
        ("a = <<1, 1.0>>", "Input collection contains duplicates"),
        ("a = <<'b', 'b'>>", "Input collection contains duplicates"),
        ("a = `5`", "Ion Literals are not supported: INT under key root at 1:32:3"),
        ("a = [1, b]", "Unsupported data type: VariableReference under key root.1 at 1:36:1"),
        ("a = {'b': {'c': ?}}", "Unsupported data type: Parameter under key root.b.c at 1:44:1"),
        ("a = {b: 1}", "Tuple keys must be of type String. Actual type: VariableReference under root at 1:33:1"),
        ("a = {'b': 1, 'b': 2}", "Duplicate keys in tuple. Key: b under root at 1:32:1"),
        (
            "(b = 1) IN [1]",
            "Incorrect operand type for operator or function; operator or function: IN, operand type: BOOL",
        ),
        (
            "size(a = 1) = 1",
            "Incorrect operand type for operator or function; operator or function: size, operand type: BOOL",
        ),
        ("a = `x y`", "Ion Literals are not supported: SYMBOL under key root at 1:32:5"),
        ("a = `2020T`", "Ion Literals are not supported: TIMESTAMP under key root at 1:32:7"),
        ("a = 1e126", "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        ("a = " + "[" * 33 + "]" * 33, "Nesting Levels have exceeded supported limits"),
        (" OR ".join(["a = 1"] * 151), "The expression contains too many operators; operator count: 301"),
        (
            "(a = 1) < 2",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
        ),
    ],
)
def test_conditions(condition: str, message: str) -> None:
    assert fault(SELECT + condition, [{"S": "x"}] if "?" in condition else None) == message


# ── writes ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "INSERT INTO things VALUE ?",
            (
                "Unsupported format in item expression. Please use struct format "
                "{...} to express item values for insert "
                "statement. at 1:26:1"
            ),
        ),
        ("INSERT INTO things VALUE {'a': MISSING}", "Unsupported data type: MISSING under key root at 1:32:7"),
        ("INSERT INTO things VALUE {'a': b}", "Unsupported data type: b under key root at 1:32:1"),
        ("INSERT INTO things VALUE {'a': 1 + 1}", "Unsupported data type: + under key root at 1:34:1"),
        ("INSERT INTO things VALUE {'a': [?]}", "Unsupported data type: Parameter under key root.0 at 1:33:1"),
        ("INSERT INTO things VALUE {'': 1}", "Path component cannot be an empty string"),
        ("INSERT INTO things VALUE {'a': 1, 'a': 2}", "Duplicate keys in tuple. Key: a under root at 1:35:3"),
        ("INSERT INTO things VALUE {'a': 1} AT 1", "AT is not supported in insert statements. at 1:1:6"),
        ("INSERT INTO things VALUE {'a': 1} ON CONFLICT WHERE b DO NOTHING", "Unsupported clause: ON CONFLICT"),
        ("INSERT INTO things VALUE {'a': 1} RETURNING ALL OLD *", "RETURNING is not supported in INSERT"),
        (
            "UPDATE things SET a = 1 RETURNING ALL OLD b",
            "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause",
        ),
        (
            "UPDATE things SET a = 1 RETURNING ALL OLD *, ALL NEW *",
            "Invalid syntax with multiple returning elements in RETURNING clause",
        ),
        (
            "DELETE FROM things RETURNING MODIFIED NEW *",
            (
                "Invalid returning clause: RETURNING MODIFIED NEW *. Only RETURNING "
                "ALL OLD * is allowed in DELETE statements."
            ),
        ),
        ("UPDATE things SET a = b * 2", "Unsupported operator in Update Expression. Operator: *"),
        ("UPDATE things SET a = b IS MISSING", "IS operator is not supported in update expressions"),
        ("UPDATE things SET a = MISSING", "MISSING must be compared using IS operator"),
        (
            "UPDATE things SET a = -b",
            "Incorrect number of operands for operator or function; operator or function: -, number of operands: 1",
        ),
        ("UPDATE things SET a = foo(b)", "Unrecognized function: foo"),
        ("UPDATE things SET a = size(b)", "The function is not allowed in an update expression; function: size"),
        ("UPDATE things SET a = CASE WHEN b THEN 1 END", "Unsupported token in expression: CASE at 1:23:4"),
        ("UPDATE things SET a = set_add(b, <<1>>)", "The first argument to SET_ADD must equal the assignment value"),
        ("UPDATE things SET a = set_add(a)", "SET_ADD must have exactly two arguments at 1:23:7"),
        (
            "UPDATE things SET a = set_delete(a, 1)",
            "The second argument to SET_DELETE must be a value with type SET at 1:34:1",
        ),
    ],
)
def test_writes(text: str, message: str) -> None:
    assert fault(text, [{"S": "x"}] if "?" in text else None) == message
