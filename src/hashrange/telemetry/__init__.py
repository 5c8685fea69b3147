"""What the client tells about itself: frozen records, which adapters turn into logs, spans and metrics."""

from .scrape import serve_metrics

__all__ = ["serve_metrics"]
