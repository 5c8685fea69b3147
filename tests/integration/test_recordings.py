"""What a program did with every target is recorded, and done again without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hashrange import Attr, ConditionFailed, Config, DynamoDB, Key, Static, Table, Update, begins_with
from hashrange.simulator import Engine
from hashrange.testing import (
    CassetteMiss,
    FakeClock,
    FaultPlan,
    LocalServer,
    Recorder,
    Replayer,
    Rule,
    reset_after,
    throttle,
)

from .conftest import MakeTable


async def story(app: Table[Any]) -> list[Any]:
    """Writes, a refusal, pages in both directions, a scan: and all that was seen."""
    seen: list[Any] = []
    for number in range(7):
        item = {"PK": "USER#1", "SK": f"ORDER#{number}", "tags": {"new", f"t{number}"}, "n": number, "raw": b"\x00\xff"}
        await app.put_item(item)
    with pytest.raises(ConditionFailed) as refused:
        await app.put_item({"PK": "USER#1", "SK": "ORDER#1"}, condition=Attr("PK").not_exists())
    seen.append(refused.value.item)
    done = await app.update_item(Key("USER#1", "ORDER#2"), Update().add("n", 40), returns="all_new")
    seen.append(done.item)
    query = app.query("USER#1", begins_with("ORDER#"), page_size=3, descending=True)
    seen += [item async for item in query]
    seen.append(await app.scan(filter=Attr("n") > 3).count())
    seen.append(await app.get_item(Key("USER#1", "nothing")))
    return seen


@pytest.mark.parametrize("redact", [None, {"raw", "n"}])
@pytest.mark.parametrize("mode", ["strict", "any_order"])
async def test_a_recorded_program_replays(
    db: DynamoDB, make_table: MakeTable, tmp_path: Path, mode: Any, redact: Any
) -> None:
    name, path, clock = await make_table(), tmp_path / "story.jsonl", FakeClock()
    rules = [Rule(throttle(), nth=3), Rule(reset_after(), "PutItem", nth=5)]
    recorder = Recorder(FaultPlan(db._transport, rules, clock=clock), path, redact=redact)
    recorded = await story(DynamoDB(db.config, transport=recorder).table(name))
    recorder.save()
    replayer = Replayer(path, mode)
    replayed = await story(DynamoDB(db.config, transport=replayer).table(name))
    assert replayer.unused == ()
    if redact is None:
        assert replayed == recorded
    else:
        assert [_keys(each) for each in replayed] == [_keys(each) for each in recorded]
        assert b"AP8=" not in path.read_bytes()
    with pytest.raises(CassetteMiss):
        await DynamoDB(db.config, transport=replayer).table(name).get_item(Key("USER#1", "other"))


async def test_no_key_of_aws_gets_into_a_cassette(tmp_path: Path) -> None:
    path = tmp_path / "story.jsonl"
    with LocalServer(Engine(["app"])) as server:
        credentials = Static("AKIDEXAMPLEEXAMPLE", "kSECRETKEYkSECRETKEY", "tTOKENtTOKEN")
        config = Config(region="us-east-1", endpoint_url=server.url, credentials=credentials)
        async with DynamoDB(config, transport=lambda inner: Recorder(inner, path)) as db:
            await story(db.table("app"))
    text = path.read_text()
    assert "ORDER#3" in text
    for secret in ("AKID", "SECRETKEY", "TOKEN", "Signature", "Authorization", "X-Amz", "127.0.0.1"):
        assert secret not in text
    with pytest.raises(CassetteMiss) as missed:
        await DynamoDB(config, transport=Replayer(path)).table("app").get_item(Key("USER#1", "other"))
    assert "SECRETKEY" not in f"{missed.value!r}"


def _keys(seen: Any) -> Any:
    return {name: seen[name] for name in ("PK", "SK")} if isinstance(seen, dict) else seen
