"""Every command of ``hashrange migrate`` and every option is documented, and helped with when it is misspelled."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from hashrange.cli.main import _parser, main
from tests.shop_contract import CONTRACT, DDL

from ..typing_at_a_prompt import Run

TEXT = (Path(__file__).resolve().parents[4] / "docs" / "cli.md").read_text(encoding="utf-8")


def _inner(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return dict(next(each for each in parser._actions if isinstance(each, argparse._SubParsersAction)).choices)


COMMANDS = _inner(_inner(_parser())["migrate"])
OPTIONS = [
    (name, option)
    for name, parser in COMMANDS.items()
    for action in parser._actions
    for option in action.option_strings
    if option.startswith("--")
]
#: what all commands take that take a contract
COMMON = {"--ddl", "--overrides", "--relaxed", "--prefix"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_documented_and_explains_itself(command: str) -> None:
    assert re.search(rf"^\| `{command}\b", TEXT, flags=re.MULTILINE), "in the list of commands"
    assert COMMANDS[command].description
    assert all(action.help for action in COMMANDS[command]._actions if action.option_strings)


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_an_option_is_documented_and_named_when_misspelled(
    command: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert re.search(rf"{option}(?![\w-])", TEXT)
    required = ["x", *(["--out", "x"] if command == "generate" else [])] if command != "phase" else []
    with pytest.raises(SystemExit) as caught:
        main(["migrate", command, *required, f"{option}{option[-1]}"], {})
    assert caught.value.code == 2
    assert f"(did you mean {option}?)" in capsys.readouterr().err


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "phase"])
def test_what_takes_a_contract_takes_the_same(command: str) -> None:
    assert {option for name, option in OPTIONS if name == command} >= COMMON


@pytest.fixture
def contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a contract's file, in the folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contract.json").write_text(CONTRACT)
    (tmp_path / "schema.sql").write_text(DDL)
    (tmp_path / "customers.csv").write_text("id\n")
    return "contract.json"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["backfill", "--mode", "newer"], "--mode newer and --newer-by ATTRIBUTE go together"),
        (["backfill", "--newer-by", "updated_at"], "--mode newer and --newer-by ATTRIBUTE go together"),
        (["backfill", "--rows-max", "5"], "--rows-max goes with --dry-run"),
        (["backfill", "--no-compress"], "--no-compress goes with --export-s3-format"),
        (["backfill", "--export-s3-format", "x", "--state-table", "a/b"], "(use --state)"),
        (["backfill"], "give one of --source, --source-variable and --rows"),
        (["backfill", "--rows", "a=b", "--source", "c"], "give one of --source, --source-variable and --rows"),
        (["backfill", "--source-variable", "NOPE"], "the environment variable NOPE is not set"),
        (["backfill", "--rows", "customers=customers.csv"], "--rows needs --ddl"),
        (["backfill", "--ddl", "schema.sql", "--rows", "customers"], "--rows customers: it must be TABLE=FILE"),
        (
            ["backfill", "--ddl", "schema.sql", "--rows", "customers=a.csv", "--rows", "customers=b.csv"],
            "--rows names files of table 'customers' twice",
        ),
        (["verify", "--delete-extra"], "--delete-extra goes with --repair"),
        (["verify", "--html", "nowhere/report.html"], "nowhere/report.html: there is no folder for this report"),
        (["tables", "--aws"], "--aws goes with --create"),
        (["tables", "--request", "--add-indexes"], "--add-indexes goes with --create"),
        (["tables", "--create", "--out", "x"], "--out goes with what is printed"),
        (["tables", "--request", "--scan"], "--scan goes with --cloudformation, --terraform or --iam"),
        (["tables", "--iam", "--region", "EU", "--account", "111122223333"], "'EU' is no region (one is 'eu-west-1')"),
        (["tables", "--iam", "--region", "eu-west-1", "--account", "12"], "give --region and --account, 12 digits"),
    ],
)
def test_options_that_do_not_go_together(arguments: list[str], said: str, contract: str, run: Run) -> None:
    ran = run("migrate", arguments[0], contract, *arguments[1:])
    assert ran.code == 1
    assert said in ran.error()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "c", "--prefix", "a b"], "'a b' cannot stand in a table's name"),
        (["generate", "c", "--out", "x", "--time-zone", "Mars"], "'Mars' is not a time zone that this machine knows"),
        (["backfill", "c", "--fraction-digits", "7"], "'7' is no number of digits, 0 to 6"),
        (["backfill", "c", "--fraction-digits", "-1"], "'-1' is no number of digits, 0 to 6"),
        (["backfill", "c", "--refused-max", "-1"], "'-1' is no whole number of at least 0"),
        (["backfill", "c", "--write-units", "0"], "'0' is no whole number of at least 1"),
        (["backfill", "c", "--dry-run", "--export-s3-format", "x"], "not allowed with argument --dry-run"),
        (["backfill", "c", "--mode", "newest"], "(did you mean newer?)"),
        (["verify", "c", "--segments", "0"], "'0' is no whole number of at least 1"),
        (["verify", "c", "--list", "-1"], "'-1' is no whole number of at least 0"),
        (["verify", "c", "--sample", "2"], "'2' is no share of the rows"),
        (["tables", "c", "--create", "--iam"], "not allowed with argument --create"),
        (["phase", "shw"], "(did you mean show?)"),
        (["chek", "c"], "(did you mean check?)"),
        (["check"], "the following arguments are required: CONTRACT"),
    ],
)
def test_what_is_not_understood(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["migrate", *arguments], {})
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--retry"], "--retry goes with 'repairs'"),
        (["--force"], "--force goes with 'set'"),
        (["set", "2", "--forget"], "--forget goes with 'repairs'"),
        (["set"], "'set' needs the number of a phase"),
        (["show"], "give --state FILE or --state-table TABLE/NAMESPACE"),
    ],
)
def test_options_of_other_actions(arguments: list[str], said: str, run: Run) -> None:
    ran = run("migrate", "phase", *arguments)
    assert ran.code == 1
    assert said in ran.error()


def test_a_prefix_that_makes_a_name_too_long_is_found(contract: str, run: Run) -> None:
    assert run("migrate", "check", contract, "--prefix", "staging-").code == 0
    ran = run("migrate", "check", contract, "--prefix", "x" * 250)
    assert ran.code == 1
    assert "bad-name" in ran.out
