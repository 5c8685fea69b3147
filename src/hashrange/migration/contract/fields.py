"""Objects of a contract read by the names of their fields: known, required, misspelt, or called otherwise.

Must not know what the fields mean.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from msgspec import Struct

from ..findings import Place
from .document import Node
from .loading import Loading, NotTold

#: how alike a field that is not known has to be to one that is, to be taken for its misspelling
_ALIKE: Final = 0.8


class Shape(Struct, frozen=True):
    """The fields that an object may have, and other names that they go by."""

    fields: tuple[str, ...]
    synonyms: dict[str, str] = {}


class Fields:
    """The fields of one object.

    Args:
        node: the object. If it is none, that is an error, and there are no fields.
        shape: what it may have.
        what: the object, for messages: "attribute price".
    """

    def __init__(self, node: Node, loading: Loading, shape: Shape, what: str) -> None:
        self.node, self.loading, self.shape, self.what = node, loading, shape, what
        self.found: dict[str, Node] = {}
        if not isinstance(node.value, dict):
            message = f"{what} is {node.kind}, not an object"
            loading.error("wrong-type", message, fix="write {...} with its fields", at=node.place)
            return
        others = []
        for name, value in node.value.items():
            if name in shape.fields:
                self.found[name] = value
            else:
                others.append(name)
        for name in others:
            self._other(name, node.value[name], node.names[name])

    def _other(self, name: str, value: Node, at: Place) -> None:
        """A field with a name that is not among the known ones."""
        plain = _plain(name)
        known = self.shape.synonyms.get(name) or next((one for one in self.shape.fields if _plain(one) == plain), None)
        if known is not None and known not in self.found:
            self.loading.warning("synonym", f"{self.what}: {name} is taken for {known}", fix=f"call it {known}", at=at)
            self.found[known] = value
            return
        missing = [one for one in self.shape.fields if one not in self.found]
        near = get_close_matches(name.lower(), missing, 1, _ALIKE)
        if near:
            self.loading.mend(
                "misspelt-field", f"{self.what} has a field {name}", fix=f"did you mean {near[0]}?", at=at,
                how=f"taken for {near[0]}",
            )  # fmt: skip
            self.found[near[0]] = value
            return
        fields = ", ".join(self.shape.fields)
        self.loading.warning(
            "unknown-field", f"{self.what} has a field {name}, which means nothing here", fix=f"fields: {fields}", at=at
        )

    def __contains__(self, name: str) -> bool:
        """Whether a field is there, and not null."""
        return name in self.found and self.found[name].value is not None

    def __getitem__(self, name: str) -> Node:
        return self.found[name]

    def at(self, name: str) -> Place:
        """Where a field is, or the object where it is not there."""
        return self.found[name].place if name in self.found else self.node.place

    def required(self, name: str, fix: str = "") -> Node:
        """A field that has to be there. Raises NotTold."""
        if name in self:
            return self.found[name]
        if not isinstance(self.node.value, dict):
            raise NotTold(f"{self.what} is {self.node.kind}, not an object")  # that is said already
        return self.loading.refuse(
            "missing-field", f"{self.what} has no {name}", fix=fix or f"add {name}", at=self.at(name)
        )

    def text(self, name: str, fix: str = "") -> str:
        """A required text. Raises NotTold."""
        return self.loading.text(self.required(name, fix), f"{self.what}: {name}")

    def optional_text(self, name: str) -> str | None:
        """A text that may be absent, null or, with an error, something else."""
        if name not in self:
            return None
        try:
            return self.loading.text(self.found[name], f"{self.what}: {name}")
        except NotTold:
            return None

    def flag(self, name: str) -> bool:
        """A truth value, False where it is absent."""
        if name not in self:
            return False
        value = self.found[name].value
        if isinstance(value, bool):
            return value
        message = f"{self.what}: {name} is {self.found[name].kind}, not true or false"
        self.loading.error("wrong-type", message, fix="write true or false, without quotation marks", at=self.at(name))
        return False

    def parts(self, name: str) -> list[Node]:
        """The parts of an array; none where it is absent."""
        if name not in self:
            return []
        value = self.found[name].value
        if isinstance(value, list):
            return value
        message = f"{self.what}: {name} is {self.found[name].kind}, not an array"
        self.loading.error("wrong-type", message, fix="write [...]", at=self.at(name))
        return []

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of an array."""
        found = []
        for node in self.parts(name):
            try:
                found.append(self.loading.text(node, f"{self.what}: {name}"))
            except NotTold:
                continue
        return tuple(found)

    def choice(self, name: str, choices: Iterable[str], also: dict[str, str] | None = None) -> str:
        """One of several words.

        Args:
            also: other words in lower case, and which of the choices each means.

        Raises:
            NotTold: it is absent, or none of them.
        """
        text, known = self.text(name), list(choices)
        if text in known:
            return text
        plain = _plain(text)
        meant = next((one for one in known if _plain(one) == plain), None) or (also or {}).get(text.lower())
        if meant is None:
            meant = next(iter(get_close_matches(text.lower(), known, 1, _ALIKE)), None)
        message = f"{self.what}: {name} is {text!r}"
        if meant is None:
            self.loading.refuse("unknown-value", message, fix=f"one of {', '.join(known)}", at=self.at(name))
        self.loading.mend(
            "misspelt-value", message, fix=f"did you mean {meant}?", at=self.at(name), how=f"taken for {meant}"
        )
        return meant


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")
