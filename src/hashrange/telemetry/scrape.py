"""A tiny HTTP endpoint with a Prometheus registry's text, for programs that have no HTTP server of their own."""

from __future__ import annotations

import errno
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..errors import ConfigurationError
from ..extras import imported

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

    from prometheus_client import CollectorRegistry


class MetricsServer:
    """A running endpoint; a context manager.

    Attributes:
        host, port: where it listens.
    """

    def __init__(self, server: WSGIServer, thread: Thread, host: str) -> None:
        self._server, self._thread = server, thread
        self.host, self.port = host, int(server.server_port)

    def __repr__(self) -> str:
        return f"<MetricsServer {self.url}>"

    @property
    def url(self) -> str:
        """What Prometheus is to scrape."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/metrics"

    def close(self) -> None:
        """Listen no more. Idempotent. Blocks for half a second at most."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve_metrics(
    port: int = 9464, *, host: str = "127.0.0.1", registry: CollectorRegistry | None = None
) -> MetricsServer:
    """Serve a registry's metrics over HTTP, in a thread of its own, at every path.

    Args:
        port: 0 takes a free one; the server's ``port`` says which.
        host: where to listen; only this machine unless told otherwise, for there is no access control.
        registry: None: prometheus_client's own, ``REGISTRY``.

    Raises:
        ConfigurationError: prometheus_client is not installed, or the address cannot be had.
    """
    prometheus = imported("prometheus_client", "prometheus")
    try:
        server, thread = prometheus.start_http_server(
            port, addr=host, registry=prometheus.REGISTRY if registry is None else registry
        )
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise ConfigurationError(
            f"cannot serve metrics on {host} port {port}: {'it is in use' if taken else error}",
            hint="port=0 takes a free one",
        ) from None
    return MetricsServer(server, thread, host)
