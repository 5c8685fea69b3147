"""One simulated DynamoDB: its tables, its time, its chance, and the way of a request through it.

Owns the order of stages: shape → constraints → the operation's own checks → the operation. No globals: every engine is
its own world. Must not know JSON text, HTTP, or what any operation does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final

from msgspec import Struct

from ..clock import SYSTEM_CLOCK, SYSTEM_RANDOMNESS, Clock, Randomness
from ..limits import ITEM_COLLECTION_MAX_BYTES
from .actions import ACTIONS
from .calls import CALLS_MAX_COUNT, Call, CallLog
from .contents import Dump, seed
from .declare import DeclarationError, TableDeclaration, table_requests
from .disorder import Disorder, Ongoing
from .errors import ApiError
from .shapes import Wording, check, convert
from .state.catalog import Catalog
from .state.tokens import Tokens
from .throughput import Throughput
from .trouble import Trouble
from .ttl import ClockWatch, expire
from .wording import newest

_ID_END: Final = "VV4KQNSO5AEMVJF66Q9ASUAAJG"  # as the service's own ids end
_ID_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ID_CHANCE_CHARS: Final = 14
_ID_COUNT_CHARS: Final = 12
_UNKNOWN_TABLE: Final = "a table without a name"


class Snapshot(Struct, frozen=True):
    """A moment of an engine, for ``Engine.restore``; of no use to any other engine."""

    engine: Engine
    catalog: Catalog
    tokens: Tokens
    ongoing: Ongoing


class Engine:
    """A simulated DynamoDB, in memory.

    Args:
        tables: what it starts with: names (keys PK and SK, both text), ``TableSpec``s, CreateTable requests, or answers
            of DescribeTable.
        region, account: as they show in ARNs.
        clock: its time; time to live, tokens and states of tables go by it.
        randomness: its chance; a seeded one makes a world that repeats itself.
        wording: of validation messages: the long-standing one, or the service's newest (``2026``).
        lifecycle_seconds: how long tables and indexes stay CREATING, UPDATING and DELETING; 0: until the next call.
        calls_max: how many calls ``calls`` remembers; 0 for none.
        collection_max_bytes: how large an item collection of a table with local indexes may become; the service's
            10 GB are more than most tests have.
        s3_folder: a folder that stands for S3: exports are written there, imports read from there. Each folder in it
            is a bucket; one that is not there is a bucket that does not exist. None: there is no S3.
        throughput: how much tables carry before they throttle; None: there is no end to it.
        disorder: what else goes wrong, by chance and for a while; None: nothing does.

    Attributes:
        s3_folder: the same.
        throughput, disorder: the same; may be set at any time. Capacity that was saved or overdrawn stays as it is;
            without a lag, global indexes and replicas catch up at once.
        trouble: what operations ask about both; None without any.

    Raises:
        DeclarationError: a table is declared in no known notation, or cannot be made; says why.
    """

    #: the folder that keeps the tables (``DiskEngine``)
    data: Path | None = None

    def __init__(
        self,
        tables: Iterable[TableDeclaration] = (),
        *,
        region: str = "us-east-1",
        account: str = "123456789012",
        clock: Clock = SYSTEM_CLOCK,
        randomness: Randomness = SYSTEM_RANDOMNESS,
        wording: Wording = "classic",
        lifecycle_seconds: float = 0.0,
        calls_max: int = CALLS_MAX_COUNT,
        collection_max_bytes: int = ITEM_COLLECTION_MAX_BYTES,
        s3_folder: Path | str | None = None,
        throughput: Throughput | None = None,
        disorder: Disorder | None = None,
    ) -> None:
        self.region, self.account = region, account
        self.clock, self.randomness = clock, randomness
        self.wording: Wording = wording
        self.catalog = Catalog(
            region=region,
            account=account,
            clock=clock,
            randomness=randomness,
            lifecycle_seconds=lifecycle_seconds,
            collection_max_bytes=collection_max_bytes,
        )
        self.s3_folder = None if s3_folder is None else Path(s3_folder)
        self.tokens = Tokens(clock)
        self.log = CallLog(calls_max)
        self._watch = ClockWatch(clock)
        self._lock = Lock()
        self._id_start = ""
        self._ids = 0
        self._ongoing = Ongoing()
        self._throughput, self._disorder = throughput, disorder
        self.trouble: Trouble | None = None
        self._make_trouble()
        self.create_tables(tables)

    def __repr__(self) -> str:
        return f"<Engine {self.region}: {len(self.catalog.tables)} tables>"

    def close(self) -> None:
        """Be done with it. In memory there is nothing to let go."""

    def execute(self, operation: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """What the service answers to a request in wire shape; None where it answers nothing.

        The answer may hold ``msgspec.Raw``; ``endpoint.handle`` makes JSON of it.

        Raises:
            ApiError: the service's error; then nothing has changed.
        """
        try:
            action = ACTIONS[operation]
        except KeyError:
            raise ApiError("UnknownOperationException") from None
        try:
            with self._lock:
                if self.trouble is not None:
                    self.catalog.catch_up()
                if self._watch.advanced():
                    expire(self.catalog.tables, self.clock.time())
                request = convert(action.shape, payload)
                check(action.shape, request, self.wording)
                return action.apply(action.validate(request), self)
        except ApiError as error:
            if self.wording == "classic":
                raise
            raise newest(operation, error) from None

    # ── trouble ──────────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def throughput(self) -> Throughput | None:
        return self._throughput

    @throughput.setter
    def throughput(self, throughput: Throughput | None) -> None:
        with self._lock:
            self._throughput = throughput
            self._make_trouble()

    @property
    def disorder(self) -> Disorder | None:
        return self._disorder

    @disorder.setter
    def disorder(self, disorder: Disorder | None) -> None:
        with self._lock:
            self._disorder = disorder
            self._make_trouble()

    def _make_trouble(self) -> None:
        """Let operations meet what there is of throughput and disorder."""
        disorder = self._disorder or Disorder()
        self.catalog.follow(disorder.index_lag, disorder.staleness)
        if not disorder.transaction_seconds:
            self._ongoing.clear()
        if self._throughput is None and self._disorder is None:
            self.trouble = None
        else:
            self.trouble = Trouble(self._throughput, disorder, self._ongoing, self.clock, self.randomness)

    # ── the world from outside ───────────────────────────────────────────────────────────────────────────────────────
    def create_tables(self, tables: Iterable[TableDeclaration]) -> None:
        """Create declared tables; they can be used at once, and the log does not know of it.

        Raises:
            DeclarationError: one cannot be made; those before it have been.
        """
        for declared in tables:
            requests = table_requests(declared)
            self._create(requests.create_table, requests.update_time_to_live)

    def _create(self, create_table: dict[str, Any], update_time_to_live: dict[str, Any] | None) -> None:
        try:
            with self.catalog.without_delay():
                self.execute("CreateTable", create_table)
                if update_time_to_live is not None:
                    self.execute("UpdateTimeToLive", update_time_to_live)
        except ApiError as error:
            raise DeclarationError(f"{_name_of(create_table)}: {error.message or error.name}") from error

    def seed(self, table: str, items: Iterable[Mapping[str, Any]]) -> int:
        """Put items, as Python values, into a table; how many there were. Nothing throttles it, and the log does not
        know of it.

        Raises:
            SeedError: one cannot be put; says which and why. Those before it are there.
        """
        with self._without_trouble():
            return seed(self.execute, table, items)

    def dump(self, *tables: str) -> Dump:
        """What the tables hold: name to items as Python values, in the order of their keys.

        Args:
            tables: names; all tables where none is given.

        Raises:
            KeyError: there is no such table.
        """
        with self._lock:
            there = {table.name: table for table in self.catalog.tables}
            return Dump(there[name] for name in tables or there)

    @contextmanager
    def _without_trouble(self) -> Iterator[None]:
        trouble, self.trouble = self.trouble, None
        try:
            yield
        finally:
            self.trouble = trouble

    def expire(self) -> int:
        """Remove the items whose time to live has ended; how many there were.

        It happens by itself when an injected clock was advanced. By the machine's own clock it happens only here, and
        every minute in ``server``: as with the service, an expired item can still be read for a while.
        """
        with self._lock:
            return expire(self.catalog.tables, self.clock.time())

    def snapshot(self) -> Snapshot:
        """All tables, items and tokens as they are now. Items are shared, not copied."""
        with self._lock:
            return Snapshot(self, self.catalog.copy(), self.tokens.copy(), self._ongoing.copy())

    def restore(self, snapshot: Snapshot) -> None:
        """Be again as at a snapshot, which may be used many times. Calls, throughput and disorder stay."""
        if snapshot.engine is not self:
            raise ValueError("the snapshot is of another engine")
        with self._lock:
            self.catalog, self.tokens = snapshot.catalog.copy(), snapshot.tokens.copy()
            self._ongoing = snapshot.ongoing.copy()
            self._make_trouble()

    def calls(self, operation: str | None = None) -> list[Call]:
        """The calls that were answered, oldest first: those of one operation, or all. The oldest are forgotten."""
        return self.log.of(operation)

    def request_id(self) -> str:
        """The id of one request, in the service's form."""
        if not self._id_start:
            random = self.randomness.random
            self._id_start = "".join(_ID_DIGITS[int(random() * len(_ID_DIGITS))] for _ in range(_ID_CHANCE_CHARS))
        self._ids += 1
        return f"{self._id_start}{self._ids:0{_ID_COUNT_CHARS}}{_ID_END}"


def _name_of(create_table: Mapping[str, Any]) -> str:
    name = create_table.get("TableName")
    return f"table {name!r}" if isinstance(name, str) else _UNKNOWN_TABLE
