"""Random expressions for the simulator's language: right ones, and ones with something wrong in them.

Texts come from the grammar, with names, values and functions that do not always fit, and then sometimes a token is
dropped, doubled or exchanged. Must not know what any of them means.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any, Final

NAMES: Final = {"#a": "a", "#m": "m", "#dotted": "x.y", "#n": "n", "#word": "name", "#pk": "pk"}
VALUES: Final[dict[str, dict[str, Any]]] = {
    ":one": {"N": "1"},
    ":five": {"N": "5"},
    ":tenth": {"N": "0.1"},
    ":s": {"S": "abc"},
    ":b": {"S": "b"},
    ":empty": {"S": ""},
    ":bin": {"B": "AP8="},
    ":ff": {"B": "/w=="},
    ":t": {"BOOL": True},
    ":null": {"NULL": True},
    ":l": {"L": [{"N": "1"}, {"S": "b"}]},
    ":el": {"L": []},
    ":m": {"M": {"a": {"N": "1"}, "k": {"S": "b"}}},
    ":ss": {"SS": ["a", "b"]},
    ":sa": {"SS": ["a"]},
    ":ns": {"NS": ["1", "2"]},
    ":bs": {"BS": ["AA==", "/w=="]},
    ":type": {"S": "N"},
    ":list": {"S": "L"},
}
BARE: Final = (
    *("a", "n", "s", "e", "b", "t", "z", "ss", "ns", "bs", "l", "l2", "m", "em", "nope"),
    *("name", "abort", "Status", "x1", "a_b"),
)
CONDITION_FUNCTIONS: Final = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
}
UPDATE_FUNCTIONS: Final = {"if_not_exists": 2, "list_append": 2}
STRAY: Final = (
    *("=", "<>", "<", "<=", ">", ">=", "+", "-", "(", ")", "[", "]", ",", ".", "!", "'", '"', "_", "#", ":", "0", "01"),
    *(
        "7",
        "AND",
        "or",
        "NOT",
        "BETWEEN",
        "IN",
        "SET",
        "REMOVE",
        "ADD",
        "DELETE",
        "foo",
        "foo(",
        "#undefined",
        ":undefined",
    ),
    *("size", "contains", "é", "\t", "\n", "  "),
)
_TOKEN: Final = re.compile(r"[#:]?[A-Za-z0-9_]+|<>|<=|>=|\s+|.", re.DOTALL)


class Texts:
    """Expressions out of one source of chance."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def _maybe(self, percent: int) -> bool:
        return self._random.randrange(100) < percent

    # ── operands ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def path(self) -> str:
        text = self._name()
        while self._maybe(25):
            text += f".{self._name()}" if self._maybe(50) else f"[{self._random.randrange(4)}]"
        return text

    def _name(self) -> str:
        if self._maybe(80):
            return self._random.choice(BARE[:15] if self._maybe(97) else BARE)
        return self._random.choice(list(NAMES)) if self._maybe(97) else "#undefined"

    def value(self) -> str:
        return self._random.choice(list(VALUES)) if self._maybe(98) else ":undefined"

    def operand(self, functions: dict[str, int], depth: int = 2) -> str:
        if self._maybe(6) and depth:
            return f"({self.operand(functions, depth - 1)})"
        if self._maybe(15) and depth:
            return self.call(functions, depth)
        return self.path() if self._maybe(50) else self.value()

    def call(self, functions: dict[str, int], depth: int) -> str:
        every = {**CONDITION_FUNCTIONS, **UPDATE_FUNCTIONS}
        name = self._random.choice(list(functions if self._maybe(95) else every))
        count = every[name] if self._maybe(96) else self._random.randrange(1, 4)
        operands = [self.operand(functions, depth - 1) for _ in range(count)]
        if self._maybe(80):
            operands[0] = self.path()
        return f"{name}({', '.join(operands)})"

    # ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────────
    def condition(self, depth: int = 3) -> str:
        if depth and self._maybe(45):
            joined = f" {self._random.choice(['AND', 'OR', 'and', 'Or'])} "
            return joined.join(self.condition(depth - 1) for _ in range(self._random.randrange(2, 4)))
        if depth and self._maybe(15):
            return f"NOT {self.condition(depth - 1)}"
        if depth and self._maybe(20):
            return f"({self.condition(depth - 1)})"
        return self._test()

    def _test(self) -> str:
        measures = {"size": 1}
        choice = self._random.randrange(10)
        if choice < 4:
            operator = self._random.choice(["=", "<>", "<", "<=", ">", ">="])
            return f"{self.operand(measures)} {operator} {self.operand(measures)}"
        if choice < 5:
            return f"{self.operand(measures)} BETWEEN {self.operand(measures)} AND {self.operand(measures)}"
        if choice < 6:
            choices = [self.operand(measures) for _ in range(self._random.randrange(1, 4))]
            return f"{self.operand(measures)} IN ({', '.join(choices)})"
        name = self._random.choice(list(CONDITION_FUNCTIONS)[:5])
        operands = [self.path() if self._maybe(85) else self.operand(measures)]
        if CONDITION_FUNCTIONS[name] == 2:
            operands.append(":type" if name == "attribute_type" and self._maybe(80) else self.operand(measures))
        return f"{name}({', '.join(operands)})"

    # ── updates and projections ──────────────────────────────────────────────────────────────────────────────────────
    def update(self) -> str:
        sections = ["SET", "REMOVE", "ADD", "DELETE"]
        chosen = self._random.sample(sections, self._random.choice([1, 1, 1, 2, 2, 3]))
        if self._maybe(2):
            chosen.append(self._random.choice(sections))
        return " ".join(self._section(section) for section in chosen)

    def _section(self, section: str) -> str:
        actions = [self._action(section) for _ in range(self._random.choice([1, 1, 1, 2, 2, 3]))]
        return f"{section if self._maybe(90) else section.lower()} {', '.join(actions)}"

    def _action(self, section: str) -> str:
        if section == "REMOVE":
            return self.path()
        if section == "SET":
            return f"{self.path()} = {self._right_side()}"
        fitting = [":one", ":ss", ":ns", ":bs", ":sa"] if self._maybe(85) else list(VALUES)
        return f"{self.path()} {self._random.choice(fitting)}"

    def _right_side(self) -> str:
        text = self.operand(UPDATE_FUNCTIONS)
        if self._maybe(30):
            other = self.operand(UPDATE_FUNCTIONS) if self._maybe(50) else ":one"
            text = f"{text} {self._random.choice('+-')} {other}"
        return f"({text})" if self._maybe(8) else text

    def projection(self) -> str:
        return ", ".join(self.path() for _ in range(self._random.choice([1, 1, 2, 3, 4])))

    # ── mistakes ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def spoiled(self, text: str) -> str:
        """The text with a mistake or two, or with none that matters."""
        parts = _TOKEN.findall(text)
        for _ in range(self._random.choice([1, 1, 2])):
            at = self._random.randrange(len(parts) + 1)
            match self._random.randrange(3):
                case 0:
                    parts.insert(
                        at, f" {self._random.choice(STRAY)} " if self._maybe(70) else self._random.choice(STRAY)
                    )
                case 1:
                    del parts[at : at + 1]
                case _:
                    parts[at : at + 1] = [self._random.choice(STRAY)]
        return "".join(parts)


def used(placeholders: dict[str, Any], text: str) -> dict[str, Any]:
    """The placeholders that stand in a text: a request must not define others."""
    found = set(re.findall(r"[#:][A-Za-z0-9_]+", text))
    return {name: placeholders[name] for name in placeholders if name in found}
