"""What a transformation is made of: a codec, and whether it can be undone. Must not know formats."""

from __future__ import annotations

from msgspec import Struct

from ..contract.model import AttributeType
from ..conventions import Conventions
from .codecs import Codec
from .kinds import Kind
from .values import codec


class UnknownFormat(ValueError):
    """A format that has other letters than the defined ones, or does not go with the column; says which."""


class Transformation(Struct, frozen=True):
    """How a column's values stand in the attribute.

    Attributes:
        codec: encode, and decode where ``invertible``; decode of one that is not gives nothing of use.
        invertible: whether the value can be told from the attribute.
    """

    codec: Codec
    invertible: bool


def as_it_is(kind: Kind, type_: AttributeType, conventions: Conventions) -> Transformation:
    """No change. Raises UnknownFormat where values of the kind have no form in the type."""
    found = codec(kind, type_, conventions)
    if found is None:
        raise UnknownFormat(f"a {kind.type} has no form in an attribute of type {type_}")
    return Transformation(found, invertible=True)
