"""A shop moves from MySQL to DynamoDB: checked, copied, killed on the way and resumed, verified, and then moved while
it goes on selling.

Usage: ``python examples/shop_migration/run.py [--orders 100000] [--mariadb | --sqlite] [--target URL]``. Needs
``pip install 'hashrange[migrate]'``. The shop is in MariaDB where Debian's ``mariadb-server`` is installed, else
in SQLite. The tables are made in a ``hashrange serve`` of the example's own, or at ``--target``, such as DynamoDB
Local. Everything that is started or made is gone at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from examples.shop_migration import surroundings
from examples.shop_migration.application import Application
from examples.shop_migration.rows import Shop
from hashrange import Config, DynamoDB, DynamoDBError, ResourceNotFound, Static
from hashrange.migration.access import AccessLayer
from hashrange.migration.contract.load import load_contract
from hashrange.migration.conventions import Conventions
from hashrange.migration.dual import DualLayer, Gates, Options, PhaseControl, PhaseRefused, Rules, Timing
from hashrange.migration.source.ddl import parse_ddl
from hashrange.migration.source.sql import SqlSource
from hashrange.migration.state.file_store import FileStore
from scripts import mariadb

FOLDER: Final = surroundings.FOLDER
FILES: Final = ("--ddl", "schema.sql", "--overrides", "overrides.json")
#: an application has minutes for this; here nobody wants to wait for the phases
TIMING: Final = Timing(poll_seconds=0.2, age_max_seconds=1.0, write_seconds=5.0)
RULES: Final = Rules(grace_seconds=6.0, settle_seconds=2.0, base_seconds=0.5)
WORKERS: Final = 4
SMALL: Final = 2_000  # with fewer orders everything is slowed down, or there would be no middle to kill it in


class Failed(Exception):
    """A step did not go as it should."""


class Demo:
    """One run of the example.

    Args:
        shop: its size.
        source: the database's URL.
        endpoint: of DynamoDB.
        work: a folder for the state of the migration.
        prefix: of the tables' names.
    """

    def __init__(self, shop: Shop, source: str, endpoint: str, work: Path, prefix: str) -> None:
        self.shop, self.source, self.endpoint, self.work, self.prefix = shop, source, endpoint, work, prefix
        self.environment = surroundings.environment(source)
        self.schema = parse_ddl((FOLDER / "schema.sql").read_text(encoding="utf-8"))
        loaded = load_contract(
            FOLDER / "migrationContract.json", schema=self.schema, overrides=FOLDER / "overrides.json"
        )
        self.contract = loaded.require()

    async def run(self) -> None:
        """All steps, one after the other."""
        steps = (
            self.check, self.tables, self.dry_run, self.backfill, self.verify, self.dual_writes, self.phases,
        )  # fmt: skip
        for number, step in enumerate(steps, 1):
            print(f"\n── {number}. {(step.__doc__ or '').strip()}", flush=True)
            begun = time.monotonic()
            await step()
            print(f"   {time.monotonic() - begun:.1f} s", flush=True)

    # ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────────
    async def check(self) -> None:
        """What does the contract say, and can it be followed?"""
        found = await self._ran("check", *FILES, "--patterns", "patterns.json", shown=1)
        print(
            f"   {found.splitlines()[-1]}: the warnings say what DynamoDB will not do for the shop any more", flush=True
        )

    async def tables(self) -> None:
        """Make the tables, and compare them with the contract: a second time there is nothing to do."""
        await self._ran("tables", *FILES, *self._there, "--create")
        await self._ran("tables", *FILES, *self._there)

    async def dry_run(self) -> None:
        """What would be written? Sizes, keys and refused rows, without writing anything."""
        await self._ran(
            "backfill", *FILES, *self._moved, "--entity", "orders", "--dry-run", "--rows-max", "1000", shown=5
        )

    async def backfill(self) -> None:
        """Copy customers and orders. In the middle the process is killed; the same command goes on where it was."""
        command = ["backfill", *FILES, *self._moved, "--entity", "customers", "--entity", "orders"]
        slowly = ["--write-units", "400", "--page-rows", "20"] if self.shop.orders < SMALL else []
        process = self._started(*command, *slowly)
        middle = self.shop.orders // 2
        async with self._layer() as layer:
            while process.poll() is None and not await layer.orders.exists(order_id=middle):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        if process.poll() is not None:
            raise Failed(f"the backfill was over before it could be killed, with status {process.returncode}")
        process.kill()
        process.wait()
        print(f"   killed (SIGKILL) when order {middle:,} had arrived; now the same command again:", flush=True)
        await self._ran(*command, *slowly[2:])
        await self._ran(*command, *slowly[2:])

    async def verify(self) -> None:
        """Do both sides hold the same? Each row against its item, and each index against the rows."""
        await self._ran("verify", *FILES, *self._moved, "--entity", "customers", "--entity", "orders")

    async def dual_writes(self) -> None:
        """Write both sides (phase 2), sell all the time, and copy products and categories meanwhile."""
        async with self._dual() as (dual, control):
            change = await control.set(2, by="the example", reason="customers and orders are copied")
            await asyncio.sleep(max(0.0, change.settled_at - time.time()))
            print("   phase 2: every worker writes both sides now, so the backfill may begin", flush=True)
            application = Application(dual, dual.source.engine, self.shop)
            copying = asyncio.create_task(
                self._ran("backfill", *FILES, *self._moved, "--entity", "products", "--entity", "categories")
            )
            workers = 1 if self.source.startswith("sqlite") else WORKERS  # SQLite has one writer at a time
            least = 30 if self.shop.orders < SMALL else 300
            try:
                async with asyncio.TaskGroup() as group:
                    for number in range(workers):
                        group.create_task(application.work(number, copying.done, least))
                await copying
            finally:
                copying.cancel()
            done = ", ".join(f"{count} × {name}" for name, count in sorted(application.done.items()))
            print(f"   meanwhile the application did {done}", flush=True)
            await self._repaired(dual)
        await self._ran("verify", *FILES, *self._moved)

    async def phases(self) -> None:
        """Read both sides and compare them (phase 3), then read DynamoDB (phase 4)."""
        async with self._dual() as (dual, control):
            try:
                await control.set(3)
            except PhaseRefused as refused:
                print(f"   refused, as it should be: {refused}", flush=True)
            else:
                raise Failed("phase 3 began after some seconds of phase 2")
            # the example has no 24 hours, and no machine of its own, on which no write would be late
            hours = (await control.standing()).facts.hours_in_phase
            gates = Gates(
                write_hours=hours, write_errors_max=1.0, write_success_min=0.0, writes_min=10, read_hours=0.0,
                reads_min=100,
            )  # fmt: skip
            soon = PhaseControl(dual.state, timing=TIMING, gates=gates)
            await soon.set(3, by="the example")
            await dual.phases.now()
            application = Application(dual, dual.source.engine, self.shop)
            read = await application.read(60)
            await dual.statistics.flush()
            facts = (await soon.standing()).facts
            print(f"   phase 3: {read} records read, {facts.reads} compared, {facts.mismatches} differ", flush=True)
            await soon.set(4, by="the example")
            await dual.phases.now()
            print(f"   phase 4: {await application.read(20)} records read from DynamoDB", flush=True)
            if facts.mismatches:
                raise Failed("both sides were read, and differ")

    # ── parts of steps ───────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def _there(self) -> tuple[str, ...]:
        return ("--endpoint-url", self.endpoint, *(("--prefix", self.prefix) if self.prefix else ()))

    @property
    def _moved(self) -> tuple[str, ...]:
        return (*self._there, "--source-variable", "SHOP_DATABASE")

    def _started(self, command: str, *arguments: str) -> subprocess.Popen[str]:
        """``hashrange migrate COMMAND migrationContract.json ...`` in a process of its own."""
        line = ["migrate", command, "migrationContract.json", *arguments]
        if command == "backfill" and "--dry-run" not in arguments:
            line += ["--state", str(self.work / "state"), "--refused", str(self.work / "refused")]
        print(f"   $ hashrange {' '.join(line)}".replace(str(self.work), "WORK"), flush=True)
        return subprocess.Popen(
            [sys.executable, "-m", "hashrange", *line], cwd=FOLDER, env=self.environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    async def _ran(self, command: str, *arguments: str, shown: int | None = None) -> str:
        """Run a command to its end, and show what it says, or the first lines of it."""
        process = self._started(command, *arguments)
        try:
            said, _ = await asyncio.to_thread(process.communicate)
        finally:
            process.kill()
        lines = said.rstrip().splitlines()
        for line in lines[: shown if process.returncode == 0 else None]:
            print(f"     {line}"[:200], flush=True)
        if process.returncode:
            raise Failed(f"'hashrange migrate {command}' ended with status {process.returncode}")
        return said.rstrip()

    def _client(self) -> DynamoDB:
        key, secret = self.environment["AWS_ACCESS_KEY_ID"], self.environment["AWS_SECRET_ACCESS_KEY"]
        return DynamoDB(Config(endpoint_url=self.endpoint, region="us-east-1", credentials=Static(key, secret)))

    @asynccontextmanager
    async def _layer(self) -> AsyncIterator[AccessLayer]:
        async with self._client() as db:
            yield AccessLayer(self.contract, db, schema=self.schema, conventions=Conventions(table_prefix=self.prefix))

    @asynccontextmanager
    async def _dual(self) -> AsyncIterator[tuple[DualLayer, PhaseControl]]:
        """Both sides, with the state that the backfill has: that is how it learns of deletions."""
        source, state = SqlSource(self.source), FileStore(self.work / "state")
        try:
            async with self._layer() as layer:
                dual = DualLayer(layer, source, state, Options(timing=TIMING, repairs=RULES))
                yield dual, PhaseControl(state, timing=TIMING)
                await dual.close()
        finally:
            await state.close()
            source.close()

    async def _repaired(self, dual: DualLayer) -> None:
        """What could not be written on both sides at once is set right by a worker, which an application keeps running
        (``dual.keep_repairing()``)."""
        done = 0
        while (await dual.queue.count())[0]:
            done += (await dual.repair_pending()).done
            await asyncio.sleep(0.2)
        _, aside = await dual.queue.count()
        print(f"   {done} writes set right afterwards, {aside} given up", flush=True)

    async def clean_up(self) -> None:
        """Delete the tables."""
        async with self._client() as db:
            for name in self.contract.tables:
                try:
                    await db.call("DeleteTable", {"TableName": self.prefix + name})
                except ResourceNotFound:
                    continue
                except DynamoDBError as error:
                    print(f"the tables at {self.endpoint} are not deleted: {error}", file=sys.stderr)
                    return


@contextmanager
def _source(options: argparse.Namespace, shop: Shop, folder: Path) -> Iterator[str]:
    if not options.sqlite:
        with ExitStack() as stack:
            try:
                url = stack.enter_context(surroundings.shop_in_mariadb(shop))
            except mariadb.Unavailable as missing:
                if options.mariadb:
                    raise Failed(str(missing)) from None
                print(f"{missing}: the shop is in SQLite")
            else:
                yield url
                return
    with surroundings.shop_in_sqlite(shop, folder) as url:
        yield url


async def _whole(options: argparse.Namespace) -> None:
    shop = Shop(options.orders)
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hashrange-shop-")))
        begun = time.monotonic()
        source = stack.enter_context(_source(options, shop, work))
        kind = "SQLite" if source.startswith("sqlite") else "MariaDB"
        print(
            f"{kind}: {shop.customers:,} customers, {shop.products:,} products, {shop.orders:,} orders, made in "
            f"{time.monotonic() - begun:.1f} s"
        )
        endpoint = options.target or stack.enter_context(surroundings.dynamodb())
        demo = Demo(shop, source, endpoint, work, f"demo-{secrets.token_hex(4)}-" if options.target else "")
        try:
            await demo.run()
        finally:
            await demo.clean_up()
    print("\nThe shop is in DynamoDB, and both sides agree.")


def _whole_number(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) >= 100:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 100")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="run.py", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--orders", type=_whole_number, default=100_000, help="how many (default: 100000)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--mariadb", action="store_true", help="the shop is in MariaDB, or nowhere")
    where.add_argument("--sqlite", action="store_true", help="the shop is in SQLite")
    parser.add_argument("--target", metavar="URL", help="a DynamoDB that is there, such as http://127.0.0.1:8000")
    try:
        asyncio.run(_whole(parser.parse_args()))
    except (Failed, DynamoDBError) as failed:
        print(f"run.py: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
