"""A folder that stands for S3: names stay in their buckets, whatever they look like."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hashrange.simulator.disk.s3_folder import S3Bucket, S3Error, fault_of_prefix


@pytest.fixture
def bucket(tmp_path: Path) -> S3Bucket:
    (tmp_path / "s3" / "bucket").mkdir(parents=True)
    return S3Bucket(tmp_path / "s3", "bucket")


@pytest.mark.parametrize("prefix", ["", "a", "a/b", "a/", "a b", ".hidden", "a..b", "é/😀", "x" * 1024])
def test_prefixes_that_can_be_used(prefix: str) -> None:
    assert fault_of_prefix(prefix) is None


@pytest.mark.parametrize(
    "prefix", ["..", ".", "a/..", "../a", "a/./b", "/a", "a//b", "//", "a\\b", "a\nb", "a\0", "\ud800", "é" * 513]
)
def test_prefixes_that_cannot(prefix: str, bucket: S3Bucket) -> None:
    assert fault_of_prefix(prefix) is not None
    with pytest.raises(S3Error):
        bucket.path(f"{prefix}/x")


@pytest.mark.parametrize("name", ["nowhere", "..", ".", "", "bucket/..", "/", "file"])
def test_buckets_that_are_none(name: str, bucket: S3Bucket, tmp_path: Path) -> None:
    (tmp_path / "s3" / "file").write_bytes(b"")
    with pytest.raises(S3Error, match="does not exist"):
        S3Bucket(tmp_path / "s3", name)


def test_the_folder_itself_may_be_a_link(bucket: S3Bucket, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(tmp_path / "s3")
    S3Bucket(tmp_path / "linked", "bucket").path("a/b").write_bytes(b"x")
    assert (tmp_path / "s3" / "bucket" / "a" / "b").read_bytes() == b"x"


def test_objects_are_in_the_order_of_their_keys(bucket: S3Bucket) -> None:
    for key in ("b/1", "a", "b-1", "b/0/z"):
        bucket.path(key).write_bytes(b"")
    assert [key for key, _ in bucket.objects("")] == ["a", "b-1", "b/0/z", "b/1"]
    assert [key for key, _ in bucket.objects("b/")] == ["b/0/z", "b/1"]
    assert [*bucket.objects("c")] == []


def test_a_link_within_is_not_followed(bucket: S3Bucket, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "s3" / "bucket" / "link").symlink_to(outside)
    with pytest.raises(S3Error, match="leads out"):
        bucket.path("link/x")
    for prefix in ("", "l", "link", "link/", "link/x"):
        with pytest.raises(S3Error, match="symbolic link"):
            list(bucket.objects(prefix))
    assert [*bucket.objects("other")] == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_what_is_no_file_is_not_read(bucket: S3Bucket, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "s3" / "bucket" / "pipe")
    with pytest.raises(S3Error, match="pipe is no file"):
        list(bucket.objects(""))
