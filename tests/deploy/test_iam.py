"""The IAM policies allow what the client does, and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data

from hashrange import Attr, DynamoDB, Key, Update
from hashrange.simulator import Engine
from tests.deploy.sources import DEPLOY, load

#: what each operation asks IAM for. Transactions have no actions of their own: they need those of their elements, and
#: ConditionCheckItem. Source: Developer Guide, "Using IAM with DynamoDB transactions".
NEEDED = {
    "GetItem": {"GetItem"},
    "PutItem": {"PutItem"},
    "UpdateItem": {"UpdateItem"},
    "DeleteItem": {"DeleteItem"},
    "Query": {"Query"},
    "Scan": {"Scan"},
    "BatchGetItem": {"BatchGetItem"},
    "BatchWriteItem": {"BatchWriteItem"},
    "TransactGetItems": {"GetItem"},
    "TransactWriteItems": {"PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"},
    "DescribeTable": {"DescribeTable"},
    "DescribeTimeToLive": {"DescribeTimeToLive"},  # load_table asks for both
}
ON_INDEXES = {"Query", "Scan"}

ARN = re.compile(r"arn:aws:dynamodb:[a-z0-9-]+:\d{12}:table/[A-Za-z0-9_.-]+")


def policy(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DEPLOY / "iam" / name).read_text(encoding="utf-8"))
    return loaded


def statements() -> dict[str, dict[str, Any]]:
    return {each["Sid"]: each for each in policy("policy.json")["Statement"]}


@pytest.mark.parametrize("name", ["policy.json", "trust-policy.json"])
def test_a_policy_has_the_shape_of_one(name: str) -> None:
    document = policy(name)
    assert set(document) == {"Version", "Statement"}
    assert document["Version"] == "2012-10-17"
    for each in document["Statement"]:
        assert each["Effect"] == "Allow"
        assert re.fullmatch("[A-Za-z0-9]+", each["Sid"])
        assert set(each) <= {"Sid", "Effect", "Action", "Resource", "Principal", "Condition"}
        assert ("Resource" in each) != ("Principal" in each)
    assert len(json.dumps(document, separators=(",", ":"))) <= 6144  # IAM, "IAM object quotas", managed policies


def test_tables_allow_what_the_operations_need_and_nothing_else() -> None:
    actions = statements()["ReadAndWriteItems"]["Action"]
    assert actions == sorted(f"dynamodb:{each}" for each in set().union(*NEEDED.values()))
    assert set(statements()) == {"ReadAndWriteItems", "ReadIndexes"}


async def test_what_the_client_calls_is_what_is_allowed() -> None:
    engine = Engine(["app"])
    async with DynamoDB.in_memory(engine=engine) as db:
        app = await db.load_table("app")
        key = Key("A", "1")
        await app.put_item({"PK": "A", "SK": "1"})
        await app.update_item(key, Update().set("n", 1))
        await app.get_item(key)
        await app.query("A").all()
        await app.scan().all()
        await app.delete_item(key)
        await app.batch_write(puts=[{"PK": "B", "SK": "1"}])
        await app.batch_get([key, Key("B", "1")])
        async with db.transaction() as tx:
            tx.check(app, key, Attr("PK").not_exists())
            tx.delete(app, Key("B", "1"))
        await db.transact_get([(app, key)])
    assert {call.operation for call in engine.calls()} == set(NEEDED)


def known(action: str) -> list[dict[str, Any]]:
    """What AWS's service authorization reference says of an action: a row for each kind of resource that it takes."""
    service, _, name = action.partition(":")
    found = get_action_data(service, name)
    assert found, f"there is no action {action}"
    assert {row["action"] for row in found[service]} == {action}, "IAM does not mind the case, readers do"
    return found[service]


def takes(action: str, arn: str) -> bool:
    """Whether an action may be allowed for a resource: for another kind, the statement would have no effect."""
    forms = [row["resource_arn_format"] for row in known(action) if row["resource_arn_format"] != "*"]
    return any(re.fullmatch(re.sub(r"\\\$\\{\w+\\}", "[^/:]+", re.escape(form)), arn) for form in forms)


def test_each_action_is_one_that_aws_has_for_that_resource() -> None:
    for statement in policy("policy.json")["Statement"]:
        for action in statement["Action"]:
            assert takes(action, statement["Resource"]), (action, statement["Resource"])
    (trusting,) = policy("trust-policy.json")["Statement"]
    assert known(trusting["Action"])


def test_indexes_allow_all_that_iam_knows_for_them() -> None:
    table, indexes = (statements()[name]["Resource"] for name in ("ReadAndWriteItems", "ReadIndexes"))
    for operation in set().union(*NEEDED.values()):
        assert takes(f"dynamodb:{operation}", table)
    # IAM knows these two for single indexes; what writes to a table needs no right of its own for its indexes
    assert {each for each in set().union(*NEEDED.values()) if takes(f"dynamodb:{each}", indexes)} == ON_INDEXES
    with pytest.raises(AssertionError, match="no action"):
        known("dynamodb:ReadItem")


def test_indexes_allow_reading_only() -> None:
    assert statements()["ReadIndexes"]["Action"] == sorted(f"dynamodb:{each}" for each in ON_INDEXES)


def test_one_table_is_meant_and_its_indexes() -> None:
    table, indexes = (statements()[name]["Resource"] for name in ("ReadAndWriteItems", "ReadIndexes"))
    assert ARN.fullmatch(table)
    assert indexes == f"{table}/index/*"


def test_only_the_service_account_may_take_the_role() -> None:
    (statement,) = policy("trust-policy.json")["Statement"]
    account = load(DEPLOY / "kubernetes" / "service-account.yaml")["metadata"]
    provider = statement["Principal"]["Federated"].partition(":oidc-provider/")[2]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{provider}:aud": "sts.amazonaws.com",
            f"{provider}:sub": f"system:serviceaccount:{account['namespace']}:{account['name']}",
        }
    }
