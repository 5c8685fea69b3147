"""What an account may provision: the limits that DescribeLimits tells, and their violation.

Source: Developer Guide, "Quotas in Amazon DynamoDB"; the figures are those of us-east-1.
"""

from __future__ import annotations

from typing import Final

from .. import table_messages
from ..errors import ApiError
from ..state.definitions import Throughput

TABLE_UNITS_MAX: Final = 40_000
ACCOUNT_UNITS_MAX: Final = 80_000


def check_capacity_limits(throughput: Throughput, region: str, index: str | None = None) -> None:
    """A table or index does not have more than one may have.

    Raises:
        ApiError: LimitExceededException.
    """
    for member, units in (("ReadCapacityUnits", throughput.read), ("WriteCapacityUnits", throughput.write)):
        if units > TABLE_UNITS_MAX:
            message = table_messages.above_maximum(units, member, index, region, TABLE_UNITS_MAX)
            raise ApiError("LimitExceededException", message)
