"""The declaration: what is refused between entities and the table, what it says of itself, its definitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from hashrange import (
    AccessPattern,
    ConfigurationError,
    DynamoDB,
    Entity,
    GlobalIndex,
    InvalidTable,
    LocalIndex,
    SingleTable,
)
from hashrange.patterns.single_table.entity import IndexTemplates

from .shop import ENTITIES, INDEXES, ORDERS, PRODUCTS, SHOP, USERS, Order, Product, User


@dataclass
class Note:
    id: str
    n: int
    day: str


@dataclass
class Keyed:
    """A model with a key attribute of the table for a field."""

    PK: str
    n: int
    day: str


@dataclass
class Other:
    id: str
    text: str


def entity(pk: str = "NOTE#{id}", sk: str | None = "X", **options: Any) -> Entity[Note]:
    return Entity(Note, pk=pk, sk=sk, **options)


# ── entities against each other ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("keys", "item", "readings"),
    [
        (("NOTE#{id}", "{text}"), "PK='NOTE#1', SK='X'", ["id='1'", "id='1', text='X'"]),
        (("#{id}", "X"), None, []),
        (("{id:*}", "X"), "PK='NOTE#1', SK='X'", ["id='1'", "id='NOTE#1'"]),
        (("NOTE#{id}", "X"), "PK='NOTE#1', SK='X'", ["id='1'"]),
        (("NOTE#{id}", "Y"), None, []),
        (("NOTES#{id}", "{text}"), None, []),
        (("NOTE#{id}#X", "X"), None, []),
    ],
)
def test_two_entities_that_could_be_one_item(keys: tuple[str, str], item: str | None, readings: list[str]) -> None:
    entities: list[Entity[Any]] = [entity(), Entity(Other, pk=keys[0], sk=keys[1])]
    if item is None:
        SingleTable("app", entities)
        return
    with pytest.raises(ConfigurationError) as refused:
        SingleTable("app", entities)
    message = refused.value.message
    assert message.startswith(f"entities 'Note' and 'Other' could both be the item {item}: Note (")
    assert all(reading in message for reading in readings)


def test_numbers_could_be_one_item() -> None:
    entities: list[Entity[Any]] = [Entity(Note, pk="{n}"), Entity(Order, pk="{id}")]
    with pytest.raises(ConfigurationError, match="could both be the item PK='1'"):
        SingleTable("app", entities, sort_key=None)


@pytest.mark.parametrize(
    ("entities", "reason"),
    [
        ((), "has no entities"),
        ((User,), "is no entity"),
        ((USERS, Entity(Note, pk="N#{id}", sk="X", name="User")), "two entities are named 'User'"),
        ((entity(), entity("OTHER#{id}", name="Other")), "'Note' and 'Other' have the same model"),
        (
            (entity("N#{id}", "{n}"), Entity(Product, pk="P#{sku}", sk="X")),
            "key attribute 'SK' is text here, and a number",
        ),
        ((entity("N#{id}", "A#{n}"),), "number 'n' would be sorted as text, 10 before 9"),
        ((entity("N#{id}", None),), "table 'app' has a sort key, and the entity gives none"),
        ((entity("N#{id}", indexes={"GSI9": ("A", "B")}),), "the table 'app' has no index 'GSI9'"),
        ((entity("N#{id}", indexes={"GSI1": "A"}),), r"'GSI1' has the keys \(GSI1PK, GSI1SK\), and 1 template"),
        ((entity("N#{id}", indexes={"LSI1": ("Q", "B")}),), "local index 'LSI1' has the table's partition key"),
        ((entity("N#{id}", indexes={"inverted": ("Y", "N#{id}")}),), "'SK' has the template 'X', too"),
        ((Entity(Note, pk="UNIQUE#{id:*}", sk="X"), USERS), "could be the key 'UNIQUE#User#email#1' of a guard"),
        ((entity("{n}", unique=("day",)),), "unique needs keys that are text"),
    ],
)
def test_refused_tables(entities: tuple[Any, ...], reason: str) -> None:
    indexes: dict[str, Any] = {**INDEXES, "LSI1": LocalIndex("LSISK"), "inverted": GlobalIndex("SK", "PK")}
    with pytest.raises(ConfigurationError, match=reason):
        SingleTable("app", entities, indexes=indexes)


def test_a_key_attribute_of_the_model_is_not_overwritten() -> None:
    with pytest.raises(ConfigurationError, match="'PK' is also a field of the model"):
        SingleTable("app", [Entity(Keyed, pk="NOTE#{PK}", sk="X")])
    SingleTable("app", [Entity(Keyed, pk="{PK}", sk="X")])
    with pytest.raises(ConfigurationError, match="the type attribute 'day' is a field"):
        SingleTable("app", [entity()], type_attribute="day")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"unique": "email"}, "unique is text"),
        ({"unique": ("nobody",)}, "unique names 'nobody'"),
        ({"indexes": {"GSI1": ("A", "B", "C")}}, "index 'GSI1' is given as"),
        ({"indexes": {"GSI1": ["A", "B"]}}, "index 'GSI1' is given as"),
        ({"indexes": {"GSI1": ("A", "{nobody}")}}, "no field 'nobody'"),
    ],
)
def test_refused_entities(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=f"entity 'User'.*{reason}"):
        Entity(User, pk="X", **options)


def test_a_table_without_sort_key() -> None:
    with pytest.raises(ConfigurationError, match="has no sort key, and the entity gives one"):
        SingleTable("app", [USERS], sort_key=None)


def test_a_number_without_order_is_said_to_be_one() -> None:
    SingleTable("app", [Entity(Order, pk="USER#{user_id}", sk="ORDER#{id:d}")])


@pytest.mark.parametrize(
    ("index", "templates"),
    [("LSI1", "DAY#{day}"), ("LSI1", ("NOTE#{id}", "DAY#{day}")), ("inverted", ("X", "NOTE#{id}")), ("by_n", "{n}")],
)
def test_indexes_with_keys_that_are_there_anyway(index: str, templates: IndexTemplates) -> None:
    indexes: dict[str, Any] = {
        "LSI1": LocalIndex("LSISK"),
        "inverted": GlobalIndex("SK", "PK"),
        "by_n": GlobalIndex("n"),
    }
    table = SingleTable("app", [entity(indexes={index: templates})], indexes=indexes)
    values, _ = table.layouts[0].to_item(Note("1", 5, "Mon"))
    extra = {"LSISK": "DAY#Mon"} if index == "LSI1" else {}
    assert values == {"PK": "NOTE#1", "SK": "X", "id": "1", "n": 5, "day": "Mon", **extra}


# ── what it says of itself ───────────────────────────────────────────────────────────────────────────────────────────
def test_the_access_patterns_as_a_table() -> None:
    small = SingleTable("shop", [USERS, PRODUCTS], indexes=INDEXES)
    assert str(small.describe()).splitlines() == [
        "entity   operation                       index    key condition",
        "───────  ──────────────────────────────  ───────  " + "─" * 57,
        'User     get, put, update, delete (id)   primary  PK = "USER#{id}" and SK = "PROFILE"',
        'User     query (email)                   GSI1     GSI1PK = "EMAIL#{email}" and begins_with(GSI1SK, "USER#")',
        'User     query (email, id)               GSI1     GSI1PK = "EMAIL#{email}" and GSI1SK = "USER#{id}"',
        "User     unique (email)                  primary  a guard, written with the item",
        'Product  get, put, update, delete (sku)  primary  PK = "PRODUCT#{sku}" and SK = "INFO"',
    ]


def test_the_access_patterns_of_ranges_and_collections() -> None:
    found = {one.operation: one for one in SHOP.describe() if one.entity == "OrderItem" or "," in one.entity}
    assert [one for one in found if one.startswith("query")] == [
        "query (user_id)",
        "query (user_id, order_id: a range)",
        "query (user_id, order_id)",
        "query (user_id, order_id, line: a range)",
    ]
    begin = 'PK = "USER#{user_id}" and '
    assert found["query (user_id, order_id)"].key_condition == begin + 'begins_with(SK, "ORDER#{order_id:08d}#ITEM#")'
    ranged = 'SK between "ORDER#{low:08d}" and "ORDER#{high:08d}"'
    assert found["query (user_id, order_id: a range)"].key_condition == begin + ranged
    assert found["collection"] == AccessPattern("User, Order, OrderItem", "collection", "primary", 'PK = "USER#{id}"')


def test_the_access_patterns_as_markdown() -> None:
    lines = SHOP.describe().markdown().splitlines()
    assert lines[0].startswith("| entity ")
    assert set(lines[1]) == {"|", "-", " "}
    assert len({len(line) for line in lines}) == 1
    assert len(lines) == len(SHOP.describe()) + 2
    piped = SingleTable("app", [Entity(Product, pk="P|{sku}", sk="X")]).describe()
    assert 'PK = "P\\|{sku}"' in piped.markdown()
    assert 'PK = "P|{sku}"' in str(piped)
    assert repr(piped) == "<AccessPatterns: 1>"


def test_access_patterns_of_numbers_and_simple_keys() -> None:
    numbers = SingleTable(
        "app", [Entity(Keyed, pk="{PK}", sk="{n}", indexes={"by_day": "{day}"})], indexes={"by_day": GlobalIndex("day")}
    ).describe()
    assert [(one.operation, one.index, one.key_condition) for one in numbers] == [
        ("get, put, update, delete (PK, n)", "primary", 'PK = "{PK}" and SK = {n}'),
        ("query (PK)", "primary", 'PK = "{PK}"'),
        ("query (PK, n: a value or a range)", "primary", 'PK = "{PK}" and SK = {n}, or between {low} and {high}'),
        ("query (day)", "by_day", 'day = "{day}"'),
    ]


# ── definitions ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_definition_of_the_table() -> None:
    table = SingleTable(
        "app",
        [Entity(Keyed, pk="{PK}", sk="{n}", indexes={"LSI1": "{day}"})],
        indexes={"LSI1": LocalIndex("day"), "GSI1": GlobalIndex("GSI1PK")},
        ttl_attribute="until",
    )
    request = {
        "TableName": "app",
        "AttributeDefinitions": [
            {"AttributeName": "PK", "AttributeType": "S"},
            {"AttributeName": "SK", "AttributeType": "N"},
            {"AttributeName": "day", "AttributeType": "S"},
            {"AttributeName": "GSI1PK", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "GSI1",
                "KeySchema": [{"AttributeName": "GSI1PK", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        "LocalSecondaryIndexes": [
            {
                "IndexName": "LSI1",
                "KeySchema": [
                    {"AttributeName": "PK", "KeyType": "HASH"},
                    {"AttributeName": "day", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    }
    assert table.create_table_request() == request
    ttl = {"TimeToLiveSpecification": {"AttributeName": "until", "Enabled": True}}
    assert table.cloudformation() == {"Type": "AWS::DynamoDB::Table", "Properties": {**request, **ttl}}
    assert table.create_table_request(name="app-dev") == {**request, "TableName": "app-dev"}


async def test_a_table_may_have_another_name_where_it_is_bound() -> None:
    async with DynamoDB.in_memory() as db:
        app = SHOP.bind(db, name="shop-dev")
        assert app.table.name == "shop-dev"
        await db.call("CreateTable", app.create_table_request())
        await app.entity(Product).put(Product("a", "A"))
        assert await app.entity(Product).get(sku="a") == Product("a", "A")
        assert app.cloudformation()["Properties"]["TableName"] == "shop-dev"
        assert app.describe() == SHOP.describe()
        with pytest.raises(InvalidTable):
            SHOP.bind(db, name="!")


def test_reprs_say_what_it_is() -> None:
    assert repr(SHOP) == "<SingleTable 'shop' of User, Order, OrderItem, Product>"
    assert repr(ORDERS) == "<Entity Order: pk='USER#{user_id}', sk='ORDER#{id:08d}'>"
    assert repr(ORDERS.pk) == "<Template 'USER#{user_id}' of Order>"
    assert len(ENTITIES) == len(SHOP.layouts)
