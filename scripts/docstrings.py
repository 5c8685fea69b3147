"""An extension of Griffe, which reads the sources for the API reference.

``a, b: what both are`` in a docstring explains two names: Griffe's reader of Google's style would take the second for
the type of the first. And a ``msgspec.Struct`` is made from its fields, as a dataclass is, which is all Griffe knows.
"""

from __future__ import annotations

import re
from typing import Any

from griffe import Attribute, Class, Extension, Function, Object, Parameter, ParameterKind, Parameters

_SECTION = re.compile(r"(Args|Attributes|Raises):")
_NAMES = re.compile(r"    (?P<names>\w+(?:, \w+)+): (?P<text>.+)")


def apart(docstring: str) -> str:
    """The docstring with an entry of its own for each name of its sections Args, Attributes and Raises."""
    done: list[str] = []
    section = False
    entry: list[str] = []  # the lines of an entry with several names

    def end_entry() -> None:
        names = _NAMES.fullmatch(entry[0]) if entry else None
        if names is not None:
            for name in names["names"].split(", "):
                done.extend([f"    {name}: {names['text']}", *entry[1:]])
        entry.clear()

    for line in docstring.splitlines():
        if entry and line.startswith("        "):
            entry.append(line)
            continue
        end_entry()
        if line and not line.startswith(" "):
            section = _SECTION.fullmatch(line) is not None
        if section and _NAMES.fullmatch(line):
            entry.append(line)
        else:
            done.append(line)
    end_entry()
    return "\n".join(done)


def constructor(fields: list[Attribute]) -> Function:
    """The ``__init__`` of a Struct with these fields."""
    kind = ParameterKind.positional_or_keyword
    given = [Parameter(each.name, annotation=each.annotation, kind=kind, default=each.value) for each in fields]
    return Function("__init__", parameters=Parameters(Parameter("self", kind=kind), *given))


class Sources(Extension):
    """Rewrites every docstring before it is parsed, and gives every Struct its constructor."""

    def on_object(self, *, obj: Object, **kwargs: Any) -> None:
        """A module, class, function or attribute has been read."""
        if obj.docstring is not None:
            obj.docstring.value = apart(obj.docstring.value)

    def on_class(self, *, cls: Class, **kwargs: Any) -> None:
        """A class has been read, and all that is in it."""
        if "Struct" in map(str, cls.bases) and "__init__" not in cls.members:
            members = cls.members.values()
            fields = [each for each in members if isinstance(each, Attribute) and each.annotation is not None]
            cls.set_member("__init__", constructor([each for each in fields if "property" not in each.labels]))
