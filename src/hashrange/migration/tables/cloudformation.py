"""The contract's tables as a CloudFormation template, with all that a table in production wants.

Retained when the stack goes, protected from deletion, backed up (PITR), encrypted, with a stream and alarms; and a
policy for who uses them. Plain data: write it as JSON, which is YAML, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ..contract.model import Contract, TableContract
from ..conventions import DEFAULT, Conventions
from ..errors import MigrationError
from .alarms import NAMESPACE, Alarm, alarms_of
from .iam import policy_document
from .request import create_table_request

_PREFIX: Final = "TablePrefix"
_TOPIC: Final = "AlarmTopicArn"


def cloudformation(contract: Contract, *, conventions: Conventions = DEFAULT, scan: bool = False) -> dict[str, Any]:
    """A template with every table of the contract.

    Its parameters are ``TablePrefix`` and ``AlarmTopicArn``, the SNS topic that alarms go to ("" for none); its
    outputs, for each table, the name, the ARN and the stream's ARN, exported under the stack's name, and the ARN of the
    policy.

    Args:
        contract: whose tables.
        conventions: for the prefix, the parameter's default.
        scan: whether the policy allows scans.

    Raises:
        MigrationError: two tables would have one logical id.
    """
    ids = logical_ids(contract)
    resources: dict[str, Any] = {}
    outputs: dict[str, Any] = {}
    for table in contract.tables.values():
        logical_id = ids[table.name]
        resources[logical_id] = _table(table)
        for alarm in alarms_of(table):
            resources[f"{logical_id}{alarm.id}Alarm"] = _alarm(logical_id, table, alarm)
        outputs.update(_outputs(logical_id, table))
    arns = {name: {"Fn::GetAtt": [logical_id, "Arn"]} for name, logical_id in ids.items()}
    resources["AccessPolicy"] = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "Description": "Reads and writes the items of the tables",
            "PolicyDocument": policy_document(contract, lambda table: arns[table.name], scan=scan),
        },
    }
    outputs["AccessPolicyArn"] = {"Value": {"Ref": "AccessPolicy"}, "Description": "The policy to attach"}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "DynamoDB tables of a migration contract",
        "Parameters": {
            _PREFIX: {
                "Type": "String",
                "Default": conventions.table_prefix,
                "Description": "Stands before the name of every table",
                "AllowedPattern": "[A-Za-z0-9_.-]*",
            },
            _TOPIC: {"Type": "String", "Default": "", "Description": "SNS topic that alarms go to; empty for none"},
        },
        "Conditions": {"HasTopic": {"Fn::Not": [{"Fn::Equals": [{"Ref": _TOPIC}, ""]}]}},
        "Resources": resources,
        "Outputs": outputs,
    }


def logical_ids(contract: Contract) -> dict[str, str]:
    """Table name to logical id: letters and digits only.

    Raises:
        MigrationError: two tables would have the same.
    """
    ids: dict[str, str] = {}
    for name in contract.tables:
        logical_id = "".join(part[:1].upper() + part[1:] for part in _words(name)) + "Table"
        other = next((one for one, its_id in ids.items() if its_id == logical_id), None)
        if other is not None:
            raise MigrationError(
                f"tables {other!r} and {name!r} would both have the logical id {logical_id!r}",
                hint="rename one of them: logical ids have letters and digits only",
            )
        ids[name] = logical_id
    return ids


def _words(name: str) -> Iterator[str]:
    word = ""
    for character in name:
        if character.isascii() and character.isalnum():
            word += character
        elif word:
            yield word
            word = ""
    if word:
        yield word


def _table(table: TableContract) -> dict[str, Any]:
    properties = create_table_request(table)
    properties["TableName"] = _name(table)
    properties |= {
        "DeletionProtectionEnabled": True,
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True},
        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
        "Tags": [{"Key": "contract-table", "Value": table.name}],
    }
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    }


def _name(table: TableContract) -> dict[str, str]:
    return {"Fn::Sub": f"${{{_PREFIX}}}{table.name}"}


def _alarm(logical_id: str, table: TableContract, alarm: Alarm) -> dict[str, Any]:
    dimensions = [{"Name": "TableName", "Value": {"Ref": logical_id}}]
    if alarm.index is not None:
        dimensions.append({"Name": "GlobalSecondaryIndexName", "Value": alarm.index})
    properties: dict[str, Any] = {
        "AlarmDescription": {"Fn::Sub": f"${{{_PREFIX}}}{table.name}: {alarm.text}"},
        "AlarmActions": {"Fn::If": ["HasTopic", [{"Ref": _TOPIC}], {"Ref": "AWS::NoValue"}]},
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "EvaluationPeriods": alarm.periods,
        "Threshold": alarm.at_least,
        "TreatMissingData": "notBreaching",
    }
    if alarm.operations:
        properties["Metrics"] = list(_summed(alarm, dimensions))
    else:
        properties |= {
            "Namespace": NAMESPACE,
            "MetricName": alarm.metric,
            "Dimensions": dimensions,
            "Statistic": "Sum",
            "Period": alarm.seconds,
        }
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def _summed(alarm: Alarm, dimensions: list[Any]) -> Iterator[dict[str, Any]]:
    ids = [f"m{number}" for number in range(1, len(alarm.operations) + 1)]
    filled = ", ".join(f"FILL({one}, 0)" for one in ids)
    yield {"Id": "total", "Expression": f"SUM([{filled}])", "Label": alarm.metric, "ReturnData": True}
    for one, operation in zip(ids, alarm.operations, strict=True):
        yield {
            "Id": one,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": NAMESPACE,
                    "MetricName": alarm.metric,
                    "Dimensions": [*dimensions, {"Name": "Operation", "Value": operation}],
                },
                "Period": alarm.seconds,
                "Stat": "Sum",
            },
        }


def _outputs(logical_id: str, table: TableContract) -> dict[str, Any]:
    values = {
        "Name": ({"Ref": logical_id}, "name"),
        "Arn": ({"Fn::GetAtt": [logical_id, "Arn"]}, "ARN"),
        "StreamArn": ({"Fn::GetAtt": [logical_id, "StreamArn"]}, "ARN of the stream"),
    }
    return {
        f"{logical_id}{suffix}": {
            "Description": f"{text} of {table.name}",
            "Value": value,
            "Export": {"Name": {"Fn::Sub": f"${{AWS::StackName}}-{logical_id}{suffix}"}},
        }
        for suffix, (value, text) in values.items()
    }
