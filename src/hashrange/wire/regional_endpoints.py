"""The endpoints of a client of several regions: one for each, checked together.

Owns the rules by which regions, the home region and their endpoints fit together. Pure, as ``endpoints``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..errors import ConfigurationError
from .endpoints import Endpoint, check_region, parse_endpoint_url, resolve_endpoint


def regional_endpoints(
    regions: tuple[Any, ...], home: Any, endpoint_urls: Mapping[Any, Any], *, fips: bool, dualstack: bool
) -> dict[str, Endpoint]:
    """The endpoint of each region, in their order.

    Args:
        regions: the regions of a global table; at least one.
        home: that of them to which writes go.
        endpoint_urls: region to ``http(s)://host[:port]`` instead of its own endpoint.
        fips, dualstack: as in ``resolve_endpoint``.

    Raises:
        InvalidRegion: a text cannot be the name of a region.
        ConfigurationError: a region is there twice, the home region is none of them, or an endpoint is of another
            region or not ``http(s)://host[:port]``; names the field, the value and what is allowed.
    """
    found: dict[str, Endpoint] = {}
    for index, region in enumerate(regions):
        url = endpoint_urls.get(region) if isinstance(region, str) else None
        if url is not None:
            parse_endpoint_url(url, f"endpoint_urls[{region!r}]")
        check_region(region, f"regions[{index}]", explicit_endpoint=url is not None)
        if region in found:
            raise ConfigurationError(f"regions[{index}] is {region!r}, which is there already; each may be there once")
        found[region] = resolve_endpoint(region, fips=fips, dualstack=dualstack, endpoint_url=url)
    allowed = ", ".join(map(repr, found))
    for region in endpoint_urls:
        if region not in found:
            raise ConfigurationError(f"endpoint_urls has {_shown(region)}; it must be one of the regions: {allowed}")
    if home is None:
        raise ConfigurationError(
            f"home is missing; with regions= it must be one of {allowed}", hint="name the region that writes go to"
        )
    if not isinstance(home, str) or home not in found:
        raise ConfigurationError(f"home is {_shown(home)}; it must be one of the regions: {allowed}")
    return found


def check_alone(region: Any, endpoint_url: Any, home: Any) -> None:
    """Refuse what says the same as ``regions``, ``home`` and ``endpoint_urls`` in other words.

    Raises:
        ConfigurationError: a region other than ``home``, or one endpoint for all regions.
    """
    if region and region != home:
        raise ConfigurationError(
            f"region is {_shown(region)} beside regions; it must be left out, or be home",
            hint="home= says where writes go, and the first of regions= is the nearest for reads",
        )
    if endpoint_url is not None:
        raise ConfigurationError(
            "endpoint_url is set beside regions; it must be None",
            hint="give each region its own: endpoint_urls={'us-east-1': 'http://127.0.0.1:8000', ...}; "
            "Config.from_env(..., endpoint_url=None) does not look at the environment's",
        )


def without_regions(home: Any, endpoint_urls: Mapping[Any, Any]) -> ConfigurationError:
    """The refusal of fields that mean something only with several regions."""
    name = "endpoint_urls" if home is None and endpoint_urls else "home"
    return ConfigurationError(
        f"{name} is set without regions; it must be left out",
        hint="regions=['us-east-1', 'eu-west-1'], home='us-east-1' makes a client of several regions",
    )


def checked_urls(value: Any) -> dict[str, str]:
    """``endpoint_urls`` as a dict of its own.

    Raises:
        ConfigurationError: it is no mapping.
    """
    if not isinstance(value, Mapping):
        raise ConfigurationError(
            f"endpoint_urls is of type {type(value).__name__}; it must be a mapping from region to http(s)://host[:port]"
        )
    return dict(cast("Mapping[str, str]", value))


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else f"of type {type(value).__name__}"
    return text if len(text) <= 100 else f"{text[:97]}..."
