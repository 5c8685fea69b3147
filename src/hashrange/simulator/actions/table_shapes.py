"""Shapes that requests about tables share: keys, indexes, throughput and settings.

Orders of members and of choices are the service's. Must not know what an operation does with them.
"""

from __future__ import annotations

from typing import Final

from ..shapes import (
    INDEX_NAME,
    Structure,
    anything,
    boolean,
    list_of,
    long,
    required,
    required_unless,
    string,
    structure,
)

#: throughput beyond this is out of bounds; below it, what an account may have still limits it
CAPACITY_UNITS_MAX: Final = 1_000_000_000_000

_KEY_NAME: Final = string(1, 255)

ATTRIBUTE_DEFINITIONS: Final = list_of(
    structure(
        "AttributeDefinition",
        AttributeName=required(_KEY_NAME),
        AttributeType=required(string(enum=("B", "N", "S"))),
    )
)
_KEY_SCHEMA_ELEMENT: Final = structure(
    "KeySchemaElement",
    AttributeName=required(_KEY_NAME),
    KeyType=required(string(enum=("HASH", "RANGE"))),
)
KEY_SCHEMA: Final = list_of(_KEY_SCHEMA_ELEMENT, 1, 2)
#: of global indexes; how many attributes it may have depends on their roles
GLOBAL_KEY_SCHEMA: Final = list_of(_KEY_SCHEMA_ELEMENT, 1)
PROJECTION: Final = structure(
    "Projection",
    ProjectionType=string(enum=("ALL", "INCLUDE", "KEYS_ONLY")),
    NonKeyAttributes=list_of(string(1, 255), 1, 20),
)
BILLING_MODE: Final = string(enum=("PROVISIONED", "PAY_PER_REQUEST"))
PROVISIONED_THROUGHPUT: Final = structure(
    "ProvisionedThroughput",
    WriteCapacityUnits=required(long(1)),
    ReadCapacityUnits=required(long(1)),
)
ON_DEMAND_THROUGHPUT: Final = structure("OnDemandThroughput", MaxReadRequestUnits=long(), MaxWriteRequestUnits=long())
WARM_THROUGHPUT: Final = structure("WarmThroughput", ReadUnitsPerSecond=long(), WriteUnitsPerSecond=long())

LOCAL_SECONDARY_INDEX: Final = structure(
    "LocalSecondaryIndex",
    IndexName=required(INDEX_NAME),
    KeySchema=required(KEY_SCHEMA),
    Projection=required(PROJECTION),
)
GLOBAL_SECONDARY_INDEX: Final = structure(
    "GlobalSecondaryIndex",
    IndexName=required(INDEX_NAME),
    KeySchema=required(GLOBAL_KEY_SCHEMA),
    Projection=required(PROJECTION),
    ProvisionedThroughput=PROVISIONED_THROUGHPUT,
    OnDemandThroughput=ON_DEMAND_THROUGHPUT,
    WarmThroughput=WARM_THROUGHPUT,
)
#: the same as the newest wording looks at it
GLOBAL_SECONDARY_INDEX_2026: Final = structure(
    "GlobalSecondaryIndex",
    KeySchema=required(GLOBAL_KEY_SCHEMA),
    Projection=required(PROJECTION),
    IndexName=required(INDEX_NAME),
    ProvisionedThroughput=PROVISIONED_THROUGHPUT,
    OnDemandThroughput=ON_DEMAND_THROUGHPUT,
    WarmThroughput=WARM_THROUGHPUT,
)


def _index_update(update: Structure) -> Structure:
    return structure(
        "GlobalSecondaryIndexUpdate",
        Update=update,
        Create=structure(
            "CreateGlobalSecondaryIndexAction",
            Projection=required(PROJECTION),
            IndexName=required(INDEX_NAME),
            ProvisionedThroughput=PROVISIONED_THROUGHPUT,
            KeySchema=required(GLOBAL_KEY_SCHEMA),
            OnDemandThroughput=ON_DEMAND_THROUGHPUT,
            WarmThroughput=WARM_THROUGHPUT,
        ),
        Delete=structure("DeleteGlobalSecondaryIndexAction", IndexName=required(INDEX_NAME)),
    )


#: the long-standing wording demands provisioned throughput of an update that changes nothing else
GLOBAL_SECONDARY_INDEX_UPDATE: Final = _index_update(
    structure(
        "UpdateGlobalSecondaryIndexAction",
        IndexName=required(INDEX_NAME),
        ProvisionedThroughput=required_unless(PROVISIONED_THROUGHPUT, "OnDemandThroughput", "WarmThroughput"),
        OnDemandThroughput=ON_DEMAND_THROUGHPUT,
        WarmThroughput=WARM_THROUGHPUT,
    )
)
GLOBAL_SECONDARY_INDEX_UPDATE_2026: Final = _index_update(
    structure(
        "UpdateGlobalSecondaryIndexAction",
        IndexName=required(INDEX_NAME),
        ProvisionedThroughput=PROVISIONED_THROUGHPUT,
        OnDemandThroughput=ON_DEMAND_THROUGHPUT,
        WarmThroughput=WARM_THROUGHPUT,
    )
)

STREAM_SPECIFICATION: Final = structure(
    "StreamSpecification",
    StreamEnabled=required(boolean()),
    StreamViewType=string(enum=("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")),
)
SSE_SPECIFICATION: Final = structure(
    "SSESpecification",
    Enabled=boolean(),
    SSEType=string(enum=("AES256", "KMS")),
    KMSMasterKeyId=string(),
)
TABLE_CLASS: Final = string(enum=("STANDARD", "STANDARD_INFREQUENT_ACCESS"))
#: the newest wording checks it later, in words of its own
TABLE_CLASS_2026: Final = string()
TAGS: Final = list_of(structure("Tag", Key=string(), Value=string()))
#: taken whole and then refused: the simulator does not have what it asks for
NOT_SIMULATED: Final = anything()
