"""Random conditions, written twice: as a WHERE of PartiQL and as a FilterExpression with its names and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, TypeAlias

Value: TypeAlias = "dict[str, Any]"

PATHS: Final = (("n",), ("s",), ("m", "k"), ("m", "l", 0), ("l", 1), ("size",), ("it's",), ("nope",), ("m",), ("ss",))
VALUES: Final[tuple[Value, ...]] = (
    {"N": "5"},
    {"N": "-1.5"},
    {"S": "abc"},
    {"S": "it's"},
    {"S": ""},
    {"BOOL": True},
    {"NULL": True},
    {"L": [{"N": "1"}, {"S": "a"}]},
    {"M": {"k": {"S": "v"}}},
    {"SS": ["p", "q"]},
    {"NS": ["1", "2"]},
)
ITEMS: Final[tuple[dict[str, Value], ...]] = (
    {"n": {"N": "5"}, "s": {"S": "abc"}, "m": {"M": {"k": {"S": "v"}, "l": {"L": [{"N": "1"}]}}}},
    {"n": {"N": "7"}, "s": {"S": "it's"}, "l": {"L": [{"N": "1"}, {"S": "a"}]}, "ss": {"SS": ["p", "q"]}},
    {"n": {"S": "5"}, "size": {"S": "abc"}, "it's": {"NULL": True}, "m": {"M": {"k": {"S": "v"}}}},
    {"s": {"S": ""}, "ss": {"NS": ["1", "2"]}, "n": {"BOOL": True}, "m": {"M": {}}},
    {},
)
_COMPARISONS: Final = ("=", "<>", "<", "<=", ">", ">=")
_TYPES: Final = ("S", "N", "BOOL", "NULL", "L", "M", "SS")


@dataclass
class Written:
    """A condition in both languages; grows while it is written."""

    random: Random
    parameters: list[Value] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)

    def path(self) -> tuple[str, str]:
        steps = self.random.choice(PATHS)
        partiql, expression = "", ""
        for step in steps:
            if isinstance(step, int):
                partiql, expression = f"{partiql}[{step}]", f"{expression}[{step}]"
                continue
            placeholder = self.names.setdefault(step, f"#n{len(self.names)}")
            quoted = f'"{step}"' if not step.isalpha() or step == "size" or self.random.random() < 0.2 else step
            partiql = f"{partiql}.{quoted}" if partiql else quoted
            expression = f"{expression}.{placeholder}" if expression else placeholder
        return partiql, expression

    def value(self, value: Value | None = None) -> tuple[str, str]:
        value = self.random.choice(VALUES) if value is None else value
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = value
        if self.random.random() < 0.5:
            self.parameters.append(value)
            return "?", placeholder
        return literal(value), placeholder

    def operand(self) -> tuple[str, str]:
        if self.random.random() < 0.8:
            return self.path()
        partiql, expression = self.path()
        return f"size({partiql})", f"size({expression})"

    def leaf(self) -> tuple[str, str]:
        kind = self.random.randrange(8)
        if kind == 0:
            return self._pair("begins_with({}, {})", self.path(), self.value())
        if kind == 1:
            return self._pair("contains({}, {})", self.path(), self.value())
        if kind == 2:
            path, word = self.path(), self.random.choice(("", "NOT "))
            function = "attribute_exists" if word else "attribute_not_exists"
            return f"{path[0]} IS {word}MISSING", f"{function}({path[1]})"
        if kind == 3:
            return self._pair("attribute_type({}, {})", self.path(), self.value({"S": self.random.choice(_TYPES)}))
        if kind == 4:
            return self._pair("{} BETWEEN {} AND {}", self.operand(), self.value(), self.value())
        if kind == 5:
            subject, choices = self.operand(), [self.value() for _ in range(self.random.randint(1, 3))]
            partiql, expression = (", ".join(choice[at] for choice in choices) for at in (0, 1))
            return f"{subject[0]} IN [{partiql}]", f"{subject[1]} IN ({expression})"
        other = self.value() if self.random.random() < 0.8 else self.path()
        return self._pair(f"{{}} {self.random.choice(_COMPARISONS)} {{}}", self.operand(), other)

    @staticmethod
    def _pair(form: str, *parts: tuple[str, str]) -> tuple[str, str]:
        return form.format(*(part[0] for part in parts)), form.format(*(part[1] for part in parts))

    def tree(self, depth: int) -> tuple[str, str]:
        kind = self.random.random()
        if depth == 0 or kind < 0.3:
            return self.leaf()
        if kind < 0.5:
            return self._pair("NOT ({})", self.tree(depth - 1))
        word = self.random.choice(("AND", "OR"))
        return self._pair(f"({{}}) {word} ({{}})", self.tree(depth - 1), self.tree(depth - 1))


def literal(value: Mapping[str, Any]) -> str:
    """A value as PartiQL writes it."""
    match value:
        case {"S": str(text)}:
            return "'" + text.replace("'", "''") + "'"
        case {"N": str(text)}:
            return text
        case {"BOOL": flag}:
            return "true" if flag else "false"
        case {"L": elements}:
            return f"[{', '.join(map(literal, elements))}]"
        case {"M": entries}:
            return "{" + ", ".join(f"{literal({'S': name})}: {literal(one)}" for name, one in entries.items()) + "}"
        case {"SS": members}:
            return f"<<{', '.join(literal({'S': member}) for member in members)}>>"
        case {"NS": members}:
            return f"<<{', '.join(members)}>>"
    return "NULL"


def written(seed: int) -> tuple[str, list[Value], str, dict[str, str], dict[str, Value]]:
    """WHERE and its parameters; FilterExpression, its names and its values."""
    tree = Written(Random(seed))
    partiql, expression = tree.tree(4)
    names = {placeholder: name for name, placeholder in tree.names.items()}
    # parameters stand in the order of the text, values may have been asked for in another
    return partiql, tree.parameters, expression, names, tree.values
