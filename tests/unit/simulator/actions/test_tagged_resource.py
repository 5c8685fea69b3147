"""ARNs in operations on tags: what is no ARN, no table's, or a table's that is not there or is going."""

from __future__ import annotations

from typing import Any

import pytest

from ..table_world import ACCOUNT, ARN, IN_USE, NAME, World

OPERATIONS: dict[str, dict[str, Any]] = {
    "TagResource": {"Tags": [{"Key": "a", "Value": "b"}]},
    "UntagResource": {"TagKeys": ["a"]},
}
ALL_OPERATIONS: dict[str, dict[str, Any]] = {**OPERATIONS, "ListTagsOfResource": {}}


@pytest.mark.parametrize("operation", ALL_OPERATIONS)
def test_an_arn_is_needed(operation: str) -> None:
    assert World().refusal(operation) == "Invalid TableArn"


@pytest.mark.parametrize("operation", ALL_OPERATIONS)
@pytest.mark.parametrize(("arn", "shown"), [("", "*"), ("abcd", "abcd"), ("a:b:c:d:e:f", "a:b:c:d:e:f")])
def test_what_is_no_arn_is_not_authorized(operation: str, arn: str, shown: str) -> None:
    name, message = World().failure(operation, ResourceArn=arn)
    assert name == "AccessDeniedException"
    assert message.startswith(f"User: arn:aws:iam::{ACCOUNT}:")
    assert message.endswith(f" is not authorized to perform: dynamodb:{operation} on resource: {shown}")


@pytest.mark.parametrize(
    ("operation", "path"),
    [("TagResource", "tags"), ("UntagResource", "tagKeys")],
)
def test_the_tags_are_needed(operation: str, path: str) -> None:
    assert World().refusal(operation, ResourceArn="a:b:c:d:e:f/g") == (
        f"1 validation error detected: Value null at '{path}' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize("operation", ALL_OPERATIONS)
@pytest.mark.parametrize("arn", ["a:b:c:d:e:f/g", ARN[:-4], f"{ARN}/index/gsi", ARN.replace(ACCOUNT, "me")])
def test_the_arn_is_a_tables(operation: str, arn: str) -> None:
    message = World().refusal(operation, ResourceArn=arn, Tags=[], TagKeys=[])
    assert message == f"Invalid TableArn: Invalid ResourceArn provided as input {arn}"


def test_there_must_be_some_tags() -> None:
    world = World()
    message = "Atleast one Tag{} needs to be provided as Input."
    assert world.refusal("TagResource", ResourceArn=ARN, Tags=[]) == message.format("")
    assert world.refusal("UntagResource", ResourceArn=ARN, TagKeys=[]) == message.format(" Key")


def test_a_table_that_is_not_there() -> None:
    world, named = World(), f"Requested resource not found: ResourcArn: {ARN} not found"
    assert world.failure("TagResource", ResourceArn=ARN, **OPERATIONS["TagResource"])[1] == named
    assert world.failure("ListTagsOfResource", ResourceArn=ARN)[1] == named
    found = world.failure("UntagResource", ResourceArn=ARN, **OPERATIONS["UntagResource"])
    assert found == ("ResourceNotFoundException", "Requested resource not found")


@pytest.mark.parametrize("operation", ALL_OPERATIONS)
def test_a_table_that_is_not_there_in_the_newest_wording(operation: str) -> None:
    found = World(wording="2026").failure(operation, ResourceArn=ARN, **ALL_OPERATIONS[operation])
    assert found == ("ResourceNotFoundException", f"Requested resource not found: ResourceArn: {ARN} not found")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_table_that_is_being_deleted(operation: str) -> None:
    world = World(lifecycle=10)
    world.create()
    world.do("DeleteTable", TableName=NAME)
    found = world.failure(operation, ResourceArn=ARN, **OPERATIONS[operation])
    assert found == ("ResourceInUseException", f"{IN_USE}Table is being deleted: {NAME}")
