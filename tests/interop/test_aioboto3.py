"""aioboto3 against the server, in an environment of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.clients import INSTALL_TIMEOUT_SECONDS, aioboto3_python, run

STORY = Path(__file__).with_name("story_aioboto3.py")


@pytest.mark.timeout(INSTALL_TIMEOUT_SECONDS)
def test_a_story(endpoint: str) -> None:
    assert run(aioboto3_python(), STORY, endpoint) == "told\n"
