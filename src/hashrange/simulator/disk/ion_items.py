"""Items of an export in Amazon Ion: read into wire shape, which needs the package ``amazon.ion``, and written.

Owns what Ion's types stand for. Source: Developer Guide, "DynamoDB table export output format", Amazon Ion.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import IO, Any, Final

from .folder import DataFolderError

_SETS: Final = {"$dynamodb_SS": "SS", "$dynamodb_NS": "NS", "$dynamodb_BS": "BS"}
#: a name that Ion takes as it is; one that begins with ``$`` may mean something else, and some words are values
_IDENTIFIER: Final = re.compile(r"(?!(?:null|true|false|nan)$)[A-Za-z_][A-Za-z0-9_$]*")


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
        """What stands in the lines of a file, with items and keys in wire shape.

        Raises:
            IonReader.error: it is no Ion, from there on.
        """
        text = _Utf8(file)
        for line in self._ion.load(text, single_value=False, parse_eagerly=False):
            if not isinstance(line, Mapping):
                yield None
                continue
            yield {
                name: {attribute: self._wire(each) for attribute, each in value.items()}
                for name, value in line.items()
                if name in ("Item", "Keys", "NewImage") and isinstance(value, Mapping)
            }
        if text.is_broken:
            raise self.error("it is no text in UTF-8")

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


class _Utf8:
    """A file that ends where it is no UTF-8 any more: such bytes can end the process in the package's parser in C.

    Attributes:
        is_broken: whether it ended so.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._decoder = file, getincrementaldecoder("utf-8")()
        self.is_broken = False

    def read(self, size: int = -1) -> bytes:
        content = b"" if self.is_broken else self._file.read(size)
        try:
            self._decoder.decode(content, not content)
        except UnicodeDecodeError:
            self.is_broken = True
            return b""
        return content


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def ion_line(item: Mapping[str, Any]) -> bytes:
    """An item in wire shape as a line of an export, which begins with the version of Ion."""
    return f"$ion_1_0 {{Item:{_struct(item)}}}\n".encode()


def _text(value: Mapping[str, Any]) -> str:
    ((kind, content),) = value.items()
    return _WRITTEN[kind](content)


def _struct(members: Mapping[str, Any]) -> str:
    return f"{{{','.join(f'{_name(name)}:{_text(value)}' for name, value in members.items())}}}"


def _name(name: str) -> str:
    if _IDENTIFIER.fullmatch(name):
        return name
    inner = _string(name)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{inner}'"


def _string(content: str) -> str:
    return json.dumps(content, ensure_ascii=False)  # escapes as Ion does


def _decimal(content: str) -> str:
    """A number with a point, for without one it would be an integer; it has no exponent."""
    return content if "." in content else f"{content}."


def _blob(content: str) -> str:
    return f"{{{{{content}}}}}"


def _set(letters: str, write: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda content: f"$dynamodb_{letters}::[{','.join(map(write, content))}]"


_WRITTEN: Final[dict[str, Callable[[Any], str]]] = {
    "S": _string,
    "N": _decimal,
    "B": _blob,
    "BOOL": lambda content: "true" if content else "false",
    "NULL": lambda content: "null",
    "L": lambda content: f"[{','.join(map(_text, content))}]",
    "M": _struct,
    "SS": _set("SS", _string),
    "NS": _set("NS", _decimal),
    "BS": _set("BS", _blob),
}
