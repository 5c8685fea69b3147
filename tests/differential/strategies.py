"""Random tables and random requests against them: right ones, wrong ones, and ones with several things wrong.

Everything comes out of seeds, which hypothesis draws and, where something is wrong, leaves out one by one; the pools
are small, so that requests meet each other's items. Must not know what any request is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from tests.differential.pools import BAD_VALUES, COMPARISONS, INDEXED, KEY_VALUES, NUMBERS, READS, SEGMENTS
from tests.property.expression_texts import BARE, CONDITION_FUNCTIONS, NAMES, VALUES, Texts, used

Request: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Schema:
    """A table's keys, and those of its indexes (under None: its own), with their types."""

    create_table: Request
    types: dict[str, str]
    keys: dict[str | None, tuple[str, ...]]

    @property
    def name(self) -> str:
        return str(self.create_table["TableName"])

    @property
    def own(self) -> tuple[str, ...]:
        return self.keys[None]


class Requests(Texts):
    """Requests out of one source of chance, against one table."""

    def __init__(self, random: Random, table: str = "table") -> None:
        super().__init__(random)
        self.chance = random
        self.schema = self._schema(table)

    def pick(self, choices: Any) -> Any:
        return self.chance.choice(list(choices))

    def some(self, choices: Any, most: int = 3) -> list[Any]:
        """One or more of the choices, each once."""
        choices = list(choices)
        return self.chance.sample(choices, self.chance.randrange(1, min(most, len(choices)) + 1))

    # ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────
    def _schema(self, name: str) -> Schema:
        types = {"pk": self.pick("SSNB")}
        if self._maybe(70):
            types["sk"] = self.pick("SNNB")
        keys: dict[str | None, tuple[str, ...]] = {None: tuple(types)}
        request: Request = {"TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": key_schema(tuple(types))}
        if "sk" in types and self._maybe(50):
            local: dict[str | None, tuple[str, ...]] = {f"local-{key}": ("pk", key) for key in self.some(INDEXED, 2)}
            request["LocalSecondaryIndexes"] = [self._index(index, local[index]) for index in local]
            keys |= local
        if self._maybe(60):
            others: dict[str | None, tuple[str, ...]] = {
                f"by-{key}": (key, *self._second(key)) for key in self.some(INDEXED, 2)
            }
            request["GlobalSecondaryIndexes"] = [self._index(index, others[index]) for index in others]
            keys |= others
        indexed = {key: INDEXED[key] for index in keys.values() for key in index if key in INDEXED}
        types |= indexed
        request["AttributeDefinitions"] = [{"AttributeName": key, "AttributeType": types[key]} for key in types]
        return Schema(request, types, keys)

    def _second(self, first: str) -> tuple[str, ...]:
        return (self.pick(key for key in ("pk", *INDEXED) if key != first),) if self._maybe(50) else ()

    def _index(self, name: str | None, keys: tuple[str, ...]) -> Request:
        projection: Request = {"ProjectionType": self.pick(["ALL", "KEYS_ONLY", "INCLUDE"])}
        if projection["ProjectionType"] == "INCLUDE":
            projection["NonKeyAttributes"] = self.some(["a", "m", "e"], 2)
        return {"IndexName": name, "KeySchema": key_schema(keys), "Projection": projection}

    # ── values, keys and items ───────────────────────────────────────────────────────────────────────────────────────
    def wire_value(self) -> dict[str, Any]:
        choice = self.chance.randrange(100)
        if choice < 60:
            return dict(VALUES[self.pick(VALUES)])
        if choice < 90:
            return {"N": self.pick(NUMBERS)} if choice < 80 else {"NS": self.some(["1", "2.0", "1e2", "-3"])}
        if choice < 98:
            return {"M": {"a": self.wire_value()}} if choice < 94 else {"L": [self.wire_value(), self.wire_value()]}
        return dict(self.pick(BAD_VALUES))

    def key_value(self, name: str) -> dict[str, Any]:
        if self._maybe(97):
            return dict(self.pick(KEY_VALUES[self.schema.types[name]]))
        return dict(self.pick([*KEY_VALUES["S"], *KEY_VALUES["N"], {"S": ""}, {"B": ""}, {"L": []}, *BAD_VALUES]))

    def key(self) -> Request:
        key = {name: self.key_value(name) for name in self.schema.own}
        if self._maybe(2):
            del key[self.pick(key)]
        if self._maybe(2):
            key["other"] = {"S": "x"}
        return key

    def item(self) -> Request:
        item = self.key()
        for name in self.some(BARE[:15], 6):
            fitting = name in self.schema.types and self._maybe(85)
            item[name] = self.key_value(name) if fitting else self.wire_value()
        return item

    # ── expressions in a request ─────────────────────────────────────────────────────────────────────────────────────
    def expression(self, make: Callable[[], str], spoil: int = 6) -> str:
        text = make()
        return self.spoiled(text) if self._maybe(spoil) else text

    def placeholders(self, *texts: str) -> Request:
        """Names and values for expressions; now and then one too many."""
        text = " ".join(texts)
        names, values = used(NAMES, text), used(VALUES, text)
        if self._maybe(2):
            names["#unused"] = "unused"
        if self._maybe(2):
            values[":unused"] = {"S": "unused"}
        found: Request = {"ExpressionAttributeNames": names} if names or self._maybe(1) else {}
        return found | ({"ExpressionAttributeValues": values} if values or self._maybe(1) else {})

    def condition_of(self, percent: int) -> Request:
        if self._maybe(percent):
            text = self.expression(self.condition)
            return {"ConditionExpression": text, **self.placeholders(text)}
        return {"Expected": self.expected()} if self._maybe(12) else {}

    # ── the older parameters ─────────────────────────────────────────────────────────────────────────────────────────
    def comparison(self, names: Any) -> Request:
        found: Request = {}
        for name in self.some(names, 2):
            operator = self.pick(COMPARISONS)
            count = COMPARISONS[operator] if self._maybe(95) else 1
            found[name] = {"ComparisonOperator": operator, "AttributeValueList": self._arguments(name, count)}
            if not count:
                del found[name]["AttributeValueList"]
        return found

    def _arguments(self, name: str, count: int) -> list[Request]:
        if name in self.schema.types:
            return [self.key_value(name) for _ in range(count)]
        first = self.wire_value()
        return [first, *(first if self._maybe(60) else self.wire_value() for _ in range(count - 1))][:count]

    def expected(self) -> Request:
        found: Request = {}
        for name in self.some(BARE[:15], 2):
            found[name] = self.pick([{"Exists": False}, {"Exists": True, "Value": {"N": "1"}}, {"Value": {"S": "abc"}}])
        return found if self._maybe(60) else self.comparison(BARE[:15])

    def attribute_updates(self) -> Request:
        found: Request = {}
        for name in self.some(BARE[:15]):
            found[name] = {"Action": self.pick(["PUT", "ADD", "DELETE"]), "Value": self.wire_value()}
            if self._maybe(15):
                del found[name][self.pick(["Action", "Value"])]
        return found

    # ── operations ───────────────────────────────────────────────────────────────────────────────────────────────────
    def put_item(self) -> Request:
        returned = {"ReturnValues": self.pick(["NONE", "ALL_OLD", "ALL_OLD", "ALL_NEW"])} if self._maybe(40) else {}
        return {"Item": self.item(), **self.condition_of(25), **returned, **self.measured()}

    def delete_item(self) -> Request:
        returned = {"ReturnValues": self.pick(["NONE", "ALL_OLD", "ALL_OLD", "UPDATED_NEW"])} if self._maybe(40) else {}
        return {"Key": self.key(), **self.condition_of(25), **returned, "ReturnConsumedCapacity": self.pick(READS)}

    def update_item(self) -> Request:
        request: Request = {"Key": self.key()}
        if self._maybe(85):
            texts = {"UpdateExpression": self.expression(self.update)}
            if self._maybe(25):
                texts["ConditionExpression"] = self.expression(self.condition)
            request |= {**texts, **self.placeholders(*texts.values())}
        elif self._maybe(85):
            request["AttributeUpdates"] = self.attribute_updates()
        if self._maybe(60):
            request["ReturnValues"] = self.pick(["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])
        return request | self.measured()

    def get_item(self) -> Request:
        return {"Key": self.key(), **self.projected(), **self.consistent(), **self.measured()}

    def query(self) -> Request:
        index = self.pick(self.schema.keys)
        request: Request = {} if index is None else {"IndexName": index}
        texts = {}
        if self._maybe(85):
            texts["KeyConditionExpression"] = self.expression(lambda: self.key_text(self.schema.keys[index]))
            values = {f":{name}{at}": self.key_value(name) for name in self.schema.types for at in (1, 2)}
        else:
            request["KeyConditions"], values = self.key_conditions(self.schema.keys[index]), {}
        if self._maybe(30):
            texts["FilterExpression"] = self.expression(self.condition, 3)
        if self._maybe(10):
            texts["ProjectionExpression"] = self.expression(self.projection, 3)
        elif self._maybe(20):
            request["Select"] = self.pick(["COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"])
        more = used(values, " ".join(texts.values()))
        placeholders = self.placeholders(*texts.values())
        if more:
            placeholders["ExpressionAttributeValues"] = placeholders.get("ExpressionAttributeValues", {}) | more
        if self._maybe(30):
            request["ScanIndexForward"] = self._maybe(50)
        if self._maybe(10):  # where it resumes among entries of one place follows from hashes, but not in a table
            request["ExclusiveStartKey"] = self.start_key(index, spoiled=index is not None or self._maybe(50))
        return request | texts | placeholders | self.consistent() | self.measured()

    def key_text(self, keys: tuple[str, ...]) -> str:
        first, *rest = keys
        text = f"{first} = :{first}1" if self._maybe(96) else f"{first} > :{first}1"
        for name in rest:
            if self._maybe(60):
                a, b = f":{name}1", f":{name}2"
                operator = self.pick(["=", "<", "<=", ">", ">="])
                tests = [f"{name} {operator} {a}", f"{a} {operator} {name}", f"{name} BETWEEN {a} AND {b}"]
                other = self.pick([*tests, f"begins_with({name}, {a})", f"({name} {operator} {a})", self._test()])
                text = self.pick([f"{text} AND {other}", f"{other} AND {text}"])
        return text

    def key_conditions(self, keys: tuple[str, ...]) -> Request:
        found = {keys[0]: {"ComparisonOperator": "EQ", "AttributeValueList": [self.key_value(keys[0])]}}
        return found | (self.comparison(keys[1:]) if keys[1:] and self._maybe(60) else {})

    def scan(self) -> Request:
        index = self.pick(self.schema.keys)
        request: Request = {} if index is None else {"IndexName": index}
        if self._maybe(8):
            request |= self.pick(SEGMENTS)
        if self._maybe(8):  # where it resumes follows from hashes
            request["ExclusiveStartKey"] = self.start_key(index, spoiled=True)
        if self._maybe(15):
            request["ScanFilter"] = self.comparison(BARE[:15])
            return request | self.measured()
        texts = {"FilterExpression": self.expression(self.condition, 3)} if self._maybe(60) else {}
        if self._maybe(10):
            texts["ProjectionExpression"] = self.expression(self.projection, 3)
        return request | texts | self.placeholders(*texts.values()) | self.measured()

    def start_key(self, index: str | None, *, spoiled: bool) -> Request:
        """A key to go on from; a spoiled one has something missing, something too much, or a value of another type."""
        names = dict.fromkeys([*self.schema.own, *self.schema.keys[index]])
        key: Request = {name: dict(self.pick(KEY_VALUES[self.schema.types[name]])) for name in names}
        if not spoiled:
            return key
        name = self.pick(key)
        other = self.pick([{"L": []}, {"S": ""}, {"BOOL": True}, *BAD_VALUES])
        without = {each: key[each] for each in key if each != name}
        return self.pick([without, key | {"other": {"S": "x"}}, key | {name: other}, {}])  # type: ignore[no-any-return]

    def batch_write_item(self) -> Request:
        writes = [
            {"PutRequest": {"Item": self.item()}} if self._maybe(60) else {"DeleteRequest": {"Key": self.key()}}
            for _ in range(self.chance.randrange(1, 4))
        ]
        return {"RequestItems": {self.schema.name: writes}, **self.measured()}

    def batch_get_item(self) -> Request:
        keys = [self.key() for _ in range(self.chance.randrange(1, 4))]
        asked = {"Keys": keys, **self.projected(), **self.consistent()}
        return {"RequestItems": {self.schema.name: asked}, **self.measured()}

    def transact_write_items(self) -> Request:
        parts = []
        for _ in range(self.chance.randrange(1, 4)):
            kind = self.pick(["Put", "Delete", "Update", "ConditionCheck"])
            part: Request = {"TableName": self.schema.name}
            texts = {"UpdateExpression": self.expression(self.update, 2)} if kind == "Update" else {}
            if kind == "ConditionCheck" or self._maybe(30):
                texts["ConditionExpression"] = self.expression(self.condition, 2)
            part |= {"Item": self.item()} if kind == "Put" else {"Key": self.key()}
            part |= {**texts, **(self.placeholders(*texts.values()) if texts else {})}
            parts.append({kind: part})
        return {"TransactItems": parts, **self.measured()}

    def transact_get_items(self) -> Request:
        gets = [{"Get": {"TableName": self.schema.name, "Key": self.key()}} for _ in range(self.chance.randrange(1, 4))]
        return {"TransactItems": gets, **self.measured()}

    # ── parts of requests ────────────────────────────────────────────────────────────────────────────────────────────
    def projected(self) -> Request:
        if self._maybe(8):
            return {"AttributesToGet": self.some(BARE[:15])}
        if self._maybe(60):
            return {}
        text = self.expression(self.projection)
        return {"ProjectionExpression": text, **used_names(text)}

    def consistent(self) -> Request:
        return {"ConsistentRead": self._maybe(60)} if self._maybe(25) else {}

    def measured(self) -> Request:
        return {"ReturnConsumedCapacity": self.pick(READS)} if self._maybe(25) else {}

    def call(self, functions: dict[str, int], depth: int) -> str:
        # size of a size is refused by both in ways of their own: it is seldom worth a request
        return super().call(functions if self._maybe(97) else CONDITION_FUNCTIONS, depth)

    def request(self) -> tuple[str, Request]:
        """An operation and its request; now and then with something wrong about its members."""
        operation = self.pick(OPERATIONS)
        request: Request = OPERATIONS[operation](self)
        if operation[0] != "B" and operation[0] != "T":
            request = {"TableName": self.schema.name, **request}
        return operation, self.mutilated(request) if self._maybe(4) else request

    def mutilated(self, request: Request) -> Request:
        """The request with one member gone, empty, or of another kind."""
        name = self.pick(request)
        if name == "TableName" and self._maybe(70):
            return request | {name: self.pick(["nowhere", "a", "", "x!", "x" * 256])}
        if self._maybe(40):
            return {member: request[member] for member in request if member != name}
        return request | {name: self.pick([None, "", {}, [], 0, True, "NONSENSE"])}


OPERATIONS: Final[dict[str, Callable[[Requests], Request]]] = {
    "PutItem": Requests.put_item,
    "UpdateItem": Requests.update_item,
    "DeleteItem": Requests.delete_item,
    "GetItem": Requests.get_item,
    "Query": Requests.query,
    "Scan": Requests.scan,
    "BatchWriteItem": Requests.batch_write_item,
    "BatchGetItem": Requests.batch_get_item,
    "TransactWriteItems": Requests.transact_write_items,
    "TransactGetItems": Requests.transact_get_items,
}


def key_schema(keys: tuple[str, ...]) -> list[Request]:
    return [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)]


def used_names(text: str) -> Request:
    names = used(NAMES, text)
    return {"ExpressionAttributeNames": names} if names else {}


@dataclass(frozen=True, slots=True)
class History:
    """A table, and what happens to it: the seeds of requests."""

    table: int
    steps: list[int]

    def sources(self, table: str) -> Iterator[Requests]:
        """The same source of requests for every step, in the state that the step's seed gives it."""
        source = Requests(Random(self.table), table)
        for seed in self.steps:
            source.chance.seed(seed)
            yield source


def histories(steps: int) -> st.SearchStrategy[History]:
    """Histories of at most that many steps; what is simpler has fewer."""
    seeds = st.integers(min_value=0, max_value=2**32 - 1)
    step = st.one_of(st.none(), seeds, seeds, seeds, seeds)
    some = st.lists(step, min_size=steps, max_size=steps).map(
        lambda found: [seed for seed in found if seed is not None]
    )
    return st.builds(History, seeds, some)
