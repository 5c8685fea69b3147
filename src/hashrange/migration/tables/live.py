"""Makes the contract's tables where they are missing, and compares those that are there.

Doing it again changes nothing. Against AWS only when told. Nothing is ever deleted or rebuilt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct

from ...client import DynamoDB
from ...errors import AmbiguousWrite, DeadlineExceeded, DynamoDBError, ResourceNotFound
from ..contract.model import Contract, TableContract
from ..conventions import DEFAULT, Conventions
from ..errors import MigrationError
from .compare import Difference, differences
from .request import create_table_request

_POLL_SECONDS: Final = 1.0
_IN_USE: Final = "ResourceInUseException"


class Outcome(Struct, frozen=True):
    """What became of a table.

    Attributes:
        table: its name.
        action: "created", "unchanged", "indexes added", or "differs": what cannot be mended was left as it is.
        differences: what differs still; indexes that the contract does not have do no harm.
    """

    table: str
    action: Literal["created", "unchanged", "indexes added", "differs"]
    differences: tuple[Difference, ...] = ()


async def ensure_tables(
    contract: Contract,
    db: DynamoDB,
    *,
    conventions: Conventions = DEFAULT,
    aws: bool = False,
    add_indexes: bool = False,
    timeout: float = 300.0,
) -> tuple[Outcome, ...]:
    """Make each table of the contract that is not there, wait until it is ACTIVE, and compare those that are.

    Args:
        contract: what must be there.
        db: where.
        conventions: for the prefix of the tables' names.
        aws: allow it at an endpoint of AWS, where tables cost money; other endpoints need no leave.
        add_indexes: make indexes that are missing in a table that is there, one after the other (UpdateTable). The
            service reads the whole table for each.
        timeout: seconds for each table to become ACTIVE.

    Returns:
        One outcome a table, in the contract's order.

    Raises:
        MigrationError: the endpoint is AWS's, and ``aws`` is not given.
        DeadlineExceeded: a table or index did not become ACTIVE in time.
    """
    if not aws and is_aws(db):
        raise MigrationError(
            f"{db.config.endpoint.url} is AWS, where tables cost money",
            hint="say so with aws=True (--aws), or give the endpoint of DynamoDB Local or `hashrange serve`",
        )
    return tuple([await _ensure(table, db, conventions, add_indexes, timeout) for table in contract.tables.values()])


async def compare_tables(
    contract: Contract, db: DynamoDB, *, conventions: Conventions = DEFAULT
) -> tuple[Difference, ...]:
    """What the live tables have otherwise; a table that is not there is one difference. Changes nothing."""
    found: list[Difference] = []
    for table in contract.tables.values():
        request = create_table_request(table, conventions)
        described = await _described(db, request["TableName"])
        if described is None:
            found.append(Difference(request["TableName"], "table", "one", None, "rebuild"))
        else:
            found.extend(differences(request, described))
    return tuple(found)


def is_aws(db: DynamoDB) -> bool:
    """Whether the client's endpoint is AWS's own (a VPC endpoint among them)."""
    host = db.config.endpoint.host
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))


async def _ensure(
    table: TableContract, db: DynamoDB, conventions: Conventions, add_indexes: bool, timeout: float
) -> Outcome:
    request = create_table_request(table, conventions)
    name = request["TableName"]
    while await _described(db, name) is None:  # again, where an answer was lost: the table may be there or not
        if await _created(db, request):
            await _active(db, name, timeout)
            return Outcome(name, "created")
    described = await _active(db, name, timeout)
    found = differences(request, described)
    missing = [one for one in found if one.remedy == "add-index"]
    if add_indexes and missing and not any(one.remedy == "rebuild" for one in found):
        for one in missing:
            await _add_index(db, request, str(one.index), timeout)
        return Outcome(name, "indexes added", differences(request, await _active(db, name, timeout)))
    return Outcome(name, "differs" if any(one.remedy != "extra" for one in found) else "unchanged", found)


async def _described(db: DynamoDB, name: str) -> Mapping[str, Any] | None:
    try:
        answer = await db.call("DescribeTable", {"TableName": name})
    except ResourceNotFound:
        return None
    described: Mapping[str, Any] = answer["Table"]
    return described


async def _created(db: DynamoDB, request: dict[str, Any]) -> bool:
    """Make the table; False where somebody else did meanwhile, or the answer was lost."""
    try:
        await db.call("CreateTable", request)
    except AmbiguousWrite:
        return False
    except DynamoDBError as error:
        if error.code == _IN_USE:
            return False
        raise
    return True


async def _add_index(db: DynamoDB, request: dict[str, Any], index: str, timeout: float) -> None:
    wanted = next(one for one in request["GlobalSecondaryIndexes"] if one["IndexName"] == index)
    change = {
        "TableName": request["TableName"],
        "AttributeDefinitions": request["AttributeDefinitions"],
        "GlobalSecondaryIndexUpdates": [{"Create": wanted}],
    }
    await db.call("UpdateTable", change)
    await _active(db, request["TableName"], timeout)


async def _active(db: DynamoDB, name: str, timeout: float) -> Mapping[str, Any]:
    """The table's description once it and its indexes are ACTIVE."""
    clock = db.config.clock
    end = clock.monotonic() + timeout
    while True:
        described = await _described(db, name)
        if described is not None and _is_active(described):
            return described
        if clock.monotonic() + _POLL_SECONDS > end:
            status = "not there" if described is None else described.get("TableStatus")
            raise DeadlineExceeded(
                f"table {name!r} is {status} after {timeout:g} s", hint="it may still become ACTIVE: run this again"
            )
        await clock.sleep(_POLL_SECONDS)


def _is_active(described: Mapping[str, Any]) -> bool:
    indexes = described.get("GlobalSecondaryIndexes") or ()
    return described.get("TableStatus") == "ACTIVE" and all(
        one.get("IndexStatus", "ACTIVE") == "ACTIVE" for one in indexes
    )
