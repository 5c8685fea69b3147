"""What a pydantic model refuses when reading, how it is said, and which of its types cannot be stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

import pydantic
import pytest
from pydantic import BaseModel, Field
from pydantic_core import PydanticCustomError

from hashrange.codec import decode_item, encode_item
from hashrange.errors import ConfigurationError, ItemDecodeError, TypeMismatch
from hashrange.item_model import item_model

SECRET = "do-not-show"


class Part(BaseModel):
    number: int


class Renamed(BaseModel):
    number: int = Field(validation_alias="read_me", serialization_alias="writeMe")


class Judging(BaseModel):
    kind: Literal["a", "b"] = "a"
    checked: str = ""
    asserted: str = ""
    custom: str = ""
    uuid: UUID = UUID(int=1)
    part: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None

    @pydantic.field_validator("checked", "asserted", "custom")
    @classmethod
    def _check(cls, value: str, info: pydantic.ValidationInfo) -> str:
        if value and info.field_name == "checked":
            raise ValueError(f"not {value}")
        if value and info.field_name == "custom":
            raise PydanticCustomError("own_kind", "not {value}", {"value": value})
        assert not value, value
        return value

    @pydantic.model_validator(mode="after")
    def _check_all(self) -> Judging:
        if self.kind == "b":
            raise ValueError(SECRET)
        return self


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int | None


class Dog(BaseModel):
    kind: Literal["dog"]
    age: int | None


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"kind": SECRET}, "kind: input should be 'a' or 'b'"),
        ({"checked": SECRET}, "checked: the model's own check raised ValueError"),
        ({"asserted": SECRET}, "asserted: the model's own check raised AssertionError"),
        ({"custom": SECRET}, "custom: not accepted (own_kind)"),
        ({"uuid": SECRET}, "uuid: not accepted (uuid_parsing)"),
        ({"part": {"kind": SECRET}}, "part: not accepted (union_tag_invalid)"),
        ({"part": {"kind": "cat"}}, "part.cat.lives: missing"),
        ({"kind": "b"}, "the model's own check raised ValueError"),
        ({"kind": SECRET, "uuid": SECRET}, "kind: input should be 'a' or 'b' (and 1 more)"),
    ],
)
def test_a_misfit_is_named_by_path_and_reason_without_its_value(item: dict[str, Any], message: str) -> None:
    with pytest.raises(ItemDecodeError) as caught:
        item_model(Judging).from_item(item)
    assert caught.value.message == f"the item does not fit Judging: {message}"
    assert not isinstance(caught.value.__cause__, pydantic.ValidationError)


def test_none_stays_null_inside_a_union_of_models() -> None:
    obj = Judging(part=Dog(kind="dog", age=None))
    assert item_model(Judging).to_item(obj)["part"] == {"kind": "dog", "age": None}
    model = item_model(Judging)
    assert model.from_item(decode_item(encode_item(model.to_item(obj)))) == obj


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (complex, "complex has no DynamoDB type"),
        (list[pydantic.SecretStr], "SecretStr has no DynamoDB type"),
        (Callable[[int], int], "Callable has no DynamoDB type"),
        (type[int], "type has no DynamoDB type"),
        (Annotated[object, pydantic.SkipValidation] | complex, "complex has no DynamoDB type"),
        (pydantic.Json[int], "pydantic dumps a Json field as an object"),
        (pydantic.Json[int] | None, "pydantic dumps a Json field as an object"),
        (Annotated[int, Field(validation_alias=pydantic.AliasPath("a", 0))], "the field is validated from inside"),
        (Renamed | Part, "Renamed, of which one field is written and read under different names, is in a union"),
    ],
)
def test_a_type_that_cannot_be_stored_is_refused_at_once(kind: Any, reason: str) -> None:
    model = pydantic.create_model("Model", good=(int, 1), bad=(kind, ...))
    with pytest.raises(ConfigurationError) as caught:
        item_model(model)
    assert caught.value.message.startswith(f"Model.bad: {reason}")
    assert caught.value.hint


def test_a_value_that_cannot_be_stored_is_refused_when_it_is_written() -> None:
    class Anything(BaseModel):
        value: Any

    with pytest.raises(TypeMismatch, match=r"^Anything\.value\.a\[1\]: object has no DynamoDB type"):
        item_model(Anything).to_item(Anything(value={"a": [1, object()]}))


def test_models_without_fields_of_their_own_are_refused() -> None:
    for model in (pydantic.RootModel[dict[str, int]], BaseModel):
        with pytest.raises(ConfigurationError, match="has no fields, and an item is a map with names"):
            item_model(model)


def test_a_model_whose_types_are_not_defined_is_refused() -> None:
    not_there: Any = "NotThere"
    unfinished = pydantic.create_model("Unfinished", other=(not_there, ...))
    with pytest.raises(ConfigurationError, match="the annotations of Unfinished name a type that is not defined"):
        item_model(unfinished)
