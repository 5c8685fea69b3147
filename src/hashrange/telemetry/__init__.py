"""What the client tells about itself: frozen records, which adapters turn into logs, spans and metrics."""
