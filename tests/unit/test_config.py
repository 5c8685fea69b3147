"""Config: every field's check and message, local settings, and that no secret is shown."""

from __future__ import annotations

import dataclasses
import ssl
import traceback
from random import Random
from typing import Any

import pytest

from hashrange.auth.credentials import Credentials, Secret
from hashrange.auth.static import Static
from hashrange.clock import SYSTEM_CLOCK, SYSTEM_RANDOMNESS, SystemClock
from hashrange.config import Config
from hashrange.errors import ConfigurationError, InvalidCredentials, InvalidRegion
from hashrange.resilience.breaker import CircuitRule
from hashrange.resilience.retry import RetryPolicy
from hashrange.telemetry.events import AttemptFailed, CallFinished, CircuitChanged
from hashrange.wire.endpoints import resolve_endpoint


class Silent:
    """An observer."""

    def attempt_failed(self, event: AttemptFailed) -> None: ...

    def call_finished(self, event: CallFinished) -> None: ...

    def circuit_changed(self, event: CircuitChanged) -> None: ...


class Deaf:
    """An observer that misses something."""

    def attempt_failed(self, event: AttemptFailed) -> None: ...

    def call_finished(self, event: CallFinished) -> None: ...


# ── construction ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_defaults_are_those_of_the_documentation() -> None:
    config = Config(region="eu-west-1")
    assert config.endpoint == resolve_endpoint("eu-west-1")
    assert (config.timeout, config.connect_timeout, config.attempt_timeout, config.idle_timeout) == (30, 1, 5, 15)
    assert (config.max_connections, config.max_waiters) == (64, 10_000)
    assert (config.numbers, config.capacity) == ("exact", "none")
    assert config.retry == RetryPolicy.default()
    for name in ("credentials", "proxy", "ssl_context", "cursor_key", "cursor_secret", "endpoint_url"):
        assert getattr(config, name) is None
    assert config.observers == ()
    assert config.no_proxy == ()
    assert config.clock is SYSTEM_CLOCK
    assert config.randomness is SYSTEM_RANDOMNESS
    assert config.use_fips is False
    assert config.use_dualstack is False
    assert config.circuit == CircuitRule(failures=5, open_seconds=30.0, successes=2)
    assert config.hedge_after is None


def test_it_is_a_value() -> None:
    config = Config(region="eu-west-1", observers=(Silent(),))
    assert config == dataclasses.replace(config)
    assert hash(config) == hash(dataclasses.replace(config))
    assert dataclasses.replace(config, region="us-east-1").endpoint.host == "dynamodb.us-east-1.amazonaws.com"
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.region = "us-east-1"  # type: ignore[misc]
    with pytest.raises(InvalidRegion):
        dataclasses.replace(config, region="us-east")


def test_every_field_may_be_given() -> None:
    credentials, observer, context = Static("AKIAEXAMPLE", "secret"), Silent(), ssl.create_default_context()
    config = Config(
        region="eu-west-1",
        endpoint_url="https://vpce-1.dynamodb.eu-west-1.vpce.amazonaws.com/",
        credentials=credentials,
        use_fips=True,
        use_dualstack=True,
        timeout=1,
        connect_timeout=0.5,
        attempt_timeout=0.7,
        max_connections=1,
        max_waiters=0,
        idle_timeout=3.5,
        proxy="proxy:3128",
        no_proxy=("internal",),
        ssl_context=context,
        retry=RetryPolicy.none(),
        circuit=None,
        hedge_after=0.05,
        numbers="float",
        capacity="indexes",
        cursor_key="key",
        observers=(observer,),
        clock=SystemClock(),
        randomness=Random(1),
    )
    assert config.endpoint.url == "https://vpce-1.dynamodb.eu-west-1.vpce.amazonaws.com"
    assert config.credentials is credentials
    assert config.ssl_context is context
    assert config.observers == (observer,)
    assert (config.circuit, config.hedge_after) == (None, 0.05)


@pytest.mark.parametrize(("fips", "dualstack"), [(False, False), (True, False), (False, True), (True, True)])
def test_the_endpoint_follows_the_flags(fips: bool, dualstack: bool) -> None:
    config = Config(region="eu-west-1", use_fips=fips, use_dualstack=dualstack)
    assert config.endpoint == resolve_endpoint("eu-west-1", fips=fips, dualstack=dualstack)


SECONDS = "it must be a number of seconds greater than 0"
NO_SECONDS = [0, -1, 0.0, float("nan"), float("inf"), "5", None, True, [1]]


@pytest.mark.parametrize("value", NO_SECONDS)
@pytest.mark.parametrize("name", ["timeout", "connect_timeout", "attempt_timeout", "idle_timeout"])
def test_what_is_no_duration_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Config(region="eu-west-1", **{name: value})
    shown = repr(value) if isinstance(value, (str, int, float)) else f"of type {type(value).__name__}"
    assert caught.value.message == f"{name} is {shown}; {SECONDS}"


@pytest.mark.parametrize("value", [value for value in NO_SECONDS if value is not None])
def test_a_hedge_after_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^hedge_after is .*; it must be a number of seconds greater than 0"):
        Config(region="eu-west-1", hedge_after=value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("max_connections", 0, "max_connections is 0; it must be a whole number of at least 1"),
        ("max_connections", 1.5, "max_connections is 1.5; it must be a whole number of at least 1"),
        ("max_connections", True, "max_connections is True; it must be a whole number of at least 1"),
        ("max_waiters", -1, "max_waiters is -1; it must be a whole number of at least 0"),
        ("max_waiters", "9", "max_waiters is '9'; it must be a whole number of at least 0"),
        ("numbers", "decimal", "numbers is 'decimal'; it must be one of 'exact', 'float'"),
        ("numbers", None, "numbers is of type NoneType; it must be one of 'exact', 'float'"),
        ("numbers", "x" * 10_000, f"numbers is '{'x' * 96}...; it must be one of 'exact', 'float'"),
        ("capacity", "TOTAL", "capacity is 'TOTAL'; it must be one of 'none', 'total', 'indexes'"),
        ("capacity", [], "capacity is of type list; it must be one of 'none', 'total', 'indexes'"),
        ("use_fips", "true", "use_fips is 'true'; it must be True or False"),
        ("use_dualstack", 1, "use_dualstack is 1; it must be True or False"),
        ("retry", 3, "retry is of type int; it must be a RetryPolicy"),
        ("retry", RetryPolicy, "retry is the class RetryPolicy; it must be a RetryPolicy"),
        ("circuit", 5, "circuit is of type int; it must be a CircuitRule or None"),
        ("circuit", False, "circuit is of type bool; it must be a CircuitRule or None"),
        ("circuit", CircuitRule, "circuit is the class CircuitRule; it must be a CircuitRule or None"),
        ("ssl_context", True, "ssl_context is of type bool; it must be an ssl.SSLContext"),
        ("clock", None, "clock is of type NoneType, which has no monotonic()"),
        ("clock", SystemClock, "clock is the class SystemClock, which has no monotonic()"),
        ("randomness", 4, "randomness is of type int, which has no random()"),
        ("observers", Silent(), "observers is of type Silent; it must be a tuple of observers"),
        ("observers", (Silent,), "observers[0] is the class Silent, which has no attempt_failed()"),
        ("observers", (Silent(), 5), "observers[1] is of type int, which has no attempt_failed()"),
        ("observers", (Deaf(),), "observers[0] is of type Deaf, which has no circuit_changed()"),
        ("trace_keys", "hash", "trace_keys is 'hash'; it must be one of 'plain', 'hashed', 'omit'"),
        ("no_proxy", "a,b", "no_proxy is of type str; it must be a tuple of texts"),
        ("no_proxy", (5,), "no_proxy[0] is of type int; it must be text"),
        ("cursor_key", "", "cursor_key is empty; it must be a Secret, bytes or text, and not empty"),
        ("cursor_key", Secret(b""), "cursor_key is empty; it must be a Secret, bytes or text, and not empty"),
        ("cursor_key", 7, "cursor_key is of type int; it must be a Secret, bytes or text, and not empty"),
    ],
)
def test_what_a_field_may_not_be_is_refused_with_field_value_and_what_may(name: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Config(region="eu-west-1", **{name: value})
    assert caught.value.message == message
    assert type(caught.value) is ConfigurationError


@pytest.mark.parametrize(
    "value", [("AKIAEXAMPLE", "hunter2"), {"key": "hunter2"}, "hunter2", Secret("hunter2"), Static, 0]
)
def test_credentials_that_are_no_provider_are_refused_without_being_shown(value: Any) -> None:
    with pytest.raises(InvalidCredentials) as caught:
        Config(region="eu-west-1", credentials=value)
    assert "must be a provider" in str(caught.value)
    assert "Static(access_key, secret_key)" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("value", [1, b"eu-west-1", ["eu-west-1"], "eu", "EU-WEST-1", "local"])
def test_a_wrong_region_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRegion, match=r"^region "):
        Config(region=value)


@pytest.mark.parametrize("value", ["", "localhost:8000", "http://h/x", 80])
def test_a_wrong_endpoint_is_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^endpoint_url "):
        Config(region="eu-west-1", endpoint_url=value)


@pytest.mark.parametrize(
    ("given", "raw"),
    [
        ("clé", "clé".encode()),
        (b"\x00\xff\xc3\xa9", b"\x00\xff\xc3\xa9"),
        (Secret("s"), b"s"),
        (Secret(b"\xff"), b"\xff"),
    ],
)
def test_the_cursor_key_is_kept_as_a_secret(given: Any, raw: bytes) -> None:
    config = Config(region="eu-west-1", cursor_key=given)
    assert isinstance(config.cursor_key, Secret)
    assert config.cursor_secret == raw
    assert dataclasses.replace(config, timeout=1).cursor_secret == raw


def test_lists_are_taken_and_kept_as_tuples() -> None:
    lists: dict[str, Any] = {"observers": [observer := Silent()], "no_proxy": ["a", "b"]}
    config = Config(region="eu-west-1", **lists)
    assert config.observers == (observer,)
    assert config.no_proxy == ("a", "b")


# ── the region ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("fields", [{}, {"region": ""}, {"region": None}, {"endpoint_url": "http://dynamodb:8000"}])
def test_a_missing_region_says_where_to_put_one(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidRegion) as caught:
        Config(**fields)
    text = str(caught.value)
    for way in ("missing", "AWS_REGION", "AWS_DEFAULT_REGION", "Config(region='us-east-1')", "Config.local(port=8000)"):
        assert way in text


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://127.0.0.1:1", "https://[::1]", "http://0.0.0.0:8000"])
def test_an_endpoint_on_this_machine_needs_no_region(url: str) -> None:
    config = Config(endpoint_url=url)
    assert config.region == config.endpoint.region == "us-east-1"
    assert Config(endpoint_url=url, region="eu-west-1").endpoint.region == "eu-west-1"
    assert Config(endpoint_url=url, region="local").endpoint.region == "local"


# ── local ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_local() -> None:
    config = Config.local()
    assert config.endpoint.url == "http://127.0.0.1:8000"
    assert config.region == "us-east-1"
    assert isinstance(config.credentials, Static)
    found = await config.credentials.fetch()
    assert (found.access_key, found.secret_key.reveal(), found.token) == ("local", "local", None)
    assert Config.local(8123, "::1").endpoint.url == "http://[::1]:8123"
    assert Config.local(host="localhost", port=80).endpoint.host_header == "localhost"
    assert Config.local(region="eu-west-1", timeout=2).region == "eu-west-1"
    assert Config.local(credentials=(own := Static("a", "b"))).credentials is own


@pytest.mark.parametrize("port", [0, -1, 65_536, "8000", 8000.0, None, True])
def test_a_wrong_local_port_is_refused(port: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^port is .*; it must be a whole number from 1 to 65535$"):
        Config.local(port)


def test_a_wrong_local_host_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="neither a name nor an address"):
        Config.local(host="my host")


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────────────────────────
class Leaky:
    """A provider of somebody who does not know about secrets."""

    name = "leaky"

    async def fetch(self) -> Credentials:
        raise AssertionError("never asked")

    def __repr__(self) -> str:
        return "Leaky(key=hunter2)"


def test_repr_shows_what_is_set_and_no_secret() -> None:
    assert repr(Config(region="eu-west-1")) == (
        "Config(endpoint='https://dynamodb.eu-west-1.amazonaws.com', region='eu-west-1')"
    )
    config = Config(
        region="eu-west-1",
        endpoint_url="https://db.example",
        credentials=Leaky(),
        proxy="http://user:hunter2@proxy:3128",
        no_proxy=("internal",),
        retry=RetryPolicy.none(),
        timeout=2.5,
        cursor_key="hunter2",
        observers=(Silent(),),
        randomness=Random(1),
        ssl_context=ssl.create_default_context(),
    )
    assert repr(config) == (
        "Config(endpoint='https://db.example', region='eu-west-1', credentials=Leaky, timeout=2.5, "
        f"proxy='http://***@proxy:3128', no_proxy=('internal',), ssl_context=SSLContext, retry={RetryPolicy.none()!r}, "
        "cursor_key=***, observers=(Silent), randomness=Random)"
    )
    assert str(config) == repr(config)
    changed = Config(region="eu-west-1", circuit=None, hedge_after=0.02)
    assert repr(changed).endswith("region='eu-west-1', circuit=None, hedge_after=0.02)")
    assert "circuit=CircuitRule(failures=9," in repr(Config(region="eu-west-1", circuit=CircuitRule(9)))
    assert "circuit" not in repr(Config(region="eu-west-1", circuit=CircuitRule(5)))
    assert config.proxy_for(config.endpoint) == "http://user:hunter2@proxy:3128", "who connects must know it"


@pytest.mark.parametrize(
    "fields",
    [
        {"proxy": "http://user:hunter2@proxy:99999"},
        {"proxy": "http://user:hunter2/@proxy"},
        {"proxy": "socks5://user:hunter2@proxy"},
        {"proxy": "user:hunter2@bad host"},
        {"endpoint_url": "https://user:hunter2@h"},
        {"endpoint_url": "https://h/?X-Amz-Signature=hunter2"},
        {"credentials": ("AKIA", "hunter2")},
        {"retry": {"key": "hunter2"}},
        {"observers": ("hunter2",)},
        {"observers": "hunter2"},
        {"clock": ["hunter2"]},
        {"ssl_context": "hunter2"},
        {"cursor_key": ["hunter2"]},
        {"no_proxy": [["hunter2"]]},
    ],
)
def test_no_error_shows_a_secret(fields: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Config(region="eu-west-1", **fields)
    shown = [str(caught.value), repr(caught.value), *traceback.format_exception_only(caught.value)]
    assert "hunter2" not in "".join(shown)
