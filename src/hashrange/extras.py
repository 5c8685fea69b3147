"""Libraries that only some programs have: imported when they are needed, and missed by the name of their extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal, TypeAlias

from .errors import ConfigurationError

Extra: TypeAlias = Literal["otel", "prometheus", "migrate", "dask"]


def imported(module: str, extra: Extra) -> Any:
    """A module of an optional library.

    Raises:
        ConfigurationError: it is not installed; says what to install.
    """
    try:
        return import_module(module)
    except ImportError:
        raise ConfigurationError(
            f"{module.split('.')[0]} is not installed", hint=f"pip install 'hashrange[{extra}]'"
        ) from None
