"""gzip of bodies: what clients send inflated, and large answers compressed for those who ask for it.

DynamoDB takes requests in gzip, and gives answers from 4 KB on in it where Accept-Encoding allows it; their checksum is
that of the bytes that are sent. What a request may inflate to is bounded before it is inflated. Must not know what is
in a body.
"""

from __future__ import annotations

import zlib
from typing import Final

#: answers that are smaller are never compressed
COMPRESSED_MIN_BYTES: Final = 4096
GZIP: Final = b"gzip"
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
#: answers are for the same machine mostly: speed counts
_LEVEL: Final = 1


class InflatesTooFar(Exception):
    """A body is larger than a request may be."""


def inflated(body: bytes, max_bytes: int) -> bytes | None:
    """What a body in gzip holds; None where it is not in gzip, damaged, or not all of it is there.

    Raises:
        InflatesTooFar: it is more than ``max_bytes``; no more than these have been inflated.
    """
    found: list[bytes] = []
    left = max_bytes
    while body:  # there may be several, one behind the other (RFC 1952, 2.2)
        inflater = zlib.decompressobj(_GZIP_WINDOW)
        try:
            piece = inflater.decompress(body, left + 1)
        except zlib.error:
            return None
        if len(piece) > left:
            raise InflatesTooFar
        if not inflater.eof:
            return None
        found.append(piece)
        left -= len(piece)
        body = inflater.unused_data
    return b"".join(found) if found else None


def compressed(body: bytes) -> bytes:
    """A body in gzip."""
    deflater = zlib.compressobj(_LEVEL, wbits=_GZIP_WINDOW)
    return deflater.compress(body) + deflater.flush()


def accepts_gzip(accepted: bytes) -> bool:
    """Whether an Accept-Encoding allows gzip (RFC 9110, 12.5.3)."""
    weights = {}
    for part in accepted.lower().split(b","):
        coding, _, parameters = part.partition(b";")
        weights[coding.strip()] = parameters.strip()
    parameters = weights.get(GZIP, weights.get(b"x-gzip", weights.get(b"*", b"q=0")))
    weight = parameters.removeprefix(b"q=").strip() if parameters.startswith(b"q=") else b"1"
    return weight.strip(b"0.") != b""
