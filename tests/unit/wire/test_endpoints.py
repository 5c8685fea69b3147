"""Endpoints: every host against botocore's rules, the grammar of addresses and regions, and what is refused."""

from __future__ import annotations

from typing import Any, get_args

import boto3
import pytest
from botocore.config import Config as BotocoreConfig
from botocore.endpoint_provider import EndpointProvider
from botocore.loaders import Loader
from botocore.regions import EndpointResolver

from hashrange.errors import ConfigurationError, InvalidRegion
from hashrange.wire.endpoints import (
    OTHER_HOSTS,
    PARTITIONS,
    Api,
    Endpoint,
    check_region,
    is_loopback,
    parse_endpoint_url,
    parse_proxy_url,
    partition_of,
    redact_url,
    resolve_endpoint,
)


# ── hosts, with botocore as the witness ──────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def loader() -> Loader:
    return Loader()


@pytest.fixture(scope="module")
def botocore_rules(loader: Loader) -> EndpointProvider:
    """botocore's own rule engine with its rules for DynamoDB, as its clients ask it before every request."""
    return EndpointProvider(
        loader.load_service_model("dynamodb", "endpoint-rule-set-1"), loader.load_data("partitions")
    )


@pytest.fixture(scope="module")
def streams_rules(loader: Loader) -> EndpointProvider:
    """The same for streams."""
    return EndpointProvider(
        loader.load_service_model("dynamodbstreams", "endpoint-rule-set-1"), loader.load_data("partitions")
    )


def dynamodb_regions() -> list[str]:
    """Every region that botocore knows for DynamoDB, in every partition."""
    resolver = EndpointResolver(Loader().load_data("endpoints"))
    return sorted(
        region
        for partition in resolver.get_available_partitions()
        for region in resolver.get_available_endpoints("dynamodb", partition)
    )


#: well-formed, and not (yet) built: the rules' regular expressions decide their partition
FUTURE_REGIONS = ["eu-west-9", "mx-north-12", "us-gov-north-3", "cn-south-2", "us-isob-north-1", "mars-north-1"]


@pytest.mark.parametrize("region", [*dynamodb_regions(), *FUTURE_REGIONS])
@pytest.mark.parametrize("dualstack", [False, True])
@pytest.mark.parametrize("fips", [False, True])
def test_hosts_are_those_of_botocore(
    botocore_rules: EndpointProvider, region: str, fips: bool, dualstack: bool
) -> None:
    witness = botocore_rules.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dualstack)
    ours = resolve_endpoint(region, fips=fips, dualstack=dualstack)
    assert ours.url == witness.url
    assert ours.region == region
    assert "authSchemes" not in witness.properties, "botocore signs for another region"


@pytest.mark.parametrize("region", [*dynamodb_regions(), *FUTURE_REGIONS])
@pytest.mark.parametrize("dualstack", [False, True])
@pytest.mark.parametrize("fips", [False, True])
def test_hosts_of_streams_and_searches_are_those_of_botocore(
    botocore_rules: EndpointProvider, streams_rules: EndpointProvider, region: str, fips: bool, dualstack: bool
) -> None:
    known: dict[str, Any] = {"Region": region, "UseFIPS": fips, "UseDualStack": dualstack}
    witness = {
        "search": botocore_rules.resolve_endpoint(**known, IsSearchOperation=True).url,
        "streams": streams_rules.resolve_endpoint(**known).url,
    }
    ours = {api: resolve_endpoint(region, fips=fips, dualstack=dualstack, api=api).url for api in get_args(Api)}
    assert ours.pop("items") == resolve_endpoint(region, fips=fips, dualstack=dualstack).url
    assert ours == witness


def test_the_operations_of_streams_are_those_of_botocore(loader: Loader) -> None:
    found = {operation for operation, api in OTHER_HOSTS.items() if api == "streams"}
    assert found == set(loader.load_service_model("dynamodbstreams", "service-2")["operations"])


def test_the_witness_knows_many_regions() -> None:
    regions = dynamodb_regions()
    assert len(regions) >= 40
    assert {"us-east-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"} <= set(regions)
    assert {partition_of(region).name for region in regions} == {partition.name for partition in PARTITIONS}


def test_partitions_are_those_of_botocore(loader: Loader) -> None:
    known = {partition["id"]: partition["outputs"] for partition in loader.load_data("partitions")["partitions"]}
    assert {(each.name, each.suffix, each.dualstack_suffix) for each in PARTITIONS} == {
        (name, outputs["dnsSuffix"], outputs["dualStackDnsSuffix"]) for name, outputs in known.items()
    }


@pytest.mark.parametrize(("fips", "dualstack"), [(False, False), (True, False), (False, True), (True, True)])
def test_a_boto3_client_goes_to_the_same_place(fips: bool, dualstack: bool) -> None:
    client = boto3.client(
        "dynamodb",
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=BotocoreConfig(use_fips_endpoint=fips, use_dualstack_endpoint=dualstack),
    )
    try:
        assert resolve_endpoint("eu-central-1", fips=fips, dualstack=dualstack).url == client.meta.endpoint_url
    finally:
        client.close()


@pytest.mark.parametrize("flags", [{"fips": True}, {"dualstack": True}, {"fips": True, "dualstack": True}])
def test_an_explicit_endpoint_wins_over_fips_and_dualstack_as_in_botocore(flags: dict[str, Any]) -> None:
    url = "https://vpce-1.dynamodb.us-east-1.vpce.amazonaws.com"
    client = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=BotocoreConfig(
            use_fips_endpoint=flags.get("fips", False), use_dualstack_endpoint=flags.get("dualstack", False)
        ),
    )
    try:
        assert client.meta.endpoint_url == url
    finally:
        client.close()
    assert resolve_endpoint("us-east-1", endpoint_url=url, **flags).url == url


# ── explicit endpoints ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "host_header"),
    [
        ("http://localhost:8000", "http", "localhost", 8000, "localhost:8000"),
        ("http://localhost:8000/", "http", "localhost", 8000, "localhost:8000"),
        ("http://127.0.0.1", "http", "127.0.0.1", 80, "127.0.0.1"),
        ("http://h:80", "http", "h", 80, "h"),
        ("http://h:443", "http", "h", 443, "h:443"),
        ("https://h:443", "https", "h", 443, "h"),
        ("https://h:80", "https", "h", 80, "h:80"),
        ("https://h:65535", "https", "h", 65535, "h:65535"),
        ("http://h:00080", "http", "h", 80, "h"),
        ("HTTPS://DynamoDB.EU-West-1.amazonaws.com", "https", "dynamodb.eu-west-1.amazonaws.com", 443, None),
        ("https://vpce-0a-1b.dynamodb.us-east-1.vpce.amazonaws.com", "https", None, 443, None),
        ("http://[::1]:8000", "http", "::1", 8000, "[::1]:8000"),
        ("https://[2001:DB8:0:0::7]", "https", "2001:db8::7", 443, "[2001:db8::7]"),
        ("http://dynamodb_local:8000", "http", "dynamodb_local", 8000, "dynamodb_local:8000"),
        ("http://xn--bcher-kva.example", "http", "xn--bcher-kva.example", 80, "xn--bcher-kva.example"),
    ],
)
def test_explicit_endpoints(url: str, scheme: str, host: str | None, port: int, host_header: str | None) -> None:
    host = host or url.partition("://")[2]
    endpoint = resolve_endpoint("eu-west-1", endpoint_url=url)
    assert endpoint == Endpoint(
        "https" if scheme == "https" else "http", host, port, host_header or host, scheme == "https", "eu-west-1"
    )
    assert str(endpoint) == endpoint.url == f"{scheme}://{host_header or host}"
    assert resolve_endpoint("eu-west-1", endpoint_url=endpoint.url) == endpoint


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "no scheme"),
        ("localhost", "no scheme"),
        ("localhost:8000", "no scheme"),
        ("//localhost", "no scheme"),
        ("ftp://h", "scheme other than"),
        ("unix:///var/run/x.sock", "scheme other than"),
        ("http://", "neither a name nor an address"),
        ("http:///", "neither a name nor an address"),
        ("http://:8000", "neither a name nor an address"),
        ("http://h/path", "has a path"),
        ("http://h//", "has a path"),
        ("http://h:8000/shell/", "has a path"),
        ("http://h?x=1", "has a query or a fragment"),
        ("http://h/?x=1", "has a query or a fragment"),
        ("http://h/#top", "has a query or a fragment"),
        ("http://h:", "no port from 1 to 65535"),
        ("http://h:0", "no port from 1 to 65535"),
        ("http://h:65536", "no port from 1 to 65535"),
        ("http://h:" + "9" * 10_000, "no port from 1 to 65535"),
        ("http://h:-1", "cannot be read"),
        ("http://h:80a", "cannot be read"),
        ("http://h:٨٠", "cannot be read"),
        ("http://::1:8000", "several colons"),
        ("http://[::1", "cannot be read"),
        ("http://[::g]", "neither a name nor an address"),
        ("http://[::1%eth0]", "neither a name nor an address"),
        ("http://[127.0.0.1]", "neither a name nor an address"),
        ("http://300.0.0.1", "neither a name nor an address"),
        ("http://127.1", "neither a name nor an address"),
        ("http://h ", "neither a name nor an address"),
        (" http://h", "scheme other than"),
        ("http://h\n", "neither a name nor an address"),
        ("http://h\r\nX-Evil: 1", "cannot be read"),
        ("http://a b", "neither a name nor an address"),
        ("http://a..b", "neither a name nor an address"),
        ("http://-a", "neither a name nor an address"),
        ("http://a-.b", "neither a name nor an address"),
        ("http://" + "a" * 64, "neither a name nor an address"),
        ("http://" + ".".join(["a" * 50] * 6), "neither a name nor an address"),
        ("http://bücher.example", "neither a name nor an address"),
    ],
)
def test_what_is_no_endpoint_is_refused(url: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve_endpoint("us-east-1", endpoint_url=url)
    text = str(caught.value)
    assert reason in text
    assert text.startswith("endpoint_url '")
    assert "http(s)://host[:port]" in text
    assert repr(url)[:90].rstrip("'").partition("?")[0] in text, "it names what was given"
    assert len(text) < 400, "however long the text was"


@pytest.mark.parametrize("value", [None, 5, b"http://h", ["http://h"]])
def test_an_endpoint_that_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"my_field is of type {type(value).__name__}"):
        parse_endpoint_url(value, "my_field")


@pytest.mark.parametrize(
    "url",
    [
        "http://user:hunter2@h",
        "https://hunter2@h:8000/",
        "http://user:hunter2/x@h",
        "http://user:hunter2?x@h",
        "http://user:pw?hunter2@h",
        "http://user:p@hunter2@h",
        "http://h/?token=hunter2",
        "http://h/?token=hunter2@x",
        "user:hunter2@h",
        "://user:hunter2@h",
        "ftp://user:hunter2@h",
        "http://user:hunter2@h:99999",
    ],
)
def test_user_password_and_query_are_refused_and_never_shown(url: str) -> None:
    with pytest.raises(ConfigurationError) as endpoint_error:
        parse_endpoint_url(url)
    with pytest.raises(ConfigurationError) as proxy_error:
        parse_proxy_url(url.replace("http://", "https://") if "://" in url else f"https://{url}")
    for error in (endpoint_error.value, proxy_error.value):
        assert "hunter2" not in str(error)
        assert "hunter2" not in repr(error)
    assert "hunter2" not in redact_url(url)


def test_redaction_keeps_what_is_no_secret() -> None:
    assert redact_url("http://h:8000/") == "http://h:8000/"
    assert redact_url("http://user:pw@h:8000") == "http://***@h:8000"
    assert redact_url("user:pw@h:8000") == "***@h:8000"
    assert redact_url("http://h/x?y=1") == "http://h/x?***"


# ── proxies ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("url", "host", "port", "userinfo", "authority"),
    [
        ("http://proxy:3128", "proxy", 3128, None, "proxy:3128"),
        ("proxy:3128", "proxy", 3128, None, "proxy:3128"),
        ("proxy", "proxy", 80, None, "proxy"),
        ("http://u:p%40w@proxy:3128/", "proxy", 3128, "u:p%40w", "proxy:3128"),
        ("u:pw@[::1]:3128", "::1", 3128, "u:pw", "[::1]:3128"),
    ],
)
def test_proxies(url: str, host: str, port: int, userinfo: str | None, authority: str) -> None:
    address = parse_proxy_url(url)
    assert address == ("http", host, port, userinfo)
    assert address.authority == authority


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://proxy:3128", "spoken to by TLS"),
        ("socks5://proxy:1080", "scheme other than"),
        ("http://proxy:3128/path", "has a path"),
        ("http://u:p/w@proxy", "percent-encode"),
        ("", "neither a name nor an address"),
        (17, "HTTPS_PROXY is of type int"),
    ],
)
def test_what_is_no_proxy_is_refused(url: Any, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        parse_proxy_url(url, "HTTPS_PROXY")


# ── regions ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("region", "hint"),
    [
        ("us east 1", 'did you mean "us-east-1"?'),
        ("US-EAST-1", 'did you mean "us-east-1"?'),
        ("us_east_1", 'did you mean "us-east-1"?'),
        ("us-east-1/", 'did you mean "us-east-1"?'),
        ("us-east-1\n", 'did you mean "us-east-1"?'),
        ("", "lower case, hyphens, a number"),
        ("us-east", "lower case, hyphens, a number"),
        ("useast1", "lower case, hyphens, a number"),
        ("us-east-1.evil.example", "lower case, hyphens, a number"),
        ("us-east-1a", "lower case, hyphens, a number"),
        ("us-east-١", "lower case, hyphens, a number"),
        ("aws-global", "lower case, hyphens, a number"),
        ("a" * 5_000 + "-east-1", "lower case, hyphens, a number"),
        ("us-east-1-fips", "use_fips=True"),
        ("fips-us-east-1", "use_fips=True"),
        ("local", "Config.local(port=8000)"),
    ],
)
def test_what_is_no_region_is_refused_with_its_value_and_an_example(region: str, hint: str) -> None:
    with pytest.raises(InvalidRegion) as caught:
        resolve_endpoint(region)
    text = str(caught.value)
    assert repr(region)[:90].rstrip("'") in text
    assert "'us-east-1'" in text
    assert hint in text
    assert len(text) < 400


@pytest.mark.parametrize("region", [None, 1, b"us-east-1"])
def test_a_region_that_is_no_text_is_refused(region: Any) -> None:
    with pytest.raises(InvalidRegion, match=f"AWS_REGION of type {type(region).__name__} is not"):
        check_region(region, "AWS_REGION")


def test_regions_of_local_emulators_need_an_explicit_endpoint() -> None:
    assert resolve_endpoint("localhost", endpoint_url="http://dynamodb:8000").region == "localhost"
    assert resolve_endpoint("local", endpoint_url="http://127.0.0.1:8000").region == "local"
    with pytest.raises(InvalidRegion, match="endpoint_url="):
        resolve_endpoint("localhost")
    with pytest.raises(InvalidRegion):
        resolve_endpoint("nowhere", endpoint_url="http://127.0.0.1:8000")


# ── this machine ─────────────────────────────────────────────────────────────────────────────────────────────────────
HERE = (
    "localhost LOCALHOST dynamodb.localhost 127.0.0.1 127.9.9.9 0.0.0.0 [::1] [::] [::ffff:127.0.0.1] [::ffff:0.0.0.0]"
)
ELSEWHERE = "localhost.example mylocalhost 128.0.0.1 10.0.0.1 [::2] [::ffff:10.0.0.1] h h1"


@pytest.mark.parametrize(
    ("host", "expected"), [(host, True) for host in HERE.split()] + [(host, False) for host in ELSEWHERE.split()]
)
def test_loopback(host: str, expected: bool) -> None:
    endpoint = resolve_endpoint("us-east-1", endpoint_url=f"http://{host}:8000")
    assert endpoint.is_loopback is expected
    assert is_loopback(endpoint.host) is expected


def test_an_endpoint_of_aws_is_not_this_machine() -> None:
    assert not resolve_endpoint("us-east-1").is_loopback
