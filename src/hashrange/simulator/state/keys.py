"""Keys as bytes: bytes that sort as the values do, and the hash that places a partition.

The service's own encoding of numbers is used for both, so that scans come in its order. Must not know tables or
requests; a ``KeySchema`` is all it needs of one.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping
from hashlib import md5
from typing import Any, Final

from ..values import AttributeValue, Item

#: the service salts the hash of a partition key with this
_SALT: Final = b"Outliers"
_ZERO: Final = b"\x80"
_NEGATIVE_END: Final = 0x66
_PAIRS_MAX: Final = 20
HASH_BYTES: Final = 16
BUCKETS: Final = 4096  # what segments of a parallel scan are made of: the first three hexadecimal digits of the hash


class KeySchema:
    """The key attributes of a table or an index, with their types.

    Attributes:
        partition, partition_type: the partition key; the type is S, N or B.
        sort, sort_type: the sort key; None where there is none.
        names: the attributes in the schema's order.
        types: name to type, in the schema's order.
    """

    __slots__ = ("names", "partition", "partition_type", "sort", "sort_type", "types")

    def __init__(self, keys: Iterable[tuple[str, str]], attribute_types: Mapping[str, str]) -> None:
        by_role = {role: name for name, role in keys}
        self.partition = by_role["HASH"]
        self.partition_type = attribute_types[self.partition]
        self.sort = by_role.get("RANGE")
        self.sort_type = None if self.sort is None else attribute_types[self.sort]
        self.names: tuple[str, ...] = (self.partition,) if self.sort is None else (self.partition, self.sort)
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
