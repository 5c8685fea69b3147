"""The kinds of shapes that hold others: lists, maps, structures, and attribute values.

The order of a structure's members is the order in which they are converted and checked. Must not know which shapes
there are (``shapes``), or operations.
"""

from __future__ import annotations

from operator import is_
from typing import Any, Final

from . import json_types, messages
from .errors import ApiError
from .shape_kinds import (
    ControlTableName,
    Faults,
    Measured,
    Place,
    Shape,
    String,
    Wording,
    collect_length,
    entry,
    length_texts,
    lower_first,
)


class List(Measured):
    __slots__ = ("member",)

    def __init__(self, member: Shape, min_length: int | None = None, max_length: int | None = None) -> None:
        super().__init__(f"java.util.List<{member.java}>", constrained=True)  # no member may be null
        self.member, self.min_length, self.max_length = member, min_length, max_length

    def convert(self, found: Any, element: bool = False) -> list[Any]:
        if type(found) is list:
            convert = self.member.convert
            new = [None if one is None else convert(one, True) for one in found]
            return found if all(map(is_, new, found)) else new
        raise json_types.refuse_list(found, element=element)

    def collect(self, value: Any, place: Place, faults: Faults) -> None:
        collect_length(self, len(value), value, place, faults)
        member, some_null = self.member, None in value
        if isinstance(member, String) and member.constrained and not some_null:
            if not all(member.accepts(one, faults.wording) for one in value):
                constraints = member.constraints(faults.wording)
                faults.add(self, place, value, messages.members_must_satisfy(constraints))
        elif member.constrained or some_null:
            for number, one in enumerate(value, 1):
                member.collect_from(one, entry(place, str(number)), faults)

    def _shown(self, value: Any) -> str:
        return f"[{', '.join(map(self.member.show, value))}]"


class Map(Measured):
    """Names to values. ``key`` constrains the names; ``value_constraints``, least and most, the values' lengths."""

    __slots__ = ("key", "value", "value_lengths")

    def __init__(
        self,
        value: Shape,
        min_length: int | None = None,
        max_length: int | None = None,
        key: String | None = None,
        value_constraints: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(f"java.util.Map<java.lang.String, {value.java}>", constrained=True)  # no value may be null
        self.value, self.min_length, self.max_length = value, min_length, max_length
        self.key, self.value_lengths = key, value_constraints

    def convert(self, found: Any, element: bool = False) -> dict[str, Any]:
        if type(found) is dict:
            convert = self.value.convert
            new = {name: None if one is None else convert(one, True) for name, one in found.items()}
            return found if all(map(is_, new.values(), found.values())) else new
        raise json_types.refuse_map(found, self.java, element=element)

    def collect(self, value: Any, place: Place, faults: Faults) -> None:
        collect_length(self, len(value), value, place, faults)
        if self.key is not None and not all(self.key.accepts(name, faults.wording) for name in value):
            faults.add(self, place, value, messages.keys_must_satisfy(self.key.constraints(faults.wording)))
        if self.value_lengths is not None:
            least, most = self.value_lengths
            if not all(one is None or least <= len(one) <= most for one in value.values()):
                faults.add(self, place, value, messages.values_must_satisfy(length_texts(least, most)))
        if self.value.constrained or None in value.values():
            for name, one in value.items():
                self.value.collect_from(one, entry(place, name), faults)

    def _shown(self, value: Any) -> str:
        return f"{{{', '.join(f'{name}={self.value.show(one)}' for name, one in value.items())}}}"


class Structure(Shape):
    """Named members, in order.

    Attributes:
        name: the one that messages print.
        members: by name.
        alone_in_2026: members of which the newest wording answers the first violation alone.
        shape_in_2026: what the newest wording checks by, where that is something else.
    """

    __slots__ = ("_checked", "_first", "alone_in_2026", "members", "name", "shape_in_2026")

    def __init__(self, name: str, members: dict[str, Shape]) -> None:
        checked = [(key, lower_first(key), one) for key, one in members.items() if one.required or one.constrained]
        super().__init__(json_types.java_class(name), constrained=bool(checked))
        self.name, self.members, self._checked = name, members, checked
        self._first = [(key, shape) for key, shape in members.items() if isinstance(shape, ControlTableName)]
        self.alone_in_2026: tuple[str, ...] = ()
        self.shape_in_2026: Structure | None = None

    def convert(self, found: Any, element: bool = False) -> dict[str, Any]:
        if type(found) is not dict:
            raise json_types.refuse_structure(found, self.java, element=element)
        new = {
            name: shape.convert(value) for name, shape in self.members.items() if (value := found.get(name)) is not None
        }
        return found if len(new) == len(found) and all(found[name] is one for name, one in new.items()) else new

    def convert_request(self, found: Any) -> dict[str, Any]:
        """The same for a whole request, quickly where nothing has to change: then it is the same dict."""
        if type(found) is not dict:
            raise json_types.serialization(None)
        members = self.members
        try:
            for name, value in found.items():
                if value is None or members[name].convert(value) is not value:
                    return self.convert(found)
        except (ApiError, KeyError):
            return self.convert(found)  # unknown members go, and errors come in the order of the members
        return found

    def collect(self, value: Any, place: Place, faults: Faults) -> None:
        for name, step, shape in self._checked:
            one = value.get(name)
            if one is not None:
                if shape.constrained:
                    shape.collect(one, (place, step, name), faults)
            elif shape.required and all(value.get(other) is None for other in shape.unless):
                faults.add(shape, (place, step, name), None, messages.MUST_NOT_BE_NULL)

    def check(self, value: dict[str, Any], wording: Wording) -> None:
        if wording == "2026" and self.shape_in_2026 is not None:
            self.shape_in_2026.check(value, wording)
            return
        for name, first in self._first:
            first.check_first(name, value.get(name), wording)
        faults = Faults(wording)
        if wording == "2026":
            self._check_alone(value, faults)
        self.collect(value, None, faults)
        if faults.texts:
            raise faults.answer()

    def _check_alone(self, value: dict[str, Any], faults: Faults) -> None:
        for name in self.alone_in_2026:
            shape, one = self.members[name], value.get(name)
            if one is not None or shape.required:
                shape.collect_from(one, (None, lower_first(name), name), faults)
            if faults.texts:
                raise faults.answer()

    def _shown(self, value: Any) -> str:
        shown = (f"{lower_first(name)}={shape.show(value.get(name))}" for name, shape in self.members.items())
        return f"{self.name}({', '.join(shown)})"


#: what values may be nested in: not printed, as it may be deep
_NESTED: Final = frozenset({"L", "M"})


class AttributeValueShape(Shape):
    """One attribute value. Nothing in it is constrained: what it means is checked by ``values``."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(json_types.ATTRIBUTE_VALUE_CLASS, constrained=False)

    def convert(self, found: Any, element: bool = False) -> dict[str, Any]:
        return json_types.attribute_value(found, element=element)

    def _shown(self, value: Any) -> str:
        shown = (f"{lower_first(name)}={'...' if name in _NESTED else one}" for name, one in value.items())
        return f"AttributeValue({', '.join(shown)})"


class ItemShape(Shape):
    """A map of attribute values: an item, a key, the values of expressions."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(json_types.ITEM_CLASS, constrained=False)

    def convert(self, found: Any, element: bool = False) -> dict[str, dict[str, Any]]:
        return json_types.item(found, element=element)

    def _shown(self, value: Any) -> str:
        return f"{{{', '.join(f'{name}={ATTRIBUTE_VALUE.show(one)}' for name, one in value.items())}}}"


#: one for all: it has no constraints
ATTRIBUTE_VALUE: Final = AttributeValueShape()
