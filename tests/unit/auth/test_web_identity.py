"""WebIdentity: the token file is read at every fetch, and never shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hashrange.auth.web_identity import WebIdentity
from hashrange.errors import AssumeRoleFailed, InvalidCredentials

from .servers import HOUR, NOW, REGION, ROLE, FakeSts, hushed


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("hush.jwt.1\n")
    return path


def put(path: Path, text: str) -> None:
    path.write_text(text)


def provider(sts: FakeSts, token_file: Path, **changes: Any) -> WebIdentity:
    arguments = {"region": REGION, "endpoint_url": sts.url, "clock": sts.clock, **changes}
    return WebIdentity(ROLE, str(token_file), **arguments)


async def test_gives_the_credentials_of_the_role(token_file: Path) -> None:
    async with FakeSts() as sts:
        found = await provider(sts, token_file, session_name="me", duration=1800).fetch()
    assert (found.secret_key.reveal(), found.expires_at) == ("hush/secret/1", NOW + HOUR / 2)
    assert sts.forms == [
        {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": ROLE,
            "RoleSessionName": "me",
            "DurationSeconds": "1800",
            "WebIdentityToken": "hush.jwt.1",
        }
    ]
    assert "authorization" not in sts.requests[0].headers


async def test_reads_the_token_anew_each_time(token_file: Path) -> None:
    async with FakeSts() as sts:
        web = provider(sts, token_file)
        await web.fetch()
        sts.tokens = {"hush.jwt.2"}
        with pytest.raises(AssumeRoleFailed, match="InvalidIdentityToken"):
            await web.fetch()
        put(token_file, "hush.jwt.2")
        assert (await web.fetch()).secret_key.reveal() == "hush/secret/2"


async def test_a_refused_token_does_not_show(token_file: Path) -> None:
    async with FakeSts(tokens=set()) as sts:
        with pytest.raises(AssumeRoleFailed, match=r"no such token: \*\*\*") as caught:
            await provider(sts, token_file).fetch()
    assert caught.value.code == "InvalidIdentityToken"
    assert caught.value.hint is not None
    assert "audience" in caught.value.hint
    assert hushed(caught.value)


async def test_a_file_without_a_token(token_file: Path) -> None:
    async with FakeSts() as sts:
        put(token_file, " \n")
        with pytest.raises(AssumeRoleFailed, match="token is empty") as caught:
            await provider(sts, token_file).fetch()
        with pytest.raises(AssumeRoleFailed, match="No such file"):
            await provider(sts, token_file.with_name("other")).fetch()
    assert caught.value.hint is not None
    assert "AWS_WEB_IDENTITY_TOKEN_FILE" in caught.value.hint
    assert sts.requests == []


def test_arguments_are_checked_at_construction_and_no_file_is_read() -> None:
    with pytest.raises(InvalidCredentials, match="duration 5"):
        WebIdentity(ROLE, "/nowhere", region=REGION, duration=5)
    web = WebIdentity(ROLE, "/nowhere", region=REGION)
    assert repr(web) == f"<WebIdentity {ROLE} with /nowhere>"
    assert web.looks_at == f"{ROLE} with /nowhere by https://sts.eu-west-1.amazonaws.com/"
