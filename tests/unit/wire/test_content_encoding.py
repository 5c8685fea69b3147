"""Encoded answers: what is read, and what is refused as a damaged one."""

from __future__ import annotations

import gzip

import pytest

from hashrange.errors import BadResponse
from hashrange.wire.connection import ANSWER_MAX_BYTES
from hashrange.wire.content_encoding import decoded

BODY = b'{"Item":{}}'


@pytest.mark.parametrize("encoding", [b"gzip", b"GZip", b" x-gzip"])
def test_gzip(encoding: bytes) -> None:
    assert decoded(gzip.compress(BODY), encoding) == BODY


def test_no_encoding() -> None:
    assert decoded(BODY, b"identity") == BODY


@pytest.mark.parametrize(
    ("body", "encoding", "said"),
    [
        (BODY, b"br", "encoded as 'br', which nobody asked for"),
        (gzip.compress(BODY), b"gzip, gzip", "encoded as 'gzip, gzip'"),
        (BODY, b"gzip", "should be gzip, and is not"),
        (gzip.compress(BODY)[:-2], b"gzip", "not all of it is there"),
        (gzip.compress(BODY) + b"x", b"gzip", "or more than that"),
        (gzip.compress(bytes(ANSWER_MAX_BYTES + 1)), b"gzip", f"longer than {ANSWER_MAX_BYTES} bytes"),
    ],
    ids=["unknown", "twice", "plain", "cut", "more", "too large"],
)
def test_what_cannot_be_read(body: bytes, encoding: bytes, said: str) -> None:
    with pytest.raises(BadResponse, match=said):
        decoded(body, encoding)
