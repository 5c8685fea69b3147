"""Where DynamoDB is: from a region, or from an address that the user gives, to one host and port.

Owns the table of partitions, the text of region names and the grammar of endpoint and proxy addresses. Pure: it
resolves no name and opens nothing. Must not know which variable or field a text came from, except to name it in errors.

Source of the hosts: botocore's endpoint rules for DynamoDB and its partitions file (a test compares every region).
Account-based endpoints (``{account}.ddb.{region}.…``) are not used: they need an account id before the first call.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal, NamedTuple, cast

from msgspec import Struct

from ..errors import ConfigurationError, InvalidRegion
from .sigv4 import STREAMS

Scheme = Literal["http", "https"]
DEFAULT_PORTS: Final[dict[Scheme, int]] = {"http": 80, "https": 443}
PORT_MAX: Final = 65_535
HOST_MAX_CHARS: Final = 253  # RFC 1035, 2.3.4, without the root's dot

# patterns are compiled at their first use: imports stay quick
_REGION = r"(?!fips-)[a-z]{2,16}(-[a-z]{1,16}){1,3}-[0-9]{1,2}"
#: what people call the region of DynamoDB Local; it keeps a database for each, so the word is kept as it is
_LOCAL_REGIONS = frozenset({"local", "localhost"})
_URL = r"(?i:(https?)://(?:([^@/?#]*)@)?(\[[^]/?#@]*\]|[^]\[:/?#@]*)(?::([0-9]*))?/?)"
#: the underscore is no letter of host names, and yet containers are called so
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"

#: one colon, or an address in brackets before it: without them an address of IPv6 is no host and port
_ENTRY_WITH_PORT = r"(\[[^]]*\]|[^:]*):([0-9]+)"


class Partition(Struct, frozen=True):
    """A part of AWS with its own names. ``fips`` begins the host where FIPS is asked for without dual-stack."""

    name: str
    region_prefix: str
    suffix: str
    dualstack_suffix: str
    fips: str = "dynamodb-fips"


Api = Literal["items", "streams", "search"]
#: operations that AWS answers at other hosts than those of items and tables
OTHER_HOSTS: Final[dict[str, Api]] = {**dict.fromkeys(STREAMS, "streams"), "SearchVectors": "search"}
#: how the name of a host begins, before the name of DynamoDB's: without and with dual-stack
_BEGINNINGS: Final[dict[Api, tuple[str, str]]] = {
    "items": ("", ""),
    "streams": ("streams.", "streams-"),
    "search": ("search-", "search-"),
}
#: the last one matches every region, known or not
PARTITIONS: Final = (
    Partition("aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    Partition("aws-us-gov", "us-gov-", "amazonaws.com", "api.aws", fips="dynamodb"),  # all its endpoints are FIPS
    Partition("aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    Partition("aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    Partition("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    Partition("aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    Partition("aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    Partition("aws", "", "amazonaws.com", "api.aws"),
)


class Endpoint(Struct, frozen=True):
    """One place to send requests to.

    Attributes:
        scheme: ``http`` or ``https``.
        host: name or address to connect to and to check the certificate against; IPv6 without brackets.
        port: TCP port.
        host_header: the Host header, which is signed: the port only where it is not the scheme's own.
        tls: whether the scheme is ``https``.
        region: the region to sign for.
    """

    scheme: Scheme
    host: str
    port: int
    host_header: str
    tls: bool
    region: str

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host_header}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine: localhost, a loopback address, or an address like 0.0.0.0."""
        return is_loopback(self.host)

    def __str__(self) -> str:
        return self.url


class Address(NamedTuple):
    """A parsed URL without path. ``userinfo`` is what stands before ``@``, still percent-encoded: a secret."""

    scheme: Scheme
    host: str
    port: int
    userinfo: str | None

    @property
    def authority(self) -> str:
        """Host and port as in a Host header or a CONNECT: brackets for IPv6, the port unless it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def resolve_endpoint(
    region: str,
    *,
    fips: bool = False,
    dualstack: bool = False,
    endpoint_url: str | None = None,
    api: Api = "items",
) -> Endpoint:
    """The endpoint of a region, or the one given by ``endpoint_url``, signed for ``region``.

    An ``endpoint_url`` is taken as it is and wins over ``fips`` and ``dualstack``, as with botocore: they choose among
    AWS's names for a region, and environments set them for every service at once. It stands for all hosts: ``api``
    chooses among AWS's own.

    Raises:
        InvalidRegion: the text cannot be the name of a region. A region that AWS has not built yet is accepted.
        ConfigurationError: ``endpoint_url`` is not ``http(s)://host[:port]``.
    """
    if endpoint_url is not None:
        check_region(region, explicit_endpoint=True)
        address = parse_endpoint_url(endpoint_url)
        return Endpoint(
            address.scheme, address.host, address.port, address.authority, address.scheme == "https", region
        )
    check_region(region)
    partition = partition_of(region)
    label = "dynamodb" if not fips else "dynamodb-fips" if dualstack else partition.fips
    host = (
        f"{_BEGINNINGS[api][dualstack]}{label}.{region}.{partition.dualstack_suffix if dualstack else partition.suffix}"
    )
    return Endpoint("https", host, DEFAULT_PORTS["https"], host, True, region)


def partition_of(region: str) -> Partition:
    """The partition that a well-formed region belongs to; ``aws`` where its name says nothing else."""
    return next(partition for partition in PARTITIONS if region.startswith(partition.region_prefix))


def check_region(region: Any, field: str = "region", *, explicit_endpoint: bool = False) -> str:
    """Give ``region`` back, or refuse it. With an explicit endpoint it is only signed for, and may also be ``local``.

    Raises:
        InvalidRegion: not the text of a region; names ``field`` and the value.
    """
    if isinstance(region, str):
        if re.fullmatch(_REGION, region):
            return region
        if explicit_endpoint and region in _LOCAL_REGIONS:
            return region
    hint = 'write it as AWS does: lower case, hyphens, a number, for example "us-east-1"'
    if isinstance(region, str):
        if region in _LOCAL_REGIONS:
            hint = "use Config.local(port=8000), or give endpoint_url= too"
        elif "fips" in region.lower():
            hint = 'give the region itself, for example "us-east-1", and use_fips=True'
        elif re.fullmatch(_REGION, guess := re.sub(r"[\s_]+", "-", region.strip(" \t\r\n/").lower())):
            hint = f'did you mean "{guess}"?'
    raise InvalidRegion(f"{field} {_shown(region)} is not the name of a region; one looks like 'us-east-1'", hint=hint)


def parse_endpoint_url(text: Any, field: str = "endpoint_url") -> Address:
    """The scheme, host and port of an endpoint's address.

    Raises:
        ConfigurationError: not ``http(s)://host[:port]``; names ``field`` and the text, without user and password.
    """
    address = _parse_url(text, field)
    if address.userinfo is not None:
        raise _refused(text, field, "holds a user or password", "credentials= is the place for keys")
    return address


def parse_proxy_url(text: Any, field: str = "proxy") -> Address:
    """The address of an HTTP proxy: ``[http://][user:password@]host[:port]``.

    Raises:
        ConfigurationError: something else, for example a SOCKS or a TLS proxy; names ``field`` and the text, without
            user and password.
    """
    if isinstance(text, str) and "://" not in text:
        text = f"http://{text}"  # the way curl and botocore read HTTPS_PROXY
    address = _parse_url(text, field)
    if address.scheme != "http":
        raise _refused(
            text, field, "is a proxy spoken to by TLS", "give an http:// proxy: it tunnels TLS to DynamoDB by CONNECT"
        )
    return address


def _parse_url(text: Any, field: str) -> Address:
    if not isinstance(text, str):
        raise ConfigurationError(f"{field} is of type {type(text).__name__}; it must be text like http://host:8000")
    match = re.fullmatch(_URL, text)
    if match is None:
        raise _refused(text, field, *_diagnose(text))
    scheme = cast("Scheme", match[1].lower())
    host = _host(match[3])
    if host is None:
        raise _refused(text, field, "has a host that is neither a name nor an address", None)
    port = int(match[4][:6]) if match[4] else DEFAULT_PORTS[scheme]
    if match[4] == "" or not 1 <= port <= PORT_MAX:
        raise _refused(text, field, "has no port from 1 to 65535 behind its colon", None)
    return Address(scheme, host, port, match[2])


def _host(text: str) -> str | None:
    """The host in its usual writing, or None where it cannot be one."""
    if text.startswith("["):
        return _ip(text[1:-1], version=6)
    host = text.lower()
    labels = host.split(".")
    if len(host) > HOST_MAX_CHARS or not all(re.fullmatch(_LABEL, label) for label in labels):
        return None
    return _ip(host, version=4) if labels[-1].isdigit() else host


def _ip(text: str, version: int) -> str | None:
    import ipaddress  # only for literals: not worth its time at every import

    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return str(address) if address.version == version and "%" not in text else None


def _is_literal(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdigit()


def is_loopback(host: str) -> bool:
    """Whether a host (as in ``Endpoint.host``) is this machine; no name is resolved."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    if not _is_literal(host):
        return False
    import ipaddress

    address = ipaddress.ip_address(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return any(each.is_loopback or each.is_unspecified for each in (address, mapped) if each is not None)


def bypasses_proxy(host: str, port: int, entry: str) -> bool:
    """Whether an entry of NO_PROXY says that this host is reached directly.

    An entry is ``*``, a name (which stands for all below it, with or without a dot before it), an address or a network;
    each may end in ``:port``. One that is none of these matches nothing: other programs may understand it.
    """
    entry = entry.strip().lower()
    if entry == "*":
        return True
    match = re.fullmatch(_ENTRY_WITH_PORT, entry)
    if match is not None:
        if match[2] != str(port):
            return False
        entry = match[1]
    if not _is_literal(host):
        domain = entry.lstrip("*").strip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return False


def _diagnose(text: str) -> tuple[str, str | None]:
    """What is wrong with a URL that is not one of ours, and what to do."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        return "has no scheme", "begin it with https:// or http://"
    if scheme.lower() not in DEFAULT_PORTS:
        return "has a scheme other than http and https", None
    if "@" in rest:
        return "cannot be read", "percent-encode the characters of user and password that URLs use themselves"
    if "?" in rest or "#" in rest:
        return "has a query or a fragment", "give scheme, host and port only"
    if "/" in rest.removesuffix("/"):
        return "has a path", "give scheme, host and port only: DynamoDB's requests all go to /"
    if rest.count(":") > 1 and "[" not in rest:
        return "has several colons", "write an IPv6 address in brackets: http://[::1]:8000"
    return "cannot be read as scheme, host and port", None


def _refused(text: str, field: str, reason: str, hint: str | None) -> ConfigurationError:
    return ConfigurationError(
        f"{field} {_shown(redact_url(text))} {reason}; allowed is http(s)://host[:port]", hint=hint
    )


def redact_url(text: str) -> str:
    """A URL that may be shown: without user, password and query."""
    before, at, after = text.rpartition("@")
    if at:
        scheme, separator, _ = before.partition("://")
        text = f"{scheme}://***@{after}" if separator else f"***@{after}"
    shown, question, _ = text.partition("?")
    return f"{shown}?***" if question else text


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else f"of type {type(value).__name__}"
    return text if len(text) <= 100 else f"{text[:97]}..."
