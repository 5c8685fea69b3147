"""Random expressions for the simulator's language: right ones, and ones with something wrong in them.

Texts come from the grammar, with names, values and functions that do not always fit, and then sometimes a token is
dropped, doubled or exchanged. Must not know what any of them means.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any, Final

NAMES: Final = {"#a": "a", "#m": "m", "#dotted": "x.y", "#n": "n", "#word": "name"}
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
#: name → what an attribute of that name mostly holds
_FITTING: Final[dict[str, list[dict[str, Any]]]] = {
    "a": [{"N": "1"}, {"N": "-2.5"}],
    "n": [{"N": "5"}, {"N": "0"}, {"N": "100"}],
    "s": [{"S": "abc"}, {"S": "b"}, {"S": "é"}],
    "e": [{"S": ""}],
    "b": [{"B": "AP8="}, {"B": "/w=="}, {"B": ""}],
    "t": [{"BOOL": True}, {"BOOL": False}],
    "z": [{"NULL": True}],
    "ss": [{"SS": ["b", "a"]}, {"SS": ["a"]}],
    "ns": [{"NS": ["2", "1"]}, {"NS": ["1"]}],
    "bs": [{"BS": ["/w==", "AA=="]}],
    "l": [{"L": [{"N": "1"}, {"S": "b"}, {"M": {"a": {"S": "b"}, "k": {"N": "2"}}}]}, {"L": []}],
    "l2": [{"L": [{"L": [{"N": "1"}, {"N": "2"}]}, {"L": []}, {"SS": ["a"]}]}],
    "m": [{"M": {"a": {"N": "1"}, "s": {"S": "abc"}, "l": {"L": [{"N": "3"}, {"N": "4"}]}, "m": {"M": {}}}}],
    "em": [{"M": {}}],
}
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

    # ── key conditions ───────────────────────────────────────────────────────────────────────────────────────────────
    def key_condition(self) -> str:
        parts = [self._key_test("pk", "=" if self._maybe(90) else self._comparator())]
        if self._maybe(80):
            parts.append(self._key_test("sk", self._comparator()))
        if self._maybe(8):
            parts.append(self._test())
        self._random.shuffle(parts)
        joined = f" {'AND' if self._maybe(95) else 'OR'} "
        return joined.join(f"({part})" if self._maybe(10) else part for part in parts)

    def _comparator(self) -> str:
        return self._random.choice(["=", "<", "<=", ">", ">=", "BETWEEN", "begins_with", "<>", "IN"])

    def _key_test(self, name: str, operator: str) -> str:
        name = name if self._maybe(95) else self._random.choice(["pk", "sk", "n", "a.b", "size(sk)", ":s"])
        values = [self._random.choice([":s", ":b", ":type"]) if self._maybe(85) else self.value() for _ in range(2)]
        match operator:
            case "BETWEEN":
                return f"{name} BETWEEN {values[0]} AND {values[1]}"
            case "begins_with":
                return f"begins_with({name}, {values[0]})"
            case "IN":
                return f"{name} IN ({values[0]})"
        sides = [name, values[0] if self._maybe(95) else self.path()]
        return f" {operator} ".join(sides if self._maybe(85) else reversed(sides))

    # ── items ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def item(self) -> dict[str, Any]:
        """Attributes with the names of ``BARE``; most of them of the type that the name says."""
        found = {name: self._stored(name, 3) for name in (*BARE[:14], "x.y", "name") if self._maybe(85)}
        return {"pk": {"S": "k"}, **found}

    def _stored(self, name: str, depth: int) -> dict[str, Any]:
        fitting = _FITTING.get(name)
        if fitting is not None and self._maybe(85):
            return self._random.choice(fitting)
        if depth and self._maybe(40):
            if self._maybe(50):
                return {"L": [self._stored("", depth - 1) for _ in range(self._random.randrange(4))]}
            return {"M": {inner: self._stored(inner, depth - 1) for inner in ("a", "l", "m", "s") if self._maybe(60)}}
        return self._random.choice(list(VALUES.values()))

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
