"""The order of providers: who wins, who ends the chain, and what is said about it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from hashrange.auth.chain import Chain, Environment
from hashrange.auth.credentials import Credentials
from hashrange.auth.explain import Explanation
from hashrange.auth.static import Static
from hashrange.errors import (
    AssumeRoleFailed,
    AuthenticationError,
    CredentialsNotFound,
    DynamoDBError,
    InvalidCredentials,
    InvalidRegion,
)

from .servers import REGION, ROLE, FakeContainer, FakeInstance, FakeSts, ManualClock, hushed, keys

KEYS = {"AWS_ACCESS_KEY_ID": keys().access_key, "AWS_SECRET_ACCESS_KEY": keys().secret_key.reveal()}


class Says:
    """A provider that raises, and counts how often it is asked."""

    def __init__(self, name: str, error: Exception) -> None:
        self.name, self.error, self.asked = name, error, 0

    async def fetch(self) -> Credentials:
        self.asked += 1
        raise self.error


NOBODY = Says("nobody", CredentialsNotFound("I am not set up"))
KEY = Static("AKIA", "hush")


# ── the generic chain ────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_first_that_has_credentials_wins() -> None:
    last = Says("last", AuthenticationError("never asked"))
    assert (await Chain([NOBODY, KEY, last]).fetch()).access_key == "AKIA"
    assert last.asked == 0


async def test_none_says_what_was_tried() -> None:
    with pytest.raises(CredentialsNotFound) as caught:
        await Chain([NOBODY, Says("other", CredentialsNotFound("nor am I"))]).fetch()
    assert caught.value.message == "no credentials found; tried nobody (I am not set up), other (nor am I)"
    assert caught.value.hint is not None
    with pytest.raises(CredentialsNotFound, match="tried nothing"):
        await Chain([]).fetch()


@pytest.mark.parametrize("error", [AuthenticationError("broken"), InvalidCredentials("broken"), OSError("broken")])
async def test_one_that_is_set_up_and_fails_ends_the_chain(error: Exception) -> None:
    with pytest.raises(type(error), match="broken"):
        await Chain([NOBODY, Says("broken", error), KEY]).fetch()


async def test_explains_until_the_first_found() -> None:
    steps = await Chain([NOBODY, KEY, Says("last", OSError())]).explain()
    assert [(step.provider, step.outcome, step.detail) for step in steps] == [
        ("nobody", "not found", "I am not set up"),
        ("static", "found", "access key ***, no known expiry"),
        ("last", "not tried", ""),
    ]


async def test_explains_a_failure_and_stops() -> None:
    steps = await Chain([Says("broken", AuthenticationError("it is down")), KEY]).explain()
    assert [(step.outcome, step.detail) for step in steps] == [("failed", "it is down"), ("not tried", "")]


async def test_a_failure_that_nobody_foresaw_is_told_without_its_text() -> None:
    (step,) = await Chain([Says("rough", ValueError("hush"))]).explain()
    assert (step.outcome, step.detail) == ("failed", "it raised ValueError, which no provider should")


def test_a_chain_shows_its_providers() -> None:
    assert repr(Chain([KEY])) == "<Chain <Static access key ***, no known expiry>>"


# ── the environment's chain ──────────────────────────────────────────────────────────────────────────────────────────
class World:
    """Every source at once, each with its own identity; a test switches on what it needs."""

    def __init__(self, home: Path) -> None:
        self.clock = ManualClock()
        self.sts, self.container, self.instance = (
            FakeSts(self.clock),
            FakeContainer(self.clock),
            FakeInstance(self.clock),
        )
        self.container.issued, self.instance.issued, self.sts.issued = 100, 200, 300
        self.home = home

    async def __aenter__(self) -> World:
        for server in (self.sts, self.container, self.instance):
            await server.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        for server in (self.sts, self.container, self.instance):
            await server.stop()

    def environment(self, *sources: str, **more: str) -> Environment:
        environ = {"HOME": str(self.home), "AWS_ENDPOINT_URL_STS": self.sts.url, "AWS_EC2_METADATA_DISABLED": "true"}
        if "keys" in sources:
            environ |= KEYS
        if "web identity" in sources:
            (self.home / "token").write_text("hush.jwt.1")
            environ |= {"AWS_WEB_IDENTITY_TOKEN_FILE": str(self.home / "token"), "AWS_ROLE_ARN": ROLE}
        if "role" in sources:
            environ |= {"AWS_ROLE_ARN": ROLE}
        if "profile" in sources:
            (self.home / ".aws").mkdir()
            text = "[default]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = hush-profile\n"
            (self.home / ".aws" / "credentials").write_text(text)
        if "container" in sources:
            environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = self.container.credentials_url
        if "instance" in sources:
            environ |= {"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.instance.url}
        return Environment(environ | more, region=REGION, clock=self.clock)


IDENTITIES = {
    "keys": keys().access_key,
    "web identity": "ASIAHUSHHUSH00000301",
    "profile": "AKIAPROFILE",
    "container": "ASIAHUSHHUSH00000101",
    "instance": "ASIAHUSHHUSH00000201",
}


@pytest.mark.parametrize("first", range(5))
async def test_the_order(tmp_path: Path, first: int) -> None:
    sources = list(IDENTITIES)[first:]
    async with World(tmp_path) as world:
        environment = world.environment(*sources)
        found = await environment.fetch()
        explanation = Explanation(await environment.explain())
    assert found.access_key == IDENTITIES[sources[0]]
    names = ["environment keys", "web identity", "profile 'default'", "container", "instance metadata"]
    assert [step.provider for step in explanation.steps] == names
    assert [step.outcome for step in explanation.steps] == ["not found"] * first + ["found"] + ["not tried"] * (
        4 - first
    )
    assert explanation.found == names[first]
    assert hushed(explanation, environment)


async def test_a_role_without_a_token_file_is_assumed_by_the_first_source(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        environment = world.environment("keys", "role", AWS_EXTERNAL_ID="squirrel", AWS_ROLE_SESSION_NAME="me")
        world.sts.external_id = "squirrel"
        assert (await environment.fetch()).access_key == "ASIAHUSHHUSH00000301"
        assert world.sts.forms[0]["Action"] == "AssumeRole"
        assert world.sts.forms[0]["RoleSessionName"] == "me"
        explanation = Explanation(await environment.explain())
    assert explanation.found == "assumed role"
    assert [step.outcome for step in explanation.steps] == ["found", *["not tried"] * 4, "found"]


async def test_a_role_without_anybody_to_assume_it(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        environment = world.environment("role")
        with pytest.raises(CredentialsNotFound, match=f"nobody to assume role {ROLE}: no credentials found; tried"):
            await environment.fetch()
        explanation = Explanation(await environment.explain())
    assert explanation.found is None
    assert [step.outcome for step in explanation.steps] == ["not found"] * 5 + ["not tried"]


async def test_with_role_and_token_file_web_identity_wins_over_the_assumed_role(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        assert await world.environment("web identity", "profile", "container").fetch()
    assert [form["Action"] for form in world.sts.forms] == ["AssumeRoleWithWebIdentity"]


async def test_keys_win_over_a_web_identity_and_do_not_assume_its_role(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        assert (await world.environment("keys", "web identity").fetch()).access_key == keys().access_key
    assert world.sts.forms == []


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        ({"AWS_ACCESS_KEY_ID": "AKIA"}, InvalidCredentials),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere", "AWS_ROLE_ARN": ROLE}, AssumeRoleFailed),
        ({"AWS_PROFILE": "nobody"}, InvalidCredentials),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/"}, InvalidCredentials),
    ],
)
async def test_a_broken_source_does_not_fall_through_to_another_identity(
    tmp_path: Path, broken: dict[str, str], error: type[DynamoDBError]
) -> None:
    async with World(tmp_path) as world:
        environment = world.environment("instance", **broken)
        with pytest.raises(error):
            await environment.fetch()
        explanation = Explanation(await environment.explain())
    assert world.instance.requests == []
    assert explanation.found is None
    assert "failed" in {step.outcome for step in explanation.steps}


async def test_a_mistake_in_a_later_source_does_no_harm(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        environment = world.environment("keys", AWS_CONTAINER_CREDENTIALS_FULL_URI="http://example.com/")
        assert (await environment.fetch()).access_key == keys().access_key


async def test_nothing_at_all_lists_everything(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        environment = world.environment()
        with pytest.raises(CredentialsNotFound) as caught:
            await environment.fetch()
    for part in (
        "environment keys (neither AWS_ACCESS_KEY_ID nor AWS_SECRET_ACCESS_KEY is set)",
        "web identity (AWS_WEB_IDENTITY_TOKEN_FILE is not set)",
        f"profile 'default' (there is no default profile in {tmp_path}",
        "container (neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor",
        "instance metadata (AWS_EC2_METADATA_DISABLED is true)",
    ):
        assert part in caught.value.message


async def test_the_environment_is_read_at_every_fetch(tmp_path: Path) -> None:
    environ: dict[str, str] = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    environment = Environment(environ)
    with pytest.raises(CredentialsNotFound):
        await environment.fetch()
    environ |= KEYS
    assert (await environment.fetch()).access_key == keys().access_key
    environ["AWS_ROLE_ARN"] = ROLE
    with pytest.raises(InvalidRegion):
        await environment.fetch()


def test_making_one_touches_nothing() -> None:
    class Untouchable(dict[str, str]):
        def _refuse(self, *args: Any) -> Any:
            raise AssertionError(args)

        __getitem__ = get = __contains__ = __iter__ = keys = items = _refuse

    assert repr(Environment(Untouchable())) == "<Environment>"
    assert Environment()._surroundings.environ is os.environ
