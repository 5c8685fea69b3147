"""Disorder of a distributed service: what it leaves undone, what gets in each other's way, and what is seen late.

``Disorder`` says how much of it there is; ``Ongoing`` keeps the items and tokens of transactions that are not over yet.
Must not know requests, or how something is seen late (``state.replica``).
"""

from __future__ import annotations

from typing import Any, Final, TypeGuard

from msgspec import Struct

from .state.store import Place

_PROBABILITIES: Final = ("unprocessed", "conflicts", "stale_share")
_TIDY_MIN_COUNT: Final = 1_000
_STALE_SHARE: Final = 1 / 3  # one of three replicas is behind


class Disorder(Struct, frozen=True, kw_only=True):
    """How much goes wrong that the service may do at any time. Probabilities from 0 to 1, times in seconds.

    Attributes:
        unprocessed: that an item or key of a batch is left unprocessed. A batch of which nothing is processed is
            throttled as a whole.
        conflicts: that a single write, or an element of a transaction, meets another transaction.
        transaction_seconds: how long the items of a transaction that was written stay busy: other writes and
            transactions of them meet a conflict, plain reads see the new items. For as long its token answers
            TransactionInProgressException.
        index_lag: after how long at the latest a global index shows a write; the order of writes is kept.
        staleness: after how long at the latest all replicas show a write to eventually consistent reads of the table
            and its local indexes.
        stale_share: that such a read goes to a replica that is behind.

    Raises:
        ValueError: a figure is out of its range.
    """

    unprocessed: float = 0.0
    conflicts: float = 0.0
    transaction_seconds: float = 0.0
    index_lag: float = 0.0
    staleness: float = 0.0
    stale_share: float = _STALE_SHARE

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            is_probability = name in _PROBABILITIES
            if not _is_number(value) or value < 0 or (is_probability and value > 1) or value == float("inf"):
                wanted = "a probability from 0 to 1" if is_probability else "0 or more seconds"
                raise ValueError(f"{name} is {wanted}, not {value!r}")


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


class Ongoing:
    """The items and tokens of transactions that are under way. Times are monotonic seconds."""

    __slots__ = ("_kept_count", "_until")

    def __init__(self) -> None:
        self._until: dict[object, float] = {}
        self._kept_count = 0

    def __repr__(self) -> str:
        return f"<Ongoing: {len(self._until)} items and tokens>"

    def __len__(self) -> int:
        return len(self._until)

    def begin_item(self, table: str, partition: bytes, place: Place, until: float) -> None:
        """An item is busy until then."""
        self._until[table, partition, place] = until

    def begin_token(self, token: str, until: float) -> None:
        """The transaction of a token is under way until then."""
        self._until[token] = until

    def has_item(self, table: str, partition: bytes, place: Place, now: float) -> bool:
        """Whether an item is busy."""
        return self._has((table, partition, place), now)

    def has_token(self, token: str, now: float) -> bool:
        """Whether the transaction of a token is under way."""
        return self._has(token, now)

    def clear(self) -> None:
        """All are over."""
        self._until.clear()

    def copy(self) -> Ongoing:
        """The same, which changes independently."""
        twin = Ongoing()
        twin._until = dict(self._until)
        return twin

    def tidy(self, now: float) -> None:
        """Forget what is over, if much has come since the last time."""
        if len(self._until) > 2 * self._kept_count + _TIDY_MIN_COUNT:
            self._until = {key: until for key, until in self._until.items() if until > now}
            self._kept_count = len(self._until)

    def _has(self, key: object, now: float) -> bool:
        until = self._until.get(key)
        return until is not None and until > now
