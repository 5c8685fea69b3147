"""What type checkers must know about regions and stream records: checked by mypy and pyright, never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_type

from hashrange import (
    Config,
    DynamoDB,
    Item,
    ReplicaDescription,
    StreamEventName,
    StreamRecord,
    StreamViewType,
)
from hashrange.resilience.breaker import CircuitBreaker
from hashrange.simulator import Engine, InProcess
from hashrange.testing import ReplicatedEngines


@dataclass
class User:
    PK: str
    SK: str


@dataclass
class Order:
    PK: str
    SK: str


def choose(item: Item) -> type[User | Order] | None:
    return User if item["SK"] == "PROFILE" else None


def records(event: dict[str, Any]) -> None:
    assert_type(StreamRecord.from_event(event), list[StreamRecord[Item]])
    found = StreamRecord.from_event(event, model=User, ttl_attribute="until")
    assert_type(found, list[StreamRecord[User]])
    assert_type(found[0].new_image, User | None)
    assert_type(found[0].old_image, User | None)
    assert_type(found[0].keys, Item)
    assert_type(found[0].event_name, StreamEventName)
    assert_type(found[0].view_type, StreamViewType)
    assert_type(found[0].created_at, datetime | None)
    assert_type(StreamRecord.from_event([event], model=choose), list[StreamRecord[Any]])
    assert_type(StreamRecord.from_event(event, model={("SK", "ORDER#"): Order}), list[StreamRecord[Any]])
    assert_type(StreamRecord.batch_response(found), dict[str, list[dict[str, str]]])
    StreamRecord.from_event(event, model=5)  # type: ignore[call-overload]


async def regions() -> None:
    engines = ReplicatedEngines(["us-east-1", "eu-west-1"], ["app"], lag=0.5)
    assert_type(engines["us-east-1"], Engine)
    config = Config(
        regions=["us-east-1", "eu-west-1"],
        home="us-east-1",
        reads="home",
        write_failover="next",
        endpoint_urls={"eu-west-1": "http://127.0.0.1:8000"},
    )
    db = DynamoDB(config, transport={region: InProcess(engine) for region, engine in engines.items()})
    assert_type(db.circuits, Mapping[str, CircuitBreaker])
    assert_type((await db.describe_table("app")).replicas, tuple[ReplicaDescription, ...])
    Config(regions=("us-east-1",), home="us-east-1", reads="fast")  # type: ignore[arg-type]
