"""What each environment variable means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hashrange.auth.assume_role import AssumeRole
from hashrange.auth.container import Container
from hashrange.auth.credentials import Credentials, Provider, Secret
from hashrange.auth.environment import EnvironmentKeys, Surroundings
from hashrange.auth.explain import explain_provider
from hashrange.auth.instance import InstanceMetadata
from hashrange.auth.static import Static
from hashrange.auth.web_identity import WebIdentity
from hashrange.errors import ConfigurationError, CredentialsNotFound, DynamoDBError, InvalidCredentials, InvalidRegion
from hashrange.wire.fetch import fetch

from .servers import REGION, ROLE, Chance, FakeContainer, ManualClock, hushed

STATIC = Static("AKIA", "hush")


def around(region: str | None = REGION, **environ: str) -> Surroundings:
    return Surroundings(environ, region, fetch, ManualClock(), Chance())


async def refusal(provider: Provider) -> DynamoDBError:
    with pytest.raises(DynamoDBError) as caught:
        await provider.fetch()
    assert hushed(caught.value)
    return caught.value


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_keys() -> None:
    environ = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "hush"}
    provider = EnvironmentKeys(environ)
    assert await provider.fetch() == Credentials("AKIA", Secret("hush"))
    environ["AWS_SESSION_TOKEN"] = "hush-token"  # read anew each time
    assert await provider.fetch() == Credentials("AKIA", Secret("hush"), Secret("hush-token"))
    environ["AWS_SESSION_TOKEN"] = ""
    assert (await provider.fetch()).token is None
    assert hushed(provider)


async def test_no_keys() -> None:
    for environ in ({}, {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, {"AWS_SESSION_TOKEN": "hush"}):
        assert isinstance(await refusal(EnvironmentKeys(environ)), CredentialsNotFound)


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"AWS_ACCESS_KEY_ID": "AKIA"}, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"),
        ({"AWS_SECRET_ACCESS_KEY": "hush"}, "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not"),
        ({"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "hush\n"}, "the secret key holds"),
        (
            {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "h", "AWS_SESSION_TOKEN": "hush hush"},
            "the session token holds",
        ),
    ],
)
async def test_half_a_key_or_a_broken_one_is_a_mistake(environ: dict[str, str], problem: str) -> None:
    error = await refusal(EnvironmentKeys(environ))
    assert isinstance(error, InvalidCredentials)
    assert problem in error.message


# ── roles ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_web_identity() -> None:
    provider = around(AWS_WEB_IDENTITY_TOKEN_FILE="/token", AWS_ROLE_ARN=ROLE).web_identity().make()
    assert isinstance(provider, WebIdentity)
    assert provider.looks_at == f"{ROLE} with /token by https://sts.eu-west-1.amazonaws.com/"


async def test_web_identity_half_set() -> None:
    error = await refusal(around(AWS_ROLE_ARN=ROLE).web_identity())
    assert isinstance(error, CredentialsNotFound)
    error = await refusal(around(AWS_WEB_IDENTITY_TOKEN_FILE="/token").web_identity())
    assert isinstance(error, InvalidCredentials)
    assert "AWS_ROLE_ARN is not" in error.message


def test_assumed_role() -> None:
    later = around(AWS_ROLE_ARN=ROLE, AWS_ENDPOINT_URL_STS="http://localhost:5000").assumed_role(STATIC)
    assert later is not None
    provider = later.make()
    assert isinstance(provider, AssumeRole)
    assert provider.looks_at == f"{ROLE} by http://localhost:5000/"
    assert around().assumed_role(STATIC) is None
    assert around(AWS_ROLE_ARN=ROLE, AWS_WEB_IDENTITY_TOKEN_FILE="/token").assumed_role(STATIC) is None


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"AWS_ROLE_ARN": "reader"}, "role_arn 'reader'"),
        ({"AWS_ROLE_ARN": ROLE, "AWS_ROLE_SESSION_NAME": "a b"}, "session_name 'a b'"),
        ({"AWS_ROLE_ARN": ROLE, "AWS_EXTERNAL_ID": "hush hush"}, "external_id is not"),
        ({"AWS_ROLE_ARN": ROLE, "AWS_ENDPOINT_URL_STS": "localhost"}, "endpoint_url 'localhost'"),
    ],
)
async def test_a_mistake_comes_out_when_the_role_is_asked_for(environ: dict[str, str], problem: str) -> None:
    provider = around(**environ).assumed_role(STATIC)
    assert provider is not None
    with pytest.raises(ConfigurationError, match=problem):
        await provider.fetch()
    (step,) = await explain_provider(provider)
    assert (step.provider, step.outcome, step.looked_at) == ("assumed role", "failed", "AWS_ROLE_ARN")
    assert problem in step.detail


@pytest.mark.parametrize(
    ("given", "environ", "region"),
    [
        ("eu-west-1", {"AWS_REGION": "us-east-1"}, "eu-west-1"),
        (None, {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-2"}, "us-east-1"),
        (None, {"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-east-2"}, "us-east-2"),
    ],
)
def test_region_of_sts(given: str | None, environ: dict[str, str], region: str) -> None:
    assert around(given, **environ).region() == region


async def test_no_region_for_sts() -> None:
    provider = around(None, AWS_ROLE_ARN=ROLE).assumed_role(STATIC)
    assert provider is not None
    assert isinstance(await refusal(provider), InvalidRegion)


# ── container and instance ───────────────────────────────────────────────────────────────────────────────────────────
async def test_container(tmp_path: Path) -> None:
    async with FakeContainer(token="hush-1") as server:
        url = server.credentials_url
        by_value = around(
            AWS_CONTAINER_CREDENTIALS_FULL_URI=url, AWS_CONTAINER_AUTHORIZATION_TOKEN="hush-1"
        ).container()
        assert await by_value.fetch()
        (tmp_path / "token").write_text("hush-1")
        by_file = around(
            AWS_CONTAINER_CREDENTIALS_FULL_URI=url, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(tmp_path / "token")
        ).container()
        assert await by_file.fetch()
    assert hushed(by_value, by_file)


def test_container_by_relative_uri_is_on_ecs() -> None:
    provider = (
        around(
            AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/v2/hush", AWS_CONTAINER_CREDENTIALS_FULL_URI="https://example.com"
        )
        .container()
        .make()
    )
    assert isinstance(provider, Container)
    assert provider.looks_at == "http://169.254.170.2/***"


@pytest.mark.parametrize(
    ("environ", "kind", "problem"),
    [
        ({}, CredentialsNotFound, "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor"),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "@evil.com"}, InvalidCredentials, "begin with a slash"),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://evil.com"}, InvalidCredentials, "is on evil.com"),
        (
            {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "evil", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "hush"},
            ConfigurationError,
            "credential endpoint",
        ),
    ],
)
async def test_no_container(environ: dict[str, str], kind: type[DynamoDBError], problem: str) -> None:
    error = await refusal(around(**environ).container())
    assert isinstance(error, kind)
    assert problem in error.message


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, "http://169.254.169.254"),
        ({"AWS_EC2_METADATA_DISABLED": "false"}, "http://169.254.169.254"),
        ({"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}, "http://[fd00:ec2::254]"),
        (
            {
                "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://localhost:1338/",
                "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv6",
            },
            "http://localhost:1338",
        ),
    ],
)
def test_instance(environ: dict[str, str], address: str) -> None:
    provider = around(**environ).instance().make()
    assert isinstance(provider, InstanceMetadata)
    assert provider.looks_at == address


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({"AWS_EC2_METADATA_DISABLED": "true"}, CredentialsNotFound),
        ({"AWS_EC2_METADATA_DISABLED": "TRUE"}, CredentialsNotFound),
        ({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "localhost"}, ConfigurationError),
    ],
)
async def test_no_instance(environ: dict[str, str], kind: type[DynamoDBError]) -> None:
    assert isinstance(await refusal(around(**environ).instance()), kind)


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("environ", "given", "credentials", "config"),
    [
        ({"HOME": "/h"}, (None, None), "/h/.aws/credentials", "/h/.aws/config"),
        ({"HOME": "/h", "AWS_CONFIG_FILE": "~/c"}, (None, None), "/h/.aws/credentials", "/h/c"),
        ({"HOME": "/h", "AWS_SHARED_CREDENTIALS_FILE": "/x"}, (None, None), "/x", "/h/.aws/config"),
        ({"HOME": "/h", "AWS_CONFIG_FILE": "/x"}, ("/a", "~/b"), "/a", "/h/b"),
        ({"HOME": "/h", "AWS_CONFIG_FILE": "~other/c"}, ("~", None), "/h", "~other/c"),
    ],
)
def test_where_the_shared_files_are(environ: dict[str, str], given: Any, credentials: str, config: str) -> None:
    assert around(**environ).shared_files(*given) == (credentials, config)


def test_without_a_home_variable_the_system_is_asked() -> None:
    assert around().shared_files(None, None)[1] == str(Path.home() / ".aws" / "config")


def test_profile_name() -> None:
    assert around().profile_name() == "default"
    assert around(AWS_PROFILE="").profile_name() == "default"
    assert around(AWS_PROFILE="dev").profile_name() == "dev"
