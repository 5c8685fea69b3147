"""Shard iterators: what they look like, and everything that is none."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulated_streams import BOTH, DAY, HOUR, Streamed

INVALID = ("ValidationException", "Invalid ShardIterator")


def test_it_names_its_stream() -> None:
    world = Streamed()
    arn, version, sealed = world.iterator().split("|")
    assert (arn, version) == (world.arn, "1")
    assert b64decode(sealed, validate=True)
    assert len(world.iterator()) <= 2048


@pytest.mark.parametrize("iterator", ["x", "|1|", "arn:|1|AAAA", "\u00e9", "a" * 2048, "arn:aws|1|AA==|1|AA=="])
def test_garbage(iterator: str) -> None:
    name, _ = Streamed().refused("GetRecords", ShardIterator=iterator)
    assert name in ("ValidationException", "ResourceNotFoundException")


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: b64encode(data).decode()))
def test_garbage_of_any_kind_for_a_stream_that_is_there(garbage: str) -> None:
    world = Streamed()
    assert world.refused("GetRecords", ShardIterator=f"{world.arn}|1|{garbage}") == INVALID


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_one_changed_bit_is_enough(data: st.DataObject) -> None:
    world = Streamed()
    world.put()
    start, _, sealed = world.iterator().rpartition("|")
    content = bytearray(b64decode(sealed))
    at = data.draw(st.integers(0, 8 * len(content) - 1))
    content[at // 8] ^= 1 << at % 8
    assert world.refused("GetRecords", ShardIterator=f"{start}|{b64encode(content).decode()}") == INVALID


def test_one_of_another_table_is_none() -> None:
    world = Streamed()
    other = str(world.create("others"))
    _, _, sealed = world.iterator().rpartition("|")
    assert world.refused("GetRecords", ShardIterator=f"{other}|1|{sealed}") == INVALID


def test_one_of_another_engine_is_none() -> None:
    here, twin = Streamed(seed=1), Streamed(seed=2)
    assert here.arn == twin.arn, "the same table, made at the same moment"
    assert here.refused("GetRecords", ShardIterator=twin.iterator()) == INVALID
    name, text = here.refused("GetRecords", ShardIterator=Streamed(account="210987654321").iterator())
    assert name == "ResourceNotFoundException"
    assert "210987654321" in text


def test_a_table_that_is_made_anew_has_other_iterators() -> None:
    world = Streamed()
    old = world.iterator()
    world("DeleteTable", TableName="events")
    world.create()
    world.put()
    assert world("GetRecords", ShardIterator=old) == {"Records": []}, "the old stream is closed"
    _, _, sealed = old.rpartition("|")
    assert world.refused("GetRecords", ShardIterator=f"{world.arn}|1|{sealed}") == INVALID


def test_one_of_a_shard_that_has_gone() -> None:
    world = Streamed()
    world.clock.advance(DAY + 4 * HOUR - 60)
    iterator = world.iterator(shard=0)
    world.clock.advance(60)
    assert world.refused("GetRecords", ShardIterator=iterator)[0] == "TrimmedDataAccessException"


def test_one_of_a_stream_that_has_gone() -> None:
    world = Streamed()
    arn = world.arn
    world.switch(None)
    world.clock.advance(DAY - 1)
    iterator = world.iterator(arn=arn)
    world.clock.advance(1)
    message = f"Requested resource not found: Stream: {arn} not found"
    assert world.refused("GetRecords", ShardIterator=iterator) == ("ResourceNotFoundException", message)


def test_one_from_after_the_moment_that_the_engine_was_put_back_to() -> None:
    world = Streamed()
    before = world.engine.snapshot()
    world.put()
    behind = world.iterator("LATEST")
    world.clock.advance(4 * HOUR)
    in_child = world.iterator()
    world.clock.advance(-4 * HOUR)
    world.engine.restore(before)
    assert world.refused("GetRecords", ShardIterator=behind) == INVALID
    missing = ("ResourceNotFoundException", "Invalid ShardId in ShardIterator")
    assert world.refused("GetRecords", ShardIterator=in_child) == missing
    world.switch(None)
    world.switch(BOTH)
