"""What a client has once for each of its regions: a transport, a dispatcher, a circuit; and what joins them.

A client of one region has one of each, and calls go to its dispatcher without a detour. Must not know tables.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeAlias
from weakref import ref

from .auth.refresh import CredentialCache
from .config import Config
from .dispatch import Call, Dispatcher
from .errors import ConfigurationError
from .telemetry.events import ConnectionsObserver, Observer, Source
from .types import WireObject
from .version import __version__
from .wire.endpoints import OTHER_HOSTS, Api, Endpoint, resolve_endpoint
from .wire.transport import Transport, Wrapper, chosen_transport

if TYPE_CHECKING:
    from .wire.http_transport import HttpTransport

#: what carries the requests: a transport, what makes one of the default one, or one of these for each region
Transports: TypeAlias = "Transport | Wrapper | Mapping[str, Transport | Wrapper] | None"


class Regions:
    """The transports and dispatchers of a client, by region.

    Args:
        config: the client's.
        credentials: of all regions.
        given: see ``DynamoDB``.
        observers: who is told of calls; the config's, and the client's own.

    Attributes:
        transports, dispatchers: by region, in the order of the config's regions.
        dispatch: takes a call to its region.

    Raises:
        ConfigurationError: ``given`` is no transport and makes none, or is not for these regions.
    """

    __slots__ = ("_beside", "_is_closed", "_others", "dispatch", "dispatchers", "transports")

    def __init__(
        self, config: Config, credentials: CredentialCache, given: Transports, observers: tuple[Observer, ...]
    ) -> None:
        # AWS's own endpoint has others beside it; an address that was given stands for all of them
        has_others = given is None and config.endpoint_url is None and config.region not in config.endpoint_urls
        self._beside = partial(_beside, config, credentials, observers) if has_others else None
        self._others: dict[Api, tuple[Transport, Dispatcher]] = {}
        self._is_closed = False
        endpoints = config.endpoints
        chosen = _by_region(given, endpoints)
        self.transports: dict[str, Transport] = {}
        for region, endpoint in endpoints.items():
            default = partial(_http_transport, config, endpoint, credentials)
            self.transports[region] = _hedged(config, chosen_transport(chosen.get(region), default))
        self.dispatchers = {
            region: _dispatcher(config, transport, observers, _source(config, endpoints[region]))
            for region, transport in self.transports.items()
        }
        self.dispatch: Callable[[Call], Awaitable[WireObject]] = self.dispatchers[config.region].dispatch
        if len(endpoints) > 1:
            from .resilience.routing import Routes
            from .router import Router

            routes = Routes(tuple(endpoints), config.region, config.reads, config.write_failover)
            self.dispatch = Router(self.dispatchers, routes, config.clock.monotonic, config.timeout).dispatch

    def dispatch_of(self, operation: str) -> Callable[[Call], Awaitable[WireObject]]:
        """What takes calls of an operation: where AWS answers it at another host, that of the home region, by a
        transport, a dispatcher and a circuit of its own, made when it is first wanted."""
        if operation not in OTHER_HOSTS or self._beside is None or self._is_closed:
            return self.dispatch
        api = OTHER_HOSTS[operation]
        if api not in self._others:
            self._others[api] = self._beside(api)
        return self._others[api][1].dispatch

    def __repr__(self) -> str:
        if len(self.transports) == 1:
            return repr(*self.transports.values())
        return ", ".join(f"{region}: {transport!r}" for region, transport in self.transports.items())

    async def close(self) -> None:
        """Close all transports, also where closing one fails; the first failure is raised."""
        failed: BaseException | None = None
        self._is_closed = True
        for transport in (*self.transports.values(), *(transport for transport, _ in self._others.values())):
            try:
                await transport.close()
            except BaseException as error:
                failed = failed or error
        if failed is not None:
            raise failed


def _beside(
    config: Config, credentials: CredentialCache, observers: tuple[Observer, ...], api: Api
) -> tuple[Transport, Dispatcher]:
    endpoint = resolve_endpoint(config.region, fips=config.use_fips, dualstack=config.use_dualstack, api=api)
    transport = _hedged(config, _http_transport(config, endpoint, credentials))
    return transport, _dispatcher(config, transport, observers, _source(config, endpoint))


def _by_region(given: Transports, endpoints: Mapping[str, Endpoint]) -> Mapping[str, Transport | Wrapper]:
    if given is None:
        return {}
    known = ", ".join(map(repr, endpoints))
    if isinstance(given, Mapping):
        for region in given:
            if region not in endpoints:
                raise ConfigurationError(f"transport has {region!r}; it must be one of the client's regions: {known}")
        return given
    makes_one = callable(given) and (isinstance(given, type) or not hasattr(given, "send"))
    if len(endpoints) > 1 and not makes_one:
        raise ConfigurationError(
            f"transport is one for {len(endpoints)} regions; it must be a mapping from each of {known} to its own",
            hint="one transport reaches one endpoint; a function, which is called for each region, may also be given",
        )
    return dict.fromkeys(endpoints, given)


def _hedged(config: Config, transport: Transport) -> Transport:
    if config.hedge_after is None:
        return transport
    from .wire.hedged import Hedged

    return Hedged(transport, config.hedge_after, config.clock)


def _source(config: Config, endpoint: Endpoint) -> Source:
    return Source(endpoint.url, endpoint.region, config.trace_keys)


def _dispatcher(config: Config, transport: Transport, observers: tuple[Observer, ...], source: Source) -> Dispatcher:
    return Dispatcher(
        transport,
        policy=config.retry,
        timeout=config.timeout,
        attempt_timeout=config.attempt_timeout,
        clock=config.clock,
        randomness=config.randomness,
        observers=observers,
        circuit=config.circuit,
        region=source.region if config.regions else None,
        source=source,
    )


def _http_transport(config: Config, endpoint: Endpoint, credentials: CredentialCache) -> Transport:
    from .wire.http_transport import HttpTransport  # a client over another transport needs no sockets

    transport = HttpTransport(
        endpoint,
        credentials,
        config.clock,
        user_agent=f"hashrange/{__version__}",
        ssl_context=config.ssl_context,
        proxy=config.proxy_for(endpoint),
        max_connections=config.max_connections,
        max_waiters=config.max_waiters,
        idle_timeout=config.idle_timeout,
        connect_timeout=config.connect_timeout,
    )
    for observer in config.observers:
        if isinstance(observer, ConnectionsObserver):
            observer.transport_made(_source(config, endpoint), partial(_connections, ref(transport)))
    return transport


def _connections(transport: ref[HttpTransport]) -> int | None:
    """How many are open; an observer may outlive the client, and must not keep it alive."""
    found = transport()
    return None if found is None else found.connections
