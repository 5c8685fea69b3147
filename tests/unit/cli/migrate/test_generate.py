"""``hashrange migrate generate``: a package is written, found up to date, and refused where it was changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shop_contract import CONTRACT, DDL, OVERRIDES

from ..typing_at_a_prompt import Run


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The arguments that name the shop's files."""
    for name, text in (("contract.json", CONTRACT), ("schema.sql", DDL), ("overrides.json", OVERRIDES)):
        (tmp_path / name).write_text(text)
    return [
        str(tmp_path / "contract.json"), "--ddl", str(tmp_path / "schema.sql"),
        "--overrides", str(tmp_path / "overrides.json"), "--out", str(tmp_path / "dal"),
    ]  # fmt: skip


def test_a_package_is_written_and_up_to_date(run: Run, files: list[str], tmp_path: Path) -> None:
    out = tmp_path / "dal"
    missing = run("migrate", "generate", *files, "--check")
    assert missing.code == 1
    assert "15 files of 15 not up to date" in missing.err
    assert not out.exists()
    done = run("migrate", "generate", *files)
    assert done.code == 0, done.err
    assert "15 files written to" in done.err
    assert f"written  {out}/customers.py\n" in done.out
    again = run("migrate", "generate", *files)
    assert (again.code, again.out) == (0, "")
    assert "0 files written to" in again.err
    checked = run("migrate", "generate", *files, "--check")
    assert checked.code == 0
    assert "15 files up to date" in checked.err


def test_what_was_changed_by_hand_is_kept(run: Run, files: list[str], tmp_path: Path) -> None:
    assert run("migrate", "generate", *files).code == 0
    carts = tmp_path / "dal" / "carts.py"
    carts.write_text(carts.read_text() + "\n# mine\n")
    found = run("migrate", "generate", *files, "--check")
    assert (found.code, found.out) == (1, f"changed  {carts}\n")
    refused = run("migrate", "generate", *files)
    assert refused.code == 1
    assert "carts.py (changed)" in refused.err
    assert "--force overwrites them" in refused.err
    assert carts.read_text().endswith("# mine\n")
    assert run("migrate", "generate", *files, "--force").code == 0
    assert "# mine" not in carts.read_text()


def test_another_prefix_is_another_package(run: Run, files: list[str], tmp_path: Path) -> None:
    assert run("migrate", "generate", *files).code == 0
    found = run("migrate", "generate", *files, "--prefix", "staging-", "--check")
    assert (found.code, found.out) == (1, f"stale  {tmp_path / 'dal' / 'contract.py'}\n")


def test_a_contract_with_errors_is_refused(run: Run, files: list[str], tmp_path: Path) -> None:
    (tmp_path / "contract.json").write_text(CONTRACT.replace('"sk_template": "#PROFILE"', '"sk_template": "{nobody}"'))
    refused = run("migrate", "generate", *files)
    assert refused.code == 1
    assert "nobody" in refused.err
    assert not (tmp_path / "dal").exists()
    files[0] = str(tmp_path / "absent.json")
    assert "No such file" in run("migrate", "generate", *files).err
    assert run("migrate", "generate", *files[:-1], str(tmp_path / "not-a-name")).code == 1
