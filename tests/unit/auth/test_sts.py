"""STS: its address, the settings of a role, and its XML, good and bad."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.auth.credentials import Credentials
from hashrange.auth.endpoint import ANSWER_MAX_BYTES
from hashrange.auth.sts import RoleSession, Sts, check_external_id, role_session
from hashrange.errors import AssumeRoleFailed, ConfigurationError, InvalidCredentials, InvalidRegion

from .servers import REGION, ROLE, Chance, FakeSts, HastyFetch, ManualClock, Reply, hushed, keys, sts_answer, sts_error

ISSUED = {
    "AccessKeyId": "ASIAHUSHHUSHHUSH0001",
    "SecretAccessKey": "hush",
    "Token": "hush",
    "Expiration": "2027-01-15T08:00:00Z",
}


def client(region: str = REGION, endpoint_url: str | None = None) -> Sts:
    return Sts(region, endpoint_url, HastyFetch(5.0), ManualClock(), Chance())


async def assume(sts: FakeSts) -> Credentials:
    session = RoleSession(ROLE)
    return await Sts(REGION, sts.url, HastyFetch(5.0), sts.clock, Chance()).credentials(
        "AssumeRole", session, {}, keys()
    )


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("us-east-1", "https://sts.us-east-1.amazonaws.com/"),
        ("eu-central-2", "https://sts.eu-central-2.amazonaws.com/"),
        ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/"),
        ("us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com/"),
        ("us-iso-east-1", "https://sts.us-iso-east-1.c2s.ic.gov/"),
    ],
)
def test_address_of_a_region(region: str, url: str) -> None:
    assert client(region).url == url
    assert repr(client(region)) == f"<Sts {url} for {region}>"


def test_address_given() -> None:
    assert client(endpoint_url="http://localhost:5000").url == "http://localhost:5000/"
    assert client("local", "http://localhost:5000").url == "http://localhost:5000/"
    with pytest.raises(InvalidRegion):
        client("local")
    with pytest.raises(InvalidRegion):
        client("Ireland")
    with pytest.raises(ConfigurationError, match="the STS endpoint_url"):
        client(endpoint_url="localhost:5000")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("reader", None, None), "role_arn 'reader'"),
        (("arn:aws:iam::123:role/reader", None, None), "role_arn"),
        (("arn:aws:iam::123456789012:user/reader", None, None), "role_arn"),
        ((None, None, None), "role_arn None"),
        ((ROLE + "\n", None, None), "role_arn"),
        ((ROLE, "x", None), "session_name 'x'"),
        ((ROLE, "a b", None), "session_name"),
        ((ROLE, 5, None), "session_name 5"),
        ((ROLE, None, 899), "duration 899"),
        ((ROLE, None, 43_201), "duration 43201"),
        ((ROLE, None, "900"), "duration '900'"),
        ((ROLE, None, True), "duration True"),
    ],
)
def test_settings_of_a_role_are_checked(arguments: tuple[Any, Any, Any], problem: str) -> None:
    with pytest.raises(InvalidCredentials, match=problem):
        role_session(*arguments)


def test_settings_of_a_role() -> None:
    assert role_session("arn:aws-us-gov:iam::123456789012:role/a/b@c", "me@x", 900).parameters(1.5) == {
        "RoleArn": "arn:aws-us-gov:iam::123456789012:role/a/b@c",
        "RoleSessionName": "me@x",
        "DurationSeconds": "900",
    }
    assert RoleSession(ROLE).parameters(1.5) == {"RoleArn": ROLE, "RoleSessionName": "hashrange-1"}


@pytest.mark.parametrize("external_id", ["x", "", "a b", "ä" * 5, 5])
def test_external_id_is_checked(external_id: Any) -> None:
    with pytest.raises(InvalidCredentials, match="external_id is not"):
        check_external_id(external_id)


GOOD = sts_answer("AssumeRole", ISSUED)
ENTITIES = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "hush"><!ENTITY b "&a;&a;">]>' + GOOD.replace("hush", "&b;")


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply(200, b""), "it is not XML"),
        (Reply(200, b"hush"), "it is not XML"),
        (Reply(200, b'{"hush": 1}'), "it is not XML"),
        (Reply(200, GOOD.encode()[:-20]), "it is not XML"),
        (Reply(200, GOOD.encode() + b"\xff"), "it is not XML"),
        (Reply(200, GOOD.encode("utf-16")), "it is not XML"),
        (Reply(200, ENTITIES.encode()), "it has a document type"),
        (Reply(200, ENTITIES.replace("DOCTYPE", "doctype").encode()), "it has a document type"),
        (Reply(200, b"<a>" * 30_000), "it is not XML"),
        (Reply(200, b" " * (ANSWER_MAX_BYTES + 1)), "it is longer than"),
        (Reply(200, b"<a><Credentials/></a>"), "it has no AccessKeyId"),
        (Reply(200, GOOD.replace("SessionToken", "Sessions").encode()), "it has no SessionToken"),
        (Reply(200, GOOD.replace("2027-01-15T", "soon ").encode()), "its Expiration is not a date"),
        (Reply(200, GOOD.replace(">hush<", ">hush hush<").encode()), "the secret key holds"),
        (Reply(302, b"<html/>"), "HTTP status 302 without an error code"),
        (Reply(403, b"hush"), "HTTP status 403, and it is not XML"),
        (Reply(500, b"<html><body>hush</body></html>"), "HTTP status 500 without an error code"),
    ],
)
async def test_an_answer_that_makes_no_sense(reply: Reply, problem: str) -> None:
    async with FakeSts(script=[reply, reply, reply]) as sts:
        with pytest.raises(AssumeRoleFailed, match=problem) as caught:
            await assume(sts)
    assert caught.value.code is None
    assert caught.value.status == reply.status
    assert sts.url in str(caught.value)
    assert hushed(caught.value)


async def test_a_refusal_carries_code_and_message_and_says_what_to_do() -> None:
    message = "User: arn:aws:iam::123456789012:user/me is not authorized to perform: sts:AssumeRole & more"
    async with FakeSts(script=[sts_error(403, "AccessDenied", message)]) as sts:
        with pytest.raises(AssumeRoleFailed) as caught:
            await assume(sts)
    error = caught.value
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == f"no credentials for role {ROLE}: AccessDenied: {message}"
    assert error.hint is not None
    assert "trust policy" in error.hint
    assert len(sts.requests) == 1


async def test_an_unknown_refusal_has_the_usual_hint_and_one_without_words_is_still_told() -> None:
    async with FakeSts(script=[sts_error(400, "Peculiar", "")]) as sts:
        with pytest.raises(AssumeRoleFailed, match="Peculiar: no message") as caught:
            await assume(sts)
    assert caught.value.hint == AssumeRoleFailed.default_hint


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500),
        Reply(503, b"<html/>"),
        sts_error(400, "Throttling", "slow down"),
        sts_error(400, "IDPCommunicationError", "try later"),
        Reply(0, raw=b""),
        Reply(0, raw=b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nhalf"),
        Reply(0, raw=b"SSH-2.0-hush\r\n"),
    ],
)
async def test_a_passing_failure_is_tried_again(reply: Reply) -> None:
    async with FakeSts(script=[reply, reply]) as sts:
        assert (await assume(sts)).secret_key.reveal() == "hush/secret/1"
    assert len(sts.requests) == 3
    assert sts.clock.slept == pytest.approx([0.1, 0.2])


async def test_no_answer_in_time() -> None:
    fetch = HastyFetch()
    async with FakeSts(silent=True) as sts:
        slow = Sts(REGION, sts.url, fetch, sts.clock, Chance())
        with pytest.raises(AssumeRoleFailed, match="did not answer") as caught:
            await slow.credentials("AssumeRole", RoleSession(ROLE), {}, keys())
    assert fetch.asked == [5.0, 5.0, 5.0]
    assert caught.value.hint is not None
    assert "AWS_ENDPOINT_URL_STS" in caught.value.hint
    assert hushed(caught.value)
