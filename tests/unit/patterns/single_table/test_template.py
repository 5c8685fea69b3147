"""Templates: what they make of values, what they read out of keys, and what they refuse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Literal, NewType, TypedDict
from uuid import UUID

import attrs
import msgspec
import pydantic
import pytest

from hashrange import ConfigurationError, Entity, InvalidKey
from hashrange.patterns.single_table.kinds import bare, kind_of
from hashrange.patterns.single_table.template import Template
from hashrange.patterns.single_table.unfit import Unfit

UserId = NewType("UserId", str)
MOMENT = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
SOME_UUID = UUID("12345678-1234-5678-1234-567812345678")


class Colour(StrEnum):
    RED = "red"
    DARK_BLUE = "dark-blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 20


@dataclass
class Everything:
    text: str
    other: str | None
    user: UserId
    noted: Annotated[str, "a note"]
    n: int
    price: Decimal
    colour: Colour
    level: Level
    kind: Literal["a", "b"]
    at: datetime
    day: date
    uid: UUID
    flag: bool
    ratio: float
    names: list[str]
    either: int | str
    limit: str
    anything: Any


def template(text: str) -> Template:
    return Entity(Everything, pk=text).pk


@pytest.mark.parametrize(
    ("text", "values", "key"),
    [
        ("PROFILE", {}, "PROFILE"),
        ("USER#{text}", {"text": "ä b"}, "USER#ä b"),
        ("{{x}}#{text}", {"text": "a"}, "{x}#a"),
        ("{user}|{noted}", {"user": "u", "noted": "n#"}, "u|n#"),
        ("{n:08d}", {"n": 42}, "00000042"),
        ("N#{n:03}", {"n": 0}, "N#000"),
        ("N#{n}", {"n": -5}, "N#-5"),
        ("{price:08.2f}", {"price": Decimal("12.5")}, "00012.50"),
        ("{colour}#{level:02d}", {"colour": Colour.DARK_BLUE, "level": Level.LOW}, "dark-blue#01"),
        ("{kind}", {"kind": "b"}, "b"),
        ("{at}", {"at": MOMENT}, "2026-03-04T05:06:07.000089Z"),
        (
            "{at:%Y-%m-%d %H:%M}#{text}",
            {"at": datetime(2026, 3, 4, 5, 6, tzinfo=UTC), "text": "x"},
            "2026-03-04 05:06#x",
        ),
        ("{day}", {"day": date(2026, 1, 2)}, "2026-01-02"),
        ("{day:%Y%%%j}", {"day": date(2026, 2, 1)}, "2026%032"),
        ("{uid}", {"uid": SOME_UUID}, str(SOME_UUID)),
        ("{n:02d}{level:02d}", {"n": 1, "level": Level.HIGH}, "0120"),
        ("DIR#{text:*}", {"text": "a#b"}, "DIR#a#b"),
        ("{text}#{text}", {"text": "a"}, "a#a"),
    ],
)
def test_values_make_a_key_and_come_back(text: str, values: dict[str, Any], key: str) -> None:
    one = template(text)
    assert one.key(values.get) == key
    assert one.parse(key) == values
    assert one.matches(key)


def test_a_number_alone_is_a_number() -> None:
    one = template("{n}")
    assert one.number
    assert one.key({"n": 5}.get) == 5
    assert one.parse(5) == {"n": 5}
    assert one.parse("5") is None
    assert template("{price}").key({"price": Decimal("1.5")}.get) == Decimal("1.5")
    assert not template("{n:d}").number


def test_a_value_may_come_as_it_is_stored() -> None:
    stored = {"at": "2026-03-04T05:06:07.000089Z", "day": "2026-01-02", "uid": str(SOME_UUID).upper(), "level": 1}
    made = template("{at:%Y}#{day:%m}#{uid}#{level:02d}").key(stored.get)
    assert made == f"2026#01#{SOME_UUID}#01"
    assert template("{at:%Y-%m-%d}").key({"at": 0}.get) == "1970-01-01"  # epoch seconds, as TTL stores it


def test_equal_instants_make_equal_keys() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=-11)))
    for text in ("{at}", "{at:%Y-%m-%d}"):
        assert template(text).key({"at": elsewhere}.get) == template(text).key({"at": MOMENT}.get)


@pytest.mark.parametrize("key", ["USER#", "USER#a#b", "USER", "xUSER#a", "USER#a\x00#", None, 5, b"USER#a"])
def test_other_keys_do_not_match(key: Any) -> None:
    assert template("USER#{text}").parse(key) is None


def test_what_contradicts_itself_is_no_key_of_the_template() -> None:
    assert template("{text}#{text}").parse("a#b") is None
    assert template("{day}").parse("2026-13-41") is None
    assert template("{uid}").parse("-" * 36) is None


def test_a_field_in_several_formats_is_read_from_the_most_precise_one() -> None:
    one = template("{at:%Y-%m}#{at}#{at:%Y}")
    key = one.key({"at": MOMENT}.get)
    assert one.parse(key) == {"at": MOMENT}
    assert one.parse(str(key).replace("2026-03#", "2026-04#")) is None
    assert template("N#{n:d}").parse("N#007") is None


def test_none_makes_no_key() -> None:
    one = template("A#{other}#{text}")
    assert one.key({"text": "a"}.get) is None
    assert one.missing({"text": "a"}.get) == ("other",)


@pytest.mark.parametrize(
    ("text", "values", "reason"),
    [
        ("USER#{text}", {"text": "a#b"}, "contains '#'"),
        ("{text}|{noted}", {"text": "a|", "noted": "b"}, r"contains '\|'"),
        ("USER#{text}", {"text": ""}, "is empty"),
        ("DIR#{text:*}", {"text": ""}, "is empty"),
        ("USER#{text}", {"text": 5}, "is of type int, not str"),
        ("USER#{text}", {"text": Colour.RED}, "is of type Colour, not str"),
        ("N#{n:03d}", {"n": 1000}, "does not fit into the format '03d'"),
        ("N#{n:03d}", {"n": -1}, "does not fit into"),
        ("N#{n:03d}", {"n": True}, "is of type bool, not int"),
        ("N#{n:03d}", {"n": "1"}, "is of type str, not int"),
        ("N-{n}", {"n": -1}, "contains '-'"),
        ("P#{price:06.2f}", {"price": Decimal("1.005")}, "does not fit into"),
        ("{colour}", {"colour": "green"}, "is none of red, dark-blue"),
        ("{colour}", {"colour": []}, "is none of"),
        ("{at}", {"at": datetime(2026, 1, 1)}, "has no time zone"),
        ("{at}", {"at": "yesterday"}, "is no text of a datetime"),
        ("{at}", {"at": date(2026, 1, 1)}, "is of type date, not datetime"),
        ("{day}", {"day": MOMENT}, "is of type datetime, not date"),
        ("{day}", {"day": "soon"}, "is no text of a date"),
        ("{uid}", {"uid": "x"}, "is of type str, not UUID"),
        ("{n}", {"n": 1.5}, "is of type float, not int"),
    ],
)
def test_refused_values(text: str, values: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidKey, match=reason) as refused:
        template(text).key(values.get)
    assert refused.value.message.startswith(f"entity 'Everything', template {text!r}: field {next(iter(values))!r} ")


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("USER#{nobody}", "the model has no field 'nobody'", "'text', 'other'"),
        ("USER#{}", "{} is not the name of a field", "{field}"),
        ("USER#{text.upper}", "not the name of a field", "{field}"),
        ("USER#{text!r}", "not the name of a field", "{field}"),
        ("USER#{text", "expected '}'", "{{"),
        ("}", "Single '}'", "{{"),
        ("{limit}", "cannot be named 'limit'", "rename"),
        ("{text}{other}", "nothing separates {text} from {other}", "'#'"),
        ("{text}and{other}", "nothing separates {text} from {other}", "'#'"),
        ("{n:d}{level:02d}", "nothing separates {n} from {level}", "'#'"),
        ("{text:*}#{other}", "{text:*} is not at the end", "last"),
        ("{text:>5}", "has the format '>5'", "leave it out"),
        ("{uid:x}", "has the format 'x'", "leave it out"),
        ("{n:8d}", "has the format '8d'", "{n:08d}"),
        ("{n:00d}", "has the format '00d'", "{n:08d}"),
        ("{price:08f}", "has the format '08f'", "{n:012.2f}"),
        ("{price:02.2f}", "has the format '02.2f'", "{n:012.2f}"),
        ("{at:%B}", "keys have no %B", "%Y"),
        ("{at:%}", "keys have no %", "%Y"),
        ("{at:day}", "says nothing", "%Y-%m-%d"),
        ("{day:%H}", "keys have no %H", "%Y"),
        ("{flag}", "has the type bool", "str, int"),
        ("{ratio}", "has the type float", "str, int"),
        ("{names}", "has the type list", "str, int"),
        ("{either}", "has the type int | str", "str, int"),
        ("{anything}", "has the type Any", "str, int"),
        ("A-{colour}", "contains '-'", "separator"),
    ],
)
def test_refused_templates(text: str, reason: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        template(text)
    message = refused.value.message
    assert message.startswith(f"entity 'Everything', template {text!r}: ")
    assert reason in message
    assert hint in (refused.value.hint or "")


@pytest.mark.parametrize("text", ["", None, 5])
def test_a_template_is_text(text: Any) -> None:
    with pytest.raises(ConfigurationError, match="entity 'Everything': a key template is"):
        template(text)


def test_texts_sort_as_values_do() -> None:
    moments = [datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), MOMENT, MOMENT + timedelta(microseconds=1)]
    for text in ("{at}", "{at:%Y%m%dT%H%M%S%f}"):
        keys = [template(text).key({"at": moment}.get) for moment in moments]
        assert keys == sorted(keys, key=str)
    assert [slot.kind.sortable for slot in template("{at:%d.%m.%Y}#{n}#{n:03d}#{uid}").slots] == [
        False,
        False,
        True,
        False,
    ]
    with pytest.raises(InvalidKey, match="before 1000"):
        template("{at:%Y}").key({"at": datetime(999, 1, 1, tzinfo=UTC)}.get)


# ── models of every kind ─────────────────────────────────────────────────────────────────────────────────────────────
@attrs.define
class WithAttrs:
    id: str


class WithStruct(msgspec.Struct, rename="camel"):
    user_id: str


class WithTypedDict(TypedDict):
    id: str


class WithPydantic(pydantic.BaseModel):
    id: str = pydantic.Field(alias="ID")
    mail: pydantic.AwareDatetime | None = None


@pydantic.dataclasses.dataclass
class WithPydanticDataclass:
    id: str


@pytest.mark.parametrize(
    ("model", "obj", "field", "attribute"),
    [
        (WithAttrs, WithAttrs("1"), "id", "id"),
        (WithStruct, WithStruct("1"), "user_id", "userId"),
        (WithTypedDict, {"id": "1"}, "id", "id"),
        (WithPydantic, WithPydantic(ID="1"), "id", "ID"),
        (WithPydanticDataclass, WithPydanticDataclass("1"), "id", "id"),
    ],
)
def test_fields_of_every_kind_of_model(model: type[Any], obj: Any, field: str, attribute: str) -> None:
    entity: Entity[Any] = Entity(model, pk=f"USER#{{{field}}}")
    assert entity.fields[field].attribute == attribute
    assert entity.pk.key(entity.reader(obj)) == "USER#1"
    with pytest.raises(ConfigurationError, match="no field 'x'"):
        Entity(model, pk="USER#{x}")


def test_a_plain_dict_has_no_fields() -> None:
    with pytest.raises(ConfigurationError, match="entity 'dict': dict has no fields"):
        Entity(dict, pk="USER#{id}")


def test_a_model_that_cannot_be_stored_is_named() -> None:
    class Bad(msgspec.Struct):
        when: timezone

    with pytest.raises(ConfigurationError, match=r"entity 'Bad': Bad\.when"):
        Entity(Bad, pk="X")


def test_texts_of_the_shape_that_are_no_values() -> None:
    assert template("{colour}").parse("green") is None
    assert template("P#{price}").parse("P#E+.") is None
    assert template("{at:%Y-%m-%d}").parse("2026-02-30") is None


def test_a_named_type_is_the_type_that_it_names() -> None:
    class Named:
        __value__ = Annotated[str | None, "as a type statement makes it"]

    assert bare(Named()) is str
    assert bare(int | str) == int | str


def test_a_choice_of_nothing_or_of_several_types_has_no_text() -> None:
    with pytest.raises(Unfit, match="different types"):
        kind_of(Literal["a", 1], "", "")
    with pytest.raises(Unfit, match="has the type NoneType"):
        kind_of(Literal[None], "", "")
