"""Key values come back from the state as they were, and a plan is only for the contract it was made for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from hashrange import ConfigurationError
from hashrange.migration.backfill.checkpoints import Checkpoints, Chunk, Plan, decoded, encoded, fingerprint
from hashrange.migration.backfill.progress import Counts
from hashrange.migration.errors import StateConflict
from hashrange.migration.state.file_store import FileStore
from tests.shop_source import shop_mappings

KEYS = [
    (1,), (-(2**63), 2**63 - 1), (2**64 - 1,), ("", "é"), (Decimal("1.10"),), (1.5,), (b"\x00\xff",),
    (datetime(2026, 1, 2, 3, 4, 5, 6), date(2026, 1, 2), timedelta(days=-1, microseconds=1)),
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_a_key_survives_json(key: tuple[object, ...]) -> None:
    found = decoded(msgspec.json.decode(msgspec.json.encode(encoded(key))))
    assert found == key
    assert [type(one) for one in found] == [type(one) for one in key]


def test_other_values_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="holds set"):
        encoded((set(),))


def test_a_plan_covers_all_rows() -> None:
    chunks = Plan(((5,), (9,)), 12).chunks("orders")
    assert chunks == [
        Chunk("orders", 0, None, (5,)), Chunk("orders", 1, (5,), (9,)), Chunk("orders", 2, (9,), None),
    ]  # fmt: skip
    assert Plan((), 0).chunks("orders") == [Chunk("orders", 0, None, None)]


async def test_plans_and_checkpoints_are_kept(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "state")
    kept, orders = Checkpoints(store, "backfill"), shop_mappings().by_repository["orders"]
    assert await kept.plan(orders, "if-absent") is None
    plan = Plan(((5,),), 12)
    await kept.keep_plan(orders, "if-absent", plan)
    assert await kept.plan(orders, "if-absent") == plan
    assert await Checkpoints(store, "export").plan(orders, "if-absent") is None
    chunk = plan.chunks("orders")[1]
    checkpoint = await kept.load(chunk)
    assert (checkpoint.after, checkpoint.done, checkpoint.version) == ((5,), False, None)
    checkpoint.after, checkpoint.done, checkpoint.outcome = (11,), True, {"file": "x"}
    checkpoint.counts.add(Counts(read=6, written=5, refused=1))
    await kept.save(chunk, checkpoint)
    again = await kept.load(chunk)
    assert again == checkpoint
    await kept.save(chunk, again)
    with pytest.raises(StateConflict):
        await kept.save(chunk, checkpoint)
    await store.close()


async def test_a_plan_is_for_one_contract_and_mode(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "state")
    kept, orders = Checkpoints(store, "backfill"), shop_mappings().by_repository["orders"]
    await kept.keep_plan(orders, "if-absent", Plan((), 0))
    others = shop_mappings(fraction_digits=3).by_repository["orders"]
    for mapping, mode in ((orders, "newer"), (others, "if-absent")):
        with pytest.raises(ConfigurationError, match="another contract, other conventions or another mode"):
            await kept.plan(mapping, mode)
    assert fingerprint(orders, "newer") == fingerprint(shop_mappings().by_repository["orders"], "newer")
    await store.close()
