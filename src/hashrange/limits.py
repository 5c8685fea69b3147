"""Every number that DynamoDB sets, its unit last in the name.

Source, unless a line says otherwise: Amazon DynamoDB Developer Guide, "Quotas in Amazon DynamoDB" and
"Constraints in Amazon DynamoDB". Must not know who uses them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

ITEM_SIZE_MAX_BYTES: Final = 409_600  # 400 KB, attribute names included
PARTITION_KEY_MAX_BYTES: Final = 2_048
SORT_KEY_MAX_BYTES: Final = 1_024
NESTING_MAX_LEVELS: Final = 32
ITEM_COLLECTION_MAX_BYTES: Final = 10 * 1024**3  # of tables with local secondary indexes

NUMBER_MAX_DIGITS: Final = 38  # significant; "Data types: Number"
NUMBER_MAX: Final = Decimal("9.9999999999999999999999999999999999999E+125")
NUMBER_MAX_EXPONENT: Final = 125  # of the leading digit
NUMBER_MIN_EXPONENT: Final = -130

ATTRIBUTE_NAME_MAX_BYTES: Final = 65_535
KEY_ATTRIBUTE_NAME_MAX_BYTES: Final = 255
TABLE_NAME_MIN_CHARS: Final = 3
TABLE_NAME_MAX_CHARS: Final = 255
INDEX_NAME_MIN_CHARS: Final = 3
INDEX_NAME_MAX_CHARS: Final = 255
GLOBAL_INDEXES_MAX_COUNT: Final = 20
LOCAL_INDEXES_MAX_COUNT: Final = 5

BATCH_GET_MAX_KEYS: Final = 100
BATCH_GET_MAX_BYTES: Final = 16 * 1024 * 1024
BATCH_WRITE_MAX_ITEMS: Final = 25
BATCH_WRITE_MAX_BYTES: Final = 16 * 1024 * 1024
TRANSACTION_MAX_ACTIONS: Final = 100
TRANSACTION_MAX_BYTES: Final = 4 * 1024 * 1024
TRANSACTION_TOKEN_MAX_CHARS: Final = 36  # API reference, TransactWriteItems, ClientRequestToken
PAGE_MAX_BYTES: Final = 1024 * 1024  # data read by one Query or Scan
PARTITION_READ_MAX_UNITS_PER_SECOND: Final = 3_000  # "Designing partition keys to distribute your workload"
PARTITION_WRITE_MAX_UNITS_PER_SECOND: Final = 1_000  # the same
SCAN_SEGMENTS_MAX_COUNT: Final = 1_000_000  # API reference, Scan, TotalSegments
REQUEST_MAX_BYTES: Final = 16 * 1024 * 1024

EXPRESSION_MAX_BYTES: Final = 4_096
EXPRESSION_OPERATORS_MAX_COUNT: Final = 300
IN_MAX_OPERANDS: Final = 100
LIST_INDEX_MAX: Final = 2**31 - 1  # "List index is not within the allowable range" beyond it
EXPRESSION_VALUES_MAX_BYTES: Final = 2 * 1024 * 1024
