"""Every command and every option is documented, helped with when it is misspelled, and completed by shells."""

from __future__ import annotations

import argparse
import re
import subprocess
from pathlib import Path

import pytest

from hashrange.cli.completion import described
from hashrange.cli.main import _parser, _spelled_out, main

from .typing_at_a_prompt import Run

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "cli.md").read_text(encoding="utf-8")
_COMMANDS = next(each for each in _parser()._actions if isinstance(each, argparse._SubParsersAction))
COMMANDS: dict[str, argparse.ArgumentParser] = dict(_COMMANDS.choices)
OPTIONS = [
    (name, option)
    for name, parser in COMMANDS.items()
    for action in parser._actions
    for option in action.option_strings
    if option.startswith("--")
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_documented(command: str) -> None:
    assert re.search(rf"\| .*\[`{command}`\]", TEXT), "in the list of commands"
    assert f"`hashrange {command}" in TEXT


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_an_option_is_documented(command: str, option: str) -> None:
    assert re.search(rf"{option}(?![\w-])", TEXT)


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_a_misspelled_option_is_named(command: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [command]
    for action in COMMANDS[command]._actions:
        if not action.option_strings and action.nargs is None:
            arguments.append(str(next(iter(action.choices))) if action.choices else "x")
    with pytest.raises(SystemExit) as caught:
        main([*arguments, f"{option}{option[-1]}"], {})
    assert caught.value.code == 2
    assert f"(did you mean {option}?)" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_misspelled_command_is_named(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([f"{command}{command[-1]}"], {})
    assert caught.value.code == 2
    assert f"(did you mean {command}?)" in capsys.readouterr().err


def test_options_stand_after_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--local", "tables"], {})
    assert "(options stand after the command)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["tables", "--local", "99999"], "'99999' is no port: 1 to 65535"),
        (["tables", "--timeout", "0"], "'0' is no number of seconds greater than 0"),
        (["tables", "--timeout", "soon"], "'soon' is no number of seconds"),
        (["scan", "app", "--limit", "0"], "'0' is no whole number of at least 1"),
        (["query", "app", "a", "--lt", "1", "--gt", "2"], "not allowed with argument"),
        (["query", "app", "a", "--between", "1"], "expected 2 arguments"),
        (["get", "app"], "the following arguments are required: PK"),
        (["get", "app", "a", "b", "c"], "unrecognized arguments: c"),
        (["completion", "zhs"], "(did you mean zsh?)"),
        (["completion"], "the following arguments are required: SHELL"),
    ],
)
def test_what_is_not_understood(arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments, {})
    assert caught.value.code == 2
    assert complaint in capsys.readouterr().err


# ── completion ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_knows_every_command_and_option(shell: str, run: Run) -> None:
    script = run("completion", shell).out
    for each in described(_COMMANDS):
        assert each.text, f"{each.name} has a line of help"
        lines = [line for line in script.splitlines() if each.name in line]
        assert lines
        for word in each.options:
            spelled = f"-l {word.spelling[2:]} " if shell == "fish" else word.spelling
            assert spelled in script


def completed(run: Run, *words: str) -> list[str]:
    """What bash offers for the last of these words."""
    script = run("completion", "bash").out
    program = f'{script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hashrange; printf "%s\\n" "${{COMPREPLY[@]}}"'
    ran = subprocess.run(["bash", "-euc", program, "-", *words], capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    return ran.stdout.split()


def test_bash_completes(run: Run, tmp_path: Path) -> None:
    assert completed(run, "hashrange", "de") == ["describe"]
    assert set(completed(run, "hashrange", "")) == set(COMMANDS)
    assert sorted(completed(run, "hashrange", "query", "app", "--be")) == ["--begins-with", "--between"]
    assert completed(run, "hashrange", "completion", "f") == ["fish"]
    (tmp_path / "app.jsonl").touch()
    assert completed(run, "hashrange", "import", "app", f"{tmp_path}/a") == [f"{tmp_path}/app.jsonl"]


def test_help_texts_with_quotes_are_quoted(run: Run) -> None:
    for shell in ("zsh", "fish"):
        script = run("completion", shell).out
        assert "%(default)s" not in script
    zsh = run("completion", "zsh").out
    checked = subprocess.run(["bash", "-nc", zsh.replace("(( CURRENT == 2 ))", "true")], capture_output=True, text=True)
    assert checked.stderr == "", "its quotes and brackets are balanced"


def test_local_without_a_port_does_not_take_the_next_word() -> None:
    assert _spelled_out(["get", "--local", "app", "a"]) == ["get", "--local=8000", "app", "a"]
    assert _spelled_out(["get", "app", "a", "--local"]) == ["get", "app", "a", "--local=8000"]
    assert _spelled_out(["get", "--local", "8001", "app"]) == ["get", "--local", "8001", "app"]
    assert _spelled_out(["get", "app", "--", "--local"]) == ["get", "app", "--", "--local"]
