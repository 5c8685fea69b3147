"""What pydantic knows about the fields of a model, and whether what they hold can be stored.

Owns the names: an attribute is named as pydantic serializes the field (``serialization_alias``, else ``alias``, else
the field's name), and is handed to validation under the name that this wants. The same facts of the dataclasses and
TypedDicts that pydantic validates inside its models are here, too. Imported only where there are pydantic models.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

import pydantic
from pydantic.fields import FieldInfo

from ..types import Nulls
from .encoders import unstorable
from .misfit import Misfit
from .nodes import is_typed_dict

ADDRESSES = (
    *(ipaddress.IPv4Address, ipaddress.IPv4Network, ipaddress.IPv4Interface),
    *(ipaddress.IPv6Address, ipaddress.IPv6Network, ipaddress.IPv6Interface),
)
DATETIMES: tuple[Any, ...] = (datetime, pydantic.AwareDatetime, pydantic.PastDatetime, pydantic.FutureDatetime)
_STORED: tuple[type[Any], ...] = (
    *(str, int, float, Decimal, bytes, bytearray, NoneType, Enum),
    *(date, time, timedelta, UUID, PurePath, *ADDRESSES),
    *(Sequence, Set, Mapping, deque),
)
_SECRETS = (pydantic.SecretStr, pydantic.SecretBytes)
_SERIALIZERS = (pydantic.PlainSerializer, pydantic.WrapSerializer)
_NO_DEFAULT: Any = object()


class FieldFacts(NamedTuple):
    """One field.

    Attributes:
        name: in the class.
        attribute: in the item.
        accepted: the name under which validation takes the value.
        annotation: its type.
        required: whether validation fails without it.
        default, factory: what stands for an absent value.
        custom: whether a serializer of the model decides what is stored.
    """

    name: str
    attribute: str
    accepted: str
    annotation: Any
    required: bool
    default: Any = _NO_DEFAULT
    factory: Callable[..., Any] | None = None
    custom: bool = False

    def reads_none(self, nulls: Nulls) -> bool:
        """As ``nodes.reads_none``."""
        return nulls == "omit" and self.required and NoneType in alternatives(self.annotation)

    def drops_none(self, nulls: Nulls) -> bool:
        """As ``nodes.drops_none``."""
        return nulls == "omit" and (self.default is None or self.reads_none(nulls))

    def drops_empty_set(self) -> bool:
        """As ``nodes.drops_empty_set``."""
        if not any((get_origin(kind) or kind) in (set, frozenset) for kind in alternatives(self.annotation)):
            return False
        default = self.default
        if self.factory is not None:
            try:
                default = self.factory()
            except TypeError:  # one that wants the fields before it
                return False
        return isinstance(default, (set, frozenset)) and not default


# ── types ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def bare(annotation: Any) -> Any:
    """A type without what stands around it: Annotated, Required, NewType, a named alias."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated or origin is Required or origin is NotRequired:
            annotation = get_args(annotation)[0]
        elif isinstance(annotation, NewType):
            annotation = annotation.__supertype__
        elif hasattr(annotation, "__value__"):
            annotation = annotation.__value__
        else:
            return NoneType if annotation is None else annotation


def alternatives(annotation: Any) -> list[Any]:
    """The types of a union, NoneType among them; of any other type, the type itself."""
    annotation = bare(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return [kind for member in get_args(annotation) for kind in alternatives(member)]
    return [annotation]


def is_model(kind: Any) -> bool:
    """Whether pydantic dumps it as a map with fields that are known here."""
    return isinstance(kind, type) and (
        (hasattr(kind, "__pydantic_validator__") and not getattr(kind, "__pydantic_root_model__", False))
        or dataclasses.is_dataclass(kind)
        or is_typed_dict(kind)
    )


def check_storable(annotation: Any) -> None:
    """Raises Misfit for a type that can be validated, but not stored."""
    if get_origin(annotation) is Annotated:
        metadata = get_args(annotation)[1:]
        if any(isinstance(mark, _SERIALIZERS) for mark in metadata):
            return
        _check_no_json(metadata)
    annotation = bare(annotation)
    origin = get_origin(annotation)
    if origin is Literal:
        return
    if origin in (Union, UnionType):
        for member in get_args(annotation):
            check_storable(member)
        return
    kind = annotation if origin is None else origin
    if isinstance(kind, type) and not _is_storable(kind):
        refusal = unstorable(kind)
        refusal.hint = "give the field a field_serializer that makes text or a number of it"
        raise refusal
    for inner in get_args(annotation):
        check_storable(inner)


def _is_storable(kind: type[Any]) -> bool:
    if issubclass(kind, _SECRETS) or kind in (complex, type, Callable):
        return False
    return (
        kind in (Any, object)
        or is_model(kind)
        or issubclass(kind, _STORED)
        or hasattr(kind, "__get_pydantic_core_schema__")
        or hasattr(kind, "__pydantic_validator__")
    )


def _check_no_json(metadata: Any) -> None:
    if any("Json" in (getattr(mark, "__name__", ""), type(mark).__name__) for mark in metadata):
        raise Misfit("pydantic dumps a Json field as an object, and validates text", "use the type inside Json[...]")


# ── fields ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def facts_of(cls: Any) -> Iterator[FieldFacts]:
    """The fields that are dumped, in order.

    Raises:
        Misfit: a field cannot be read back under the name that it is written under.
    """
    if hasattr(cls, "__pydantic_validator__"):
        yield from _of_pydantic(cls)
    elif is_typed_dict(cls):
        for name, annotation in get_type_hints(cls, include_extras=True).items():
            yield FieldFacts(name, name, name, annotation, name in cls.__required_keys__)
    else:
        annotations = get_type_hints(cls, include_extras=True)
        for field in dataclasses.fields(cls):
            default = _NO_DEFAULT if field.default is dataclasses.MISSING else field.default
            factory = None if field.default_factory is dataclasses.MISSING else field.default_factory
            required = default is _NO_DEFAULT and factory is None
            yield FieldFacts(field.name, field.name, field.name, annotations[field.name], required, default, factory)


def _of_pydantic(cls: Any) -> Iterator[FieldFacts]:
    fields: dict[str, FieldInfo] = cls.model_fields if is_base_model(cls) else cls.__pydantic_fields__
    decorators = cls.__pydantic_decorators__
    serialized = {name for mark in decorators.field_serializers.values() for name in mark.info.fields}
    for name, info in fields.items():
        if info.exclude:
            continue
        try:
            _check_no_json(info.metadata)
            attribute = info.serialization_alias or info.alias or name
            yield FieldFacts(
                name=name,
                attribute=attribute,
                accepted=_accepted(cls, name, info, attribute),
                annotation=info.annotation,
                required=info.is_required(),
                default=info.default,  # pydantic's own sentinel where there is none
                factory=info.default_factory,
                custom=bool(serialized & {name, "*"} or decorators.model_serializers)
                or any(isinstance(mark, _SERIALIZERS) for mark in info.metadata),
            )
        except Misfit as misfit:
            raise misfit.within(name) from None


def _accepted(cls: Any, name: str, info: FieldInfo, attribute: str) -> str:
    config = config_of(cls)
    alias = info.validation_alias or info.alias
    names: list[Any] = []
    if alias is not None and config.get("validate_by_alias", True):
        choices = alias.choices if isinstance(alias, pydantic.AliasChoices) else [alias]
        for choice in choices:
            path = choice.path if isinstance(choice, pydantic.AliasPath) else [choice]
            names.extend(path if len(path) == 1 else [])
    if alias is None or config.get("populate_by_name") or config.get("validate_by_name"):
        names.append(name)
    if not names:
        raise Misfit(
            "the field is validated from inside another attribute, so it cannot be read back",
            "add its own name as one of pydantic.AliasChoices",
        )
    return attribute if attribute in names else str(names[0])


def computed_of(cls: Any) -> dict[str, str]:
    """Names of the computed fields, and the attributes that they are written to."""
    decorators = getattr(cls, "__pydantic_decorators__", None)
    computed = decorators.computed_fields if decorators is not None else {}
    return {name: mark.info.alias or name for name, mark in computed.items()}


def config_of(cls: Any) -> Mapping[str, Any]:
    return getattr(cls, "model_config", None) or getattr(cls, "__pydantic_config__", None) or {}


def is_base_model(cls: Any) -> bool:
    return issubclass(cls, pydantic.BaseModel)
