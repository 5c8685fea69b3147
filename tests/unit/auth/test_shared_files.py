"""The grammar of the AWS CLI's files, with botocore as the witness; and errors that quote nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.configloader import load_config, raw_config_parse

from hashrange.auth.shared_files import Section, SharedFiles
from hashrange.errors import InvalidCredentials

from .servers import hushed

CONFIG = """\
# a comment
[default]
region = eu-west-1
[profile dev]
ROLE_ARN = arn:aws:iam::123456789012:role/dev
source_profile=default
s3 =
    max_concurrent_requests = 20
[profile "two words"]
external_id = a=b # no comment
; another comment
[preview]
aws_access_key_id = AKIAPREVIEW
[profile unclosed "]
a = b
[sso-session x]
sso_region = us-east-1
"""


def files(path: Path, credentials: str | bytes | None, config: str | bytes | None) -> SharedFiles:
    found = SharedFiles(str(path / "credentials"), str(path / "config"))
    for name, content in (("credentials", credentials), ("config", config)):
        if content is not None:
            (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return found


async def test_reads_config_as_botocore_does(tmp_path: Path) -> None:
    found = await files(tmp_path, None, CONFIG).profiles()
    witness = load_config(str(tmp_path / "config"))["profiles"]
    assert set(found) == set(witness) == {"default", "dev", "two words"}
    witness["dev"].pop("s3")
    for name, settings in witness.items():
        assert {key: found[name][key] for key in settings} == settings


async def test_reads_credentials_as_botocore_does(tmp_path: Path) -> None:
    text = "[default]\naws_access_key_id = AKIA\naws_secret_access_key=a/b+c=\n\n[dev]\n[x y]\na: b\n"
    found = await files(tmp_path, text, None).profiles()
    assert found == raw_config_parse(str(tmp_path / "credentials"))


async def test_credentials_win_over_config(tmp_path: Path) -> None:
    credentials = "[dev]\naws_access_key_id = NEW\n[only]\na = b\n"
    config = "[profile dev]\naws_access_key_id = OLD\nregion = eu-west-1\n"
    found = await files(tmp_path, credentials, config).profiles()
    assert found == {"dev": {"aws_access_key_id": "NEW", "region": "eu-west-1"}, "only": {"a": "b"}}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_profile_default_wins_over_default(tmp_path: Path, order: tuple[int, int]) -> None:
    sections = ["[default]\na = plain\n", "[profile default]\na = long\n"]
    found = await files(tmp_path, None, "".join(sections[each] for each in order)).profiles()
    assert found == {"default": {"a": "long"}}


async def test_missing_files_hold_no_profiles(tmp_path: Path) -> None:
    assert await files(tmp_path, None, None).profiles() == {}


async def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert await files(tmp_path, b"\xef\xbb\xbf[default]\r\na = b\r\n", None).profiles() == {"default": {"a": "b"}}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("aws_secret_access_key = hush\n[default]\n", "line 1 "),
        ("[default]\naws_secret_access_key hush\n", "line 2 "),
        ("[default]\n[hush]\n[default]\n", "line 3 "),
        ("[default]\na = hush\nA = hush\n", "line 3 "),
        ("[default\na = hush\n", "line 1 "),
        ("[default]\n = hush\n", "line 2 "),
        (b"[default]\na = hush\xff\n", "not UTF-8"),
    ],
)
async def test_a_broken_file_is_told_by_line_and_not_quoted(tmp_path: Path, content: str | bytes, problem: str) -> None:
    broken = files(tmp_path, content, None)
    with pytest.raises(InvalidCredentials, match=problem) as caught:
        await broken.profiles()
    assert broken.credentials in caught.value.message
    assert hushed(caught.value)


async def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(InvalidCredentials, match="directory"):
        await SharedFiles(str(tmp_path), str(tmp_path / "config")).profiles()


def test_a_section_shows_no_value() -> None:
    assert repr({"dev": Section({"aws_secret_access_key": "hush"})}) == "{'dev': <Section of 1 settings>}"
