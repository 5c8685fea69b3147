"""The kinds of simple shapes, and what all shapes have: each converts decoded JSON, collects the violations of its
constraints, and prints its value.

Must not know which shapes there are (``shapes``), what is made of them (``shape_structures``), or operations.
"""

from __future__ import annotations

import re
from math import floor, isfinite
from typing import Any, Final, Literal, TypeAlias

from ..limits import TABLE_NAME_MAX_CHARS, TABLE_NAME_MIN_CHARS
from . import json_types, messages
from .errors import ApiError, validation

Wording: TypeAlias = Literal["classic", "2026"]
#: where a value stands: the place around it, its step as paths print it, and as the request spells it
Place: TypeAlias = "tuple[Place, str, str] | None"

#: the service stops counting there
FAULTS_MAX_COUNT: Final = 10
NAME_PATTERN: Final = "[a-zA-Z0-9_.-]+"


class Faults:
    """The violations found so far.

    Attributes:
        wording: which texts to use.
        texts: the violations, in order.
    """

    __slots__ = ("texts", "wording")

    def __init__(self, wording: Wording = "classic") -> None:
        self.wording: Wording = wording
        self.texts: list[str] = []

    def add(self, shape: Shape, place: Place, value: Any, constraint: str) -> None:
        if len(self.texts) == FAULTS_MAX_COUNT:
            return
        if shape.unprinted_in_2026 and self.wording == "2026":
            self.texts.append(messages.constraint_failed_at(_path(place, 2), constraint))
        else:
            shown = None if value is None else shape.show(value)
            self.texts.append(messages.constraint_failed(shown, _path(place, 1), constraint))

    def answer(self) -> ApiError:
        return validation(messages.constraints_violated(self.texts))


def _path(place: Place, spelling: Literal[1, 2]) -> str:
    steps = []
    while place is not None:
        steps.append(place[spelling])
        place = place[0]
    return ".".join(reversed(steps))


def entry(place: Place, step: str) -> Place:
    """The place of an element of a list (a number) or a value of a map (its key)."""
    return ((place, step, step), "member", "member")


def lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]


class Shape:
    """Any shape.

    Attributes:
        java: the class that messages name.
        constrained: whether there is anything to check in a value.
        required: whether the member must not be null.
        unless: a required member may be missing where one of these members of the same structure is there.
        unprinted_in_2026: whether the newest wording leaves out the value and spells the path with capitals.
    """

    __slots__ = ("constrained", "java", "required", "unless", "unprinted_in_2026")

    def __init__(self, java: str, *, constrained: bool) -> None:
        self.java, self.constrained = java, constrained
        self.unless: tuple[str, ...] = ()
        self.required = self.unprinted_in_2026 = False

    def convert(self, found: Any, element: bool = False) -> Any:
        """The value of decoded JSON that is not null; ``element`` says that it stands in a list or map.

        Raises:
            ApiError: SerializationException.
        """
        raise AssertionError("every shape has its own")

    def collect(self, value: Any, place: Place, faults: Faults) -> None:
        """Add what is wrong with a value that is not None."""

    def collect_from(self, value: Any, place: Place, faults: Faults) -> None:
        """The same for a value that may be None but must not."""
        if value is None:
            faults.add(self, place, None, messages.MUST_NOT_BE_NULL)
        elif self.constrained:
            self.collect(value, place, faults)

    def show(self, value: Any) -> str:
        """The value as the service prints it."""
        return "null" if value is None else self._shown(value)

    def _shown(self, value: Any) -> str:
        return str(value)


class Measured(Shape):
    """A shape whose values have a length.

    Attributes:
        min_length, max_length: what it may be; None for any.
    """

    __slots__ = ("max_length", "min_length")
    min_length: int | None
    max_length: int | None


class String(Measured):
    __slots__ = ("_matches", "enum", "pattern")

    def __init__(
        self,
        min_length: int | None = None,
        max_length: int | None = None,
        pattern: str | None = None,
        enum: tuple[str, ...] | None = None,
    ) -> None:
        anything = not (min_length is None and max_length is None and pattern is None and enum is None)
        super().__init__("java.lang.String", constrained=anything)
        self.min_length, self.max_length, self.pattern, self.enum = min_length, max_length, pattern, enum
        self._matches = re.compile(pattern).fullmatch if pattern else None

    def convert(self, found: Any, element: bool = False) -> str:
        if type(found) is str:
            return found
        raise json_types.refuse_scalar(found, "String")

    def collect(self, value: Any, place: Place, faults: Faults) -> None:
        if self.enum is not None and value not in self.enum:
            faults.add(self, place, value, messages.must_be_one_of(self.enum))
        if self._matches is not None and not self._matches(value):
            faults.add(self, place, value, messages.must_match(self.pattern or ""))
        collect_length(self, _length(value), value, place, faults)

    def accepts(self, value: str, wording: Wording) -> bool:
        """Whether it meets all constraints: those of keys and of members that are texts are reported together."""
        faults = Faults(wording)
        self.collect(value, None, faults)
        return not faults.texts

    def constraints(self, wording: Wording) -> list[str]:
        """All constraints as texts, in the order in which lists of them are printed."""
        texts = length_texts(self.min_length, self.max_length)
        texts += [messages.must_match(self.pattern)] if self.pattern else []
        return texts + ([messages.must_be_one_of(self.enum)] if self.enum else [])


class TableName(String):
    """A table's name, or its ARN. The newest wording looks at its length only."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(TABLE_NAME_MIN_CHARS, TABLE_NAME_MAX_CHARS, NAME_PATTERN)

    def collect(self, value: Any, place: Place, faults: Faults) -> None:
        if _is_plain_name(value) or is_table_arn(value):
            return
        if faults.wording == "classic":
            super().collect(value, place, faults)
        elif not value:
            faults.add(self, place, value, messages.must_be_longer(1))
        elif _length(value) > TABLE_NAME_MAX_CHARS:
            faults.add(self, place, value, messages.must_be_shorter(TABLE_NAME_MAX_CHARS))


class ControlTableName(String):
    """A table's name in operations on tables: a missing, short or long one is answered before all else."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(TABLE_NAME_MIN_CHARS, TABLE_NAME_MAX_CHARS, NAME_PATTERN)

    def collect(self, value: Any, place: Place, faults: Faults) -> None:
        if not _is_plain_name(value) and not is_table_arn(value):
            super().collect(value, place, faults)

    def check_first(self, name: str, value: str | None, wording: Wording) -> None:
        if value is None:
            raise validation(messages.parameter_missing(name))
        fits = is_table_arn(value) or TABLE_NAME_MIN_CHARS <= _length(value) <= TABLE_NAME_MAX_CHARS
        if not fits and wording == "classic":
            raise validation(messages.table_name_length(name))


#: what every wording takes for a name, at once
_is_plain_name: Final = re.compile(f"{NAME_PATTERN[:-1]}{{{TABLE_NAME_MIN_CHARS},{TABLE_NAME_MAX_CHARS}}}").fullmatch
_ARN: Final = re.compile(r"arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]+:table/[a-zA-Z0-9_.-]{3,255}")


def is_table_arn(name: str) -> bool:
    """Whether a table's name is given as its ARN."""
    return name.startswith("arn:") and _ARN.fullmatch(name) is not None


class Number(Shape):
    """An Integer, a Long or a Double: ``declared`` is the word that messages use."""

    __slots__ = ("declared", "least", "most")

    def __init__(self, declared: str, least: int | None = None, most: int | None = None) -> None:
        super().__init__(f"java.lang.{declared}", constrained=least is not None or most is not None)
        self.declared, self.least, self.most = declared, least, most

    def convert(self, found: Any, element: bool = False) -> int | float:
        if type(found) is int:
            return found
        if type(found) is float and isfinite(found):
            return found if self.declared == "Double" else floor(found)
        raise json_types.refuse_scalar(found, self.declared)

    def collect(self, value: Any, place: Place, faults: Faults) -> None:
        if self.least is not None and value < self.least:
            faults.add(self, place, value, messages.must_be_at_least(self.least))
        if self.most is not None and value > self.most:
            faults.add(self, place, value, messages.must_be_at_most(self.most))


class Boolean(Shape):
    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("java.lang.Boolean", constrained=False)

    def convert(self, found: Any, element: bool = False) -> bool:
        return json_types.boolean(found)

    def _shown(self, value: Any) -> str:
        return str(value).lower()


class Blob(Shape):
    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("java.nio.ByteBuffer", constrained=False)

    def convert(self, found: Any, element: bool = False) -> str:
        return json_types.blob(found)


class Anything(Shape):
    """Any JSON, taken as it is."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("java.lang.Object", constrained=False)

    def convert(self, found: Any, element: bool = False) -> Any:
        return found


def _length(text: str) -> int:
    """UTF-16 units, which the service counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def collect_length(shape: Measured, length: int, value: Any, place: Place, faults: Faults) -> None:
    if shape.min_length is not None and length < shape.min_length:
        faults.add(shape, place, value, messages.must_be_longer(shape.min_length))
    if shape.max_length is not None and length > shape.max_length:
        faults.add(shape, place, value, messages.must_be_shorter(shape.max_length))


def length_texts(least: int | None, most: int | None) -> list[str]:
    longest = [] if most is None else [messages.must_be_shorter(most)]
    return longest if least is None else [*longest, messages.must_be_longer(least)]
