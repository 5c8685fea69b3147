"""Times to live: sessions, caches and whatever else ends by itself.

DynamoDB deletes an item some time after its TTL, often within minutes, at most within days; until then it is there.
Owns asking only for what is still alive, and moving the end. Uses the table as its users do; what expires when is
``time_to_live``'s rule. Must not know requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar

from ..errors import ConditionFailed, ConfigurationError, ValidationError
from ..expressions import Attr, Raw, Update
from ..expressions.condition import Condition
from ..expressions.key_condition import SortCondition
from ..expressions.projection import ProjectionLike
from ..key import Key
from ..pagination import Query
from ..table import Table
from ..time_to_live import ExpiryWatch, expiry
from ..types import KeyValue

M = TypeVar("M")


class TimeToLive(Generic[M]):
    """The items of a table that end by themselves.

    Args:
        table: its TTL attribute is declared (``db.table(name, ttl_attribute="expires_at")``), or read from the service
            (``await db.load_table(name)``).

    Attributes:
        attribute: the TTL attribute.

    Raises:
        ConfigurationError: the table has no TTL attribute.
    """

    def __init__(self, table: Table[M]) -> None:
        attribute = table.schema.ttl_attribute
        if attribute is None:
            raise ConfigurationError(
                f"table {table.name!r} has no TTL attribute",
                table=table.name,
                hint="declare it: db.table(name, ttl_attribute='expires_at'), or use db.load_table(name)",
            )
        self.table, self.attribute = table, attribute
        self._watch = ExpiryWatch(table.name, attribute)

    def __repr__(self) -> str:
        return f"<TimeToLive {self.attribute!r} of {self.table!r}>"

    def expires_at(self, ttl: timedelta) -> int:
        """The epoch seconds to store for an item that is to live so long from now.

        Raises:
            ValidationError: it is not a timedelta, or not a time to come.
        """
        return expiry(self._now(), ttl)

    def remaining(self, item: M | Mapping[str, Any]) -> timedelta | None:
        """How long an item still has; zero where its time is over, None where it never ends.

        An item whose TTL is in milliseconds, or is not a number, never ends either: a ``TimeToLiveWarning`` says so.
        """
        value = _field(item, self.attribute)
        if isinstance(value, datetime):
            value = value.timestamp()
        if value is None:
            return None
        number = isinstance(value, (int, float, Decimal)) and type(value) is not bool
        self._watch.read({self.attribute: {"N": str(value)} if number else {type(value).__name__: value}})
        if not number:
            return None
        try:
            return max(timedelta(seconds=float(value) - self._now()), timedelta(0))
        except OverflowError:  # farther away than a timedelta can tell
            return None

    def query_active(
        self,
        partition: KeyValue,
        sort: SortCondition | KeyValue | Raw | None = None,
        *,
        min_remaining: timedelta = timedelta(0),
        index: str | None = None,
        filter: Condition | None = None,
        projection: ProjectionLike | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        descending: bool = False,
        consistent: bool = False,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Query[M]:
        """The items of one partition key that have not expired, and still have some time.

        Args:
            min_remaining: how long they must still have; items without a TTL always do.
            others: as in ``Table.query``.

        Raises:
            ValidationError: ``min_remaining`` is not a timedelta, or is negative; and as ``Table.query``.
        """
        if not isinstance(min_remaining, timedelta) or min_remaining < timedelta(0):
            raise ValidationError(
                f"min_remaining is {min_remaining!r}; it must be a timedelta, zero or more", table=self.table.name
            )
        wanted = filter
        if min_remaining:
            end = Attr(self.attribute)
            lasting = ~end.has_type("N") | (end > int(self._now() + min_remaining.total_seconds()))
            wanted = lasting if filter is None else filter & lasting
        return self.table.query(
            partition, sort, index=index, filter=wanted, projection=projection, limit=limit, page_size=page_size,
            descending=descending, consistent=consistent, cursor=cursor, hide_expired=True, timeout=timeout,
        )  # fmt: skip

    async def renew(self, key: Key, ttl: timedelta, *, timeout: float | None = None) -> M | None:
        """Let an item that has not expired live so long from now, and give it back.

        Args:
            key: ``Key(partition, sort)``.
            ttl: counted from now; it may also be shorter than what the item still has.
            timeout: seconds.

        Returns:
            the item, as it is then; None where there is none, or where its time was over: it is not brought back to
            life. An item without a TTL never ends, and is left as it is.

        Raises:
            ValidationError: ``ttl`` is not a timedelta, or not a time to come.
        """
        alive = Attr(self.attribute) > int(self._now())
        change = Update().set(self.attribute, self.expires_at(ttl))
        try:
            done = await self.table.update_item(key, change, condition=alive, returns="all_new", timeout=timeout)
        except ConditionFailed as failed:
            left = None if failed.item is None else self.remaining(failed.item)
            there: M | None = failed.item if left is None else None
            return there
        return done.item

    def _now(self) -> float:
        return self.table.config.clock.time()


def _field(item: Any, attribute: str) -> Any:
    return item.get(attribute) if isinstance(item, Mapping) else getattr(item, attribute, None)
