"""A live table is held against the contract's, part by part."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.migration.contract.model import Index
from hashrange.migration.tables.compare import differences
from hashrange.migration.tables.request import create_table_request

from .contracts import BY_STATUS, BY_TOTAL, table


def request(*indexes: Index) -> dict[str, Any]:
    return create_table_request(table(indexes=indexes))


def test_the_same_table_has_no_differences_whatever_the_order() -> None:
    live = request(BY_TOTAL, BY_STATUS)
    live["KeySchema"].reverse()
    live["AttributeDefinitions"].reverse()
    live["GlobalSecondaryIndexes"][1]["Projection"]["NonKeyAttributes"].reverse()
    assert differences(request(BY_STATUS, BY_TOTAL), live | {"TableStatus": "ACTIVE", "ItemCount": 3}) == ()


def test_a_missing_index_can_be_added() -> None:
    [found] = differences(request(BY_STATUS), request())
    assert (found.remedy, found.index) == ("add-index", "GSI1")
    assert str(found) == (
        "Orders: index GSI1: the contract says (GSI1PK S, GSI1SK S) with INCLUDE of placed_at, status, there is none"
    )


def test_an_index_too_many_does_no_harm() -> None:
    [found] = differences(request(), request(BY_TOTAL))
    assert found.remedy == "extra"
    assert str(found) == "Orders: index by.total-2: (total N) with KEYS_ONLY is there, and not in the contract"


@pytest.mark.parametrize(
    "live",
    [
        Index("GSI1", "GSI1PK", "GSI1SK"),
        Index("GSI1", "GSI1PK", None, "INCLUDE", ("status", "placed_at")),
        Index("GSI1", "GSI1SK", "GSI1PK", "INCLUDE", ("status", "placed_at")),
        Index("GSI1", "GSI1PK", "GSI1SK", "INCLUDE", ("status",)),
    ],
)
def test_an_index_of_another_make_needs_a_rebuild(live: Index) -> None:
    [found] = differences(request(BY_STATUS), request(live))
    assert found.remedy == "rebuild"


def test_a_key_of_another_name_or_type() -> None:
    live = request()
    live["AttributeDefinitions"][0]["AttributeType"] = "N"
    [found] = differences(request(), live)
    assert (found.what, found.wanted, found.found, found.remedy) == (
        "key schema",
        "(PK S, SK S)",
        "(PK N, SK S)",
        "rebuild",
    )


def test_a_local_index_is_told_from_a_global_one() -> None:
    live = request(BY_STATUS)
    live["LocalSecondaryIndexes"] = live.pop("GlobalSecondaryIndexes")
    [found] = differences(request(BY_STATUS), live)
    assert found.found is not None
    assert found.found.endswith(", local")
