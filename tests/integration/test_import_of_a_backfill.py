"""What a backfill writes for DynamoDB's import is what the simulator's ImportTable takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hashrange.migration.backfill import Options, S3Export
from hashrange.migration.state.file_store import FileStore
from hashrange.simulator import Engine
from tests.shop_source import file_source, orders, shop_mappings


@pytest.mark.parametrize("compress", [True, False])
async def test_the_files_of_a_backfill_are_imported(compress: bool, tmp_path: Path) -> None:
    source, state = file_source(tmp_path, orders(40)), FileStore(tmp_path / "state")
    options = Options(refused_folder=tmp_path / "refused", chunk_rows=20, page_rows=8)
    await S3Export(source, shop_mappings(), state, tmp_path / "s3" / "bucket", options, compress=compress).run()
    await state.close()
    source.close()

    engine = Engine(s3_folder=tmp_path / "s3")
    request: dict[str, Any] = {
        "S3BucketSource": {"S3Bucket": "bucket", "S3KeyPrefix": "Customers/data/"},
        "InputFormat": "DYNAMODB_JSON",
        "InputCompressionType": "GZIP" if compress else "NONE",
        "TableCreationParameters": {
            "TableName": "Customers",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [
                {"AttributeName": "PK", "KeyType": "HASH"},
                {"AttributeName": "SK", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")],
        },
    }
    begun = engine.execute("ImportTable", request)
    assert begun is not None
    described = engine.execute("DescribeImport", {"ImportArn": begun["ImportTableDescription"]["ImportArn"]})
    assert described is not None
    found = described["ImportTableDescription"]
    assert (found["ImportStatus"], found["ErrorCount"], found["ImportedItemCount"]) == ("COMPLETED", 0, 47)
    assert len(engine.dump("Customers")["Customers"]) == 47
