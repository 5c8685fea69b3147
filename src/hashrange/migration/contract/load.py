"""Loading a contract: text to model, in five steps that each add what they find to one list.

Must not know what a step does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from ..errors import ContractError
from ..findings import Findings
from ..source.schema import NO_SCHEMA, SourceSchema
from .document import Node, of_values, read
from .entries import tables_of
from .formats import entries
from .loading import Loading
from .model import Contract
from .overrides import overridden

#: a file that is larger is not read
CONTRACT_MAX_BYTES = 64 * 1024 * 1024
_SHOWN = 5


class Loaded(Struct, frozen=True):
    """What loading gave.

    Attributes:
        contract: the model, also where there are errors: attributes that cannot be told are ``Undefined`` in it. None
            where the document could not be read at all.
        findings: everything that was found.
    """

    contract: Contract | None
    findings: Findings

    def require(self) -> Contract:
        """The contract.

        Raises:
            ContractError: there are errors; it holds them.
        """
        errors = self.findings.errors
        if self.contract is not None and not errors:
            return self.contract
        shown = "; ".join(str(one) for one in errors[:_SHOWN])
        more = f"; and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
        raise ContractError(
            f"the contract cannot be followed: {shown}{more}",
            hint="'hashrange migrate check' shows every finding with its place",
            findings=errors,
        )


def load_contract(
    source: str | Path | bytes | Mapping[str, Any] | list[Any],
    *,
    mode: Literal["strict", "relaxed"] = "strict",
    schema: SourceSchema = NO_SCHEMA,
    overrides: str | Path | Mapping[str, Any] | None = None,
) -> Loaded:
    """Read a contract in any of its formats.

    Args:
        source: a path; or the document itself, as bytes, as text that begins with a bracket, or as Python values.
        mode: "strict": every ambiguity is an error. "relaxed": what a documented rule mends is mended, and said; what
            none mends leaves its attribute ``Undefined``, with an error.
        schema: of the source: names in the contract are told apart better with it.
        overrides: what the contract cannot say: table (or "Table/ENTITY") to attribute to
            ``{"hook": "recursive-depth" | "recursive-path", "parent", "name", "separator", "includes_self"}``, or to
            ``{"join": ...}``, ``{"calculation": ...}``, ``{"transformation": ...}`` or ``{"source_column": ...}``. In
            the same forms as ``source``.

    Raises:
        OSError: a file cannot be read.
        ValueError: Python values that JSON does not have.
    """
    findings = Findings()
    relaxed = mode == "relaxed"
    root = _document(source, findings, relaxed, "")
    told = None if overrides is None else _document(overrides, findings, relaxed, "overrides")
    if root is None:
        return Loaded(None, findings)
    loading = Loading(findings, relaxed, schema)
    loading.learn(root)
    found = entries(root, loading)
    if found is None:
        return Loaded(None, findings)
    format_, nodes = found
    if told is not None:
        nodes = overridden(nodes, told, loading)
    return Loaded(Contract(tables_of(nodes, format_, loading), format_), findings)


def _document(
    source: str | Path | bytes | Mapping[str, Any] | list[Any], findings: Findings, relaxed: bool, name: str
) -> Node | None:
    if isinstance(source, str) and not _is_text(source):
        source = Path(source)
    if isinstance(source, Path):
        with source.open("rb") as file:
            source = file.read(CONTRACT_MAX_BYTES + 1)
        if len(source) > CONTRACT_MAX_BYTES:
            findings.error("no-contract", f"the file is larger than {CONTRACT_MAX_BYTES:,} bytes", fix="is it one?")
            return None
    if isinstance(source, str | bytes):
        return read(source, findings, relaxed=relaxed, document=name)
    return of_values(source, document=name)


def _is_text(source: str) -> bool:
    """Whether text is a document, not a path: it begins as JSON, a comment or Markdown does, or has several lines."""
    begin = source.lstrip("\ufeff \t\r\n")
    return not begin or "\n" in source or begin.startswith(("{", "[", '"', "`", "//", "/*", "#"))
