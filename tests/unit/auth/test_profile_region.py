"""``Profile.region()``: what the settings of a profile say, for whoever wants to use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hashrange.auth.profile import Profile
from hashrange.errors import CredentialsNotFound, InvalidCredentials


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "config").write_text("[profile work]\nregion = eu-west-1 \n[profile plain]\noutput = json\n")
    (tmp_path / "credentials").write_text("[other]\nregion = eu-north-1\n")
    return {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_REGION": "us-west-2",
    }


@pytest.mark.parametrize(("name", "region"), [("work", "eu-west-1"), ("other", "eu-north-1"), ("plain", None)])
async def test_the_region_of_a_profile(name: str, region: str | None, environ: dict[str, str]) -> None:
    assert await Profile(name, environ=environ).region() == region
    assert await Profile(environ={**environ, "AWS_PROFILE": name}).region() == region


async def test_a_profile_that_is_not_there(environ: dict[str, str]) -> None:
    with pytest.raises(InvalidCredentials, match="there is no profile 'wrok'") as caught:
        await Profile("wrok", environ=environ).region()
    assert caught.value.hint == "there are: other, plain, work"
    with pytest.raises(CredentialsNotFound, match="there is no default profile"):
        await Profile(environ=environ).region()
