"""The names of ``hashrange.auth``: all there, and none loaded before it is needed."""

from __future__ import annotations

import asyncio
import sys

import pytest

import hashrange.auth
from hashrange.auth.credentials import Credentials


def test_every_name_is_there() -> None:
    for name in hashrange.auth.__all__:
        assert getattr(hashrange.auth, name).__name__ == name
    assert set(hashrange.auth.__all__) <= set(dir(hashrange.auth))
    assert sorted(hashrange.auth.__all__) == sorted(hashrange.auth._HOMES)
    assert hashrange.auth.Credentials is Credentials


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match=r"'hashrange\.auth' has no attribute 'Nobody'"):
        hashrange.auth.Nobody  # noqa: B018


@pytest.mark.parametrize(
    ("statement", "unneeded"),
    [
        ("import hashrange.auth.chain, hashrange.auth.refresh", "hashrange.auth.endpoint"),
        ("import hashrange.auth.chain, hashrange.auth.refresh", "hashrange.auth.explain"),
        ("from hashrange.auth import AssumeRole", "xml.etree.ElementTree"),
        ("from hashrange.auth import Profile", "configparser"),
        ("from hashrange.auth import BotocoreCredentials", "botocore"),
    ],
)
async def test_loads_only_what_is_needed(statement: str, unneeded: str) -> None:
    code = f"import sys; {statement}; sys.exit({unneeded!r} in sys.modules)"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await child.wait() == 0
