"""What the client tells about itself: frozen records, which adapters turn into logs, spans and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .scrape import serve_metrics

__all__ = ["serve_metrics"]


def __getattr__(name: str) -> object:
    if name != "serve_metrics":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .scrape import serve_metrics  # a server, which most programs never start

    return serve_metrics
