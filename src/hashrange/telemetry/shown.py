"""What logs and spans may show of a call: names, keys as ``Config.trace_keys`` says, expressions without values.

Owns the names of spans, the hash of a key, and the reading of requests in wire shape. Must not know logging or tracing.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from ..key import Key
from ..types import TraceKeys
from .events import CallFinished

#: operations whose short names are not their own in snake case
_SHORT: Final = {
    "BatchGetItem": "batch_get",
    "BatchWriteItem": "batch_write",
    "TransactWriteItems": "transact_write",
    "TransactGetItems": "transact_get",
}
_HASH_CHARS: Final = 16  # 64 bits: two of a billion keys share one with a chance of 3 %
_PLACEHOLDER: Final = re.compile(r"#\w+")
_PUT: Final = b'{"PutRequest"'


def snake_case(operation: str) -> str:
    """An operation's name as methods have it: ``get_item``, ``batch_write``, ``transact_get``."""
    return _SHORT.get(operation) or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower()


def shown_keys(key: Any, trace_keys: TraceKeys) -> tuple[str | None, str | None]:
    """Partition and sort key as they may be seen; None for what there is not, or is not to be seen.

    Args:
        key: of an event: a ``Key``, a partition key's value, or None.
        trace_keys: see ``Config``.
    """
    if key is None or trace_keys == "omit":
        return None, None
    partition, sort = (key.partition, key.sort) if type(key) is Key else (key, None)
    show = _plain if trace_keys == "plain" else _hashed
    return show(partition), None if sort is None else show(sort)


def _plain(value: Any) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _hashed(value: Any) -> str:
    """The same for equal values, 1 and 1.0 included; others for a number and the text of its digits."""
    if isinstance(value, str):
        tagged = b"S" + value.encode("utf-8", "surrogatepass")
    elif isinstance(value, bytes):
        tagged = b"B" + value
    else:
        tagged = b"N" + str(Decimal(value).normalize()).encode()
    return sha256(tagged).hexdigest()[:_HASH_CHARS]


def readable(expression: str, names: Mapping[str, str] | None) -> str:
    """An expression with the attributes' names in it; its values stay placeholders."""
    if not names:
        return expression
    return _PLACEHOLDER.sub(lambda found: names.get(found[0], found[0]), expression)


# ── operations on several items ──────────────────────────────────────────────────────────────────────────────────────
def tables_of(request: Mapping[str, Any]) -> list[str]:
    """The tables of a batch or transaction, each once, in the request's order."""
    batch = request.get("RequestItems")
    if isinstance(batch, Mapping):
        return list(batch)
    return list(dict.fromkeys(table for table in transact_tables(request) if table))


def transact_tables(request: Mapping[str, Any]) -> list[str]:
    """The table of each action of a transaction; "" where it has none."""
    elements = request.get("TransactItems")
    if not isinstance(elements, list):
        return []
    return [str(action.get("TableName", "")) for element in elements for action in element.values()]


def item_count(request: Mapping[str, Any]) -> int:
    """How many keys a batch asks for, or actions a transaction has."""
    batch = request.get("RequestItems")
    if isinstance(batch, Mapping):
        return sum(len(asked.get("Keys", ())) if isinstance(asked, Mapping) else len(asked) for asked in batch.values())
    elements = request.get("TransactItems")
    return len(elements) if isinstance(elements, list) else 0


def write_counts(request: Mapping[str, Any]) -> tuple[int, int]:
    """How many puts and deletes a batch has; they are dicts, or JSON that is ready to be sent."""
    puts = deletes = 0
    for writes in request.get("RequestItems", {}).values():
        for write in writes:
            is_put = "PutRequest" in write if isinstance(write, Mapping) else bytes(write).startswith(_PUT)
            puts += is_put
            deletes += not is_put
    return puts, deletes


def table_label(event: CallFinished) -> str:
    """The table of a call; several in the request's order, with commas; "" where there is none."""
    return event.table or ",".join(tables_of(event.request))
