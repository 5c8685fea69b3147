"""The resource of an operation on tags: which table an ARN names, and what the service says where it names none.

Shared by TagResource, UntagResource and ListTagsOfResource. Must not know what is done with the tags.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .. import messages, table_messages
from ..errors import ApiError, validation
from ..state.table import Table

if TYPE_CHECKING:
    from ..engine import Engine

_ARN_LIKE: Final = re.compile(r".+:.+:.+:.+:.+:.+/.+", re.DOTALL)
_TABLE_ARN: Final = re.compile(r"arn:aws:dynamodb:.+:\d+:table/[^/]{3,}")


def check_arn_given(arn: str | None) -> str:
    """The ARN, which must be there."""
    if arn is None:
        raise validation(table_messages.ARN_MISSING)
    return arn


def check_authorized(arn: str, operation: str, engine: Engine) -> None:
    """What does not look like an ARN at all is refused as the service's authorization does.

    Raises:
        ApiError: AccessDeniedException.
    """
    if not _ARN_LIKE.fullmatch(arn):
        message = table_messages.tagging_not_authorized(engine.account, operation, arn)
        raise ApiError("AccessDeniedException", message)


def check_table_arn(arn: str) -> None:
    """It is the ARN of some table."""
    if not _TABLE_ARN.fullmatch(arn):
        raise validation(table_messages.arn_invalid(arn))


def tagged_table(arn: str, engine: Engine, *, named: bool = True) -> Table:
    """The table of an ARN; ``named`` says whether the error names it.

    Raises:
        ApiError: ResourceNotFoundException.
    """
    table = engine.catalog.get(arn)
    if table is None:
        spelled = (
            table_messages.resource_not_found_2026 if engine.wording == "2026" else table_messages.resource_not_found
        )
        raise ApiError("ResourceNotFoundException", spelled(arn) if named else messages.RESOURCE_NOT_FOUND)
    return table


def check_taggable(table: Table) -> None:
    """Tags of a table that is going cannot be changed any more.

    Raises:
        ApiError: ResourceInUseException.
    """
    if table.definition.status == "DELETING":
        raise ApiError("ResourceInUseException", table_messages.table_in_use("deleted", table.name))
