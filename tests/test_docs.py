"""Every Python example of the README and the docs runs, in order, in one namespace per file, against DynamoDB Local.

``await`` may stand outside a function, as in ``python -m asyncio``. The table ``app`` (keys PK and SK, index GSI1, TTL
attribute ``expires_at``) is there and empty. A fence that opens with ``python no-run: REASON`` is only compiled; one
without a reason is an error.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from hashrange.client import DynamoDB
from scripts.dynamodb_local import environment

ROOT = Path(__file__).resolve().parent.parent
FILES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
#: the migration guides hold code of other clients, and are run by test_migrating.py
RUN = [path for path in FILES if path.parent.name != "migrating"]

_FENCE = re.compile(r"```(?P<language>\w*) *(?P<note>[^`]*)$")
_NO_RUN = re.compile(r"no-run: *\S")


@dataclass(frozen=True)
class Block:
    """One example: where it begins in its file (the line after the fence, from 1), its text, and whether it runs."""

    line: int
    source: str
    runs: bool

    def compile(self, path: str) -> CodeType:
        """Its code, with the file's own line numbers."""
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code: CodeType = compile("\n" * (self.line - 1) + self.source, path, "exec", flags, dont_inherit=True)
        return code


def blocks_of(text: str) -> list[Block]:
    """The Python examples of a Markdown text."""
    found: list[Block] = []
    opening: re.Match[str] | None = None
    begin = 0
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        fence = _FENCE.match(line)
        if fence is None:
            continue
        if opening is None:
            opening, begin = fence, number
            continue
        if opening["language"] == "python":
            note = opening["note"].strip()
            if note and not _NO_RUN.match(note):
                raise ValueError(f"line {begin}: {note!r} is not 'no-run: REASON'")
            found.append(Block(begin + 1, "\n".join(lines[begin : number - 1]), runs=not note))
        opening = None
    if opening is not None:
        raise ValueError(f"line {begin}: the fence does not close")
    return found


def run(blocks: list[Block], path: str) -> dict[str, Any]:
    """Run the blocks one after the other; return the namespace that they leave."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with asyncio.Runner() as runner:
        for block in blocks:
            code = block.compile(path)
            if not block.runs:
                continue
            result = eval(code, namespace)
            if inspect.iscoroutine(result):
                runner.run(result)
            else:  # a whole program ends with asyncio.run, which leaves no loop behind
                asyncio.set_event_loop(runner.get_loop())
    return namespace


async def make_app_table() -> None:
    names = ["PK", "SK", "GSI1PK", "GSI1SK"]
    keys = [
        [{"AttributeName": hash_name, "KeyType": "HASH"}, {"AttributeName": range_name, "KeyType": "RANGE"}]
        for hash_name, range_name in (names[:2], names[2:])
    ]
    async with DynamoDB.from_env() as db:
        await db.call(
            "CreateTable",
            {
                "TableName": "app",
                "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
                "KeySchema": keys[0],
                "GlobalSecondaryIndexes": [
                    {"IndexName": "GSI1", "KeySchema": keys[1], "Projection": {"ProjectionType": "ALL"}}
                ],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
        ttl = {"AttributeName": "expires_at", "Enabled": True}
        await db.call("UpdateTimeToLive", {"TableName": "app", "TimeToLiveSpecification": ttl})


@pytest.mark.parametrize("path", RUN, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_of_a_file_run(
    path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = blocks_of(path.read_text(encoding="utf-8"))
    if any("DynamoDB" in block.source for block in blocks):
        # the access key makes the file's tables its own
        key = "docs" + re.sub(r"\W|_", "", str(path.relative_to(ROOT)))
        for name, value in environment(request.getfixturevalue("dynamodb_local"), access_key=key).items():
            monkeypatch.setenv(name, value)
        asyncio.run(make_app_table())
    run(blocks, str(path))


def test_the_readme_has_an_example_that_runs() -> None:
    assert any(block.runs for block in blocks_of(FILES[0].read_text(encoding="utf-8")))


def test_blocks_share_a_namespace_and_may_await() -> None:
    text = "# T\n```python\nimport asyncio\nx = await asyncio.sleep(0, 1)\n```\n```sh\nno\n```\n"
    blocks = blocks_of(text + "```python\ny = x + 1\n```\n")
    assert [block.line for block in blocks] == [3, 10]
    assert run(blocks, "T.md")["y"] == 2


def test_a_whole_program_may_stand_between_blocks_that_await() -> None:
    text = "import asyncio\nasync def main():\n    return await asyncio.sleep(0, 3)\n"
    blocks = [Block(1, text, runs=True), Block(4, "a = await main()", runs=True)]
    blocks += [Block(5, "b = asyncio.run(main())", runs=True), Block(6, "c = await main()", runs=True)]
    assert {name: run(blocks, "T.md")[name] for name in "abc"} == {"a": 3, "b": 3, "c": 3}


def test_a_failing_example_is_shown_with_its_line_in_the_file() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run(blocks_of("text\n\n```python\nx = 1\nx / 0\n```"), "T.md")
    assert (caught.traceback[-1].path, caught.traceback[-1].lineno) == ("T.md", 4)  # counted from 0


def test_what_must_not_run_is_still_compiled() -> None:
    quiet = blocks_of("```python no-run: it needs AWS\n1 / 0\n```")
    run(quiet, "T.md")
    with pytest.raises(SyntaxError):
        run(blocks_of("```python no-run: it needs AWS\n1 /\n```"), "T.md")


@pytest.mark.parametrize("text", ["```python no-run\n1\n```", "```python skip: why\n1\n```", "```python\n1"])
def test_a_fence_that_hides_an_example_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        blocks_of(text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []
