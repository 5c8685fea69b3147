"""The house rules of imports, checked by reading the sources: imports go down only, and the lower floors do no I/O.

The table of layers is DESIGN's. A module that is not in it is an error: whoever adds one says where it stands.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src"

#: module or package, without "hashrange." → layer; the longest entry that fits counts
LAYERS = {
    **dict.fromkeys(("types", "errors", "limits", "clock", "key", "version"), 0),
    **dict.fromkeys(
        ("codec", "item_model", "expressions", "extras", "operations", "resilience", "schema", "time_to_live"), 1
    ),
    **dict.fromkeys(("telemetry.events", "wire.transport", "wire.sigv4"), 1),
    **dict.fromkeys(("wire", "auth", "config", "telemetry"), 2),
    **dict.fromkeys(("dispatch", "router"), 3),
    **dict.fromkeys(("client", "table", "results", "pagination", "merged", "parallel_scan", "transaction"), 4),
    **dict.fromkeys(("batch", "batch_get", "batch_methods", "batch_window", "regions"), 4),
    **dict.fromkeys(("patterns", "testing", "migration", "cli", "__main__"), 5),
}
#: what may be imported where "any lower layer, or the same" is not the rule
FIRST_PUBLIC_LAYER = 4
SIMULATOR_MAY_IMPORT = {"simulator", "limits", "clock", "types", "wire.transport", "version"}
#: the adapter to the client's seam: the errors that a Transport raises belong to that seam
ADAPTER, ADAPTER_MAY_IMPORT = "simulator.transport", {"errors"}
SIMULATOR_MAY_BE_IMPORTED_BY = {"client", "testing", "cli", "simulator"}

IO_MODULES = {"asyncio", "socket", "ssl", "select", "selectors", "subprocess", "threading", "random", "secrets", "os"}
TIME_FUNCTIONS = {"time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter"}
NOW = {"now", "utcnow", "today"}
ENVIRONMENT = {"os.environ", "os.getenv", "os.environb", "urllib.request"}
#: the client and the command line only hand it on to Config
MAY_NAME_THE_ENVIRONMENT = {"config", "auth", "client", "cli.main"}
CLOCK = "clock"


def modules() -> dict[str, Path]:
    """Every module of the package, by its name without ``hashrange.``; the package itself is ``""``."""
    found = {}
    for path in (SOURCE / "hashrange").rglob("*.py"):
        parts = path.relative_to(SOURCE / "hashrange").with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def home(module: str, names: set[str]) -> str | None:
    """The longest of the names that is the module or a package around it."""
    parts = module.split(".")
    candidates = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in candidates if name in names), None)


def imports(module: str, is_package: bool, tree: ast.AST, known: set[str]) -> Iterator[str]:
    """What a module imports, by absolute dotted name, down to the name where that is a module."""
    package = ["hashrange", *module.split(".")] if module else ["hashrange"]
    package = package if is_package else package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                name = f"{origin}.{alias.name}"
                yield name if name.removeprefix("hashrange.") in known or not origin.startswith("hashrange") else origin


def names_used(tree: ast.AST) -> Iterator[str]:
    """Attributes of names, as ``time.time``, and what is imported from modules in the same notation."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def violations(module: str, source: str, *, is_package: bool = False, known: set[str] | None = None) -> list[str]:
    """What a module does that its place does not allow."""
    tree = ast.parse(source)
    known = known or set(modules())
    if module == "":
        return []  # the public names, from everywhere
    if home(module, {"simulator"}):
        allowed = SIMULATOR_MAY_IMPORT | (ADAPTER_MAY_IMPORT if module == ADAPTER else set())
        own = [name.removeprefix("hashrange.") for name in imports(module, is_package, tree, known) if is_own(name)]
        return [f"{module} imports {name}: the simulator is independent" for name in own if not home(name, allowed)]
    place = home(module, set(LAYERS))
    if place is None:
        return [f"{module} has no layer: give it one in {Path(__file__).name}"]
    layer = LAYERS[place]
    return [
        *upward(module, layer, list(imports(module, is_package, tree, known))),
        *impure(module, layer, tree),
    ]


def is_own(name: str) -> bool:
    return name == "hashrange" or name.startswith("hashrange.")


def upward(module: str, layer: int, imported: list[str]) -> Iterator[str]:
    for name in imported:
        own = name.removeprefix("hashrange.")
        if not is_own(name):
            if layer == 0 and name.split(".")[0] not in sys.stdlib_module_names:
                yield f"{module} imports {name}: layer 0 is standard library only"
            elif layer == FIRST_PUBLIC_LAYER and name.split(".")[0] in {"socket", "ssl"}:
                yield f"{module} imports {name}: layer 4 never touches a socket"
        elif name == "hashrange":
            if layer <= FIRST_PUBLIC_LAYER:
                yield f"{module} imports the package itself"
        elif home(own, {"simulator"}):
            if not home(module, SIMULATOR_MAY_BE_IMPORTED_BY):
                yield f"{module} imports {own}: the simulator stands beside the client"
        else:
            place = home(own, set(LAYERS))
            if place is None or LAYERS[place] > layer:
                yield f"{module} (layer {layer}) imports {own} (layer {place and LAYERS[place]}): imports go down only"
            elif layer > FIRST_PUBLIC_LAYER and LAYERS[place] in {2, 3}:
                yield f"{module} imports {own}: layer 5 uses what users can use"


def impure(module: str, layer: int, tree: ast.AST) -> Iterator[str]:
    used = set(names_used(tree))
    if module != CLOCK:
        if layer <= 1:
            yield from (f"{module} imports {name}: layers 0 and 1 do no I/O" for name in sorted(used & IO_MODULES))
            now = {name for name in used if name.rpartition(".")[2] in NOW}
            yield from (f"{module} uses {name}: layers 0 and 1 know no time" for name in sorted(now))
        yield from (f"{module} uses {name}: time comes from a Clock" for name in sorted(used & TIME_FUNCTIONS))
    if not home(module, MAY_NAME_THE_ENVIRONMENT):
        yield from (
            f"{module} uses {name}: config and auth read the environment" for name in sorted(used & ENVIRONMENT)
        )


@pytest.mark.parametrize("module", sorted(modules()))
def test_a_module_keeps_to_its_layer(module: str) -> None:
    path = modules()[module]
    found = violations(module, path.read_text(encoding="utf-8"), is_package=path.name == "__init__.py")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("key", "from .codec import encode_value", "key (layer 0) imports codec (layer 1)"),
        ("types", "import msgspec", "standard library only"),
        ("codec", "from .wire.pool import Pool", "codec (layer 1) imports wire.pool (layer 2)"),
        ("codec", "from . import client", "imports client (layer 4)"),
        ("expressions.path", "from ..table import Table", "imports table (layer 4)"),
        ("expressions.path", "def f():\n    from hashrange.client import DynamoDB", "imports client (layer 4)"),
        ("dispatch", "import hashrange", "the package itself"),
        ("operations.item", "import asyncio", "do no I/O"),
        ("resilience.retry", "from os import environ", "do no I/O"),
        ("resilience.retry", "from random import random", "do no I/O"),
        ("codec", "import datetime\nx = datetime.now()", "know no time"),
        ("wire.sigv4", "import time\nx = time.time()", "time comes from a Clock"),
        ("wire.pool", "from time import monotonic", "time comes from a Clock"),
        ("wire.http_transport", "import os\nx = os.environ['HOME']", "config and auth read the environment"),
        ("table", "from os import getenv", "config and auth read the environment"),
        ("table", "import socket", "never touches a socket"),
        ("patterns.ttl", "from ..wire.pool import Pool", "what users can use"),
        ("dispatch", "from .simulator import engine", "beside the client"),
        ("simulator.engine", "from ..codec import encode_value", "independent"),
        ("simulator.engine", "from hashrange import Key", "independent"),
        ("simulator.engine", "from ..errors import DynamoDBError", "independent"),
        ("gadgets", "", "has no layer"),
    ],
)
def test_a_violation_is_found(module: str, source: str, complaint: str) -> None:
    known = {*modules(), "client", "table", "wire.pool", "simulator.engine"}
    found = violations(module, source, known=known)
    assert any(complaint in text for text in found), found


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("clock", "import asyncio, random, time\nx = time.time"),
        ("codec", "import msgspec\nfrom . import limits\nfrom .errors import TypeMismatch"),
        ("wire.sigv4", "import time\nx = time.strftime('%Y', time.gmtime(0))"),
        ("config", "import os\nx = os.environ"),
        ("auth.environment", "import os\nx = os.environ"),
        ("client", "def in_memory():\n    from .simulator.engine import Engine"),
        ("simulator.transport", "from ..errors import AttemptTimeout"),
        ("simulator.actions.put_item", "from ..engine import Engine\nfrom ...limits import ITEM_MAX_BYTES"),
    ],
)
def test_what_is_allowed_is_not_complained_of(module: str, source: str) -> None:
    assert violations(module, source) == []


HEAVY = ("attr", "attrs", "boto3", "botocore", "opentelemetry", "prometheus_client", "pydantic", "uvloop")


def test_importing_the_package_loads_nothing_heavy() -> None:
    own = ("hashrange.simulator", "hashrange.patterns", "hashrange.testing", "hashrange.cli")
    program = (
        "import sys, hashrange\n"
        "names = (name for name, home in hashrange._HOMES.items() if not home.startswith('.patterns'))\n"
        "for name in names: getattr(hashrange, name)\n"
        f"print(*(name for name in {(*HEAVY, *own)!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
