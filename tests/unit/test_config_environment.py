"""Config from the environment: every variable, every wrong value by its name, overrides, auto, and proxies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

import pytest

from hashrange.auth.chain import Environment
from hashrange.auth.static import Static
from hashrange.clock import SystemClock
from hashrange.config import Config
from hashrange.errors import ConfigurationError, InvalidRegion
from hashrange.resilience.retry import RetryPolicy, RetryRule
from hashrange.wire.endpoints import bypasses_proxy, resolve_endpoint


class Recorded(Mapping[str, str]):
    """Environment variables that remember which of them were looked at."""

    def __init__(self, **variables: str) -> None:
        self.variables = variables
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return self.variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)


# ── from the environment ─────────────────────────────────────────────────────────────────────────────────────────────
HERE = {"AWS_REGION": "eu-west-1"}


@pytest.mark.parametrize(
    ("environ", "region"),
    [
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        ({"DYNAMODB_ENDPOINT": "http://localhost:8000"}, "us-east-1"),
        ({"DYNAMODB_ENDPOINT": "http://dynamodb:8000", "AWS_REGION": "local"}, "local"),
    ],
)
def test_region_variables(environ: dict[str, str], region: str) -> None:
    assert Config.from_env(environ).region == region


@pytest.mark.parametrize("environ", [{}, {"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}])
def test_no_region_variable(environ: dict[str, str]) -> None:
    with pytest.raises(InvalidRegion, match="AWS_REGION or AWS_DEFAULT_REGION"):
        Config.from_env(environ)


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, "https://dynamodb.eu-west-1.amazonaws.com"),
        ({"AWS_ENDPOINT_URL": "http://a"}, "http://a"),
        ({"AWS_ENDPOINT_URL": "http://a", "AWS_ENDPOINT_URL_DYNAMODB": "http://b"}, "http://b"),
        ({"AWS_ENDPOINT_URL_DYNAMODB": "http://b", "DYNAMODB_ENDPOINT": "http://c"}, "http://c"),
        ({"AWS_ENDPOINT_URL_DYNAMODB": "http://b", "DYNAMODB_ENDPOINT": ""}, "http://b"),
        (
            {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_ENDPOINT_URL": "http://a"},
            "https://dynamodb.eu-west-1.amazonaws.com",
        ),
        (
            {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "True", "AWS_ENDPOINT_URL_DYNAMODB": "http://b"},
            "https://dynamodb.eu-west-1.amazonaws.com",
        ),
        ({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false", "AWS_ENDPOINT_URL": "http://a"}, "http://a"),
        ({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "DYNAMODB_ENDPOINT": "http://c"}, "http://c"),
        ({"AWS_USE_FIPS_ENDPOINT": "true"}, "https://dynamodb-fips.eu-west-1.amazonaws.com"),
        ({"AWS_USE_DUALSTACK_ENDPOINT": "TRUE"}, "https://dynamodb.eu-west-1.api.aws"),
        ({"AWS_USE_FIPS_ENDPOINT": "false"}, "https://dynamodb.eu-west-1.amazonaws.com"),
        ({"AWS_USE_FIPS_ENDPOINT": ""}, "https://dynamodb.eu-west-1.amazonaws.com"),
        ({"AWS_USE_FIPS_ENDPOINT": "true", "DYNAMODB_ENDPOINT": "http://c"}, "http://c"),
    ],
)
def test_endpoint_variables(environ: dict[str, str], url: str) -> None:
    assert Config.from_env({**HERE, **environ}).endpoint.url == url


def test_retry_variables() -> None:
    assert Config.from_env(HERE).retry == RetryPolicy.default()
    config = Config.from_env(
        {
            **HERE,
            "DYNAMODB_RETRY_MAX_ATTEMPTS": "4",
            "DYNAMODB_RETRY_BASE_DELAY_MS": "12.5",
            "DYNAMODB_RETRY_MAX_DELAY_SECS": "7",
        }
    )
    assert config.retry == RetryPolicy(throttling=RetryRule(4, 0.0125), max_delay=7.0)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("DYNAMODB_RETRY_MAX_ATTEMPTS", "0", "a whole number from 1 to 1000"),
        ("DYNAMODB_RETRY_MAX_ATTEMPTS", "ten", "a whole number from 1 to 1000"),
        ("DYNAMODB_RETRY_MAX_ATTEMPTS", "-1", "a whole number from 1 to 1000"),
        ("DYNAMODB_RETRY_MAX_ATTEMPTS", "1.5", "a whole number from 1 to 1000"),
        ("DYNAMODB_RETRY_MAX_ATTEMPTS", "1_0", "a whole number from 1 to 1000"),
        ("DYNAMODB_RETRY_MAX_ATTEMPTS", " 3", "a whole number from 1 to 1000"),
        ("DYNAMODB_RETRY_MAX_ATTEMPTS", "٣", "a whole number from 1 to 1000"),
        ("DYNAMODB_RETRY_MAX_ATTEMPTS", "1001", "a whole number from 1 to 1000"),
        ("DYNAMODB_RETRY_MAX_ATTEMPTS", "9" * 10_000, "a whole number from 1 to 1000"),
        ("DYNAMODB_RETRY_BASE_DELAY_MS", "-5", "a number, 0 or more"),
        ("DYNAMODB_RETRY_BASE_DELAY_MS", "50ms", "a number, 0 or more"),
        ("DYNAMODB_RETRY_BASE_DELAY_MS", "inf", "a number, 0 or more"),
        ("DYNAMODB_RETRY_MAX_DELAY_SECS", "nan", "a number, 0 or more"),
        ("DYNAMODB_RETRY_MAX_DELAY_SECS", "1e3", "a number, 0 or more"),
        ("AWS_USE_FIPS_ENDPOINT", "maybe", "true or false"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "2", "true or false"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "x", "true or false"),
    ],
)
def test_a_wrong_variable_is_refused_by_its_name(name: str, value: str, allowed: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Config.from_env({**HERE, name: value})
    assert caught.value.message.startswith(f"{name} is {value!r}"[:60])
    assert caught.value.message.endswith(f"; it must be {allowed}")
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("AWS_REGION", "us east 1", InvalidRegion),
        ("DYNAMODB_ENDPOINT", "localhost:8000", ConfigurationError),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://h/x", ConfigurationError),
        ("AWS_ENDPOINT_URL", "ftp://h", ConfigurationError),
        ("HTTPS_PROXY", "socks5://proxy:1080", ConfigurationError),
        ("https_proxy", "https://proxy", ConfigurationError),
    ],
)
def test_a_wrong_text_is_refused_by_its_variable(name: str, value: str, error: type[ConfigurationError]) -> None:
    with pytest.raises(error) as caught:
        Config.from_env({**HERE, name: value})
    assert type(caught.value) is error
    assert caught.value.message.startswith(f"{name} '{value}' ")


def test_the_second_region_variable_is_named_too() -> None:
    with pytest.raises(InvalidRegion, match=r"^AWS_DEFAULT_REGION 'x' "):
        Config.from_env({"AWS_DEFAULT_REGION": "x"})


def test_overrides_win_and_their_variables_are_not_looked_at() -> None:
    environ = Recorded(
        AWS_REGION="no region",
        DYNAMODB_ENDPOINT="no endpoint",
        AWS_USE_FIPS_ENDPOINT="no flag",
        AWS_USE_DUALSTACK_ENDPOINT="no flag",
        HTTPS_PROXY="socks5://x",
        NO_PROXY="*",
        DYNAMODB_RETRY_MAX_ATTEMPTS="no number",
    )
    config = Config.from_env(
        environ,
        region="eu-west-1",
        endpoint_url=None,
        use_fips=True,
        use_dualstack=False,
        proxy=None,
        no_proxy=("here",),
        retry=RetryPolicy.none(),
        credentials=Static("a", "b"),
        timeout=3,
    )
    assert config.endpoint.url == "https://dynamodb-fips.eu-west-1.amazonaws.com"
    assert (config.proxy, config.no_proxy, config.retry, config.timeout) == (None, ("here",), RetryPolicy.none(), 3)
    assert isinstance(config.credentials, Static)
    assert environ.read == set()


def test_an_unknown_override_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="tiemout"):
        Config.from_env(HERE, tiemout=3)


async def test_credentials_come_from_the_same_environment() -> None:
    environ = Recorded(AWS_REGION="eu-west-1", AWS_ACCESS_KEY_ID="AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY="hunter2")
    config = Config.from_env(environ, randomness=Random(1), clock=SystemClock())
    assert isinstance(config.credentials, Environment)
    assert "AWS_ACCESS_KEY_ID" not in environ.read, "credentials are read when they are needed, not before"
    assert (await config.credentials.fetch()).access_key == "AKIAEXAMPLE"
    assert "hunter2" not in repr(config)
    given_none = Config.from_env(environ, credentials=None)
    assert isinstance(given_none.credentials, Environment)


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DYNAMODB_ENDPOINT", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL", "DYNAMODB_LOCAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_REGION", "ap-south-2")
    assert Config.from_env().region == Config.auto().region == "ap-south-2"


# ── auto ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("value", ["true", "True", "1", "yes", "on"])
def test_auto_goes_local(value: str) -> None:
    config = Config.auto({"DYNAMODB_LOCAL": value, "DYNAMODB_RETRY_MAX_ATTEMPTS": "2", "AWS_REGION": "nonsense"})
    assert config.endpoint.url == "http://127.0.0.1:8000"
    assert config.region == "us-east-1"
    assert config.retry.throttling.max_attempts == 2
    port = Config.auto({"DYNAMODB_LOCAL": value, "DYNAMODB_LOCAL_PORT": "8123"}, retry=RetryPolicy.none(), timeout=9)
    assert port.endpoint.url == "http://127.0.0.1:8123"
    assert (port.retry, port.timeout) == (RetryPolicy.none(), 9)


@pytest.mark.parametrize("environ", [{}, {"DYNAMODB_LOCAL": ""}, {"DYNAMODB_LOCAL": "FALSE"}, {"DYNAMODB_LOCAL": "0"}])
def test_auto_goes_to_the_service(environ: dict[str, str]) -> None:
    config = Config.auto({**HERE, "DYNAMODB_LOCAL_PORT": "not looked at", **environ}, timeout=9)
    assert config.endpoint == resolve_endpoint("eu-west-1")
    assert config.timeout == 9


@pytest.mark.parametrize(
    "environ",
    [
        {"DYNAMODB_LOCAL": "perhaps"},
        {"DYNAMODB_LOCAL": "true", "DYNAMODB_LOCAL_PORT": "0"},
        {"DYNAMODB_LOCAL": "true", "DYNAMODB_LOCAL_PORT": "65536"},
        {"DYNAMODB_LOCAL": "true", "DYNAMODB_LOCAL_PORT": "http"},
    ],
)
def test_wrong_variables_of_auto_are_refused_by_name(environ: dict[str, str]) -> None:
    name, value = list(environ.items())[-1]
    with pytest.raises(ConfigurationError, match=f"^{name} is '{value}'; it must be"):
        Config.auto({**HERE, **environ})


# ── proxies ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://upper:1"}, "http://upper:1"),
        ({"https_proxy": "http://lower:1"}, "http://lower:1"),
        ({"HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:1"}, "http://lower:1"),
        ({"HTTPS_PROXY": "upper:3128"}, "http://upper:3128"),
        ({"HTTPS_PROXY": "http://u:p%20w@upper:80/"}, "http://u:p%20w@upper"),
        ({"HTTPS_PROXY": "http://upper:1", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://upper:1", "NO_PROXY": "a, amazonaws.com"}, None),
        ({"HTTPS_PROXY": "http://upper:1", "no_proxy": "a,,.amazonaws.com"}, None),
        ({"HTTPS_PROXY": "http://upper:1", "NO_PROXY": "a b"}, "http://upper:1"),
        ({"HTTPS_PROXY": "http://upper:1", "DYNAMODB_ENDPOINT": "http://dynamodb:8000"}, None),
        ({"HTTPS_PROXY": "http://upper:1", "DYNAMODB_ENDPOINT": "https://dynamodb:8000"}, "http://upper:1"),
        ({"HTTPS_PROXY": "http://upper:1", "DYNAMODB_ENDPOINT": "https://localhost:8000"}, None),
    ],
)
def test_proxy_variables(environ: dict[str, str], proxy: str | None) -> None:
    config = Config.from_env({**HERE, **environ})
    assert config.proxy_for(config.endpoint) == proxy


def test_a_proxy_given_by_hand_serves_plain_endpoints_too_but_never_this_machine() -> None:
    config = Config(region="eu-west-1", proxy="http://proxy:3128")
    for url in ("http://dynamodb:8000", "https://dynamodb"):
        assert config.proxy_for(resolve_endpoint("eu-west-1", endpoint_url=url)) == "http://proxy:3128"
    for url in ("http://localhost:8000", "https://127.0.0.2", "http://[::1]", "http://db.localhost"):
        assert config.proxy_for(resolve_endpoint("eu-west-1", endpoint_url=url)) is None


@pytest.mark.parametrize(
    ("entry", "host", "port", "direct"),
    [
        ("*", "h", 443, True),
        ("*", "::1", 443, True),
        ("", "h", 443, False),
        (" ", "h", 443, False),
        (".", "h", 443, False),
        ("*.", "h", 443, False),
        ("example.com", "example.com", 443, True),
        ("EXAMPLE.com ", "example.com", 443, True),
        ("example.com", "db.example.com", 443, True),
        (".example.com", "db.example.com", 443, True),
        (".example.com", "example.com", 443, True),
        ("*.example.com", "db.example.com", 443, True),
        ("example.com.", "db.example.com", 443, True),
        ("example.com", "myexample.com", 443, False),
        ("example.com", "example.com.evil", 443, False),
        ("example.com:443", "example.com", 443, True),
        ("example.com:8443", "example.com", 443, False),
        ("10.0.0.1", "10.0.0.1", 443, True),
        ("10.0.0.1:443", "10.0.0.1", 443, True),
        ("10.0.0.1:80", "10.0.0.1", 443, False),
        ("10.0.0.1", "10.0.0.11", 443, False),
        ("0.0.1", "10.0.0.1", 443, False),
        ("10.0.0.0/8", "10.20.30.40", 443, True),
        ("10.1.2.3/8", "10.20.30.40", 443, True),
        ("10.0.0.0/8", "11.0.0.1", 443, False),
        ("10.0.0.0/8", "example.com", 443, False),
        ("10.0.0.0/99", "10.0.0.1", 443, False),
        ("fd00::/8", "fd12::1", 443, True),
        ("fd00::/8", "10.0.0.1", 443, False),
        ("fd12::1", "fd12::1", 443, True),
        ("FD12:0::1", "fd12::1", 443, True),
        ("[fd12::1]", "fd12::1", 443, True),
        ("[fd12::1]:443", "fd12::1", 443, True),
        ("[fd12::1]:80", "fd12::1", 443, False),
        ("example.com", "fd12::1", 443, False),
    ],
)
def test_no_proxy(entry: str, host: str, port: int, direct: bool) -> None:
    assert bypasses_proxy(host, port, entry) is direct
    authority = f"[{host}]" if ":" in host else host
    config = Config(
        region="eu-west-1",
        endpoint_url=f"https://{authority}:{port}",
        proxy="proxy:1",
        no_proxy=("other.example", entry),
    )
    expected = direct or config.endpoint.is_loopback
    assert config.proxy_for(config.endpoint) == (None if expected else "http://proxy:1")


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "DYNAMODB_ENDPOINT"])
def test_no_variable_shows_a_secret(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name} ") as caught:
        Config.from_env({**HERE, name: "https://user:hunter2@host"})
    assert "hunter2" not in str(caught.value)
