"""A retry quota: what a client may spend on retries, so that many calls that fail together do not become a storm.

A bucket of tokens: a retry takes some, a success gives some back. Pure: no time. Source: AWS SDKs and Tools Reference
Guide, "Retry behavior", standard mode.
"""

from __future__ import annotations

from msgspec import Struct

from ..errors import ConfigurationError, DynamoDBError


class QuotaRule(Struct, frozen=True):
    """The size of the bucket and what it costs to retry.

    Attributes:
        capacity: tokens at the start, and at most.
        cost: of a retry after any error but throttling.
        throttling_cost: of a retry after throttling.
    """

    capacity: int = 500
    cost: int = 14
    throttling_cost: int = 5

    def __post_init__(self) -> None:
        for name in ("capacity", "cost", "throttling_cost"):
            value = getattr(self, name)
            if type(value) is not int or value < 0:
                raise ConfigurationError(f"{name} is {value!r}; it must be a whole number of at least 0")


class Quota:
    """One client's bucket."""

    __slots__ = ("_left", "_rule")

    def __init__(self, rule: QuotaRule) -> None:
        self._rule = rule
        self._left = rule.capacity

    def __repr__(self) -> str:
        return f"<Quota {self._left} of {self._rule.capacity}>"

    def take(self, error: DynamoDBError) -> int | None:
        """Pay for a retry after this error: what was paid, or None where too little is left."""
        cost = self._rule.throttling_cost if error.throttling else self._rule.cost
        if cost > self._left:
            return None
        self._left -= cost
        return cost

    def give_back(self, paid: int) -> None:
        """A call succeeded; ``paid`` is what its last retry cost, 0 where it had none: then one token comes back."""
        self._left = min(self._rule.capacity, self._left + max(paid, 1))
