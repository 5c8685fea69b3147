"""Redaction: values of attributes that must not get into a cassette, replaced by stand-ins of the same type.

A stand-in depends on nothing but the value, and is its own stand-in: so a replayed request matches, also where it holds
what an earlier answer gave. Attributes are found by name at every depth. Values of expressions have no name; they are
replaced where the request's expressions mention a redacted attribute: rather one too many. Must not know files.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterable
from hashlib import sha256
from typing import Any, Final, TypeAlias

from ..errors import ConfigurationError
from ..types import ATTRIBUTE_TYPES, AttributeValue

#: names of attributes; or a function of name and value (in wire shape) that gives the value to record: the same one to
#: keep it. It must always give the same for the same, and give its own results back.
Redact: TypeAlias = Collection[str] | Callable[[str, AttributeValue], AttributeValue]

_TEXT: Final = re.compile(r"redacted-[0-9a-f]{12}")
_NUMBER: Final = re.compile(r"999999[0-9]{12}")
_NUMBER_END: Final = 10**12
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")
_MESSAGES: Final = frozenset({"message", "Message"})
#: what holds the values of an attribute in parameters of the older kind (Expected, AttributeUpdates, KeyConditions ...)
_OLDER: Final = frozenset({"Value", "AttributeValueList"})
#: the numbers that are searched for; a request does not say which attribute they are compared with
_SEARCH_VECTOR: Final = "SearchVector"
_CONTENT: Final[dict[str, type]] = {
    **dict.fromkeys(("S", "N", "B"), str),
    **dict.fromkeys(("BOOL", "NULL"), bool),
    **dict.fromkeys(("SS", "NS", "BS", "L"), list),
    "M": dict,
}
assert _CONTENT.keys() == ATTRIBUTE_TYPES


class Redaction:
    """Replaces the values of some attributes in requests and answers.

    Args:
        redact: see ``Redact``; None replaces nothing.

    Raises:
        ConfigurationError: it is neither names nor a function.
    """

    def __init__(self, redact: Redact | None) -> None:
        self.names: list[str] | None = None
        self._replace: Callable[[str, AttributeValue], AttributeValue] | None = None
        if redact is None:
            return
        if callable(redact):
            self._replace = redact
            return
        names = None if isinstance(redact, str) or not isinstance(redact, Collection) else list(redact)
        if not names or not all(isinstance(name, str) and name for name in names):
            raise ConfigurationError(f"redact is {redact!r}; it must be a set of attribute names, or a function")
        self.names = sorted(set(names))
        known = frozenset(names)
        self._replace = lambda name, value: stand_in(value) if name in known else value

    @property
    def is_on(self) -> bool:
        return self._replace is not None

    def request(self, request: Any) -> Any:
        """A request, redacted."""
        return self.exchange(request, None)[0]

    def exchange(self, request: Any, answer: Any) -> tuple[Any, Any]:
        """A request and its answer, redacted alike; what was replaced in one does not show in the other's messages."""
        if self._replace is None:
            return request, answer
        replaced: dict[str, str] = {}
        walk = _Walk(self._replace, replaced)
        found = walk.value(request), walk.value(answer)
        return found[0], _clean_messages(found[1], sorted(replaced, key=len, reverse=True), replaced)


class _Walk:
    """One way through requests and answers.

    Attributes:
        replaced: every text that was replaced, and by what.
    """

    def __init__(self, replace: Callable[[str, AttributeValue], AttributeValue], replaced: dict[str, str]) -> None:
        self._replace, self.replaced = replace, replaced

    def value(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.value(each) for each in value]
        if not isinstance(value, dict):
            return value
        mentioned = _mentioned(value)
        return {name: self._member(name, inner, mentioned) for name, inner in value.items()}

    def _member(self, name: str, inner: Any, mentioned: list[str]) -> Any:
        if name == "ExpressionAttributeValues" and isinstance(inner, dict):
            return {placeholder: self._of_any(mentioned, each) for placeholder, each in inner.items()}
        if name == "Parameters" and isinstance(inner, list):  # of a PartiQL statement
            return [self._of_any(mentioned, each) for each in inner]
        if name == _SEARCH_VECTOR:
            return self._older(name, inner)
        if name == "Statement" and isinstance(inner, str):
            return _LITERAL.sub(lambda literal: self._literal(mentioned, literal[0][1:-1]), inner)
        return self._named(name, inner)

    def _named(self, name: str, inner: Any) -> Any:
        """A value under a name: an attribute, or (in requests of the older kind) something that holds its values."""
        if is_attribute_value(inner):
            return self._attribute(name, inner)
        if isinstance(inner, dict) and not _OLDER.isdisjoint(inner):
            return {key: self._older(name, each) if key in _OLDER else self.value(each) for key, each in inner.items()}
        return self.value(inner)

    def _older(self, name: str, value: Any) -> Any:
        return (
            [self._attribute(name, each) for each in value] if isinstance(value, list) else self._attribute(name, value)
        )

    def _attribute(self, name: str, value: Any) -> Any:
        if not is_attribute_value(value):
            return self.value(value)
        assert callable(self._replace)
        new = self._replace(name, value)
        if not is_attribute_value(new):
            raise ConfigurationError(f"redact gave no value in wire shape for {name!r}", hint="for example {'S': 'x'}")
        if new is not value and new != value:
            self._remember(value, new)
            return new
        return self.value(value)

    def _of_any(self, names: Iterable[str], value: Any) -> Any:
        """A value that may be of any of these attributes."""
        for name in names:
            value = self._attribute(name, value)
        return self.value(value)

    def _literal(self, names: list[str], text: str) -> str:
        new = self._of_any(names, {"S": text})
        return f"'{new['S'] if isinstance(new.get('S'), str) else ''}'"

    def _remember(self, old: AttributeValue, new: AttributeValue) -> None:
        for before, after in zip(_texts(old), _texts(new), strict=False):
            if before:
                self.replaced[before] = after


def stand_in(value: AttributeValue) -> AttributeValue:
    """A value of the same type that says nothing about this one but whether another is the same."""
    ((kind, content),) = value.items()
    if kind == "M":
        return {"M": {name: stand_in(inner) for name, inner in content.items()}}
    if kind == "L":
        return {"L": [stand_in(inner) for inner in content]}
    if kind in {"SS", "NS", "BS"}:
        return {kind: sorted({_scalar(kind[0], member) for member in content})}
    return {kind: False if kind == "BOOL" else content if kind == "NULL" else _scalar(kind, content)}


def _scalar(kind: str, text: str) -> str:
    digest = sha256(f"{kind}:{text}".encode()).hexdigest()
    if kind == "N":
        return text if _NUMBER.fullmatch(text) else f"999999{int(digest, 16) % _NUMBER_END:012}"
    if kind == "S":
        return text if _TEXT.fullmatch(text) else f"redacted-{digest[:12]}"
    try:
        if _TEXT.fullmatch(b64decode(text).decode("ascii", "replace")):
            return text
    except ValueError:
        pass
    return b64encode(f"redacted-{digest[:12]}".encode()).decode()


def is_attribute_value(value: Any) -> bool:
    """Whether this is a value in wire shape, such as ``{"S": "text"}``, as deep as it goes."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    kind: Any = next(iter(value))
    content: Any = value[kind]
    if kind not in _CONTENT or not issubclass(type(content), _CONTENT[kind]):
        return False
    if kind == "M":
        return all(is_attribute_value(inner) for inner in content.values())
    if kind == "L":
        return all(is_attribute_value(inner) for inner in content)
    return kind not in {"SS", "NS", "BS"} or all(isinstance(member, str) for member in content)


def _mentioned(request: dict[str, Any]) -> list[str]:
    """The attributes that the expressions of a request (or of one action, or one table, in it) mention, and more."""
    names = request.get("ExpressionAttributeNames")
    found = {name for name in names.values() if isinstance(name, str)} if isinstance(names, dict) else set()
    for member, text in request.items():
        if isinstance(text, str) and (member.endswith("Expression") or member == "Statement"):
            found.update(_NAME.findall(text))
    return sorted(found)


def _texts(value: Any) -> list[str]:
    """All texts in a value in wire shape."""
    if isinstance(value, str):
        return [value]
    inner: list[Any] = value if isinstance(value, list) else []
    if isinstance(value, dict):
        inner = [*value.values()]
    return [text for each in inner for text in _texts(each)]


def _clean_messages(answer: Any, originals: list[str], replaced: dict[str, str]) -> Any:
    """The service's texts quote values now and then."""
    if isinstance(answer, list):
        return [_clean_messages(each, originals, replaced) for each in answer]
    if not isinstance(answer, dict):
        return answer
    cleaned = {}
    for name, inner in answer.items():
        if name in _MESSAGES and isinstance(inner, str):
            for original in originals:
                inner = inner.replace(original, replaced[original])
        cleaned[name] = _clean_messages(inner, originals, replaced)
    return cleaned
