"""ImportTable: a new table with the items of objects in the folder that stands for S3.

The table is made and filled as the request is answered; it is CREATING, and the import IN_PROGRESS, until their time
has come. What is no item of the table is counted and skipped: then the import has FAILED, and the table has the rest.
Where nothing can be read, no table is made.

Source: API reference, ImportTable; Developer Guide, "Import format quotas and validation". That an import with bad
items is FAILED, and with which words, is the service's practice.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .. import export_messages, table_messages
from ..disk.s3_folder import S3Error
from ..disk.s3_import import Fault, S3Source
from ..errors import ApiError, validation
from ..requests import check_index_keys, check_put_keys, checked_item, checked_size
from ..shapes import ITEM, NAME_PATTERN, list_of, required, string, structure
from ..state.definitions import TableDefinition
from ..state.s3_jobs import S3Job
from ..state.table import Table
from ..state.tokens import fingerprint
from . import create_table
from .import_descriptions import import_description
from .s3_jobs import (
    CLIENT_TOKEN,
    S3_BUCKET,
    S3_BUCKET_OWNER,
    S3_PREFIX,
    bucket_of,
    check_prefix,
    check_s3,
    given,
    new_arn,
    new_token,
)
from .table_shapes import (
    ATTRIBUTE_DEFINITIONS,
    BILLING_MODE,
    GLOBAL_SECONDARY_INDEX,
    KEY_SCHEMA,
    ON_DEMAND_THROUGHPUT,
    PROVISIONED_THROUGHPUT,
    SSE_SPECIFICATION,
)
from .vector_definitions import VECTOR_INDEX

if TYPE_CHECKING:
    from ..engine import Engine

SHAPE: Final = structure(
    "ImportTableInput",
    ClientToken=CLIENT_TOKEN,
    S3BucketSource=required(
        structure("S3BucketSource", S3BucketOwner=S3_BUCKET_OWNER, S3Bucket=S3_BUCKET, S3KeyPrefix=S3_PREFIX)
    ),
    InputFormat=required(string(enum=("DYNAMODB_JSON", "ION", "CSV"))),
    InputFormatOptions=structure(
        "InputFormatOptions",
        Csv=structure(
            "CsvOptions",
            Delimiter=string(1, 1, "[,;:|\\t ]"),
            HeaderList=list_of(string(1, 65_536, r"[\x20-\x21\x23-\x2B\x2D-\x7E]*"), 1, 255),
        ),
    ),
    InputCompressionType=string(enum=("GZIP", "ZSTD", "NONE")),
    TableCreationParameters=required(
        structure(
            "TableCreationParameters",
            TableName=required(string(3, 255, NAME_PATTERN)),
            AttributeDefinitions=required(ATTRIBUTE_DEFINITIONS),
            KeySchema=required(KEY_SCHEMA),
            BillingMode=BILLING_MODE,
            ProvisionedThroughput=PROVISIONED_THROUGHPUT,
            OnDemandThroughput=ON_DEMAND_THROUGHPUT,
            SSESpecification=SSE_SPECIFICATION,
            GlobalSecondaryIndexes=list_of(GLOBAL_SECONDARY_INDEX),
            VectorIndexes=list_of(VECTOR_INDEX),
        )
    ),
)
#: reasons that are told of one import: the service writes all of them to CloudWatch
_LOGGED_MAX_COUNT: Final = 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Import:
    """``request`` is checked as far as that needs no table; ``fingerprint`` tells it from others."""

    request: dict[str, Any]
    table: create_table.CreateTable
    fingerprint: bytes


# ── checks that need no table ────────────────────────────────────────────────────────────────────────────────────────
def validate(request: dict[str, Any]) -> Import:
    check_prefix("S3KeyPrefix", request["S3BucketSource"].get("S3KeyPrefix"))
    if request["InputFormat"] != "CSV" and (request.get("InputFormatOptions") or {}).get("Csv") is not None:
        raise validation(export_messages.CSV_OPTIONS_OF_OTHER_FORMAT)
    parameters = {name: value for name, value in request.items() if name != "ClientToken"}
    return Import(request, create_table.validate(request["TableCreationParameters"]), fingerprint(parameters))


# ── doing it ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def apply(prepared: Import, engine: Engine) -> dict[str, Any]:
    check_s3(engine)
    catalog, token = engine.catalog, prepared.request.get("ClientToken")
    job = None if token is None else catalog.imports.of_token(token, catalog.now())
    if job is None:
        job = _imported(prepared, engine)
        catalog.imports = catalog.imports.with_job(job)
        return {"ImportTableDescription": import_description(job, None)}
    if job.fingerprint != prepared.fingerprint:
        raise ApiError("ImportConflictException", export_messages.IMPORT_CONFLICT)
    return {"ImportTableDescription": import_description(job, catalog.clock.monotonic())}


def _imported(prepared: Import, engine: Engine) -> S3Job:
    """Make the table and fill it; the import, which has failed where something is wrong with the objects.

    Raises:
        ApiError: there is such a table, or it cannot be made.
    """
    request, catalog, now = prepared.request, engine.catalog, engine.catalog.now()
    definition, outcome = prepared.table.definition, _outcome()
    failure: tuple[str, str] | None = None
    table: Table | None = None
    if catalog.get(definition.name) is not None:
        raise ApiError("ResourceInUseException", table_messages.table_exists(definition.name))
    arn = new_arn(catalog.arn(definition.name), "import", catalog.imports, engine)
    try:
        source = _source(request, definition, engine)
        create_table.apply(prepared.table, engine)
        table = catalog.find(definition.name)
        outcome = _fill(table, source, arn)
        if outcome["ErrorCount"]:
            failure = export_messages.ITEMS_INVALID_CODE, export_messages.ITEMS_INVALID
    except S3Error as error:
        failure = error.code, error.message
    return S3Job(
        arn=arn,
        table_arn=catalog.arn(definition.name),
        table_id=catalog.new_id() if table is None else table.definition.table_id,
        token=new_token(request.get("ClientToken"), engine),
        fingerprint=prepared.fingerprint,
        asked={
            "InputCompressionType": "NONE",
            **given(request, "S3BucketSource", "InputFormat", "InputFormatOptions", "InputCompressionType"),
            "TableCreationParameters": request["TableCreationParameters"],
        },
        started_at=now,
        ended_at=round(now + catalog.lifecycle_seconds, 3),
        settles_at=catalog.until(),
        outcome=outcome,
        failure=failure,
    )


def _source(request: dict[str, Any], definition: TableDefinition, engine: Engine) -> S3Source:
    """What there is to read.

    Raises:
        S3Error: there is nothing, or nothing that can be read.
    """
    source, options = request["S3BucketSource"], (request.get("InputFormatOptions") or {}).get("Csv") or {}
    objects = [*bucket_of(source["S3Bucket"], engine).objects(source.get("S3KeyPrefix") or "")]
    if not objects:
        raise S3Error(export_messages.NO_SUCH_KEY_CODE, export_messages.NO_SUCH_KEY)
    return S3Source(
        objects,
        request["InputFormat"],
        request.get("InputCompressionType") or "NONE",
        definition.attribute_types,
        options.get("Delimiter") or ",",
        options.get("HeaderList"),
    )


def _outcome(processed: int = 0, imported: int = 0, errors: int = 0, size: int = 0) -> dict[str, int]:
    return {
        "ProcessedItemCount": processed,
        "ImportedItemCount": imported,
        "ErrorCount": errors,
        "ProcessedSizeBytes": size,
    }


def _fill(table: Table, source: S3Source, arn: str) -> dict[str, int]:
    """Put all items; what came of it. Of several with one key the last one stays."""
    processed = errors = 0
    for where, found in source:
        processed += 1
        text = found.text if isinstance(found, Fault) else _put(table, found)
        if text is not None:
            errors += 1
            if errors <= _LOGGED_MAX_COUNT:
                _log.warning("%s: %s was not imported: %s", arn, where, text)
    return _outcome(processed, table.item_count, errors, source.size)


def _put(table: Table, found: dict[str, Any]) -> str | None:
    """Put an item; what is wrong with it, where it cannot be."""
    try:
        item = checked_item(ITEM.convert(found))
        size = checked_size(item)
        check_put_keys(table.keys, item)
        check_index_keys(table, item)
    except ApiError as error:
        return error.message or error.name
    table.commit(table.plan_write(table.get(item), item, size=size))
    return None
