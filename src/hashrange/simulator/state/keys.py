"""Keys as bytes: bytes that sort as the values do, and the hash that places a partition.

The service's own encoding of numbers is used for both, so that scans come in its order. Must not know tables or
requests; a ``KeySchema`` is all it needs of one.
"""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import md5
from typing import Any, Final

from ..values import AttributeValue, Item

#: the service salts the hash of a partition key with this
_SALT: Final = b"Outliers"
_ZERO: Final = b"\x80"
_NEGATIVE_END: Final = 0x66
_PAIRS_MAX: Final = 20
#: ends each of several values in a key; a zero inside of a value sorts behind it
_PART_END: Final = b"\0\0"
_PART_ZERO: Final = b"\0\xff"
HASH_BYTES: Final = 16
BUCKETS: Final = 4096  # what segments of a parallel scan are made of: the first three hexadecimal digits of the hash


class KeySchema:
    """The key attributes of a table or an index, with their types.

    Attributes:
        partitions, sorts: the attributes of the partition key, and of the sort key, which may have none. Only a
            ``MultiKeySchema`` has several of them.
        partition, partition_type: the (first) partition key; the type is S, N or B.
        sort, sort_type: the (first) sort key; None where there is none.
        names: the attributes in the schema's order.
        types: name to type, in the schema's order.
    """

    __slots__ = ("names", "partition", "partition_type", "partitions", "sort", "sort_type", "sorts", "types")

    def __init__(self, keys: Iterable[tuple[str, str]], attribute_types: Mapping[str, str]) -> None:
        roles = tuple(keys)
        self.partitions = tuple(name for name, role in roles if role == "HASH")
        self.sorts = tuple(name for name, role in roles if role == "RANGE")
        self.partition = self.partitions[0]
        self.partition_type = attribute_types[self.partition]
        self.sort = self.sorts[0] if self.sorts else None
        self.sort_type = None if self.sort is None else attribute_types[self.sort]
        self.names = self.partitions + self.sorts
        self.types = {name: attribute_types[name] for name in self.names}

    def __repr__(self) -> str:
        return f"KeySchema({', '.join(f'{name} {letter}' for name, letter in self.types.items())})"

    def encode(self, item: Mapping[str, Any]) -> tuple[bytes, bytes]:
        """The partition key and the sort key of an item that has both, as bytes; b"" for a sort key there is not."""
        if self.sort is None:
            return sort_bytes(item[self.partition]), b""
        return sort_bytes(item[self.partition]), sort_bytes(item[self.sort])

    def of(self, item: Item) -> Item:
        """The key of an item that has it."""
        return {name: item[name] for name in self.names}


class MultiKeySchema(KeySchema):
    """The key of a global index whose partition key or sort key is made of several attributes."""

    __slots__ = ()

    def encode(self, item: Mapping[str, Any]) -> tuple[bytes, bytes]:
        return self.partition_bytes(item), _joined(self.sorts, item)

    def partition_bytes(self, item: Mapping[str, Any]) -> bytes:
        """The partition key of what has its attributes, as bytes."""
        return _joined(self.partitions, item)


def key_schema(keys: Iterable[tuple[str, str]], attribute_types: Mapping[str, str]) -> KeySchema:
    """The schema of these keys, of the kind that they need."""
    roles = tuple(keys)
    is_plain = max(Counter(role for _, role in roles).values()) == 1
    return (KeySchema if is_plain else MultiKeySchema)(roles, attribute_types)


def _joined(names: Sequence[str], item: Mapping[str, Any]) -> bytes:
    """Values as one key; one value alone is as in other schemas."""
    if len(names) == 1:
        return sort_bytes(item[names[0]])
    return b"".join([part_bytes(item[name]) for name in names])


def part_bytes(value: AttributeValue) -> bytes:
    """One of several values in a key: such keys compare as their values do, one after the other."""
    return part_prefix(value) + _PART_END


def part_prefix(value: AttributeValue) -> bytes:
    """What all parts begin with whose values begin with a value: it has no end."""
    return sort_bytes(value).replace(b"\0", _PART_ZERO)


def sort_bytes(value: AttributeValue) -> bytes:
    """A key value (S, N or B) as bytes that compare as the service orders the values."""
    ((name, content),) = value.items()
    if name == "S":
        return content.encode("utf-8", "surrogatepass")  # type: ignore[no-any-return]
    return number_bytes(content) if name == "N" else b64decode(content)


def number_bytes(text: str) -> bytes:
    """A number in its normal form as the service's bytes: an exponent of 100, then pairs of digits."""
    negative = text[0] == "-"
    left, _, right = text.lstrip("-").partition(".")
    digits = (left + right).lstrip("0")
    if not digits:
        return _ZERO
    exponent = len(left.lstrip("0")) if left.strip("0") else len(digits) - len(right)  # value = 0.digits · 10^exponent
    if exponent % 2:
        digits, exponent = "0" + digits, exponent + 1
    digits = digits.rstrip("0")
    digits += "0" * (len(digits) % 2)
    pairs = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    head = (exponent // 2 - 64) % 256
    if not negative:
        return bytes([head, *(pair + 1 for pair in pairs)])
    end = [_NEGATIVE_END] if len(pairs) < _PAIRS_MAX else []
    return bytes([head ^ 0xFF, *(101 - pair for pair in pairs), *end])


def partition_hash(partition: bytes) -> bytes:
    """The hash by which partitions are ordered in a scan."""
    return md5(_SALT + partition, usedforsecurity=False).digest()


def bucket_of(hashed: bytes) -> int:
    """The bucket of a hash, 0 to 4095."""
    return hashed[0] << 4 | hashed[1] >> 4


def bucket_start(bucket: int) -> bytes:
    """What sorts before all hashes of a bucket (and of those behind it), and after all of those before it.

    4096, which no hash has, is behind all.
    """
    if bucket == BUCKETS:
        return b"\xff" * (HASH_BYTES + 1)
    return bytes((bucket >> 4, (bucket & 15) << 4))


def segment_buckets(segment: int, total: int) -> range:
    """The buckets that one segment of a parallel scan reads."""
    return range(-(-BUCKETS * segment // total), -(-BUCKETS * (segment + 1) // total))
