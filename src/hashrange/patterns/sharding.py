"""Write sharding: one logical partition key, spread over several real ones.

One partition key takes 1,000 writes a second; a counter or a feed that gets more is spread over ``COUNTER#SHARD#0`` to
``COUNTER#SHARD#9``. Owns which shard an item goes to and what its keys are called; reading all of them in order is
``MergedQuery``'s. Source: Developer Guide, "Using write sharding to distribute workloads evenly".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Context, Decimal
from math import fsum
from typing import Any, Final, Generic, TypeVar, overload

from msgspec import Struct

from ..clock import Randomness
from ..errors import ConditionFailed, InvalidKey, ItemDecodeError, Throttling, TypeMismatch, ValidationError
from ..expressions import Condition, Raw, SortCondition, Update
from ..expressions.projection import ProjectionLike
from ..key import Key
from ..limits import PARTITION_KEY_MAX_BYTES
from ..merged import MergedQuery
from ..results import PutResult, UpdateResult
from ..table import Table
from ..types import Item, KeyValue

M = TypeVar("M")
N = TypeVar("N")

#: more would cost a read of all of them as many requests
SHARDS_MAX_COUNT: Final = 1_000
#: sums of DynamoDB's numbers (38 digits, from 1E-130 to 1E+125) are exact in it
_EXACT: Final = Context(prec=300)


class ShardedKey(Struct, frozen=True):
    """A partition key that stands for several: ``COUNTER`` for ``COUNTER#SHARD#0``, ``COUNTER#SHARD#1`` …

    Readers and writers must use the same number of shards. It can be raised at any time as long as readers are first;
    what a suffix decided stays where it is.

    Args:
        base: the logical partition key.
        shards: over how many keys it is spread: about the writes a second that it must take, divided by 1,000.
        separator: what stands between the logical key and the number of the shard.

    Raises:
        ValidationError: shards is not a whole number from 1 to 1,000, or the separator is not text.
        InvalidKey: the logical key is not text, is empty, has the separator in it, or is too long.
    """

    base: str
    shards: int = 10
    separator: str = "#SHARD#"

    def __post_init__(self) -> None:
        if type(self.shards) is not int or not 1 <= self.shards <= SHARDS_MAX_COUNT:
            raise ValidationError(
                f"shards is {self.shards!r}; it must be a whole number from 1 to {SHARDS_MAX_COUNT}",
                hint="about one for each 1,000 writes a second",
            )
        if not isinstance(self.separator, str) or not self.separator:
            raise ValidationError("separator must be text, and not empty", hint="leave it out for '#SHARD#'")
        if not isinstance(self.base, str) or not self.base:
            raise InvalidKey("a sharded key must be text, and not empty", hint="ShardedKey('COUNTER', shards=10)")
        if self.separator in self.base:
            raise InvalidKey(
                f"the sharded key {self.base!r} has the separator {self.separator!r} in it: the shards of two keys "
                "could not be told apart",
                hint="give the logical key, or another separator",
            )
        if len(self.key(self.shards - 1).encode("utf-8", "surrogatepass")) > PARTITION_KEY_MAX_BYTES:
            raise InvalidKey(f"the keys of the shards are longer than {PARTITION_KEY_MAX_BYTES} bytes")

    def key(self, shard: int) -> str:
        """The partition key of a shard."""
        return f"{self.base}{self.separator}{shard}"

    @property
    def keys(self) -> list[str]:
        """The partition keys of all shards."""
        return [self.key(shard) for shard in range(self.shards)]

    def random_key(self, randomness: Randomness) -> str:
        """The partition key of any shard."""
        return self.key(min(int(randomness.random() * self.shards), self.shards - 1))

    def key_for(self, suffix: str | int | bytes) -> str:
        """The partition key of the shard that a suffix decides: always the same, in every process.

        Args:
            suffix: what tells items apart: an order's number, a user's id. The number 7 and the text "7" are one.

        Raises:
            TypeMismatch: it is none of these types.
        """
        if isinstance(suffix, bool) or not isinstance(suffix, (str, int, bytes)):
            raise TypeMismatch(
                f"the suffix of sharded key {self.base!r} is of type {type(suffix).__name__}",
                hint="give text, a whole number or bytes",
            )
        from hashlib import blake2b  # slow to import, and random shards do without

        data = suffix if isinstance(suffix, bytes) else str(suffix).encode("utf-8", "surrogatepass")
        return self.key(int.from_bytes(blake2b(data, digest_size=8).digest(), "big") % self.shards)


class ShardedPutResult(PutResult[M], Generic[M], frozen=True, kw_only=True):
    """What a sharded put gives.

    Attributes:
        key: the item's key, with its shard.
        old_item, consumed: as in ``PutResult``.
    """

    key: Key


class Sharded(Generic[M]):
    """The items of a table, spread over shards.

    Args:
        table: where they are.
        randomness: what chooses random shards; None: that of the table's client.
    """

    def __init__(self, table: Table[M], *, randomness: Randomness | None = None) -> None:
        self.table = table
        self._plain: Table[Item] = table.with_model(dict)
        self._randomness = table.config.randomness if randomness is None else randomness

    def __repr__(self) -> str:
        return f"<Sharded {self.table!r}>"

    # ── items ────────────────────────────────────────────────────────────────────────────────────────────────────────
    async def put_item_sharded(
        self,
        item: M | Mapping[str, Any],
        sharded_key: ShardedKey,
        suffix: str | int | bytes | None = None,
        *,
        index: str | None = None,
        condition: Condition | None = None,
        return_old: bool = False,
        ttl: timedelta | None = None,
        timeout: float | None = None,
    ) -> ShardedPutResult[M]:
        """Write an item into a shard. Its partition key attribute is filled in, and may be missing in the item.

        An item that has a shard's key already (as one that was read) stays there.

        Args:
            item: the item, or an object of the table's model.
            sharded_key: the key that it belongs to.
            suffix: what decides the shard; None: a random one.
            index: spread the partition key of this index instead of the table's.
            condition: as in ``Table.put_item``; it sees the item with this key in its shard, and no other shard.
            others: as in ``Table.put_item``.

        Raises:
            InvalidKey: the item has a partition key of its own, or is in another shard than the suffix says.
            others: as ``Table.put_item``.
        """
        values = self.table.to_item(item)
        schema = self.table.schema
        name = (schema.keys if index is None else schema.index(index).keys).partition_key
        values[name] = self._partition(values.get(name), name, sharded_key, suffix)
        try:
            put = await self._plain.put_item(
                values, condition=condition, return_old=return_old, ttl=ttl, timeout=timeout
            )
        except ConditionFailed as failed:
            failed.item = self._modelled(failed.item)
            raise
        old = None if put.old_item is None else self.table.from_item(put.old_item)
        return ShardedPutResult(old_item=old, consumed=put.consumed, key=Key.from_item(values, schema.keys))

    def _partition(self, given: Any, name: str, sharded_key: ShardedKey, suffix: str | int | bytes | None) -> str:
        decided = None if suffix is None else sharded_key.key_for(suffix)
        if given is None or given == sharded_key.base:
            return sharded_key.random_key(self._randomness) if decided is None else decided
        if given not in sharded_key.keys:
            raise InvalidKey(
                f"the item's {name!r} is neither {sharded_key.base!r} nor one of its {sharded_key.shards} shards",
                hint="leave it out: it is filled in",
                table=self.table.name,
                operation="PutItem",
            )
        if decided is not None and given != decided:
            raise InvalidKey(
                f"the item is in another shard of {sharded_key.base!r} than its suffix says",
                hint="was the number of shards changed? Without a suffix, it stays where it is",
                table=self.table.name,
                operation="PutItem",
            )
        return str(given)

    def _modelled(self, item: Any) -> Any:
        try:
            return None if item is None else self.table.from_item(item)
        except ItemDecodeError:
            return item  # that it does not fit the model is another matter

    @overload
    def query_sharded(
        self,
        sharded_key: ShardedKey,
        sort: SortCondition | KeyValue | Raw | None = None,
        *,
        index: str | None = None,
        filter: Condition | None = None,
        projection: ProjectionLike | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        descending: bool = False,
        consistent: bool = False,
        cursor: str | None = None,
        hide_expired: bool = False,
        timeout: float | None = None,
    ) -> MergedQuery[M]: ...
    @overload
    def query_sharded(
        self,
        sharded_key: ShardedKey,
        sort: SortCondition | KeyValue | Raw | None = None,
        *,
        model: type[N],
        index: str | None = None,
        filter: Condition | None = None,
        projection: ProjectionLike | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        descending: bool = False,
        consistent: bool = False,
        cursor: str | None = None,
        hide_expired: bool = False,
        timeout: float | None = None,
    ) -> MergedQuery[N]: ...
    def query_sharded(
        self,
        sharded_key: ShardedKey,
        sort: SortCondition | KeyValue | Raw | None = None,
        *,
        model: type[Any] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Any,
    ) -> Any:
        """The items of all shards, in the order of the sort key. Nothing is sent until the result is used.

        All shards are read at the same time, and at most one page of each is in hand and one read ahead. With a limit,
        each shard is asked for its even share of it and a little more.

        Args:
            sharded_key: whose items.
            sort: a condition on the sort key, or the value that it equals; None for all.
            index: an index whose partition key is sharded.
            limit: at most so many items, of all shards together.
            page_size: at most so many items are read of one shard by one request.
            cursor: go on where a ``Page.cursor`` of the same sharded query points to.
            others: as in ``Table.query``.

        Raises:
            InvalidCursor: when it is used: the cursor is damaged, or of another query or number of shards.
            others: as ``Table.query``.
        """
        if model is not None:
            options["model"] = model
        queries: list[Any] = [self.table.query(key, sort, **options) for key in sharded_key.keys]
        return MergedQuery.of(queries, limit=limit, cursor=cursor)

    # ── counters ─────────────────────────────────────────────────────────────────────────────────────────────────────
    async def add_sharded(
        self,
        sharded_key: ShardedKey,
        attribute: str,
        amount: int | Decimal | float = 1,
        *,
        sort: KeyValue | None = None,
        suffix: str | int | bytes | None = None,
        retry_ambiguous: bool = False,
        timeout: float | None = None,
    ) -> UpdateResult[M]:
        """Add to a counter, in one of its shards; ``sum_sharded`` reads it.

        Args:
            sharded_key: the counter's key.
            attribute: the counter's name; it begins at 0.
            amount: what is added; less than 0 to count down.
            sort: the sort key of the counter's items, where the table has one.
            suffix: what decides the shard; None: a random one.
            retry_ambiguous, timeout: as in ``Table.update_item``.

        Raises:
            AmbiguousWrite: the answer was lost, and adding again could count twice; as ``Table.update_item``.
        """
        partition = sharded_key.random_key(self._randomness) if suffix is None else sharded_key.key_for(suffix)
        return await self.table.update_item(
            Key(partition, sort), Update().add(attribute, amount), retry_ambiguous=retry_ambiguous, timeout=timeout
        )

    async def sum_sharded(
        self,
        sharded_key: ShardedKey,
        attribute: str,
        *,
        sort: KeyValue | None = None,
        consistent: bool = False,
        timeout: float | None = None,
    ) -> int | Decimal | float:
        """The sum of a counter over all its shards; exact, unless the client decodes numbers as floats.

        Adding that goes on meanwhile is seen in part.

        Raises:
            Throttling: not all shards could be read.
            TypeMismatch: the attribute of a shard is not a number.
        """
        keys = [Key(key, sort) for key in sharded_key.keys]
        found = await self._plain.batch_get(keys, projection=[attribute], consistent=consistent, timeout=timeout)
        if found.unprocessed:
            raise Throttling(
                f"{len(found.unprocessed)} of {len(keys)} shards of {sharded_key.base!r} could not be read",
                table=self.table.name,
                operation="BatchGetItem",
            )
        total: int | Decimal | float = 0
        for key, item in zip(keys, found, strict=True):
            value = 0 if item is None else item.get(attribute, 0)
            if isinstance(value, bool) or not isinstance(value, (int, Decimal, float)):
                raise TypeMismatch(
                    f"attribute {attribute!r} of a shard of {sharded_key.base!r} is not a number",
                    table=self.table.name,
                    operation="BatchGetItem",
                    key=key,
                )
            total = _sum(total, value)
        return total


def _sum(one: int | Decimal | float, other: int | Decimal | float) -> int | Decimal | float:
    if isinstance(one, float) or isinstance(other, float):
        return fsum((one, other))
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    return _EXACT.add(Decimal(one), Decimal(other))
