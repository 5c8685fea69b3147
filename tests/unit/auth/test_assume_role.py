"""AssumeRole against a server that checks signatures, external ids and durations."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.auth.assume_role import AssumeRole
from hashrange.auth.chain import Chain
from hashrange.auth.credentials import Credentials, Provider, Secret
from hashrange.auth.static import Static
from hashrange.errors import AssumeRoleFailed, CredentialsNotFound, InvalidCredentials, InvalidRegion

from .servers import HOUR, NOW, REGION, ROLE, FakeSts, hushed, keys, sts_error

CALLER = Static(keys().access_key, keys().secret_key)


def role(sts: FakeSts, source: Provider = CALLER, **changes: Any) -> AssumeRole:
    return AssumeRole(ROLE, source, **{"region": REGION, "endpoint_url": sts.url, "clock": sts.clock, **changes})


async def test_gives_the_credentials_of_the_role() -> None:
    async with FakeSts() as sts:
        found = await role(sts).fetch()
    assert found == Credentials("ASIAHUSHHUSH00000001", Secret("hush/secret/1"), Secret("hush//token+1=="), NOW + HOUR)
    assert sts.forms == [
        {
            "Action": "AssumeRole",
            "Version": "2011-06-15",
            "RoleArn": ROLE,
            "RoleSessionName": f"hashrange-{int(NOW)}",
        }
    ]


async def test_sends_external_id_session_name_and_duration() -> None:
    async with FakeSts(external_id="squirrel:7/x") as sts:
        found = await role(sts, external_id="squirrel:7/x", session_name="me@work", duration=900).fetch()
        assert found.expires_at == NOW + 900
        assert await role(sts, external_id=Secret("squirrel:7/x")).fetch()
        with pytest.raises(AssumeRoleFailed) as caught:
            await role(sts).fetch()
    assert caught.value.code == "AccessDenied"
    assert {name: sts.forms[0][name] for name in ("ExternalId", "RoleSessionName", "DurationSeconds")} == {
        "ExternalId": "squirrel:7/x",
        "RoleSessionName": "me@work",
        "DurationSeconds": "900",
    }


async def test_a_caller_with_a_session_token_signs_it_too() -> None:
    caller = Credentials("ASIAHUSHHUSH00000077", Secret("hush/77"), Secret("hush-token-77"))
    async with FakeSts(callers={caller.access_key: caller}) as sts:
        found = await role(sts, Static(caller.access_key, caller.secret_key, caller.token)).fetch()
    assert found.secret_key.reveal() == "hush/secret/1"
    assert sts.requests[0].headers["x-amz-security-token"] == "hush-token-77"


async def test_a_role_may_be_the_source_of_another() -> None:
    async with FakeSts() as first, FakeSts() as second:
        between = role(first)
        second.callers = {"ASIAHUSHHUSH00000001": await between.fetch()}
        first.issued = 0
        assert (await role(second, between).fetch()).secret_key.reveal() == "hush/secret/1"


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        (Static(keys(5).access_key, keys(5).secret_key), "InvalidClientTokenId"),
        (Static(keys().access_key, keys(5).secret_key), "SignatureDoesNotMatch"),
    ],
)
async def test_a_wrong_caller_is_refused_once(caller: Static, code: str) -> None:
    async with FakeSts() as sts:
        with pytest.raises(AssumeRoleFailed) as caught:
            await role(sts, caller).fetch()
    assert caught.value.code == code
    assert len(sts.requests) == 1
    assert hushed(caught.value)


async def test_signs_for_its_region() -> None:
    async with FakeSts(region="us-east-2") as sts:
        with pytest.raises(AssumeRoleFailed, match="SignatureDoesNotMatch"):
            await role(sts).fetch()
        assert await role(sts, region="us-east-2").fetch()


async def test_what_the_answer_quotes_of_our_secrets_is_taken_out() -> None:
    caller = Credentials("ASIAHUSHHUSH00000077", Secret("hush/77"), Secret("hush-token-77"))
    reply = sts_error(400, "hush-token-77", "hush/77 and hush-token-77 and squirrel")
    async with FakeSts(script=[reply]) as sts:
        source = Static(caller.access_key, caller.secret_key, caller.token)
        with pytest.raises(AssumeRoleFailed, match=r"\*\*\*: \*\*\* and \*\*\* and \*\*\*") as caught:
            await role(sts, source, external_id="squirrel").fetch()
    assert hushed(caught.value)


async def test_without_a_source_there_is_nobody_to_assume_it() -> None:
    async with FakeSts() as sts:
        nobody = role(sts, Chain(()))
        with pytest.raises(CredentialsNotFound, match=f"nobody to assume role {ROLE}: no credentials found"):
            await nobody.fetch()
        steps = await nobody.explain()
    assert sts.requests == []
    assert [(step.provider, step.outcome) for step in steps] == [("assumed role", "not tried")]


async def test_explains_its_source_and_itself() -> None:
    async with FakeSts() as sts:
        steps = await role(sts).explain()
        refused = await role(sts, external_id="wrong").explain()
    assert [(step.provider, step.outcome) for step in steps] == [("static", "found"), ("assumed role", "found")]
    assert [(step.provider, step.outcome) for step in refused] == [("static", "found"), ("assumed role", "failed")]
    assert "AccessDenied" in refused[1].detail
    assert sts.url in refused[1].looked_at
    assert hushed(steps, refused)


def test_arguments_are_checked_at_construction() -> None:
    with pytest.raises(InvalidCredentials, match="role_arn"):
        AssumeRole("reader", CALLER, region=REGION)
    with pytest.raises(InvalidCredentials, match="external_id"):
        AssumeRole(ROLE, CALLER, region=REGION, external_id="a b")
    with pytest.raises(InvalidRegion):
        AssumeRole(ROLE, CALLER, region="")


def test_shows_its_role_and_no_secret() -> None:
    provider = AssumeRole(ROLE, CALLER, region=REGION, external_id="hush-external")
    assert repr(provider) == f"<AssumeRole {ROLE}, source <Static access key …0000, no known expiry>>"
    assert hushed(provider)
