"""The policy of who works with the contract's tables: what repositories need, and nothing else.

Transactions are allowed by the actions of their parts (Amazon DynamoDB Developer Guide, "Using IAM with transactions").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ..contract.model import Contract, TableContract
from ..conventions import DEFAULT, Conventions

_ITEMS: Final = (
    "BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "DescribeTable", "GetItem", "PutItem",
    "Query", "UpdateItem",
)  # fmt: skip


def access_policy(
    contract: Contract,
    *,
    region: str,
    account: str,
    partition: str = "aws",
    conventions: Conventions = DEFAULT,
    scan: bool = False,
) -> dict[str, Any]:
    """A least-privilege IAM policy for the repositories of a contract.

    Args:
        contract: whose tables.
        region, account, partition: of the tables' ARNs: "eu-west-1", "111122223333", "aws".
        conventions: for the prefix of the tables' names.
        scan: also allow whole-table scans, as backfill's verification needs them.
    """

    def arn(table: TableContract) -> str:
        return f"arn:{partition}:dynamodb:{region}:{account}:table/{conventions.table_prefix}{table.name}"

    return policy_document(contract, arn, scan=scan)


def policy_document(contract: Contract, arn: Callable[[TableContract], Any], *, scan: bool) -> dict[str, Any]:
    """The policy, with ARNs as their writer has them."""
    tables = list(contract.tables.values())
    actions = sorted((*_ITEMS, "Scan")) if scan else _ITEMS
    statements = [
        {
            "Sid": "ReadAndWriteItems",
            "Effect": "Allow",
            "Action": [f"dynamodb:{action}" for action in actions],
            "Resource": [arn(table) for table in tables],
        }
    ]
    indexed = [(arn(table), index) for table in tables for index in table.indexes]
    if indexed:
        statements.append(
            {
                "Sid": "QueryIndexes",
                "Effect": "Allow",
                "Action": ["dynamodb:Query", "dynamodb:Scan"] if scan else ["dynamodb:Query"],
                "Resource": [_joined(table, index) for table, index in indexed],
            }
        )
    return {"Version": "2012-10-17", "Statement": statements}


def _joined(arn: Any, index: str) -> Any:
    """The ARN of an index: a text, or a CloudFormation ``Fn::Sub`` of one."""
    if isinstance(arn, str):
        return f"{arn}/index/{index}"
    return {"Fn::Sub": f"${{{arn['Fn::GetAtt'][0]}.Arn}}/index/{index}"}
