"""Tools for testing programs that use DynamoDB: faults, recordings, a clock that never waits, a server in a thread.

    from hashrange.testing import FaultPlan, Rule, throttle

    db = DynamoDB.in_memory(["app"], transport=lambda inner: FaultPlan(inner, [Rule(throttle(), nth=1)]))

All are transports around a transport, over sockets as well as in process. Each name is loaded at its first use. With
pytest come the fixtures ``dynamodb``, ``dynamodb_engine``, ``dynamodb_server`` and ``cassette``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import scenarios
    from .cassette import CassetteError, Recording
    from .changes import Differences, diff
    from .differences import Difference, Near
    from .fake_clock import FakeClock
    from .fault_plan import FaultPlan, Rule
    from .faults import (
        condition_failed,
        damaged_answer,
        expired_token,
        internal_error,
        partial_batch,
        reset_after,
        reset_before,
        slow,
        success,
        throttle,
        timeout_after,
        timeout_before,
        transaction_canceled,
        transaction_conflict,
        unavailable,
    )
    from .happenings import Fault, FaultMismatch
    from .injection import Injection
    from .local_server import LocalServer
    from .recorder import Recorder
    from .replayer import CassetteMiss, Replayer
    from .replicated_engines import ReplicatedEngines
    from .script import Script, UnexpectedRequest

__all__ = [
    "CassetteError",
    "CassetteMiss",
    "Difference",
    "Differences",
    "FakeClock",
    "Fault",
    "FaultMismatch",
    "FaultPlan",
    "Injection",
    "LocalServer",
    "Near",
    "Recorder",
    "Recording",
    "Replayer",
    "ReplicatedEngines",
    "Rule",
    "Script",
    "UnexpectedRequest",
    "condition_failed",
    "damaged_answer",
    "diff",
    "expired_token",
    "internal_error",
    "partial_batch",
    "reset_after",
    "reset_before",
    "scenarios",
    "slow",
    "success",
    "throttle",
    "timeout_after",
    "timeout_before",
    "transaction_canceled",
    "transaction_conflict",
    "unavailable",
]

_HOMES = {
    **dict.fromkeys(__all__, ".faults"),  # what is not named below
    **dict.fromkeys(["CassetteError", "Recording"], ".cassette"),
    **dict.fromkeys(["Difference", "Near"], ".differences"),
    **dict.fromkeys(["Differences", "diff"], ".changes"),
    "FakeClock": ".fake_clock",
    **dict.fromkeys(["FaultPlan", "Rule"], ".fault_plan"),
    **dict.fromkeys(["Fault", "FaultMismatch"], ".happenings"),
    "Injection": ".injection",
    "LocalServer": ".local_server",
    "Recorder": ".recorder",
    **dict.fromkeys(["CassetteMiss", "Replayer"], ".replayer"),
    "ReplicatedEngines": ".replicated_engines",
    **dict.fromkeys(["Script", "UnexpectedRequest"], ".script"),
}


def __getattr__(name: str) -> object:
    if name == "scenarios":
        return import_module(".scenarios", __name__)
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
