"""Which format a document is in, and the entries for tables in it.

The order of detection: another tool's file is refused by its name; an object with ``tables`` is the schema format; a
list is the legacy format where an entry has a map of attributes or a type Table or GSI, else the schema format without
its wrapper; an object with ``table`` is one entry. Must not know what is in an entry.
"""

from __future__ import annotations

from typing import Final

from .document import Node
from .loading import Loading
from .model import Format

_WRAP: Final = 'a contract is {"tables": [...]}'
_LEGACY_TYPES: Final = ("Table", "GSI")

#: a name, and the members one of whose groups stand together in a file of it
_OTHERS: Final[tuple[tuple[str, tuple[frozenset[str], ...]], ...]] = (
    ("a NoSQL Workbench model", (frozenset({"ModelName"}), frozenset({"ModelMetadata"}), frozenset({"DataModel"}))),
    ("a CloudFormation template", (frozenset({"AWSTemplateFormatVersion"}), frozenset({"Resources"}))),
    ("a Terraform file", (frozenset({"terraform_version"}), frozenset({"resource", "provider"}))),
    ("a JSON schema, not a contract that follows one", (frozenset({"$schema", "definitions"}), frozenset({"$defs"}))),
    ("a table mapping of AWS DMS", (frozenset({"rules"}),)),
    ("a OneTable schema", (frozenset({"format", "models"}),)),
    ("an ElectroDB model", (frozenset({"model", "attributes", "indexes"}),)),
    ("a CreateTable request or a DescribeTable answer of AWS", (
        frozenset({"KeySchema"}), frozenset({"TableName"}), frozenset({"Table", "ResponseMetadata"}),
        frozenset({"AttributeDefinitions"}),
    )),
    ("a batch of items", (frozenset({"Items", "Count"}), frozenset({"RequestItems"}))),
)  # fmt: skip
_CREATE_TABLE: Final = "a data model of the DynamoDB MCP server or CreateTable requests of AWS"


def entries(root: Node, loading: Loading) -> tuple[Format, list[Node]] | None:
    """The format and the entries of a document; None, with an error, where it is no contract."""
    value = root.value
    if isinstance(value, list):
        return _of_list(root, value, loading)
    if not isinstance(value, dict):
        loading.error("no-contract", f"this is {root.kind}, no contract", fix=_WRAP, at=root.place)
        return None
    other = _other_tool(value)
    if other is not None:
        loading.error("other-format", f"this is {other}, no migration contract", fix=_WRAP, at=root.place)
        return None
    if "tables" in value:
        return _of_tables(value, loading)
    if "table" in value or {"attributes", "entities"} & value.keys():
        loading.warning("fragment", "this is one table without its wrapper", fix=_WRAP, at=root.place)
        return "fragment", [root]
    near = next((name for name in value if name.lower() in ("table_list", "table", "tables", "contract")), None)
    inside = f"; it has {near}" if near else ""
    loading.error("no-contract", f"this object has no tables{inside}", fix=_WRAP, at=root.place)
    return None


def is_legacy(entry: Node) -> bool:
    """Whether an entry is written in the legacy format."""
    if not isinstance(entry.value, dict):
        return False
    attributes, kind = entry.value.get("attributes"), entry.value.get("type")
    mapped = attributes is not None and isinstance(attributes.value, dict)
    return mapped or (kind is not None and kind.value in _LEGACY_TYPES)


def _of_list(root: Node, parts: list[Node], loading: Loading) -> tuple[Format, list[Node]] | None:
    for part in parts:
        other = _other_tool(part.value) if isinstance(part.value, dict) else None
        if other is not None:
            loading.error("other-format", f"this is {other}, no migration contract", fix=_WRAP, at=part.place)
            return None
    if not parts:
        loading.error("no-contract", "the contract has no tables", fix=_WRAP, at=root.place)
        return None
    return ("legacy" if any(map(is_legacy, parts)) else "schema-list"), parts


def _of_tables(value: dict[str, Node], loading: Loading) -> tuple[Format, list[Node]] | None:
    tables = value["tables"]
    if not isinstance(tables.value, list):
        loading.error("no-contract", f"tables is {tables.kind}, not an array", fix=_WRAP, at=tables.place)
        return None
    if not tables.value:
        loading.error("no-contract", "the contract has no tables", fix=_WRAP, at=tables.place)
        return None
    for part in tables.value:
        if isinstance(part.value, dict) and {"KeySchema", "TableName"} & part.value.keys():
            message = f"this is {_CREATE_TABLE}, no migration contract"
            loading.error("other-format", message, fix=_WRAP, at=part.place)
            return None
    for name in value:
        if name not in ("tables", "$schema", "version", "description", "name"):
            message = f"the contract has a member {name}, which means nothing here"
            loading.warning("unknown-field", message, fix="fields: tables", at=value[name].place)
    return "schema", tables.value


def _other_tool(value: dict[str, Node]) -> str | None:
    names = value.keys()
    if "table" in names or ("tables" in names and not {"ModelName", "models"} & names):
        return None
    return next((tool for tool, groups in _OTHERS if any(group <= names for group in groups)), None)
