"""The simulator's expression language beside DynamoDB Local's: the same texts on the same items, the same answers.

What is known to differ is data, each with its reason, and is shown to differ still.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Context, Decimal
from http.client import HTTPConnection
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hashrange.simulator import expression_messages, messages, read_messages
from hashrange.simulator.errors import ApiError
from hashrange.simulator.language.apply_update import apply_update
from hashrange.simulator.language.check import check_condition, check_projection, check_update
from hashrange.simulator.language.evaluate import predicate
from hashrange.simulator.language.key_condition import check_partition_condition, check_sort_condition, key_conditions
from hashrange.simulator.language.placeholders import Placeholders
from hashrange.simulator.language.project import projector
from hashrange.simulator.values import canonical_item
from tests.property.expression_texts import NAMES, VALUES, Texts, used

TABLE = "Expressions"
KEY = {"pk": {"S": "k"}, "sk": {"S": "s"}}
LATE = {
    expression_messages.OPERAND_MISSING,
    expression_messages.OPERAND_TYPE_WRONG,
    expression_messages.UPDATE_PATH_INVALID,
}


class Outcome(NamedTuple):
    """What an expression did to an item: a result, or the message of an error."""

    result: Any = None
    error: str | None = None


class Case(NamedTuple):
    """An expression of one kind on an item."""

    kind: str
    text: str
    item: dict[str, Any]
    values: dict[str, dict[str, Any]] = VALUES

    @property
    def parameters(self) -> dict[str, Any]:
        """Names and values of a request: only those that stand in the text."""
        names, values = used(NAMES, self.text), used(self.values, self.text)
        given = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
        return {name: placeholders for name, placeholders in given.items() if placeholders}


# ── the two ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def simulated(case: Case) -> Outcome:
    """What the simulator's language answers."""
    values = canonical_item(used(case.values, case.text))
    placeholders = Placeholders(used(NAMES, case.text), values)
    try:
        result = _SIMULATED[case.kind](case.text, placeholders, canonical_item({**KEY, **case.item}))
        unused = placeholders.unused()
    except ApiError as error:
        return Outcome(error=error.message)
    return Outcome(result) if unused is None else Outcome(error=unused)


def _key_condition(text: str, placeholders: Placeholders, item: dict[str, Any]) -> None:
    checked = check_condition(text, placeholders, "KeyCondition")
    unused = placeholders.unused()
    if unused is not None:
        raise ApiError("ValidationException", unused)
    found = key_conditions(checked)
    if len(found) > 2:
        raise ApiError("ValidationException", read_messages.KEY_CONDITIONS_COUNT)
    check_partition_condition(found, "pk", "S", has_sort_key=True)
    check_sort_condition(found, "sk", "S")


_SIMULATED: dict[str, Callable[[str, Placeholders, dict[str, Any]], Any]] = {
    "condition": lambda text, placeholders, item: predicate(check_condition(text, placeholders))(item),
    "update": lambda text, placeholders, item: apply_update(check_update(text, placeholders), item),
    "projection": lambda text, placeholders, item: projector(check_projection(text, placeholders))(item),
    "key_condition": _key_condition,
}


class DynamoDBLocal:
    """DynamoDB Local, asked by raw requests: no client's code takes part."""

    def __init__(self, endpoint: str, access_key: str) -> None:
        self._connection = HTTPConnection(urlsplit(endpoint).netloc)
        self._authorization = (
            f"AWS4-HMAC-SHA256 Credential={access_key}/20200101/us-east-1/dynamodb/aws4_request, "
            "SignedHeaders=host, Signature=none"
        )

    def close(self) -> None:
        self._connection.close()

    def ask(self, operation: str, **request: Any) -> tuple[str, dict[str, Any]]:
        """The name of the error, or nothing, and the answer."""
        headers = {
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": self._authorization,
            "X-Amz-Date": "20200101T000000Z",
        }
        self._connection.request("POST", "/", json.dumps({"TableName": TABLE, **request}), headers)
        answer = json.loads(self._connection.getresponse().read())
        return answer.get("__type", "").rpartition("#")[2], answer

    def answer(self, case: Case) -> Outcome:
        """What an expression does to an item there."""
        item = {**KEY, **case.item}
        if case.kind != "key_condition":
            name, answer = self.ask("PutItem", Item=item)
            assert not name, answer
        name, answer = getattr(self, f"_{case.kind}")(case, item)
        if name == "ConditionalCheckFailedException":
            return Outcome(False)
        if name:
            assert name == "ValidationException", answer
            return Outcome(error=answer.get("Message") or answer.get("message"))
        return Outcome(_RESULT[case.kind](answer))

    def _condition(self, case: Case, item: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.ask("PutItem", Item=item, ConditionExpression=case.text, **case.parameters)

    def _update(self, case: Case, item: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.ask("UpdateItem", Key=KEY, UpdateExpression=case.text, ReturnValues="ALL_NEW", **case.parameters)

    def _projection(self, case: Case, item: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.ask("GetItem", Key=KEY, ProjectionExpression=case.text, **case.parameters)

    def _key_condition(self, case: Case, item: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.ask("Query", KeyConditionExpression=case.text, **case.parameters)


_RESULT: dict[str, Callable[[dict[str, Any]], Any]] = {
    "condition": lambda answer: True,
    "update": lambda answer: canonical_item(answer["Attributes"]),
    "projection": lambda answer: canonical_item(answer["Item"]),
    "key_condition": lambda answer: None,
}


@pytest.fixture(scope="module")
def local(dynamodb_local: str, worker_id: str) -> Iterator[DynamoDBLocal]:
    """With a table; each worker has one of its own."""
    server = DynamoDBLocal(dynamodb_local, f"expressions{worker_id}")
    keys = [("pk", "HASH"), ("sk", "RANGE")]
    name, answer = server.ask(
        "CreateTable",
        AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": "S"} for attribute, _ in keys],
        KeySchema=[{"AttributeName": attribute, "KeyType": role} for attribute, role in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    assert not name, answer
    yield server
    server.close()


# ── known differences ────────────────────────────────────────────────────────────────────────────────────────────────
class Difference(NamedTuple):
    """What DynamoDB Local does differently.

    Attributes:
        reason: why the simulator does not do it as well.
        example: a case that shows it.
        is_it: whether this is what makes two outcomes differ.
    """

    reason: str
    example: Case
    is_it: Callable[[Case, Outcome, Outcome], bool]


def _both_late(case: Case, ours: Outcome, theirs: Outcome) -> bool:
    return ours.error in LATE and theirs.error in LATE


def _other_pair(case: Case, ours: Outcome, theirs: Outcome) -> bool:
    return all("Two document paths" in (outcome.error or "") for outcome in (ours, theirs))


def _same_but(pattern: str, replacement: str = "") -> Callable[[Case, Outcome, Outcome], bool]:
    """Whether only some part of the message differs."""

    def is_it(case: Case, ours: Outcome, theirs: Outcome) -> bool:
        if ours.error is None or theirs.error is None:
            return False
        return re.sub(pattern, replacement, ours.error) == re.sub(pattern, replacement, theirs.error)

    return is_it


DIFFERENCES = [
    Difference(
        "observed before 2020, the service does not name the set of types",
        Case("update", "ADD a :s", {}),
        _same_but(r", typeSet: \w+"),
    ),
    Difference(
        "a printed set of types has no order that means anything",
        Case("condition", "attribute_type(a, s)", {}),
        _same_but(r"\{[A-Z]+(,[A-Z]+)+\}", "{types}"),
    ),
    Difference(
        "its lexer takes a value for a name after a dot, and it then fails with an internal error",
        Case("condition", "a.:s = :one", {}),
        lambda case, ours, theirs: re.search(r"\.\s*:\w", case.text) is not None,
    ),
    Difference(
        "it accepts these two reserved words as names",
        Case("condition", "size = :one", {}),
        lambda case, ours, theirs: (ours.error or "").lower().endswith(("keyword: size", "keyword: convert")),
    ),
    Difference(
        "which of several runtime errors is told depends on how it hashes the attributes' names",
        Case("update", "SET a = nope REMOVE m.s.s", {"m": {"M": {}}}),
        _both_late,
    ),
    Difference(
        "of three or more paths, the second that it names need not be one that meets the first",
        Case("projection", "b, a, a, b", {}),
        _other_pair,
    ),
    Difference(
        "observed at the service: the message names the key",
        Case("key_condition", "sk = :s", {}),
        _same_but(r"(missed key schema element): \w+", r"\1"),
    ),
    Difference(
        "the service refuses every nested path in a key condition in the same way, before it looks at the table's keys",
        Case("key_condition", "pk.a = :s", {}),
        lambda case, ours, theirs: (
            ours.error == read_messages.KEY_CONDITION_ON_NESTED
            and "Key attributes must be scalars" in (theirs.error or "")
        ),
    ),
    Difference(
        "observed at the service: the text of other numbers that are too long",
        Case("update", "SET n = n + :v", {"n": {"N": "1e38"}}, {":v": {"N": "0.1"}}),
        lambda case, ours, theirs: (
            ours.error == messages.NUMBER_TOO_LONG and "precision up to 38" in (theirs.error or "")
        ),
    ),
]


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.reason)
def test_a_known_difference_is_still_there(difference: Difference, local: DynamoDBLocal) -> None:
    case = difference.example
    ours, theirs = simulated(case), local.answer(case)
    assert ours != theirs
    assert difference.is_it(case, ours, theirs), (ours, theirs)


def compare(case: Case, local: DynamoDBLocal) -> None:
    ours, theirs = simulated(case), local.answer(case)
    if ours != theirs and not any(difference.is_it(case, ours, theirs) for difference in DIFFERENCES):
        raise AssertionError(f"{case.kind} {case.text!r} on {case.item}\n  simulator: {ours}\n  Local:     {theirs}")


# ── random expressions ───────────────────────────────────────────────────────────────────────────────────────────────
def made(kind: str, random: Random) -> Case:
    texts = Texts(random)
    text = getattr(texts, kind)()
    if random.randrange(100) < 30:
        text = texts.spoiled(text)
    return Case(kind, text, {} if kind == "key_condition" else texts.item())


@pytest.mark.parametrize("kind", ["condition", "update", "projection", "key_condition"])
@settings(deadline=None, max_examples=250)
@given(seed=st.integers(0, 2**32))
def test_random_expressions(kind: str, local: DynamoDBLocal, seed: int) -> None:
    case = made(kind, Random(seed))
    assume(case.text and not (kind == "projection" and used(VALUES, case.text)))
    compare(case, local)


digits = st.text("0123456789", min_size=1, max_size=40)
numbers = st.builds(
    lambda sign, left, right, exponent: f"{sign}{left}.{right}e{exponent}",
    st.sampled_from(["", "-"]),
    digits,
    digits,
    st.one_of(st.integers(-3, 3), st.integers(-135, 130)),
)


def _is_storable(text: str) -> bool:
    """Whether a number is one of DynamoDB's: what cannot be stored is not about expressions."""
    _, all_digits, exponent = Context(prec=100).normalize(Decimal(text)).as_tuple()
    assert isinstance(exponent, int)
    return len(all_digits) <= 38 and -130 <= len(all_digits) + exponent - 1 <= 125


@settings(deadline=None, max_examples=150)
@given(stored=numbers.filter(_is_storable), operand=numbers.filter(_is_storable))
@pytest.mark.parametrize("text", ["SET n = n + :v", "SET n = n - :v", "ADD n :v", "n < :v", "n = :v"])
def test_random_numbers(text: str, local: DynamoDBLocal, stored: str, operand: str) -> None:
    kind = "update" if "n +" in text or "n -" in text or "ADD" in text else "condition"
    compare(Case(kind, text, {"n": {"N": stored}}, {":v": {"N": operand}}), local)
