"""What both kinds of transactions share: the checks of their elements together, and their cancellation.

An element has a ``table_name``, a ``subject`` (what holds its key) and ``check_keys(table)``. Must not know what
elements do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Generic, ParamSpec, Protocol, TypeVar

from . import messages
from .errors import ApiError, validation
from .requests import check_key_not_empty
from .state.table import Table
from .values import Item

Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")

#: the error of a single operation → its code in a cancellation
_CODES: Final = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ItemCollectionSizeLimitExceededException": "ItemCollectionSizeLimitExceeded",
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "ThrottlingException": "ThrottlingError",
    "TransactionConflictException": "TransactionConflict",
    "ValidationException": "ValidationError",
}


class Element(Protocol):
    """One read or write of a transaction."""

    @property
    def table_name(self) -> str: ...
    @property
    def subject(self) -> Item: ...
    def check_keys(self, table: Table) -> None: ...


def check_no_empty_keys(key: Item) -> None:
    """Refuse an empty text or binary in a key, which is known before its table is."""
    for name, value in key.items():
        check_key_not_empty(name, value)


def check_keys(elements: Sequence[tuple[Element, Table]]) -> None:
    """Cancel for the first element whose key does not fit its table; of the others the service says nothing."""
    for at, (element, table) in enumerate(elements):
        try:
            element.check_keys(table)
        except ApiError as error:
            raise cancelled([error if other == at else None for other in range(len(elements))]) from None


def check_distinct_items(elements: Iterable[tuple[Element, Table]]) -> None:
    """Refuse two elements about one item. The keys have been checked."""
    places = set()
    for count, (element, table) in enumerate(elements, 1):
        places.add((table.name, *table.locate(element.subject)))
        if len(places) < count:
            raise validation(messages.TRANSACTION_DUPLICATES)


class Outcomes(Generic[Result]):
    """What became of each element, tried one after the other; one failure cancels all."""

    __slots__ = ("_errors", "_results")

    def __init__(self) -> None:
        self._results: list[Result] = []
        self._errors: list[ApiError | None] = []

    def attempt(
        self, action: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> None:
        """Try one element."""
        try:
            self._results.append(action(*args, **kwargs))
            self._errors.append(None)
        except ApiError as error:
            self._errors.append(error)

    def results(self) -> list[Result]:
        """What the elements gave, in order.

        Raises:
            ApiError: TransactionCanceledException: one failed.
        """
        if any(self._errors):
            raise cancelled(self._errors)
        return self._results


def cancelled(errors: Sequence[ApiError | None]) -> ApiError:
    """TransactionCanceledException, with a reason for each element; None for those that have none."""
    reasons = [_reason(error) for error in errors]
    return ApiError(
        "TransactionCanceledException",
        messages.transaction_cancelled(reason["Code"] for reason in reasons),
        CancellationReasons=reasons,
    )


def _reason(error: ApiError | None) -> dict[str, Any]:
    if error is None:
        return {"Code": "None"}
    return {"Code": _CODES[error.name], "Message": error.message, **error.members}
