"""A table of DynamoDB Local, asked by rendered expressions in wire shape through boto3."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any, Literal
from uuid import uuid4

import boto3
from botocore.config import Config

from hashrange.codec import decode_item, encode_item
from hashrange.expressions import Condition, KeyCondition, Placeholders, Projection, Update

KEY = "PK"
SORT_KEY = "SK"


class Emulator:
    """A table of DynamoDB Local, asked in wire shape through boto3."""

    def __init__(self, endpoint: str, sort_kind: Literal["S", "N", "B"] | None = None) -> None:
        self.client = boto3.client(
            "dynamodb",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}),
        )
        self.table = f"expressions-{uuid4().hex}"
        schema, definitions = [(KEY, "HASH")], [(KEY, "S")]
        if sort_kind is not None:
            schema.append((SORT_KEY, "RANGE"))
            definitions.append((SORT_KEY, sort_kind))
        options: dict[str, Any] = {
            "KeySchema": [{"AttributeName": name, "KeyType": role} for name, role in schema],
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in definitions],
        }
        self.client.create_table(TableName=self.table, BillingMode="PAY_PER_REQUEST", **options)

    def put(self, key: str, item: dict[str, Any]) -> None:
        self.client.put_item(TableName=self.table, Item=for_boto({KEY: key, **item}))

    def matching(self, condition: Condition) -> set[str]:
        """The keys of the items of which a condition is true."""
        placeholders = Placeholders()
        text = condition.render(placeholders)
        answer = self.client.scan(TableName=self.table, FilterExpression=text, **_options(placeholders))
        assert "LastEvaluatedKey" not in answer
        return {item[KEY]["S"] for item in answer["Items"]}

    def updated(self, key: str, update: Update) -> dict[str, Any] | None:
        """The item after an update; None where the service refuses it for what the item holds."""
        placeholders = Placeholders()
        text = update.render(placeholders)
        try:
            answer = self.client.update_item(
                TableName=self.table,
                Key={KEY: {"S": key}},
                UpdateExpression=text,
                ReturnValues="ALL_NEW",
                **_options(placeholders),
            )
        except self.client.exceptions.ClientError as error:
            # what is wrong with the text, and not with the item, begins with "Invalid UpdateExpression"
            message = error.response["Error"]["Message"]
            assert message in _REFUSALS_FOR_THE_ITEM, (text, message)
            return None
        found = _from_boto(answer["Attributes"])
        assert found.pop(KEY) == key
        return found

    def queried(self, condition: KeyCondition) -> list[Any]:
        """The sort keys that a key condition finds, in order."""
        placeholders = Placeholders()
        text = condition.render(placeholders)
        answer = self.client.query(TableName=self.table, KeyConditionExpression=text, **_options(placeholders))
        return [_from_boto(dict(item))[SORT_KEY] for item in answer["Items"]]

    def drop(self) -> None:
        self.client.delete_table(TableName=self.table)
        self.client.close()

    def projected(self, key: str, projection: Projection) -> dict[str, Any]:
        placeholders = Placeholders()
        text = projection.render(placeholders)
        answer = self.client.get_item(
            TableName=self.table, Key={KEY: {"S": key}}, ProjectionExpression=text, **_options(placeholders)
        )
        return _from_boto(answer.get("Item", {}))


_REFUSALS_FOR_THE_ITEM = {
    "An operand in the update expression has an incorrect data type",
    "The provided expression refers to an attribute that does not exist in the item",
    "The document path provided in the update expression is invalid for update",
}


def _options(placeholders: Placeholders) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if placeholders.names:
        options["ExpressionAttributeNames"] = placeholders.names
    if placeholders.values:
        options["ExpressionAttributeValues"] = _to_boto({"M": placeholders.values})["M"]
    return options


def for_boto(item: dict[str, Any]) -> dict[str, Any]:
    wire: dict[str, Any] = _to_boto({"M": encode_item(item)})["M"]
    return wire


def _to_boto(attribute: dict[str, Any]) -> dict[str, Any]:
    """boto3 takes and gives binary as bytes, and does the base64 itself."""
    ((kind, content),) = attribute.items()
    match kind:
        case "B":
            return {"B": b64decode(content)}
        case "BS":
            return {"BS": [b64decode(text) for text in content]}
        case "L":
            return {"L": [_to_boto(element) for element in content]}
        case "M":
            return {"M": {name: _to_boto(inner) for name, inner in content.items()}}
        case _:
            return attribute


def _from_boto(item: dict[str, Any]) -> dict[str, Any]:
    def wire(attribute: dict[str, Any]) -> dict[str, Any]:
        ((kind, content),) = attribute.items()
        match kind:
            case "B":
                return {"B": b64encode(content).decode()}
            case "BS":
                return {"BS": [b64encode(data).decode() for data in content]}
            case "L":
                return {"L": [wire(element) for element in content]}
            case "M":
                return {"M": {name: wire(inner) for name, inner in content.items()}}
            case _:
                return attribute

    return decode_item({name: wire(attribute) for name, attribute in item.items()})
