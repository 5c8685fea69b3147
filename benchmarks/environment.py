"""A virtual environment for the benchmarks, beside the one for development.

The peers pin each other's versions, so they live in ``.venv-bench`` with hashrange installed editable. ``enter()``
makes or renews it when needed and starts the calling script again inside it; it uses the standard library only, because
it runs under whatever Python was there first.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv-bench"
PYTHON = HOME / ("Scripts" if os.name == "nt" else "bin") / "python"
REQUIREMENTS = Path(__file__).resolve().parent / "requirements.txt"


def _fingerprint() -> str:
    """Changes when the peers, our own dependencies or the Python change."""
    digest = hashlib.sha256(sys.version.encode())
    digest.update(REQUIREMENTS.read_bytes())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    digest.update(repr((project["dependencies"], project["requires-python"])).encode())
    return digest.hexdigest()


def _install(fingerprint: str, stamp: Path) -> None:
    print(f"installing the peers into {HOME.name} (once)", file=sys.stderr)
    venv.create(HOME, with_pip=True, clear=True)
    pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(REQUIREMENTS), "-e", str(ROOT)], check=True)
    stamp.write_text(fingerprint, encoding="utf-8")


def enter(module: str) -> None:
    """Return when running inside the environment; otherwise make it and run ``module`` there instead of this process.

    Args:
        module: dotted name of the calling script, for example ``benchmarks.bench_client``.

    Raises:
        subprocess.CalledProcessError: the peers could not be installed; pip has said why.
    """
    if Path(sys.prefix).resolve() == HOME.resolve():
        return
    stamp = HOME / "fingerprint"
    fingerprint = _fingerprint()
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != fingerprint:
        _install(fingerprint, stamp)
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), "-m", module, *sys.argv[1:]])
