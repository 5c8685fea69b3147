"""Which operations rules can name: all that the service has, streams among them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import botocore
import pytest

from hashrange import ConfigurationError
from hashrange.simulator.actions import OPERATIONS as SIMULATED
from hashrange.simulator.actions import STREAM_OPERATIONS
from hashrange.testing import Rule, throttle
from hashrange.testing.requests import OPERATIONS, checked_operations


def of_service(service: str) -> set[str]:
    path = Path(botocore.__file__).parent / "data" / service / "2012-08-10" / "service-2.json.gz"
    with gzip.open(path) as file:
        return set(json.load(file)["operations"])


def test_every_operation_of_the_service_is_known() -> None:
    assert of_service("dynamodb") | of_service("dynamodbstreams") == OPERATIONS


def test_every_operation_of_the_simulator_is_known() -> None:
    assert {*SIMULATED, *STREAM_OPERATIONS} <= OPERATIONS


@pytest.mark.parametrize(
    "operation", ["SearchVectors", "ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"]
)
def test_a_rule_can_name_it(operation: str) -> None:
    assert Rule(throttle(), operation)
    assert checked_operations("operations", operation) == frozenset({operation})


def test_what_is_none_is_refused_with_what_is_near() -> None:
    with pytest.raises(ConfigurationError) as caught:
        checked_operations("operations", "SearchVector")
    assert "SearchVectors" in str(caught.value.hint)
