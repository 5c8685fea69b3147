"""Every example runs, on the DynamoDB inside the process, and prints what it promises."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"

#: example to texts that stand in what it prints, in this order
PRINTS = {
    "quickstart.py": [
        "put      Ada, only because nobody was there",
        "refused  a second Ada: The conditional request failed; there is 'Ada Lovelace'",
        "SET nickname = 'Countess', name = 'Ada King' ADD visits 1",
        "12   119.88  open     13 Feb 2026",
        "page     [1, 3, 5, 7]  next: W",
        "page     [9, 11]  next: none",
        "ItemTooLarge: the item has 450066 bytes",
        "ResourceNotFound: Requested resource not found [GetItem on table 'no-such-table'",
        "23 calls, 3.5 read units, 26 write units",
    ],
    "single_table_shop.py": [
        "refused   User.email belongs to USER#ada",
        "by email  User(id='ada', name='Ada Lovelace', email='ada@lovelace.example')",
        "refused   Product(sku='ink', name='Blue ink', in_stock=2)",
        "open      [2, 3]",
        "shipped   [1]",
        "till Wed  [2]",
        "newest    3",
        "of ada    [1, 3]",
        "items of 1 [('pen', 1), ('ink', 2)]",
        "order 1, 02 Mar, shipped",
        "2 x ink",
        "order 3, 05 Mar, open",
        "Ada Lovelace <ada@lovelace.example>",
        "User, Order, OrderItem  collection",
    ],
    "transfer.py": [
        "at first            {'Ann': 10000, 'Bob': 2000, 'Cid': None}",
        "after 25.00 to Bob  {'Ann': 7500, 'Bob': 4500}",
        "asked for again     {'Ann': 7500, 'Bob': 4500}",
        "refused             Bob has 4500 cents, not 1000000",
        "refused             action 2 (update on table 'hashrange-transfer-",
        "after 100 at once   {'Ann': 6500, 'Bob': 5500}",
    ],
    "optimistic_lock.py": [
        "saved    version 2: Dear Ann",
        "refused  version 2 is there, not 1: Dear Ann",
        "signed   version 3: Dear Ann, yours Cid",
        "signed   version 3: Dear Ann, yours Cid",
        "counted  20 visits of 20, exactly",
    ],
    "sessions_with_ttl.py": [
        "logged in          phone (0:30:00), laptop (1:00:00), api key (for ever)",
        "20 minutes later   phone (0:10:00), laptop (0:40:00), api key (for ever)",
        "phone was used     phone (0:30:00), laptop (0:40:00), api key (for ever)",
        "for 35 minutes     laptop, api key",
        "35 minutes later   laptop (0:05:00), api key (for ever)",
        "phone comes back   None",
        "read as it is      True",
        "read as it should  False",
    ],
    "faults.py": [
        "throttled 3 times: stored after 3 delays, in no time",
        "reset_before(sent=False)   taken    1 gone",
        "reset_before()             unknown  0 gone",
        "reset_after()              unknown  1 gone",
        "overtaken: sold out, 8 left",
        "replayed: True",
        'never recorded: Key.SK.S is "pen", recorded "book"',
    ],
    "sharded_counter.py": [
        "hottest  [('VIEWS', 900.0)]",
        "sharded  5 keys, the hottest with less than a third",
        "views    900",
        "latest   ['post 39', 'post 38', 'post 37']",
        "then     ['post 36', 'post 35', 'post 34']",
        "in order True",
        "paced    at full speed, 0 throttled",
    ],
    "two_regions.py": [
        "read             nobody",
        "read, consistent Ada",
        "replicas eu-west-1 ACTIVE",
        "read             failed: eu-west-1 does not answer",
        "read             Ada",
        "circuits eu-west-1 open, us-east-1 closed",
        "read             Ada Lovelace",
        "circuits eu-west-1 closed, us-east-1 closed",
        "refused at once: us-east-1 is down",
        "read             Ada Lovelace",
        "write    Ada King       stored in us-east-1",
        "read             Ada King",
    ],
}


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)  # dataclasses look there
    spec.loader.exec_module(module)
    return module


def test_every_example_is_run() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(PRINTS)


@pytest.mark.parametrize("name", PRINTS)
async def test_an_example_prints_what_it_promises(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    await load(EXAMPLES / name).main()
    printed = capsys.readouterr().out
    position = 0
    for text in PRINTS[name]:
        found = printed.find(text, position)
        assert found >= 0, f"{text!r} is missing after:\n{printed[:position]}\nin:\n{printed[position:]}"
        position = found
