"""The error tree: its drawing, the wire table, context and redaction, texts, and pickling of every class."""

from __future__ import annotations

import builtins
import copy
import pickle
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from hashrange import errors
from hashrange.errors import (
    BY_CODE,
    AccessDenied,
    AmbiguousWrite,
    AuthenticationError,
    BatchError,
    CircuitOpen,
    ConditionalCheckError,
    ConditionFailed,
    ConfigurationError,
    ConnectFailed,
    DynamoDBError,
    IdempotentParameterMismatch,
    InternalServerError,
    InvalidRegion,
    ItemCollectionSizeLimitExceeded,
    NetworkError,
    ProvisionedThroughputExceeded,
    RequestLimitExceeded,
    ResourceNotFound,
    ServiceError,
    ServiceUnavailable,
    Throttling,
    ThroughputError,
    TokenExpired,
    TransactionCanceled,
    TransactionConflict,
    TransactionError,
    TransactionInProgress,
    TypeMismatch,
    ValidationError,
    all_errors,
    error_class,
    error_from_wire,
)
from hashrange.key import Key
from hashrange.types import BatchFailure


# ── the tree ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def drawn_tree() -> dict[str, set[str]]:
    """Family → members, as the module's docstring draws them."""
    assert errors.__doc__ is not None
    tree: dict[str, set[str]] = {}
    family = ""
    for line in errors.__doc__.splitlines():
        below = re.match(r"\s+│\s+└── (\w+)\s+(.*)", line)
        if below is not None:
            text = re.sub(r"\([^)]*\)", "", below[2])
            tree.setdefault(below[1], set()).update(name.strip() for name in text.split(","))
            continue
        match = re.match(r"\s+(├──|└──|│)\s+(.*)", line)
        if match is None:
            continue
        text = re.sub(r"\([^)]*\)", "", match[2])
        if match[1] == "├──":
            family, _, text = text.partition(" ")
        elif match[1] == "└──":
            family, text = "DynamoDBError", text.replace("·", ",")
        tree.setdefault(family, set()).update(name.strip() for name in text.split(",") if name.strip())
    return tree


def test_the_drawing_shows_exactly_the_classes_that_there_are() -> None:
    existing: dict[str, set[str]] = {}
    for cls in all_errors():
        for base in cls.__bases__:
            if issubclass(base, DynamoDBError):
                existing.setdefault(base.__name__, set()).add(cls.__name__)
    families = {name for name in existing if name != "DynamoDBError"}
    roots = existing.pop("DynamoDBError") - families
    assert drawn_tree() == {**existing, "DynamoDBError": roots}


def test_all_errors_lists_every_class_once_and_parents_first() -> None:
    defined = {each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, DynamoDBError)}
    listed = all_errors()
    assert len(listed) == len(set(listed))
    assert set(listed) == defined
    for position, cls in enumerate(listed):
        assert all(listed.index(base) < position for base in cls.__bases__ if issubclass(base, DynamoDBError))
    assert len(listed) > 40


def test_classes_of_others_are_not_listed() -> None:
    class Foreign(DynamoDBError):
        pass

    assert Foreign not in all_errors()


@pytest.mark.parametrize("cls", all_errors())
def test_every_class_says_what_it_means(cls: type[DynamoDBError]) -> None:
    assert cls.__doc__ is not None
    assert cls.__doc__[0].isupper()
    assert not hasattr(builtins, cls.__name__), "it would hide Python's own"
    assert issubclass(cls, Exception)


def test_a_type_mismatch_is_a_type_error_too() -> None:
    with pytest.raises(TypeError):
        raise TypeMismatch("x")
    also = {cls.__name__ for cls in all_errors() if issubclass(cls, (TypeError, ValueError, OSError, LookupError))}
    assert also == {"TypeMismatch"}


def test_a_transaction_conflict_belongs_to_both_families() -> None:
    assert issubclass(TransactionConflict, ConditionalCheckError)
    assert issubclass(TransactionConflict, TransactionError)


# ── the wire table ───────────────────────────────────────────────────────────────────────────────────────────────────
#: code → class, retryable, throttling; the table of the specification
WIRE_TABLE: dict[str, tuple[type[DynamoDBError], bool, bool]] = {
    "ProvisionedThroughputExceededException": (ProvisionedThroughputExceeded, True, True),
    "ThrottlingException": (Throttling, True, True),
    "ThrottledException": (Throttling, True, True),
    "RequestLimitExceeded": (RequestLimitExceeded, True, True),
    "InternalServerError": (InternalServerError, True, False),
    "InternalFailure": (InternalServerError, True, False),
    "ServiceUnavailable": (ServiceUnavailable, True, False),
    "ServiceUnavailableException": (ServiceUnavailable, True, False),
    "TransactionConflictException": (TransactionConflict, True, False),
    "ReplicatedWriteConflictException": (TransactionConflict, True, False),
    "TransactionInProgressException": (TransactionInProgress, True, False),
    "TransactionCanceledException": (TransactionCanceled, False, False),
    "IdempotentParameterMismatchException": (IdempotentParameterMismatch, False, False),
    "ConditionalCheckFailedException": (ConditionFailed, False, False),
    "ValidationException": (ValidationError, False, False),
    "SerializationException": (ValidationError, False, False),
    "ResourceNotFoundException": (ResourceNotFound, False, False),
    "AccessDeniedException": (AccessDenied, False, False),
    "UnrecognizedClientException": (AuthenticationError, False, False),
    "InvalidSignatureException": (AuthenticationError, False, False),
    "MissingAuthenticationToken": (AuthenticationError, False, False),
    "ExpiredTokenException": (TokenExpired, False, False),
    "ItemCollectionSizeLimitExceededException": (ItemCollectionSizeLimitExceeded, False, False),
}


@pytest.mark.parametrize("prefix", ["", "com.amazonaws.dynamodb.v20120810#", "com.amazon.coral.service#", "a#b#"])
@pytest.mark.parametrize("code", WIRE_TABLE)
def test_every_code_of_the_table(code: str, prefix: str) -> None:
    cls, retryable, throttling = WIRE_TABLE[code]
    for status in (400, 500, 503):
        error = error_from_wire(status, {"__type": prefix + code, "message": "why"})
        assert type(error) is cls
        assert (error.retryable, error.throttling) == (retryable, throttling)
        assert (error.code, error.message, error.status) == (code, "why", status)


def test_a_code_stands_on_one_class_only() -> None:
    codes = [code for cls in all_errors() for code in vars(cls).get("codes", ())]
    assert len(codes) == len(set(codes))
    assert set(BY_CODE) == set(codes)
    for code, cls in BY_CODE.items():
        assert code in vars(cls)["codes"], "codes are not inherited"


@pytest.mark.parametrize("cls", all_errors())
def test_retryable_and_throttling_are_facts_of_the_class(cls: type[DynamoDBError]) -> None:
    assert cls.throttling is issubclass(cls, ThroughputError)
    retryable = (ThroughputError, NetworkError, InternalServerError, ServiceUnavailable)
    conflicts = (TransactionConflict, TransactionInProgress)
    assert cls.retryable is (issubclass(cls, (*retryable, *conflicts)) and cls is not errors.ClientClosed)


@pytest.mark.parametrize(
    ("code", "status", "cls"),
    [
        ("BrandNewException", 400, ServiceError),
        ("BrandNewException", 404, ServiceError),
        ("BrandNewException", 500, InternalServerError),
        ("BrandNewException", 502, InternalServerError),
        ("BrandNewException", 503, ServiceUnavailable),
        ("BrandNewException", 504, InternalServerError),
        (None, 400, ServiceError),
        (None, 500, InternalServerError),
        (None, 503, ServiceUnavailable),
        (None, 429, Throttling),
        (None, 301, ServiceError),
        ("validationexception", 400, ServiceError),
    ],
)
def test_an_unknown_code_falls_to_the_class_of_its_status(
    code: str | None, status: int, cls: type[DynamoDBError]
) -> None:
    assert error_class(code, status) is cls
    assert error_class("" if code is None else code.lower(), status) is cls
    answer = {"message": "why", "Extra": [1]} if code is None else {"__type": code, "message": "why", "Extra": [1]}
    error = error_from_wire(status, answer)
    assert type(error) is cls
    assert error.code == code
    assert error.message == "why"
    assert error.data == answer, "what is not understood is kept"


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        ({"__type": "x#ValidationException", "Message": "upper"}, "ValidationException", "upper"),
        ({"code": "ValidationException"}, "ValidationException", "ValidationException"),
        ({"__type": "x#ValidationException", "message": ""}, "ValidationException", "ValidationException"),
        ({"__type": "x#ValidationException", "message": None}, "ValidationException", "ValidationException"),
        ({"__type": "x#ValidationException", "message": 5}, "ValidationException", "ValidationException"),
        ({"__type": 5, "message": "m"}, None, "m"),
        ({}, None, "the service answered with HTTP status 400"),
        ({"__type": "x#"}, None, "the service answered with HTTP status 400"),
        ([1], None, "the service answered with HTTP status 400"),
        ("text", None, "the service answered with HTTP status 400"),
        (None, None, "the service answered with HTTP status 400"),
    ],
)
def test_odd_answers(answer: Any, code: str | None, message: str) -> None:
    error = error_from_wire(400, answer)
    assert (error.code, error.message) == (code, message)
    assert error.data == (answer if isinstance(answer, dict) else {})


def test_an_unauthenticated_answer_is_no_validation_error() -> None:
    assert error_from_wire(403, {"__type": "x#IncompleteSignature", "Message": "m"}).__class__ is AuthenticationError
    assert BY_CODE["ExpiredToken"] is TokenExpired


# ── attributes, context, redaction ───────────────────────────────────────────────────────────────────────────────────
EVERYTHING: dict[str, Any] = {
    "table": "app",
    "operation": "PutItem",
    "key": Key("USER#1", "PROFILE"),
    "code": "SomeException",
    "data": {"Item": {"PK": {"S": "USER#1"}}},
    "status": 400,
    "request_id": "REQ1",
    "attempts": 3,
    "elapsed": 1.25,
    "hint": "do something",
}


def test_defaults() -> None:
    error = DynamoDBError()
    assert vars(error) == {
        "message": "",
        "table": None,
        "operation": None,
        "key": None,
        "code": None,
        "data": {},
        "status": 0,
        "request_id": None,
        "attempts": 0,
        "elapsed": 0.0,
        "maybe_applied": False,
        "hint": None,
    }
    assert ConditionFailed().item is None
    assert CircuitOpen().retry_at == 0.0
    assert BatchError().failed == ()
    assert NetworkError().sent is True
    assert ConnectFailed().sent is False


def test_data_is_a_copy() -> None:
    answer = {"a": 1}
    error = DynamoDBError(data=answer)
    answer["a"] = 2
    assert error.data == {"a": 1}


def test_context_fills_what_is_not_known_and_nothing_else() -> None:
    error = ValidationError("m", table="mine", attempts=2)
    same = error.with_context(table="other", operation="GetItem", key=Key("a"), request_id="R", attempts=5, elapsed=0.5)
    assert same is error
    assert (error.table, error.attempts) == ("mine", 2)
    assert (error.operation, error.key, error.request_id, error.elapsed) == ("GetItem", Key("a"), "R", 0.5)
    with pytest.raises(AttributeError):
        error.with_context(tabel="x")


@pytest.mark.parametrize("cls", all_errors())
def test_redaction_drops_user_data_and_keeps_the_rest(cls: type[DynamoDBError]) -> None:
    error = cls("m", **EVERYTHING)
    if isinstance(error, ConditionFailed):
        error.item = {"PK": "USER#1", "secret": "hunter2"}
    if isinstance(error, BatchError):
        error.failed = (
            BatchFailure("put", "app", Key("USER#1"), {"PK": "USER#1", "secret": "hunter2"}, DynamoDBError("m"), 1),
        )
    assert error.redact() is error
    assert error.key is None
    assert error.data == {}
    assert "hunter2" not in repr(vars(error))
    assert "USER#1" not in repr(vars(error))
    assert (error.table, error.operation, error.code, error.request_id) == ("app", "PutItem", "SomeException", "REQ1")


def test_reasons() -> None:
    throttled = Throttling(data={"ThrottlingReasons": [{"reason": "KeyRangeThroughputExceeded", "resource": "arn"}]})
    assert throttled.reasons == [{"reason": "KeyRangeThroughputExceeded", "resource": "arn"}]
    assert Throttling(data={"throttlingReasons": [{"reason": "r"}]}).reasons == [{"reason": "r"}]
    canceled = TransactionCanceled(data={"CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}]})
    assert [reason.code.value for reason in canceled.reasons] == ["none", "conflict"]
    for damaged in ({}, {"CancellationReasons": "x", "ThrottlingReasons": "x"}, {"ThrottlingReasons": None}):
        assert Throttling(data=damaged).reasons == []
        assert TransactionCanceled(data=damaged).reasons == []


# ── texts ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("error", "text"),
    [
        (DynamoDBError(), "DynamoDBError"),
        (BatchError(), "BatchError"),
        (ValidationError("it is wrong"), "it is wrong"),
        (ValidationError("wrong", operation="GetItem"), "wrong [GetItem]"),
        (ValidationError("wrong", table="app"), "wrong [call on table 'app']"),
        (ValidationError("wrong", table="app", operation="GetItem"), "wrong [GetItem on table 'app']"),
        (ValidationError("wrong", attempts=1, elapsed=3.0), "wrong"),
        (ValidationError("wrong", hint="do this"), "wrong. Hint: do this"),
        (ResourceNotFound("no", hint=""), "no"),
        (ResourceNotFound("no"), "no. Hint: check the table's name, the region and the endpoint"),
        (ResourceNotFound(operation="Scan", hint=""), "ResourceNotFound [Scan]"),
        (
            Throttling("slow", **{**EVERYTHING, "hint": "wait"}),
            "slow [PutItem on table 'app', SomeException, 3 attempts in 1.25 s, request REQ1]. Hint: wait",
        ),
        (
            InternalServerError("x", attempts=2, elapsed=0.123456, request_id="R"),
            "x [2 attempts in 0.123 s, request R]",
        ),
    ],
)
def test_str_is_a_sentence_with_context_and_hint(error: DynamoDBError, text: str) -> None:
    assert str(error) == text
    assert repr(error) == f"{type(error).__name__}({text!r})"


@pytest.mark.parametrize("cls", all_errors())
def test_no_text_shows_key_item_or_answer(cls: type[DynamoDBError]) -> None:
    error = cls("m", **{**EVERYTHING, "key": Key("hunter2", b"hunter2"), "data": {"Item": {"x": {"S": "hunter2"}}}})
    if isinstance(error, ConditionFailed):
        error.item = {"x": "hunter2"}
    assert "hunter2" not in str(error) + repr(error)
    assert "PutItem on table 'app'" in str(error)


@pytest.mark.parametrize("cls", all_errors())
def test_hints_are_advice(cls: type[DynamoDBError]) -> None:
    error = cls("m")
    assert error.hint == cls.default_hint
    assert cls("m", hint="mine").hint == "mine"
    if cls.default_hint is not None:
        assert len(cls.default_hint) > 20
        assert not cls.default_hint.endswith(".")
        assert str(error) == f"m. Hint: {cls.default_hint}"


@pytest.mark.parametrize("cls", [AuthenticationError, ThroughputError, AmbiguousWrite, ResourceNotFound, AccessDenied])
def test_errors_that_people_meet_at_night_have_a_hint(cls: type[DynamoDBError]) -> None:
    assert cls.default_hint


# ── pickling ─────────────────────────────────────────────────────────────────────────────────────────────────────────
EXTRAS: dict[type[DynamoDBError], dict[str, Any]] = {
    ConditionFailed: {"item": {"PK": "a", "n": 1}},
    CircuitOpen: {"retry_at": 12.5},
    BatchError: {"failed": (("put", {"PK": "a"}),)},
    NetworkError: {"sent": False},
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("cls", all_errors())
def test_every_error_pickles_with_all_that_it_knows(cls: type[DynamoDBError], protocol: int) -> None:
    error = cls("what happened", **EVERYTHING)
    for known, extras in EXTRAS.items():
        if issubclass(cls, known):
            for name, value in extras.items():
                setattr(error, name, value)
    error.add_note("seen by somebody")
    for again in (pickle.loads(pickle.dumps(error, protocol)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is cls
        assert vars(again) == vars(error)
        assert again.args == error.args == ("what happened",)
        assert str(again) == str(error)
        assert (again.retryable, again.throttling) == (cls.retryable, cls.throttling)


class OwnSubclass(InvalidRegion):
    """A user's own class, with another signature."""

    def __init__(self, number: int) -> None:
        super().__init__(f"number {number}", table="app")
        self.number = number


def test_a_users_own_subclass_pickles_too() -> None:
    again = pickle.loads(pickle.dumps(OwnSubclass(7)))
    assert type(again) is OwnSubclass
    assert (again.number, again.table, again.message) == (7, "app", "number 7")
    assert isinstance(again, ConfigurationError)


def test_the_module_needs_the_standard_library_and_the_words_of_values_only() -> None:
    source = Path(errors.__file__).read_text(encoding="utf-8")
    imports = re.findall(r"^(?:from|import) (\S+)", source, re.MULTILINE)
    assert {name for name in imports if name.split(".")[0] not in sys.stdlib_module_names} == {".types"}
