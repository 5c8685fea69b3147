"""UntagResource: takes tags from a table; those it does not have are no error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from .. import messages, table_messages
from ..errors import validation
from ..shapes import list_of, string, structure
from .settings_rules import check_tag_key
from .tagged_resource import check_arn_given, check_authorized, check_table_arn, check_taggable, tagged_table

if TYPE_CHECKING:
    from ..engine import Engine

#: the service checks these members in words of its own
SHAPE: Final = structure("UntagResourceInput", ResourceArn=string(), TagKeys=list_of(string()))


@dataclass(frozen=True, slots=True)
class UntagResource:
    arn: str
    keys: list[str] | None


def validate(request: dict[str, Any]) -> UntagResource:
    return UntagResource(check_arn_given(request.get("ResourceArn")), request.get("TagKeys"))


def apply(prepared: UntagResource, engine: Engine) -> None:
    check_authorized(prepared.arn, "UntagResource", engine)
    if prepared.keys is None:
        raise validation(messages.member_is_null("tagKeys"))
    check_table_arn(prepared.arn)
    if not prepared.keys:
        raise validation(table_messages.NO_TAG_KEYS)
    for key in prepared.keys:
        check_tag_key(key)
    table = tagged_table(prepared.arn, engine, named=engine.wording == "2026")
    check_taggable(table)
    tags = {key: value for key, value in table.definition.tags.items() if key not in prepared.keys}
    engine.catalog.change(table, replace(table.definition, tags=tags))
