"""Chunks on a Dask cluster in this process: all of them, one that fails and is given again, one that never works."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hashrange import Config, ConfigurationError, DynamoDB
from hashrange.migration.backfill import Backfill, Options
from hashrange.migration.backfill.dask import DaskExecutor, Job
from hashrange.migration.errors import MigrationError
from hashrange.migration.source.files import FileSource
from hashrange.migration.source.sql import SqlSource
from hashrange.migration.state.store import Store
from hashrange.migration.state.table_store import TableStore
from hashrange.simulator.engine import Engine
from hashrange.testing import LocalServer
from tests.shop_source import create_tables, file_source, orders, shop_mappings, shop_schema, stored

distributed = pytest.importorskip("distributed")
MADE = shop_mappings()


def state_in(db: DynamoDB) -> Store:
    return TableStore(db.table("state", "PK", "SK"), "shop")


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer(Engine(["state"])) as found:
        yield found


@pytest.fixture
def cluster() -> Iterator[Any]:

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None, protocol="inproc://"
        ) as found,
        distributed.Client(found) as client,
    ):
        yield client


def opened(folder: Path) -> SqlSource:
    """The shop's files, unless there is bad luck left in the folder."""
    luck = next((folder / "bad luck").iterdir(), None)
    if luck is not None:
        luck.unlink()
        raise MigrationError("this worker has bad luck")
    return FileSource({path.stem: path for path in folder.glob("*.jsonl")}, shop_schema())


def client(port: int) -> DynamoDB:
    return DynamoDB(Config.local(port))


def job(folder: Path, port: int, failures: int) -> Job:
    (folder / "bad luck").mkdir(exist_ok=True)
    for number in range(failures):
        (folder / "bad luck" / str(number)).touch()
    options = Options(chunk_rows=10, refused_folder=folder / "refused")
    return Job(partial(opened, folder), shop_mappings, partial(client, port), state_in, options, shop_schema())


@pytest.mark.parametrize("failures", [0, 2])
async def test_all_chunks_are_done_by_the_workers(
    tmp_path: Path, server: LocalServer, cluster: Any, failures: int
) -> None:
    source = file_source(tmp_path, orders(40))
    work = job(tmp_path, server.port, failures)
    async with DynamoDB(Config.local(server.port)) as db:
        await create_tables(db, MADE)
        backfill = Backfill(source, MADE, db, state_in(db), work.options, schema=work.schema)
        report = await backfill.run(executor=DaskExecutor(cluster, work))
        assert (report.total.read, report.total.written) == (54, 54)
        assert len(await stored(db, MADE)) == 54
        again = await backfill.run(executor=DaskExecutor(cluster, work))
        assert again.total == report.total
    source.close()


async def test_a_chunk_that_fails_for_good_ends_the_run_and_the_next_one_goes_on(
    tmp_path: Path, server: LocalServer, cluster: Any
) -> None:
    source = file_source(tmp_path, orders(40))
    work = job(tmp_path, server.port, 1)
    async with DynamoDB(Config.local(server.port)) as db:
        await create_tables(db, MADE)
        backfill = Backfill(source, MADE, db, state_in(db), work.options, schema=work.schema)
        with pytest.raises(MigrationError, match="bad luck"):
            await backfill.run(["orders"], executor=DaskExecutor(cluster, work, retries=0))
        report = await backfill.run(["orders"], executor=DaskExecutor(cluster, work))
        assert report.total.written == 43
    source.close()


def test_a_cluster_needs_chunks(cluster: Any, tmp_path: Path, server: LocalServer) -> None:
    work = Job(partial(opened, tmp_path), shop_mappings, partial(client, server.port), state_in)
    with pytest.raises(ConfigurationError, match="needs chunks"):
        DaskExecutor(cluster, work)
