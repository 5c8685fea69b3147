"""Data folders that cannot be used are refused, with what to do, and stay as they are."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from hashrange.simulator import DataFolderError, DeclarationError, DiskEngine
from hashrange.simulator.disk.folder import FILE_NAME, VERSION, open_for_reading
from hashrange.simulator.errors import ApiError


def made(folder: Path) -> Path:
    """The file of a folder with a table and some items."""
    with DiskEngine(folder, ["app"]) as engine:
        for number in range(300):
            item = {"PK": {"S": f"p{number}"}, "SK": {"S": "s"}, "text": {"S": "x" * 500}}
            engine.execute("PutItem", {"TableName": "app", "Item": item})
    return folder / FILE_NAME


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")


def of_somebody_else(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE friends(name); INSERT INTO friends VALUES('Ada');")


def no_database(path: Path) -> None:
    path.write_bytes(b"Dear diary, " * 1000)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwritten(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for start in range(7 * 4096, len(content) - 4096, 4096):
        content[start : start + 100] = b"\xa5" * 100
    path.write_bytes(content)


DAMAGE: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "a newer version": (
        newer,
        rf"is of version {VERSION + 1}, and this hashrange knows versions up to",
        "use the newer",
    ),
    "another program's": (of_somebody_else, "was not made by hashrange", "give another folder"),
    "no database": (no_database, "was not made by hashrange", "give another folder"),
    "cut off": (cut, "is damaged", "load a snapshot into a new folder"),
    "overwritten": (overwritten, "is damaged", "load a snapshot into a new folder"),
}


@pytest.mark.parametrize(("damage", "what", "advice"), DAMAGE.values(), ids=DAMAGE)
def test_it_is_refused_and_not_touched(tmp_path: Path, damage: Callable[[Path], None], what: str, advice: str) -> None:
    path = made(tmp_path)
    damage(path)
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(DataFolderError, match=what) as caught:
            DiskEngine(tmp_path)
        assert advice in caught.value.hint
        assert str(path) in caught.value.message
        with pytest.raises(DataFolderError, match=what):
            open_for_reading(path)
    assert path.read_bytes() == before


def test_damage_in_a_large_file_is_found_where_it_is_read(tmp_path: Path) -> None:
    """Such a file is not read as a whole at a start, which is to be fast."""
    with DiskEngine(tmp_path, ["app"]) as engine:
        engine.seed("app", ({"PK": f"p{number}", "SK": "s", "text": "x" * 900} for number in range(20_000)))
    path = tmp_path / FILE_NAME
    assert path.stat().st_size > 16 * 1024 * 1024
    overwritten(path)
    before = path.read_bytes()
    with DiskEngine(tmp_path) as engine:
        for operation in ("GetItem", "DeleteItem"):
            with pytest.raises(ApiError) as caught:
                engine.execute(operation, {"TableName": "app", "Key": {"PK": {"S": "p5"}, "SK": {"S": "s"}}})
            assert (caught.value.name, caught.value.status) == ("InternalServerError", 500)
        with pytest.raises(ApiError, match="InternalServerError"):
            engine.execute("Scan", {"TableName": "app"})
        assert engine.catalog.table("app").item_count == 20_000
    assert path.read_bytes() == before


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    with DiskEngine(tmp_path, ["app"]) as engine:
        with pytest.raises(DataFolderError, match=f"{re.escape(str(tmp_path))} is in use") as caught:
            DiskEngine(tmp_path)
        assert "stop the other" in caught.value.hint
        engine.execute("PutItem", {"TableName": "app", "Item": {"PK": {"S": "a"}, "SK": {"S": "b"}}})
    DiskEngine(tmp_path).close()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")
    for folder in (path, path / "below"):
        with pytest.raises(DataFolderError, match=r"File exists|Not a directory"):
            DiskEngine(folder)
    assert path.read_text() == "mine"


def test_an_empty_file_is_as_good_as_none(tmp_path: Path) -> None:
    """It is what is left when a first start is killed at its beginning."""
    (tmp_path / FILE_NAME).touch()
    with DiskEngine(tmp_path, ["app"]) as engine:
        assert len(engine.catalog.tables) == 1


def test_other_files_in_the_folder_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    DiskEngine(tmp_path / "new" / "folder", ["app"]).close()
    DiskEngine(tmp_path, ["app"]).close()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_what_a_declaration_gets_wrong_lets_the_folder_go(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="table 'x'"):
        DiskEngine(tmp_path, ["x"])
    DiskEngine(tmp_path, ["app"]).close()


# ── a disk that is full ──────────────────────────────────────────────────────────────────────────────────────────────
resource = pytest.importorskip("resource")


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file of this process may become larger: writing fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_to_a_full_disk_fails_and_has_not_happened(tmp_path: Path) -> None:
    def keys() -> set[str]:
        answer = engine.execute("Scan", {"TableName": "app", "ProjectionExpression": "PK"})
        assert answer is not None
        return {item["PK"]["S"] for item in answer["Items"]}

    def put(key: str) -> None:
        item = {"PK": {"S": key}, "SK": {"S": "s"}, "text": {"S": "x" * 3000}}
        engine.execute("PutItem", {"TableName": "app", "Item": item})

    def fill() -> None:
        for number in range(1000):
            put(f"p{number}")
            written.add(f"p{number}")

    written: set[str] = set()
    with DiskEngine(tmp_path, ["app"]) as engine:
        # the first use of an operation loads it, which may write a file of Python's
        check = {"TableName": "app", "Key": {"PK": {"S": "a"}, "SK": {"S": "b"}}}
        check |= {"ConditionExpression": "attribute_not_exists(PK)"}
        engine.execute("TransactWriteItems", {"TransactItems": [{"ConditionCheck": check}]})
        assert keys() == written
        with files_up_to(256 * 1024):
            with pytest.raises(ApiError) as caught:
                fill()
            assert (caught.value.name, caught.value.status) == ("InternalServerError", 500)
            assert len(written) > 10
            assert keys() == written
            twice = [{"Put": {"TableName": "app", "Item": {"PK": {"S": k}, "SK": {"S": "x" * 900}}}} for k in "ab"]
            for _ in range(3):
                with pytest.raises(ApiError, match="InternalServerError"):
                    engine.execute("TransactWriteItems", {"TransactItems": twice, "ClientRequestToken": "t"})
                with pytest.raises(DeclarationError, match="Internal server error"):
                    engine.create_tables(["new"])
                assert keys() == written
                assert engine.failures > 0
        engine.execute("TransactWriteItems", {"TransactItems": twice, "ClientRequestToken": "t"})
        put("after")
        assert keys() == written | {"a", "b", "after"}
    with DiskEngine(tmp_path) as engine:
        assert keys() == written | {"a", "b", "after"}
        assert [table.name for table in engine.catalog.tables] == ["app"]
