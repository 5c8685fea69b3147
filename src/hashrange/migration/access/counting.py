"""Numbers that are counted up and down: stock that is never sold twice, counters that lose nothing.

A number that one attribute holds is counted in place, by one conditional update. One that other attributes are made of,
too (a stock, and the label "few left"), is read and written with them, and anew where somebody else was faster; in a
transaction, since of two that count 5 to 4 each has to know whether it was its own write. Must not know entities.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar

from ...errors import ConditionFailed, TransactionCanceled, ValidationError
from ...expressions import Attr, Condition, Update
from ...key import Key
from ...types import Item
from ..errors import NotInContract
from ..mapping.fields import Record
from .changes import Change, attributes_of, change_of
from .refusals import condition_failed
from .stored import transaction
from .writing import Writing

R = TypeVar("R")

#: how often a count begins anew because others count the same number
ATTEMPTS_MAX_COUNT: Final = 64


class Counting(Writing[R]):
    """What ``Repository`` can count."""

    async def decrease(
        self,
        key: Any,
        field: str,
        by: int | Decimal = 1,
        *,
        not_below: int | Decimal = 0,
        token: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Take from a number, but never below a limit, whoever else does the same: no stock is sold twice.

        Args:
            key: as ``update``.
            field: of a number that an attribute holds just so.
            by: how much.
            not_below: the least that must be left.
            token: names what is done once: within ten minutes the same call with it counts as one.
            timeout: seconds.

        Raises:
            ConditionFailed: there is no such record, it has no such number, or too little of it; the text says which.
            AmbiguousWrite: without a token: its answer was lost, and it may have been applied.
            NotInContract: no attribute holds the number as it is.
            ValidationError: a token, where other attributes are made of the number, too: that is no one write.
        """
        with self._operation("decrease"), self._located("UpdateItem"):
            await self._count(key, field, -checked_amount(by), not_below, token, timeout)

    async def increase(
        self, key: Any, field: str, by: int | Decimal = 1, *, token: str | None = None, timeout: float | None = None
    ) -> None:
        """Add to a number that is there. Args and errors: as ``decrease``."""
        with self._operation("increase"), self._located("UpdateItem"):
            await self._count(key, field, checked_amount(by), None, token, timeout)

    async def _count(
        self,
        key: Any,
        field: str,
        by: int | Decimal,
        not_below: int | Decimal | None,
        token: str | None,
        timeout: float | None,
    ) -> None:
        wanted = await self.resolved(key, {}, timeout=timeout)
        if wanted is None:
            raise ConditionFailed(f"there is no record of {self.label} with this key")
        if not self.counts_in_place(field):
            if token is not None:
                raise ValidationError(
                    f"{self.mapping.name}: other attributes are made of {field!r}, too, so no token can stand for it",
                    hint="use a transaction: await tx.decrease(...)",
                )
            await self._count_with_others(wanted, field, by, not_below, timeout)
            return
        update, condition = self.counting(field, by, not_below)
        try:
            if token is None:
                await self.table.update_item(wanted, update, condition=condition, timeout=timeout)
            else:
                async with transaction(self.db, token=token, timeout=timeout) as tx:
                    tx.raw.update(self.table, wanted, update, condition=condition)
        except (ConditionFailed, TransactionCanceled) as error:
            failed = condition_failed(error)
            held = failed.item.get(field) if isinstance(failed.item, Mapping) else None
            raise self._explained(failed, self._why_not(field, by, held, isinstance(failed.item, Mapping))) from error

    async def _count_with_others(
        self, wanted: Key, field: str, by: int | Decimal, not_below: int | Decimal | None, timeout: float | None
    ) -> None:
        for attempt in range(1, ATTEMPTS_MAX_COUNT + 1):
            item, record = await self.read_for_write(wanted, timeout)
            change = self.counted(item, record, field, by, not_below)
            try:
                await self._write(change, None, timeout, exactly_once=True)
                return
            except (ConditionFailed, TransactionCanceled) as error:
                failed = condition_failed(error)
                if attempt == ATTEMPTS_MAX_COUNT or not self._others_were_faster(failed, change):
                    raise self._explained(failed) from error
            await self._pause(attempt)

    # ── how a number is counted ──────────────────────────────────────────────────────────────────────────────────────
    def counts_in_place(self, field: str) -> bool:
        """Whether nothing but one attribute is made of the number, so that it need not be read.

        Raises:
            NotInContract: no attribute holds the number as it is.
        """
        name = self._attribute_of(field)
        if self.mapping.attribute_type(name) != "N":
            raise NotInContract(f"{self.mapping.name}: {field!r} is no number in the contract", hint="use update()")
        return self.mapping.fields[name].attributes == (name,)

    def counting(self, field: str, by: int | Decimal, not_below: int | Decimal | None) -> tuple[Update, Condition]:
        """The update and the condition that count a number in place."""
        name = self._attribute_of(field)
        path = Attr(name)
        condition = self.stored.exists() & path.exists()
        if not_below is not None:
            condition &= path >= not_below - by
        return Update().increment(name, by), condition

    def counted(
        self, item: Item, record: Record, field: str, by: int | Decimal, not_below: int | Decimal | None
    ) -> Change:
        """The change that counting is, with everything that is made of the number."""
        name = self._attribute_of(field)
        held = record.get(name)
        if held is None or (not_below is not None and held + by < not_below):
            failed = ConditionFailed(self._why_not(field, by, held, there=True), key=self.stored.key_of(item))
            failed.item = self.there(item)
            raise failed
        return change_of(self.mapping, item, record, {name: held + by}, attributes_of(self.mapping, {name: None}))

    def _why_not(self, field: str, by: int | Decimal, held: Any, there: bool) -> str:
        if not there:
            return f"there is no record of {self.label} with this key"
        if held is None:
            return f"the {self.label} has no {field}: set it before it is counted"
        return f"the {self.label} has too little {field}: {held}, and {-by} are wanted"


def checked_amount(by: int | Decimal) -> int | Decimal:
    """Refuse what cannot be counted by."""
    if isinstance(by, bool) or not isinstance(by, (int, Decimal)) or by <= 0:
        raise ValidationError(f"by is {by!r}; it must be a whole number or a Decimal over 0")
    return by
