"""The encodings of an answer's body. DynamoDB sends gzip to those who ask for it only; what stands between may differ.

Must not know what is in a body.
"""

from __future__ import annotations

import zlib
from typing import Final

from ..errors import BadResponse
from .connection import ANSWER_MAX_BYTES

_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
_GZIP: Final = frozenset({b"gzip", b"x-gzip"})


def decoded(body: bytes, encoding: bytes) -> bytes:
    """A body as it was before it was encoded.

    Args:
        encoding: the Content-Encoding.

    Raises:
        BadResponse: the encoding is unknown, the body is damaged, or it would be larger than any answer.
    """
    encoding = encoding.strip().lower()
    if encoding == b"identity":
        return body
    if encoding not in _GZIP:
        raise BadResponse(f"the answer is encoded as {encoding.decode('latin-1')!r}, which nobody asked for")
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    try:
        found = inflater.decompress(body, ANSWER_MAX_BYTES + 1)
    except zlib.error:
        raise BadResponse("the answer should be gzip, and is not") from None
    if len(found) > ANSWER_MAX_BYTES:
        raise BadResponse(f"the answer is longer than {ANSWER_MAX_BYTES} bytes")
    if not inflater.eof or inflater.unused_data:
        raise BadResponse("the answer should be gzip, and not all of it is there, or more than that")
    return found
