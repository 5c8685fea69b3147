"""Two answers to one request, made comparable, and what to think of it when they differ.

Owns what is the same for both whatever it looks like: orders that mean nothing, casing of ``message``, times, ARNs.
Everything else that may differ is an entry of ``known_differences``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from tests.differential.differences import KnownDifference
from tests.differential.known_differences import KNOWN
from tests.differential.local_texts import LOCAL_TEXTS, SHORT_TYPES

_SETS: Final = ("SS", "NS", "BS")
#: members that hold times, ids, and places
_INCIDENTAL: Final = frozenset(
    {"CreationDateTime", "TableId", "TableArn", "IndexArn", "LastUpdateToPayPerRequestDateTime", "SizeEstimateRangeGB"}
)
#: lists whose order means nothing
_UNORDERED: Final = frozenset(
    {"AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes", "NonKeyAttributes", "ConsumedCapacity"}
)
#: lists in messages come out of hash tables
_BRACES: Final = re.compile(r"(\{|does not project (?:one or more filter attributes: )?\[)([^{}\[\]]*)([}\]])")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: an error's name and message, or a body; ``text`` is either, normalised."""

    status: int
    text: str

    @property
    def succeeded(self) -> bool:
        return self.status == 200


def answer_of(
    operation: str, status: int, body: bytes, *, is_ordered: bool = True, plain_numbers: bool = True
) -> Answer:
    """An answer in its comparable form.

    Args:
        is_ordered: no two of its items can have the same place.
        plain_numbers: they come in the service's normal form, as they must; Local leaves those inside of documents as
            they were written.
    """
    payload = json.loads(body) if body else {}
    if not plain_numbers:
        payload = translated_body(payload)
    if status != 200:
        return Answer(status, _error(payload))
    return Answer(status, f"{operation} {canonical_text(_success(operation, payload, is_ordered))}")


def _error(payload: dict[str, Any]) -> str:
    name = payload["__type"].rpartition("#")[2]
    message = payload.get("message", payload.get("Message"))
    rest = {key: payload[key] for key in payload if key not in ("__type", "message", "Message")}
    text = f"{name}: {_BRACES.sub(_sorted_braces, message or '')}"
    return f"{text} {canonical_text(rest)}" if rest else text


def _sorted_braces(found: re.Match[str]) -> str:
    return found[1] + ", ".join(sorted(part.strip() for part in found[2].split(","))) + found[3]


def _success(operation: str, payload: dict[str, Any], is_ordered: bool) -> dict[str, Any]:
    if (operation == "Scan" or not is_ordered) and "Items" in payload:  # their orders follow from their hashes
        payload["Items"] = sorted(payload["Items"], key=canonical_text)
    if operation == "BatchGetItem":
        payload["Responses"] = {
            table: sorted(found, key=canonical_text) for table, found in payload["Responses"].items()
        }
    return payload


def translated_body(value: Any) -> Any:
    """What Local answers, with numbers in the normal form wherever they stand."""
    if isinstance(value, list):
        return [translated_body(member) for member in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"N": str(text)}:
            return {"N": _plain(text)}
        case {"NS": [*texts]} if all(isinstance(text, str) for text in texts):
            return {"NS": [_plain(text) for text in texts]}
    return {key: translated_body(member) for key, member in value.items()}


def _plain(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    plain = f"{number:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return plain if number else "0"


def canonical_text(value: Any) -> str:
    """One text for whatever is equal."""
    return json.dumps(_canonical(value), sort_keys=True, ensure_ascii=False)


def _canonical(value: Any, within: str = "") -> Any:
    if isinstance(value, dict):
        found = {key: _canonical(value[key], key) for key in value if key not in _INCIDENTAL}
        for letter in _SETS:
            if isinstance(found.get(letter), list):
                found[letter] = sorted(found[letter])
        return found
    if isinstance(value, list):
        members = [_canonical(member) for member in value]
        return (
            sorted(members, key=lambda member: json.dumps(member, sort_keys=True)) if within in _UNORDERED else members
        )
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def translated(answer: Answer) -> Answer:
    """Local's answer in the service's words."""
    if answer.succeeded:
        return answer
    text = answer.text
    for entry in LOCAL_TEXTS:
        if "{short}" in entry.service:
            text = re.sub(entry.local, lambda found: SHORT_TYPES[found[0]], text)
        else:
            text = re.sub(entry.local, entry.service, text)
    return Answer(answer.status, text)


def known(operation: str, request: dict[str, Any], ours: Answer, local: Answer) -> KnownDifference | None:
    """The entry that says why the answers differ."""
    for difference in KNOWN:
        if difference.explains(operation, request, ours.text, local.text):
            return difference
    return None
