"""Secrets do not show, credentials are checked, explanations are readable."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from dataclasses import FrozenInstanceError, asdict

import pytest

from hashrange.auth.credentials import Credentials, Secret, utc_text
from hashrange.auth.explain import Explanation, Step
from hashrange.errors import InvalidCredentials

from .servers import NOW, hushed, visible

SECRET = Secret("hush/hush")


def test_secret_shows_itself_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("any").warning("%s %r", SECRET, SECRET)
    shown = [repr(SECRET), str(SECRET), f"{SECRET:>20}", f"{SECRET!r}", str([SECRET]), str({"a": SECRET}), caplog.text]
    assert shown[:3] == ["***", "***", "***"]
    assert hushed(*shown)


def test_secret_reveals_itself_on_demand() -> None:
    assert SECRET.reveal() == "hush/hush"
    assert SECRET.reveal_bytes() == b"hush/hush"
    assert Secret(SECRET).reveal() == "hush/hush"


@pytest.mark.parametrize("data", [b"", b"plain", "grün".encode(), bytes(range(256))])
def test_secret_keeps_bytes_exactly(data: bytes) -> None:
    assert Secret(data).reveal_bytes() == data


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_secret_may_be_copied(copied: object) -> None:
    assert callable(copied)
    assert copied(SECRET) is SECRET
    assert asdict(Credentials("AKIA", SECRET))["secret_key"] is SECRET


def test_secret_leaves_no_process() -> None:
    for thing in (SECRET, Credentials("AKIA", SECRET), [SECRET]):
        with pytest.raises(TypeError, match="pickle"):
            pickle.dumps(thing)
        with pytest.raises(TypeError):
            json.dumps(thing)


def test_secrets_compare_by_content() -> None:
    assert Secret(b"hush/hush") == SECRET
    assert hash(SECRET) == hash(Secret("hush/hush"))
    assert Secret("a") != SECRET
    assert SECRET != "hush/hush"
    assert Secret("grün") == Secret("grün".encode())
    assert Secret("x")
    assert not Secret("")


def test_secret_does_not_change() -> None:
    secret = Secret("a")
    with pytest.raises(AttributeError):
        secret._value = "b"
    with pytest.raises(AttributeError):
        del secret._value
    assert secret.reveal() == "a"


def test_secret_holds_text_only() -> None:
    with pytest.raises(TypeError, match="not int"):
        Secret(5)  # type: ignore[arg-type]


def test_credentials_show_the_end_of_the_access_key_only() -> None:
    credentials = Credentials("AKIAHUSHHUSHHUSHWXYZ", Secret("hush"), Secret("hush"), NOW)
    assert repr(credentials) == "<Credentials access key …WXYZ, expires 2027-01-15T08:00:00Z>"
    assert repr(Credentials("dummy", Secret("hush"))) == "<Credentials access key ***, no known expiry>"
    assert hushed(credentials)


def test_credentials_are_a_value() -> None:
    credentials = Credentials("AKIA", Secret("a"), Secret("b"), 5.0)
    assert credentials == Credentials("AKIA", Secret("a"), Secret("b"), 5.0)
    assert credentials != Credentials("AKIA", Secret("x"), Secret("b"), 5.0)
    assert copy.deepcopy(credentials) is credentials
    with pytest.raises(FrozenInstanceError):
        credentials.access_key = "B"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("access_key", "secret_key", "token", "part"),
    [
        ("", "hush", None, "the access key is empty"),
        ("AK\r\nX: 1", "hush", None, "the access key holds"),
        ("AKIA", "", None, "the secret key is empty"),
        ("AKIA", "hush ", None, "the secret key holds"),
        ("AKIA", "hush\n", None, "the secret key holds"),
        ("AKIA", "hush", "", "the session token is empty"),
        ("AKIA", "hush", "hush\r\nhush: 1", "the session token holds"),
        ("AKIA", "hush", "hüsh", "the session token holds"),
    ],
)
def test_credentials_that_cannot_be_sent_are_refused(
    access_key: str, secret_key: str, token: str | None, part: str
) -> None:
    with pytest.raises(InvalidCredentials, match=part) as caught:
        Credentials(access_key, Secret(secret_key), None if token is None else Secret(token))
    assert caught.value.hint is not None
    assert hushed(caught.value)
    assert "hü" not in visible(caught.value)


def test_credentials_take_no_plain_text_for_a_secret() -> None:
    with pytest.raises(TypeError, match="Secret"):
        Credentials("AKIA", "hush")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Secret"):
        Credentials("AKIA", SECRET, "hush")  # type: ignore[arg-type]


@pytest.mark.parametrize("seconds", [1e30, float("inf"), float("nan")])
def test_a_time_beyond_the_calendar_is_still_a_text(seconds: float) -> None:
    assert utc_text(seconds) == f"{seconds:g} s after 1970"


def test_explanation_is_a_table() -> None:
    explanation = Explanation(
        (
            Step("environment keys", "not found", "AWS_ACCESS_KEY_ID", "it is not set"),
            Step("web identity", "found", "", "access key …WXYZ"),
            Step("container", "not tried"),
        ),
        held="nothing",
    )
    assert explanation.found == "web identity"
    assert str(explanation).splitlines() == [
        "credentials: found by web identity",
        "held now: nothing",
        "   provider          outcome    looked at          detail",
        "1  environment keys  not found  AWS_ACCESS_KEY_ID  it is not set",
        "2  web identity      found      -                  access key …WXYZ",
        "3  container         not tried  -",
    ]


def test_explanation_of_nothing() -> None:
    assert Explanation(()).found is None
    assert str(Explanation(())).startswith("credentials: none found\n")


def test_a_failure_after_a_source_was_found_means_none_found() -> None:
    steps = (Step("environment keys", "found"), Step("assumed role", "failed"))
    assert Explanation(steps).found is None
    assert Explanation((steps[0], Step("assumed role", "found"))).found == "assumed role"
