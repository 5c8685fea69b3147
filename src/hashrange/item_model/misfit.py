"""A value that does not fit its model: where it stands, why it does not fit, and what to do about it.

Owns ``Misfit``, which travels from the value out to the top and gathers its path on the way, and the reading of
msgspec's refusals into one. A stored or given value itself is never part of a reason. Must not know how values are
converted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..codec import format_path
from ..errors import TypeMismatch, ValidationError

Steps = list[str | int]


class Misfit(Exception):
    """Raised at the value, caught where the error's class is known.

    Attributes:
        error: the class to raise where an object is written.
        path: the steps from the value outwards.
        cause: the exception of the model's own check, where there was one.
    """

    def __init__(self, reason: str, hint: str | None = None, error: type[ValidationError] = TypeMismatch) -> None:
        super().__init__(reason)
        self.reason, self.hint, self.error = reason, hint, error
        self.path: Steps = []
        self.cause: BaseException | None = None

    def within(self, *steps: str | int) -> Misfit:
        """The same one level (or several, outermost first) further out."""
        self.path.extend(reversed(steps))
        return self

    def __str__(self) -> str:
        return f"{format_path(reversed(self.path))}: {self.reason}" if self.path else self.reason


class ForeignRefusal(ValueError):
    """Carries a Misfit, its cause, through msgspec, which knows where it stands."""


_MODULES = re.compile(r"[\w.<>]*\.")


def type_name(kind: Any) -> str:
    """A class, or a generic one with its parameters, as people call it."""
    return kind.__name__ if isinstance(kind, type) else _MODULES.sub("", str(kind))


def wrong_type(expected: str, value: Any) -> Misfit:
    return Misfit(f"expected {expected}, got {type(value).__name__}")


# ── what msgspec says ────────────────────────────────────────────────────────────────────────────────────────────────
_WHERE = re.compile(r"(?s)(.*) - at (`key` in )?`\$(.*)`")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_NAMED = re.compile(r"Object (missing required|contains unknown) field `(.+)`")
#: msgspec's reasons that never hold a value; any other is replaced
_WITHOUT_VALUES = re.compile(r"Expected |Invalid (RFC3339|UUID|decimal|base64|ISO8601|epoch)|.* out of range")
_WORDS = {"`null`": "NULL", "`array`": "a list", "`object`": "a map", "`duration`": "timedelta"}
_MISSING_HINT = "give the field a default if the attribute may be absent; a projection leaves attributes out, too"
_FORBIDS_HINT = "add it to the model, or do not set forbid_unknown_fields"
_EPOCH_HINT = "epoch seconds are read only where the field is the table's TTL attribute"


def read_refusal(error: Exception, item: Any, convert: Callable[[Any], Any]) -> Misfit:
    """msgspec's ValidationError as a Misfit.

    msgspec names no keys of maps: ``convert`` is tried again with one entry at a time to find them.
    """
    text, in_key, path = str(error), False, ""
    if found := _WHERE.fullmatch(text):
        text, in_key, path = found[1], bool(found[2]), found[3]
    steps = _with_keys(_steps(path), str(error), item, convert)
    if isinstance(error.__cause__, ForeignRefusal) and isinstance(inner := error.__cause__.__cause__, Misfit):
        return inner.within(*steps)
    if named := _NAMED.fullmatch(text):
        if named[1] == "contains unknown":
            return Misfit("the model forbids attributes that it does not have", _FORBIDS_HINT).within(*steps, named[2])
        return Misfit("missing", _MISSING_HINT).within(*steps, named[2])
    misfit = Misfit(("a key of the map: " if in_key else "") + _reason(text, error.__cause__))
    misfit.cause = error.__cause__
    if text.startswith("Expected `datetime`, got `"):
        misfit.hint = _EPOCH_HINT
    return misfit.within(*steps)


def _reason(text: str, cause: BaseException | None) -> str:
    if cause is not None:
        return f"the model's own check raised {type(cause).__name__}"
    if text.startswith("Invalid enum value"):
        return "not one of the values that the model allows"
    if text.startswith("Invalid value"):
        return "not the tag of a type that the model allows"
    if not _WITHOUT_VALUES.match(text):
        return "the value does not fit"
    for word, better in _WORDS.items():
        text = text.replace(word, better)
    return text[0].lower() + text[1:].replace("`", "")


def _steps(path: str) -> Steps:
    found = list(_STEP.finditer(path))
    if "".join(step[0] for step in found) != path:  # a name with dots or brackets
        return [path.removeprefix(".")]
    return [step[1] or (step[2] if step[2] == "..." else int(step[2])) for step in found]


def _with_keys(steps: Steps, refusal: str, item: Any, convert: Callable[[Any], Any]) -> Steps:
    """The steps with each ``...`` replaced by the key that it stands for, or by ``*``."""
    for position, step in enumerate(steps):
        if step != "...":
            continue
        outer = steps[:position]
        entries = item
        for name in outer:
            entries = entries[name]
        for key, value in entries.items():
            trial = _replaced(item, outer, {key: value})
            if _refusal(trial, convert) == refusal:
                steps = [*outer, key, *steps[position + 1 :]]
                item = trial
                break
    return ["*" if step == "..." else step for step in steps]


def _replaced(value: Any, steps: Steps, new: Any) -> Any:
    if not steps:
        return new
    copy = value.copy()
    copy[steps[0]] = _replaced(value[steps[0]], steps[1:], new)
    return copy


def _refusal(item: Any, convert: Callable[[Any], Any]) -> str:
    try:
        convert(item)
    except Exception as error:
        return str(error)
    return ""
