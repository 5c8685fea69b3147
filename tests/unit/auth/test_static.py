"""Credentials given as they are."""

from __future__ import annotations

import pytest

from hashrange.auth.credentials import Credentials, Secret
from hashrange.auth.static import Static
from hashrange.errors import InvalidCredentials

from .servers import hushed


async def test_gives_what_it_was_given() -> None:
    expected = Credentials("AKIA", Secret("hush"), Secret("hush-token"))
    assert await Static("AKIA", "hush", "hush-token").fetch() == expected
    assert await Static("AKIA", Secret("hush"), Secret("hush-token")).fetch() == expected
    assert (await Static("AKIA", "hush").fetch()).token is None


def test_shows_no_secret() -> None:
    assert hushed(Static("AKIAHUSHHUSHHUSHWXYZ", "hush", "hush"))


def test_refuses_what_cannot_be_a_key() -> None:
    given = ("AKIA", "hush", "")
    with pytest.raises(InvalidCredentials, match="the session token is empty") as caught:
        Static(*given)
    assert hushed(caught.value)
