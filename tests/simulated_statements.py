"""PartiQL for tests of the simulator: a world with some things in a table with indexes, and statements in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulated_items import INDEXED, World, wire

#: name to item; ``pk``, ``sk``, ``g`` are texts, ``n`` is a number that sorts "by-n"
THINGS: dict[str, dict[str, Any]] = {
    "a1": {
        "pk": "a",
        "sk": "1",
        "g": "x",
        "n": 5,
        "m": {"M": {"k": {"S": "v"}, "l": {"L": [{"N": "1"}, {"N": "2"}]}}},
        "ss": {"SS": ["p", "q"]},
        "l": {"L": [{"S": "first"}]},
    },
    "a2": {"pk": "a", "sk": "2", "g": "y", "n": 7, "z": {"NULL": True}},
    "b1": {"pk": "b", "sk": "1", "e": "", "size": "large", "it's": "odd"},
    "b3": {"pk": "b", "sk": "3", "yes": {"BOOL": True}, "bin": {"B": "AA=="}},
}


class Statements(World):
    """A world with ``THINGS`` in the table ``Indexed``."""

    def __init__(self) -> None:
        super().__init__()
        for thing in THINGS.values():
            self.put(INDEXED, **thing)

    def run(self, statement: str, *parameters: Any, **more: Any) -> dict[str, Any]:
        """The answer to one statement."""
        return self("ExecuteStatement", **request(statement, *parameters), **more)

    def items(self, statement: str, *parameters: Any, **more: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.run(statement, *parameters, **more)["Items"]
        return found

    def names(self, statement: str, *parameters: Any, **more: Any) -> list[str]:
        """Which things a SELECT of pk and sk finds, in their order."""
        return [found["pk"]["S"] + found["sk"]["S"] for found in self.items(statement, *parameters, **more)]

    def where(self, condition: str, *parameters: Any, **more: Any) -> list[str]:
        """Which things a condition finds, sorted."""
        return sorted(self.names(f"SELECT pk, sk FROM Indexed WHERE {condition}", *parameters, **more))

    def wrong(self, statement: str, *parameters: Any, **more: Any) -> str:
        """The message of the ValidationException to one statement."""
        return self.message("ExecuteStatement", **request(statement, *parameters), **more)

    def batch(self, *statements: str | Mapping[str, Any], **more: Any) -> dict[str, Any]:
        return self("BatchExecuteStatement", Statements=requests(statements), **more)

    def transact(self, *statements: str | Mapping[str, Any], **more: Any) -> dict[str, Any]:
        return self("ExecuteTransaction", TransactStatements=requests(statements), **more)


def request(statement: str, *parameters: Any) -> dict[str, Any]:
    """A statement with parameters: texts become S, ints N, everything else is one already."""
    found: dict[str, Any] = {"Statement": statement}
    return found | {"Parameters": [wire(value) for value in parameters]} if parameters else found


def requests(statements: Sequence[str | Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [request(each) if isinstance(each, str) else each for each in statements]
