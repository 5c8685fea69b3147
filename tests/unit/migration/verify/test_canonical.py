"""Values that DynamoDB takes for equal have one form, and others have not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hashrange.migration.verify.canonical import Checksums, canonical
from tests.shop_source import shop_mappings


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, Decimal("1.00")),
        (100, Decimal("1E2")),
        (0, Decimal("-0.0")),
        (0.1, Decimal("0.1")),
        (Decimal("1E-130"), Decimal("0.1E-129")),
        ({1, 2, 3}, {Decimal(3), Decimal(2), 1}),
        ({"b", "a"}, {"a", "b"}),
        ({"a": 1, "b": [True]}, {"b": [True], "a": Decimal("1.0")}),
        (b"\x00", bytearray(b"\x00")),
    ],
)
def test_equal_values_have_one_form(one: Any, other: Any) -> None:
    assert canonical(one) == canonical(other)


VALUES: list[Any] = [
    None, True, False, 0, 1, "", "1", "true", b"", b"1", [], {}, [1], ["1"], {"1"}, {1}, {b"1"}, {"a": None}, {"a": 1},
    ["N", "1"], {"S": "1"}, Decimal("1.0000000000000000000000000000000000001"),
]  # fmt: skip


def test_different_values_have_different_forms() -> None:
    forms = [repr(canonical(value)) for value in VALUES]
    assert len(set(forms)) == len(forms)


def test_a_checksum_is_of_the_whole_item_in_any_order() -> None:
    checksums = Checksums(shop_mappings().by_repository["carts"])
    item = {"PK": "a", "SK": "CART#1", "quantity": 2, "label": None}
    assert checksums.checksum(item) == checksums.checksum(dict(reversed(item.items())))
    assert checksums.checksum(item) != checksums.checksum({**item, "label": "x"})
    assert checksums.checksum(item) != checksums.checksum({name: item[name] for name in ("PK", "SK", "quantity")})
    assert checksums.digest(item) == checksums.digest({**item, "quantity": 3})
    assert checksums.digest(item) != checksums.digest({**item, "SK": "CART#2"})


def test_json_in_text_is_compared_as_a_document() -> None:
    checksums = Checksums(shop_mappings().by_repository["orders"])
    assert checksums.documents == {"preview"}
    item = {"PK": "a", "SK": "ORDER#1", "preview": '[{"a":1.0,"b":2}]'}
    assert checksums.checksum(item) == checksums.checksum({**item, "preview": '[ {"b": 2, "a": 1} ]'})
    assert checksums.checksum(item) != checksums.checksum({**item, "preview": '[{"a":1,"b":"2"}]'})
    assert checksums.checksum(item) != checksums.checksum({**item, "preview": "no JSON"})
