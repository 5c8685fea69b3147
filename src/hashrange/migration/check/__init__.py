"""Checks of a contract: alone, against the source's schema, against described access patterns.

``check`` runs all that can be run with what is given. Each adds to one ``Findings``; ``codes`` says what each code
means. Must not know files or output.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..contract.model import Contract
from ..findings import Findings
from ..source.schema import SourceSchema
from .columns import check_columns
from .copies import Cascade, Copy, UniqueKey, cascades, check_copies, copies, unique_keys
from .keys import check_keys
from .patterns import Pattern, check_patterns, read_patterns
from .sizes import check_sizes
from .structure import check_structure

__all__ = [
    "Cascade", "Copy", "Pattern", "UniqueKey", "cascades", "check", "copies", "read_patterns", "unique_keys",
]  # fmt: skip


def check(
    contract: Contract,
    schema: SourceSchema,
    findings: Findings,
    *,
    patterns: Iterable[Pattern] | None = None,
    table_prefix: str = "",
) -> None:
    """Check a contract.

    Args:
        contract: as ``load_contract`` gives it, also with errors.
        schema: of the source; without tables, only what can be seen without is checked.
        findings: takes what is found.
        patterns: what ``read_patterns`` read; None: claims are not checked against keys.
        table_prefix: what will stand before the tables' names.
    """
    check_structure(contract, findings, table_prefix)
    if schema.tables:
        check_keys(contract, schema, findings)
        check_columns(contract, schema, findings)
        check_copies(contract, schema, findings)
        check_sizes(contract, schema, findings)
    if patterns is not None:
        check_patterns(contract, patterns, findings)
