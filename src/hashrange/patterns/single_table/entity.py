"""An entity: a model, and the templates of its keys.

Plain data that needs no table; what it means for one is ``layout``'s. Owns the check of all that can be seen without a
table: templates against the model. Must not know other entities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeAlias, TypeVar, get_origin

from ...errors import ConfigurationError
from ...item_model import item_model
from ...types import Nulls, Unknown
from .fields import fields_of, reader_of
from .template import Template

M = TypeVar("M")

#: the templates of an index: (partition key, sort key), or one where the index has only one key of its own: a global
#: index without a sort key, or a local index, whose partition key is the table's
IndexTemplates: TypeAlias = "str | tuple[str, str]"


class Entity(Generic[M]):
    """A kind of item of a single table: a model of yours, and how its keys are made.

        Entity(User, pk="USER#{id}", sk="PROFILE", indexes={"GSI1": ("EMAIL#{email}", "USER#{id}")}, unique=("email",))

    A template is text with fields of the model in braces, and a format where there is a colon: ``{n:08d}`` (numbers
    that sort), ``{placed_at:%Y-%m-%d}`` (datetimes and dates, in UTC), ``{path:*}`` (at the end: any text). Without a
    format, text, Enum, UUID and date stand as their text, a datetime as ISO text in UTC.

    Args:
        model: a dataclass, attrs class, Struct, TypedDict or pydantic model, unchanged.
        pk, sk: the templates of the table's partition key and sort key; ``sk=None`` where it has none.
        indexes: the name of an index to its templates: a pair, or one text where the index has one key of its own. An
            item for which a field of them is None is not in that index.
        name: the entity's name, in errors, descriptions and the type attribute; else the model's.
        unique: fields (or tuples of fields) of which no two items of the entity have the same values. Each costs an
            item beside; writes become transactions.
        nulls: whether None fields are left out ("omit") or stored as NULL ("keep").
        unknown: whether attributes that the model does not have are ignored ("ignore") or refused ("error").
        recognises: whether a stored item is one of this entity's, where the shape of its keys does not tell: for tables
            that are there already. That no other entity's items, and no guards, are taken for its own is then up to it.

    Raises:
        ConfigurationError: a template is none, or has a field that the model has not; the message names entity,
            template and field.
    """

    def __init__(
        self,
        model: type[M],
        *,
        pk: str,
        sk: str | None = None,
        indexes: Mapping[str, IndexTemplates] | None = None,
        name: str | None = None,
        unique: Iterable[str | tuple[str, ...]] = (),
        nulls: Nulls = "omit",
        unknown: Unknown = "ignore",
        recognises: Callable[[Mapping[str, Any]], bool] | None = None,
    ) -> None:
        self.model = model
        self.recognises = recognises
        cls: Any = get_origin(model) or model
        self.name: str = name or str(getattr(cls, "__name__", cls))
        self.nulls: Nulls = nulls
        self.unknown: Unknown = unknown
        try:
            self.fields = fields_of(item_model(model, nulls=nulls), self.name)
        except ConfigurationError as error:
            raise self._named(error) from None
        self.pk = self._template(pk)
        self.sk = None if sk is None else self._template(sk)
        self.indexes = {index: self._pair(index, given) for index, given in (indexes or {}).items()}
        self.unique = tuple((one,) if isinstance(one, str) else tuple(one) for one in self._listed(unique))
        for field in (field for constraint in self.unique for field in constraint):
            if field not in self.fields:
                raise ConfigurationError(
                    f"entity {self.name!r}: unique names {field!r}, and the model has no such field",
                    hint=f"it has {', '.join(map(repr, self.fields))}",
                )
        self.reader = reader_of(model)

    def __repr__(self) -> str:
        sort = "" if self.sk is None else f", sk={self.sk.text!r}"
        return f"<Entity {self.name}: pk={self.pk.text!r}{sort}>"

    def _template(self, text: str) -> Template:
        return Template(text, self.name, self.fields)

    def _pair(self, index: str, given: Any) -> tuple[Template, ...]:
        texts = (given,) if isinstance(given, str) else given
        if not isinstance(texts, tuple) or not 1 <= len(texts) <= 2:
            raise ConfigurationError(
                f"entity {self.name!r}: index {index!r} is given as {given!r}",
                hint="give (partition key template, sort key template), or one text where it has one key of its own",
            )
        return tuple(self._template(text) for text in texts)

    def _listed(self, unique: Any) -> Any:
        if isinstance(unique, str):
            raise ConfigurationError(f"entity {self.name!r}: unique is text", hint=f"write unique=({unique!r},)")
        return unique

    def _named(self, error: ConfigurationError) -> ConfigurationError:
        prefix = f"entity {self.name!r}"
        if error.message.startswith(prefix):
            return error
        return ConfigurationError(f"{prefix}: {error.message}", hint=error.hint)
