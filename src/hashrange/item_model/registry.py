"""``item_model``: one ItemModel for a model and its options.

Tells the kinds of models apart without importing their libraries, and turns misfits into the errors that users see.
Which class converts which kind: ``msgspec_form``, ``pydantic_form``, and ``_PlainForm`` here for plain dicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Generic, Protocol, TypeVar, cast, get_origin

from ..errors import ConfigurationError, ItemDecodeError, ValidationError
from ..limits import NESTING_MAX_LEVELS
from ..types import Item, Nulls, Unknown
from .containers import Encoder
from .misfit import Misfit, type_name
from .msgspec_form import MsgspecForm
from .nodes import is_typed_dict

M = TypeVar("M")
_CLASS_HINT = "give the class itself, not an object of it"
_MODELS_MAX_COUNT = 4_096  # classes made at run time must not fill the memory


class Form(Protocol):
    """How one model is written and read. Both directions raise Misfit.

    Attributes:
        fields: the names of the attributes that the model has.
        open: whether the model takes other attributes, too.
    """

    @property
    def fields(self) -> tuple[str, ...]: ...

    @property
    def open(self) -> bool: ...

    @property
    def encode(self) -> Callable[[Any], Item]: ...

    def decode(self, item: Item, /) -> Any: ...


class ItemModel(Generic[M]):
    """Converts objects of one model to items and back; made by ``item_model``.

    Attributes:
        model: the type itself.
        fields: names of the attributes that the model has, for projections; empty for plain dicts.
    """

    __slots__ = ("_cls", "_decode", "_encode", "_known", "_name", "fields", "model")

    def __init__(self, model: type[M], form: Form, unknown: Unknown) -> None:
        self.model = model
        self.fields = form.fields
        self._name = type_name(model)
        self._encode = form.encode
        self._decode: Callable[[Item], M] = form.decode
        self._known = frozenset(form.fields) if unknown == "error" and not form.open else None
        self._cls: type[Any] = dict if is_typed_dict(get_origin(model) or model) else get_origin(model) or model

    def __repr__(self) -> str:
        return f"<ItemModel of {self._name}>"

    def accepts(self, obj: object) -> bool:
        """Whether ``to_item`` takes it: objects of the model and its subclasses; any dict for a TypedDict."""
        return isinstance(obj, self._cls)

    def to_item(self, obj: M) -> Item:
        """An object as an item of Python values, for ``codec.encode_item``.

        Values that are stored as they are (text, numbers, truth values) are not checked against their field's type: a
        type checker does that, and reading such an item says that it does not fit.

        Raises:
            TypeMismatch: it is not of the model's class, a value that has to be converted is not of its field's type,
                or a datetime has no time zone.
            ValidationError: a set is empty that cannot be left out, or objects hold each other in a circle.
        """
        try:
            return self._encode(obj)
        except Misfit as misfit:
            message = f"{self._name}.{misfit}" if misfit.path else str(misfit)
            hint = misfit.hint
            if hint is None and not misfit.path:
                hint = "give an object of the table's model"
            raise misfit.error(message, hint=hint) from misfit.cause
        except RecursionError:
            raise ValidationError(
                f"{self._name}: objects are nested deeper than {NESTING_MAX_LEVELS} levels, or hold each other",
                hint="store the key of an object instead of the object",
            ) from None

    def from_item(self, item: Item) -> M:
        """An item of Python values, as ``codec.decode_item`` gives it, as an object.

        Raises:
            ItemDecodeError: the item does not fit, or has attributes that the model does not have and may not have.
        """
        if self._known is not None and not self._known.issuperset(item):
            raise self._unknown_attributes(item, self._known)
        try:
            return self._decode(item)
        except Misfit as misfit:
            raise ItemDecodeError(f"the item does not fit {self._name}: {misfit}", hint=misfit.hint) from misfit.cause

    def _unknown_attributes(self, item: Mapping[str, Any], known: frozenset[str]) -> ItemDecodeError:
        names = ", ".join(repr(name) for name in sorted(item.keys() - known))
        return ItemDecodeError(
            f"the item has attributes that {self._name} does not have: {names}",
            hint="add them to the model, or use unknown='ignore'",
        )


class _PlainForm:
    """No model: an item is a dict, and stays the same."""

    fields: tuple[str, ...] = ()
    open = True

    def encode(self, item: Any) -> Item:
        if not isinstance(item, dict):
            raise Misfit(f"expected dict, got {type(item).__name__}", "declare the table's model, or give a dict")
        return item

    def decode(self, item: Item) -> Item:
        return item


class _PydanticInside:
    """pydantic models in fields of other models. Their library is there when they are."""

    def __init__(self, nulls: Nulls) -> None:
        self._nulls: Nulls = nulls
        self._forms: dict[type[Any], Form] = {}

    def encoder(self, cls: type[Any]) -> Encoder | None:
        if not _is_pydantic(cls):
            return None
        form = self._forms[cls] = _pydantic_form(cls, self._nulls, None)
        return form.encode

    def read(self, cls: type[Any], value: Any) -> Any:
        return self._forms[cls].decode(value)


def item_model(
    model: type[M], *, nulls: Nulls = "omit", unknown: Unknown = "ignore", ttl_attribute: str | None = None
) -> ItemModel[M]:
    """The ItemModel of a dataclass, attrs class, Struct, TypedDict or pydantic v2 model; of ``dict`` for no model.

    The same arguments give the same object. Types are examined here, once, not when items are converted.

    Args:
        model: a class, unchanged; a generic one with its parameters, too.
        nulls: "omit" leaves fields that are None out of the item (at the top and in nested models; not in lists and
            plain dicts) as long as their absence reads back as None; "keep" stores NULL.
        unknown: what to do, on reading, with attributes that the model does not have.
        ttl_attribute: the attribute that is stored as epoch seconds where its field is a datetime.

    Raises:
        ConfigurationError: a field's type cannot be stored; the message names the field.
    """
    if nulls not in ("omit", "keep"):
        raise ConfigurationError(f"nulls is {nulls!r}; it must be 'omit' or 'keep'")
    if unknown not in ("ignore", "error"):
        raise ConfigurationError(f"unknown is {unknown!r}; it must be 'ignore' or 'error'")
    try:
        hash(model)
    except TypeError:
        raise ConfigurationError(f"model is a {type(model).__name__}, not a class", hint=_CLASS_HINT) from None
    return cast("ItemModel[M]", _item_model(cast("Any", model), nulls, unknown, ttl_attribute))


@lru_cache(maxsize=_MODELS_MAX_COUNT)
def _item_model(model: Any, nulls: Nulls, unknown: Unknown, ttl_attribute: str | None) -> ItemModel[Any]:
    try:
        return ItemModel(model, _form(model, nulls, ttl_attribute), unknown)
    except Misfit as misfit:
        message = f"{type_name(model)}.{misfit}" if misfit.path else str(misfit)
        raise ConfigurationError(message, hint=misfit.hint) from None


def _form(model: Any, nulls: Nulls, ttl_attribute: str | None) -> Form:
    cls = get_origin(model) or model
    if cls is dict:
        return _PlainForm()
    if not isinstance(cls, type):
        raise Misfit(f"model is a {type(model).__name__}, not a class", _CLASS_HINT)
    if _is_pydantic(cls):
        return _pydantic_form(cls, nulls, ttl_attribute)
    return MsgspecForm(model, nulls, ttl_attribute, _PydanticInside(nulls))


def _is_pydantic(cls: type[Any]) -> bool:
    """Whether it is a pydantic v2 model or dataclass."""
    return hasattr(cls, "__pydantic_validator__")


def _pydantic_form(cls: type[Any], nulls: Nulls, ttl_attribute: str | None) -> Form:
    from .pydantic_form import PydanticForm  # pydantic is not a dependency of this package

    return PydanticForm(cls, nulls, ttl_attribute)
