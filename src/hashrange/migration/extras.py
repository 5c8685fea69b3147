"""Libraries that only a migration needs: imported when they are, and missed by the name of their extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal

from ..errors import ConfigurationError


def imported(module: str, extra: Literal["migrate", "dask"]) -> Any:
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
