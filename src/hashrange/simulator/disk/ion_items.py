"""Items of an export in Amazon Ion, in wire shape. Needs the package ``amazon.ion``.

Owns what Ion's types stand for. Source: Developer Guide, "DynamoDB table export output format", Amazon Ion.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import IO, Any, Final

from .folder import DataFolderError

_SETS: Final = {"$dynamodb_SS": "SS", "$dynamodb_NS": "NS", "$dynamodb_BS": "BS"}


class IonReader:
    """Reads files in Ion.

    Raises:
        DataFolderError: ``amazon.ion`` is not installed.
    """

    def __init__(self) -> None:
        try:
            self._ion = import_module("amazon.ion.simpleion")
            self._types = import_module("amazon.ion.core").IonType
            #: what is raised for text that is no Ion
            self.error: type[Exception] = import_module("amazon.ion.exceptions").IonException
        except ImportError:
            hint = "pip install amazon.ion, or export in DYNAMODB_JSON"
            raise DataFolderError("an export in Amazon Ion needs the package amazon.ion", hint) from None

    def lines(self, file: IO[bytes]) -> Iterator[Any]:
        """What stands in the lines of a file, with items and keys in wire shape."""
        for line in self._ion.load(file, single_value=False, parse_eagerly=False):
            if not isinstance(line, Mapping):
                yield None
                continue
            yield {
                name: {attribute: self._wire(each) for attribute, each in value.items()}
                for name, value in line.items()
                if name in ("Item", "Keys", "NewImage") and isinstance(value, Mapping)
            }

    def _wire(self, value: Any) -> dict[str, Any]:
        types, kind = self._types, value.ion_type
        if getattr(value, "ion_annotations", ()) and (of_set := _SETS.get(value.ion_annotations[0].text)):
            return {of_set: [next(iter(self._wire(each).values())) for each in value]}
        if kind is types.NULL:
            return {"NULL": True}
        if kind is types.BOOL:
            return {"BOOL": bool(value)}
        if kind in (types.DECIMAL, types.INT):
            return {"N": str(value)}
        if kind in (types.BLOB, types.CLOB):
            return {"B": b64encode(value).decode("ascii")}
        if kind is types.LIST:
            return {"L": [self._wire(each) for each in value]}
        if kind is types.STRUCT:
            return {"M": {name: self._wire(each) for name, each in value.items()}}
        return {"S": str(value)}
