"""An embedded DynamoDB that behaves like the service: in process, and over HTTP.

A service beside the client: it shares no codec, expression or error code with it. Two independent readings of DynamoDB
check each other. These names are for tests and tools; each is loaded at its first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .calls import Call
    from .contents import Dump, SeedError
    from .declare import DeclarationError, GlobalIndexSpec, LocalIndexSpec, TableSpec
    from .disk.engine import DiskEngine
    from .disk.folder import DataFolderError
    from .disorder import Disorder
    from .engine import Engine, Snapshot
    from .http_connection import Limits
    from .server import Server
    from .throughput import Throughput
    from .transport import InProcess

__all__ = [
    "Call",
    "DataFolderError",
    "DeclarationError",
    "DiskEngine",
    "Disorder",
    "Dump",
    "Engine",
    "GlobalIndexSpec",
    "InProcess",
    "Limits",
    "LocalIndexSpec",
    "SeedError",
    "Server",
    "Snapshot",
    "TableSpec",
    "Throughput",
]

_HOMES = {
    "Call": ".calls",
    **dict.fromkeys(["DeclarationError", "GlobalIndexSpec", "LocalIndexSpec", "TableSpec"], ".declare"),
    **dict.fromkeys(["Engine", "Snapshot"], ".engine"),
    **dict.fromkeys(["Dump", "SeedError"], ".contents"),
    "DataFolderError": ".disk.folder",
    "DiskEngine": ".disk.engine",
    "Disorder": ".disorder",
    "Limits": ".http_connection",
    "Server": ".server",
    "Throughput": ".throughput",
    "InProcess": ".transport",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
