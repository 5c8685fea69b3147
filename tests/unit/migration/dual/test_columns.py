"""Values of records as columns take them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from hashrange import ConfigurationError, ValidationError
from hashrange.migration.dual.columns import Columns
from hashrange.migration.mapping.entity import mappings

from .shop import CONTRACT, SCHEMA

PRODUCTS = mappings(CONTRACT, schema=SCHEMA).by_repository["products"]
NOON = datetime(2026, 3, 5, 13, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("name", "value", "mysql", "sqlite"),
    [
        ("price", Decimal("1.50"), Decimal("1.50"), "1.50"),
        ("price", 2, Decimal(2), "2"),
        ("created_at", NOON, datetime(2026, 3, 5, 12), "2026-03-05 12:00:00"),
        ("released_on", date(2026, 3, 5), date(2026, 3, 5), "2026-03-05"),
        ("tags", {"sale", "new"}, "new,sale", "new,sale"),
        ("details", {"a": [1, Decimal("2.5"), Decimal(3)]}, '{"a": [1, 2.5, 3]}', '{"a": [1, 2.5, 3]}'),
        ("thumbnail", b"\x00", b"\x00", b"\x00"),
        ("merchant_id", "4", 4, 4),
        ("description", None, None, None),
    ],
)
def test_values_are_turned_into_what_a_database_takes(name: str, value: Any, mysql: Any, sqlite: Any) -> None:
    assert Columns(PRODUCTS, "mysql").of({name: value}) == {name: mysql}
    assert Columns(PRODUCTS, "sqlite").of({name: value}) == {name: sqlite}


def test_what_comes_from_other_rows_is_refused() -> None:
    columns = Columns(PRODUCTS, "mysql")
    with pytest.raises(ValidationError, match="'category_name' comes from other rows"):
        columns.of({"category_name": "Garden"})
    with pytest.raises(ValidationError, match="'colour' is none of its fields"):
        columns.of({"colour": "red"})
    with pytest.raises(ValidationError, match=r"column 'price' is .* and takes no str"):
        columns.of({"price": "cheap"})
    assert columns.of({"category_name": "Garden", "stock": 1}, strict=False) == {"stock": 1}


def test_a_mapping_without_a_schema_knows_no_columns() -> None:
    with pytest.raises(ConfigurationError, match="the mapping knows no columns"):
        Columns(mappings(CONTRACT).by_repository["products"], "mysql")


def test_times_stay_in_their_zone() -> None:
    assert Columns(PRODUCTS, "mysql").of({"updated_at": datetime(2026, 1, 1, tzinfo=UTC)}) == {
        "updated_at": datetime(2026, 1, 1)
    }
