"""ListExports and ListImports: whose are listed, in which order, page by page, and for how long."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ..s3_world import BUCKET, S3World, exporting, importing
from ..table_world import ACCOUNT, ARN, NAME, REGION

LISTS = {"ListExports": ("ExportSummaries", "ExportArn"), "ListImports": ("ImportSummaryList", "ImportArn")}
SIZES = {"ListExports": "MaxResults", "ListImports": "PageSize"}


@pytest.fixture
def world(tmp_path: Path) -> S3World:
    made = S3World(tmp_path / "s3").with_table()
    made.write("one.json", '{"Item":{"a":{"S":"1"}}}')
    return made


def begin(world: S3World, count: int) -> None:
    """Begin so many exports, and as many imports."""
    for number in range(count):
        world.do("ExportTableToPointInTime", **exporting())
        world.do("ImportTable", **importing("one", table={"TableName": f"copy{number:02}"}))
        world.clock.advance(1.0)


def pages(world: S3World, operation: str, **request: Any) -> list[list[str]]:
    members, arn = LISTS[operation]
    found, more = [], dict(request)
    while True:
        answer = world.do(operation, **more)
        found.append([each[arn] for each in answer[members]])
        if "NextToken" not in answer:
            return found
        more = request | {"NextToken": answer["NextToken"]}


def test_what_is_told_in_lists(world: S3World) -> None:
    begin(world, 1)
    (export,) = world.do("ListExports")["ExportSummaries"]
    assert export == {"ExportArn": export["ExportArn"], "ExportStatus": "IN_PROGRESS", "ExportType": "FULL_EXPORT"}
    (found,) = world.do("ListImports")["ImportSummaryList"]
    start = world.engine.catalog.now() - 1
    assert found == {
        "ImportArn": found["ImportArn"],
        "ImportStatus": "IN_PROGRESS",
        "TableArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/copy00",
        "S3BucketSource": {"S3Bucket": BUCKET, "S3KeyPrefix": "one"},
        "InputFormat": "DYNAMODB_JSON",
        "StartTime": start,
    }
    world.settle()
    (found,) = world.do("ListImports")["ImportSummaryList"]
    assert (found["ImportStatus"], found["EndTime"]) == ("COMPLETED", start + 10)


@pytest.mark.parametrize("operation", LISTS)
def test_pages(operation: str, world: S3World) -> None:
    begin(world, 28)
    everything = pages(world, operation)
    assert [len(page) for page in everything] == [25, 3]
    arns = [arn for page in everything for arn in page]
    assert arns == sorted(arns, key=lambda arn: arn.rpartition("/")[2])
    assert len(set(arns)) == 28
    small = pages(world, operation, **{SIZES[operation]: 10})
    assert [len(page) for page in small] == [10, 10, 8]
    assert [arn for page in small for arn in page] == arns


@pytest.mark.parametrize("operation", LISTS)
def test_of_one_table(operation: str, world: S3World) -> None:
    begin(world, 2)
    table = ARN if operation == "ListExports" else ARN.replace(NAME, "copy01")
    expected = 2 if operation == "ListExports" else 1
    assert [len(page) for page in pages(world, operation, TableArn=table)] == [expected]
    assert pages(world, operation, TableArn=ARN.replace(NAME, "nowhere")) == [[]]


@pytest.mark.parametrize("operation", LISTS)
def test_they_are_forgotten_after_90_days(operation: str, world: S3World) -> None:
    begin(world, 1)
    world.clock.advance(90 * 86_400 + 8)
    ((arn,),) = pages(world, operation)
    world.clock.advance(1)
    assert pages(world, operation) == [[]]
    kind = operation.removeprefix("List").removesuffix("s")
    assert world.failure(f"Describe{kind}", **{f"{kind}Arn": arn})[0] == f"{kind}NotFoundException"


def test_tokens(world: S3World) -> None:
    begin(world, 2)
    token = world.do("ListImports", PageSize=1)["NextToken"]
    assert re.fullmatch("([0-9a-f]{16})+", token)
    assert 112 <= len(token) <= 1024
    assert world.refusal("ListImports", NextToken="f" * 128) == "Invalid NextToken"
    assert "nextToken" in world.refusal("ListImports", NextToken="f" * 96)
    assert "nextToken" in world.refusal("ListImports", NextToken="x" * 128)
    assert world.refusal("ListExports", NextToken="x") == "Invalid NextToken"
    assert "maxResults" in world.refusal("ListExports", MaxResults=26)
    assert "pageSize" in world.refusal("ListImports", PageSize=0)
