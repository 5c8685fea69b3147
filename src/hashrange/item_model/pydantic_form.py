"""pydantic v2 models and dataclasses, through their own dump and validation.

pydantic dumps Python values; what DynamoDB has no type for is then stored as everywhere else (``scalars``), and None
and empty sets are left out by the same rules (``nodes``). A *shape* is the skeleton of what a model dumps: where models
lie in it. Inside a union of several models there is no telling which one was dumped: None is stored as NULL there.
Imported only where there are pydantic models.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, Protocol, get_args, get_origin
from uuid import UUID

import pydantic
from pydantic_core import core_schema

from ..types import Item, Nulls
from . import nodes, scalars
from . import pydantic_fields as fields
from .containers import encode_list, encode_map
from .misfit import Misfit, type_name, wrong_type

_AS_IS = frozenset({str, int, float, Decimal, bool, bytes, bytearray, type(None)})
_TEXTS: tuple[tuple[tuple[type[Any], ...], Callable[[Any], Any]], ...] = (
    ((datetime,), scalars.datetime_text),  # before date, which it is a subclass of
    ((date,), scalars.date_text),
    ((time,), scalars.time_text),
    ((timedelta,), scalars.timedelta_text),
    ((UUID,), scalars.uuid_text),
    ((PurePath, *fields.ADDRESSES), str),
)


def storable(value: Any) -> Any:
    """What pydantic dumped as what ``codec`` takes; by the value, whatever its field's type is."""
    kind = type(value)
    if kind in _AS_IS:
        return value
    if isinstance(value, Enum):
        return storable(value.value)
    if isinstance(value, (str, int, float, Decimal, bytes)):
        return value
    if isinstance(value, Mapping):
        return encode_map(scalars.key_text, storable, value)
    if isinstance(value, (list, tuple, deque)):
        return encode_list(storable, value)
    if isinstance(value, (set, frozenset)):
        return {storable(member) for member in value}
    for kinds, text in _TEXTS:
        if isinstance(value, kinds):
            return text(value)
    if hasattr(value, "unicode_string"):  # pydantic's URLs, of all its versions
        return value.unicode_string()
    raise Misfit(
        f"{kind.__name__} has no DynamoDB type", "give the field a field_serializer that makes text or a number of it"
    )


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────────
class Shape(Protocol):
    """A part of a dump that is more than a value; lets pass what looks otherwise (a serializer may have made it)."""

    def store(self, dumped: Any) -> Any: ...

    def lift(self, stored: Any) -> Any: ...


class _Each:
    def __init__(self, inner: Shape) -> None:
        self._inner = inner

    def store(self, dumped: Any) -> Any:
        return encode_list(self._inner.store, dumped) if isinstance(dumped, (list, tuple, deque)) else storable(dumped)

    def lift(self, stored: Any) -> Any:
        return [self._inner.lift(element) for element in stored] if type(stored) is list else stored


class _EachValue:
    def __init__(self, inner: Shape) -> None:
        self._inner = inner

    def store(self, dumped: Any) -> Any:
        return (
            encode_map(scalars.key_text, self._inner.store, dumped) if isinstance(dumped, Mapping) else storable(dumped)
        )

    def lift(self, stored: Any) -> Any:
        return {key: self._inner.lift(value) for key, value in stored.items()} if type(stored) is dict else stored


class _Datetime:
    def store(self, dumped: Any) -> Any:
        return storable(dumped)

    def lift(self, stored: Any) -> Any:
        return scalars.utc_datetime(stored)


class _Epoch:
    def store(self, dumped: Any) -> Any:
        return scalars.epoch_seconds(dumped) if isinstance(dumped, datetime) else storable(dumped)

    def lift(self, stored: Any) -> Any:
        return scalars.epoch_datetime(stored)


class _Model:
    """The map of one model."""

    def __init__(self, facts: list[fields.FieldFacts], computed: set[str], nulls: Nulls) -> None:
        self._drops_none = {fact.attribute for fact in facts if fact.drops_none(nulls)}
        self._drops_empty_set = {fact.attribute for fact in facts if fact.drops_empty_set()}
        self._absent = {fact.accepted: None for fact in facts if fact.reads_none(nulls)}
        self.renames = {fact.attribute: fact.accepted for fact in facts if fact.attribute != fact.accepted}
        # computed when dumped; and a name that another attribute is renamed to is not that of an attribute
        self._not_read = computed | (set(self.renames.values()) - {fact.attribute for fact in facts})
        self.children: dict[str, Shape] = {}

    def store(self, dumped: Any) -> Any:
        if not isinstance(dumped, Mapping):
            return storable(dumped)
        item: Item = {}
        for name, value in dumped.items():
            if value is None and name in self._drops_none:
                continue
            try:
                if isinstance(value, (set, frozenset)) and not value:
                    if name in self._drops_empty_set:
                        continue
                    raise nodes.empty_set()
                child = self.children.get(name)
                item[name] = storable(value) if child is None else child.store(value)
            except Misfit as misfit:
                raise misfit.within(name) from None
        return item

    def lift(self, stored: Any) -> Any:
        if type(stored) is not dict:
            return stored
        lifted: Item = dict(self._absent)
        name: str
        for name, value in stored.items():
            if name not in self._not_read:
                child = self.children.get(name)
                try:
                    lifted[self.renames.get(name, name)] = value if child is None else child.lift(value)
                except Misfit as misfit:
                    raise misfit.within(name) from None
        return lifted


class _Shapes:
    """Finds the shapes of types; of a single value there is none."""

    def __init__(self, nulls: Nulls) -> None:
        self._nulls: Nulls = nulls
        self._models: dict[Any, _Model] = {}

    def model(self, cls: Any, ttl_attribute: str | None = None) -> _Model:
        """Raises Misfit where a field's type cannot be stored."""
        known = self._models.get(cls) if ttl_attribute is None else None
        if known is not None:
            return known
        facts = list(fields.facts_of(cls))
        shape = _Model(facts, set(fields.computed_of(cls).values()), self._nulls)
        if ttl_attribute is None:  # else it is the shape of the top alone
            self._models[cls] = shape
        for fact in facts:
            try:
                if not fact.custom:
                    fields.check_storable(fact.annotation)
                is_ttl = fact.attribute == ttl_attribute
                child = self._epoch(fact.annotation) if is_ttl else None
                child = child or self.of(fact.annotation)
            except Misfit as misfit:
                raise misfit.within(fact.name) from None
            if child is not None:
                shape.children[fact.attribute] = child
        return shape

    def of(self, annotation: Any) -> Shape | None:
        kinds = [kind for kind in fields.alternatives(annotation) if kind is not type(None)]
        if len(kinds) != 1:
            return self._of_union(kinds)
        (kind,) = kinds
        origin, args = get_origin(kind), get_args(kind)
        if kind in fields.DATETIMES:
            return _Datetime()
        if fields.is_model(kind):
            return self.model(kind)
        if fields.is_model(origin):
            return self.model(origin)
        if isinstance(origin, type) and issubclass(origin, Mapping) and len(args) == 2:
            inner = self.of(args[1])
            return None if inner is None else _EachValue(inner)
        is_uniform = len(args) == 1 or (len(args) == 2 and args[1] is Ellipsis)
        if isinstance(origin, type) and is_uniform and not issubclass(origin, (set, frozenset, type)):
            inner = self.of(args[0])
            return None if inner is None else _Each(inner)
        return None

    def _of_union(self, kinds: list[Any]) -> Shape | None:
        """The one that is a model, where no other would be a map, too."""
        models = [kind for kind in kinds if fields.is_model(kind)]
        for model in models:
            if self.model(model).renames:
                raise Misfit(
                    f"{type_name(model)}, of which one field is written and read under different names, is in a union",
                    "give such fields one alias, or validate them by name, too",
                )
        others = [kind for kind in kinds if kind not in models]
        if len(models) == 1 and not any(_may_be_map(kind) for kind in others):
            return self.model(models[0])
        return None

    def _epoch(self, annotation: Any) -> Shape | None:
        kinds = fields.alternatives(annotation)
        if any(kind in (date, time, timedelta) for kind in kinds):
            raise Misfit("the TTL attribute is a number of seconds", "declare it as datetime or int")
        return _Epoch() if any(kind in fields.DATETIMES for kind in kinds) else None


def _may_be_map(kind: Any) -> bool:
    kind = get_origin(kind) or kind
    return kind in (Any, object) or not isinstance(kind, type) or issubclass(kind, Mapping)


# ── the form ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class PydanticForm:
    """One pydantic model."""

    def __init__(self, cls: Any, nulls: Nulls, ttl_attribute: str | None) -> None:
        if cls is pydantic.BaseModel or getattr(cls, "__pydantic_root_model__", False):
            raise Misfit(f"{type_name(cls)} has no fields, and an item is a map with names", "give a model with fields")
        if not getattr(cls, "__pydantic_complete__", True) and not cls.model_rebuild(raise_errors=False):
            raise Misfit(
                f"the annotations of {type_name(cls)} name a type that is not defined",
                "define it, then call model_rebuild()",
            )
        self._cls, self._ttl_attribute = cls, ttl_attribute
        self._nulls: Nulls = nulls
        self._shape = _Shapes(nulls).model(cls, ttl_attribute)
        written = (fact.attribute for fact in fields.facts_of(cls))
        self.fields: tuple[str, ...] = (*written, *fields.computed_of(cls).values())
        self.open = fields.config_of(cls).get("extra") == "allow"
        self._subclasses: dict[type[Any], PydanticForm] = {}
        self._adapter: pydantic.TypeAdapter[Any] | None = None
        if not fields.is_base_model(cls):
            self._adapter = pydantic.TypeAdapter(cls)

    def encode(self, obj: Any) -> Item:
        """The object as an item of Python values. Raises Misfit."""
        cls = type(obj)
        if cls is not self._cls:
            if not isinstance(obj, self._cls):
                raise wrong_type(type_name(self._cls), obj)
            return self._of_subclass(cls).encode(obj)
        if self._adapter is None:
            dumped = obj.model_dump(by_alias=True)
        else:
            dumped = self._adapter.dump_python(obj, by_alias=True)
        item = self._shape.store(dumped)
        if type(item) is not dict:
            raise Misfit(f"the model's serializer gives {type(item).__name__}, and an item is a dict")
        return item

    def decode(self, item: Item) -> Any:
        """The model's object; text and numbers are read as lenient as pydantic does, also by a strict model, for
        which a datetime would have to be one already. Raises Misfit.
        """
        lifted = self._shape.lift(item)
        try:
            if self._adapter is None:
                return self._cls.model_validate(lifted, strict=False)
            return self._adapter.validate_python(lifted, strict=False)
        except pydantic.ValidationError as error:
            raise self._refusal(error) from None

    def _of_subclass(self, cls: type[Any]) -> PydanticForm:
        form = self._subclasses.get(cls)
        if form is None:
            form = self._subclasses[cls] = PydanticForm(cls, self._nulls, self._ttl_attribute)
        return form

    def _refusal(self, error: pydantic.ValidationError) -> Misfit:
        first, *more = error.errors(include_url=False, include_input=False)
        written = {accepted: attribute for attribute, accepted in self._shape.renames.items()}
        path: list[Any] = list(first["loc"])
        if path:
            path[0] = written.get(path[0], path[0])
        reason = "missing" if first["type"] == "missing" else _reason(first)
        misfit = Misfit(f"{reason} (and {len(more)} more)" if more else reason)
        misfit.cause = first.get("ctx", {}).get("error") if first["type"] in _OWN_CHECKS else None
        return misfit.within(*path)


_OWN_CHECKS = ("value_error", "assertion_error")
_KNOWN_REASONS = frozenset(get_args(core_schema.ErrorType))


def _reason(error: Any) -> str:
    """pydantic's text, unless what stands in it may come from the value."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _OWN_CHECKS:
        return f"the model's own check raised {type(context.get('error')).__name__}"
    if kind not in _KNOWN_REASONS or "error" in context or "tag" in context:
        return f"not accepted ({kind})"
    text = str(error["msg"])
    return text[0].lower() + text[1:]
