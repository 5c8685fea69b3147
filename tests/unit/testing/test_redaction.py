"""What is redacted in requests and answers, and that stand-ins are always the same, and say nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hashrange import Attr, ConfigurationError, DynamoDB, Key, Update
from hashrange.testing.redaction import Redaction, is_attribute_value, stand_in
from hashrange.wire.transport import Request
from tests.fakes import FakeTransport, answer, client

SECRET = "ada@example.org"
HIDDEN = stand_in({"S": SECRET})


def redacted(request: Any, given: Any = None, redact: Any = ("email",)) -> tuple[Any, Any]:
    return Redaction(redact).exchange(request, given)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"S": "x"}, {"S": "redacted-"}),
        ({"S": ""}, {"S": "redacted-"}),
        ({"N": "42"}, {"N": "999999"}),
        ({"B": "eA=="}, {"B": "cmVkYWN0ZWQt"}),
        ({"B": "not base64"}, {"B": "cmVkYWN0ZWQt"}),
    ],
)
def test_a_stand_in_has_the_type_and_nothing_else(value: Any, expected: Any) -> None:
    ((kind, start),) = expected.items()
    new = stand_in(value)
    assert new.keys() == {kind}
    assert new[kind].startswith(start)
    assert stand_in(new) == new, "an answer's stand-in comes back in the next request"
    assert stand_in(value) == new


def test_stand_ins_of_what_holds_others() -> None:
    value = {"M": {"a": {"L": [{"S": SECRET}, {"BOOL": True}, {"NULL": True}]}, "b": {"SS": ["y", "x"]}}}
    new = stand_in(value)
    assert new["M"]["a"]["L"] == [HIDDEN, {"BOOL": False}, {"NULL": True}]
    assert len(new["M"]["b"]["SS"]) == 2
    assert stand_in(new) == new
    assert stand_in({"NS": ["1"]}) == {"NS": [stand_in({"N": "1"})["N"]]}


@pytest.mark.parametrize(
    "request_",
    [
        {"Item": {"PK": {"S": "a"}, "email": {"S": SECRET}}},
        {"Key": {"email": {"S": SECRET}}},
        {"Item": {"profile": {"M": {"all": {"L": [{"M": {"email": {"S": SECRET}}}]}}}}},
        {"Item": {"email": {"M": {"work": {"S": SECRET}}}}},
        {"Item": {"email": {"SS": ["x", SECRET]}}},
        {"RequestItems": {"app": [{"PutRequest": {"Item": {"email": {"S": SECRET}}}}]}},
        {"RequestItems": {"app": {"Keys": [{"email": {"S": SECRET}}]}}},
        {"TransactItems": [{"Put": {"TableName": "app", "Item": {"email": {"S": SECRET}}}}]},
        {"Expected": {"email": {"Value": {"S": SECRET}, "Exists": True}}},
        {"Expected": {"email": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": SECRET}]}}},
        {"AttributeUpdates": {"email": {"Action": "PUT", "Value": {"S": SECRET}}}},
        {"KeyConditions": {"email": {"AttributeValueList": [{"S": SECRET}], "ComparisonOperator": "EQ"}}},
        {
            "UpdateExpression": "SET #n0 = :v0",
            "ExpressionAttributeNames": {"#n0": "email"},
            "ExpressionAttributeValues": {":v0": {"S": SECRET}},
        },
        {"FilterExpression": "contains(profile.email, :e)", "ExpressionAttributeValues": {":e": {"S": SECRET}}},
        {
            "TransactItems": [
                {"Update": {"UpdateExpression": "SET email = :v", "ExpressionAttributeValues": {":v": {"S": SECRET}}}}
            ]
        },
        {
            "UpdateExpression": "SET profile = :v",
            "ExpressionAttributeValues": {":v": {"M": {"email": {"S": SECRET}}}},
        },
        {"Statement": "SELECT * FROM app WHERE email = ?", "Parameters": [{"S": SECRET}]},
        {"Statement": f"SELECT * FROM app WHERE email = '{SECRET}'"},
        {"ExclusiveStartKey": {"email": {"S": SECRET}}},
    ],
)
def test_an_attribute_is_found_wherever_it_is(request_: Any) -> None:
    new, _ = redacted(request_)
    text = msgspec.json.encode(new).decode()
    assert SECRET not in text
    assert "redacted-" in text
    assert redacted(new)[0] == new
    assert new.keys() == request_.keys()


def test_all_else_stays() -> None:
    request = {
        "TableName": "email",
        "Item": {"PK": {"S": SECRET}, "email": {"S": SECRET}},
        "ExpressionAttributeNames": {"#e": "name"},
        "ConditionExpression": "#e = :v",
        "ExpressionAttributeValues": {":v": {"S": "x"}},
        "Limit": 3,
    }
    assert redacted(request)[0] == {**request, "Item": {"PK": {"S": SECRET}, "email": HIDDEN}}


def test_answers_are_redacted_alike_and_so_are_their_texts() -> None:
    request = {"Item": {"email": {"S": SECRET}, "n": {"N": "x1"}}}
    given = {
        "Items": [{"email": {"S": SECRET}, "PK": {"S": "a"}}],
        "LastEvaluatedKey": {"email": {"S": SECRET}},
        "message": f"The value {SECRET} is bad, and x1",
        "CancellationReasons": [{"Code": "X", "Message": SECRET, "Item": {"email": {"S": SECRET}}}],
    }
    _, new = redacted(request, given, ["email", "n"])
    assert SECRET not in str(new)
    assert new["Items"] == [{"email": HIDDEN, "PK": {"S": "a"}}]
    assert new["message"] == f"The value {HIDDEN['S']} is bad, and {stand_in({'N': 'x1'})['N']}"


def test_the_numbers_of_a_search_have_a_name_of_their_own() -> None:
    request = {"TableName": "products", "IndexName": "by_meaning", "SearchVector": [{"N": "0.25"}, {"N": "0.5"}]}
    found = {"SearchResults": [{"Item": {"id": {"S": "1"}, "embedding": {"L": [{"N": "0.25"}, {"N": "0.5"}]}}}]}
    sent, got = redacted(request, found, ["embedding", "SearchVector"])
    hidden = [stand_in({"N": "0.25"}), stand_in({"N": "0.5"})]
    assert sent == {**request, "SearchVector": hidden}
    assert got["SearchResults"][0]["Item"] == {"id": {"S": "1"}, "embedding": {"L": hidden}}
    assert redacted(request, redact=["embedding"])[0] == request
    assert redacted({"SearchVector": "nonsense"}, redact=["SearchVector"])[0] == {"SearchVector": "nonsense"}


def test_a_function_chooses_by_name_and_value() -> None:
    def choose(name: str, value: Any) -> Any:
        return {"S": "somebody"} if name == "email" and value != {"S": "public"} else value

    assert redacted({"Item": {"email": {"S": SECRET}, "x": {"S": "1"}}}, redact=choose)[0] == {
        "Item": {"email": {"S": "somebody"}, "x": {"S": "1"}}
    }
    assert redacted({"Item": {"email": {"S": "public"}}}, redact=choose)[0] == {"Item": {"email": {"S": "public"}}}
    request = {"FilterExpression": "email = :v", "ExpressionAttributeValues": {":v": {"S": SECRET}}}
    assert redacted(request, redact=choose)[0]["ExpressionAttributeValues"] == {":v": {"S": "somebody"}}


def test_a_function_must_give_values_in_wire_shape() -> None:
    with pytest.raises(ConfigurationError, match="redact gave no value in wire shape for 'email'"):
        redacted({"Item": {"email": {"S": "x"}}}, redact=lambda name, value: "***")


@pytest.mark.parametrize("redact", ["email", set(), [""], [1], 7])
def test_redact_is_names_or_a_function(redact: Any) -> None:
    with pytest.raises(ConfigurationError, match="redact is"):
        Redaction(redact)


def test_nothing_is_redacted_unless_it_is_asked_for() -> None:
    request = {"Item": {"email": {"S": SECRET}}}
    assert Redaction(None).exchange(request, None) == (request, None)
    assert not Redaction(None).is_on


@pytest.mark.parametrize(
    "value", [{}, {"S": 1}, {"S": "a", "N": "1"}, {"X": "a"}, {"M": {"a": 1}}, {"L": ["a"]}, {"SS": [1]}, [], "S", None]
)
def test_what_is_no_value_in_wire_shape(value: Any) -> None:
    assert not is_attribute_value(value)


async def test_the_clients_own_requests_are_redacted() -> None:
    async def requests(db: DynamoDB) -> None:
        app = db.table("app")
        await app.put_item({"PK": "a", "SK": "b", "email": SECRET})
        await app.update_item(Key("a", "b"), Update().set("email", SECRET), condition=Attr("email") != SECRET)
        await app.delete_item(Key("a", "b"), condition=Attr("profile", "email") == SECRET)
        await app.scan(filter=Attr("email").is_in([SECRET])).all()

    transport = FakeTransport(answer(), repeat=True)
    await requests(client(transport))
    bodies: list[Request] = transport.requests
    assert len(bodies) == 4
    for each in bodies:
        assert SECRET in each.body.decode()
        assert SECRET not in str(redacted(msgspec.json.decode(each.body))[0])
