"""CREATE TABLE statements as people and mysqldump write them."""

from __future__ import annotations

import pytest

from hashrange.migration.errors import ContractError
from hashrange.migration.source.ddl import ignores_case, parse_ddl
from hashrange.migration.source.schema import ForeignKey, Table
from tests.shop_contract import DDL, ROWS, TABLES

SHOP = parse_ddl(DDL).tables


def table(body: str, after: str = "") -> Table:
    """The table t of a statement."""
    return parse_ddl(f"CREATE TABLE t ({body}) {after};").tables["t"]


def family(type_: str) -> tuple[str, str, int | None]:
    column = table(f"a {type_} NOT NULL").columns["a"]
    return column.type, column.family, column.length


def test_the_shop() -> None:
    assert tuple(SHOP) == TABLES
    assert {name: list(rows[0]) for name, rows in ROWS.items()} == {
        name: list(one.columns) for name, one in SHOP.items()
    }
    orders, lines, products = SHOP["orders"], SHOP["order_lines"], SHOP["products"]
    assert orders.primary_key == ("id",)
    assert lines.primary_key == ("order_id", "line_no")
    assert SHOP["carts"].unique == (("customer_id", "product_id"),)
    assert products.foreign_keys[2] == ForeignKey(("origin", "tax_class"), "tax_rates", ("country", "tax_class"))
    assert SHOP["categories"].foreign_keys == (ForeignKey(("parent_id",), "categories", ("id",), "set null"),)
    assert orders.columns["status"].members == ("pending", "paid", "shipped", "cancelled")
    assert orders.columns["id"].auto_increment
    assert orders.columns["is_gift"].family == "boolean"
    assert not orders.columns["placed_at"].nullable
    assert orders.columns["shipped_on"].nullable
    assert SHOP["customers"].columns["login"].ignores_case
    assert not SHOP["customers"].columns["email"].ignores_case
    assert SHOP["customers"].columns["login"].place.line == 3
    assert SHOP["customers"].columns["login"].place.pointer == "customers.login"


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("INT", ("int", "integer", None)),
        ("bigint(20) unsigned zerofill", ("bigint(20) unsigned zerofill", "integer", None)),
        ("TINYINT", ("tinyint", "integer", None)),
        ("TINYINT(1)", ("tinyint(1)", "boolean", None)),
        ("BOOL", ("bool", "boolean", None)),
        ("BIT(8)", ("bit(8)", "bit", None)),
        ("DECIMAL(10, 2)", ("decimal(10,2)", "decimal", None)),
        ("DOUBLE PRECISION", ("double precision", "float", None)),
        ("VARCHAR(100)", ("varchar(100)", "text", 100)),
        ("CHAR", ("char", "text", 1)),
        ("LONGTEXT", ("longtext", "text", None)),
        ("VARBINARY(16)", ("varbinary(16)", "binary", 16)),
        ("BLOB", ("blob", "binary", None)),
        ("ENUM('a','it''s')", ("enum('a','it's')", "enum", None)),
        ("DATETIME(6)", ("datetime(6)", "datetime", None)),
        ("TIMESTAMP", ("timestamp", "timestamp", None)),
        ("TIME", ("time", "time", None)),
        ("YEAR", ("year", "year", None)),
        ("JSON", ("json", "json", None)),
        ("POINT", ("point", "other", None)),
    ],
)
def test_types(type_: str, expected: tuple[str, str, int | None]) -> None:
    assert family(type_) == expected


def test_a_column_s_options() -> None:
    columns = table(
        "id SERIAL, a INT DEFAULT (5 + 6) COMMENT 'x, (y); z', b INT PRIMARY KEY, c INT UNIQUE, d INT NULL, "
        "e INT GENERATED ALWAYS AS (a + (b * 2)) STORED, f INT AS (a) VIRTUAL NOT NULL, "
        "g DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), `key` INT, `a,b` INT, "
        "h INT DEFAULT -1 NOT NULL"
    ).columns
    assert columns["h"].has_default
    assert list(columns) == ["id", "a", "b", "c", "d", "e", "f", "g", "key", "a,b", "h"]
    assert {name for name, one in columns.items() if not one.nullable} == {"id", "b", "f", "g", "h"}
    assert {name for name, one in columns.items() if one.has_default} == {"id", "a", "e", "f", "g", "h"}


def test_keys_and_what_is_none() -> None:
    found = table(
        "`A` INT, b INT, c VARCHAR(9), PRIMARY KEY USING BTREE (`a` ASC), UNIQUE KEY `u` (b, c) USING BTREE, "
        "UNIQUE INDEX (c(4)), UNIQUE ((lower(c))), KEY k (b), FULLTEXT KEY f (c), CHECK (b > 0), "
        "CONSTRAINT ch CHECK ((b in (1, 2))), CONSTRAINT UNIQUE (b), "
        "CONSTRAINT fk FOREIGN KEY (b, c) REFERENCES `other`.`p` (x, y) ON UPDATE CASCADE ON DELETE SET NULL"
    )
    assert found.primary_key == ("A",)
    assert found.unique == (("b", "c"), ("b",))
    assert found.foreign_keys == (ForeignKey(("b", "c"), "p", ("x", "y"), "set null"),)
    assert list(found.columns) == ["A", "b", "c"]


@pytest.mark.parametrize(
    ("column", "after", "ignores"),
    [
        ("", "", True),
        ("COLLATE utf8mb4_bin", "", False),
        ("CHARACTER SET binary", "", False),
        ("CHARACTER SET latin1", "COLLATE utf8mb4_bin", True),
        ("BINARY", "", False),
        ("", "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_as_cs", False),
        ("", "ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4", True),
        ("COLLATE utf8mb4_general_ci", "COLLATE utf8mb4_bin", True),
    ],
)
def test_collations(column: str, after: str, ignores: bool) -> None:
    assert table(f"a VARCHAR(9) {column}", after).columns["a"].ignores_case is ignores


def test_collations_by_name() -> None:
    assert ignores_case("utf8mb4_0900_ai_ci")
    assert ignores_case(None)
    assert not ignores_case("LATIN1_BIN")


def test_changes_after_a_table() -> None:
    schema = parse_ddl(
        "CREATE TABLE t (a INT, gone INT); CREATE TABLE dropped (a INT); DROP TABLE IF EXISTS dropped, nothing;"
        "ALTER TABLE t ADD COLUMN b INT NOT NULL FIRST, ADD UNIQUE KEY k (b), ADD PRIMARY KEY (a), "
        "ADD CONSTRAINT FOREIGN KEY (b) REFERENCES p (id) ON DELETE CASCADE, DROP COLUMN gone, "
        "MODIFY a BIGINT NOT NULL, ADD (c INT, d INT); ALTER TABLE t CHANGE c cc TEXT; "
        "CREATE UNIQUE INDEX i ON t (cc, d); ALTER TABLE no ADD x INT; "
        "CREATE TABLE IF NOT EXISTS t (z INT); CREATE TABLE copy LIKE t; CREATE TEMPORARY TABLE temporary (a INT);"
    )
    found = schema.tables["t"]
    assert list(found.columns) == ["a", "b", "d", "cc"]
    assert found.columns["a"].type == "bigint"
    assert found.primary_key == ("a",)
    assert found.unique == (("b",), ("cc", "d"))
    assert found.foreign_keys[0].on_delete == "cascade"
    assert list(schema.tables["copy"].columns) == list(found.columns)
    assert set(schema.tables) == {"t", "copy"}


def test_a_dump_is_more_than_tables() -> None:
    schema = parse_ddl(
        "-- MySQL dump\n/*!40101 SET NAMES utf8 */;\nCREATE DATABASE IF NOT EXISTS d; USE d; SET x = 1;\n"
        "SELECT 'created; table' as '';\nLOCK TABLES `t` WRITE; INSERT INTO `t` VALUES (1,'a;b'),(2,NULL);\n"
        "CREATE TABLE `t` (\n  `id` int(11) NOT NULL\n) ENGINE=InnoDB AUTO_INCREMENT=5 /*!50100 PARTITION BY x */;\n"
        "CREATE VIEW v AS SELECT * FROM t; CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.id = 1;"
    )
    assert list(schema.tables) == ["t"]
    assert schema.tables["t"].place.line == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CREATE TABLE t (a INT", "schema 1:19 /: error [ddl-syntax] a comma or a bracket is expected after 'INT'"),
        ("CREATE TABLE t", "table t: the list of its columns is expected"),
        ("CREATE TABLE t (a INT, ,)", "a column's name is expected, not ','"),
        ("CREATE TABLE t (a INT DEFAULT (1", "a bracket is not closed"),
        ("CREATE TABLE t (a", "the type of column a is expected"),
        ("CREATE TABLE t (a 'x", "this is not SQL"),
    ],
)
def test_what_cannot_be_read_is_named_and_placed(text: str, said: str) -> None:
    with pytest.raises(ContractError) as caught:
        parse_ddl(text)
    assert said in str(caught.value)
    assert caught.value.findings[0].code == "ddl-syntax"
    assert caught.value.findings[0].place.document == "schema"


def test_nothing_is_no_table() -> None:
    assert parse_ddl("").tables == {}
