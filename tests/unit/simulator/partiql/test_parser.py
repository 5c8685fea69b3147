"""The grammar of statements: what they say, how operators bind, and each syntax error with its text."""

from __future__ import annotations

import pytest

from hashrange.simulator.partiql import ast
from hashrange.simulator.partiql.fault import SyntaxFault
from hashrange.simulator.partiql.parser import parse


def shown(node: object) -> str:
    """An expression with all its parentheses."""
    match node:
        case ast.Name(text) | ast.Number(text):
            return text
        case ast.Text(value):
            return repr(value)
        case ast.Word(word):
            return word
        case ast.Parameter(number):
            return f"?{number}"
        case ast.Path(root, steps):
            return shown(root) + "".join(
                f"[{step.to if isinstance(step.to, str) else shown(step.to)}]" for step in steps
            )
        case ast.Sequence(items, _, is_bag):
            return f"{'<<' if is_bag else '['}{' '.join(map(shown, items))}{'>>' if is_bag else ']'}"
        case ast.Tuple(members):
            return f"{{{' '.join(shown(name) + ':' + shown(value) for name, value in members)}}}"
        case ast.TypeTest(subject, kind, negated):
            return f"({shown(subject)} is{' not' if negated else ''} {kind})"
        case ast.Operation(operator, operands):
            return f"({operator} {' '.join(map(shown, operands))})"
        case ast.Call(function, operands):
            return f"{function}({' '.join(map(shown, operands))})"
        case ast.Foreign(token):
            return f"!{token}"
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 1 AND b = 2 OR c = 3", "(or (and (= a 1) (= b 2)) (= c 3))"),
        ("a = 1 OR b = 2 AND c = 3", "(or (= a 1) (and (= b 2) (= c 3)))"),
        ("NOT a = 1 AND b", "(and (not (= a 1)) b)"),
        ("a BETWEEN 1 AND 2 AND b", "(and (between a 1 2) b)"),
        ("a NOT BETWEEN 1 AND 2", "(not_between a 1 2)"),
        ("a IN (1, 2)", "(in a [1 2])"),
        ("a IN [1]", "(in a [1])"),
        ("a NOT IN (1)", "(not_in a [1])"),
        ("a IS NOT MISSING = true", "(= (a is not MISSING) true)"),
        ("a IS BOOL", "(a is BOOLEAN)"),
        ("1 + 2 * 3 - 4", "(- (+ 1 (* 2 3)) 4)"),
        ("a < b = c", "(= (< a b) c)"),
        ("a = b < c", "(= a (< b c))"),
        ("- -5", "5"),
        ("-5 + +6", "(+ -5 6)"),
        ("-a", "(- a)"),
        ("((a))", "a"),
        ("(1, 2)", "[1 2]"),
        ("a.b[0]['c'].d", "a[b][0]['c'][d]"),
        ("a.*", "a[*]"),
        ("(a.b).c", "a[b][c]"),
        ("f(a, g())", "f(a g())"),
        ("SIZE(a)", "size(a)"),
        ("{'a': [1, <<'b'>>], 'c': {}}", "{'a':[1 <<'b'>>] 'c':{}}"),
        ("? = ?", "(= ?0 ?1)"),
        ("@a", "a"),
        ("CASE WHEN a THEN 1 ELSE 2 END", "!CASE"),
        ("CASE a WHEN 1 THEN 2 END", "!CASE"),
        ("CAST(a AS INT)", "!cast"),
        ("COUNT(*)", "!count"),
        ("sum(DISTINCT a)", "!sum"),
        ("DATE '2020-01-01'", "!UNKNOWN"),
        ("a LIKE 'x'", "(like a 'x')"),
        ("a || 'x'", "(|| a 'x')"),
    ],
)
def test_expressions(source: str, expected: str) -> None:
    assert shown(parse(source).statement) == expected


def test_a_select() -> None:
    found = parse('SELECT a, b.c FROM "t"."i" WHERE x = ? AND y = ? ORDER BY a DESC, b ASC;')
    assert found.parameters == 2
    select = found.statement
    assert isinstance(select, ast.Select)
    assert [shown(one.expression) for one in select.projected or ()] == ["a", "b[c]"]
    assert shown(select.source.expression) == "t[i]"
    assert shown(select.where) == "(and (= x ?0) (= y ?1))"
    assert [(shown(key.expression), key.descending) for key in select.order] == [("a", True), ("b", False)]


@pytest.mark.parametrize(
    ("source", "clause"),
    [
        ("SELECT * FROM t GROUP BY a", ("GROUP BY", None)),
        ("SELECT * FROM t HAVING a", ("HAVING", (1, 24, 1))),
        ("SELECT * FROM t WHERE a = 1 LIMIT 5", ("LIMIT", (1, 35, 1))),
    ],
)
def test_clauses_that_dynamodb_lacks(source: str, clause: tuple[str, object]) -> None:
    select = parse(source).statement
    assert isinstance(select, ast.Select)
    assert select.other == clause


def test_an_update() -> None:
    source = "UPDATE t SET a = b + 1, c.d = ? REMOVE e SET f[0] = 'x' WHERE pk = 1 RETURNING MODIFIED OLD *"
    update = parse(source).statement
    assert isinstance(update, ast.Update)
    assert [(shown(one.target), one.value and shown(one.value)) for one in update.assignments] == [
        ("a", "(+ b 1)"),
        ("c[d]", "?0"),
        ("e", None),
        ("f[0]", "'x'"),
    ]
    assert update.returning == ast.Returning(("modified_old",), True)
    assert shown(update.where) == "(= pk 1)"


def test_an_update_in_the_order_of_sql() -> None:
    assert isinstance(parse("FROM t WHERE pk = 1 SET a = 2").statement, ast.Update)


def test_an_insert_and_a_delete() -> None:
    insert = parse("INSERT INTO t VALUE {'pk': ?}").statement
    assert isinstance(insert, ast.Insert)
    assert shown(insert.value) == "{'pk':?0}"
    delete = parse('DELETE FROM "t" WHERE pk = 1 RETURNING ALL OLD *').statement
    assert isinstance(delete, ast.Delete)
    assert delete.returning == ast.Returning(("all_old",), True)


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        ("SLECT * FROM t WHERE a = 1", "Expected data manipulation"),
        ("what is this", "Expected data manipulation"),
        ("UPDATE pay-ment SET a = 1", "Expected data manipulation"),
        ("UPDATE t", "Expected data manipulation"),
        ("UPDATE t WHERE a = 1", "Expected data manipulation"),
        ("UPDATE 't' SET a = 1", "Expected identifier for simple path"),
        ("UPDATE t SET a", "Expected '='"),
        ("UPDATE t SET a[b + 1] = 1", "Invalid path component for simple path"),
        ("UPDATE t SET a.* = 1", "Invalid path dot component for simple path"),
        ("UPDATE t SET a = 1 RETURNING ALL", "Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element."),
        ("DELETE t WHERE a = 1", "Expected FROM after DELETE"),
        ("SELECT", "Unexpected term"),
        ("SELECT FROM t", "Expected data manipulation"),
        ("SELECT *", "Expected FROM after SELECT list"),
        ("SELECT a, FROM t", "Expected data manipulation"),
        (
            "SELECT *, a FROM t",
            "Other expressions may not be present in the select list when '*' is used without dot notation.",
        ),
        ("SELECT a[*] FROM t", "Invalid use of * in select list"),
        ("SELECT a.*.b FROM t", "Invalid use of * in select list"),
        ("SELECT a[0].* FROM t", "Cannot use [] and * together in SELECT list expression"),
        ("SELECT * FROM t WHERE", "Unexpected term"),
        ("SELECT * FROM t WHERE a =", "Missing right-hand side expression of infix operator"),
        ("SELECT * FROM t WHERE a = 1 b", "Unexpected token after expression"),
        ("SELECT * FROM t; SELECT", "Unexpected token after semicolon. (Only one query is allowed.)"),
        ("SELECT * FROM t WHERE value = 1", "Unexpected keyword"),
        ("SELECT * FROM t WHERE a.value = 1", "Invalid path dot component"),
        ("SELECT * FROM t WHERE (a = 1", "Expected RIGHT_PAREN"),
        ("SELECT * FROM t WHERE a = [1", "Expected RIGHT_BRACKET"),
        ("SELECT * FROM t WHERE a = <<1", "Expected RIGHT_DOUBLE_ANGLE_BRACKET"),
        ("SELECT * FROM t WHERE a = {'b'}", "Expected COLON"),
        ("SELECT * FROM t WHERE a IS what", "Expected type name"),
        ("SELECT * FROM t WHERE a BETWEEN 1 OR 2", "Expected AND keyword"),
        ("SELECT * FROM t WHERE f(*)", "f(*) is not allowed"),
        ("SELECT * FROM t ORDER a", "Expected BY"),
        ("SELECT * FROM t, u JOIN v", "Expected 'ON'"),
        ("SELECT * FROM t AS", "Expected identifier for AS-alias"),
        (
            "SELECT * FROM t WHERE a = (UPDATE u SET b = 1)",
            "Keyword UPDATE only expected at the top level in the query",
        ),
        ("INSERT INTO t", "Unexpected term"),
        ("SELECT * FROM t WHERE a = (SET b = 1)", "Keyword SET only expected at the top level in the query"),
        ("SELECT * FROM t WHERE a IS STRING(3)", "CAST for string must have arity of 0..0"),
        ("SELECT * FROM t WHERE a BETWEEN 1 AND", "Expected expression after AND"),
        ("SELECT * FROM t WHERE = 1", "Unexpected operator"),
        ("SELECT * FROM t WHERE @", "Identifier must follow @-operator"),
        ("SELECT * FROM t LET 1", "Expected AS following LET expr"),
        ("SELECT * FROM t LET 1 AS a, 2", "Expected AS following LET expr"),
        ("UPDATE t SET a = 1 RETURNING ALL OLD 1 + 1", "Unsupported syntax in RETURNING columns."),
        ("INSERT INTO t VALUE 1 ON CONFLICT WHERE a UPDATE", "invalid ON CONFLICT syntax"),
        ("DROP TABLE 1", "Expected identifier!"),
        ("DROP TABLE t now", "Unexpected tokens after DROP statement!"),
        ("EXEC", "No stored procedure provided"),
        ("INSERT INTO t VALUE {'a': 1} ON CONFLICT", "invalid ON CONFLICT syntax"),
        ("CREATE VIEW v", "Unexpected token following CREATE"),
        ("CASE a END", "Expected a WHEN clause in CASE"),
        ("@1", ""),
    ],
)
def test_syntax_errors(source: str, detail: str) -> None:
    detail = detail or "Expected data manipulation"
    with pytest.raises(SyntaxFault) as caught:
        parse(source)
    assert caught.value.detail == f"Statement wasn't well formed, can't be processed: {detail}"


@pytest.mark.parametrize("wrapped", ["(" * 4000 + "a" + ")" * 4000, "[" * 4000 + "1" + "]" * 4000, "NOT " * 2000 + "a"])
def test_deep_nesting_costs_no_stack(wrapped: str) -> None:
    parse(wrapped)
