"""The AWS SDK for JavaScript against the server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.interop.clients import INSTALL_TIMEOUT_SECONDS, js_sdk, run

STORIES = ["story_js_sdk.mjs", "story_streams_js_sdk.mjs", "story_partiql_js_sdk.mjs"]


@pytest.mark.timeout(INSTALL_TIMEOUT_SECONDS)
@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("endpoint", ["command", "inside"], indirect=True)
def test_a_story(endpoint: str, name: str, tmp_path: Path) -> None:
    node, sdk = js_sdk()
    (tmp_path / "node_modules").symlink_to(sdk / "node_modules")  # a module looks for others beside itself
    story = shutil.copy(Path(__file__).with_name(name), tmp_path)
    assert run(node, story, endpoint) == "told\n"
