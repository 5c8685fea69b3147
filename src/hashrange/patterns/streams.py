"""Records of DynamoDB Streams as typed values: what a Lambda function gets, and what GetRecords answers.

Owns the shape of a record and what may be missing in it. It reads no stream: that is Lambda's work, or a consumer's.
Both shapes have the same names; they differ in how time and binary values are written. Must not know the client.

Source: Streams API reference, "Record" and "StreamRecord"; Lambda Developer Guide, "Using AWS Lambda with DynamoDB".
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast, get_origin, overload

from msgspec import Struct

from ..codec import decode_item
from ..errors import ConfigurationError, DynamoDBError, ValidationError
from ..item_model import item_model
from ..types import Item, Numbers

M = TypeVar("M")
N = TypeVar("N")
E = TypeVar("E", bound=StrEnum)

_SOURCE: Final = "aws:dynamodb"
_TTL_PRINCIPAL: Final = ("Service", "dynamodb.amazonaws.com")


class StreamEventName(StrEnum):
    """What happened to an item."""

    INSERT = "INSERT"
    MODIFY = "MODIFY"
    REMOVE = "REMOVE"


class StreamViewType(StrEnum):
    """What a stream tells of an item besides its key."""

    KEYS_ONLY = "KEYS_ONLY"
    NEW_IMAGE = "NEW_IMAGE"
    OLD_IMAGE = "OLD_IMAGE"
    NEW_AND_OLD_IMAGES = "NEW_AND_OLD_IMAGES"


#: gives an item's model, or None for a dict
ModelChoice: TypeAlias = Callable[[Item], type[Any] | None]
#: ``(attribute, prefix of its text)`` to the model of items that have it; the first one that fits counts
ModelsByPrefix: TypeAlias = Mapping[tuple[str, str], type[Any]]

#: a Lambda event, an answer of GetRecords, a list of records (EventBridge Pipes), or a record
StreamEvent: TypeAlias = "Mapping[str, Any] | Sequence[Mapping[str, Any]]"

#: which image there must be: view types that have it, and events of which there is one
_NEW: Final = (("NEW_IMAGE", "NEW_AND_OLD_IMAGES"), ("INSERT", "MODIFY"))
_OLD: Final = (("OLD_IMAGE", "NEW_AND_OLD_IMAGES"), ("MODIFY", "REMOVE"))


class StreamRecord(Struct, Generic[M], frozen=True, kw_only=True):
    """One change of one item.

    Attributes:
        event_id: unique among all records; the same where a record is delivered again.
        event_name: INSERT, MODIFY or REMOVE.
        keys: the item's key attributes, as Python values.
        new_image, old_image: the whole item after and before, as the model; None where there was none, or the view type
            leaves it out.
        sequence_number: orders the records of one shard; compare it as a number.
        view_type: which images the stream has.
        created_at: when it happened, to the second, in UTC; None where the record does not say.
        expired_by_ttl: whether DynamoDB removed the item because its time to live had ended. In a global table's other
            regions it looks like any other removal.
        region: where the stream is; None where the record does not say.
        table: the table's name, from the stream's ARN; None where the record does not have it (GetRecords).
        raw: the record as it came.
    """

    event_id: str
    event_name: StreamEventName
    keys: Item
    new_image: M | None
    old_image: M | None
    sequence_number: str
    view_type: StreamViewType
    created_at: datetime | None
    expired_by_ttl: bool
    region: str | None
    table: str | None
    raw: Mapping[str, Any]

    def __repr__(self) -> str:
        """Without values: images are data."""
        of_table = "" if self.table is None else f" of table {self.table!r}"
        return f"<StreamRecord {self.event_name} {self.event_id}{of_table}>"

    # ── from the wire ────────────────────────────────────────────────────────────────────────────────────────────────
    @overload
    @classmethod
    def from_event(
        cls, event: StreamEvent, *, ttl_attribute: str | None = None, numbers: Numbers = "exact"
    ) -> list[StreamRecord[Item]]: ...
    @overload
    @classmethod
    def from_event(
        cls,
        event: StreamEvent,
        *,
        model: type[N],
        ttl_attribute: str | None = None,
        numbers: Numbers = "exact",
    ) -> list[StreamRecord[N]]: ...
    @overload
    @classmethod
    def from_event(
        cls,
        event: StreamEvent,
        *,
        model: ModelChoice | ModelsByPrefix,
        ttl_attribute: str | None = None,
        numbers: Numbers = "exact",
    ) -> list[StreamRecord[Any]]: ...
    @classmethod
    def from_event(
        cls,
        event: StreamEvent,
        *,
        model: Any = dict,
        ttl_attribute: str | None = None,
        numbers: Numbers = "exact",
    ) -> Any:
        """The records of a Lambda event or of an answer of GetRecords, in their order; of a single record, that one.

        Args:
            event: ``{"Records": [...]}``, a list of records, or one record.
            model: what items are decoded as: a model for all; a function of the item (as a dict) that gives its model,
                or None for a dict; or a mapping from ``(attribute, prefix)`` to the model of items in which this
                attribute is text that begins so, the first that fits, and dicts where none does.
            ttl_attribute: the attribute that models have as a datetime and DynamoDB as epoch seconds.
            numbers: "exact" gives int and Decimal, "float" int and float.

        Raises:
            ValidationError: it is no event of DynamoDB Streams; names the record and what is wrong in it.
            ItemDecodeError: an image does not fit its model.
            ConfigurationError: ``model`` is none.
        """
        images = _Images(model, ttl_attribute, numbers)
        if isinstance(event, Mapping) and "Records" not in event and ("dynamodb" in event or "eventName" in event):
            return [_record(event, "the record", images)]
        records = _records_of(event)
        return [_record(record, f"record {number} of the event", images) for number, record in enumerate(records, 1)]

    @staticmethod
    def batch_response(failed: Iterable[StreamRecord[Any]]) -> dict[str, list[dict[str, str]]]:
        """What a Lambda function answers where it could not process these records, with ReportBatchItemFailures on.

        Lambda delivers again from the one with the lowest sequence number on, so that a function may stop at the first
        record that fails. Without failed records, all count as processed.
        """
        return {"batchItemFailures": [{"itemIdentifier": record.sequence_number} for record in failed]}


class _Images:
    """Decodes images as their models."""

    __slots__ = ("_choose", "_numbers", "_ttl_attribute")

    def __init__(self, model: Any, ttl_attribute: str | None, numbers: Numbers) -> None:
        if numbers not in ("exact", "float"):
            raise ConfigurationError(f"numbers is {numbers!r}; it must be 'exact' or 'float'")
        self._choose = _chooser(model)
        self._ttl_attribute = ttl_attribute
        self._numbers: Numbers = numbers

    def item(self, wire: Mapping[str, Any]) -> Item:
        """The attributes as Python values."""
        return decode_item(cast("Item", _texts_of_bytes(wire)), self._numbers)

    def image(self, item: Item) -> Any:
        model = self._choose(item)
        if model is None or model is dict:
            return item
        return item_model(model, ttl_attribute=self._ttl_attribute).from_item(item)


def _chooser(model: Any) -> ModelChoice:
    if isinstance(model, Mapping):
        for place in model:
            if not (isinstance(place, tuple) and len(place) == 2 and all(isinstance(part, str) for part in place)):
                raise ConfigurationError(
                    f"model has {place!r}; it must be a pair of an attribute's name and a prefix of its text",
                    hint="for example {('SK', 'ORDER#'): Order, ('SK', 'PROFILE'): User}",
                )
            item_model(model[place])
        models = dict(model)
        return lambda item: next((one for place, one in models.items() if _begins(item.get(place[0]), place[1])), None)
    if isinstance(get_origin(model) or model, type):
        item_model(model)  # what is no model is refused before any record
        return lambda item: cast("type[Any]", model)
    if callable(model):
        return cast("ModelChoice", model)
    raise ConfigurationError(
        f"model is of type {type(model).__name__}; it must be a model, a function that chooses one, or a mapping"
    )


def _begins(value: Any, prefix: str) -> bool:
    return isinstance(value, str) and value.startswith(prefix)


def _texts_of_bytes(part: Any) -> Any:
    """Attribute values with binary ones as base64 text, as Lambda has them; boto3 has bytes."""
    if isinstance(part, (bytes, bytearray, memoryview)):
        return b64encode(part).decode("ascii")
    if isinstance(part, Mapping):
        return {name: _texts_of_bytes(inner) for name, inner in part.items()}
    if isinstance(part, (list, tuple)):
        return [_texts_of_bytes(inner) for inner in part]
    return part


def _records_of(event: Any) -> Sequence[Any]:
    records = event
    if isinstance(event, Mapping):
        if "Records" not in event:
            raise ValidationError(
                "the event has no 'Records'", hint="give the event that Lambda hands over, or the answer of GetRecords"
            )
        records = event["Records"]
    if not isinstance(records, (list, tuple)):
        what = "the event's 'Records'" if isinstance(event, Mapping) else "the event"
        raise ValidationError(f"{what} is of type {type(records).__name__}; it must be a list of records")
    return cast("Sequence[Any]", records)


# ── one record ───────────────────────────────────────────────────────────────────────────────────────────────────────
def _record(record: Any, which: str, images: _Images) -> StreamRecord[Any]:
    if not isinstance(record, Mapping):
        raise ValidationError(f"{which} is of type {type(record).__name__}; it must be a mapping")
    source = record.get("eventSource", record.get("EventSource", _SOURCE))
    if source != _SOURCE:
        raise ValidationError(
            f"{which} has eventSource {source!r}; it must be {_SOURCE!r}",
            hint="only records that come from DynamoDB Streams can be read, not those of other services",
        )
    event_id = _part(record, "eventID", str, which)
    which = f"{which} ({event_id})"
    name = _member(StreamEventName, _part(record, "eventName", str, which), "eventName", which)
    change = _part(record, "dynamodb", Mapping, which)
    view = _member(StreamViewType, _part(change, "StreamViewType", str, which), "StreamViewType", which)
    arn = record.get("eventSourceARN")
    table = _table_of(arn) if isinstance(arn, str) else None
    keys: Item | None = None
    try:
        keys = images.item(_part(change, "Keys", Mapping, which))
        new, old = (_image(change, part, name, view, which, images) for part in ("NewImage", "OldImage"))
    except DynamoDBError as error:
        _locate(error, which, table, keys)
        raise
    return StreamRecord(
        event_id=event_id,
        event_name=name,
        keys=keys,
        new_image=new,
        old_image=old,
        sequence_number=_part(change, "SequenceNumber", str, which),
        view_type=view,
        created_at=_time(change.get("ApproximateCreationDateTime"), which),
        expired_by_ttl=name is StreamEventName.REMOVE and _principal(record) == _TTL_PRINCIPAL,
        region=record.get("awsRegion"),
        table=table,
        raw=record,
    )


def _part(record: Mapping[str, Any], name: str, kind: type[Any], which: str) -> Any:
    """A part that every record has."""
    value = record.get(name)
    if value is None:
        raise ValidationError(f"{which} has no {name!r}", hint="give the record whole, as Lambda or GetRecords has it")
    if not isinstance(value, kind):
        wanted = "text" if kind is str else "a mapping"
        raise ValidationError(f"{which} has a {name!r} of type {type(value).__name__}; it must be {wanted}")
    return value


def _member(enum: type[E], text: str, name: str, which: str) -> E:
    try:
        return enum(text)
    except ValueError:
        raise ValidationError(f"{which} has {name} {text!r}; it must be one of {', '.join(enum)}") from None


def _image(
    change: Mapping[str, Any],
    part: str,
    event: StreamEventName,
    view: StreamViewType,
    which: str,
    images: _Images,
) -> Any:
    """An image, or None where there is none and need not be one."""
    views, events = _NEW if part == "NewImage" else _OLD
    if change.get(part) is None:
        if view in views and event in events:
            raise ValidationError(f"{which} has no {part!r}, which {event} has with the view type {view}")
        return None
    item = images.item(_part(change, part, Mapping, which))
    try:
        return images.image(item)
    except DynamoDBError as error:
        error.message = f"{part}: {error.message}"
        raise


def _locate(error: DynamoDBError, which: str, table: str | None, keys: Item | None) -> None:
    if not error.message.startswith(which):
        error.message = f"{which}: {error.message}"
    error.args = (error.message,)
    error.with_context(table=table, key=keys)


def _time(value: Any, which: str) -> datetime | None:
    """Epoch seconds in Lambda's events, a datetime in boto3's answers."""
    if value is None:
        return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            pass
    raise ValidationError(
        f"{which} has ApproximateCreationDateTime {value!r}; it must be epoch seconds, or a datetime with a time zone"
    )


def _principal(record: Mapping[str, Any]) -> tuple[Any, Any] | None:
    """Who made the change, where the record says so: Lambda writes the names in lower case, GetRecords in upper."""
    who = record.get("userIdentity")
    if not isinstance(who, Mapping):
        return None
    return who.get("type", who.get("Type")), who.get("principalId", who.get("PrincipalId"))


def _table_of(arn: str) -> str | None:
    """``arn:aws:dynamodb:region:account:table/NAME/stream/label`` → NAME."""
    parts = arn.split("/")
    return parts[1] if len(parts) > 1 and parts[0].endswith(":table") else None
