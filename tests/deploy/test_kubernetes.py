"""The Kubernetes files fit together, and the client takes the environment that they give it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hashrange import Config
from tests.deploy.sources import DEPLOY, ROOT, load

FOLDER = DEPLOY / "kubernetes"
KINDS = {"namespace.yaml": "Namespace", "service-account.yaml": "ServiceAccount", "deployment.yaml": "Deployment"}


def deployment() -> dict[str, Any]:
    loaded: dict[str, Any] = load(FOLDER / "deployment.yaml")
    return loaded


def pod() -> dict[str, Any]:
    spec: dict[str, Any] = deployment()["spec"]["template"]["spec"]
    return spec


def container() -> dict[str, Any]:
    (found,) = pod()["containers"]
    assert isinstance(found, dict)
    return found


def test_kustomize_finds_every_file() -> None:
    assert load(FOLDER / "kustomization.yaml")["resources"] == list(KINDS)
    assert {path.name for path in FOLDER.iterdir()} == {*KINDS, "kustomization.yaml"}
    assert {name: load(FOLDER / name)["kind"] for name in KINDS} == KINDS


def test_all_is_in_one_namespace() -> None:
    namespace = load(FOLDER / "namespace.yaml")["metadata"]["name"]
    for name in ("service-account.yaml", "deployment.yaml"):
        assert load(FOLDER / name)["metadata"]["namespace"] == namespace


def test_pods_have_the_role_of_their_account() -> None:
    account = load(FOLDER / "service-account.yaml")["metadata"]
    assert pod()["serviceAccountName"] == account["name"]
    assert re.fullmatch(r"arn:aws:iam::\d{12}:role/[\w+=,.@-]+", account["annotations"]["eks.amazonaws.com/role-arn"])


def test_the_deployment_selects_its_own_pods() -> None:
    spec = deployment()["spec"]
    selected, labels = spec["selector"]["matchLabels"], spec["template"]["metadata"]["labels"]
    assert selected
    assert selected.items() <= labels.items()


def test_probes_and_scrapes_go_to_ports_that_there_are() -> None:
    ports = {port["name"]: port["containerPort"] for port in container()["ports"]}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container()[probe]["httpGet"]["port"] in ports
    annotations = deployment()["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == str(ports["metrics"])


def test_the_client_takes_the_environment() -> None:
    environ = {each["name"]: each["value"] for each in container()["env"]}
    assert Config.from_env(environ).region == "eu-west-1"
    assert not any(re.search("KEY|SECRET|TOKEN", name) for name in environ), "the account gives the credentials"
    for name in environ:  # a name that is not known would be taken in silence
        assert f'"{name}"' in (ROOT / "src" / "hashrange" / "config.py").read_text(encoding="utf-8")


def test_calls_under_way_may_end() -> None:
    assert pod()["terminationGracePeriodSeconds"] > Config(region="eu-west-1").timeout


def test_resources_and_rights_are_said() -> None:
    resources = container()["resources"]
    assert set(resources["requests"]) == {"cpu", "memory"}
    assert "memory" in resources["limits"]
    rights = container()["securityContext"]
    assert (rights["allowPrivilegeEscalation"], rights["readOnlyRootFilesystem"]) == (False, True)
    assert rights["capabilities"] == {"drop": ["ALL"]}
    assert pod()["securityContext"]["runAsNonRoot"] is True


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.name)
def test_an_image_is_a_version(path: Any) -> None:
    images = re.findall(r"image: (\S+)", path.read_text(encoding="utf-8"))
    assert [image for image in images if not re.search(r":\d+\.\d+", image)] == []
