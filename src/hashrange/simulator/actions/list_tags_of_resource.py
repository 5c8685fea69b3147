"""ListTagsOfResource: the tags of a table. They fit on one page, so a token to go on from is ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..shapes import string, structure
from .tagged_resource import check_arn_given, check_authorized, check_table_arn, tagged_table

if TYPE_CHECKING:
    from ..engine import Engine

#: the service checks these members in words of its own
SHAPE: Final = structure("ListTagsOfResourceInput", ResourceArn=string(), NextToken=string())


def validate(request: dict[str, Any]) -> str:
    return check_arn_given(request.get("ResourceArn"))


def apply(prepared: str, engine: Engine) -> dict[str, Any]:
    check_authorized(prepared, "ListTagsOfResource", engine)
    check_table_arn(prepared)
    tags = tagged_table(prepared, engine).definition.tags
    return {"Tags": [{"Key": key, "Value": tags[key]} for key in sorted(tags)]}
