"""TagResource: gives a table tags; those it has keep their place and get the new value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from .. import messages, table_messages
from ..errors import validation
from ..shapes import string, structure
from .settings_rules import check_tag_count, tags_of
from .table_shapes import TAGS
from .tagged_resource import check_arn_given, check_authorized, check_table_arn, check_taggable, tagged_table

if TYPE_CHECKING:
    from ..engine import Engine

#: the service checks these members in words of its own
SHAPE: Final = structure("TagResourceInput", ResourceArn=string(), Tags=TAGS)


@dataclass(frozen=True, slots=True)
class TagResource:
    arn: str
    tags: list[dict[str, Any]] | None


def validate(request: dict[str, Any]) -> TagResource:
    return TagResource(check_arn_given(request.get("ResourceArn")), request.get("Tags"))


def apply(prepared: TagResource, engine: Engine) -> None:
    check_authorized(prepared.arn, "TagResource", engine)
    if prepared.tags is None:
        raise validation(messages.member_is_null("tags"))
    check_table_arn(prepared.arn)
    if not prepared.tags:
        raise validation(table_messages.NO_TAGS)
    new = tags_of(prepared.tags)
    table = tagged_table(prepared.arn, engine)
    check_taggable(table)
    tags = {**table.definition.tags, **new}
    check_tag_count(tags)
    engine.catalog.change(table, replace(table.definition, tags=tags))
