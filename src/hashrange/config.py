"""What a client needs to know before its first call, and where the environment says it.

Owns ``Config``, its checks, and every environment variable besides those of credentials (``auth.environment``). Making
one does no I/O and reads no file. Must not open, sign or send anything. No error and no ``repr`` from here shows a key,
a token or a proxy's password.
"""

from __future__ import annotations

import math
import os
import re
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Self, get_args

from .auth.credentials import Provider, Secret
from .clock import SYSTEM_CLOCK, SYSTEM_RANDOMNESS, Clock, Randomness
from .errors import ConfigurationError, InvalidCredentials, InvalidRegion
from .resilience.breaker import CircuitRule
from .resilience.retry import RetryPolicy, RetryRule
from .telemetry.events import Observer
from .types import Capacity, Numbers, Reads, TraceKeys, WriteFailover
from .wire.endpoints import (
    PORT_MAX,
    Endpoint,
    bypasses_proxy,
    check_region,
    parse_endpoint_url,
    parse_proxy_url,
    redact_url,
    resolve_endpoint,
)

LOCAL_PORT: Final = 8_000  # where DynamoDB Local listens unless told otherwise
LOCAL_REGION: Final = "us-east-1"

_REGION: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
_OWN_ENDPOINT: Final = "DYNAMODB_ENDPOINT"
_AWS_ENDPOINTS: Final = ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL")
_IGNORE_AWS_ENDPOINTS: Final = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
_USE_FIPS: Final = "AWS_USE_FIPS_ENDPOINT"
_USE_DUALSTACK: Final = "AWS_USE_DUALSTACK_ENDPOINT"
_PROXY: Final = ("https_proxy", "HTTPS_PROXY")  # in curl's order
_NO_PROXY: Final = ("no_proxy", "NO_PROXY")
_LOCAL: Final = "DYNAMODB_LOCAL"
_LOCAL_PORT: Final = "DYNAMODB_LOCAL_PORT"
_MAX_ATTEMPTS: Final = "DYNAMODB_RETRY_MAX_ATTEMPTS"
_BASE_DELAY_MS: Final = "DYNAMODB_RETRY_BASE_DELAY_MS"
_MAX_DELAY_SECONDS: Final = "DYNAMODB_RETRY_MAX_DELAY_SECS"

_TRUE: Final = frozenset({"true", "1", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "no", "off"})

_SECONDS: Final = ("timeout", "connect_timeout", "attempt_timeout", "idle_timeout", "hedge_after")
_COUNTS: Final = {"max_connections": 1, "max_waiters": 0}  # and the least that each may be
_CHOICES: Final = {
    "numbers": get_args(Numbers),
    "capacity": get_args(Capacity),
    "reads": get_args(Reads),
    "write_failover": get_args(WriteFailover),
    "trace_keys": get_args(TraceKeys),
}
_FLAGS: Final = ("use_fips", "use_dualstack")
_METHODS: Final = {"clock": ("monotonic", "time", "sleep"), "randomness": ("random",)}
_OBSERVER_METHODS: Final = ("attempt_failed", "call_finished", "circuit_changed")


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Config:
    """The settings of a client; checked when made, and then fixed. ``dataclasses.replace`` gives a changed copy.

    Attributes:
        region: AWS's name of it, for example ``eu-west-1``; needed unless ``endpoint_url`` is on this machine, where it
            is ``us-east-1``.
        endpoint_url: ``http(s)://host[:port]`` instead of the region's own endpoint: DynamoDB Local, a VPC endpoint. It
            wins over ``use_fips`` and ``use_dualstack``, as with boto3.
        regions: the regions of global tables, the nearest first, instead of one ``region``. Each has connections and a
            circuit of its own. Empty: a client of one region.
        home: that of ``regions`` to which writes and consistent reads go; it is ``region``, too.
        reads: where eventually consistent reads go: to the first of ``regions`` ("nearest") or to ``home``, and to the
            next one in order while that one's circuit is open.
        write_failover: what becomes of a put, an update or a delete while home's circuit is open: "never" raises
            CircuitOpen; "next" sends it, and consistent reads, to the next region, where it can conflict with what home
            has seen: the last writer wins. Batches and transactions always stay at home.
        endpoint_urls: region to ``http(s)://host[:port]`` instead of that region's own endpoint.
        credentials: a provider such as ``Static``, ``Profile`` or ``AssumeRole``; None: ``Environment``.
        use_fips, use_dualstack: which of AWS's endpoints of the region.
        timeout: seconds for a whole call, retries included; ``timeout=`` of a call overrides it.
        connect_timeout: seconds for opening one connection.
        attempt_timeout: seconds for one request of a call, connecting included.
        max_connections: how many connections may be open, for each event loop.
        max_waiters: how many calls may wait for a connection; one more fails at once.
        idle_timeout: seconds after which an unused connection is closed.
        proxy: ``[http://][user:password@]host[:port]``, asked for a tunnel by CONNECT.
        no_proxy: hosts reached directly: names (and all below them), addresses, networks (``10.0.0.0/8``), ``*`` for
            all; each may end in ``:port``. What is on this machine is always reached directly.
        ssl_context: None makes one that checks certificates against the machine's trust store.
        retry: how often and after how long a failed request is sent again.
        circuit: after how many calls that failed in a row others fail at once for a while, unsent; None: never.
        hedge_after: seconds after which GetItem and BatchGetItem are sent a second time if there is no answer yet, and
            the first answer counts; None, or more than ``attempt_timeout``: never.
        numbers: ``exact`` gives int and Decimal, ``float`` gives int and float and loses digits.
        capacity: which consumed capacity the service reports.
        cursor_key: signs cursors, so that they can be given to clients that are not trusted; kept as a ``Secret``.
        observers: told of every attempt that failed, every call that ended, and every change of the circuit.
        trace_keys: what logs and spans show of keys: nothing ("omit"), a hash, the same for the same value ("hashed"),
            or the values ("plain").
        clock, randomness: time and chance; tests bring their own.

    Raises:
        InvalidRegion: the region is missing, or is not the name of one.
        InvalidCredentials: ``credentials`` is not a provider.
        ConfigurationError: any other field is not what it may be; names the field, its value and what is allowed.
    """

    region: str = ""
    endpoint_url: str | None = None
    regions: Sequence[str] = ()
    home: str | None = None
    reads: Reads = "nearest"
    write_failover: WriteFailover = "never"
    endpoint_urls: Mapping[str, str] = field(default_factory=dict, hash=False)
    credentials: Provider | None = None
    use_fips: bool = False
    use_dualstack: bool = False
    timeout: float = 30.0
    connect_timeout: float = 1.0
    attempt_timeout: float = 5.0
    max_connections: int = 64
    max_waiters: int = 10_000
    idle_timeout: float = 15.0
    proxy: str | None = None
    no_proxy: tuple[str, ...] = ()
    ssl_context: ssl.SSLContext | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy.default)
    circuit: CircuitRule | None = field(default_factory=CircuitRule)
    hedge_after: float | None = None
    numbers: Numbers = "exact"
    capacity: Capacity = "none"
    cursor_key: Secret | bytes | str | None = None
    observers: tuple[Observer, ...] = ()
    trace_keys: TraceKeys = "omit"
    clock: Clock = SYSTEM_CLOCK
    randomness: Randomness = SYSTEM_RANDOMNESS
    _endpoints: dict[str, Endpoint] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check_values()
        self._check_credentials()
        self._check_objects()
        self._settle_proxy()
        self._settle_endpoints()

    def _check_values(self) -> None:
        for name in _SECONDS:
            value = getattr(self, name)
            if name == "hedge_after" and value is None:
                continue
            if type(value) not in (int, float) or not 0 < value < math.inf:
                raise _not_allowed(name, value, "a number of seconds greater than 0")
        for name, least in _COUNTS.items():
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise _not_allowed(name, value, f"a whole number of at least {least}")
        for name, allowed in _CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise _not_allowed(name, value, f"one of {', '.join(map(repr, allowed))}")
        for name in _FLAGS:
            value = getattr(self, name)
            if type(value) is not bool:
                raise _not_allowed(name, value, "True or False")

    def _check_credentials(self) -> None:
        provider = self.credentials
        if provider is not None and _lacks(provider, ("fetch",)):
            raise InvalidCredentials(
                f"credentials is {_kind(provider)}; it must be a provider",
                hint="for fixed keys: credentials=Static(access_key, secret_key)",
            )
        key = self.cursor_key
        if key is None:
            return
        if not isinstance(key, (Secret, bytes, str)) or not key:
            kind = "empty" if isinstance(key, (Secret, bytes, str)) else _kind(key)
            raise ConfigurationError(f"cursor_key is {kind}; it must be a Secret, bytes or text, and not empty")
        object.__setattr__(self, "cursor_key", Secret(key))

    def _check_objects(self) -> None:
        if not isinstance(self.retry, RetryPolicy):
            raise ConfigurationError(f"retry is {_kind(self.retry)}; it must be a RetryPolicy")
        if not (self.circuit is None or isinstance(self.circuit, CircuitRule)):
            raise ConfigurationError(f"circuit is {_kind(self.circuit)}; it must be a CircuitRule or None")
        if self.ssl_context is not None and not isinstance(self.ssl_context, ssl.SSLContext):
            raise ConfigurationError(f"ssl_context is {_kind(self.ssl_context)}; it must be an ssl.SSLContext")
        for name, methods in _METHODS.items():
            value = getattr(self, name)
            if missing := _lacks(value, methods):
                raise ConfigurationError(f"{name} is {_kind(value)}, which has no {missing}()")
        object.__setattr__(self, "observers", _as_tuple("observers", self.observers, "observers"))
        for index, observer in enumerate(self.observers):
            if missing := _lacks(observer, _OBSERVER_METHODS):
                raise ConfigurationError(f"observers[{index}] is {_kind(observer)}, which has no {missing}()")

    def _settle_proxy(self) -> None:
        object.__setattr__(self, "no_proxy", _as_tuple("no_proxy", self.no_proxy, "texts"))
        for index, entry in enumerate(self.no_proxy):
            if not isinstance(entry, str):
                raise ConfigurationError(f"no_proxy[{index}] is {_kind(entry)}; it must be text")
        if self.proxy is not None:
            address = parse_proxy_url(self.proxy)
            user = "" if address.userinfo is None else f"{address.userinfo}@"
            object.__setattr__(self, "proxy", f"http://{user}{address.authority}")

    def _settle_endpoints(self) -> None:
        object.__setattr__(self, "regions", _as_tuple("regions", self.regions, "names of regions"))
        if self.regions or self.home is not None or self.endpoint_urls != {}:
            endpoints = self._endpoints_of_several()
        else:
            endpoints = self._endpoint_of_one_region()
        object.__setattr__(self, "_endpoints", endpoints)

    def _endpoints_of_several(self) -> dict[str, Endpoint]:
        from .wire import regional_endpoints as regional  # most programs have one region

        object.__setattr__(self, "endpoint_urls", regional.checked_urls(self.endpoint_urls))
        if not self.regions:
            raise regional.without_regions(self.home, self.endpoint_urls)
        regional.check_alone(self.region, self.endpoint_url, self.home)
        endpoints = regional.regional_endpoints(
            tuple(self.regions), self.home, self.endpoint_urls, fips=self.use_fips, dualstack=self.use_dualstack
        )
        object.__setattr__(self, "region", self.home)
        return endpoints

    def _endpoint_of_one_region(self) -> dict[str, Endpoint]:
        if self.endpoint_url is not None:
            parse_endpoint_url(self.endpoint_url)  # before the region: whether one is needed depends on it
        if not self.region:
            region = _default_region(self.endpoint_url)
            object.__setattr__(self, "region", region)
        endpoint = resolve_endpoint(
            self.region, fips=self.use_fips, dualstack=self.use_dualstack, endpoint_url=self.endpoint_url
        )
        return {self.region: endpoint}

    @property
    def endpoint(self) -> Endpoint:
        """Where requests go, and the region that they are signed for; of several regions, home's."""
        return self._endpoints[self.region]

    @property
    def endpoints(self) -> dict[str, Endpoint]:
        """The endpoint of each region; one, where there are not several."""
        return dict(self._endpoints)

    @property
    def cursor_secret(self) -> bytes | None:
        """``cursor_key`` as bytes."""
        return None if self.cursor_key is None else Secret(self.cursor_key).reveal_bytes()

    def proxy_for(self, endpoint: Endpoint) -> str | None:
        """The URL of the proxy through which an endpoint is reached, with its password; None where there is none."""
        if self.proxy is None or endpoint.is_loopback:
            return None
        direct = any(bypasses_proxy(endpoint.host, endpoint.port, entry) for entry in self.no_proxy)
        return None if direct else self.proxy

    def __repr__(self) -> str:
        """The endpoint, and every field that is not at its default; of objects only their type."""
        shown = [f"{name}={_shown(name, value)}" for name, value in self._changed().items()]
        return f"Config({', '.join([f'endpoint={self.endpoint.url!r}', *shown])})"

    def _changed(self) -> dict[str, Any]:
        values = {each.name: (getattr(self, each.name), each.default) for each in fields(self) if each.repr}
        values["retry"] = (self.retry, RetryPolicy.default())
        values["circuit"] = (self.circuit, CircuitRule())
        values["endpoint_urls"] = (self.endpoint_urls, {})
        del values["endpoint_url"]  # its effect is shown
        if self.regions:
            del values["region"]  # it is home
        return {name: value for name, (value, default) in values.items() if value is not default and value != default}

    # ── from elsewhere ───────────────────────────────────────────────────────────────────────────────────────────────
    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ, **overrides: Any) -> Self:
        """The settings that environment variables make, an empty one counting as not set.

        AWS_REGION, AWS_DEFAULT_REGION; DYNAMODB_ENDPOINT, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL (the last two not
        where AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true); AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT;
        HTTPS_PROXY (not for an endpoint of http), NO_PROXY, both in lower case too; DYNAMODB_RETRY_MAX_ATTEMPTS,
        DYNAMODB_RETRY_BASE_DELAY_MS, DYNAMODB_RETRY_MAX_DELAY_SECS; and, later, those of credentials: ``Environment``.

        Args:
            environ: the variables.
            overrides: fields that win over them; the variables of such a field are not even looked at.

        Raises:
            ConfigurationError, InvalidRegion: a variable's value is not allowed; names the variable.
        """
        return cls(**_fields_of_environment(_Variables(environ), overrides))

    @classmethod
    def local(cls, port: int = LOCAL_PORT, host: str = "127.0.0.1", **overrides: Any) -> Self:
        """The settings for DynamoDB Local, or another emulator, on this machine.

        Args:
            port, host: where it listens; with ``regions``, for all of them.
            overrides: fields that win over these.
        """
        if type(port) is not int or not 1 <= port <= PORT_MAX:
            raise _not_allowed("port", port, f"a whole number from 1 to {PORT_MAX}")
        from .auth.static import Static

        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        where: dict[str, Any] = {"endpoint_url": url, "region": LOCAL_REGION}
        if regions := overrides.get("regions"):
            where = {"endpoint_urls": {region: url for region in regions if isinstance(region, str)}}
        credentials = Static("local", "local")  # emulators do not check them
        return cls(**{**where, "credentials": credentials, **overrides})

    @classmethod
    def auto(cls, environ: Mapping[str, str] = os.environ, **overrides: Any) -> Self:
        """``local`` where DYNAMODB_LOCAL is true, on DYNAMODB_LOCAL_PORT (8000); else ``from_env``.

        Locally, DYNAMODB_RETRY_… are read too, and no other variable.
        """
        variables = _Variables(environ)
        if not variables.flag(_LOCAL):
            return cls.from_env(environ, **overrides)
        if "retry" not in overrides:
            overrides["retry"] = _retry(variables)
        return cls.local(variables.whole_number(_LOCAL_PORT, LOCAL_PORT, PORT_MAX), **overrides)


def _default_region(endpoint_url: str | None) -> str:
    if endpoint_url is not None and resolve_endpoint(LOCAL_REGION, endpoint_url=endpoint_url).is_loopback:
        return LOCAL_REGION
    raise InvalidRegion(
        "region is missing",
        hint=f"set {_REGION[0]} or {_REGION[1]}, or give Config(region='us-east-1'); "
        "DynamoDB Local needs none: Config.local(port=8000)",
    )


# ── environment variables ────────────────────────────────────────────────────────────────────────────────────────────
class _Variables:
    """Environment variables, an empty one counting as not set, whose errors name the variable."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def first(self, *names: str) -> tuple[str, str] | None:
        """Name and value of the first of these that is set."""
        return next(((name, value) for name in names if (value := self.environ.get(name))), None)

    def flag(self, name: str) -> bool:
        text = (self.environ.get(name) or "false").lower()
        if text not in _TRUE | _FALSE:
            raise _not_allowed(name, text, "true or false")
        return text in _TRUE

    def whole_number(self, name: str, default: int, most: int) -> int:
        text = self.environ.get(name)
        if not text:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
            raise _not_allowed(name, text, f"a whole number from 1 to {most}")
        return int(text)

    def amount(self, name: str, default: float) -> float:
        text = self.environ.get(name)
        if not text:
            return default
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
            raise _not_allowed(name, text, "a number, 0 or more")
        return float(text)


def _fields_of_environment(variables: _Variables, overrides: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "endpoint_url" not in overrides and (endpoint := _endpoint_variable(variables)):
        parse_endpoint_url(endpoint[1], endpoint[0])
        found["endpoint_url"] = endpoint[1]
    endpoint_url = overrides.get("endpoint_url", found.get("endpoint_url"))
    given = overrides.get("regions") or "region" in overrides
    if not given and (region := variables.first(*_REGION)):
        found["region"] = check_region(region[1], region[0], explicit_endpoint=endpoint_url is not None)
    for name, variable in (("use_fips", _USE_FIPS), ("use_dualstack", _USE_DUALSTACK)):
        if name not in overrides:
            found[name] = variables.flag(variable)
    plain = isinstance(endpoint_url, str) and endpoint_url.lower().startswith("http:")
    if "proxy" not in overrides and not plain and (proxy := variables.first(*_PROXY)):
        parse_proxy_url(proxy[1], proxy[0])
        found["proxy"] = proxy[1]
    if "no_proxy" not in overrides and (direct := variables.first(*_NO_PROXY)):
        found["no_proxy"] = tuple(entry for entry in re.split(r"[,\s]+", direct[1]) if entry)
    if "retry" not in overrides:
        found["retry"] = _retry(variables)
    if overrides.get("credentials") is None:
        injected = {name: overrides[name] for name in ("clock", "randomness") if name in overrides}
        region_of_sts = overrides.get("region") or overrides.get("home") or found.get("region")
        from .auth.chain import Environment  # it brings the wire along, which not every program needs

        found["credentials"] = Environment(variables.environ, region=region_of_sts, **injected)
    return {**overrides, **found}


def _endpoint_variable(variables: _Variables) -> tuple[str, str] | None:
    if own := variables.first(_OWN_ENDPOINT):
        return own
    return None if variables.flag(_IGNORE_AWS_ENDPOINTS) else variables.first(*_AWS_ENDPOINTS)


def _retry(variables: _Variables) -> RetryPolicy:
    policy = RetryPolicy.default()
    throttling = RetryRule(
        variables.whole_number(_MAX_ATTEMPTS, policy.throttling.max_attempts, 1_000),
        variables.amount(_BASE_DELAY_MS, policy.throttling.base_delay * 1_000) / 1_000,
    )
    return RetryPolicy(throttling, max_delay=variables.amount(_MAX_DELAY_SECONDS, policy.max_delay))


# ── errors and repr ──────────────────────────────────────────────────────────────────────────────────────────────────
def _not_allowed(name: str, value: Any, allowed: str) -> ConfigurationError:
    shown = repr(value) if isinstance(value, (str, int, float)) else _kind(value)
    return ConfigurationError(f"{name} is {shown if len(shown) <= 100 else f'{shown[:97]}...'}; it must be {allowed}")


def _kind(value: Any) -> str:
    """What a wrong value is, without what is in it."""
    return f"the class {value.__name__}" if isinstance(value, type) else f"of type {type(value).__name__}"


def _lacks(value: Any, methods: tuple[str, ...]) -> str | None:
    """The first method that an object does not have; of a class, which is no object yet, the first one."""
    if isinstance(value, type):
        return methods[0]
    return next((name for name in methods if not callable(getattr(value, name, None))), None)


def _as_tuple(name: str, value: Any, of_what: str) -> tuple[Any, ...]:
    if not isinstance(value, (tuple, list)):
        raise ConfigurationError(f"{name} is {_kind(value)}; it must be a tuple of {of_what}")
    return tuple(value)


def _shown(name: str, value: Any) -> str:
    if name == "proxy":
        return repr(redact_url(value))
    if name == "observers":
        return f"({', '.join(type(observer).__name__ for observer in value)})"
    if value is None or isinstance(value, (str, int, float, tuple, dict, RetryPolicy, CircuitRule, Secret)):
        return repr(value)
    return type(value).__name__
