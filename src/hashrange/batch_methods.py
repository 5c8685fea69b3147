"""The methods of a table that read and write many items by their keys: signatures and their documentation.

What they do is ``batch_get``'s and ``batch``'s, which load at the first use. Must not know how.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast, overload

from .expressions.projection import ProjectionLike
from .key import Key

if TYPE_CHECKING:
    from .batch import Batch, BatchReport
    from .batch_get import BatchGetResult
    from .table import Table

M = TypeVar("M")
N = TypeVar("N")


class BatchMethods(Generic[M]):
    """A part of ``Table``."""

    @overload
    async def batch_get(
        self,
        keys: Iterable[Key],
        *,
        consistent: bool = False,
        projection: ProjectionLike | None = None,
        hide_expired: bool = False,
        concurrency: int = 8,
        timeout: float | None = None,
    ) -> BatchGetResult[M]: ...
    @overload
    async def batch_get(
        self,
        keys: Iterable[Key],
        *,
        model: type[N],
        consistent: bool = False,
        projection: ProjectionLike | None = None,
        hide_expired: bool = False,
        concurrency: int = 8,
        timeout: float | None = None,
    ) -> BatchGetResult[N]: ...
    async def batch_get(
        self,
        keys: Iterable[Key],
        *,
        model: type[Any] | None = None,
        consistent: bool = False,
        projection: ProjectionLike | None = None,
        hide_expired: bool = False,
        concurrency: int = 8,
        timeout: float | None = None,
    ) -> Any:
        """The items with these keys, any number of them: a list in the order of the keys, None where there is no item.

        A key that is given several times is read once. Requests have up to 100 keys. What DynamoDB leaves unread is
        asked for again, with backoff; what is given up stands in the result's ``unprocessed``.

        Args:
            keys: ``Key(partition, sort)``.
            model: decode items as this instead of the table's model; ``dict`` for plain values.
            consistent: see every write that was acknowledged before; costs twice the capacity.
            projection: only these attributes: names and ``Attr`` paths.
            hide_expired: None for items whose TTL is over and which DynamoDB has not deleted yet.
            concurrency: how many requests may be under way.
            timeout: seconds for all of it; None: the client's timeout.

        Raises:
            InvalidKey: a key is not one of this table; says which.
            DeadlineExceeded: the time was up before every key had been asked for.
        """
        from .batch_get import table_batch_get

        return await table_batch_get(
            self._table, keys, model=model, consistent=consistent, projection=projection, hide_expired=hide_expired,
            concurrency=concurrency, timeout=timeout,
        )  # fmt: skip

    def batch(
        self,
        *,
        concurrency: int = 8,
        on_duplicate: Literal["last", "error"] = "last",
        timeout: float | None = None,
    ) -> Batch[M]:
        """Puts and deletes, any number of them: ``async with users.batch() as batch: batch.put(user)``.

        Args:
            concurrency: how many requests may be under way.
            on_duplicate: a second operation on a key replaces one that was not sent yet ("last"), or is refused
                ("error", for which all keys are remembered).
            timeout: seconds from the beginning of the block, for all of it; None: only each request has the client's.

        Raises:
            ValidationError: a parameter is not what it may be.
        """
        from .batch import Batch

        return Batch(self._table, concurrency=concurrency, on_duplicate=on_duplicate, timeout=timeout)

    async def batch_write(
        self,
        puts: Iterable[M | Mapping[str, Any]] = (),
        deletes: Iterable[Key] = (),
        *,
        concurrency: int = 8,
        on_duplicate: Literal["last", "error"] = "last",
        timeout: float | None = None,
    ) -> BatchReport:
        """Write all these items, then delete those with these keys; operations on one key keep that order.

        Collections (list, tuple, set) are checked whole before anything is sent. Other iterables are consumed as they
        are written, in bounded memory; if one raises, or gives what is refused, that ends it as it ends a ``batch``.

        Args:
            puts: models' objects or mappings.
            deletes: keys.
            others: as in ``batch``.

        Raises:
            BatchError: operations were not acknowledged; ``failed`` has them all.
            ItemTooLarge, MissingRequiredKey, InvalidKey, TypeMismatch, ValidationError: one is refused; says which.
        """
        from .batch import batch_write

        table = self._table
        return await batch_write(
            self.batch(concurrency=concurrency, on_duplicate=on_duplicate, timeout=timeout),
            ((table, item) for item in puts),
            ((table, key) for key in deletes),
            checked_first=isinstance(puts, Collection) and isinstance(deletes, Collection),
        )

    @property
    def _table(self) -> Table[M]:
        return cast("Table[M]", self)
