"""The fields of a model: their names in the class, the attributes that they are stored as, and their types.

Of dataclasses, attrs classes, Structs, TypedDicts and pydantic models, without importing their libraries. Must not know
templates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, get_origin, get_type_hints, is_typeddict

from msgspec import Struct, structs

from ...errors import ConfigurationError
from ...item_model import ItemModel


class Field(Struct, frozen=True):
    """One field.

    Attributes:
        name: in the class.
        attribute: in the item.
        annotation: its type.
    """

    name: str
    attribute: str
    annotation: Any


def fields_of(model: ItemModel[Any], entity: str) -> dict[str, Field]:
    """The fields of a model, by name.

    Raises:
        ConfigurationError: it is a plain dict, which has none.
    """
    cls: Any = get_origin(model.model) or model.model
    if not model.fields:
        raise ConfigurationError(
            f"entity {entity!r}: {cls.__name__} has no fields",
            hint="give a dataclass, an attrs class, a msgspec Struct, a TypedDict or a pydantic model",
        )
    if isinstance(cls, type) and issubclass(cls, Struct):
        found = [Field(field.name, field.encode_name, field.type) for field in structs.fields(model.model)]
    elif (pydantic := _pydantic_fields(cls)) is not None:
        found = [
            Field(name, info.serialization_alias or info.alias or name, info.annotation)
            for name, info in pydantic.items()
        ]
    else:
        hints = get_type_hints(cls)
        found = [Field(name, name, hints[name]) for name in model.fields if name in hints]
    return {field.name: field for field in found if field.attribute in model.fields}


def _pydantic_fields(cls: Any) -> Mapping[str, Any] | None:
    if not hasattr(cls, "__pydantic_validator__"):
        return None
    found: Mapping[str, Any] = cls.__pydantic_fields__
    return found


def reader_of(model: type[Any]) -> Callable[[Any], Callable[[str], Any]]:
    """From an object of the model to what reads its fields by name."""
    if is_typed_dict(model):
        return lambda item: item.get
    return _attributes


def is_typed_dict(model: Any) -> bool:
    return is_typeddict(get_origin(model) or model)


def _attributes(item: Any) -> Callable[[str], Any]:
    return partial(getattr, item)
