"""From objects to the Python values that ``codec`` takes, for all types that msgspec knows.

Built once for a model: a type whose values need nothing done has no encoder (None), and a model's encoder touches only
the fields that need it. Single values go through ``msgspec.to_builtins``; whole objects do not, since it makes lists of
sets, forgets fields at their default (``omit_defaults``) and writes datetimes that do not sort.

A type that cannot be stored is refused here, when the encoder is built. Must not read items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Any, TypeAlias
from uuid import UUID

from msgspec import UNSET
from msgspec import inspect as mi

from ..types import Item, Nulls
from . import containers, nodes, scalars
from .containers import Encoder
from .misfit import Misfit, type_name, wrong_type

#: gives the encoder of a class that msgspec does not know, None where nobody knows it
ForeignEncoder: TypeAlias = Callable[[type[Any]], Encoder | None]

_ABSENT: Any = object()  # what a field's encoder gives for an attribute to leave out

#: nodes of single values: their Python types, and the encoder
_SCALARS: dict[type[mi.Type], tuple[tuple[type, ...], Encoder | None]] = {
    mi.BoolType: ((bool,), None),
    mi.IntType: ((int,), None),
    mi.FloatType: ((float, int), None),
    mi.DecimalType: ((Decimal,), None),
    mi.StrType: ((str,), None),
    mi.BytesType: ((bytes,), None),
    mi.ByteArrayType: ((bytearray,), None),
    mi.MemoryViewType: ((memoryview,), None),
    mi.DateTimeType: ((datetime,), scalars.datetime_text),
    mi.DateType: ((date,), scalars.date_text),
    mi.TimeType: ((time,), scalars.time_text),
    mi.TimeDeltaType: ((timedelta,), scalars.timedelta_text),
    mi.UUIDType: ((UUID,), scalars.uuid_text),
}
_TEXT_KEYS = (mi.StrType, mi.AnyType)
_KEYS = (
    *(*_TEXT_KEYS, mi.IntType, mi.FloatType, mi.DecimalType, mi.UUIDType, mi.EnumType, mi.LiteralType),
    *(mi.DateTimeType, mi.DateType, mi.TimeType, mi.TimeDeltaType),
)
_SET_MEMBERS = (*_KEYS, mi.BytesType)


class ModelEncoder:
    """Encodes the objects of one class that is stored as a map."""

    __slots__ = ("_droppable", "_steps", "_tag")

    def __init__(self, node: nodes.ModelNode) -> None:
        self._tag = (node.tag_field, node.tag) if isinstance(node, mi.StructType) and node.tag_field else None
        self._droppable: tuple[str, ...] = ()
        self._steps: tuple[tuple[str, Encoder], ...] = ()

    def fill(self, droppable: Iterable[str], steps: Iterable[tuple[str, Encoder]]) -> None:
        """The second half of construction, since a model's fields may lead back to the model.

        Args:
            droppable: names of attributes of which only None has to be left out.
            steps: names of attributes that need more, and their encoders.
        """
        self._droppable, self._steps = tuple(droppable), tuple(steps)

    def __call__(self, obj: Any) -> Item:
        raise AssertionError("a subclass reads the object")

    def _finish(self, item: Item) -> Item:
        for name in self._droppable:
            if item.get(name, _ABSENT) is None:
                del item[name]
        name = ""
        try:
            for name, encode in self._steps:
                value = item.get(name, _ABSENT)
                if value is not _ABSENT:
                    item[name] = value = encode(value)
                    if value is _ABSENT:
                        del item[name]
        except Misfit as misfit:
            raise misfit.within(name) from None
        if self._tag is not None:
            item[self._tag[0]] = self._tag[1]
        return item


class ObjectEncoder(ModelEncoder):
    """Of a dataclass, an attrs class or a Struct; a subclass's objects are encoded with all of their own fields."""

    __slots__ = ("_cls", "_names", "_read", "_subclass")

    def __init__(self, node: nodes.ModelNode, subclass: Callable[[type[Any]], Encoder]) -> None:
        super().__init__(node)
        self._cls, self._subclass = nodes.class_of(node), subclass
        self._names = tuple(field.encode_name for field in node.fields)
        self._read = _reader([field.name for field in node.fields])

    def __call__(self, obj: Any) -> Item:
        if type(obj) is not self._cls:
            if not isinstance(obj, self._cls):
                raise wrong_type(type_name(self._cls), obj)
            return self._subclass(type(obj))(obj)  # type: ignore[no-any-return]
        try:
            item = dict(zip(self._names, self._read(obj), strict=False))
        except AttributeError as error:
            raise Misfit("the field was never set").within(error.name or "?") from None
        return self._finish(item)


class TypedDictEncoder(ModelEncoder):
    """Of dicts; entries that the TypedDict does not declare stay."""

    __slots__ = ("_required",)

    def __init__(self, node: nodes.ModelNode) -> None:
        super().__init__(node)
        self._required = tuple(field.encode_name for field in node.fields if field.required)

    def __call__(self, obj: Any) -> Item:
        if not isinstance(obj, dict):
            raise wrong_type("dict", obj)
        for name in self._required:
            if name not in obj:
                raise Misfit("missing", "declare the key as NotRequired if it may be absent").within(name)
        return self._finish(dict(obj))


def _reader(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Gives the values of some attributes of an object as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda obj: tuple(getattr(obj, name) for name in names)


class Encoders:
    """Builds the encoders of types; ``nulls`` says whether None is left out or stored as NULL."""

    def __init__(self, nulls: Nulls, foreign: ForeignEncoder) -> None:
        self._nulls: Nulls = nulls
        self._foreign = foreign
        self._models: dict[Any, ModelEncoder] = {}
        self._subclasses: dict[type[Any], Encoder] = {}

    # ── models ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def model(self, node: nodes.ModelNode, ttl_attribute: str | None = None) -> ModelEncoder:
        """The encoder of a model.

        Raises:
            Misfit: a field's type cannot be stored.
        """
        known = self._models.get(node.cls) if ttl_attribute is None else None
        if known is not None:
            return known
        if hasattr(nodes.class_of(node), "__pydantic_validator__"):
            raise Misfit("a pydantic dataclass inside a model that is not pydantic's", "use a pydantic BaseModel")
        encoder: ModelEncoder
        if isinstance(node, mi.TypedDictType):
            encoder = TypedDictEncoder(node)
        else:
            encoder = ObjectEncoder(node, lambda cls: self._of_subclass(cls, ttl_attribute))
        if ttl_attribute is None:  # else it is the encoder of the top alone
            self._models[node.cls] = encoder
        droppable, steps = [], []
        for field in node.fields:
            try:
                step = self._step(field, is_ttl=field.encode_name == ttl_attribute)
            except Misfit as misfit:
                raise misfit.within(field.name) from None
            if step is not None:
                steps.append((field.encode_name, step))
            elif nodes.drops_none(field, self._nulls):
                droppable.append(field.encode_name)
        encoder.fill(droppable, steps)
        return encoder

    def _of_subclass(self, cls: type[Any], ttl_attribute: str | None) -> Encoder:
        """Found out when the first such object is written."""
        encoder = self._subclasses.get(cls)
        if encoder is None:
            try:
                node = mi.type_info(cls)
            except (TypeError, NameError, NotImplementedError) as error:
                raise Misfit(f"the subclass {type_name(cls)} is not supported: {error}") from None
            assert isinstance(node, nodes.MODELS), "a subclass of a model is a model"
            encoder = self._subclasses[cls] = self.model(node, ttl_attribute)
        return encoder

    def _step(self, field: mi.Field, *, is_ttl: bool) -> Encoder | None:
        """What to do with a field's value beyond leaving out None; None for nothing."""
        encode = epoch_encoder(field.type) if is_ttl else None
        encode = encode or self.of(field.type)
        holds_set, may_be_unset = nodes.admits_set(field.type), nodes.may_be_unset(field)
        if not (holds_set or may_be_unset):
            if encode is None:
                return None
            if not nodes.admits_none(field.type):
                return encode
        none = _ABSENT if nodes.drops_none(field, self._nulls) else None
        drops_empty_set = holds_set and nodes.drops_empty_set(field)

        def step(value: Any) -> Any:
            if value is None:
                return none
            if value is UNSET and may_be_unset:
                return _ABSENT
            if holds_set and isinstance(value, (set, frozenset)) and not value:
                if drops_empty_set:
                    return _ABSENT
                raise nodes.empty_set()
            return value if encode is None else encode(value)

        return step

    # ── types ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def of(self, node: mi.Type) -> Encoder | None:
        """The encoder of any type, None where its values are stored as they are.

        Raises:
            Misfit: the type cannot be stored.
        """
        node = nodes.plain(node)
        if isinstance(node, (mi.AnyType, mi.NoneType, mi.LiteralType)):
            return None
        if type(node) in _SCALARS:
            if isinstance(node, mi.DateTimeType) and node.tz is False:
                raise Misfit("naive datetimes are not stored", "use aware ones: they are stored in UTC")
            return _SCALARS[type(node)][1]
        if isinstance(node, mi.EnumType):
            return scalars.enum_value(node.cls)
        if nodes.is_positional(node):
            return self._positional_model(node)
        if isinstance(node, nodes.MODELS):
            return self.model(node)
        if isinstance(node, mi.UnionType):
            return self._union(node)
        return self._container(node)

    def _container(self, node: mi.Type) -> Encoder | None:
        if isinstance(node, nodes.LISTS):
            encode = self.of(node.item_type)
            return None if encode is None else partial(containers.encode_list, encode)
        if isinstance(node, mi.TupleType):
            return _positions([self.of(item_type) for item_type in node.item_types])
        if isinstance(node, nodes.SETS):
            return partial(containers.encode_set, self._set_member(node.item_type))
        if isinstance(node, mi.DictType):
            encode_key = None if self._is_text_key(node.key_type) else scalars.key_text
            encode = self.of(node.value_type)
            if encode_key is None and encode is None:
                return None
            return partial(containers.encode_map, encode_key, encode)
        if isinstance(node, mi.CustomType):
            if node.cls is object:
                return None
            if (encode := self._foreign(node.cls)) is not None:
                return encode
            raise unstorable(node.cls)
        raise unstorable(type(node))

    def _is_text_key(self, node: mi.Type) -> bool:
        node = nodes.plain(node)
        if not isinstance(node, _KEYS):
            raise Misfit("the keys of the map are not of one type that has a text form", "use dict[str, ...] or a list")
        return isinstance(node, _TEXT_KEYS)

    def _set_member(self, node: mi.Type) -> Encoder | None:
        node = nodes.plain(node)
        if not isinstance(node, _SET_MEMBERS):
            raise Misfit("DynamoDB has only sets of text, of numbers and of bytes", "use a list or a tuple")
        return self.of(node)

    def _positional_model(self, node: Any) -> Encoder:
        """Of a NamedTuple or an ``array_like`` Struct: a list, with every position filled."""
        encode = _positions([self.of(field.type) for field in node.fields])
        if isinstance(node, mi.NamedTupleType):
            return encode or list
        tag = [] if node.tag is None else [node.tag]
        cls, read = node.cls, _reader([field.name for field in node.fields])

        def encode_struct(obj: Any) -> list[Any]:
            if not isinstance(obj, cls):
                raise wrong_type(type_name(cls), obj)
            return [*tag, *(read(obj) if encode is None else encode(read(obj)))]

        return encode_struct

    def _union(self, node: mi.UnionType) -> Encoder | None:
        alternatives = [(_python_types(member), self.of(member)) for member in nodes.members(node)]
        if all(encode is None for _, encode in alternatives):
            return None
        by_type = {kind: encode for kinds, encode in alternatives for kind in kinds}
        expected = " or ".join(type_name(kind) for kind in by_type)

        def encode_one(value: Any) -> Any:
            if value is None:
                return None
            kind = type(value)
            if kind not in by_type:
                kind = next((known for known in by_type if isinstance(value, known)), kind)
                if kind not in by_type:
                    raise wrong_type(expected, value)
            encode = by_type[kind]
            return value if encode is None else encode(value)

        return encode_one


def unstorable(cls: type[Any]) -> Misfit:
    return Misfit(
        f"{type_name(cls)} has no DynamoDB type",
        "use text, numbers, bytes, bool, datetime, date, time, UUID, Enum, lists, maps, sets or other models",
    )


def epoch_encoder(node: mi.Type) -> Encoder | None:
    """The encoder of the TTL attribute, None where its type is a number already.

    Raises:
        Misfit: the type would be stored as text, which never expires, or could not be told from a number when read.
    """
    kinds = nodes.members(node)
    if any(isinstance(kind, (mi.DateType, mi.TimeType, mi.TimeDeltaType)) for kind in kinds):
        raise Misfit("the TTL attribute is a number of seconds", "declare it as datetime or int")
    if not any(isinstance(kind, mi.DateTimeType) for kind in kinds):
        return None
    if len(kinds) > 1:
        raise Misfit("the TTL attribute is either datetime or a number", "declare it as datetime or int, or None")
    return scalars.epoch_seconds


def _python_types(node: mi.Type) -> tuple[type, ...]:
    """The classes of the values of a union's member."""
    if type(node) in _SCALARS:
        return _SCALARS[type(node)][0]
    if isinstance(node, mi.LiteralType):
        return tuple({type(value) for value in node.values})
    if isinstance(node, mi.TypedDictType):
        return (dict,)
    if isinstance(node, nodes.SETS):
        return (set, frozenset)
    if isinstance(node, (*nodes.LISTS, mi.TupleType)):
        return (list, tuple)
    if isinstance(node, mi.DictType):
        return (dict,)
    return (nodes.class_of(node),)


def _positions(encoders: list[Encoder | None]) -> Encoder | None:
    if all(encode is None for encode in encoders):
        return None
    return partial(containers.encode_positions, encoders)
