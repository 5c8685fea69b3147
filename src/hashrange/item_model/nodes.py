"""What msgspec knows about a type, and the questions about it that encoding and decoding both ask.

A *node* is an ``msgspec.inspect`` type. Owns which nodes are models, how to walk below a node, and what absence, None
and an empty set mean for a field:

- None is left out of the item where absence reads back as None: the field's default is None, or it has no default (then
  ``lifters`` puts None back). Where the default is something else, None is stored as NULL, or it would be forgotten.
- An empty set, which DynamoDB does not have, is left out where the field's default is an empty set, else refused.

Must not convert anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias, get_origin

from msgspec import NODEFAULT
from msgspec import inspect as mi

from ..errors import ValidationError
from ..types import Nulls
from .misfit import Misfit

ModelNode: TypeAlias = mi.StructType | mi.DataclassType | mi.TypedDictType

MODELS = (mi.StructType, mi.DataclassType, mi.TypedDictType)
SETS = (mi.SetType, mi.FrozenSetType)
LISTS = (mi.ListType, mi.VarTupleType)
BINARIES = (mi.BytesType, mi.ByteArrayType, mi.MemoryViewType)


def empty_set() -> Misfit:
    return Misfit(
        "the set is empty",
        "DynamoDB has no empty sets: give the field an empty set as its default, then it is left out of the item, "
        "or use None or a list",
        ValidationError,
    )


def is_typed_dict(kind: Any) -> bool:
    """As ``typing.is_typeddict``, for those of typing_extensions, too."""
    return isinstance(kind, type) and issubclass(kind, dict) and hasattr(kind, "__required_keys__")


def class_of(node: Any) -> type[Any]:
    """The class itself, of a generic one too."""
    cls: type[Any] = get_origin(node.cls) or node.cls
    return cls


def plain(node: mi.Type) -> mi.Type:
    """The node without the metadata around it; a union with Any is Any, for a value read could not be told apart."""
    while isinstance(node, mi.Metadata):
        node = node.type
    if isinstance(node, mi.UnionType) and any(isinstance(plain(member), mi.AnyType) for member in node.types):
        return mi.AnyType()
    return node


def members(node: mi.Type) -> list[mi.Type]:
    """The types of a union, without None; of any other node, the node itself."""
    node = plain(node)
    inner = [plain(member) for member in node.types] if isinstance(node, mi.UnionType) else [node]
    return [member for member in inner if not isinstance(member, mi.NoneType)]


def is_positional(node: mi.Type) -> bool:
    """Whether its fields are stored as a list instead of a map."""
    return isinstance(node, mi.NamedTupleType) or (isinstance(node, mi.StructType) and node.array_like)


def admits_none(node: mi.Type) -> bool:
    node = plain(node)
    return isinstance(node, mi.NoneType) or (isinstance(node, mi.UnionType) and node.includes_none)


def admits_set(node: mi.Type) -> bool:
    return any(isinstance(member, SETS) for member in members(node))


def reads_none(field: mi.Field, nulls: Nulls) -> bool:
    """Whether None is put back where the attribute is absent."""
    return nulls == "omit" and field.required and admits_none(field.type)


def drops_none(field: mi.Field, nulls: Nulls) -> bool:
    """Whether None is left out of the item."""
    return nulls == "omit" and (field.default is None or reads_none(field, nulls))


def drops_empty_set(field: mi.Field) -> bool:
    """Whether an empty set is left out of the item."""
    factory = field.default_factory
    default = field.default if factory is NODEFAULT else factory()
    return isinstance(default, (set, frozenset)) and not default


def may_be_unset(field: mi.Field) -> bool:
    """Whether the field's default is ``msgspec.UNSET``."""
    return not field.required and field.default is NODEFAULT and field.default_factory is NODEFAULT


def below(node: mi.Type) -> Iterator[mi.Type]:
    """The node and all that it is made of, each model once."""
    seen: set[Any] = set()
    waiting = [node]
    while waiting:
        node = plain(waiting.pop())
        if isinstance(node, (*MODELS, mi.NamedTupleType)):
            if node.cls in seen:
                continue
            seen.add(node.cls)
            waiting.extend(field.type for field in node.fields)
        elif isinstance(node, mi.UnionType):
            waiting.extend(node.types)
        elif isinstance(node, mi.TupleType):
            waiting.extend(node.item_types)
        elif isinstance(node, (*LISTS, *SETS)):
            waiting.append(node.item_type)
        elif isinstance(node, mi.DictType):
            waiting.extend((node.key_type, node.value_type))
        yield node
