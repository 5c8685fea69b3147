"""Attempts, and the JSON document of credentials: what is accepted, and what is said of the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from hashrange.auth.credentials import Credentials, Secret
from hashrange.auth.endpoint import (
    ANSWER_MAX_BYTES,
    Answer,
    Attempts,
    ask,
    credentials_from_json,
    error_in_json,
    is_header_text,
    seconds_from_iso,
    shown,
)
from hashrange.errors import ConnectionLost, NetworkError

from .servers import NOW, Chance, ManualClock, hushed

GOOD = {
    "AccessKeyId": "ASIAHUSHHUSHHUSH0001",
    "SecretAccessKey": "hush",
    "Token": "hush-token",
    "Expiration": "2027-01-15T08:00:00Z",
}


class Script:
    """Gives one outcome after the other."""

    def __init__(self, *outcomes: tuple[int, bytes] | NetworkError) -> None:
        self.outcomes = list(outcomes)

    async def __call__(self) -> tuple[int, bytes]:
        hush_body = b"hush, what was sent"
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, NetworkError):
            raise outcome from ValueError(hush_body)
        return outcome


@pytest.mark.parametrize(
    ("outcomes", "status", "sleeps"),
    [
        ([(200, b"")], 200, []),
        ([(404, b"")], 404, []),
        ([(500, b""), (200, b"")], 200, [0.1]),
        ([(429, b""), ConnectionLost("gone"), (200, b"")], 200, [0.1, 0.2]),
        ([(503, b""), (503, b""), (503, b"")], 503, [0.1, 0.2]),
        ([ConnectionLost("gone"), ConnectionLost("gone"), (500, b"")], 500, [0.1, 0.2]),
    ],
)
async def test_asks_again_while_it_may_help(outcomes: list[Any], status: int, sleeps: list[float]) -> None:
    clock, script = ManualClock(), Script(*outcomes)
    answer = await ask(script, Attempts(3, 1.0, 0.1), clock, Chance())
    assert answer.status == status
    assert script.outcomes == []
    assert clock.slept == pytest.approx(sleeps)


async def test_the_last_network_error_comes_out_alone() -> None:
    clock = ManualClock()
    with pytest.raises(ConnectionLost, match="second") as caught:
        await ask(Script(ConnectionLost("first"), ConnectionLost("second")), Attempts(2, 1.0, 0.1), clock, Chance())
    assert clock.slept == [0.1]
    assert caught.value.__cause__ is None
    assert hushed(caught.value)


def test_answer_does_not_show_its_body() -> None:
    assert repr(Answer(200, b"hush")) == "<Answer 200, 4 bytes>"


def document(changes: Mapping[str, Any]) -> Answer:
    merged = {**GOOD, **changes}
    return Answer(200, json.dumps({name: value for name, value in merged.items() if value != "absent"}).encode())


def test_reads_credentials() -> None:
    assert credentials_from_json(document({"AccountId": "1"})) == Credentials(
        "ASIAHUSHHUSHHUSH0001", Secret("hush"), Secret("hush-token"), NOW
    )


def test_token_and_expiration_may_be_absent_or_null() -> None:
    for nothing in ("absent", None):
        found = credentials_from_json(document({"Token": nothing, "Expiration": nothing}))
        assert found == Credentials("ASIAHUSHHUSHHUSH0001", Secret("hush"))


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(200, b""), "it is not JSON"),
        (Answer(200, b"<html>hush</html>"), "it is not JSON"),
        (Answer(200, b'{"SecretAccessKey": "hush'), "it is not JSON"),
        (Answer(200, b'{"SecretAccessKey": "hush\xff"}'), "it is not JSON"),
        (Answer(200, b"[" * 100_000), "it is not JSON"),
        (Answer(200, b'["hush"]'), "it is not a JSON object"),
        (Answer(200, b" " * (ANSWER_MAX_BYTES + 1)), f"it is longer than {ANSWER_MAX_BYTES} bytes"),
        (document({"AccessKeyId": "absent"}), "it has no AccessKeyId"),
        (document({"SecretAccessKey": None}), "it has no SecretAccessKey"),
        (document({"SecretAccessKey": ["hush"]}), "its SecretAccessKey is not text"),
        (document({"Token": 5}), "its Token is not text"),
        (document({"SecretAccessKey": ""}), "the secret key is empty"),
        (
            document({"Token": "hush\r\nX-Evil: 1"}),
            "the session token holds a space, a line break or what is not ASCII",
        ),
        (document({"Expiration": "tomorrow"}), "its Expiration is not a date"),
    ],
)
def test_says_what_is_wrong_with_other_answers(answer: Answer, problem: str) -> None:
    assert credentials_from_json(answer) == problem


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2027-01-15T08:00:00Z", NOW),
        ("2027-01-15T08:00:00.500Z", NOW + 0.5),
        ("2027-01-15T09:00:00+01:00", NOW),
        ("2027-01-15T08:00:00", NOW),
        ("never", None),
        ("", None),
        ("0001-01-01T00:00:00+23:00", None),
    ],
)
def test_reads_dates(text: str, seconds: float | None) -> None:
    found = seconds_from_iso(text)
    assert found == seconds or (seconds is None and found is not None and found < 0)


def test_error_texts_are_short_single_lines_without_what_was_sent() -> None:
    assert shown("a\r\n\x1b[31mb  ") == "a [31mb"
    assert shown("x" * 1000) == "x" * 299 + "…"
    assert shown("token hush-1 is unknown", Secret("hush-1"), None, Secret("")) == "token *** is unknown"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"code": "AccessDenied", "message": "not you"}', " (AccessDenied: not you)"),
        (b'{"Message": "not you", "Code": 5}', " (not you)"),
        (b'{"other": "hush"}', ""),
        (b"hush", ""),
    ],
)
def test_reads_what_an_error_answer_says(body: bytes, text: str) -> None:
    assert error_in_json(Answer(400, body)) == text


@pytest.mark.parametrize(
    ("text", "fits"), [("Bearer abc", True), ("", False), ("a\nb", False), ("hüsh", False), ("\x7f", False)]
)
def test_knows_what_can_stand_in_a_header(text: str, fits: bool) -> None:
    assert is_header_text(Secret(text)) == fits
