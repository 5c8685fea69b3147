"""TransactWriteItems and TransactGetItems: requests in wire shape, their limits, their tokens, and their cancellations.

Owns what makes one transaction out of single actions. Every mistake that can be known before sending is refused here,
with nothing added. Must not know models, transports, time, or where chance comes from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

from .. import limits
from ..codec import wire_item_size
from ..errors import InvalidExpression, ValidationError
from ..expressions import Condition, Raw, Update
from ..expressions.placeholders import identity
from ..expressions.projection import ProjectionLike
from ..key import Key, KeySchema
from ..schema import TableSchema
from ..types import ActionKind, AttributeValue, CancellationReason, TransactionAction, WireItem, WireObject
from . import item as requests

_MEMBERS: Final[dict[ActionKind, str]] = {
    "put": "Put",
    "update": "Update",
    "delete": "Delete",
    "check": "ConditionCheck",
    "get": "Get",
}
_TOKEN_HASH_MIN_DIGITS: Final = 16  # 64 bits
_ID_MAX_CHARS: Final = limits.TRANSACTION_TOKEN_MAX_CHARS - 1 - _TOKEN_HASH_MIN_DIGITS


# ── one action ───────────────────────────────────────────────────────────────────────────────────────────────────────
def put(schema: TableSchema, item: Mapping[str, Any], *, condition: Condition | None) -> WireObject:
    """The parameters of a Put."""
    parameters = requests.put_item(schema, item, condition=condition, return_old=False, capacity=None)
    if wire_item_size(parameters["Item"]) > limits.ITEM_SIZE_MAX_BYTES:
        requests.check_item_size(parameters["Item"])
    return parameters


def update(schema: TableSchema, key: Key, change: Update | Raw, *, condition: Condition | None) -> WireObject:
    """The parameters of an Update."""
    return requests.update_item(schema, key, change, condition=condition, returns="none", capacity=None)


def delete(schema: TableSchema, key: Key, *, condition: Condition | None) -> WireObject:
    """The parameters of a Delete."""
    return requests.delete_item(schema, key, condition=condition, return_old=False, capacity=None)


def check(schema: TableSchema, key: Key, condition: Condition) -> WireObject:
    """The parameters of a ConditionCheck: those of a Delete, and never without a condition."""
    if requests.as_condition(condition, "condition") is None:
        raise InvalidExpression("a check needs a condition", hint="for example Attr('free') >= 1")
    return delete(schema, key, condition=condition)


def get(schema: TableSchema, key: Key, *, projection: ProjectionLike | None) -> WireObject:
    """The parameters of a Get."""
    return requests.get_item(schema, key, consistent=False, projection=projection, capacity=None)


def payload_size(parameters: WireObject) -> int:
    """Bytes of an action that count for the limit of 4 MB: its item or key, the texts of its expressions, and their
    names and values. Counted as DynamoDB Local does; the guide does not say it so exactly."""
    texts = [parameters.get("ConditionExpression", ""), parameters.get("UpdateExpression", "")]
    texts += parameters.get("ExpressionAttributeNames", {}).values()
    values: WireItem = parameters.get("ExpressionAttributeValues", {})
    subject = parameters["Item"] if "Item" in parameters else parameters["Key"]
    size_bytes = wire_item_size(subject) + sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    return size_bytes + sum(wire_item_size({"": value}) for value in values.values())


def place(parameters: WireObject, keys: KeySchema) -> Hashable:
    """Where an action acts: equal for the same item, as DynamoDB compares keys (1 and 1.0 are one)."""
    subject: WireItem = parameters["Item"] if "Item" in parameters else parameters["Key"]
    return parameters["TableName"], *(identity(subject[name]) for name in keys.names)


# ── all actions ──────────────────────────────────────────────────────────────────────────────────────────────────────
class WritePlan:
    """The actions of one TransactWriteItems, within its limits.

    Attributes:
        actions: what the caller asked for, in order.
        elements: the same as TransactItems.
        size_bytes: see ``payload_size``; of all together.
    """

    __slots__ = ("_places", "actions", "elements", "size_bytes")

    def __init__(self) -> None:
        self.actions: list[TransactionAction] = []
        self.elements: list[WireObject] = []
        self.size_bytes = 0
        self._places: dict[Hashable, TransactionAction] = {}

    def add(self, action: TransactionAction, parameters: WireObject, keys: KeySchema) -> None:
        """Take one action more.

        Raises:
            ValidationError: it is one too many, its item has an action already, or all are over 4 MB with it.
        """
        if action.number > limits.TRANSACTION_MAX_ACTIONS:
            raise ValidationError(
                f"with it the transaction has {action.number} actions; "
                f"at most {limits.TRANSACTION_MAX_ACTIONS} are allowed",
                hint="split what need not happen together into several transactions",
            )
        where = place(parameters, keys)
        earlier = self._places.get(where)
        if earlier is not None:
            raise ValidationError(
                f"it is on the same item as action {earlier.number} ({earlier.kind})",
                hint="DynamoDB takes one action on each item: join the two, an update takes a condition too",
            )
        size_bytes = self.size_bytes + payload_size(parameters)
        if size_bytes > limits.TRANSACTION_MAX_BYTES:
            raise ValidationError(
                f"with it the transaction's {action.number} actions have {size_bytes} bytes; "
                f"at most {limits.TRANSACTION_MAX_BYTES} are allowed",
                hint="split what need not happen together into several transactions",
            )
        self._places[where] = action
        self.actions.append(action)
        self.elements.append({_MEMBERS[action.kind]: parameters})
        self.size_bytes = size_bytes


def write_request(elements: list[WireObject], token: str, capacity: str | None) -> WireObject:
    """A TransactWriteItems request."""
    return _with_capacity({"TransactItems": elements, "ClientRequestToken": token}, capacity)


def get_request(gets: list[WireObject], capacity: str | None) -> WireObject:
    """A TransactGetItems request, of the parameters of its Gets."""
    return _with_capacity({"TransactItems": [{_MEMBERS["get"]: parameters} for parameters in gets]}, capacity)


def _with_capacity(request: WireObject, capacity: str | None) -> WireObject:
    if capacity is not None:
        request["ReturnConsumedCapacity"] = capacity
    return request


class GetPlan:
    """The reads of one TransactGetItems, within its limits; the same read asked for twice is sent once.

    Attributes:
        actions: what the caller asked for, in order.
        gets: the parameters of what is sent.
        positions: for each action, which of ``gets`` answers it.
    """

    __slots__ = ("_places", "actions", "gets", "positions")

    def __init__(self) -> None:
        self.actions: list[TransactionAction] = []
        self.gets: list[WireObject] = []
        self.positions: list[int] = []
        self._places: dict[Hashable, tuple[int, TransactionAction]] = {}

    def add(self, action: TransactionAction, parameters: WireObject, keys: KeySchema) -> None:
        """Take one read more.

        Raises:
            ValidationError: it is one too many, or reads other attributes of an item that is read already.
        """
        position, earlier = self._places.setdefault(place(parameters, keys), (len(self.gets), action))
        if position == len(self.gets):
            if position == limits.TRANSACTION_MAX_ACTIONS:
                raise ValidationError(
                    f"with it the transaction reads {position + 1} items; "
                    f"at most {limits.TRANSACTION_MAX_ACTIONS} are allowed",
                    hint="split what need not be of one moment; batch_get reads any number",
                )
            self.gets.append(parameters)
        elif not _same_projection(self.gets[position], parameters):
            raise ValidationError(
                f"it reads other attributes of the item that action {earlier.number} reads",
                hint="DynamoDB reads an item once in a transaction: give both the same projection",
            )
        self.actions.append(action)
        self.positions.append(position)


def _same_projection(one: WireObject, other: WireObject) -> bool:
    return all(one.get(member) == other.get(member) for member in ("ProjectionExpression", "ExpressionAttributeNames"))


def reasons_of(
    wire_reasons: Sequence[Any],
    actions: Sequence[TransactionAction],
    positions: Sequence[int],
    decode: Callable[[int, WireItem], Any],
) -> list[CancellationReason]:
    """The reasons of a cancellation, one for each action, in their order.

    Args:
        wire_reasons: the service's CancellationReasons.
        actions: the caller's.
        positions: for each action, which of the service's reasons is its own.
        decode: from the index of an action, and the item of its reason, to the item as the caller wants it.
    """
    found: list[CancellationReason] = []
    for index, (action, position) in enumerate(zip(actions, positions, strict=True)):
        reason = CancellationReason.from_wire(wire_reasons[position] if position < len(wire_reasons) else None)
        item = None if reason.item is None else decode(index, reason.item)
        found.append(CancellationReason(action, reason.code, reason.message, item, reason.service_code))
    return found


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def check_operation_id(operation_id: str) -> None:
    """Refuse what ``derived_token`` cannot be made of.

    Raises:
        ValidationError: it is empty, or no text.
    """
    if not isinstance(operation_id, str) or not operation_id:
        shown = "empty" if isinstance(operation_id, str) else f"of type {type(operation_id).__name__}"
        raise ValidationError(f"token is {shown}", hint="give a text that names what is done once: token='order-981'")


def derived_token(operation_id: str, elements: list[WireObject]) -> str:
    """The ClientRequestToken of an operation with this content: the same for the same, another for any other.

    It is ``ID-HEX``. ID is the operation id, characters other than printable ASCII replaced by ``_``, cut to 19
    characters. HEX are the first 35 - len(ID) hex digits (16 to 34) of SHA-256 over JSON in ASCII, without spaces,
    with sorted keys: a list of the whole operation id and of the elements in canonical form.

    Args:
        operation_id: names what is done once.
        elements: in canonical form; see ``canonical_elements``.
    """
    content = json.dumps([operation_id, elements], ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    name = re.sub(r"[^!-~]", "_", operation_id[:_ID_MAX_CHARS])
    return f"{name}-{sha256(content.encode('ascii')).hexdigest()}"[: limits.TRANSACTION_TOKEN_MAX_CHARS]


def seeded_token(chance: Callable[[], float], number: int) -> str:
    """32 hex digits: 96 bits of chance, and a number that keeps the tokens of a client apart whatever chance gives."""
    bits = 0
    for _ in range(4):
        bits = bits << 24 | int(chance() * 2**24)
    return f"{bits:024x}{number % 2**32:08x}"


def canonical_elements(elements: list[WireObject]) -> list[WireObject]:
    """Elements of TransactItems with equal values in one form, the members of sets in one order.

    The service compares the content of requests with the same token, and a set's order changes from process to process.
    """
    return [
        {member: {name: _canonical_parameter(name, part) for name, part in parameters.items()}}
        for element in elements
        for member, parameters in element.items()
    ]


def _canonical_parameter(name: str, part: Any) -> Any:
    if name in ("Item", "Key", "ExpressionAttributeValues"):
        return {attribute: _canonical(value) for attribute, value in part.items()}
    return part


def _canonical(attribute: AttributeValue) -> AttributeValue:
    ((kind, content),) = attribute.items()
    match kind:
        case "N":
            return {kind: _plain_number(content)}
        case "NS":
            return {kind: sorted(map(_plain_number, content))}
        case "SS" | "BS":
            return {kind: sorted(content)}
        case "L":
            return {kind: [_canonical(inner) for inner in content]}
        case "M":
            return {kind: {name: _canonical(inner) for name, inner in content.items()}}
        case _:
            return attribute


def _plain_number(text: str) -> str:
    """A number without exponent, without a point where it is integral, without zeros at its ends."""
    if text.isdigit():  # from an int, which has one text only
        return text
    number = Decimal(text)
    if number == number.to_integral_value():
        return str(int(number))
    return f"{number:f}".rstrip("0")
