"""Which region counts: the option's, the environment's, or that of a profile, in the AWS CLI's order."""

from __future__ import annotations

from pathlib import Path

import pytest

from .typing_at_a_prompt import Prompt, Run

CONFIG = """\
[default]
region = eu-central-1

[profile work]
region = eu-west-1

[profile plain]
output = json

[profile odd]
region = eu west 1
"""
CREDENTIALS = "".join(
    f"[{name}]\naws_access_key_id = KEY\naws_secret_access_key = hush\n" for name in ("default", "work", "plain", "odd")
)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Two files, and nothing else."""
    (tmp_path / "config").write_text(CONFIG)
    (tmp_path / "credentials").write_text(CREDENTIALS)
    return {
        "HOME": "/nonexistent",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }


def region_line(prompt: Prompt, run: Run, environ: dict[str, str], *options: str, **more: str) -> str:
    """What doctor says of the region; everything else is right."""
    ran = run("doctor", "--endpoint-url", f"http://127.0.0.1:{prompt.port}", *options, **environ | more)
    assert ran.code == 0, ran.out
    return next(line for line in ran.lines if " region " in line).split("region", 1)[1].strip()


@pytest.mark.parametrize(
    ("options", "more", "said"),
    [
        (["--profile", "work"], {}, "eu-west-1 (from profile 'work')"),
        ([], {"AWS_PROFILE": "work"}, "eu-west-1 (from profile 'work')"),
        ([], {}, "eu-central-1 (from profile 'default')"),
        ([], {"DYNAMODB_LOCAL": "false"}, "eu-central-1 (from profile 'default')"),
        (["--profile", "work"], {"AWS_PROFILE": "plain"}, "eu-west-1 (from profile 'work')"),
        (["--profile", "work"], {"AWS_REGION": "us-west-2"}, "us-west-2 (from AWS_REGION)"),
        (["--profile", "work"], {"AWS_DEFAULT_REGION": "us-west-1"}, "us-west-1 (from AWS_DEFAULT_REGION)"),
        (
            ["--profile", "work"],
            {"AWS_DEFAULT_REGION": "us-west-1", "AWS_REGION": "us-west-2"},
            "us-west-2 (from AWS_REGION)",
        ),
        (
            ["--profile", "work", "--region", "eu-north-1"],
            {"AWS_REGION": "us-west-2"},
            "eu-north-1 (from --region)",
        ),
        (["--profile", "plain"], {}, "us-east-1 (from the default of an endpoint on this machine)"),
    ],
)
def test_the_order(
    options: list[str], more: dict[str, str], said: str, prompt: Prompt, run: Run, environ: dict[str, str]
) -> None:
    assert region_line(prompt, run, environ, *options, **more) == said


def test_a_profile_without_a_region(run: Run, environ: dict[str, str]) -> None:
    assert run("tables", "--profile", "plain", **environ).error().startswith("region is missing (give --region")


def test_a_profile_that_is_not_there(run: Run, environ: dict[str, str], tmp_path: Path) -> None:
    files = f"{tmp_path / 'credentials'}, {tmp_path / 'config'}"
    assert run("tables", "--profile", "wrok", **environ).error() == (
        f"there is no profile 'wrok' in {files} (there are: default, odd, plain, work)"
    )
    assert run("tables", "--profile", "wrok", "--region", "eu-west-1", **environ).error().startswith("there is no")
    (tmp_path / "config").unlink()
    (tmp_path / "credentials").unlink()
    assert run("tables", "--profile", "work", **environ).error().endswith("(there is none at all)")
    assert "'work'" in run("tables", AWS_PROFILE="work", AWS_REGION="eu-west-1", **environ).error()


def test_a_region_that_is_none(run: Run, environ: dict[str, str]) -> None:
    assert "'eu west 1'" in run("tables", "--profile", "odd", **environ).error()


def test_a_file_that_is_broken(run: Run, environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config").write_text("region: of nothing\n")
    said = run("tables", "--profile", "work", **environ).error()
    assert f"{tmp_path / 'config'} cannot be read: line 1" in said


def test_where_it_is_local_no_profile_counts(prompt: Prompt, run: Run, environ: dict[str, str]) -> None:
    ran = run("doctor", DYNAMODB_LOCAL="true", DYNAMODB_LOCAL_PORT=str(prompt.port), **environ)
    assert "us-east-1 (from DYNAMODB_LOCAL" in ran.out
    ran = run("doctor", "--local", str(prompt.port), **environ)
    assert "us-east-1 (from --local)" in ran.out
