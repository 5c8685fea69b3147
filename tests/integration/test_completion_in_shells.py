"""TAB in real shells, on a terminal: what is typed is completed by the script that ``hashrange completion`` prints."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PATIENCE_SECONDS = 60.0
ESCAPES = re.compile(r"\x1b(\[[0-9;?>=]*[a-zA-Z]|\][^\x07\x1b]*(\x07|\x1b\\)|[=>()][B0]?)")
TO_BEGIN, TO_END = "\x01", "\x05"

PROMPT = "what next? "
#: shell → its command, and what is typed before the rest
SHELLS = {
    "bash": (
        "bash --noprofile --norc -i",
        "bind 'set enable-bracketed-paste off'; eval \"$(hashrange completion bash)\"; PS1='what next''? '",
    ),
    "zsh": (
        "zsh -f -i",
        "autoload -Uz compinit; compinit -u -D; eval \"$(hashrange completion zsh)\"; PS1='what next''? '",
    ),
    "fish": (
        "fish --no-config -i",
        (
            "set -g fish_autosuggestion_enabled 0; function fish_prompt; echo -n 'what next''? '; end; "
            "hashrange completion fish | source"
        ),
    ),
}


class Shell:
    """A shell on a terminal of its own; a context manager."""

    def __init__(self, name: str, folder: Path) -> None:
        self._command, self._prepare = SHELLS[name]
        self._folder = folder
        self._seen = ""

    def __enter__(self) -> Shell:
        self._master, slave = pty.openpty()
        environ = {
            "PATH": f"{self._folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self._folder),
            "TERM": "xterm",
            "LC_ALL": "C.UTF-8",
        }
        self._process = subprocess.Popen(
            shlex.split(self._command),
            env=environ,
            cwd=self._folder,
            preexec_fn=lambda: os.login_tty(slave),  # its controlling terminal, without which a shell is none of a user
        )
        os.close(slave)
        self._type(f"{self._prepare}\r")
        self._expect(re.compile(re.escape(PROMPT)))
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def _type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def _expect(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Read until the pattern is seen, behind what was found last."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            shown = ESCAPES.sub("", self._seen)
            if found := pattern.search(shown):
                self._seen = shown[found.end() :]
                return found
            if not select.select([self._master], [], [], max(deadline - time.monotonic(), 0))[0]:
                raise AssertionError(f"{pattern.pattern} is not seen in {shown!r}")
            self._seen += os.read(self._master, 65_536).decode(errors="replace")

    def completed(self, typed: str) -> str:
        """What stands there after TAB: the shell itself is asked to print its line."""
        self._type(typed)
        self._expect(re.compile(re.escape(typed.split()[-1])))  # the shell reads; what comes earlier may get lost
        self._type("\t")
        self._type(f"{TO_BEGIN}echo '<{TO_END}>'\r")
        line = self._expect(re.compile(r"^\r?<(.*)>\r?$", re.MULTILINE))[1]
        self._expect(re.compile(re.escape(PROMPT)))
        return line


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    name: str = request.param
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "hashrange"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m hashrange "$@"\n')
    command.chmod(0o755)
    (tmp_path / "items of today.jsonl").touch()
    (tmp_path / "schema.json").touch()
    with Shell(name, tmp_path) as shell:
        yield shell


def test_tab_completes(shell: Shell) -> None:
    assert {typed: shell.completed(typed).rstrip() for typed in TYPED} == TYPED


#: what is typed before TAB → what stands there then
TYPED = {
    "hashrange que": "hashrange query",
    "hashrange --ver": "hashrange --version",
    "hashrange completion f": "hashrange completion fish",
    "hashrange query app a --beg": "hashrange query app a --begins-with",
    "hashrange query app a --begins-with x --desc": "hashrange query app a --begins-with x --descending",
    "hashrange query --filter a=1 app a --filt": "hashrange query --filter a=1 app a --filter",
    "hashrange scan app --local --cons": "hashrange scan app --local --consistent",
    "hashrange doctor --prof": "hashrange doctor --profile",
    "hashrange put --typ": "hashrange put --typed",
    "hashrange query --between a b app a --ind": "hashrange query --between a b app a --index",
    "hashrange export app items.jsonl --seg": "hashrange export app items.jsonl --segments",
    "hashrange serve --tables sch": "hashrange serve --tables schema.json",
    "hashrange serve --port sch": "hashrange serve --port sch",
    "hashrange migrate che": "hashrange migrate check",
    "hashrange migrate check sch": "hashrange migrate check schema.json",
    "hashrange migrate check --ddl sch": "hashrange migrate check --ddl schema.json",
    "hashrange migrate check --relax": "hashrange migrate check --relaxed",
    "hashrange get sch": "hashrange get sch",
    "hashrange import app items": r"hashrange import app items\ of\ today.jsonl",
}
