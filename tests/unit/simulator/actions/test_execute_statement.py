"""ExecuteStatement: what SELECT reads, how it pages, what is no statement, and what statements cost."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.simulator.state.definitions import IndexDefinition, TableDefinition
from hashrange.simulator.throughput import Throughput
from tests.simulated_items import INDEXED, World, item, keys
from tests.simulated_statements import THINGS, Statements


@pytest.fixture
def world() -> Statements:
    return Statements()


# ── SELECT: conditions ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("n = 5", ["a1"]),
        ("n <> 5", ["a2", "b1", "b3"]),
        ("n != 5", ["a2", "b1", "b3"]),
        ("5 < n", ["a2"]),
        ("n <= 5.0", ["a1"]),
        ("n BETWEEN 1 AND 6", ["a1"]),
        ("n NOT BETWEEN 1 AND 6", ["a2", "b1", "b3"]),
        ("n IN [5, 7]", ["a1", "a2"]),
        ("n IN (5)", ["a1"]),
        ("n IN <<5>>", ["a1"]),
        ("n NOT IN [5]", ["a2", "b1", "b3"]),
        ("n IS MISSING", ["b1", "b3"]),
        ("n IS NOT MISSING", ["a1", "a2"]),
        ("z IS NULL", ["a2"]),
        ("z = NULL", ["a2"]),
        ("z IS NOT NULL", ["a1", "b1", "b3"]),
        ("g IS STRING", ["a1", "a2"]),
        ("n IS NUMERIC", ["a1", "a2"]),
        ("m IS STRUCT", ["a1"]),
        ("l IS LIST", ["a1"]),
        ("yes IS BOOL", ["b3"]),
        ("bin IS BLOB", ["b3"]),
        ("begins_with(g, 'x')", ["a1"]),
        ("BEGINS_WITH(g, 'x') = false", ["a2", "b1", "b3"]),
        ("contains(ss, 'p')", ["a1"]),
        ("attribute_type(n, 'N')", ["a1", "a2"]),
        ("attribute_exists(e)", ["b1"]),
        ("attribute_not_exists(e)", ["a1", "a2", "b3"]),
        ("size(m.l) = 2", ["a1"]),
        ("m.k = 'v'", ["a1"]),
        ("m['k'] = 'v' AND m.l[1] = 2", ["a1"]),
        ("(m).\"k\" = 'v'", ["a1"]),
        ("m = {'k': 'v', 'l': [1, 2]}", ["a1"]),
        ("l = ['first']", ["a1"]),
        ("ss = <<'q', 'p'>>", ["a1"]),
        ("yes = TRUE", ["b3"]),
        ("e = ''", ["b1"]),
        ("\"size\" = 'large'", ["b1"]),
        ("\"it's\" = 'odd'", ["b1"]),
        ("NOT n = 5 AND pk > 'a'", ["b1", "b3"]),
        ("NOT (n = 5 OR n = 7)", ["b1", "b3"]),
        ("n = 5 OR n = 7 AND g = 'nope'", ["a1"]),
        ("(n = 5) = true", ["a1"]),
        ("false <> (n = 5)", ["a1"]),
        ("(n = 5) = (g = 'x')", ["a1", "a2", "b1", "b3"]),
        ("(n = 5) <> (g = 'y')", ["a1", "a2"]),
        ("yes = (pk = 'b')", ["b3"]),
        ("yes <> (pk = 'b')", ["a1", "a2", "b1"]),
        ("n = 5 = 1", []),
        ("n = 5 < 6", []),
        ("1 = 1", ["a1", "a2", "b1", "b3"]),
        ("N = 5", []),
        ("pk = 'a' AND sk = '1'", ["a1"]),
        ("'a' = pk AND '2' = sk", ["a2"]),
        ("pk = 'a' AND sk = '1' AND n = 5", ["a1"]),
        ("pk = 'a' AND sk = '1' AND n = 6", []),
        ("pk = 'a' AND pk = 'b'", []),
        ("pk = 'a' AND sk <> '1'", ["a2"]),
        ("pk = 'b' AND sk > '1' AND sk < '9'", ["b3"]),
        ("pk = 'a' AND begins_with(sk, '2')", ["a2"]),
        ("pk IN ['b', 'nobody', 'a'] AND sk = '1'", ["a1", "b1"]),
        ("pk = 'nobody' AND sk = '1'", []),
    ],
)
def test_conditions(world: Statements, condition: str, expected: list[str]) -> None:
    assert world.where(condition) == expected


def test_parameters_stand_for_values(world: Statements) -> None:
    assert world.where("n = ?", 5) == ["a1"]
    assert world.where("? < n", 5) == ["a2"]
    assert world.where("n IN [?, 7] AND g = ?", 5, "x") == ["a1"]
    assert world.where("pk = ? AND sk = ?", "a", "2") == ["a2"]


def test_nesting_that_an_expression_may_have(world: Statements) -> None:
    text = "n = 5"
    for at in range(140):
        text = f"({text} {'AND' if at % 2 else 'OR'} n = 5)"
    assert world.where(text) == ["a1"]


# ── SELECT: what is answered, and in which order ─────────────────────────────────────────────────────────────────────
def test_whole_items(world: Statements) -> None:
    assert world.run("SELECT * FROM Indexed WHERE pk = 'a' AND sk = '2'") == {"Items": [item(**THINGS["a2"])]}
    assert world.run("SELECT * FROM Indexed WHERE pk = 'nobody' AND sk = '1'") == {"Items": []}
    assert len(world.items("select * from Indexed;")) == len(THINGS)


def test_parts_come_under_the_name_of_their_paths_end(world: Statements) -> None:
    assert world.items("SELECT m.k, m.l[1], nope, n FROM Indexed WHERE pk = 'a'") == [
        {"k": {"S": "v"}, "l[1]": {"N": "2"}, "n": {"N": "5"}},
        {"n": {"N": "7"}},
    ]
    assert world.items("SELECT m['l'] FROM Indexed WHERE pk = 'a' AND sk = '1'") == [
        {"l": {"L": [{"N": "1"}, {"N": "2"}]}}
    ]
    assert world.items("SELECT nope FROM Indexed WHERE pk = 'a' AND sk = '1'") == [{}]


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("pk = 'b'", ["b1", "b3"]),
        ("pk = 'b' ORDER BY sk", ["b1", "b3"]),
        ("pk = 'b' ORDER BY sk DESC", ["b3", "b1"]),
        ("pk = 'b' ORDER BY pk DESC, sk DESC", ["b3", "b1"]),
        ("pk = 'b' AND sk > '0' AND sk < '3' ORDER BY sk DESC", ["b1"]),
        ("pk IN ['b', 'a']", ["b1", "b3", "a1", "a2"]),
        ("pk IN ['b', 'a'] ORDER BY sk DESC", ["b3", "b1", "a2", "a1"]),
        ("pk IN ['b', 'a'] ORDER BY pk", ["a1", "a2", "b1", "b3"]),
        ("pk = 'a' OR pk = 'b' ORDER BY pk DESC, sk ASC", ["b1", "b3", "a1", "a2"]),
    ],
)
def test_order(world: Statements, rest: str, expected: list[str]) -> None:
    text = f"SELECT pk, sk FROM Indexed WHERE {rest}"
    assert world.names(text) == expected
    paged: list[str] = []
    answer = world.run(text, Limit=1)
    while True:
        paged += [found["pk"]["S"] + found["sk"]["S"] for found in answer["Items"]]
        if "NextToken" not in answer:
            break
        answer = world.run(text, Limit=1, NextToken=answer["NextToken"])
    assert paged == expected


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("pk = 'a' ORDER BY n", "Variable reference n in ORDER BY clause must be part of the primary key"),
        (
            "n = 1 ORDER BY pk",
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
        ),
    ],
)
def test_order_by_other_attributes(world: Statements, rest: str, message: str) -> None:
    assert world.wrong(f"SELECT * FROM Indexed WHERE {rest}") == message


def test_indexes(world: Statements) -> None:
    assert world.names('SELECT * FROM "Indexed"."by-g" WHERE g = \'y\'') == ["a2"]
    assert world.names('SELECT pk, sk FROM "Indexed"."by-n" WHERE pk = \'a\' AND n > 5') == ["a2"]
    assert world.names('SELECT pk, sk FROM "Indexed"."by-n" WHERE pk = \'a\' ORDER BY n DESC') == ["a2", "a1"]
    assert sorted(world.names('SELECT * FROM "Indexed"."by-g"')) == ["a1", "a2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('SELECT * FROM "Indexed"."nope"', "The table does not have the specified index: nope"),
        (
            'SELECT z FROM "Indexed"."by-gn"',
            "One or more parameter values were invalid: Global secondary index by-gn does not project [z]",
        ),
        (
            'SELECT * FROM "Indexed"."by-gn" WHERE g = \'x\' AND z = 1',
            (
                "One or more parameter values were invalid: Secondary index by-gn does not project one or more filter "
                "attributes: [z]"
            ),
        ),
        (
            "SELECT * FROM Indexed WHERE pk.x = 1",
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk",
        ),
        (
            "SELECT pk.x FROM Indexed WHERE pk = 'a' AND sk = '1'",
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk",
        ),
        (
            "SELECT * FROM Indexed WHERE pk = 'a' AND sk = 1",
            "Key attribute's data type should match its data type in table's schema: Key sk",
        ),
        (
            "SELECT * FROM Indexed WHERE pk = '' AND sk = '1'",
            (
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
                "empty string value. Key: pk"
            ),
        ),
    ],
)
def test_what_a_table_refuses(world: Statements, text: str, message: str) -> None:
    assert world.wrong(text) == message


def test_consistent_reads_of_a_global_index(world: Statements) -> None:
    text = 'SELECT * FROM "Indexed"."by-g" WHERE g = \'y\''
    assert world.wrong(text, ConsistentRead=True) == (
        "Strongly consistent read is not supported on Global Secondary Indexes"
    )


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM nowhere",
        "SELECT * FROM nowhere WHERE pk = 'a'",
        "INSERT INTO nowhere VALUE {'pk': 'a'}",
        "UPDATE nowhere SET a = 1 WHERE pk = 'a'",
        "DELETE FROM nowhere WHERE pk = 'a'",
    ],
)
def test_tables_that_are_not_there(world: Statements, text: str) -> None:
    error = world.refused("ExecuteStatement", Statement=text)
    assert (error.name, error.message) == ("ResourceNotFoundException", "Requested resource not found")


# ── SELECT: pages ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_page_ends_at_the_limit_of_what_is_evaluated(world: Statements) -> None:
    text = "SELECT pk, sk FROM Indexed WHERE pk = ? AND n = ?"
    answer = world.run(text, "a", 7, Limit=1)
    assert answer["Items"] == []
    assert answer["LastEvaluatedKey"] == item(pk="a", sk="1")
    rest = world.run(text, "a", 7, NextToken=answer["NextToken"])
    assert rest == {"Items": [item(pk="a", sk="2")]}


def test_a_page_ends_at_a_megabyte(world: Statements) -> None:
    for at in range(4):
        world.put(INDEXED, pk="big", sk=str(at), text="x" * 350_000)
    answer = world.run("SELECT sk FROM Indexed WHERE pk = 'big'")
    assert len(answer["Items"]) == 3
    rest = world.run("SELECT sk FROM Indexed WHERE pk = 'big'", NextToken=answer["NextToken"])
    assert rest == {"Items": [item(sk="3")]}


def test_tokens_belong_to_a_statement_and_its_parameters(world: Statements) -> None:
    text = "SELECT * FROM Indexed WHERE pk = ?"
    token = world.run(text, "a", Limit=1)["NextToken"]
    assert world.wrong(text, "b", NextToken=token) == "NextToken does not match request"
    assert world.wrong(f"{text} ", "a", NextToken=token) == "NextToken does not match request"
    for bad in ("x", "e30=", token[:-4], "é"):
        assert world.wrong(text, "a", NextToken=bad) == "Invalid NextToken"


def test_a_token_outlives_its_item(world: Statements) -> None:
    text = "SELECT pk, sk FROM Indexed WHERE pk IN ['a', 'b']"
    token = world.run(text, Limit=2)["NextToken"]
    world("DeleteItem", TableName=INDEXED, Key=item(pk="a", sk="2"))
    assert world.names(text, NextToken=token) == ["b1", "b3"]


# ── what is no statement ─────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "Unsupported operation: VariableReference"),
        ("DROP TABLE Indexed", "Unsupported operation: DropTable"),
        ("a = 1", "EXISTS can only be used in ExecuteTransaction write requests."),
        (
            "EXISTS(SELECT * FROM Indexed WHERE pk = 'a')",
            "EXISTS can only be used in ExecuteTransaction write requests.",
        ),
        ("SLECT * FROM Indexed", "Statement wasn't well formed, can't be processed: Expected data manipulation"),
    ],
)
def test_what_is_no_statement(world: Statements, text: str, message: str) -> None:
    assert world.wrong(text) == message


def test_shapes(world: Statements) -> None:
    assert world.message("ExecuteStatement", Statement="", Limit=0, Parameters=[]) == (
        "3 validation errors detected: "
        "Value '' at 'statement' failed to satisfy constraint: Member must have length greater than or equal to 1; "
        "Value '[]' at 'parameters' failed to satisfy constraint: Member must have length greater than or equal to 1; "
        "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
    )


# ── what it costs ────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "more", "expected"),
    [
        ("SELECT * FROM Indexed", {}, {"CapacityUnits": 0.5, "Table": {"CapacityUnits": 0.5}}),
        (
            "SELECT n FROM Indexed WHERE pk = 'a' AND sk = '1'",
            {},
            {"CapacityUnits": 0.5, "Table": {"CapacityUnits": 0.5}},
        ),
        (
            "SELECT * FROM Indexed WHERE pk = 'nobody' AND sk = '1'",
            {"ConsistentRead": True},
            {"CapacityUnits": 1.0, "Table": {"CapacityUnits": 1.0}},
        ),
        (
            'SELECT * FROM "Indexed"."by-g" WHERE g = \'x\'',
            {},
            {
                "CapacityUnits": 0.5,
                "Table": {"CapacityUnits": 0.0},
                "GlobalSecondaryIndexes": {"by-g": {"CapacityUnits": 0.5}},
            },
        ),
        (
            "DELETE FROM Indexed WHERE pk = 'nobody' AND sk = '1'",
            {},
            {"CapacityUnits": 1.0, "Table": {"CapacityUnits": 1.0}},
        ),
        (
            "INSERT INTO Indexed VALUE {'pk': 'x', 'sk': '1', 'g': 'x'}",
            {},
            {
                "CapacityUnits": 2.0,
                "Table": {"CapacityUnits": 1.0},
                "GlobalSecondaryIndexes": {"by-g": {"CapacityUnits": 1.0}},
            },
        ),
    ],
)
def test_capacity(world: Statements, text: str, more: dict[str, Any], expected: dict[str, Any]) -> None:
    answer = world.run(text, ReturnConsumedCapacity="INDEXES", **more)
    assert answer["ConsumedCapacity"] == {"TableName": INDEXED, **expected}
    total = world.run(text.replace("'x', 'sk'", "'y', 'sk'"), ReturnConsumedCapacity="TOTAL", **more)
    assert total["ConsumedCapacity"] == {"TableName": INDEXED, "CapacityUnits": expected["CapacityUnits"]}


@pytest.mark.parametrize(
    "text", ["SELECT * FROM Indexed WHERE pk = 'a'", "UPDATE Indexed SET x = 1 WHERE pk = 'a' AND sk = '1'"]
)
def test_statements_are_throttled_as_other_operations_are(world: Statements, text: str) -> None:
    world.engine.throughput = Throughput(partition_read_units=0.5, partition_write_units=1, burst_seconds=0)
    world.run(text)
    assert world.refused("ExecuteStatement", Statement=text).name == "ProvisionedThroughputExceededException"


def test_an_index_whose_keys_have_several_attributes() -> None:
    index = IndexDefinition("by-ab", (("a", "HASH"), ("b", "HASH"), ("c", "RANGE"), ("d", "RANGE")))
    types: dict[str, str] = dict.fromkeys(("pk", "a", "b", "c", "d"), "S")
    world = World(TableDefinition("Many", keys("pk"), types, {"by-ab": index}))
    for at, (c, d) in enumerate([("1", "1"), ("1", "2"), ("2", "1"), ("2", "2")]):
        world.put("Many", pk=str(at), a="a", b="b", c=c, d=d)
        world.put("Many", pk=f"other{at}", a="a", b="ab", c=c, d=d)
    text = "SELECT pk FROM \"Many\".\"by-ab\" WHERE b = 'b' AND a = 'a'"

    def found(rest: str, **more: Any) -> tuple[list[str], str | None]:
        answer = world("ExecuteStatement", Statement=text + rest, **more)
        return [one["pk"]["S"] for one in answer["Items"]], answer.get("NextToken")

    assert found("") == (["0", "1", "2", "3"], None)
    assert found(" ORDER BY c DESC") == (["3", "2", "1", "0"], None)
    assert found(" AND c = '2' AND d > '1'") == (["3"], None)
    assert found(" AND d = '2'") == (["1", "3"], None)
    first, token = found(" ORDER BY d DESC", Limit=3)
    assert first == ["3", "2", "1"]
    assert found(" ORDER BY d DESC", NextToken=token) == (["0"], None)
