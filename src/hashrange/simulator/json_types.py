"""JSON types against declared ones: the texts of SerializationException, and the conversion of attribute values.

Owns what the service answers to a member of the wrong JSON type, and the fast way through an item. What a value means
(is that a number, is the set empty) is ``values``' work. Must not know shapes.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from typing import Any, Final

from . import messages
from .errors import ApiError

#: attribute values nested deeper are left as they are: ``values`` refuses them long before it gets there
_LEVELS_MAX: Final = 40
_TRUE: Final = frozenset({"true", "1", "yes"})
_FALSE: Final = frozenset({"false", "0", "no"})
_JAVA: Final = {
    "String": "java.lang.String",
    "Integer": "java.lang.Integer",
    "Long": "java.lang.Long",
    "Double": "java.lang.Double",
    "Boolean": "java.lang.Boolean",
    "Blob": "java.nio.ByteBuffer",
}


def java_class(structure: str) -> str:
    """The class of a structure, as messages print it."""
    return f"com.amazonaws.dynamodb.v20120810.{structure}"


ATTRIBUTE_VALUE_CLASS: Final = java_class("AttributeValue")
ITEM_CLASS: Final = f"java.util.Map<java.lang.String, {ATTRIBUTE_VALUE_CLASS}>"


def serialization(message: str | None) -> ApiError:
    return ApiError("SerializationException", message)


# ── the wrong type ───────────────────────────────────────────────────────────────────────────────────────────────────
def refuse_scalar(found: Any, declared: str) -> ApiError:
    """The answer where a String, number, Boolean or Blob was declared and the JSON holds something else."""
    if type(found) is list:
        return serialization(messages.unexpected_collection(f"class {_JAVA[declared]}"))
    if type(found) is dict:
        return serialization(messages.UNEXPECTED_STRUCTURE)
    if declared == "Blob":
        return serialization(messages.NOT_BASE64)
    return serialization(messages.cannot_be_converted(_token(found), declared))


def _token(found: Any) -> str:
    if type(found) is bool:
        return "TRUE_VALUE" if found else "FALSE_VALUE"
    if type(found) is str:
        return "STRING_VALUE"
    return "DECIMAL_VALUE" if type(found) is float else "NUMBER_VALUE"


def refuse_list(found: Any, *, element: bool = False) -> ApiError:
    """The answer where a list was declared; ``element`` where that list stands in a list or map."""
    if type(found) is dict:
        return serialization(messages.UNEXPECTED_STRUCTURE)
    return serialization(messages.NOT_A_CLASS if element else messages.UNEXPECTED_FIELD)


def refuse_map(found: Any, declared: str, *, element: bool = False) -> ApiError:
    """The answer where a map was declared, ``declared`` is its class."""
    if type(found) is list:
        return serialization(messages.unexpected_collection(declared))
    return serialization(messages.NOT_A_CLASS if element else messages.UNEXPECTED_FIELD)


def refuse_structure(found: Any, declared: str, *, element: bool = False) -> ApiError:
    """The answer where a structure was declared, ``declared`` is its class."""
    if type(found) is list:
        return serialization(messages.unexpected_collection(f"class {declared}"))
    return serialization(messages.UNEXPECTED_VALUE if element else messages.UNEXPECTED_FIELD)


# ── scalars ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def boolean(found: Any) -> bool:
    """A Boolean; some texts count as one."""
    if type(found) is bool:
        return found
    if type(found) is str:
        text = found.lower()
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        raise serialization(messages.NOT_A_BOOLEAN)
    raise refuse_scalar(found, "Boolean")


def blob(found: Any) -> str:
    """Binary as canonical base64, which stays text."""
    if type(found) is not str:
        raise refuse_scalar(found, "Blob")
    if len(found) % 4:
        raise serialization(messages.base64_length(len(found)))
    try:
        same = b2a_base64(a2b_base64(found), newline=False).decode() == found
    except (Base64Error, ValueError):
        same = False
    if not same:
        raise serialization(messages.BASE64_END)
    return found


def _text(found: Any) -> str:
    if type(found) is str:
        return found
    raise refuse_scalar(found, "String")


# ── attribute values ─────────────────────────────────────────────────────────────────────────────────────────────────
def item(found: Any, *, element: bool = False) -> dict[str, dict[str, Any]]:
    """A map of attribute values: the same dict where nothing has to change."""
    if type(found) is not dict:
        raise refuse_map(found, ITEM_CLASS, element=element)
    return _members(found, 1)


def _members(found: dict[str, Any], level: int) -> dict[str, Any]:
    changed = None
    for name, value in found.items():
        if (
            type(value) is dict
            and len(value) == 1
            and (type(value.get("S")) is str or type(value.get("N")) is str or type(value.get("BOOL")) is bool)
        ):
            continue
        new = attribute_value(value, level, element=True)
        if new is not value:
            changed = changed or dict(found)
            changed[name] = new
    return found if changed is None else changed


def attribute_value(found: Any, level: int = 1, *, element: bool = False) -> dict[str, Any]:
    """An attribute value: the same dict where nothing has to change. Unknown and null types are dropped."""
    if type(found) is dict:
        if len(found) == 1:
            ((name, content),) = found.items()
            convert = _CONTENT.get(name)
            if convert is not None and content is not None:
                new = convert(content, level)
                return found if new is content else {name: new}
        if not found:
            return found
        return {name: convert(found[name], level) for name, convert in _CONTENT.items() if found.get(name) is not None}
    if found is None:
        return {}
    raise refuse_structure(found, ATTRIBUTE_VALUE_CLASS, element=element)


def _map(found: Any, level: int) -> Any:
    if type(found) is not dict:
        raise refuse_map(found, ITEM_CLASS)
    return found if level >= _LEVELS_MAX else _members(found, level + 1)


def _list(found: Any, level: int) -> Any:
    if type(found) is not list:
        raise refuse_list(found)
    if level >= _LEVELS_MAX:
        return found
    new = [attribute_value(value, level + 1, element=True) for value in found]
    return new if any(map(_is_not, new, found)) else found


def _is_not(one: Any, other: Any) -> bool:
    return one is not other


def _texts(found: Any, level: int) -> Any:
    if type(found) is list:
        for one in found:
            if type(one) is not str:
                break
        else:
            return found
    return _set(found, _text)


def _blobs(found: Any, level: int) -> Any:
    return _set(found, blob)


def _set(found: Any, convert: Callable[[Any], str]) -> Any:
    if type(found) is not list:
        raise refuse_list(found)
    for one in found:
        if one is None:
            return _set([one for one in found if one is not None], convert)
        convert(one)
    return found


#: in the order in which the types of one value are looked at
_CONTENT: Final = {
    "S": lambda found, level: _text(found),
    "B": lambda found, level: blob(found),
    "N": lambda found, level: _text(found),
    "BOOL": lambda found, level: boolean(found),
    "NULL": lambda found, level: boolean(found),
    "BS": _blobs,
    "NS": _texts,
    "SS": _texts,
    "L": _list,
    "M": _map,
}
