"""Runs a migration guide and proves what it says: that other clients' code and hashrange's do the same.

In ``boto3.md`` and ``boto3-*.md``, a block whose first line is ``# boto3`` is the other client's. The next one begins
with ``# hashrange`` and must have the same effect: both start with the same tables, afterwards the tables hold the same
items, and the names that both assign have equal values. A pair that neither writes nor assigns such a name proves
nothing, and is an error. All other blocks run once, with both clients on the same tables. Everything runs over HTTP and
in one event loop. Each side has names of its own (both have a ``Key``); a block of both sees all, hashrange's first.

``python -m tests.guides GUIDE`` does it in a process of its own, for a client that needs other versions of libraries.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal

from hashrange import DynamoDB, GlobalIndex, Item
from hashrange.simulator import Engine
from hashrange.simulator.declare import TableSpec
from hashrange.testing import LocalServer
from scripts.dynamodb_local import environment
from tests.test_docs import Block, blocks_of

APP = TableSpec("app", indexes={"GSI1": GlobalIndex("GSI1PK", "GSI1SK")}, ttl_attribute="expires_at")
_ATOMS = (str, bytes, bool, int, float, Decimal, date, type(None))
Side = Literal["theirs", "ours", "shared"]


class Unproved(AssertionError):
    """The two blocks of a pair do not have the same effect, or none that can be seen."""


@dataclass(frozen=True)
class Step:
    """One block of a guide, and whose it is."""

    side: Side
    block: Block


def steps_of(text: str, client: str) -> list[Step]:
    """The blocks of a guide.

    Args:
        text: Markdown.
        client: the other client's name, in any case.

    Raises:
        ValueError: a block of the other client is not followed by one of hashrange, or the other way round.
    """
    labels: dict[str, Side] = {f"# {client}".lower(): "theirs", "# hashrange": "ours"}
    steps = [Step(labels.get(block.source.split("\n", 1)[0].lower(), "shared"), block) for block in blocks_of(text)]
    sides: list[Side] = [step.side for step in steps]
    for step, before, after in zip(steps, ["shared", *sides], [*sides[1:], "shared"], strict=False):
        if (step.side == "theirs" and after != "ours") or (step.side == "ours" and before != "theirs"):
            raise ValueError(f"line {step.block.line}: the block has no counterpart")
    return steps


class Guide:
    """Runs the steps of one guide against one server.

    Args:
        path: for tracebacks.
        engine: what the server answers with.
    """

    def __init__(self, path: str, engine: Engine) -> None:
        self._path, self._engine = path, engine
        self._theirs: dict[str, Any] = {"__name__": "__main__"}
        self._ours: dict[str, Any] = {"__name__": "__main__"}

    def run(self, steps: Iterable[Step]) -> int:
        """Run them all.

        Returns:
            The number of pairs.

        Raises:
            Unproved: a pair does not do the same on both sides.
        """
        pairs = 0
        remaining = iter(steps)
        with asyncio.Runner() as runner:
            for step in remaining:
                if step.side == "shared":
                    self._run_shared(step.block, runner)
                else:
                    self._prove(step.block, next(remaining).block, runner)
                    pairs += 1
        return pairs

    def _run_shared(self, block: Block, runner: asyncio.Runner) -> None:
        self._ours.update({name: value for name, value in self._theirs.items() if name not in self._ours})
        self._execute(block, self._ours, runner)
        self._theirs.update({name: value for name, value in self._ours.items() if name not in self._theirs})

    def _prove(self, theirs: Block, ours: Block, runner: asyncio.Runner) -> None:
        """Run both blocks of a pair from the same tables, and compare what they leave."""
        snapshot, start = self._engine.snapshot(), runner.run(contents(self._engine))
        self._execute(theirs, self._theirs, runner)
        wanted = runner.run(contents(self._engine))
        self._engine.restore(snapshot)
        self._execute(ours, self._ours, runner)
        found = runner.run(contents(self._engine))
        if found != wanted:
            raise Unproved(f"line {ours.line}: the tables\nhold    {found},\nand not {wanted}")
        names = assigned(ours.source) & assigned(theirs.source)
        for name in sorted(names):
            got, expected = plain(self._ours[name]), plain(self._theirs[name])
            if got != expected:
                raise Unproved(f"line {ours.line}: {name}\nis      {got!r},\nand not {expected!r}")
        if wanted == start and not names:
            raise Unproved(f"line {ours.line}: nothing is written, and no name is assigned by both blocks")

    def _execute(self, block: Block, names: dict[str, Any], runner: asyncio.Runner) -> None:
        assert block.runs, f"line {block.line}: every block of a guide runs"
        with _without_endpoint("mock_aws" in block.source):
            result = eval(block.compile(self._path), names)
            if inspect.iscoroutine(result):
                runner.run(result)


async def contents(engine: Engine) -> dict[str, list[Item]]:
    """All items of all tables, in an order that does not depend on how they came there."""
    async with DynamoDB.in_memory(engine=engine) as db:
        names = (await db.call("ListTables", {}))["TableNames"]
        tables = {name: await (await db.load_table(name)).scan().all() for name in names}
    return {name: sorted(items, key=_order) for name, items in tables.items()}


def assigned(source: str) -> set[str]:
    """The names that a block assigns outside functions and classes; not those that it imports or defines."""
    return set(_targets(ast.parse(source).body))


def _targets(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
        yield from _targets(ast.iter_child_nodes(node))


def plain(value: Any) -> Any:
    """Data, without what each client wraps it into. Objects of models are dicts without what is None or an empty set:
    that is what no client stores of them.

    Raises:
        Unproved: it is no data, and so cannot be compared.
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, _ATOMS):
        return value
    if type(value).__module__ == "boto3.dynamodb.types":
        return value.value  # Binary
    if is_dataclass(value) and not isinstance(value, type):
        value = _stored(asdict(value))
    elif fields := getattr(value, "attribute_values", None):  # PynamoDB
        value = _stored(fields)
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, (set, frozenset)):
        return {plain(part) for part in value}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    raise Unproved(f"{value!r} is assigned by both blocks of a pair, and is no data")


def _stored(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in fields.items() if part is not None and part != set()}


def _order(item: Mapping[str, Any]) -> tuple[str, str]:
    return repr(item.get("PK")), repr(item.get("SK"))


@contextmanager
def _without_endpoint(wanted: bool) -> Iterator[None]:
    """moto answers in AWS's place only."""
    name = "AWS_ENDPOINT_URL_DYNAMODB"
    kept = os.environ.pop(name, None) if wanted else None
    try:
        yield
    finally:
        if kept is not None:
            os.environ[name] = kept


def run_guide(path: Path) -> int:
    """Run a guide on a server of its own, to which the AWS_* variables lead meanwhile.

    Returns:
        The number of pairs.

    Raises:
        Unproved: a pair does not do the same on both sides.
    """
    engine = Engine([APP])
    steps = steps_of(path.read_text(encoding="utf-8"), path.stem.partition("-")[0])
    before = dict(os.environ)
    with LocalServer(engine) as server:
        try:
            _set_environ(environment(server.url))
            return Guide(str(path), engine).run(steps)
        finally:
            _set_environ(before)
            if boto3 := sys.modules.get("boto3"):  # its default session keeps the credentials that it found first
                vars(boto3)["DEFAULT_SESSION"] = None


def _set_environ(variables: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)


if __name__ == "__main__":
    print(f"{run_guide(Path(sys.argv[1]))} pairs")
