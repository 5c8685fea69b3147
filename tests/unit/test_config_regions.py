"""``Config`` of several regions: what fits together, what is refused and in which words, and what ``repr`` shows."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from hashrange.config import Config
from hashrange.errors import ConfigurationError, InvalidRegion
from hashrange.wire.endpoints import resolve_endpoint
from hashrange.wire.regional_endpoints import regional_endpoints

US, EU = "us-east-1", "eu-west-1"


def two(**fields: Any) -> Config:
    return Config(**{"regions": (US, EU), "home": EU, **fields})


def test_each_region_has_its_endpoint_and_home_is_the_region() -> None:
    config = two()
    assert config.endpoints == {US: resolve_endpoint(US), EU: resolve_endpoint(EU)}
    assert list(config.endpoints) == [US, EU]
    assert (config.region, config.endpoint) == (EU, resolve_endpoint(EU))
    assert (config.reads, config.write_failover, config.endpoint_urls) == ("nearest", "never", {})


def test_without_regions_there_is_one() -> None:
    config = Config(region=US)
    assert (config.regions, config.home, config.endpoints) == ((), None, {US: resolve_endpoint(US)})


def test_one_region_is_a_client_of_several_that_has_one() -> None:
    assert list(Config(regions=(US,), home=US).endpoints) == [US]


def test_the_flags_are_for_all_of_them() -> None:
    config = two(use_fips=True, use_dualstack=True)
    assert config.endpoints[US] == resolve_endpoint(US, fips=True, dualstack=True)


def test_endpoints_of_ones_own() -> None:
    config = two(endpoint_urls={US: "http://127.0.0.1:8001"})
    assert config.endpoints[US] == resolve_endpoint(US, endpoint_url="http://127.0.0.1:8001")
    assert config.endpoints[EU] == resolve_endpoint(EU)
    assert config.endpoints[US].region == US, "it is signed for its region"
    local = Config(regions=["local", US], home="local", endpoint_urls={"local": "http://h:1"})
    assert local.endpoint.region == "local"


def test_it_is_a_value() -> None:
    config = two(endpoint_urls={US: "http://h:1"})
    assert config == dataclasses.replace(config)
    assert hash(config) == hash(dataclasses.replace(config))
    assert config != two(endpoint_urls={US: "http://h:2"})
    assert dataclasses.replace(config, regions=(EU, US)).endpoints.keys() == {EU, US}
    assert dataclasses.replace(config, home=US, region="").region == US


def test_what_was_given_may_be_changed_afterwards() -> None:
    urls, regions = {US: "http://h:1"}, [US, EU]
    config = two(endpoint_urls=urls, regions=regions)
    urls[US] = "nonsense"
    regions.clear()
    config.endpoints.clear()
    assert dataclasses.replace(config).endpoints[US].url == "http://h:1"


def test_repr_shows_the_regions_once() -> None:
    config = two(endpoint_urls={US: "http://h:1"}, reads="home", write_failover="next")
    assert repr(config) == (
        "Config(endpoint='https://dynamodb.eu-west-1.amazonaws.com', regions=('us-east-1', 'eu-west-1'), "
        "home='eu-west-1', reads='home', write_failover='next', endpoint_urls={'us-east-1': 'http://h:1'})"
    )


ALLOWED = "it must be one of the regions: 'us-east-1', 'eu-west-1'"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"home": "eu-central-1"}, f"home is 'eu-central-1'; {ALLOWED}"),
        ({"home": 5}, f"home is of type int; {ALLOWED}"),
        ({"home": ""}, f"home is ''; {ALLOWED}"),
        ({"home": None}, "home is missing; with regions= it must be one of 'us-east-1', 'eu-west-1'"),
        ({"regions": (US, EU, US)}, "regions[2] is 'us-east-1', which is there already; each may be there once"),
        ({"regions": US}, "regions is of type str; it must be a tuple of names of regions"),
        ({"regions": {US, EU}}, "regions is of type set; it must be a tuple of names of regions"),
        ({"regions": None}, "regions is of type NoneType; it must be a tuple of names of regions"),
        ({"regions": ()}, "home is set without regions; it must be left out"),
        ({"region": US}, "region is 'us-east-1' beside regions; it must be left out, or be home"),
        ({"region": 5}, "region is of type int beside regions; it must be left out, or be home"),
        ({"endpoint_url": "http://h:1"}, "endpoint_url is set beside regions; it must be None"),
        ({"endpoint_urls": {"eu": "http://h:1"}}, f"endpoint_urls has 'eu'; {ALLOWED}"),
        ({"endpoint_urls": {5: "http://h:1"}}, f"endpoint_urls has of type int; {ALLOWED}"),
        (
            {"endpoint_urls": "http://h:1"},
            "endpoint_urls is of type str; it must be a mapping from region to http(s)://host[:port]",
        ),
        (
            {"endpoint_urls": {US: "h:1"}},
            "endpoint_urls['us-east-1'] 'h:1' has no scheme; allowed is http(s)://host[:port]",
        ),
        (
            {"endpoint_urls": {US: 5}},
            "endpoint_urls['us-east-1'] is of type int; it must be text like http://host:8000",
        ),
        ({"reads": "fastest"}, "reads is 'fastest'; it must be one of 'nearest', 'home'"),
        ({"write_failover": True}, "write_failover is True; it must be one of 'never', 'next'"),
    ],
)
def test_what_does_not_fit_together_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        two(**fields)
    assert caught.value.message == message
    assert type(caught.value) is ConfigurationError


@pytest.mark.parametrize("wrong", ["us-east", "local", "", 5, None, [US], "FIPS-us-east-1"])
def test_what_is_no_region_is_refused_with_its_place(wrong: Any) -> None:
    with pytest.raises(InvalidRegion, match=r"^regions\[1\] "):
        Config(regions=(US, wrong), home=US)


def test_home_and_endpoints_mean_nothing_without_regions() -> None:
    with pytest.raises(ConfigurationError, match="home is set without regions"):
        Config(region=US, home=US)
    with pytest.raises(ConfigurationError, match="endpoint_urls is set without regions"):
        Config(region=US, endpoint_urls={US: "http://h:1"})


def test_no_error_shows_a_secret() -> None:
    with pytest.raises(ConfigurationError) as caught:
        two(endpoint_urls={US: "https://user:hunter2@h"})
    assert "hunter2" not in str(caught.value)


# ── from the environment ─────────────────────────────────────────────────────────────────────────────────────────────
def test_the_environments_region_is_not_looked_at() -> None:
    fields: dict[str, Any] = {"regions": (US, EU), "home": EU}
    assert Config.from_env({"AWS_REGION": "ap-south-1"}, **fields).region == EU
    assert Config.from_env({"AWS_REGION": "nonsense"}, **fields).region == EU
    assert Config.from_env({"AWS_REGION": "ap-south-1"}, regions=()).region == "ap-south-1"


def test_an_endpoint_of_the_environment_is_not_taken_for_all_regions_nor_forgotten() -> None:
    environ = {"AWS_ENDPOINT_URL": "http://127.0.0.1:8000"}
    fields: dict[str, Any] = {"regions": (US, EU), "home": EU}
    with pytest.raises(ConfigurationError, match="endpoint_url is set beside regions") as caught:
        Config.from_env(environ, **fields)
    assert "endpoint_url=None" in str(caught.value)
    assert Config.from_env(environ, endpoint_url=None, **fields).endpoint.host == "dynamodb.eu-west-1.amazonaws.com"


def test_locally_all_regions_are_at_one_address() -> None:
    for config in (
        Config.local(4567, regions=(US, EU), home=EU),
        Config.auto({"DYNAMODB_LOCAL": "true", "DYNAMODB_LOCAL_PORT": "4567"}, regions=[US, EU], home=EU),
    ):
        assert {region: one.url for region, one in config.endpoints.items()} == {
            US: "http://127.0.0.1:4567",
            EU: "http://127.0.0.1:4567",
        }
        assert config.region == EU
    apart = Config.local(4567, regions=(US,), home=US, endpoint_urls={US: "http://127.0.0.1:1"})
    assert apart.endpoint.url == "http://127.0.0.1:1"
    for wrong in ("us-east-1", [[US]], [5]):
        with pytest.raises(ConfigurationError, match="regions"):
            Config.local(regions=wrong, home=US)


# ── the function behind it ───────────────────────────────────────────────────────────────────────────────────────────
def test_regional_endpoints_keep_the_order() -> None:
    found = regional_endpoints((EU, US), US, {}, fips=False, dualstack=False)
    assert list(found) == [EU, US]
