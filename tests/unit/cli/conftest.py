"""A server with tables, and a prompt at which its commands are typed."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from hashrange.cli.main import main
from hashrange.simulator import Engine
from hashrange.testing import LocalServer

from .typing_at_a_prompt import TABLES, Prompt, Ran, Run


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with an environment of its own."""

    def run(*arguments: str, **environ: str) -> Ran:
        code = main(arguments, {"HOME": "/nonexistent", **environ})
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return run


@pytest.fixture
def without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the extra is not installed."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "rich"] or ["rich"]:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.fixture
def prompt(run: Run) -> Iterator[Prompt]:
    engine = Engine(TABLES)
    with LocalServer(engine) as server:

        class AtServer:
            def __init__(self) -> None:
                self.engine, self.port = engine, server.port

            def __call__(self, *arguments: str) -> Ran:
                return run(arguments[0], "--local", str(server.port), *arguments[1:])

        yield AtServer()
