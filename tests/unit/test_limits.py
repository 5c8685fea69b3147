"""Limits against the bounds that AWS's own service model states for request shapes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from botocore.loaders import Loader

from hashrange import limits
from hashrange.codec import encode_value
from hashrange.errors import ValidationError


@pytest.fixture(scope="module")
def shapes() -> dict[str, Any]:
    found: dict[str, Any] = Loader().load_service_model("dynamodb", "service-2")["shapes"]
    return found


@pytest.mark.parametrize(
    ("shape", "bound", "limit"),
    [
        ("KeyList", "max", limits.BATCH_GET_MAX_KEYS),
        ("WriteRequests", "max", limits.BATCH_WRITE_MAX_ITEMS),
        ("TransactGetItemList", "max", limits.TRANSACTION_MAX_ACTIONS),
        ("TransactWriteItemList", "max", limits.TRANSACTION_MAX_ACTIONS),
        ("ClientRequestToken", "max", limits.TRANSACTION_TOKEN_MAX_CHARS),
        ("ScanTotalSegments", "max", limits.SCAN_SEGMENTS_MAX_COUNT),
        ("AttributeName", "max", limits.ATTRIBUTE_NAME_MAX_BYTES),
        ("KeySchemaAttributeName", "max", limits.KEY_ATTRIBUTE_NAME_MAX_BYTES),
        ("TableName", "min", limits.TABLE_NAME_MIN_CHARS),
        ("TableName", "max", limits.TABLE_NAME_MAX_CHARS),
        ("IndexName", "min", limits.INDEX_NAME_MIN_CHARS),
        ("IndexName", "max", limits.INDEX_NAME_MAX_CHARS),
    ],
)
def test_limits_are_those_of_the_service_model(shapes: dict[str, Any], shape: str, bound: str, limit: int) -> None:
    assert shapes[shape][bound] == limit


def test_limits_of_streams_are_those_the_model_tells_of() -> None:
    model = Loader().load_service_model("dynamodbstreams", "service-2")
    told = str(model)
    for text in (
        f"The upper limit is {limits.STREAMS_PAGE_MAX_COUNT}",
        f"{limits.STREAM_RECORDS_MAX_BYTES // 1024**2} MB of data or {limits.STREAM_RECORDS_MAX_COUNT} stream records",
        f"{limits.STREAM_RETENTION_SECONDS // 3600} hour limit on data retention",
        f"expires {limits.SHARD_ITERATOR_MAX_AGE_SECONDS // 60} minutes after",
    ):
        assert text in told


def test_the_largest_and_the_smallest_number_are_the_last_ones_accepted() -> None:
    assert limits.NUMBER_MAX.as_tuple().digits == (9,) * limits.NUMBER_MAX_DIGITS
    assert limits.NUMBER_MAX.adjusted() == limits.NUMBER_MAX_EXPONENT
    lowest = limits.NUMBER_MAX.copy_negate()  # a minus would round
    for accepted in (limits.NUMBER_MAX, lowest, Decimal(f"1E{limits.NUMBER_MIN_EXPONENT}")):
        assert Decimal(encode_value(accepted)["N"]) == accepted
    for refused in (Decimal(f"1E{limits.NUMBER_MAX_EXPONENT + 1}"), Decimal(f"9E{limits.NUMBER_MIN_EXPONENT - 1}")):
        with pytest.raises(ValidationError):
            encode_value(refused)
