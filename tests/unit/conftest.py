"""What the unit tests share."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest


@pytest.fixture
async def complaints() -> list[dict[str, Any]]:
    """What asyncio has to complain about: errors that nobody looked at, tasks that nobody ended."""
    found: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context))
    return found
