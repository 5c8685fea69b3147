"""SearchVectors: what it finds, what it answers of it, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulated_vectors import INVALID, PRODUCTS, SCHEMA, VECTORS, World, numbers, vector, vector_index

NO_INDEX = "The table does not have the specified index: "
IN_CONDITION = "Invalid SearchConditionExpression: "


@pytest.fixture
def plain() -> World:
    """An index without a search schema."""
    world = World(vector_index())
    for key, values in {"same": (1, 0, 0), "long": (10, 0, 0), "near": (1, 1, 0), "far": (-1, 0, 0)}.items():
        world.put(key, *values, title=key)
    world.put("bare")
    return world


@pytest.fixture
def shop() -> World:
    """An index by category, filtered by brand."""
    world = World(vector_index(schema=SCHEMA))
    world.put("a", 1, 0, 0, category="c", brand="x")
    world.put("b", 0, 1, 0, category="c", brand="y")
    world.put("c", 1, 0, 0, category="other", brand="x")
    world.put("d", 0, 0, 1, category="c")
    return world


def search(**changes: Any) -> dict[str, Any]:
    """A request; None takes a member away."""
    request = {"TableName": PRODUCTS, "IndexName": VECTORS, "SearchVector": numbers(1, 0, 0), "TopK": 5} | changes
    return {name: value for name, value in request.items() if value is not None}


# ── what is found ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_most_similar_come_first(plain: World) -> None:
    assert plain.found(1, 0, 0)[2:] == ["near", "far"]
    assert sorted(plain.found(1, 0, 0)[:2]) == ["long", "same"]
    assert plain.found(1, 1, 0, TopK=1) == ["near"]


@pytest.mark.parametrize(
    ("function", "order", "scores"),
    [
        ("COSINE", None, {"same": 0.0, "long": 0.0, "far": 2.0}),
        ("EUCLIDEAN", ["same", "near", "far", "long"], {"same": 0.0, "near": 1.0, "far": 2.0, "long": 9.0}),
        ("DOT_PRODUCT", None, {"long": 10.0, "same": 1.0, "near": 1.0, "far": -1.0}),
    ],
)
def test_scores_go_by_the_distance_function(function: str, order: list[str] | None, scores: dict[str, float]) -> None:
    world = World(vector_index(DistanceFunction=function))
    for key, values in {"same": (1, 0, 0), "long": (10, 0, 0), "near": (1, 1, 0), "far": (-1, 0, 0)}.items():
        world.put(key, *values)
    assert scores.items() <= world.scores(1, 0, 0).items()
    assert order is None or world.found(1, 0, 0) == order


def test_the_best_of_dot_products_is_the_largest() -> None:
    world = World(vector_index(DistanceFunction="DOT_PRODUCT"))
    for at in range(5):
        world.put(str(at), at, 0, 0)
    assert world.found(1, 0, 0, TopK=2) == ["4", "3"]


def test_ties_come_in_the_same_order_however_they_were_written() -> None:
    orders = []
    for keys in ("abcdef", "fedcba"):
        world = World(vector_index())
        for key in keys:
            world.put(key, 1, 2, 3)
        orders.append(world.found(1, 2, 3))
    assert orders[0] == orders[1]
    assert sorted(orders[0]) == list("abcdef")


def test_the_search_vector_has_32_bits_as_well() -> None:
    world = World(vector_index(DistanceFunction="EUCLIDEAN"))
    world.put("a", "0.1", 0, 0)
    assert world.scores("0.1000000001", 0, 0) == {"a": 0.0}


def test_a_partition_is_searched_alone(shop: World) -> None:
    assert shop.found(1, 0, 0, condition="category = :c", c="c") in (["a", "b", "d"], ["a", "d", "b"])
    assert shop.found(1, 0, 0, condition=":c = category", c="other") == ["c"]
    assert shop.found(1, 0, 0, condition="category = :c", c="nowhere") == []


def test_filters_leave_what_matches(shop: World) -> None:
    assert shop.found(0, 1, 0, condition="category = :c AND brand = :b", c="c", b="x") == ["a"]
    assert shop.found(0, 1, 0, condition="(brand = :b) AND category = :c", c="c", b="y") == ["b"]
    assert shop.found(0, 1, 0, condition="category = :c AND brand = :b", c="c", b="none") == []


def test_contradictions_match_nothing(shop: World) -> None:
    both = "category = :c AND category = :d"
    assert shop.found(1, 0, 0, condition=both, c="c", d="other") == []
    assert len(shop.found(1, 0, 0, condition=both, c="c", d="c")) == 3
    assert shop.found(1, 0, 0, condition="category = :c AND brand = :x AND brand = :y", c="c", x="x", y="y") == []


def test_filters_alone_need_no_partition() -> None:
    world = World(vector_index(schema={"brand": "INLINE_FILTER"}))
    world.put("a", 1, 0, 0, brand="x")
    world.put("b", 1, 0, 0, brand="y")
    assert sorted(world.found(1, 0, 0)) == ["a", "b"]
    assert world.found(1, 0, 0, condition="brand = :b", b="y") == ["b"]


def test_numbers_are_compared_by_value() -> None:
    world = World(
        vector_index(schema={"edition": "HASH", "pages": "INLINE_FILTER"}), types={"edition": "N", "pages": "N"}
    )
    item = {"id": {"S": "a"}, "edition": {"N": "2026.0"}, "pages": {"N": "0.50"}, "embedding": vector(1, 0, 0)}
    world.do("PutItem", TableName=PRODUCTS, Item=item)
    values = {":e": {"N": "2.026e3"}, ":p": {"N": "5e-1"}}
    condition = "edition = :e AND pages = :p"
    assert world.found(1, 0, 0, condition=condition, ExpressionAttributeValues=values) == ["a"]


# ── what is answered ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_everything_projected_but_the_vector_is_answered(plain: World) -> None:
    (result,) = plain.search(-1, 0, 0, TopK=1)["SearchResults"]
    assert result == {"Item": {"id": {"S": "far"}, "title": {"S": "far"}}, "Score": 0.0}


@pytest.mark.parametrize(
    ("projection", "attributes"),
    [
        ({"ProjectionType": "KEYS_ONLY"}, {"id", "category", "brand"}),
        ({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]}, {"id", "category", "brand", "title"}),
        ({"ProjectionType": "ALL"}, {"id", "category", "brand", "title", "price"}),
    ],
)
def test_projections(projection: dict[str, Any], attributes: set[str]) -> None:
    world = World(vector_index(schema=SCHEMA, Projection=projection))
    world.put("a", 1, 0, 0, category="c", brand="x", title="t", price="p")
    (result,) = world.search(1, 0, 0, condition="category = :c", c="c")["SearchResults"]
    assert result["Item"].keys() == attributes
    chosen = {"ProjectionExpression": "id, price, embedding"}
    (result,) = world.search(1, 0, 0, condition="category = :c", c="c", **chosen)["SearchResults"]
    assert result["Item"].keys() == {"id", "embedding"} | ({"price"} & attributes)


def test_a_projection_expression_chooses(plain: World) -> None:
    names = {"#t": "title"}
    (result,) = plain.search(-1, 0, 0, TopK=1, ProjectionExpression="#t", ExpressionAttributeNames=names)[
        "SearchResults"
    ]
    assert result["Item"] == {"title": {"S": "far"}}


def test_a_vector_that_is_asked_for_has_32_bits() -> None:
    world = World(vector_index())
    world.put("a", "0.123456789012", "0.5", "-2")
    (result,) = world.search(1, 0, 0, ProjectionExpression="embedding")["SearchResults"]
    assert result["Item"] == {"embedding": vector("0.12345679", "0.5", "-2")}
    (result,) = world.search(1, 0, 0, ProjectionExpression="embedding[0]")["SearchResults"]
    assert result["Item"] == {"embedding": vector("0.12345679")}
    key = {"id": {"S": "a"}}
    stored = world.do("GetItem", TableName=PRODUCTS, Key=key, ProjectionExpression="embedding")["Item"]
    assert stored["embedding"] == vector("0.123456789012", "0.5", "-2")


def test_answers_end_at_16_megabytes() -> None:
    world = World(vector_index())
    for at in range(45):
        world.put(f"{at:02}", 1, at, 0, title="x" * 390_000)
    found = world.found(1, 0, 0)
    assert found == [f"{at:02}" for at in range(43)]
    assert len(world.found(1, 0, 0, ProjectionExpression="id")) == 45


# ── capacity ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("mode", ["TOTAL", "INDEXES"])
def test_capacity_is_bytes(plain: World, mode: str) -> None:
    answer = plain.search(1, 0, 0, ReturnConsumedCapacity=mode)
    assert answer["ConsumedCapacity"] == {"VectorSearchRequestBytes": 1024.0}


def test_no_capacity_unless_it_is_asked_for(plain: World) -> None:
    assert plain.search(1, 0, 0).keys() == plain.search(1, 0, 0, ReturnConsumedCapacity="NONE").keys()
    assert plain.search(1, 0, 0).keys() == {"SearchResults"}


def test_capacity_grows_with_the_logarithm_of_the_index() -> None:
    world = World(vector_index(Dimensions=256))
    seen = []
    for count in (31, 63, 127):
        for at in range(count):
            world.put(str(at), *[at + 1] * 256)
        answer = world.search(*[1] * 256, TopK=1, ReturnConsumedCapacity="TOTAL", ProjectionExpression="nothing")
        seen.append(answer["ConsumedCapacity"]["VectorSearchRequestBytes"])
    assert seen == [5 * 1024, 6 * 1024, 7 * 1024]


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────
WITH_CATEGORY = {"SearchConditionExpression": "category = :c", "ExpressionAttributeValues": {":c": {"S": "c"}}}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "too many results": (
        {"TopK": 101},
        "Provided TopK value '101' is out of valid range. The value must be between 1 and 100 inclusive",
    ),
    "no result": (
        {"TopK": 0},
        (
            "1 validation error detected: Value '0' at 'topK' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1"
        ),
    ),
    "no vector": (
        {"SearchVector": None},
        (
            "1 validation error detected: Value null at 'searchVector' failed to satisfy constraint: "
            "Member must not be null"
        ),
    ),
    "an empty vector": (
        {"SearchVector": []},
        (
            "1 validation error detected: Value '[]' at 'searchVector' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1"
        ),
    ),
    "a short vector": (
        {"SearchVector": numbers(1, 2), **WITH_CATEGORY},
        "Input search vector dimension 2 does not match vector index dimension 3",
    ),
    "a text in the vector": (
        {"SearchVector": [{"N": "1"}, {"S": "2"}, {"N": "3"}]},
        f"{INVALID}Invalid type for parameter SearchVector[1], Expected: N, Actual: S",
    ),
    "a list in the vector": (
        {"SearchVector": [vector(1, 2, 3)]},
        f"{INVALID}Invalid type for parameter SearchVector[0], Expected: N, Actual: L",
    ),
    "no number in the vector": (
        {"SearchVector": numbers(1, 2, "three")},
        "The parameter cannot be converted to a numeric value: three",
    ),
    "a number out of range": (
        {"SearchVector": numbers(1, "4e38", 3)},
        (
            f"{INVALID}Invalid type for parameter SearchVector[1], Expected: 32-bit floating point number, "
            "Actual: a number out of its range"
        ),
    ),
    "no such index": ({"IndexName": "nowhere"}, f"{NO_INDEX}nowhere"),
    "no condition": ({}, "SearchConditionExpression must be provided when SearchSchema has a HASH key"),
    "no partition": (
        {"SearchConditionExpression": "brand = :c", "ExpressionAttributeValues": {":c": {"S": "c"}}},
        "SearchConditionExpression must be provided when SearchSchema has a HASH key",
    ),
    "an attribute outside of the schema": (
        {"SearchConditionExpression": "title = :c", "ExpressionAttributeValues": {":c": {"S": "c"}}},
        f"{IN_CONDITION}Attribute is not an element of the SearchSchema: title",
    ),
    "a nested attribute": (
        {"SearchConditionExpression": "category.a = :c", "ExpressionAttributeValues": {":c": {"S": "c"}}},
        f"{IN_CONDITION}SearchConditionExpression cannot have conditions on nested attributes",
    ),
    "another type": (
        {"SearchConditionExpression": "category = :c", "ExpressionAttributeValues": {":c": {"N": "1"}}},
        f"{INVALID}Condition parameter type does not match schema type",
    ),
    "two attributes": (
        {"SearchConditionExpression": "category = brand"},
        f"{IN_CONDITION}A condition must compare one attribute with one value",
    ),
    "a name that is not used": (
        WITH_CATEGORY | {"ExpressionAttributeNames": {"#n": "category"}},
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#n}",
    ),
    "a value that is not used": (
        WITH_CATEGORY | {"ExpressionAttributeValues": {":c": {"S": "c"}, ":d": {"S": "d"}}},
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:d}",
    ),
    "a value that is not given": (
        {"SearchConditionExpression": "category = :c"},
        f"{IN_CONDITION}An expression attribute value used in expression is not defined; attribute value: :c",
    ),
    "values without a condition": (
        {"ExpressionAttributeValues": {":c": {"S": "c"}}, "ProjectionExpression": "id"},
        "ExpressionAttributeValues can only be specified when using expressions: SearchConditionExpression is null",
    ),
    "names without an expression": (
        {"ExpressionAttributeNames": {"#n": "id"}},
        "ExpressionAttributeNames can only be specified when using expressions",
    ),
    "no syntax": (
        {"SearchConditionExpression": "category =", "ExpressionAttributeValues": {":c": {"S": "c"}}},
        f'{IN_CONDITION}Syntax error; token: "<EOF>", near: "="',
    ),
    "an empty condition": (
        {"SearchConditionExpression": ""},
        f"{IN_CONDITION}The expression can not be empty;",
    ),
    "a projection that overlaps": (
        WITH_CATEGORY | {"ProjectionExpression": "id, id"},
        (
            "Invalid ProjectionExpression: Two document paths overlap with each other; "
            "must remove or rewrite one of these paths; path one: [id], path two: [id]"
        ),
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_refused(wrong: str, shop: World) -> None:
    changes, message = WRONG[wrong]
    assert shop.refusal("SearchVectors", **search(**changes)) == message


@pytest.mark.parametrize("operator", ["<>", "<", "<=", ">", ">="])
@pytest.mark.parametrize("attribute", ["category", "brand"])
def test_comparators_are_refused(operator: str, attribute: str, shop: World) -> None:
    changes = WITH_CATEGORY | {"SearchConditionExpression": f"{attribute} {operator} :c"}
    assert shop.refusal("SearchVectors", **search(**changes)) == (
        f"{IN_CONDITION}Invalid comparator used in SearchConditionExpression"
    )


@pytest.mark.parametrize(
    "condition",
    [
        "brand BETWEEN :c AND :c",
        "brand IN (:c)",
        "category = :c OR brand = :c",
        "NOT category = :c",
        "begins_with(brand, :c)",
        "category = :c AND attribute_exists(brand)",
    ],
)
def test_operators_and_functions_are_refused(condition: str, shop: World) -> None:
    values = {":c": {"S": "c"}} if ":c" in condition else None
    request = search(SearchConditionExpression=condition, ExpressionAttributeValues=values)
    assert shop.refusal("SearchVectors", **request) == (
        f"{IN_CONDITION}Invalid operator used in SearchConditionExpression"
    )


def test_the_table_must_be_there(shop: World) -> None:
    assert shop.failure("SearchVectors", **search(TableName="nowhere")) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )


def test_other_indexes_cannot_be_searched() -> None:
    world = World()
    keys = [{"AttributeName": "id", "KeyType": "HASH"}]
    gsi = {"IndexName": "gsi", "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}
    world.do(
        "CreateTable",
        TableName=PRODUCTS,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=keys,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        GlobalSecondaryIndexes=[gsi],
    )
    assert world.refusal("SearchVectors", **search(IndexName="gsi")) == f"{NO_INDEX}gsi"


@pytest.mark.parametrize(
    ("operation", "request_", "said"),
    [
        (
            "Query",
            {"KeyConditionExpression": "category = :c", "ExpressionAttributeValues": {":c": {"S": "c"}}},
            "Query operation not supported on this index type.",
        ),
        ("Scan", {}, "Scan operation not supported on this index type."),
        ("Scan", {"ConsistentRead": True}, "Scan operation not supported on this index type."),
    ],
)
def test_it_cannot_be_queried(operation: str, request_: dict[str, Any], said: str, shop: World) -> None:
    assert shop.refusal(operation, TableName=PRODUCTS, IndexName=VECTORS, **request_) == said


@pytest.mark.parametrize("consistent", [False, True])
def test_partiql_cannot_read_it(consistent: bool, shop: World) -> None:
    statement = f'SELECT * FROM "{PRODUCTS}"."{VECTORS}" WHERE category = \'c\''
    assert shop.refusal("ExecuteStatement", Statement=statement, ConsistentRead=consistent) == (
        "Query operation not supported on this index type."
    )
