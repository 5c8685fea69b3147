"""Our shapes against botocore's model of the service: which members there are, their types and constraints.

The model is a witness, not the law: the service checks some things in words of its own, later, or not at all. Each
such difference is listed with its reason; a difference that is not listed, and one that has gone, fail.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest

from hashrange.simulator.actions import ACTIONS, OPERATIONS, STREAM_OPERATIONS
from hashrange.simulator.shape_kinds import Anything, Blob, Boolean, Number, Shape, String
from hashrange.simulator.shape_structures import AttributeValueShape, ItemShape, List, Map, Structure
from hashrange.simulator.shapes import boolean, integer, list_of, required, string, structure


def service_model(service: str) -> dict[str, Any]:
    path = Path(botocore.__file__).parent / "data" / service / "2012-08-10" / "service-2.json.gz"
    with gzip.open(path) as file:
        found: dict[str, Any] = json.load(file)
    return found


SERVICE, STREAMS = service_model("dynamodb"), service_model("dynamodbstreams")
#: what both have is the same, but for some constraints of types that no request to streams has
SERVICE["shapes"] = STREAMS["shapes"] | SERVICE["shapes"]
SERVICE["operations"] = STREAMS["operations"] | SERVICE["operations"]

KINDS: dict[str, type[Shape] | tuple[type[Shape], ...]] = {
    "string": String,
    "integer": Number,
    "long": Number,
    "double": Number,
    "timestamp": Number,
    "boolean": Boolean,
    "blob": Blob,
    "list": List,
    "map": (Map, ItemShape),
    "structure": (Structure, AttributeValueShape),
}


def differences(shape: Shape, name: str, place: str) -> Iterator[str]:
    """What differs between one of our shapes and one of the model's, each as ``place: what``."""
    model = SERVICE["shapes"][name]
    if isinstance(shape, Anything):
        yield f"{place}: taken whole"
        return
    if name == "AttributeValue" or isinstance(shape, AttributeValueShape):
        if name != "AttributeValue" or not isinstance(shape, AttributeValueShape):
            yield f"{place}: {name}"
        return
    if not isinstance(shape, KINDS[model["type"]]):
        yield f"{place}: {model['type']}"
        return
    if isinstance(shape, String):
        yield from of_text(shape, model, place)
    elif isinstance(shape, Number):
        yield from of_number(shape, model, place)
    elif isinstance(shape, List):
        yield from of_lengths(shape, model, place)
        yield from differences(shape.member, model["member"]["shape"], f"{place}[]")
    elif isinstance(shape, Map):
        yield from of_map(shape, model, place)
    elif isinstance(shape, ItemShape) and model["value"]["shape"] != "AttributeValue":
        yield f"{place}: map of {model['value']['shape']}"
    elif isinstance(shape, Structure):
        yield from of_structure(shape, model, place)


def of_text(shape: String, model: dict[str, Any], place: str) -> Iterator[str]:
    if set(shape.enum or ()) != set(model.get("enum", ())):
        yield f"{place}: enum {model.get('enum')}"
    if shape.pattern != model.get("pattern"):
        yield f"{place}: pattern {model.get('pattern')}"
    yield from of_lengths(shape, model, place)


def of_lengths(shape: String | List | Map, model: dict[str, Any], place: str) -> Iterator[str]:
    for bound, ours in (("min", shape.min_length), ("max", shape.max_length)):
        if (ours or 0) != (model.get(bound) or 0):
            yield f"{place}: {bound} {model.get(bound)}"


def of_number(shape: Number, model: dict[str, Any], place: str) -> Iterator[str]:
    if shape.declared.lower() != model["type"]:
        yield f"{place}: {model['type']}"
    for bound, ours in (("min", shape.least), ("max", shape.most)):
        if ours != model.get(bound):
            yield f"{place}: {bound} {model.get(bound)}"


def of_map(shape: Map, model: dict[str, Any], place: str) -> Iterator[str]:
    yield from of_lengths(shape, model, place)
    key = SERVICE["shapes"][model["key"]["shape"]]
    if shape.key is not None:
        yield from of_text(shape.key, key, f"{place}{{key}}")
    elif {"min", "max", "pattern"} & key.keys():
        yield f"{place}{{key}}: unchecked"
    yield from differences(shape.value, model["value"]["shape"], f"{place}{{}}")


def of_structure(shape: Structure, model: dict[str, Any], place: str) -> Iterator[str]:
    for name, member in model["members"].items():
        ours = shape.members.get(name)
        if ours is None:
            yield f"{place}.{name}: unknown"
            continue
        if ours.required != (name in model.get("required", ())):
            yield f"{place}.{name}: {'optional' if ours.required else 'required'}"
        yield from differences(ours, member["shape"], f"{place}.{name}")
    for name in shape.members.keys() - model["members"].keys():
        yield f"{place}.{name}: not in the model"


def found(operation: str) -> list[str]:
    name = SERVICE["operations"][operation]["input"]["shape"]
    return sorted(set(differences(ACTIONS[operation].shape, name, operation)))


#: what differs, as a regular expression → why
KNOWN: dict[str, str] = {
    r".*TableName: (min 1|max 1024|pattern None)": "the long-standing rule for names; ARNs, for which the model "
    "widened its own, are taken beside it",
    r"Batch\w+\.RequestItems\{key\}: (min 1|max 1024|pattern None)": "the same, where a table's name is a key",
    r"(Create|Update)Table\.TableThroughputMode: not in the model": "an alias of BillingMode that the service takes",
    r"\w+\.(TableCreationParameters\.|LocalSecondaryIndex(es|Override)\[\]\.)?KeySchema: max None": "the service takes "
    "more than two for global indexes only",
    r"CreateTable\.(AttributeDefinitions|KeySchema): optional": "the service demands them; they are optional in the "
    "model for the sake of copies of global tables",
    r"UpdateTable\..*\.Update\.ProvisionedThroughput: optional": "the long-standing wording demands it of an update "
    "that changes nothing else",
    r"(CreateTable|UpdateTable)\.\w+: taken whole": "global tables are not simulated: such members are refused, not "
    "looked into",
    r"(CreateTable|TagResource)\.Tags\[\]\.(Key|Value): .*": "the service checks tags in words of its own",
    r"UntagResource\.TagKeys\[\]: (min|max) .*": "the service checks tags in words of its own",
    r"(Tag|Untag)Resource\.(Tags|TagKeys): required": "the service authorizes before it misses them",
    r"\w+\.ResourceArn: .*": "the service checks the ARN in words of its own",
    r"BatchGetItem\.RequestItems: min 1": "the service has a message of its own for an empty map",
    r"BatchWriteItem\.RequestItems: min 1": "the service has a message of its own for an empty map",
    r"BatchWriteItem\.RequestItems\{\}: (min 1|max 25)": "the service reports it as a constraint on the map's values",
    r".*AttributesToGet: max None": "the service takes 255 names",
    r".*AttributesToGet\[\]: max 65535": "no longer name was ever seen refused there",
    r".*ExpressionAttributeNames\{\}: max 65535": "the service checks names in words of its own, after all shapes",
    r".*(Expected|AttributeUpdates|KeyConditions|QueryFilter|ScanFilter)\{key\}: unchecked": "no longer name was ever "
    "seen refused there",
    r"(GetShardIterator\.Timestamp|ListBackups\.TimeRange(Lower|Upper)Bound|RestoreTableToPointInTime\.RestoreDateTime|"
    r"ExportTableToPointInTime\.(\w+\.)?Export(From|To)?Time): timestamp": "a time is a number in JSON",
    r"GetShardIterator\.ShardIteratorType: enum .*": "DynamoDB Local checks the type in words of its own",
}


@pytest.mark.parametrize("operation", OPERATIONS + STREAM_OPERATIONS)
def test_an_operations_shape_is_the_models(operation: str) -> None:
    unlisted = [each for each in found(operation) if not any(re.fullmatch(known, each) for known in KNOWN)]
    assert unlisted == []


@pytest.mark.parametrize("known", KNOWN)
def test_every_listed_difference_is_still_there(known: str) -> None:
    everything = OPERATIONS + STREAM_OPERATIONS
    assert any(re.fullmatch(known, each) for operation in everything for each in found(operation))


def test_a_difference_is_found() -> None:
    shape = structure("ListTablesInput", Limit=integer(1, 99), ExclusiveStartTableName=integer(), Other=string())
    assert sorted(differences(shape, "ListTablesInput", "X")) == [
        "X.ExclusiveStartTableName: string",
        "X.Limit: max 100",
        "X.Other: not in the model",
    ]
    shape = structure("TimeToLiveSpecification", Enabled=required(boolean()))
    assert list(differences(shape, "TimeToLiveSpecification", "X")) == ["X.AttributeName: unknown"]
    shape = structure("Projection", ProjectionType=string(enum=("ALL",)), NonKeyAttributes=list_of(integer(), 1, 20))
    assert sorted(differences(shape, "Projection", "X")) == [
        "X.NonKeyAttributes[]: string",
        "X.ProjectionType: enum ['ALL', 'KEYS_ONLY', 'INCLUDE']",
    ]


def test_both_wordings_know_the_same_members() -> None:
    for operation in OPERATIONS + STREAM_OPERATIONS:
        shape = ACTIONS[operation].shape
        if shape.shape_in_2026 is not None:
            assert shape.shape_in_2026.members.keys() == shape.members.keys()
