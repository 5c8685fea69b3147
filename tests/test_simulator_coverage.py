"""``docs/simulator-coverage.md`` names every operation of the service once: on the side where it is."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import botocore
import pytest

from hashrange.simulator.actions import OPERATIONS, STREAM_OPERATIONS
from hashrange.simulator.endpoint import handle
from hashrange.simulator.engine import Engine

PAGE = Path(__file__).resolve().parent.parent / "docs" / "simulator-coverage.md"


def operations_of(service: str) -> set[str]:
    path = Path(botocore.__file__).parent / "data" / service / "2012-08-10" / "service-2.json.gz"
    with gzip.open(path) as file:
        return set(json.load(file)["operations"])


def listed() -> tuple[list[str], list[str]]:
    """The operations in the page's tables: those that are there, and those that are not."""
    there, _, rest = PAGE.read_text(encoding="utf-8").partition("\n## Not there\n")
    missing = rest.partition("\n## ")[0]
    rows = re.compile(r"^\| ([A-Z]\w+(?:, \w+)*) \|", re.MULTILINE)
    return tuple([name for row in rows.findall(text) for name in row.split(", ")] for text in (there, missing))  # type: ignore[return-value]  # there are two


def test_every_operation_that_is_there_is_listed_once() -> None:
    assert sorted(listed()[0]) == sorted(OPERATIONS + STREAM_OPERATIONS)


def test_every_other_operation_is_listed_once() -> None:
    everything = operations_of("dynamodb") | operations_of("dynamodbstreams")
    assert sorted(listed()[1]) == sorted(everything - {*OPERATIONS, *STREAM_OPERATIONS})


@pytest.mark.parametrize("operation", sorted(operations_of("dynamodb") - {*OPERATIONS}))
def test_what_is_not_there_is_unknown(operation: str) -> None:
    status, body = handle(Engine(), operation, b"{}")
    assert (status, json.loads(body)["__type"]) == (400, "com.amazon.coral.service#UnknownOperationException")
