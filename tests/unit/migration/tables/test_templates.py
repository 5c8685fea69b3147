"""CloudFormation and Terraform have all that a table in production wants, and their own tools take them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import hcl2
import pytest
from policy_sentry.querying.actions import get_action_data

from hashrange.migration.conventions import Conventions
from hashrange.migration.errors import MigrationError
from hashrange.migration.tables.cloudformation import cloudformation
from hashrange.migration.tables.hcl import Block, Raw, written
from hashrange.migration.tables.iam import access_policy
from hashrange.migration.tables.terraform import terraform

from .contracts import SHOP, contract, table

RESOURCES = cloudformation(SHOP)["Resources"]


def test_cfn_lint_has_nothing_to_say(tmp_path: Path) -> None:
    path = tmp_path / "template.json"
    path.write_text(json.dumps(cloudformation(SHOP, scan=True)))
    linted = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), str(path)], capture_output=True, text=True, check=False
    )
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


def test_a_table_is_kept_protected_backed_up_encrypted_and_streamed() -> None:
    orders = RESOURCES["OrdersTable"]
    assert (orders["DeletionPolicy"], orders["UpdateReplacePolicy"]) == ("Retain", "Retain")
    properties = orders["Properties"]
    assert properties["TableName"] == {"Fn::Sub": "${TablePrefix}Orders"}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def dimensions(alarm: dict[str, Any]) -> set[str]:
    return {one["Name"] for one in alarm["Properties"]["Dimensions"]}


def test_throttling_is_watched_at_the_table_and_at_each_index() -> None:
    alarms = {name: one for name, one in RESOURCES.items() if "Throttled" in name and name.startswith("Orders")}
    assert sorted(alarms) == [
        f"OrdersTable{kind}Throttled{index}Alarm" for kind in ("Read", "Write") for index in ("", "GSI1", "bytotal2")
    ]
    assert dimensions(alarms["OrdersTableReadThrottledAlarm"]) == {"TableName"}
    assert dimensions(alarms["OrdersTableReadThrottledGSI1Alarm"]) == {"TableName", "GlobalSecondaryIndexName"}


def test_system_errors_are_added_up_over_operations_as_the_service_publishes_them() -> None:
    metrics = RESOURCES["OrdersTableSystemErrorsAlarm"]["Properties"]["Metrics"]
    summed = [one["MetricStat"]["Metric"] for one in metrics if "MetricStat" in one]
    assert len(summed) == 10
    assert all({"TableName", "Operation"} == {one["Name"] for one in metric["Dimensions"]} for metric in summed)


def test_the_policy_names_tables_and_indexes_and_no_wildcard() -> None:
    policy = access_policy(SHOP, region="eu-west-1", account="111122223333", conventions=Conventions(table_prefix="p-"))
    items, indexes = policy["Statement"]
    table_arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/p-"
    assert items["Resource"] == [table_arn + "Orders", table_arn + "Sessions"]
    assert indexes["Resource"] == [f"{table_arn}Orders/index/GSI1", f"{table_arn}Orders/index/by.total-2"]
    assert indexes["Action"] == ["dynamodb:Query"]
    assert "*" not in json.dumps(policy)
    assert "dynamodb:Scan" not in items["Action"]
    assert "dynamodb:DeleteTable" not in items["Action"]


def test_its_actions_are_actions_of_the_service() -> None:
    policy = access_policy(SHOP, region="eu-west-1", account="111122223333", scan=True)
    for statement in policy["Statement"]:
        for action in statement["Action"]:
            assert get_action_data(*action.split(":")), action


def test_a_contract_without_indexes_has_one_statement() -> None:
    policy = access_policy(contract(table()), region="cn-north-1", account="111122223333", partition="aws-cn")
    [statement] = policy["Statement"]
    assert statement["Resource"] == ["arn:aws-cn:dynamodb:cn-north-1:111122223333:table/Orders"]


def test_two_tables_with_one_logical_id_are_refused() -> None:
    with pytest.raises(MigrationError, match="'order-lines' and 'order_lines' would both have the logical id"):
        cloudformation(contract(table("order-lines"), table("order_lines")))


def blocks(kind: str, parsed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name.strip('"'): body
        for one in parsed["resource"]
        for type_name, named in one.items()
        if type_name.strip('"') == kind
        for name, body in named.items()
    }


def test_terraform_parses_and_says_the_same_as_cloudformation() -> None:
    text = terraform(SHOP, conventions=Conventions(table_prefix="p-"))
    parsed = hcl2.loads(text)
    tables = blocks("aws_dynamodb_table", parsed)
    assert list(tables) == ["orders", "sessions"]
    orders = tables["orders"]
    assert orders["deletion_protection_enabled"] is True
    assert {one["name"].strip('"') for one in orders["attribute"]} == {"PK", "SK", "GSI1PK", "GSI1SK", "total"}
    assert len(orders["global_secondary_index"]) == 2
    alarms = blocks("aws_cloudwatch_metric_alarm", parsed)
    assert len(alarms) == sum(1 for one in RESOURCES.values() if one["Type"] == "AWS::CloudWatch::Alarm")
    assert 'default     = "p-"' in text


def test_names_of_a_contract_cannot_become_terraform_code() -> None:
    block = Block("resource", ("x",), [("name", '${file("/etc/passwd")} %{ if true } "\n'), ("raw", Raw("var.a"))])
    assert written([block]) == (
        'resource "x" {\n  name = "$${file(\\"/etc/passwd\\")} %%{ if true } \\"\\n"\n  raw  = var.a\n}\n'
    )
