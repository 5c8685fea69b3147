"""Every known difference still is one: its example is answered otherwise by DynamoDB Local, and for its own reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.differential.compare import known, translated
from tests.differential.difference_examples import EXAMPLES, TEXT_EXAMPLES, Ask
from tests.differential.differences import KnownDifference, LocalText
from tests.differential.known_differences import KNOWN
from tests.differential.local_texts import LOCAL_TEXTS
from tests.differential.pair import Pair, report
from tests.differential.refusals import TABLE


@contextmanager
def things(pair: Pair, steps: list[Ask]) -> Iterator[Ask]:
    """The table in both, after all steps but the last, which is given."""
    pair.renew()
    pair.both("CreateTable", TABLE)
    try:
        for operation, request in steps[:-1]:
            pair.both(operation, request)
        yield steps[-1]
    finally:
        pair.local("DeleteTable", {"TableName": TABLE["TableName"]})


@pytest.mark.parametrize("difference", KNOWN, ids=lambda difference: difference.name)
def test_an_example_differs_for_its_reason(pair: Pair, difference: KnownDifference) -> None:
    with things(pair, EXAMPLES[difference.name]) as (operation, request):
        ours, local = pair.answers(operation, request)
        found = known(operation, request, ours, translated(local))
        assert ours != translated(local), report(operation, request, ours, local)
        assert found is difference, (found and found.name, report(operation, request, ours, local))


@pytest.mark.parametrize("entry", LOCAL_TEXTS, ids=lambda entry: entry.name)
def test_a_text_is_still_local(pair: Pair, entry: LocalText) -> None:
    with things(pair, TEXT_EXAMPLES[entry.name]) as (operation, request):
        ours, local = pair.answers(operation, request)
        assert re.search(entry.local, local.text), report(operation, request, ours, local)
        assert not re.search(entry.local, ours.text), report(operation, request, ours, local)
        assert ours == translated(local), report(operation, request, ours, local)


def test_every_entry_has_one_example() -> None:
    assert [difference.name for difference in KNOWN] == list(EXAMPLES)
    assert [entry.name for entry in LOCAL_TEXTS] == list(TEXT_EXAMPLES)
