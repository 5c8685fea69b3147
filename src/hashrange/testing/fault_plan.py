"""Faults by rules: which request meets which fault, by operation, table, number, chance and how often.

Owns the decision, which is a function of the seed, the rule, and the number of the request among those that the rule
applies to: other requests change nothing. Must not know what a fault does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from random import Random

from msgspec import Struct

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import ConfigurationError
from ..wire.transport import Request, Response, Transport
from .happenings import Fault
from .injection import Injector, check_fault
from .requests import checked_operations, tables_of


class Rule(Struct, frozen=True):
    """When a fault happens: to which requests, and to which of these. Every attempt of a call is a request.

    Attributes:
        fault: what happens.
        operations: to requests of this operation, or of these; None: of all that the fault can happen to.
        table: to requests about this table, by name; batches and transactions may be about others, too.
        nth: to the first of them (1), the second, or to several (``{1, 3}``); None: to all.
        probability: how likely, for each of them.
        times: how often at most; None: without end.

    Raises:
        ConfigurationError: names the argument that is not what it may be.
    """

    fault: Fault
    operations: str | Collection[str] | None = None
    table: str | None = None
    nth: int | Collection[int] | None = None
    probability: float = 1.0
    times: int | None = None

    def __post_init__(self) -> None:
        check_fault("fault", self.fault)
        operations_of(self)
        numbers_of(self)
        if self.table is not None and (not isinstance(self.table, str) or not self.table):
            raise ConfigurationError(f"table is {self.table!r}; it must be the name of a table")
        if type(self.probability) not in (int, float) or not 0 <= self.probability <= 1:
            raise ConfigurationError(f"probability is {self.probability!r}; it must be a number from 0 to 1")
        if self.times is not None and (type(self.times) is not int or self.times < 1):
            raise ConfigurationError(f"times is {self.times!r}; it must be a whole number of at least 1")


def operations_of(rule: Rule) -> frozenset[str] | None:
    """The operations that a rule applies to; None for all.

    Raises:
        ConfigurationError: the fault cannot happen to one of them.
    """
    given, possible = checked_operations("operations", rule.operations), rule.fault.operations
    if given is None or possible is None:
        return possible if given is None else given
    if impossible := sorted(given - possible):
        raise ConfigurationError(
            f"operations: {rule.fault!r} cannot happen to {', '.join(impossible)}",
            hint=f"it can happen to {', '.join(sorted(possible))}",
        )
    return given


def numbers_of(rule: Rule) -> frozenset[int] | None:
    """The numbers of the requests to which a rule applies; None for all."""
    nth = rule.nth
    if nth is None:
        return None
    numbers = [nth] if isinstance(nth, int) else list(nth) if isinstance(nth, Collection) else []
    if not numbers or isinstance(nth, str) or any(type(each) is not int or each < 1 for each in numbers):
        raise ConfigurationError(f"nth is {nth!r}; it must be a whole number of at least 1, or a set of them")
    return frozenset(numbers)


class _Armed:
    """A rule at work.

    Attributes:
        seen: requests that it applied to, by operation and table.
        happened: how often it let its fault happen.
    """

    __slots__ = ("_seed", "happened", "numbers", "operations", "rule", "seen")

    def __init__(self, rule: Rule, seed: str) -> None:
        self.rule, self._seed = rule, seed
        self.operations, self.numbers = operations_of(rule), numbers_of(rule)
        self.seen = self.happened = 0

    def applies_to(self, operation: str, tables: tuple[str, ...]) -> bool:
        if self.operations is not None and operation not in self.operations:
            return False
        table = self.rule.table
        return table is None or any(name == table or name.endswith(f":table/{table}") for name in tables)

    def chance(self) -> Random | None:
        """The chance of the request seen last, if the fault is to happen to it."""
        rule = self.rule
        if self.numbers is not None and self.seen not in self.numbers:
            return None
        if rule.times is not None and self.happened >= rule.times:
            return None
        random = Random(f"{self._seed}/{self.seen}")  # noqa: S311 - a test that repeats itself
        return random if random.random() < rule.probability else None


class FaultPlan(Injector):
    """Lets faults happen to the requests that go through it, by rules; the first rule that wants to, wins.

    The same seed and the same rules let the same faults happen to the same requests: what a rule does depends on
    nothing but the requests that it applies to, in their order.

    Args:
        transport: what carries the requests.
        rules: in the order in which they are asked; all of them count the requests that they apply to.
        seed: of all chance.
        clock: on which slow answers and timeouts take their time: the client's.

    Attributes:
        log: every fault that happened, as ``Injection(operation, table, call, fault)``, oldest first.

    Raises:
        ConfigurationError: names the argument that is not what it may be.
    """

    def __init__(
        self, transport: Transport, rules: Sequence[Rule], *, seed: int | str = 0, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        super().__init__(transport, clock)
        if isinstance(rules, Rule) or not isinstance(rules, Sequence):
            raise ConfigurationError(f"rules is of type {type(rules).__name__}; it must be a list of rules")
        if type(seed) not in (int, str):
            raise ConfigurationError(f"seed is of type {type(seed).__name__}; it must be a whole number or text")
        for at, rule in enumerate(rules):
            if not isinstance(rule, Rule):
                hint = "write Rule(fault)" if isinstance(rule, Fault) else None
                raise ConfigurationError(f"rules[{at}] is of type {type(rule).__name__}; it must be a Rule", hint=hint)
        self._rules = [_Armed(rule, f"{seed}/{at}") for at, rule in enumerate(rules)]
        self._by_table = any(rule.table is not None for rule in rules)

    def __repr__(self) -> str:
        done = f"{len(self._rules)} rules, {len(self.log)} faults in {self._requests} requests"
        return f"<FaultPlan {done} over {self._transport!r}>"

    async def send(self, request: Request) -> Response:
        tables = tables_of(request) if self._by_table else ()
        won: tuple[_Armed, Random] | None = None
        for armed in self._rules:
            if armed.applies_to(request.operation, tables):
                armed.seen += 1
                if won is None and (random := armed.chance()) is not None:
                    won = armed, random
        if won is None:
            return await self._pass_on(request)
        armed, random = won
        armed.happened += 1
        return await self._inject(armed.rule.fault, armed.seen, request, random)
