"""Where the other SDKs come from: installed once, each in a folder of its own under ``.cache``, pinned.

Nothing of it touches the environment of the tests: aioboto3 wants another botocore than boto3 does. A missing tool
(npm) is a reason to skip; an installation that fails is an error.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "interop"
AIOBOTO3 = "15.5.0"
AWS_CLI = "1.45.11"
JS_SDK = "3.1162.0"
JS_SDK_STREAMS = "3.1141.0"  # is released less often
INSTALL_TIMEOUT_SECONDS = 300


def aioboto3_python() -> Path:
    """The interpreter of an environment with aioboto3."""
    return installed("aioboto3", AIOBOTO3, lambda folder: _venv(folder, f"aioboto3=={AIOBOTO3}")) / "bin" / "python"


def aws_cli() -> Path:
    """The command ``aws``: the machine's own, or one from PyPI."""
    found = shutil.which("aws")
    if found is not None and _works(found):
        return Path(found)
    return installed("awscli", AWS_CLI, lambda folder: _venv(folder, f"awscli=={AWS_CLI}")) / "bin" / "aws"


def js_sdk() -> tuple[str, Path]:
    """Node, and the folder whose ``node_modules`` hold the SDK."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("the AWS SDK for JavaScript needs node and npm (Debian: apt-get install nodejs npm)")

    def install(folder: Path) -> None:
        folder.mkdir()
        (folder / "package.json").write_text("{}")
        cache = str(folder / "npm-cache")  # the user's may be unwritable
        packages = [f"@aws-sdk/client-dynamodb@{JS_SDK}", f"@aws-sdk/client-dynamodb-streams@{JS_SDK_STREAMS}"]
        run(npm, "install", *packages, "--no-audit", "--no-fund", "--cache", cache, at=folder)
        shutil.rmtree(cache, ignore_errors=True)

    return node, installed("js-sdk-with-streams", JS_SDK, install)


def installed(name: str, version: str, install: Callable[[Path], None]) -> Path:
    """The folder of an installation, made if it is not there. Any number of processes may ask at once."""
    folder = CACHE / f"{name}-{version}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f".{name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".whole").exists():  # an environment cannot be moved: a mark at the end says that all is there
            shutil.rmtree(folder, ignore_errors=True)
            install(folder)
            (folder / ".whole").touch()
    return folder


def run(*command: str | Path, at: Path | None = None) -> str:
    """What a program prints; it must succeed."""
    with tempfile.TemporaryDirectory() as elsewhere:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=at or elsewhere,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_SECONDS,
            check=False,
        )
    assert done.returncode == 0, f"{command[0]} failed with exit code {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def _venv(folder: Path, *packages: str) -> None:
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages)


def _works(command: str) -> bool:
    try:
        return subprocess.run([command, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except OSError:
        return False
