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
KEY_ATTRIBUTES_MAX_COUNT: Final = 4  # of a global index's partition key, and of its sort key

BATCH_GET_MAX_KEYS: Final = 100
BATCH_GET_MAX_BYTES: Final = 16 * 1024 * 1024
BATCH_WRITE_MAX_ITEMS: Final = 25
BATCH_WRITE_MAX_BYTES: Final = 16 * 1024 * 1024
TRANSACTION_MAX_ACTIONS: Final = 100
TRANSACTION_MAX_BYTES: Final = 4 * 1024 * 1024
TRANSACTION_TOKEN_MAX_CHARS: Final = 36  # API reference, TransactWriteItems, ClientRequestToken
PARTIQL_STATEMENT_MAX_CHARS: Final = 8_192
PARTIQL_NEXT_TOKEN_MAX_CHARS: Final = 32_768
PARTIQL_BATCH_MAX_STATEMENTS: Final = 25
PAGE_MAX_BYTES: Final = 1024 * 1024  # data read by one Query or Scan
PARTITION_READ_MAX_UNITS_PER_SECOND: Final = 3_000  # "Designing partition keys to distribute your workload"
PARTITION_WRITE_MAX_UNITS_PER_SECOND: Final = 1_000  # the same
SCAN_SEGMENTS_MAX_COUNT: Final = 1_000_000  # API reference, Scan, TotalSegments
REQUEST_MAX_BYTES: Final = 16 * 1024 * 1024

VECTOR_INDEXES_MAX_COUNT: Final = 5  # of one table
VECTOR_MAX_DIMENSIONS: Final = 4_096
VECTOR_FILTERS_MAX_COUNT: Final = 18  # inline filters of one vector index
VECTOR_PROJECTED_MAX_COUNT: Final = 20  # non-key attributes, the vector and the inline filters; API, "VectorIndexes"
VECTOR_RESULTS_MAX_COUNT: Final = 100  # TopK
VECTOR_RESULTS_MAX_BYTES: Final = 16 * 1024 * 1024  # "Requirements and limitations" of vector indexes
VECTOR_REQUEST_MIN_BYTES: Final = 1_024  # what a request is metered at least; "Monitoring vector index capacity"

STREAM_RETENTION_SECONDS: Final = 24 * 3600  # "Change data capture for DynamoDB Streams"
STREAM_RECORDS_MAX_COUNT: Final = 1_000  # of one GetRecords; API reference, GetRecords
STREAM_RECORDS_MAX_BYTES: Final = 1024 * 1024  # the same
STREAMS_PAGE_MAX_COUNT: Final = 100  # API reference, ListStreams and DescribeStream, Limit
SHARD_ITERATOR_MAX_AGE_SECONDS: Final = 15 * 60  # API reference, GetShardIterator

EXPRESSION_MAX_BYTES: Final = 4_096
EXPRESSION_OPERATORS_MAX_COUNT: Final = 300
IN_MAX_OPERANDS: Final = 100
IN_PARTITIONS_MAX_COUNT: Final = 50  # values of a partition key in PartiQL's IN; Developer Guide, "PartiQL operators"
LIST_INDEX_MAX: Final = 2**31 - 1  # "List index is not within the allowable range" beyond it
EXPRESSION_VALUES_MAX_BYTES: Final = 2 * 1024 * 1024
