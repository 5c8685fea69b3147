"""Dataclasses, attrs classes, Structs and TypedDicts: what msgspec understands.

Puts a model's encoder, lifter and ``msgspec.convert`` together; which of them a model needs is decided once, here.
Must not know the kinds of models that msgspec does not (``foreign`` stands for them).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, get_origin, get_type_hints

import msgspec
from msgspec import inspect as mi

from ..types import Item, Nulls
from . import nodes
from .containers import Encoder
from .encoders import Encoders
from .lifters import Lifters
from .misfit import ForeignRefusal, Misfit, read_refusal, type_name

_SEES_WRONG_MODELS = (TypeError, NotImplementedError)


class Foreign(Protocol):
    """The models that msgspec does not know, inside those that it does."""

    def encoder(self, cls: type[Any]) -> Encoder | None:
        """None where the class is no model."""

    def read(self, cls: type[Any], value: Any) -> Any:
        """Raises Misfit."""


class MsgspecForm:
    """One model of a kind that msgspec understands."""

    def __init__(self, model: Any, nulls: Nulls, ttl_attribute: str | None, foreign: Foreign) -> None:
        node = _inspect(model)
        if not isinstance(node, nodes.MODELS) or nodes.is_positional(node):
            raise Misfit(
                f"{type_name(model)} is not a type of items",
                "give a dataclass, an attrs class, a Struct (not array_like), a TypedDict or a pydantic v2 model",
            )
        tag = (node.tag_field,) if isinstance(node, mi.StructType) and node.tag_field else ()
        self.fields: tuple[str, ...] = (*tag, *(field.encode_name for field in node.fields))
        self.open = False
        self._encode = Encoders(nulls, foreign.encoder).model(node, ttl_attribute)
        self._lift = Lifters(nulls).model(node, ttl_attribute)
        self._convert = _converter(node, model, foreign)

    @property
    def encode(self) -> Callable[[Any], Item]:
        """From an object to the item of Python values. Raises Misfit."""
        return self._encode

    def decode(self, item: Item) -> Any:
        """The model's object. Raises Misfit."""
        if self._lift is not None:
            item = self._lift(item)
        try:
            return self._convert(item)
        except msgspec.ValidationError as error:
            raise read_refusal(error, item, self._convert) from None


def _inspect(model: Any) -> mi.Type:
    """Raises Misfit, with the field where it can be told, for what msgspec does not support."""
    try:
        return mi.type_info(model)
    except NameError as error:
        raise Misfit(
            f"its annotations name {error.name!r}, which is not defined", "define the model's types at module level"
        ) from None
    except _SEES_WRONG_MODELS as error:
        raise _unsupported(model, error) from None


def _unsupported(model: Any, error: Exception) -> Misfit:
    misfit = Misfit(str(error).partition(". File a")[0], "use one of the types that msgspec supports, or Any")
    for name, annotation in get_type_hints(get_origin(model) or model, include_extras=True).items():
        try:
            mi.type_info(annotation)
        except _SEES_WRONG_MODELS:
            return misfit.within(name)
    return misfit


def _converter(node: mi.Type, model: Any, foreign: Foreign) -> Callable[[Any], Any]:
    """``msgspec.convert`` with only those options that the model needs, since each costs time."""
    kinds = list(nodes.below(node))
    options: dict[str, Any] = {}
    if any(isinstance(kind, nodes.BINARIES) for kind in kinds):
        options["builtin_types"] = (bytes, bytearray, memoryview)  # else text would be read as base64
    if any(isinstance(kind, mi.DictType) and not isinstance(kind.key_type, (mi.StrType, mi.AnyType)) for kind in kinds):
        options["str_keys"] = True
    if any(isinstance(kind, mi.CustomType) and kind.cls is not object for kind in kinds):
        options["dec_hook"] = partial(_read_foreign, foreign)
    if options:
        return partial(msgspec.convert, type=model, **options)
    convert = msgspec.convert
    return lambda item: convert(item, model)


def _read_foreign(foreign: Foreign, cls: type[Any], value: Any) -> Any:
    try:
        return foreign.read(cls, value)
    except Misfit as misfit:
        raise ForeignRefusal from misfit
