"""ExclusiveStartKey: which are refused, in the service's order and with its texts.

The checks are steps that Query and Scan put into their own order. Must not know conditions of queries beyond what they
are told, nor how reading goes on from a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import messages, read_messages
from .errors import ApiError, validation
from .language.key_condition import check_key_size
from .reading import Source
from .requests import check_key
from .state.keys import bucket_of, partition_hash, segment_buckets
from .values import InvalidValue, Item, canonical


def checked_start_key(request: Mapping[str, Any]) -> Item | None:
    """ExclusiveStartKey with its values in their normal form; None where it is not given.

    Raises:
        ApiError: a ValidationException: a value is none.
    """
    key = request.get("ExclusiveStartKey")
    if key is None:
        return None
    try:
        return {name: canonical(value) for name, value in key.items()}
    except InvalidValue as invalid:
        text = invalid.text if invalid.stands_alone else read_messages.invalid_start_key(invalid.text)
        raise validation(text) from None


def check_members(source: Source, key: Item, *, scanned: bool) -> None:
    """Refuse a key with more or fewer attributes than tell where an item stands."""
    if len(key) == len(source.key_names):
        return
    if scanned and source.index is None:
        raise validation(read_messages.invalid_start_key(messages.KEY_MISMATCH))
    raise validation(read_messages.START_KEY_INVALID)


def check_part(source: Source, key: Item, name: str) -> None:
    """Refuse a key without one of the attributes of what is read, or with one that cannot be a key."""
    value, letter = key.get(name), source.keys.types[name]
    if value is None:
        raise validation(read_messages.START_KEY_INVALID)
    if letter not in value:
        raise validation(messages.KEY_MISMATCH)
    if not value[letter]:
        empty = messages.empty_key(name, letter)
        if source.index is not None and name not in source.table.keys.types:
            empty = messages.empty_index_key(source.index.name, name, letter)
        raise validation(read_messages.invalid_start_key(empty))
    check_key_size(value, is_partition=name in source.keys.partitions)


def check_table_part(source: Source, key: Item) -> None:
    """Refuse a key whose part for the table is no key of the table."""
    keys = source.table.keys
    try:
        check_key(keys, {name: key[name] for name in keys.names if name in key})
    except ApiError as error:
        raise validation(read_messages.invalid_start_key(error.message or "")) from None


def check_segment(source: Source, key: Item, segment: int, total: int) -> None:
    """Refuse a key that stands in another segment of a parallel scan."""
    partition, _ = source.locate(key)
    if bucket_of(partition_hash(partition)) not in segment_buckets(segment, total):
        raise validation(read_messages.start_key_of_other_segment(segment, total))
