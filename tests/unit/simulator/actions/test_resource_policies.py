"""PutResourcePolicy, GetResourcePolicy and DeleteResourcePolicy: documents, their form, and their revisions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes import NOW

from ..table_world import ACCOUNT, ARN, INVALID, NAME, World, creation

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
STATEMENT: dict[str, Any] = {
    "Sid": "Read",
    "Effect": "Allow",
    "Principal": {"AWS": ROOT},
    "Action": "dynamodb:GetItem",
    "Resource": ARN,
}
DOCUMENT: dict[str, Any] = {"Version": "2012-10-17", "Statement": [STATEMENT]}
NOT_FOUND = "Resource-based policy not found for the provided ResourceArn: "
NO_DOCUMENT = f"{INVALID}Invalid policy document: "
ELSEWHERE = ARN.replace("eu-west-1", "us-east-1")
REVISION = str(int(NOW * 1000))


@pytest.fixture
def world() -> World:
    made = World()
    made.create()
    return made


def put(world: World, document: Any = DOCUMENT, **more: Any) -> str:
    text = document if isinstance(document, str) else json.dumps(document)
    revision: str = world.do("PutResourcePolicy", ResourceArn=ARN, Policy=text, **more)["RevisionId"]
    return revision


def shown(world: World) -> Any:
    return json.loads(world.do("GetResourcePolicy", ResourceArn=ARN)["Policy"])


# ── what is kept ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_policy_comes_and_goes(world: World) -> None:
    assert world.failure("GetResourcePolicy", ResourceArn=ARN) == ("PolicyNotFoundException", NOT_FOUND + ARN)
    assert world.do("DeleteResourcePolicy", ResourceArn=ARN) == {}
    assert put(world) == REVISION
    assert world.do("GetResourcePolicy", ResourceArn=ARN) == {
        "Policy": json.dumps(DOCUMENT, separators=(",", ":")),
        "RevisionId": REVISION,
    }
    assert world.do("DeleteResourcePolicy", ResourceArn=ARN) == {"RevisionId": REVISION}
    assert world.failure("GetResourcePolicy", ResourceArn=ARN)[0] == "PolicyNotFoundException"


def test_one_that_comes_with_its_table() -> None:
    world = World()
    world.create(ResourcePolicy=json.dumps(DOCUMENT))
    assert shown(world) == DOCUMENT
    request = {"TableName": "other", "ResourcePolicy": "{}"}
    assert "Statement is empty" in world.refusal("CreateTable", **creation(**request))


def test_the_same_document_in_other_words_changes_nothing(world: World) -> None:
    put(world)
    world.clock.advance(1)
    same = {
        "Statement": {**STATEMENT, "Action": ["dynamodb:GetItem"], "Principal": {"AWS": [ACCOUNT]}, "Effect": "allow"},
        "Version": "2012-10-17",
    }
    assert put(world, json.dumps(same, indent=4)) == REVISION
    assert put(world, {**DOCUMENT, "Statement": [{**STATEMENT, "Sid": "Other"}]}) == str(int(NOW * 1000) + 1000)


def test_two_changes_in_one_millisecond(world: World) -> None:
    first = put(world)
    second = put(world, {**DOCUMENT, "Statement": [{**STATEMENT, "Sid": "Other"}]})
    assert int(second) == int(first) + 1


def test_the_form_of_a_document(world: World) -> None:
    other = f"arn:aws:iam::{ACCOUNT}:role/reader"
    put(
        world,
        {
            "Statement": [
                {
                    "Resource": [ARN],
                    "Condition": {"Bool": {"aws:SecureTransport": "true"}},
                    "Action": ["dynamodb:GetItem", "dynamodb:Query"],
                    "Principal": {"AWS": [ACCOUNT, ROOT, other]},
                    "Effect": "deny",
                }
            ]
        },
    )
    document = world.do("GetResourcePolicy", ResourceArn=ARN)["Policy"]
    assert document == (
        '{"Version":"2008-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":["'
        f'{ROOT}","{other}"]}},"Action":["dynamodb:GetItem","dynamodb:Query"],"Resource":"{ARN}",'
        '"Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}'
    )


# ── revisions ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_changes_of_a_revision(world: World) -> None:
    revision = put(world, ExpectedRevisionId="NO_POLICY")
    world.clock.advance(1)
    changed = {**DOCUMENT, "Statement": [{**STATEMENT, "Sid": "Other"}]}
    new = put(world, changed, ExpectedRevisionId=revision)
    for operation, more in (("PutResourcePolicy", {"Policy": json.dumps(DOCUMENT)}), ("DeleteResourcePolicy", {})):
        for stale in (revision, "NO_POLICY"):
            name, message = world.failure(operation, ResourceArn=ARN, ExpectedRevisionId=stale, **more)
            assert name == "PolicyNotFoundException"
            assert message.startswith(
                f"{NOT_FOUND}Requested update for policy with revision id {stale}, but the policy"
            )
    assert shown(world) == changed
    world.do("DeleteResourcePolicy", ResourceArn=ARN, ExpectedRevisionId=new)
    name, message = world.failure("DeleteResourcePolicy", ResourceArn=ARN, ExpectedRevisionId=new)
    assert (name, message) == (
        "PolicyNotFoundException",
        f"{NOT_FOUND}Requested update for policy with revision id {new}, but table {NAME} has no associated policy",
    )


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no JSON", f"{NO_DOCUMENT}This policy contains invalid Json"),
        ("[]", f"{NO_DOCUMENT}This policy contains invalid Json"),
        ("[" * 10_000, f"{NO_DOCUMENT}This policy contains invalid Json"),
        ('{"Statement":[1]}', f"{NO_DOCUMENT}This policy contains invalid Json"),
        ("{}", f"{NO_DOCUMENT}Could not parse the policy: Statement is empty!"),
        ('{"Statement":[]}', f"{NO_DOCUMENT}Could not parse the policy: Statement is empty!"),
        (
            json.dumps({"Statement": {name: value for name, value in STATEMENT.items() if name != "Resource"}}),
            f"{NO_DOCUMENT}Missing required field Resource",
        ),
        (
            json.dumps({"Statement": [STATEMENT, STATEMENT]}),
            f"{NO_DOCUMENT}The Statement Ids in the policy are not unique",
        ),
        (json.dumps({"Statement": {**STATEMENT, "Principal": ACCOUNT}}), "Invalid principal in policy document."),
        (json.dumps(DOCUMENT) + " " * 20_480, f"{INVALID}Maximum policy size of 20480 bytes exceeded"),
    ],
    ids=["text", "list", "deep", "number", "nothing", "no statement", "no resource", "twice", "principal", "large"],
)
def test_documents_that_are_none(text: str, message: str) -> None:
    assert World().refusal("PutResourcePolicy", ResourceArn=ARN, Policy=text) == message


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        (NAME, f"{INVALID}ARNs must start with 'arn:': {NAME}"),
        ("arn:aws:s3:::bucket", f"{INVALID}Provided Arn is not a DynamoDB resource arn: arn:aws:s3:::bucket"),
        ("arn:aws", f"{INVALID}Provided Arn is not a DynamoDB resource arn: arn:aws"),
        (
            f"{ARN}/index/gsi",
            (
                f"{INVALID}Invalid resource arn provided, only table or stream is accepted. "
                f"Provided resource arn: {ARN}/index/gsi"
            ),
        ),
        (ELSEWHERE, f"{INVALID}Invalid resource Arn: {ELSEWHERE}"),
        (
            ARN.replace(ACCOUNT, "9" * 12),
            "This action is only supported by accounts that match the resource owner’s account.",
        ),
    ],
)
def test_arns_that_name_no_table_of_ours(world: World, arn: str, message: str) -> None:
    assert world.refusal("GetResourcePolicy", ResourceArn=arn) == message
    assert world.refusal("DeleteResourcePolicy", ResourceArn=arn) == message
    assert world.refusal("PutResourcePolicy", ResourceArn=arn, Policy=json.dumps(DOCUMENT)) == message


def test_a_table_there_is_not() -> None:
    assert World().failure("GetResourcePolicy", ResourceArn=ARN) == (
        "ResourceNotFoundException",
        f"Requested resource not found: Table: {NAME} not found",
    )


def test_a_table_that_is_being_deleted() -> None:
    world = World(lifecycle=10)
    world.create(ResourcePolicy=json.dumps(DOCUMENT))
    world.do("DeleteTable", TableName=NAME)
    assert shown(world) == DOCUMENT
    assert world.failure("DeleteResourcePolicy", ResourceArn=ARN) == (
        "ResourceInUseException",
        f"Attempt to change a resource which is still in use: Table is being deleted: {NAME}",
    )
