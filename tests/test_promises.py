"""Promises of ``docs/contract.md`` about the package as a whole, which no single module could hold."""

from __future__ import annotations

import argparse
import ast
import re
import socket
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

import hashrange
from hashrange.auth.instance import InstanceMetadata
from hashrange.auth.sts import Sts
from hashrange.cli.serve import add_serve
from hashrange.clock import SYSTEM_CLOCK, SYSTEM_RANDOMNESS
from hashrange.config import Config
from hashrange.errors import CredentialsNotFound
from hashrange.simulator import Engine, Server
from hashrange.telemetry import serve_metrics
from hashrange.wire.fetch import fetch

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))

#: what makes objects or code of bytes that somebody else may have written
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "marshal", "shelve", "yaml", "jsonpickle", "code", "codeop"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}


def unsafe(source: str) -> list[str]:
    """What a source does that could make code of what it reads."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS:
            found.append(node.func.id)
            continue
        else:
            continue
        found += [name for name in names if name.partition(".")[0] in UNSAFE_MODULES]
    return found


def test_nothing_that_is_read_can_become_code() -> None:
    assert {path.name: said for path in SOURCES if (said := unsafe(path.read_text(encoding="utf-8")))} == {}
    assert unsafe("import pickle\nfrom yaml import load\neval('1')") == ["pickle", "yaml", "eval"]


def test_two_packages_are_installed_with_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert sorted(re.split(r"[<>=]", each)[0] for each in project["dependencies"]) == ["httptools", "msgspec"]


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-north-1"])
@pytest.mark.parametrize("flags", [{}, {"use_fips": True}, {"use_dualstack": True}], ids=str)
def test_without_an_endpoint_of_ones_own_everything_is_https(region: str, flags: Mapping[str, Any]) -> None:
    assert Config(region=region, **flags).endpoint.url.startswith("https://")
    assert Sts(region, None, fetch, SYSTEM_CLOCK, SYSTEM_RANDOMNESS).url.startswith("https://")


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 405, 500])
async def test_the_first_version_of_instance_metadata_is_never_asked(status: int) -> None:
    asked: list[tuple[str, str, bool]] = []

    async def answer(
        method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, timeout: float
    ) -> tuple[int, bytes]:
        asked.append((method, url, "X-aws-ec2-metadata-token" in headers))
        if method == "PUT":
            return status, b"a-token"
        return 404, b""

    with pytest.raises((CredentialsNotFound, hashrange.AuthenticationError)):
        await InstanceMetadata("http://127.0.0.1:1", fetch=answer).fetch()
    assert asked[0][:2] == ("PUT", "http://127.0.0.1:1/latest/api/token")
    assert all(with_token for method, _, with_token in asked if method == "GET")
    assert any(method == "GET" for method, _, _ in asked) == (status == 200)


def reaches(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


async def test_what_listens_listens_on_this_machine_only() -> None:
    async with Server(Engine()) as server:
        assert server.host == "127.0.0.1"
        assert reaches("127.0.0.1", server.port)
        # another address of this machine: who listens on all of them would answer there
        assert not reaches("127.0.0.2", server.port)
    with serve_metrics(0, registry=CollectorRegistry()) as metrics:
        assert metrics.host == "127.0.0.1"
        assert reaches("127.0.0.1", metrics.port)
        assert not reaches("127.0.0.2", metrics.port)
    parser = argparse.ArgumentParser()
    add_serve(parser.add_subparsers())
    assert parser.parse_args(["serve"]).host == "127.0.0.1"
