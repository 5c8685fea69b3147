"""New ids after the cut-over, when no AUTO_INCREMENT makes them any more: an atomic counter in a table of your choice.

Owns the counter's item. Must not know entities.
"""

from __future__ import annotations

import asyncio

from ...errors import ConditionFailed, ConfigurationError, ValidationError
from ...expressions import Attr, Update
from ...key import Key
from ...table import Table
from ...types import Item
from ..errors import MigrationError

_NEXT = "next_id"


class IdAllocator:
    """Whole numbers that nobody else gets, over any that the source has given.

        ids = IdAllocator(db.table("counters", "PK", None), "orders", block=10)
        await ids.seed(above=981_204)          # MAX(id) of the source; once, at the cut-over
        order_id = await ids.allocate()

    Ids rise; what a process has reserved and not used is left out, as with AUTO_INCREMENT. The counter's item is not
    one of the contract: keep it in a table of its own.

    Args:
        table: where the counter is, with keys that are text.
        name: of the counter; its key is ``ID#name`` (with the sort key ``ID`` where the table has one).
        block: how many ids one write reserves.
    """

    def __init__(self, table: Table[Item], name: str, *, block: int = 1) -> None:
        if isinstance(block, bool) or not isinstance(block, int) or not 1 <= block <= 1_000_000:
            raise ValidationError(f"block is {block!r}; it must be a whole number of ids, 1 to 1,000,000")
        self.table, self.name, self.block = table, name, block
        self.key = Key(f"ID#{name}") if table.schema.keys.sort_key is None else Key(f"ID#{name}", "ID")
        self._next, self._end = 1, 1  # of the block in hand: the next id, and the first beyond
        self._lock = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<IdAllocator {self.name!r} in {self.table.name!r}, blocks of {self.block}>"

    async def seed(self, above: int, *, timeout: float | None = None) -> int:
        """Let ids begin above the greatest one that was given. A counter that is further on stays so: calling it again
        does no harm.

        Args:
            above: the greatest id of the source (0 where there is none).
            timeout: seconds.

        Returns:
            the next id.
        """
        if isinstance(above, bool) or not isinstance(above, int) or above < 0:
            raise ValidationError(f"above is {above!r}; it must be a whole number, 0 or more")
        counter = Attr(_NEXT)
        try:
            await self.table.update_item(
                self.key,
                Update().set(_NEXT, above + 1),
                condition=counter.not_exists() | (counter < above + 1),
                timeout=timeout,
            )
        except ConditionFailed as failed:
            return int(failed.item[_NEXT])
        return above + 1

    async def allocate(self, *, timeout: float | None = None) -> int:
        """A new id.

        Raises:
            ConfigurationError: the counter was not seeded.
        """
        async with self._lock:
            if self._next >= self._end:
                self._end = await self._reserved(timeout)
                self._next = self._end - self.block
            self._next += 1
            return self._next - 1

    async def _reserved(self, timeout: float | None) -> int:
        try:
            done = await self.table.update_item(
                self.key,
                Update().increment(_NEXT, self.block),
                condition=Attr(_NEXT).exists(),
                returns="updated_new",
                retry_ambiguous=True,  # reserving a block twice leaves ids out, and gives none twice
                timeout=timeout,
            )
        except ConditionFailed as failed:
            raise ConfigurationError(
                f"the counter {self.name!r} in table {self.table.name!r} was not seeded",
                hint="await ids.seed(above=MAX(id)) once, when the source gives no ids any more",
            ) from failed
        if done.item is None:
            raise MigrationError(f"the counter {self.name!r} gave nothing back")
        return int(done.item[_NEXT])
