"""The contract's tables as Terraform, with all that a table in production wants.

The same as ``cloudformation``: protected from deletion (by DynamoDB and by Terraform), backed up, encrypted, with a
stream and alarms, and a policy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..contract.model import Contract, Index, TableContract
from ..conventions import DEFAULT, Conventions
from .alarms import NAMESPACE, Alarm, alarms_of
from .cloudformation import logical_ids
from .hcl import Block, Raw, expression, written
from .iam import policy_document


def terraform(contract: Contract, *, conventions: Conventions = DEFAULT, scan: bool = False) -> str:
    """A module with every table of the contract, as the text of one ``.tf`` file.

    Its variables are ``table_prefix`` and ``alarm_topic_arns``; its outputs the tables' names, ARNs and streams, and
    the ARN of the policy.

    Args:
        contract: whose tables.
        conventions: for the prefix, the variable's default.
        scan: whether the policy allows scans.

    Raises:
        MigrationError: two tables would have one name in Terraform.
    """
    names = {table: _snake(logical_id.removesuffix("Table")) for table, logical_id in logical_ids(contract).items()}
    blocks = [*_preamble(conventions)]
    for table in contract.tables.values():
        blocks.append(_table(names[table.name], table))
        blocks += [_alarm(names[table.name], table, alarm) for alarm in alarms_of(table)]
    policy = policy_document(contract, lambda table: _arn(names[table.name]), scan=scan)
    blocks.append(_policy(policy))
    blocks += _outputs(names)
    return written(blocks)


def _preamble(conventions: Conventions) -> Iterator[Block]:
    provider = {"source": "hashicorp/aws", "version": ">= 5.0"}
    yield Block("terraform", (), [("required_version", ">= 1.3"), Block("required_providers", (), [("aws", provider)])])
    yield Block(
        "variable",
        ("table_prefix",),
        [
            ("description", "Stands before the name of every table"),
            ("type", Raw("string")),
            ("default", conventions.table_prefix),
        ],
    )
    yield Block(
        "variable",
        ("alarm_topic_arns",),
        [
            ("description", "SNS topics that alarms go to"),
            ("type", Raw("list(string)")),
            ("default", Raw("[]")),
        ],
    )


def _table(name: str, table: TableContract) -> Block:
    body: list[tuple[str, Any] | Block] = [
        ("name", Raw(f'"${{var.table_prefix}}{table.name}"')),
        ("billing_mode", "PAY_PER_REQUEST"),
        ("hash_key", table.pk),
        *([] if table.sk is None else [("range_key", table.sk)]),
        ("deletion_protection_enabled", True),
        ("stream_enabled", True),
        ("stream_view_type", "NEW_AND_OLD_IMAGES"),
    ]
    body += [
        Block("attribute", (), [("name", attribute), ("type", kind)])
        for attribute, kind in table.key_attributes().items()
    ]
    body += [_index(index) for index in table.indexes.values()]
    body += [
        Block("point_in_time_recovery", (), [("enabled", True)]),
        Block("server_side_encryption", (), [("enabled", True)]),
        Block("lifecycle", (), [("prevent_destroy", True)]),
    ]
    return Block("resource", ("aws_dynamodb_table", name), body)


def _index(index: Index) -> Block:
    body: list[tuple[str, Any]] = [("name", index.name), ("hash_key", index.pk)]
    if index.sk is not None:
        body.append(("range_key", index.sk))
    body.append(("projection_type", index.projection))
    if index.projection == "INCLUDE":
        body.append(("non_key_attributes", list(index.projected)))
    return Block("global_secondary_index", (), body)


def _alarm(name: str, table: TableContract, alarm: Alarm) -> Block:
    dimensions: dict[str, Any] = {"TableName": Raw(f"aws_dynamodb_table.{name}.name")}
    if alarm.index is not None:
        dimensions["GlobalSecondaryIndexName"] = alarm.index
    body: list[tuple[str, Any] | Block] = [
        ("alarm_name", Raw(f'"${{var.table_prefix}}{table.name}-{alarm.id}"')),
        ("alarm_description", alarm.text),
        ("alarm_actions", Raw("var.alarm_topic_arns")),
        ("comparison_operator", "GreaterThanOrEqualToThreshold"),
        ("evaluation_periods", alarm.periods),
        ("threshold", alarm.at_least),
        ("treat_missing_data", "notBreaching"),
    ]
    if alarm.operations:
        body += _summed(alarm, dimensions)
    else:
        body += [
            ("namespace", NAMESPACE),
            ("metric_name", alarm.metric),
            ("statistic", "Sum"),
            ("period", alarm.seconds),
            ("dimensions", dimensions),
        ]
    return Block("resource", ("aws_cloudwatch_metric_alarm", f"{name}_{_snake(alarm.id)}"), body)


def _summed(alarm: Alarm, dimensions: dict[str, Any]) -> Iterator[Block]:
    ids = [f"m{number}" for number in range(1, len(alarm.operations) + 1)]
    filled = ", ".join(f"FILL({one}, 0)" for one in ids)
    total = [("id", "total"), ("expression", f"SUM([{filled}])"), ("label", alarm.metric), ("return_data", True)]
    yield Block("metric_query", (), total)
    for one, operation in zip(ids, alarm.operations, strict=True):
        metric = [
            ("namespace", NAMESPACE),
            ("metric_name", alarm.metric),
            ("period", alarm.seconds),
            ("stat", "Sum"),
            ("dimensions", {**dimensions, "Operation": operation}),
        ]
        yield Block("metric_query", (), [("id", one), ("return_data", False), Block("metric", (), metric)])


def _policy(document: dict[str, Any]) -> Block:
    body = [
        ("name_prefix", "dynamodb-access-"),
        ("description", "Reads and writes the items of the tables"),
        ("policy", Raw(f"jsonencode({_encoded(document)})")),
    ]
    return Block("resource", ("aws_iam_policy", "access"), body)


def _encoded(document: dict[str, Any]) -> str:
    """The policy as an object of Terraform's; ARNs are already expressions in quotes."""
    return expression(
        {
            "Version": document["Version"],
            "Statement": [
                {**statement, "Resource": [Raw(f'"{one}"') for one in statement["Resource"]]}
                for statement in document["Statement"]
            ],
        },
        1,
    )


def _arn(name: str) -> str:
    return f"${{aws_dynamodb_table.{name}.arn}}"


def _outputs(names: dict[str, str]) -> Iterator[Block]:
    for name in names.values():
        for attribute in ("name", "arn", "stream_arn"):
            value = Raw(f"aws_dynamodb_table.{name}.{attribute}")
            yield Block("output", (f"{name}_{attribute}",), [("value", value)])
    yield Block("output", ("access_policy_arn",), [("value", Raw("aws_iam_policy.access.arn"))])


def _snake(name: str) -> str:
    """OrderLines → order_lines, GSI1 stays together: gsi1."""
    found = ""
    for position, character in enumerate(name):
        boundary = position and character.isupper() and (name[position - 1].islower() or name[position - 1].isdigit())
        found += ("_" if boundary else "") + character.lower()
    return found if found[:1].isalpha() else f"t_{found}"
