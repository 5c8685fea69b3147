"""Profiles: keys, roles with their sources, web identity; and what only botocore can do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hashrange.auth.credentials import Credentials, Secret
from hashrange.auth.profile import Profile
from hashrange.errors import (
    AssumeRoleFailed,
    AuthenticationError,
    ConfigurationError,
    CredentialsNotFound,
    InvalidCredentials,
    InvalidRegion,
)

from .servers import NOW, REGION, ROLE, FakeContainer, FakeInstance, FakeSts, ManualClock, hushed, keys

CALLER = f"aws_access_key_id = {keys().access_key}\naws_secret_access_key = {keys().secret_key.reveal()}\n"
WITH_ROLE = f"role_arn = {ROLE}\n"
C_FROM_B = f"[profile c]\n{WITH_ROLE}source_profile = b\n"


class Home:
    """A home directory with the two files."""

    def __init__(self, path: Path) -> None:
        self.path = path / ".aws"
        self.path.mkdir()
        self.environ = {"HOME": str(path)}

    def write(self, config: str = "", credentials: str = "") -> None:
        (self.path / "config").write_text(config)
        (self.path / "credentials").write_text(credentials)

    def profile(self, name: str | None = None, sts: FakeSts | None = None, **changes: Any) -> Profile:
        environ = {**self.environ, **({"AWS_ENDPOINT_URL_STS": sts.url} if sts else {})}
        clock = sts.clock if sts else ManualClock()
        return Profile(name, **{"region": REGION, "environ": environ, "clock": clock, **changes})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_keys_of_the_credentials_file(home: Home) -> None:
    home.write(credentials=f"[dev]\n{CALLER}aws_session_token = hush-token\n")
    found = await home.profile("dev").fetch()
    assert found == Credentials(keys().access_key, keys().secret_key, Secret("hush-token"))


async def test_keys_of_the_config_file(home: Home) -> None:
    home.write(config=f"[profile dev]\n{CALLER}aws_session_token =\n")
    assert await home.profile("dev").fetch() == keys()


async def test_the_files_are_read_at_every_fetch(home: Home) -> None:
    profile = home.profile("dev")
    with pytest.raises(InvalidCredentials, match="there is no profile 'dev'"):
        await profile.fetch()
    home.write(credentials=f"[dev]\n{CALLER}")
    assert await profile.fetch() == keys()


async def test_the_name_comes_from_the_environment_if_not_given(home: Home) -> None:
    home.write(credentials=f"[default]\n{CALLER}\n[dev]\naws_access_key_id = AKIADEV\naws_secret_access_key = hush\n")
    assert await home.profile().fetch() == keys()
    home.environ["AWS_PROFILE"] = "dev"
    profile = home.profile()
    assert (await profile.fetch()).access_key == "AKIADEV"
    assert profile.name == "profile 'dev'"
    assert repr(profile) == "<Profile 'dev'>"
    assert profile.looks_at == f"{home.path / 'credentials'}, {home.path / 'config'}"


async def test_the_files_may_be_given(home: Home) -> None:
    (home.path / "other").write_text(f"[default]\n{CALLER}")
    assert await home.profile(credentials_file="~/.aws/other").fetch() == keys()
    (home.path / "third").write_text(f"[profile x]\n{CALLER}")
    assert await home.profile("x", config_file=str(home.path / "third")).fetch() == keys()


@pytest.mark.parametrize("half", CALLER.splitlines())
async def test_half_a_key_is_a_mistake(home: Home, half: str) -> None:
    home.write(credentials=f"[dev]\n{half}\n")
    with pytest.raises(InvalidCredentials, match="profile 'dev' has no aws_") as caught:
        await home.profile("dev").fetch()
    assert hushed(caught.value.message)


async def test_a_broken_key_is_a_mistake(home: Home) -> None:
    home.write(credentials="[dev]\naws_access_key_id = AKIA\naws_secret_access_key = hush hush\n")
    with pytest.raises(InvalidCredentials, match="the secret key holds") as caught:
        await home.profile("dev").fetch()
    assert hushed(caught.value)


# ── missing ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_no_default_profile_is_not_set_up(home: Home) -> None:
    with pytest.raises(CredentialsNotFound, match="there is no default profile in"):
        await home.profile().fetch()


async def test_a_profile_without_credentials_is_not_set_up(home: Home) -> None:
    home.write(config="[profile dev]\nregion = eu-west-1\noutput = json\n")
    with pytest.raises(CredentialsNotFound, match="profile 'dev' has neither keys nor a role"):
        await home.profile("dev").fetch()


async def test_a_profile_that_does_not_exist_is_a_mistake(home: Home) -> None:
    with pytest.raises(InvalidCredentials, match=r"no profile 'dev' .*none at all"):
        await home.profile("dev").fetch()
    home.write(credentials="".join(f"[p{number:02d}]\n" for number in range(12)))
    with pytest.raises(InvalidCredentials, match=r"there are: p00, p01, .*p09, …"):
        await home.profile("dev").fetch()


# ── roles ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_role_with_source_profile(home: Home) -> None:
    extra = "external_id = squirrel\nrole_session_name = me\nduration_seconds = 1200\nregion = us-west-2\n"
    home.write(f"[profile dev]\n{WITH_ROLE}source_profile = base\n{extra}", f"[base]\n{CALLER}")
    async with FakeSts(external_id="squirrel") as sts:
        found = await home.profile("dev", sts).fetch()
    assert (found.secret_key.reveal(), found.expires_at) == ("hush/secret/1", NOW + 1200)
    assert sts.forms[0]["RoleSessionName"] == "me"


async def test_role_on_top_of_a_role(home: Home) -> None:
    config = (
        f"[profile a]\n{WITH_ROLE}source_profile = b\n[profile b]\n{WITH_ROLE}source_profile = c\n[profile c]\n{CALLER}"
    )
    home.write(config)
    async with FakeSts() as sts:
        first = Credentials("ASIAHUSHHUSH00000001", Secret("hush/secret/1"), Secret("hush//token+1=="))
        sts.callers[first.access_key] = first
        assert (await home.profile("a", sts).fetch()).secret_key.reveal() == "hush/secret/2"


async def test_a_profile_may_be_its_own_source(home: Home) -> None:
    home.write(f"[profile dev]\n{WITH_ROLE}source_profile = dev\n{CALLER}")
    async with FakeSts() as sts:
        assert (await home.profile("dev", sts).fetch()).secret_key.reveal() == "hush/secret/1"


async def test_a_source_with_keys_and_a_role_gives_its_keys(home: Home) -> None:
    config = f"[profile a]\n{WITH_ROLE}source_profile = b\n[profile b]\n{WITH_ROLE}source_profile = a\n{CALLER}"
    home.write(config)
    async with FakeSts() as sts:
        assert await home.profile("a", sts).fetch()
    assert len(sts.requests) == 1


async def test_credential_source_environment(home: Home) -> None:
    home.write(f"[profile dev]\n{WITH_ROLE}credential_source = Environment\n")
    async with FakeSts() as sts:
        with pytest.raises(
            AssumeRoleFailed, match=r"profile 'dev': nobody to assume role .* neither AWS_ACCESS_KEY_ID"
        ):
            await home.profile("dev", sts).fetch()
        home.environ |= {
            "AWS_ACCESS_KEY_ID": keys().access_key,
            "AWS_SECRET_ACCESS_KEY": keys().secret_key.reveal(),
        }
        assert (await home.profile("dev", sts).fetch()).secret_key.reveal() == "hush/secret/1"


async def test_credential_source_container(home: Home) -> None:
    home.write(f"[profile dev]\n{WITH_ROLE}credential_source = EcsContainer\n")
    async with FakeContainer() as container, FakeSts() as sts:
        issued = Credentials("ASIAHUSHHUSH00000001", Secret("hush/secret/1"), Secret("hush//token+1=="))
        sts.callers = {issued.access_key: issued}
        home.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = container.credentials_url
        assert await home.profile("dev", sts).fetch()


async def test_credential_source_instance(home: Home) -> None:
    home.write(f"[profile dev]\n{WITH_ROLE}credential_source = Ec2InstanceMetadata\n")
    async with FakeInstance() as instance, FakeSts() as sts:
        issued = Credentials("ASIAHUSHHUSH00000001", Secret("hush/secret/1"), Secret("hush//token+1=="))
        sts.callers = {issued.access_key: issued}
        home.environ["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = instance.url
        assert await home.profile("dev", sts).fetch()


async def test_web_identity(home: Home, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hush.jwt.1")
    home.write(
        f"[profile dev]\n{WITH_ROLE}web_identity_token_file = {tmp_path / 'token'}\nrole_session_name = me\n{CALLER}"
        f"[profile top]\n{WITH_ROLE}source_profile = dev\n"
    )
    async with FakeSts() as sts:
        assert (await home.profile("dev", sts).fetch()).secret_key.reveal() == "hush/secret/1"
        assert sts.forms[0]["Action"] == "AssumeRoleWithWebIdentity"
        issued = Credentials("ASIAHUSHHUSH00000002", Secret("hush/secret/2"), Secret("hush//token+2=="))
        sts.callers[issued.access_key] = issued
        assert (await home.profile("top", sts).fetch()).secret_key.reveal() == "hush/secret/3"


async def test_what_sts_refuses_comes_out(home: Home) -> None:
    home.write(f"[profile dev]\n{WITH_ROLE}source_profile = base\n", f"[base]\n{CALLER}")
    async with FakeSts(external_id="needed") as sts:
        with pytest.raises(AssumeRoleFailed) as caught:
            await home.profile("dev", sts).fetch()
    assert caught.value.code == "AccessDenied"
    assert hushed(caught.value)


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (WITH_ROLE, "neither source_profile nor credential_source"),
        (f"{WITH_ROLE}source_profile = b\ncredential_source = Environment\n", "both source_profile and"),
        (f"{WITH_ROLE}credential_source = Cloud\n", "credential_source 'Cloud'; allowed are Environment"),
        (f"{WITH_ROLE}source_profile = nobody\n", "source_profile 'nobody', which does not exist"),
        (f"{WITH_ROLE}source_profile = a\n", "in a circle: a → a"),
        (f"{WITH_ROLE}source_profile = b\n[profile b]\n{WITH_ROLE}source_profile = a\n", "in a circle: a → b → a"),
        (
            f"{WITH_ROLE}source_profile = b\n[profile b]\n{WITH_ROLE}source_profile = c\n{C_FROM_B}",
            "in a circle: a → b → c → b",
        ),
        (f"{WITH_ROLE}source_profile = b\n[profile b]\nregion = x\n", "neither keys nor a role, but is the source_pro"),
        (f"{WITH_ROLE}source_profile = b\n[profile b]\nsso_session = x\n", "profile 'b' has sso_session"),
        ("role_arn = reader\ncredential_source = Environment\n", "role_arn 'reader'"),
        (f"{WITH_ROLE}credential_source = Environment\nduration_seconds = 1h\n", "duration_seconds '1h'"),
        (f"{WITH_ROLE}credential_source = Environment\nduration_seconds = 5\n", "duration 5 "),
        (f"{WITH_ROLE}credential_source = Environment\nmfa_serial = x\n", "mfa_serial"),
        ("web_identity_token_file = /token\n", "web_identity_token_file, but no role_arn"),
        ("sso_start_url = https://example.com\n", "sso_start_url, which only botocore"),
        ("sso_session = x\nsso_account_id = 1\nsso_role_name = y\n", "sso_session, which only botocore"),
        ("credential_process = /bin/print-keys\n", "credential_process, which only botocore"),
        ("login_session = x\n", "login_session, which only botocore"),
    ],
)
async def test_settings_that_make_no_sense(home: Home, config: str, problem: str) -> None:
    home.write(f"[profile a]\n{config}")
    with pytest.raises(ConfigurationError, match=problem) as caught:
        await home.profile("a").fetch()
    if "botocore" in problem or "mfa" in problem:
        assert caught.value.hint is not None
        assert "BotocoreCredentials(profile='a')" in caught.value.hint


async def test_keys_win_over_credential_process(home: Home) -> None:
    home.write(f"[profile a]\ncredential_process = x\n{CALLER}")
    assert await home.profile("a").fetch() == keys()


async def test_a_role_needs_a_region(home: Home) -> None:
    home.write(f"[profile a]\n{WITH_ROLE}credential_source = Environment\n")
    with pytest.raises(InvalidRegion):
        await home.profile("a", region=None).fetch()


async def test_every_error_of_a_profile_is_one_a_call_may_raise(home: Home) -> None:
    home.write(credentials="[default]\nbroken\n")
    with pytest.raises((AuthenticationError, ConfigurationError)):
        await home.profile().fetch()
