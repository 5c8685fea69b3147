"""Files are read in a thread, within bounds, and errors say nothing of their content."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from hashrange.auth.files import FILE_MAX_BYTES, UnreadableFile, read_secret
from hashrange.auth.web_identity import WebIdentity

from .servers import REGION, ROLE, FakeSts, hushed


async def test_reads_a_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("hush\ngrün\n", encoding="utf-8")
    assert (await read_secret(str(path))).reveal() == "hush\ngrün\n"
    path.write_bytes(b"\xef\xbb\xbfhush")
    assert (await read_secret(str(path))).reveal() == "hush"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"hush" * (FILE_MAX_BYTES // 4) + b"!", "longer than"),
        (b"hush\xff", "not UTF-8"),
    ],
)
async def test_says_why_a_file_cannot_be_read(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=reason) as caught:
        await read_secret(str(path))
    assert caught.value.missing == (content is None)
    assert str(path) in str(caught.value)
    assert hushed(caught.value)


async def test_a_directory_and_a_text_that_is_no_path_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="directory"):
        await read_secret(str(tmp_path))
    with pytest.raises(UnreadableFile, match="not a path"):
        await read_secret("a\0b")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
async def test_a_file_that_never_ends_does_not_stop_the_loop(tmp_path: Path) -> None:
    fifo = tmp_path / "token"
    os.mkfifo(fifo)
    async with FakeSts() as sts:
        provider = WebIdentity(ROLE, str(fifo), region=REGION, endpoint_url=sts.url, clock=sts.clock)
        fetching = asyncio.create_task(provider.fetch())
        for _ in range(100):
            await asyncio.sleep(0)  # the loop turns although the file gives nothing
        assert not fetching.done()
        await asyncio.to_thread(fifo.write_text, "hush.jwt.1")
        assert (await fetching).secret_key.reveal() == "hush/secret/1"
