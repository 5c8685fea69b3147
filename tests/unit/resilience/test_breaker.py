"""The circuit breaker: every event in every state, what an error tells of an endpoint, and one probe at a time."""

from __future__ import annotations

from typing import Any

import pytest

from hashrange.errors import (
    AccessDenied,
    AmbiguousWrite,
    AssumeRoleFailed,
    AttemptTimeout,
    BadResponse,
    CircuitOpen,
    ClientClosed,
    ConditionFailed,
    ConfigurationError,
    ConnectFailed,
    ConnectionLost,
    CredentialsNotFound,
    DeadlineExceeded,
    DynamoDBError,
    InternalServerError,
    ItemTooLarge,
    ProvisionedThroughputExceeded,
    ResourceNotFound,
    ServiceUnavailable,
    Throttling,
    TokenExpired,
    TransactionCanceled,
    TransactionConflict,
    ValidationError,
    error_from_wire,
)
from hashrange.resilience.breaker import CircuitBreaker, CircuitRule, CircuitState, Verdict, verdict

RULE = CircuitRule(failures=3, open_seconds=30.0, successes=2)


class Watched:
    """A breaker whose changes are written down; it is led into a state by what happens to it."""

    def __init__(self, state: CircuitState = "closed", rule: CircuitRule | None = RULE) -> None:
        self.changes: list[tuple[str, str]] = []
        self.breaker = CircuitBreaker(rule, lambda before, after: self.changes.append((before, after)))
        if state != "closed":
            for _ in range(RULE.failures):
                self.breaker.failed(self.breaker.admit(0.0), 0.0)
        if state == "half_open":
            self.breaker.abandoned(self.breaker.admit(30.0))
        assert self.breaker.state == state
        self.changes.clear()


# ── the table: in each state, what each event does ───────────────────────────────────────────────────────────────────
#: state, event → the state after it, and what repr shows
TABLE: dict[tuple[CircuitState, str], tuple[CircuitState, str]] = {
    ("closed", "admit"): ("closed", "<CircuitBreaker closed, 0 in a row>"),
    ("closed", "success"): ("closed", "<CircuitBreaker closed, 0 in a row>"),
    ("closed", "failure"): ("closed", "<CircuitBreaker closed, 1 in a row>"),
    ("closed", "last failure"): ("open", "<CircuitBreaker open, 0 in a row>"),
    ("closed", "abandonment"): ("closed", "<CircuitBreaker closed, 0 in a row>"),
    ("closed", "late success"): ("closed", "<CircuitBreaker closed, 0 in a row>"),
    ("closed", "late failure"): ("closed", "<CircuitBreaker closed, 0 in a row>"),
    ("closed", "late abandonment"): ("closed", "<CircuitBreaker closed, 0 in a row>"),
    ("closed", "reset"): ("closed", "<CircuitBreaker closed, 0 in a row>"),
    ("open", "admit"): ("open", "<CircuitBreaker open, 0 in a row>"),
    ("open", "admit after its time"): ("half_open", "<CircuitBreaker half_open, probing, 0 in a row>"),
    ("open", "late success"): ("open", "<CircuitBreaker open, 0 in a row>"),
    ("open", "late failure"): ("open", "<CircuitBreaker open, 0 in a row>"),
    ("open", "late abandonment"): ("open", "<CircuitBreaker open, 0 in a row>"),
    ("open", "reset"): ("closed", "<CircuitBreaker closed, 0 in a row>"),
    ("half_open", "admit"): ("half_open", "<CircuitBreaker half_open, probing, 0 in a row>"),
    ("half_open", "success"): ("half_open", "<CircuitBreaker half_open, 1 in a row>"),
    ("half_open", "last success"): ("closed", "<CircuitBreaker closed, 0 in a row>"),
    ("half_open", "failure"): ("open", "<CircuitBreaker open, 0 in a row>"),
    ("half_open", "failure after a success"): ("open", "<CircuitBreaker open, 0 in a row>"),
    ("half_open", "abandonment"): ("half_open", "<CircuitBreaker half_open, 0 in a row>"),
    ("half_open", "late success"): ("half_open", "<CircuitBreaker half_open, 0 in a row>"),
    ("half_open", "late failure"): ("half_open", "<CircuitBreaker half_open, 0 in a row>"),
    ("half_open", "late abandonment"): ("half_open", "<CircuitBreaker half_open, 0 in a row>"),
    ("half_open", "reset"): ("closed", "<CircuitBreaker closed, 0 in a row>"),
}
#: what was let through before the state that is looked at
LATE = -1


def cause(breaker: CircuitBreaker, event: str) -> None:
    now = 60.0 if breaker.state == "half_open" or event == "admit after its time" else 29.9
    match event:
        case "admit" | "admit after its time":
            if breaker.state == "open" and now < 30.0:
                with pytest.raises(CircuitOpen):
                    breaker.admit(now)
            else:
                breaker.admit(now)
        case "success":
            breaker.succeeded(breaker.admit(now))
        case "failure":
            breaker.failed(breaker.admit(now), now)
        case "failure after a success":
            breaker.succeeded(breaker.admit(now))
            breaker.failed(breaker.admit(now), now)
        case "last failure":
            for _ in range(RULE.failures):
                breaker.failed(breaker.admit(now), now)
        case "last success":
            for _ in range(RULE.successes):
                breaker.succeeded(breaker.admit(now))
        case "abandonment":
            breaker.abandoned(breaker.admit(now))
        case "late success":
            breaker.succeeded(LATE)
        case "late failure":
            breaker.failed(LATE, now)
        case "late abandonment":
            breaker.abandoned(LATE)
        case "reset":
            breaker.reset()
        case _:
            raise AssertionError(event)


@pytest.mark.parametrize(("state", "event"), TABLE)
def test_the_table(state: CircuitState, event: str) -> None:
    watched = Watched(state)
    after, shown = TABLE[state, event]
    cause(watched.breaker, event)
    assert (watched.breaker.state, repr(watched.breaker)) == (after, shown)
    assert watched.changes == ([(state, after)] if after != state else [])


def test_every_event_is_in_the_table_for_every_state_that_it_can_meet() -> None:
    common = {"admit", "late success", "late failure", "late abandonment", "reset"}
    found = {state: {event for each, event in TABLE if each == state} for state in ("closed", "open", "half_open")}
    assert all(common <= events for events in found.values())
    assert {"success", "failure", "abandonment"} <= found["closed"] & found["half_open"]


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_failures_count_in_a_row_only() -> None:
    breaker = Watched().breaker
    for _ in range(3):
        breaker.failed(breaker.admit(0.0), 0.0)
        breaker.failed(breaker.admit(0.0), 0.0)
        breaker.succeeded(breaker.admit(0.0))
    assert breaker.state == "closed"


def test_a_cancelled_call_breaks_no_row() -> None:
    breaker = Watched().breaker
    for _ in range(RULE.failures):
        breaker.abandoned(breaker.admit(0.0))
        breaker.failed(breaker.admit(0.0), 0.0)
    assert breaker.state == "open"


def test_calls_at_the_same_time_count_in_the_order_of_their_ends() -> None:
    breaker = Watched().breaker
    passes = [breaker.admit(0.0) for _ in range(5)]
    breaker.failed(passes[4], 0.0)
    breaker.failed(passes[0], 0.0)
    breaker.succeeded(passes[2])
    breaker.failed(passes[1], 0.0)
    assert (breaker.state, repr(breaker)) == ("closed", "<CircuitBreaker closed, 1 in a row>")


def test_an_open_circuit_says_when_it_tries_again() -> None:
    breaker = Watched("open").breaker
    with pytest.raises(CircuitOpen, match=r"^the endpoint failed too often; it is tried again in 17\.5 s") as caught:
        breaker.admit(12.5)
    assert caught.value.retry_at == 30.0
    assert caught.value.hint is not None


def test_it_opens_for_the_time_since_the_failure_that_opened_it() -> None:
    breaker = Watched().breaker
    passes = [breaker.admit(0.0) for _ in range(3)]
    for at, admitted in enumerate(passes):
        breaker.failed(admitted, 100.0 + at)
    with pytest.raises(CircuitOpen):
        breaker.admit(131.9)
    breaker.admit(132.0)
    assert breaker.state == "half_open"


# ── half-open ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_one_probe_at_a_time() -> None:
    breaker = Watched("half_open").breaker
    probe = breaker.admit(40.0)
    for now in (40.0, 1_000.0):
        with pytest.raises(CircuitOpen, match="is being tried by another call") as caught:
            breaker.admit(now)
        assert caught.value.retry_at == now
    breaker.succeeded(probe)
    assert repr(breaker) == "<CircuitBreaker half_open, 1 in a row>"
    breaker.succeeded(breaker.admit(41.0))
    assert repr(breaker) == "<CircuitBreaker closed, 0 in a row>"


@pytest.mark.parametrize("now", [0.0, 29.9, 30.0, 1_000.0])
@pytest.mark.parametrize("state", ["closed", "open", "half_open"])
@pytest.mark.parametrize("probing", [False, True])
def test_who_asks_is_told_what_admitting_would_do_and_changes_nothing(
    state: CircuitState, probing: bool, now: float
) -> None:
    watched = Watched(state)
    if probing and state == "half_open":
        watched.breaker.admit(now)
    before = repr(watched.breaker)
    told = watched.breaker.admits(now)
    assert (repr(watched.breaker), watched.changes) == (before, [])
    if told:
        watched.breaker.admit(now)
    else:
        with pytest.raises(CircuitOpen):
            watched.breaker.admit(now)


def test_a_probe_that_is_cancelled_frees_its_place_and_keeps_the_successes() -> None:
    breaker = Watched("half_open").breaker
    breaker.succeeded(breaker.admit(40.0))
    breaker.abandoned(breaker.admit(40.0))
    breaker.succeeded(breaker.admit(40.0))
    assert breaker.state == "closed"


def test_a_failed_probe_opens_it_for_the_whole_time_again() -> None:
    breaker = Watched("half_open").breaker
    breaker.failed(breaker.admit(40.0), 45.0)
    with pytest.raises(CircuitOpen) as caught:
        breaker.admit(74.9)
    assert caught.value.retry_at == 75.0
    breaker.admit(75.0)


# ── late results ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_calls_that_began_before_it_opened_have_no_say_ever_after() -> None:
    watched = Watched()
    breaker = watched.breaker
    late = [breaker.admit(0.0) for _ in range(10)]
    for admitted in late[:3]:
        breaker.failed(admitted, 0.0)
    breaker.failed(late[3], 20.0)
    breaker.succeeded(late[4])
    with pytest.raises(CircuitOpen) as caught:
        breaker.admit(20.0)
    assert caught.value.retry_at == 30.0  # not put off by the late failure
    probe = breaker.admit(30.0)
    for admitted in late[5:7]:
        breaker.succeeded(admitted)  # of before: they close nothing
    breaker.failed(late[7], 30.0)
    breaker.abandoned(late[8])
    assert repr(breaker) == "<CircuitBreaker half_open, probing, 0 in a row>"
    breaker.succeeded(probe)
    breaker.succeeded(breaker.admit(30.0))
    for _ in range(2):
        breaker.failed(breaker.admit(31.0), 31.0)
    breaker.failed(late[9], 31.0)
    assert repr(breaker) == "<CircuitBreaker closed, 2 in a row>"
    assert watched.changes == [("closed", "open"), ("open", "half_open"), ("half_open", "closed")]


def test_a_probe_from_before_a_reset_does_not_end_a_later_one() -> None:
    breaker = Watched("half_open").breaker
    old = breaker.admit(40.0)
    breaker.reset()
    for _ in range(3):
        breaker.failed(breaker.admit(41.0), 41.0)
    breaker.admit(71.0)
    breaker.abandoned(old)
    breaker.succeeded(old)
    breaker.failed(old, 71.0)
    assert repr(breaker) == "<CircuitBreaker half_open, probing, 0 in a row>"


def test_a_reset_forgets_the_failures_and_those_under_way() -> None:
    watched = Watched()
    breaker = watched.breaker
    late = [breaker.admit(0.0) for _ in range(4)]
    breaker.failed(late[0], 0.0)
    breaker.reset()
    for admitted in late[1:]:
        breaker.failed(admitted, 0.0)
    assert repr(breaker) == "<CircuitBreaker closed, 0 in a row>"
    assert watched.changes == []


# ── without a rule, without a listener ───────────────────────────────────────────────────────────────────────────────
def test_without_a_rule_it_never_opens() -> None:
    breaker = CircuitBreaker()
    for _ in range(100):
        breaker.failed(breaker.admit(0.0), 0.0)
    breaker.succeeded(breaker.admit(0.0))
    breaker.reset()
    assert breaker.state == "closed"


def test_one_failure_and_one_success_can_be_enough() -> None:
    breaker = CircuitBreaker(CircuitRule(failures=1, open_seconds=0.5, successes=1))
    breaker.failed(breaker.admit(0.0), 0.0)
    breaker.succeeded(breaker.admit(0.5))
    assert breaker.state == "closed"


# ── what an error tells ──────────────────────────────────────────────────────────────────────────────────────────────
def caused(error: DynamoDBError, cause: BaseException | None) -> DynamoDBError:
    error.__cause__ = cause
    return error


def unsent(error: Any) -> DynamoDBError:
    error.sent = False
    found: DynamoDBError = error
    return found


VERDICTS: list[tuple[BaseException | None, Verdict]] = [
    (error_from_wire(500, {"__type": "x#InternalServerError"}), "failed"),
    (error_from_wire(503, {"__type": "x#ServiceUnavailable"}), "failed"),
    (error_from_wire(502, None), "failed"),
    (error_from_wire(599, {"__type": "x#Unheard"}), "failed"),
    (InternalServerError(), "failed"),
    (ServiceUnavailable(), "failed"),
    (ConnectFailed(), "failed"),
    (ConnectionLost(), "failed"),
    (AttemptTimeout(), "failed"),
    (BadResponse(status=200), "failed"),
    (unsent(AttemptTimeout("all 64 connections are in use")), "nothing"),
    (unsent(ConnectionLost()), "failed"),
    (ClientClosed(), "nothing"),
    (error_from_wire(400, {"__type": "x#ConditionalCheckFailedException"}), "answered"),
    (error_from_wire(400, {"__type": "x#ValidationException"}), "answered"),
    (error_from_wire(400, {"__type": "x#ThrottlingException"}), "answered"),
    (error_from_wire(400, {"__type": "x#ResourceNotFoundException"}), "answered"),
    (error_from_wire(400, {"__type": "x#AccessDeniedException"}), "answered"),
    (error_from_wire(404, None), "answered"),
    (error_from_wire(429, None), "answered"),
    (TransactionCanceled(status=400), "answered"),
    (TransactionConflict(status=400), "answered"),
    (ProvisionedThroughputExceeded(status=400), "answered"),
    (ConditionFailed(status=400), "answered"),
    (ResourceNotFound(status=400), "answered"),
    (TokenExpired(status=400, data={"__type": "ExpiredTokenException"}), "answered"),
    (AccessDenied(status=403), "nothing"),  # of a source of credentials: the service's have its answer
    (AssumeRoleFailed(status=500), "nothing"),
    (CredentialsNotFound(), "nothing"),
    (ValidationError(), "nothing"),
    (ItemTooLarge(), "nothing"),
    (CircuitOpen(), "nothing"),
    (KeyboardInterrupt(), "nothing"),
    (RuntimeError(), "nothing"),
    (None, "nothing"),
    (DeadlineExceeded(), "nothing"),
    (caused(DeadlineExceeded(), AttemptTimeout()), "failed"),
    (caused(DeadlineExceeded(), unsent(AttemptTimeout())), "nothing"),
    (caused(DeadlineExceeded(), InternalServerError(status=500)), "failed"),
    (caused(DeadlineExceeded(), Throttling(status=400)), "answered"),
    (caused(AmbiguousWrite(), ConnectionLost()), "failed"),
    (caused(AmbiguousWrite(), ClientClosed()), "nothing"),
    (caused(AmbiguousWrite(), BadResponse(status=200)), "failed"),
]


@pytest.mark.parametrize(("error", "told"), VERDICTS, ids=repr)
def test_what_an_error_tells_of_the_endpoint(error: BaseException | None, told: Verdict) -> None:
    assert verdict(error) == told


# ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_defaults_are_those_of_the_documentation() -> None:
    assert CircuitRule() == CircuitRule(failures=5, open_seconds=30.0, successes=2)
    assert hash(CircuitRule()) == hash(CircuitRule(5))


@pytest.mark.parametrize("name", ["failures", "successes"])
@pytest.mark.parametrize("value", [0, -1, 1.0, True, None, "5"])
def test_numbers_of_calls_are_whole(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} is .* whole number of at least 1"):
        CircuitRule(**{name: value})


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), True, None, "30"])
def test_the_time_is_in_seconds(value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^open_seconds is .* number greater than 0"):
        CircuitRule(open_seconds=value)
