"""What the service says when it is busy, verbatim: throughput that has run out, and transactions that are under way.

Sources: API reference, TransactionCanceledException; Developer Guide, "Troubleshooting throttling"; answers of the
service as observed in 2024. Must not know when any of it is due.
"""

from __future__ import annotations

from typing import Final

TABLE_EXCEEDED: Final = (
    "The level of configured provisioned throughput for the table was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API."
)
INDEX_EXCEEDED: Final = (
    "The level of configured provisioned throughput for one or more global secondary indexes of the table was "
    "exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with "
    "the UpdateTable API."
)
ON_DEMAND_TABLE_EXCEEDED: Final = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or "
    "index so please try again shortly. If exceptions persist, check if you have a hot key: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
ON_DEMAND_INDEX_EXCEEDED: Final = (
    "Throughput exceeds the current capacity for one or more global secondary indexes. "
    "DynamoDB is automatically scaling your index so please try again shortly."
)
ON_DEMAND_MAXIMUM_EXCEEDED: Final = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"

ITEM_IN_TRANSACTION: Final = "Transaction is ongoing for the item"
#: the same as the reason of a cancellation, which has a full stop
REASON_ITEM_IN_TRANSACTION: Final = "Transaction is ongoing for the item."
TRANSACTION_IN_PROGRESS: Final = "Transaction from previous request is still in progress"
