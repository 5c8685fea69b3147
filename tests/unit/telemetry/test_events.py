"""Events are frozen records; an observer is whatever has the two methods."""

from __future__ import annotations

import pytest

from hashrange.errors import Throttling
from hashrange.telemetry.events import AttemptFailed, CallFinished, Observer
from tests.fakes import Listener


def test_an_observer_needs_no_base_class() -> None:
    observer: Observer = Listener()
    event = AttemptFailed("GetItem", "app", 1, Throttling(), 0.05)
    observer.attempt_failed(event)
    assert isinstance(observer, Listener)
    assert observer.failed == [event]


@pytest.mark.parametrize(
    "event",
    [
        AttemptFailed("GetItem", "app", 1, Throttling(), None),
        CallFinished("GetItem", "app", None, 1, 0.1, "R1", {}, 0.0, 0.1, 0.0),
    ],
)
def test_events_are_frozen(event: AttemptFailed | CallFinished) -> None:
    with pytest.raises(AttributeError):
        event.operation = "PutItem"  # type: ignore[misc]


CAPACITY = {"TableName": "app", "CapacityUnits": 1.5}


@pytest.mark.parametrize(
    ("operation", "reported", "units"),
    [
        ("GetItem", CAPACITY, (1.5, 0.0)),
        ("Query", CAPACITY, (1.5, 0.0)),
        ("PutItem", CAPACITY, (0.0, 1.5)),
        ("BatchGetItem", [CAPACITY, CAPACITY], (3.0, 0.0)),
        ("TransactWriteItems", [CAPACITY], (0.0, 1.5)),
        ("PutItem", {"TableName": "app"}, (0.0, 0.0)),
        ("BatchGetItem", [], (0.0, 0.0)),
        ("PutItem", None, (0.0, 0.0)),
    ],
)
def test_an_event_tells_its_units(operation: str, reported: object, units: tuple[float, float]) -> None:
    answer = {} if reported is None else {"ConsumedCapacity": reported}
    assert CallFinished(operation, "app", None, 1, 0.1, "R1", answer, 0.0, 0.1, 0.0).units() == units
