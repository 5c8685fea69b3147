"""The transformations of a contract: date-format, number-format, and json-parse, which is here.

Must not know entities.
"""

from __future__ import annotations

from typing import Any

from ..contract.model import AttributeType, Transformed
from ..conventions import Conventions
from . import documents
from .checked import checked
from .codecs import Codec
from .date_formats import EPOCHS, date_format
from .kinds import Kind, KindFamily
from .number_formats import number_format
from .transformations import Transformation, UnknownFormat, as_it_is
from .values import codec


def transformation(value: Transformed, kind: Kind, type_: AttributeType, conventions: Conventions) -> Transformation:
    """What a transformation does to a column of a kind.

    Raises:
        UnknownFormat: it cannot be done; says why.
    """
    match value.kind:
        case "date-format":
            return date_format(value, kind, type_, conventions)
        case "number-format":
            return number_format(value, kind, type_, conventions)
        case "json-parse":
            return _json_parse(value, kind, type_, conventions)


def source_family(value: Transformed) -> KindFamily:
    """The family of a column of which no schema tells."""
    match value.kind, (value.source_format or "timestamp").lower():
        case "date-format", "timestamp" | "datetime":
            return "timestamp"
        case "date-format", "date":
            return "date"
        case "date-format", one if one in EPOCHS:
            return "integer"
        case "date-format", _:
            return "words"
        case "json-parse", _:
            return "json"
        case _:
            return "decimal"


def _json_parse(value: Transformed, kind: Kind, type_: AttributeType, conventions: Conventions) -> Transformation:
    if value.format is not None and value.format.lower() != "json":
        raise UnknownFormat(f"json-parse knows no format {value.format!r}: leave it out")
    if kind.family == "json":
        return as_it_is(kind, type_, conventions)
    of_json = codec(Kind("json", "json"), type_, conventions)
    if kind.family not in ("text", "words") or of_json is None:
        raise UnknownFormat(f"json-parse makes M, L or S of a text, and not {type_} of a {kind.type}")
    check = checked(kind)

    def encode(one: Any) -> Any:
        found = documents.parsed(check(one))
        return None if found is None else of_json.encode(found)

    return Transformation(Codec(encode, of_json.decode), invertible=False)
