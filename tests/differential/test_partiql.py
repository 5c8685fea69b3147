"""PartiQL against DynamoDB Local: the same statements, batches and transactions, the same answers and items."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.differential.compare import Answer, answer_of, canonical_text, translated, translated_body
from tests.differential.differences import KnownDifference, LocalText
from tests.differential.pair import Pair, report
from tests.differential.partiql_differences import EXAMPLES, KNOWN, TEXT_EXAMPLES, TEXTS
from tests.differential.partiql_requests import BATCHES, PUTS, TRANSACTIONS, Ask, statements
from tests.differential.refusals import TABLE, THINGS, Request
from tests.property.partiql_trees import ITEMS, written

TREES = 150
#: what only the service tells: pages have tokens of their own, and writes without RETURNING no items
_OWN_MEMBERS = ("NextToken", "LastEvaluatedKey")
_SYNTAX = TEXTS[0]


@pytest.fixture
def things(pair: Pair) -> Iterator[Pair]:
    """The table, with its items, in both."""
    pair.renew()
    pair.both("CreateTable", TABLE)
    try:
        for operation, request in PUTS:
            pair.both(operation, request)
        yield pair
    finally:
        pair.local("DeleteTable", THINGS)


def comparable(operation: str, status: int, body: bytes, *, plain_numbers: bool) -> Answer:
    payload = json.loads(body)
    for name in _OWN_MEMBERS:
        payload.pop(name, None)
    if payload.get("Items") == []:
        del payload["Items"]
    shown = answer_of(operation, status, json.dumps(payload).encode(), is_ordered=False, plain_numbers=plain_numbers)
    return Answer(shown.status, re.sub(_SYNTAX.local, _SYNTAX.service, shown.text))


def answers(pair: Pair, operation: str, request: Request) -> tuple[Answer, Answer]:
    """The simulator's answer, and Local's in the service's words."""
    ours = comparable(operation, *pair.ours(operation, request), plain_numbers=True)
    return ours, in_our_words(comparable(operation, *pair.local(operation, request), plain_numbers=False))


def in_our_words(local: Answer) -> Answer:
    text = translated(local).text
    for entry in TEXTS:
        text = re.sub(entry.local, entry.service, text)
    return Answer(local.status, text)


def known(operation: str, request: Request, ours: Answer, local: Answer) -> KnownDifference | None:
    return next((one for one in KNOWN if one.explains(operation, request, ours.text, local.text)), None)


def ask(pair: Pair, operation: str, request: Request) -> None:
    ours, local = answers(pair, operation, request)
    if ours == local:
        check_items(pair)
        return
    difference = known(operation, request, ours, local)
    assert difference is not None, report(operation, request, ours, local)
    if not difference.changes:
        check_items(pair)


def check_items(pair: Pair) -> None:
    """Both hold the same."""
    ours, local = (found["Items"] for found in pair.both("Scan", THINGS))
    assert sorted(map(canonical_text, ours)) == sorted(canonical_text(item) for item in translated_body(local))


def labels(request: Request) -> str:
    return str(request["Statement"])[-60:]


READS = [one for one in statements() if one["Statement"].lower().startswith("select")]
OTHERS = [one for one in statements() if one not in READS]


def test_reads(things: Pair) -> None:
    for request in READS:
        ours, local = answers(things, "ExecuteStatement", request)
        assert ours == local or known("ExecuteStatement", request, ours, local), report(
            "ExecuteStatement", request, ours, local
        )


@pytest.mark.parametrize("request_", OTHERS, ids=labels)
def test_other_statements(things: Pair, request_: Request) -> None:
    ask(things, "ExecuteStatement", request_)


@pytest.mark.parametrize("batch", BATCHES, ids=str)
def test_batches(things: Pair, batch: list[str]) -> None:
    ask(things, "BatchExecuteStatement", {"Statements": [{"Statement": text} for text in batch]})


@pytest.mark.parametrize("transaction", TRANSACTIONS, ids=str)
def test_transactions(things: Pair, transaction: list[str]) -> None:
    ask(things, "ExecuteTransaction", {"TransactStatements": [{"Statement": text} for text in transaction]})


def test_random_conditions(things: Pair) -> None:
    for at, attributes in enumerate(ITEMS):
        things.both("PutItem", {**THINGS, "Item": {"pk": {"S": "random"}, "sk": {"N": str(at)}, **attributes}})
    for seed in range(TREES):
        where, parameters, *_ = written(seed)
        request: Request = {"Statement": f"SELECT * FROM things WHERE {where}"}
        request |= {"Parameters": parameters} if parameters else {}
        ours, local = answers(things, "ExecuteStatement", request)
        assert ours == local, report("ExecuteStatement", request, ours, local)


def test_pages(things: Pair) -> None:
    """In Local's pages there is what is in ours."""
    for text in ("SELECT * FROM things WHERE pk = 'a' AND n > 5", "SELECT sk FROM things WHERE pk IN ['a', 'b']"):
        both = []
        for which in (things.ours, things.local):
            request: Request = {"Statement": text, "Limit": 1}
            found = []
            while True:
                page = things.page(which, "ExecuteStatement", request)
                found.append(translated_body(page["Items"]))
                if "NextToken" not in page:
                    break
                request["NextToken"] = page["NextToken"]
            both.append(canonical_text([page for page in found if page]))
        assert both[0] == both[1], text


# ── known differences ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("difference", KNOWN, ids=lambda difference: difference.name)
def test_an_example_differs_for_its_reason(things: Pair, difference: KnownDifference) -> None:
    operation, request = EXAMPLES[difference.name]
    ours, local = answers(things, operation, request)
    assert ours != local, report(operation, request, ours, local)
    found = known(operation, request, ours, local)
    assert found is difference, (found and found.name, report(operation, request, ours, local))


@pytest.mark.parametrize("entry", TEXTS, ids=lambda entry: entry.name)
def test_a_text_is_still_local(things: Pair, entry: LocalText) -> None:
    example: Ask = TEXT_EXAMPLES[entry.name]
    operation, request = example
    local = answer_of(operation, *things.local(operation, request), plain_numbers=False)
    ours = answer_of(operation, *things.ours(operation, request))
    assert re.search(entry.local, local.text), local
    assert ours != local
    assert answers(things, operation, request)[0] == answers(things, operation, request)[1]


def test_every_entry_has_one_example() -> None:
    assert [difference.name for difference in KNOWN] == list(EXAMPLES)
    assert [entry.name for entry in TEXTS] == list(TEXT_EXAMPLES)
