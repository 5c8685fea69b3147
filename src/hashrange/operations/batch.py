"""BatchGetItem and BatchWriteItem: what goes into one request, and what its answer left undone.

Owns chunks by count and bytes, the shapes of both operations, and matching an answer's keys to what was asked: by key
as DynamoDB compares keys, never by order or text. An operation is encoded once; requests and retries splice its bytes.
Must not know models, transports or time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

from msgspec import Raw, Struct

from .. import limits
from ..codec import decode_value
from ..errors import (
    AccessDenied,
    BadResponse,
    DynamoDBError,
    InvalidExpression,
    ItemCollectionSizeLimitExceeded,
    ResourceNotFound,
    ValidationError,
)
from ..expressions import Placeholders
from ..expressions.placeholders import identity
from ..expressions.projection import ProjectionLike, projected_names, render_projection
from ..key import Key, KeySchema
from ..schema import TableSchema
from ..types import WireItem, WireObject
from .item import add_placeholders

GET: Final = "BatchGetItem"
WRITE: Final = "BatchWriteItem"

#: what a request holds besides its operations and the names of their tables
_ENVELOPE_BYTES: Final = 256
#: what stands around the name of a table, and between operations
_AROUND_TABLE_BYTES: Final = 8

Kind = Literal["put", "delete"]


# ── what waits to be sent ────────────────────────────────────────────────────────────────────────────────────────────
class Entry(Struct, eq=False):
    """A key to read or an operation to do, which waits to be part of a request or is part of one.

    Attributes:
        identity: table and key; equal for what is one item for DynamoDB (the numbers 1 and 1.0 are one key).
        table: the table's name, as it stands in requests.
        keys: the names of its key attributes.
        body: its JSON.
        size_bytes: what it adds to a request, at most.
        rounds: how many answers have left it undone.
        place: where it is: in the line of those to be sent, waiting before it is sent again, or under way.
    """

    identity: tuple[Hashable, ...]
    table: str
    keys: KeySchema
    body: Raw
    size_bytes: int
    rounds: int = 0
    place: Literal["ready", "waiting", "under_way"] = "ready"

    @property
    def key(self) -> Key:
        return key_of(self.identity)


class Write(Entry, eq=False):
    """A put or a delete.

    Attributes:
        item: as the caller gave it; None for a delete.
        number: its place among the batch's operations, from 1.
        follower: the next operation on the same key, which must not be sent before this one is acknowledged.
        maybe_applied: whether an answer was lost that might have acknowledged it.
    """

    kind: Kind = "put"
    item: Any = None
    number: int = 0
    follower: Write | None = None
    maybe_applied: bool = False


class Read(Entry, eq=False):
    """A key to read.

    Attributes:
        positions: where its item belongs in the result.
    """

    positions: list[int] = []


E = TypeVar("E", bound=Entry)


def place_of(table: str, keys: KeySchema, subject: Mapping[str, Any]) -> tuple[Hashable, ...]:
    """The identity of an item or key in wire shape."""
    if keys.sort_key is None:
        return table, identity(subject[keys.partition_key])
    return table, identity(subject[keys.partition_key]), identity(subject[keys.sort_key])


def key_of(place: Sequence[Any]) -> Key:
    """The key of an identity, in Python values."""
    return Key(*(decode_value({kind: str(content)}) for kind, content in place[1:]))


def entry_bytes(table: str, body_bytes: int) -> int:
    """What an operation adds to a request, at most: as if it were the only one on its table."""
    return body_bytes + len(table) + _AROUND_TABLE_BYTES


# ── chunks ───────────────────────────────────────────────────────────────────────────────────────────────────────────
class ChunkLimits(Struct, frozen=True):
    """What one request may hold.

    Attributes:
        count_max: operations or keys.
        bytes_max: of all ``Entry.size_bytes`` together.
    """

    count_max: int
    bytes_max: int


GET_LIMITS: Final = ChunkLimits(limits.BATCH_GET_MAX_KEYS, limits.REQUEST_MAX_BYTES - _ENVELOPE_BYTES)
WRITE_LIMITS: Final = ChunkLimits(limits.BATCH_WRITE_MAX_ITEMS, limits.BATCH_WRITE_MAX_BYTES - _ENVELOPE_BYTES)


def take_chunk(ready: deque[E], chunk_limits: ChunkLimits) -> list[E]:
    """Take from the front of the line what fits into one request; always something, if there is something."""
    chunk: list[E] = []
    left_bytes = chunk_limits.bytes_max
    while ready and len(chunk) < chunk_limits.count_max:
        left_bytes -= ready[0].size_bytes
        if left_bytes < 0 and chunk:
            break
        chunk.append(ready.popleft())
    return chunk


def split_chunk(chunk: list[E], error: DynamoDBError) -> list[list[E]]:
    """Smaller chunks to send in place of one that the service refused, where only a part of it may be to blame.

    Such a refusal is of the whole request: nothing of it was done. Empty: nothing is to be found out by sending parts.
    """
    if error.code is None:  # found on this side: about one thing already
        return []
    if isinstance(error, (ResourceNotFound, AccessDenied)):
        by_table: dict[str, list[E]] = {}
        for entry in chunk:
            by_table.setdefault(entry.table, []).append(entry)
        return list(by_table.values()) if len(by_table) > 1 else []
    if isinstance(error, (ValidationError, ItemCollectionSizeLimitExceeded)) and len(chunk) > 1:
        middle = len(chunk) // 2
        return [chunk[:middle], chunk[middle:]]
    return []


def only_table(chunk: Iterable[Entry]) -> str | None:
    """The name of the table, where all are on one."""
    names = {entry.table for entry in chunk}
    return names.pop() if len(names) == 1 else None


# ── BatchWriteItem ───────────────────────────────────────────────────────────────────────────────────────────────────
def write_request(chunk: Iterable[Write], capacity: str | None) -> WireObject:
    """A BatchWriteItem request."""
    tables: dict[str, list[Raw]] = {}
    for entry in chunk:
        if entry.table not in tables:
            tables[entry.table] = []
        tables[entry.table].append(entry.body)
    request: WireObject = {"RequestItems": tables}
    if capacity is not None:
        request["ReturnConsumedCapacity"] = capacity
    return request


def unwritten(answer: Mapping[str, Any], chunk: Sequence[Write]) -> list[Write]:
    """The operations of a chunk that its answer left undone, in the chunk's order.

    Raises:
        BadResponse: it names one that was not asked for; so nothing is known of any of them.
    """
    reported = answer.get("UnprocessedItems")
    if not reported:
        return []
    try:
        subjects = {table: [_subject(request) for request in requests] for table, requests in reported.items()}
    except (AttributeError, LookupError, TypeError, ValueError):
        raise _puzzling("UnprocessedItems") from None
    return _named(subjects, chunk, "UnprocessedItems")


def _subject(request: Mapping[str, Any]) -> WireItem:
    """The item of a put, or the key of a delete."""
    put = request.get("PutRequest")
    subject: WireItem = request["DeleteRequest"]["Key"] if put is None else put["Item"]
    return subject


# ── BatchGetItem ─────────────────────────────────────────────────────────────────────────────────────────────────────
class ReadForm(Struct, frozen=True):
    """How the keys of one table are read.

    Attributes:
        options: what a request says besides the keys.
        hidden: attributes that are read to tell items apart, and that the caller did not ask for.
    """

    options: WireObject
    hidden: tuple[str, ...]


def read_form(schema: TableSchema, *, consistent: bool, projection: ProjectionLike | None) -> ReadForm:
    """How to read from a table.

    Raises:
        InvalidExpression: the projection is Raw, or not one at all.
    """
    options: WireObject = {}
    hidden: tuple[str, ...] = ()
    if consistent:
        options["ConsistentRead"] = True
    if projection is not None:
        placeholders = Placeholders()
        text, asked = render_projection(projection, placeholders), projected_names(projection)
        if asked is None:
            raise InvalidExpression(
                "the projection of a batch is Raw text, and its items could not be told apart without their keys",
                hint="give names and paths: projection=['name', Attr('address').city]",
            )
        hidden = tuple(name for name in schema.keys.names if name not in asked)
        options["ProjectionExpression"] = ", ".join([text, *map(placeholders.name, hidden)])
        add_placeholders(options, placeholders)
    return ReadForm(options, hidden)


def get_request(chunk: Iterable[Read], forms: Mapping[str, ReadForm], capacity: str | None) -> WireObject:
    """A BatchGetItem request."""
    tables: dict[str, WireObject] = {}
    for entry in chunk:
        if entry.table not in tables:
            tables[entry.table] = {**forms[entry.table].options, "Keys": []}
        tables[entry.table]["Keys"].append(entry.body)
    request: WireObject = {"RequestItems": tables}
    if capacity is not None:
        request["ReturnConsumedCapacity"] = capacity
    return request


def unread(answer: Mapping[str, Any], chunk: Sequence[Read]) -> list[Read]:
    """The keys of a chunk that its answer left unread. Raises as ``unwritten``."""
    reported = answer.get("UnprocessedKeys")
    if not reported:
        return []
    try:
        subjects = {table: part["Keys"] for table, part in reported.items()}
    except (AttributeError, LookupError, TypeError):
        raise _puzzling("UnprocessedKeys") from None
    return _named(subjects, chunk, "UnprocessedKeys")


def items_read(answer: Mapping[str, Any], chunk: Sequence[Read]) -> list[tuple[Read, WireItem]]:
    """The items of an answer, each with the key that asked for it. Raises as ``unwritten``."""
    known = {entry.identity: entry for entry in chunk}
    schemas = _schemas(chunk)
    try:
        return [
            (known[place_of(*schemas[name], item)], item)
            for name, items in (answer.get("Responses") or {}).items()
            for item in items
        ]
    except _NOT_AS_ASKED:
        raise _puzzling("Responses") from None


# ── matching ─────────────────────────────────────────────────────────────────────────────────────────────────────────
_NOT_AS_ASKED: Final = (AttributeError, LookupError, TypeError, ValueError, ArithmeticError)


def _schemas(chunk: Iterable[Entry]) -> dict[str, tuple[str, KeySchema]]:
    """The tables of a chunk; one that was asked for by ARN may be answered by its name."""
    found: dict[str, tuple[str, KeySchema]] = {}
    for entry in chunk:
        found[entry.table] = entry.table, entry.keys
        found.setdefault(entry.table.rpartition("/")[2], found[entry.table])
    return found


def _named(subjects: Mapping[str, Iterable[Any]], chunk: Sequence[E], part: str) -> list[E]:
    """The entries of a chunk with these items or keys."""
    known = {entry.identity for entry in chunk}
    schemas = _schemas(chunk)
    try:
        places = {place_of(*schemas[name], subject) for name, group in subjects.items() for subject in group}
    except _NOT_AS_ASKED:
        raise _puzzling(part) from None
    if places - known:
        raise _puzzling(part)
    return [entry for entry in chunk if entry.identity in places]


def _puzzling(part: str) -> BadResponse:
    return BadResponse(f"the answer's {part} do not belong to what was asked", status=200)
