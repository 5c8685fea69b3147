"""gzip of bodies: what is inflated and how far, and who gets a compressed answer."""

from __future__ import annotations

import gzip
import zlib

import pytest

from hashrange.simulator.content_encoding import InflatesTooFar, accepts_gzip, compressed, inflated

BODY = b'{"TableName":"app"}' * 10


def test_there_and_back() -> None:
    assert gzip.decompress(compressed(BODY)) == BODY
    assert inflated(gzip.compress(BODY), 1000) == BODY
    assert inflated(gzip.compress(BODY) + gzip.compress(b" "), 1000) == BODY + b" "
    assert inflated(gzip.compress(b""), 0) == b""
    assert len(compressed(b"a" * 100_000)) < 1000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        BODY,
        gzip.compress(BODY)[:-1],
        gzip.compress(BODY)[:15],
        gzip.compress(BODY)[:-5] + b"\0\0\0\0\0",
        gzip.compress(BODY) + b"rest",
        gzip.compress(BODY) + gzip.compress(BODY)[:20],
        zlib.compress(BODY),
        b"\x1f\x8b\x09" + gzip.compress(BODY)[3:],
    ],
    ids=["empty", "plain", "cut", "cut early", "wrong checksum", "more", "second cut", "zlib", "other method"],
)
def test_what_is_not_gzip_or_not_whole(body: bytes) -> None:
    assert inflated(body, 1000) is None


@pytest.mark.parametrize("pieces", [1, 4])
def test_nothing_is_inflated_further_than_it_may(pieces: int) -> None:
    piece = gzip.compress(b" " * (1000 // pieces))
    assert inflated(piece * pieces, 1000) == b" " * 1000
    with pytest.raises(InflatesTooFar):
        inflated(piece * pieces, 999)
    with pytest.raises(InflatesTooFar):
        inflated(gzip.compress(b"\0" * 50_000_000), 1000)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        (b"", False),
        (b"identity", False),
        (b"gzip", True),
        (b"GZIP", True),
        (b"deflate, gzip", True),
        (b"gzip, deflate, br", True),
        (b"deflate", False),
        (b"gzip;q=0.5, identity", True),
        (b"gzip; q=0", False),
        (b"gzip;q=0.000, *", False),
        (b"x-gzip", True),
        (b"*", True),
        (b"*;q=0", False),
        (b"identity, *;q=0.1", True),
    ],
)
def test_who_may_get_it(accepted: bytes, expected: bool) -> None:  # a column of a table
    assert accepts_gzip(accepted) is expected
