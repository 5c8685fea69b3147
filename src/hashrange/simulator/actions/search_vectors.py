"""SearchVectors: the items of a vector index whose vectors are the most similar to a given one.

The search is exact, where the service's is approximate. Owns the order of checks, which is a guess where the service's
documentation does not tell it, and what an answer holds.
"""

from __future__ import annotations

from math import ceil, log2
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from ...limits import (
    VECTOR_MAX_DIMENSIONS,
    VECTOR_REQUEST_MIN_BYTES,
    VECTOR_RESULTS_MAX_BYTES,
    VECTOR_RESULTS_MAX_COUNT,
)
from .. import vector_messages
from ..capacity import is_wanted
from ..errors import validation
from ..language.check import Condition, Literal, Path, Placeholders, Steps, Test, check_condition
from ..language.meaning import Junction
from ..language.project import projector
from ..reading import expression_paths
from ..requests import check_expression_mix, check_unused, placeholders_of
from ..shapes import (
    ATTRIBUTE_VALUE,
    INDEX_NAME,
    ITEM,
    NAMES,
    RETURN_CONSUMED_CAPACITY,
    TABLE_NAME,
    integer,
    list_of,
    required,
    string,
    structure,
)
from ..state.vector_index import Candidate, VectorIndex
from ..values import AttributeValue, InvalidValue, Item, canonical, item_size
from ..vectors import FLOAT_BYTES, NotAVector, Vector, nearest, values_of, vector_of

if TYPE_CHECKING:
    from ..engine import Engine
    from ..state.table import Table

SHAPE: Final = structure(
    "SearchVectorsInput",
    TableName=required(TABLE_NAME),
    IndexName=required(INDEX_NAME),
    SearchVector=required(list_of(ATTRIBUTE_VALUE, 1, VECTOR_MAX_DIMENSIONS)),
    TopK=required(integer(1)),
    SearchConditionExpression=string(),
    ProjectionExpression=string(),
    ReturnConsumedCapacity=RETURN_CONSUMED_CAPACITY,
    ExpressionAttributeNames=NAMES,
    ExpressionAttributeValues=ITEM,
)

_COMPARATORS: Final = frozenset({"<>", "<", "<=", ">", ">="})
_EXPRESSIONS: Final = ("ProjectionExpression", "SearchConditionExpression")
_decode: Final = msgspec.json.Decoder(type=dict[str, Any]).decode


class SearchVectors(Struct, frozen=True):
    """A checked request.

    Attributes:
        conditions: attributes and the values that they must have; None where there is no condition.
        paths: what is to be answered of each item; None for all that is projected but the vector.
        capacity: ReturnConsumedCapacity.
    """

    table: str
    index: str
    vector: Vector
    count: int
    conditions: list[tuple[str, AttributeValue]] | None
    paths: tuple[Steps, ...] | None
    capacity: str | None


# ── checks that need no table ────────────────────────────────────────────────────────────────────────────────────────
def validate(request: dict[str, Any]) -> SearchVectors:
    check_expression_mix(request, (), _EXPRESSIONS)
    if request["TopK"] > VECTOR_RESULTS_MAX_COUNT:
        raise validation(vector_messages.top_k_out_of_range(request["TopK"], VECTOR_RESULTS_MAX_COUNT))
    vector = _search_vector(request["SearchVector"])
    placeholders = placeholders_of(request)
    conditions = _conditions(request.get("SearchConditionExpression"), placeholders)
    paths = expression_paths(request, placeholders)
    check_unused(placeholders)
    return SearchVectors(
        request["TableName"],
        request["IndexName"],
        vector,
        request["TopK"],
        conditions,
        paths,
        request.get("ReturnConsumedCapacity"),
    )


def _search_vector(elements: list[dict[str, Any]]) -> Vector:
    try:
        return vector_of([canonical(element) for element in elements])
    except InvalidValue as invalid:
        raise validation(invalid.text) from None
    except NotAVector as fault:
        if fault.found == "N":
            raise validation(vector_messages.search_vector_out_of_range(fault.at)) from None
        raise validation(vector_messages.search_vector_type(fault.at, fault.found)) from None


def _conditions(source: str | None, placeholders: Placeholders) -> list[tuple[str, AttributeValue]] | None:
    """A condition as the equations that it joins."""
    if source is None:
        return None
    found = []
    pending: list[Condition] = [check_condition(source, placeholders, "SearchCondition")]
    while pending:
        node = pending.pop()
        match node:
            case Junction("AND", parts):
                pending += reversed(parts)
            case Test(operator) if operator == "=":
                found.append(_equation(node))
            case Test(operator) if operator in _COMPARATORS:
                raise validation(vector_messages.INVALID_COMPARATOR)
            case _:
                raise validation(vector_messages.INVALID_OPERATOR)
    return found


def _equation(test: Test) -> tuple[str, AttributeValue]:
    match test.subject, test.others:
        case (Path(steps), (Literal(value),)) | (Literal(value), (Path(steps),)):
            name, *inner = steps
            if inner:
                raise validation(vector_messages.CONDITION_ON_NESTED)
            return str(name), value
    raise validation(vector_messages.CONDITION_WITHOUT_VALUE)


# ── against the index ────────────────────────────────────────────────────────────────────────────────────────────────
def _index_of(search: SearchVectors, table: Table) -> VectorIndex:
    index = table.index(search.index)
    definition = table.definition.vector_indexes.get(search.index)
    if not isinstance(index, VectorIndex) or definition is None or definition.status == "DELETING":
        raise validation(vector_messages.no_such_index(search.index))
    if definition.status == "CREATING":
        is_filled = table.definition.status == "ACTIVE"
        text = vector_messages.index_is_backfilling if is_filled else vector_messages.no_such_index
        raise validation(text(search.index))
    if len(search.vector.numbers) != index.dimensions:
        raise validation(vector_messages.search_vector_size(len(search.vector.numbers), index.dimensions))
    return index


def _check_conditions(search: SearchVectors, index: VectorIndex) -> None:
    """Hold the conditions against the search schema."""
    types = {**index.keys.types, **index.filters}
    for name, value in search.conditions or ():
        if name not in types:
            raise validation(vector_messages.condition_not_in_schema(name))
        if types[name] not in value:
            raise validation(vector_messages.CONDITION_TYPE_WRONG)
    if index.hash is not None and all(name != index.hash for name, _ in search.conditions or ()):
        raise validation(vector_messages.CONDITION_MISSING)


def _matching(search: SearchVectors, index: VectorIndex) -> tuple[list[Candidate], int]:
    """The entries that meet the conditions, and how many there are in the part of the index that is searched."""
    conditions = search.conditions or ()
    of_hash = [value for name, value in conditions if name == index.hash]
    found = index.candidates(of_hash[0] if of_hash else None)
    if any(value != of_hash[0] for value in of_hash):
        return [], len(found)
    of_filters = [(name, value) for name, value in conditions if name != index.hash]
    if not of_filters:
        return found, len(found)
    matching = [each for each in found if all(each.filters.get(name) == value for name, value in of_filters)]
    return matching, len(found)


# ── doing it ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def apply(search: SearchVectors, engine: Engine) -> dict[str, Any]:
    index = _index_of(search, engine.catalog.table(search.table))
    _check_conditions(search, index)
    candidates, searched_count = _matching(search, index)
    chosen = nearest(search.vector, [each.vector for each in candidates], index.distance, search.count)
    results: list[dict[str, Any]] = []
    size = 0
    for at, score in chosen:
        item = _answered(search, index, candidates[at])
        size += item_size(item)
        if size > VECTOR_RESULTS_MAX_BYTES:
            break  # there is no second page: the rest is not answered
        results.append({"Item": item, "Score": score})
    answer: dict[str, Any] = {"SearchResults": results}
    if is_wanted(search.capacity):
        answer["ConsumedCapacity"] = {"VectorSearchRequestBytes": _metered(index, searched_count, size)}
    return answer


def _answered(search: SearchVectors, index: VectorIndex, candidate: Candidate) -> Item:
    """What is answered of an entry: without a projection all but the vector, with one what it names and there is."""
    item: Item = _decode(candidate.body)
    if search.paths is None:
        del item[index.attribute]
        return item
    if any(path[0] == index.attribute for path in search.paths):
        item[index.attribute] = {"L": values_of(candidate.vector)}
    return projector(search.paths)(item)


def _metered(index: VectorIndex, searched_count: int, answered_bytes: int) -> float:
    """Bytes that a search is metered by: an estimate. What the service examines grows with the logarithm of the index,
    since its search is approximate; what it answers is added.
    """
    examined = ceil(log2(searched_count + 1)) * index.dimensions * FLOAT_BYTES
    return float(max(VECTOR_REQUEST_MIN_BYTES, examined + answered_bytes))
