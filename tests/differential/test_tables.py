"""Tables, the simulator against DynamoDB Local: who refuses what, and what there is afterwards.

What the service says where it refuses is pinned by the tests of each operation: Local says it in words of its own.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.differential.pair import Pair
from tests.differential.table_stories import HASH, REFUSED_TABLES, STORIES, Request, Step
from tests.differential.test_differential import described


def verdicts(pair: Pair, table: str, step: Step) -> tuple[tuple[str, Request], tuple[str, Request]]:
    """Verdict and body of the simulator, and those of Local."""
    request = {"TableName": table, **step.request}
    return verdict(*pair.ours(step.operation, request)), verdict(*pair.local(step.operation, request))


def verdict(status: int, body: bytes) -> tuple[str, Request]:
    found: Request = json.loads(body) if body else {}
    return ("ok" if status == 200 else found["__type"].rpartition("#")[2]), found


def tell(pair: Pair, table: str, step: Step) -> None:
    (ours, answer), (local, local_answer) = verdicts(pair, table, step)
    assert (ours, local) == (step.verdict, step.local or step.verdict), (step, answer, local_answer)
    assert bool(step.local) == bool(step.reason), "a difference has a reason, and nothing else has one"
    if step.operation == "DescribeTable" and ours == "ok":
        assert described(answer["Table"]) == described(local_answer["Table"])
    if step.operation == "DescribeTimeToLive" and ours == "ok":
        assert answer == local_answer


def remove(pair: Pair, table: str) -> None:
    pair.local("UpdateTable", {"TableName": table, "DeletionProtectionEnabled": False})
    pair.local("DeleteTable", {"TableName": table})


@pytest.mark.parametrize("at", range(len(REFUSED_TABLES)))
def test_tables_that_cannot_be(pair: Pair, at: int) -> None:
    pair.renew()
    table = pair.table_name()
    try:
        tell(pair, table, REFUSED_TABLES[at])
    finally:
        remove(pair, table)


@pytest.mark.parametrize("name", STORIES)
def test_stories(pair: Pair, name: str) -> None:
    pair.renew()
    table = pair.table_name()
    try:
        for step in STORIES[name]:
            tell(pair, table, step)
    finally:
        remove(pair, table)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
def test_lists_of_tables(pair: Pair, limit: int) -> None:
    pair.renew()
    names = [f"list-{limit}-{letter}" for letter in "CAb"]
    for name in names:
        pair.both("CreateTable", {"TableName": name, **HASH})
    try:
        pages = [list_tables(pair, which, limit) for which in (pair.ours, pair.local)]
        assert pages[0] == pages[1]
        assert [name for page in pages[0] for name in page["TableNames"]] == sorted(names)
    finally:
        for name in names:
            remove(pair, name)


def list_tables(pair: Pair, which: Any, limit: int) -> list[Request]:
    """All pages."""
    found = [pair.page(which, "ListTables", {"Limit": limit})]
    while "LastEvaluatedTableName" in found[-1]:
        start = found[-1]["LastEvaluatedTableName"]
        found.append(pair.page(which, "ListTables", {"Limit": limit, "ExclusiveStartTableName": start}))
    return found
