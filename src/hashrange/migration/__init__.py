"""From a relational database to DynamoDB by a contract: check it, make tables and data access, move the data, prove it.

    from hashrange.migration import AccessLayer, load_contract, parse_ddl

    schema = parse_ddl(Path("schema.sql").read_text())
    contract = load_contract("migrationContract.json", schema=schema).require()
    layer = AccessLayer(contract, db, schema=schema)

These are the public names; each is loaded at its first use. Nothing of it is loaded by the rest of the package, and the
libraries of the extra ``migrate`` only where they are needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .access import AccessLayer, CorrelationFilter, FamilyResult, IdAllocator, LayerTransaction, Listing, Repository
    from .backfill import Backfill, Counts, DryRun, EntitySizes, S3Export, dry_run, paced
    from .backfill import Options as BackfillOptions
    from .backfill import Report as BackfillReport
    from .check import check as check_contract
    from .check import read_patterns
    from .contract.load import Loaded, load_contract
    from .contract.model import Contract
    from .conventions import Conventions
    from .dual import (
        DualLayer,
        DualRepository,
        Gates,
        PhaseControl,
        PreparesWrites,
        Primary,
        SqlRepository,
        Standing,
        Timing,
    )
    from .dual import Options as DualOptions
    from .dual import Rules as RepairRules
    from .dual.errors import DualWriteFailed, PhaseRefused, PhaseUnknown, ReadMismatch
    from .errors import (
        AlreadyRunning,
        ContractError,
        MigrationError,
        NotInContract,
        RowRefused,
        RowTooLarge,
        SourceLost,
        StateConflict,
    )
    from .findings import Finding, Findings, Place
    from .generate import check_files, generated_package, write_files
    from .mapping.entity import EntityMapping, Mappings, mappings
    from .source.ddl import parse_ddl
    from .source.files import FileSource
    from .source.schema import SourceSchema
    from .source.sql import SqlSource
    from .state.file_store import FileStore
    from .state.table_store import TableStore
    from .tables import Difference, access_policy, cloudformation, create_table_request, ensure_tables, terraform
    from .tables import Outcome as TableOutcome
    from .tables.live import compare_tables
    from .tables.request import create_table_requests
    from .verify import Discrepancy, EntityReport, Repairs, Verification, repair
    from .verify import Pattern as VerifiedPattern
    from .verify import Report as VerificationReport
    from .verify import html as report_html
    from .verify import markdown as report_markdown
    from .verify import text as report_text

#: module → the public names that live there, as "its own name: the public one" where they differ
_NAMES: Final = {
    ".access": (
        "AccessLayer",
        "CorrelationFilter",
        "FamilyResult",
        "IdAllocator",
        "LayerTransaction",
        "Listing",
        "Repository",
    ),
    ".backfill": (
        "Backfill",
        "Counts",
        "DryRun",
        "EntitySizes",
        "Options: BackfillOptions",
        "Report: BackfillReport",
        "S3Export",
        "dry_run",
        "paced",
    ),
    ".check": (
        "check: check_contract",
        "read_patterns",
    ),
    ".contract.load": (
        "Loaded",
        "load_contract",
    ),
    ".contract.model": ("Contract",),
    ".conventions": ("Conventions",),
    ".dual": (
        "DualLayer",
        "DualRepository",
        "Gates",
        "Options: DualOptions",
        "PhaseControl",
        "PreparesWrites",
        "Primary",
        "Rules: RepairRules",
        "SqlRepository",
        "Standing",
        "Timing",
    ),
    ".dual.errors": (
        "DualWriteFailed",
        "PhaseRefused",
        "PhaseUnknown",
        "ReadMismatch",
    ),
    ".errors": (
        "AlreadyRunning",
        "ContractError",
        "MigrationError",
        "NotInContract",
        "RowRefused",
        "RowTooLarge",
        "SourceLost",
        "StateConflict",
    ),
    ".findings": (
        "Finding",
        "Findings",
        "Place",
    ),
    ".generate": (
        "check_files",
        "generated_package",
        "write_files",
    ),
    ".mapping.entity": (
        "EntityMapping",
        "Mappings",
        "mappings",
    ),
    ".source.ddl": ("parse_ddl",),
    ".source.files": ("FileSource",),
    ".source.schema": ("SourceSchema",),
    ".source.sql": ("SqlSource",),
    ".state.file_store": ("FileStore",),
    ".state.table_store": ("TableStore",),
    ".tables": (
        "Difference",
        "Outcome: TableOutcome",
        "access_policy",
        "cloudformation",
        "create_table_request",
        "ensure_tables",
        "terraform",
    ),
    ".tables.live": ("compare_tables",),
    ".tables.request": ("create_table_requests",),
    ".verify": (
        "Discrepancy",
        "EntityReport",
        "Pattern: VerifiedPattern",
        "Repairs",
        "Report: VerificationReport",
        "Verification",
        "html: report_html",
        "markdown: report_markdown",
        "repair",
        "text: report_text",
    ),
}
#: public name → its module, and its name there
_HOMES: Final = {
    one.partition(": ")[2] or one: (module, one.partition(": ")[0]) for module, names in _NAMES.items() for one in names
}

__all__ = [
    "AccessLayer",
    "AlreadyRunning",
    "Backfill",
    "BackfillOptions",
    "BackfillReport",
    "Contract",
    "ContractError",
    "Conventions",
    "CorrelationFilter",
    "Counts",
    "Difference",
    "Discrepancy",
    "DryRun",
    "DualLayer",
    "DualOptions",
    "DualRepository",
    "DualWriteFailed",
    "EntityMapping",
    "EntityReport",
    "EntitySizes",
    "FamilyResult",
    "FileSource",
    "FileStore",
    "Finding",
    "Findings",
    "Gates",
    "IdAllocator",
    "LayerTransaction",
    "Listing",
    "Loaded",
    "Mappings",
    "MigrationError",
    "NotInContract",
    "PhaseControl",
    "PhaseRefused",
    "PhaseUnknown",
    "Place",
    "PreparesWrites",
    "Primary",
    "ReadMismatch",
    "RepairRules",
    "Repairs",
    "Repository",
    "RowRefused",
    "RowTooLarge",
    "S3Export",
    "SourceLost",
    "SourceSchema",
    "SqlRepository",
    "SqlSource",
    "Standing",
    "StateConflict",
    "TableOutcome",
    "TableStore",
    "Timing",
    "Verification",
    "VerificationReport",
    "VerifiedPattern",
    "access_policy",
    "check_contract",
    "check_files",
    "cloudformation",
    "compare_tables",
    "create_table_request",
    "create_table_requests",
    "dry_run",
    "ensure_tables",
    "generated_package",
    "load_contract",
    "mappings",
    "paced",
    "parse_ddl",
    "read_patterns",
    "repair",
    "report_html",
    "report_markdown",
    "report_text",
    "terraform",
    "write_files",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, its_name = _HOMES[name]
    found = globals()[name] = getattr(import_module(module, __name__), its_name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
