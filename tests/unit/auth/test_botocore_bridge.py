"""Credentials of botocore's sessions: real sessions on files of the test's own."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.credentials import Credentials as BotocoreKeys
from botocore.credentials import ReadOnlyCredentials, RefreshableCredentials
from botocore.session import Session

from hashrange.auth.botocore_bridge import BotocoreCredentials
from hashrange.auth.credentials import Credentials, Secret
from hashrange.errors import AuthenticationError, CredentialsNotFound, InvalidCredentials

from .servers import NOW, ManualClock, hushed


class Given:
    """A session that has these credentials, or raises."""

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome
        self.threads: list[int] = []

    def get_credentials(self) -> Any:
        hush_on_the_stack = "hush"
        self.threads.append(threading.get_ident())
        if isinstance(self.outcome, Exception) and hush_on_the_stack:
            raise self.outcome
        return self.outcome


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """botocore reads the process's environment itself."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


def process(home: Path, answer: str) -> None:
    script = home / "print-keys"
    script.write_text(f"#!/bin/sh\necho '{answer}'\n")
    script.chmod(0o700)
    (home / "config").write_text(f"[profile dev]\ncredential_process = {script}\n")


async def test_credential_process_of_a_profile(home: Path) -> None:
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    process(
        home,
        '{"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "hush", "SessionToken": "hush-token", "Expiration": "'
        + expires.isoformat()
        + '"}',
    )
    provider = BotocoreCredentials(profile="dev")
    found = await provider.fetch()
    assert found == Credentials("AKIA", Secret("hush"), Secret("hush-token"), expires.timestamp())
    assert provider.looks_at == "profile 'dev'"
    assert hushed(provider)


async def test_a_process_that_prints_garbage(home: Path) -> None:
    process(home, '{"SecretAccessKey": "hush"')
    provider = BotocoreCredentials(profile="dev")
    with pytest.raises(AuthenticationError, match="botocore could not get credentials: JSONDecodeError") as caught:
        await provider.fetch()
    assert hushed(caught.value)


@pytest.mark.parametrize("make", [Session, boto3.Session])
async def test_a_session_of_either_library(home: Path, make: Any) -> None:
    (home / "credentials").write_text("[default]\naws_access_key_id = AKIA\naws_secret_access_key = hush\n")
    provider = BotocoreCredentials(make())
    assert await provider.fetch() == Credentials("AKIA", Secret("hush"))
    assert provider.looks_at == "the session given"


async def test_nothing_found(home: Path) -> None:
    with pytest.raises(CredentialsNotFound, match="has no credentials"):
        await BotocoreCredentials().fetch()


async def test_a_profile_that_does_not_exist(home: Path) -> None:
    with pytest.raises(AuthenticationError, match=r"ProfileNotFound: The config profile \(nobody\)"):
        await BotocoreCredentials(profile="nobody").fetch()


async def test_works_in_a_thread() -> None:
    session = Given(BotocoreKeys("AKIA", "hush"))
    await BotocoreCredentials(session).fetch()
    assert session.threads != [threading.get_ident()]


async def test_credentials_that_renew_have_an_expiry() -> None:
    expires = datetime.now(UTC) + timedelta(hours=2)
    renewing = RefreshableCredentials("AKIA", "hush", "hush-token", expires, dict, "test")
    assert (await BotocoreCredentials(Given(renewing)).fetch()).expires_at == expires.timestamp()


async def test_an_expiry_that_cannot_be_read_is_a_short_one() -> None:
    class Renewing:
        def refresh_needed(self) -> bool:
            return False

        def get_frozen_credentials(self) -> ReadOnlyCredentials:
            return ReadOnlyCredentials("AKIA", "hush", None)

    found = await BotocoreCredentials(Given(Renewing()), clock=ManualClock()).fetch()
    assert found == Credentials("AKIA", Secret("hush"), None, NOW + 300)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (botocore.exceptions.UnauthorizedSSOTokenError(), "UnauthorizedSSOTokenError: The SSO session associated"),
        (botocore.exceptions.CredentialRetrievalError(provider="x", error_msg="hush"), "CredentialRetrievalError"),
        (ValueError("hush"), "ValueError"),
    ],
)
async def test_failures_of_botocore(error: Exception, said: str) -> None:
    with pytest.raises(AuthenticationError, match=said) as caught:
        await BotocoreCredentials(Given(error)).fetch()
    assert hushed(caught.value)


async def test_credentials_that_cannot_be_sent() -> None:
    for bad in (BotocoreKeys("AKIA", "hush hush"), BotocoreKeys("", "hush")):
        with pytest.raises(InvalidCredentials) as caught:
            await BotocoreCredentials(Given(bad)).fetch()
        assert hushed(caught.value)


def test_a_session_has_its_own_profile() -> None:
    with pytest.raises(InvalidCredentials, match="both session and profile"):
        BotocoreCredentials(Given(None), profile="dev")


async def test_without_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(InvalidCredentials, match="botocore is not installed") as caught:
        await BotocoreCredentials().fetch()
    assert caught.value.hint == "pip install 'hashrange[botocore]'"
