"""A whole package: the contract as source, a module and a test for each entity, the layer, a README.

The same input gives the same text, byte by byte. Must not know the disk.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import ConfigurationError
from ..contract.model import Contract
from ..conventions import DEFAULT, Conventions
from ..mapping.entity import mappings
from ..source.schema import NO_SCHEMA, SourceSchema
from .entities import EntityModule
from .entity_tests import entity_test, memory_module
from .files import GeneratedFile
from .layout import docstring, exploded, indented, quoted
from .literals import MODULES, literal
from .readme import readme


def generated_package(
    contract: Contract,
    *,
    package: str,
    schema: SourceSchema = NO_SCHEMA,
    conventions: Conventions = DEFAULT,
) -> list[GeneratedFile]:
    """Every file of the package.

    Args:
        contract: as ``load_contract`` gives it.
        package: its name, as it will be imported.
        schema: of the source; the tables that the contract does not use are left out.
        conventions: how values are written.

    Raises:
        ConfigurationError: the name is none that a package can have.
        ContractError: an attribute cannot be computed.
    """
    if not package.isidentifier():
        raise ConfigurationError(f"{package!r} is no name for a package", hint="letters, digits and underscores")
    every = mappings(contract, schema=schema, conventions=conventions)
    modules = [EntityModule(mapping, schema) for mapping in every]
    files = [
        GeneratedFile("__init__.py", _layer(package, modules)),
        GeneratedFile("contract.py", _contract(contract, _used(schema, contract), conventions)),
        GeneratedFile("README.md", readme(package, modules)),
        GeneratedFile("tests/__init__.py", "\n".join(docstring(f"Tests of {package}, in memory.")) + "\n"),
        GeneratedFile("tests/memory.py", memory_module(package)),
    ]
    for module in modules:
        files.append(GeneratedFile(f"{module.names.module}.py", module.text()))
        files.append(GeneratedFile(f"tests/test_{module.names.module}.py", entity_test(package, module)))
    return sorted(files, key=lambda one: one.path)


def _used(schema: SourceSchema, contract: Contract) -> SourceSchema:
    """The tables that entities are made of, those that refer to them, and those that they refer to or look up."""
    sources = {entity.source_table.lower() for table in contract.tables.values() for entity in table.entities.values()}
    related = {
        key.target.lower()
        for table in schema.tables.values()
        for key in table.foreign_keys
        if table.name.lower() in sources
    }
    looked_up = {name for name in _words(contract) if schema.table(name) is not None}
    wanted = sources | related | {name.lower() for name in looked_up}
    return SourceSchema({name: table for name, table in schema.tables.items() if name.lower() in wanted})


def _words(contract: Contract) -> set[str]:
    """Every table that hops of the contract go to."""
    found: set[str] = set()
    for table in contract.tables.values():
        for entity in table.entities.values():
            for attribute in entity.attributes.values():
                found.add(attribute.source_table)
                hops = [*getattr(attribute.value, "hops", ()), getattr(attribute.value, "hop", None)]
                found.update(hop.table for hop in hops if hop is not None)
    return found


# ── the layer ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _layer(package: str, modules: Sequence[EntityModule]) -> str:
    lines = docstring(f"{package}: data access for DynamoDB, one repository for each entity of the contract.")
    lines += ["", "from __future__ import annotations", "", "from collections.abc import Mapping, Sequence"]
    lines += ["from typing import Any", "", "from hashrange import DynamoDB"]
    lines += ["from hashrange.migration.access import AccessLayer, Repository"]
    lines += ["from msgspec.structs import replace", ""]
    imports = {"contract": ["from .contract import CONTRACT, CONVENTIONS, SCHEMA"]}
    for module in modules:
        names = sorted((module.names.record, module.names.changes, module.names.repository))
        imports[module.names.module] = exploded(f"from .{module.names.module} import (", names, ")")
    for name in sorted(imports):
        lines += imports[name]
    exported = ["CONTRACT", "CONVENTIONS", "SCHEMA", "Layer"]
    for module in modules:
        exported += [module.names.record, module.names.changes, module.names.repository]
    ordered = sorted(set(exported), key=lambda name: (not name.isupper(), name))
    lines += ["", *exploded("__all__ = [", map(quoted, ordered), "]"), "", "", *_layer_class(modules)]
    return "\n".join(lines) + "\n"


def _layer_class(modules: Sequence[EntityModule]) -> list[str]:
    doc = (
        "The repositories of the contract.\n\n"
        "Args:\n"
        "    db: the client.\n"
        "    table_prefix: before every table's name; None: that of the conventions.\n"
        "    guards: keep unique columns unique by guard items, as AccessLayer does.\n"
        "    repositories: name to a subclass of its repository, which takes its place."
    )
    parameters = [
        "self",
        "db: DynamoDB",
        "*",
        "table_prefix: str | None = None",
        "guards: bool | Mapping[str, Sequence[Sequence[str]]] = False",
        "repositories: Mapping[str, type[Repository[Any]]] | None = None",
    ]
    classes = exploded(
        "generated: dict[str, type[Repository[Any]]] = {",
        (f"{quoted(one.mapping.repository)}: {one.names.repository}" for one in modules),
        "}",
    )
    call = exploded(
        "super().__init__(",
        [
            "CONTRACT",
            "db",
            "schema=SCHEMA",
            "conventions=conventions",
            "guards=guards",
            "repositories={**generated, **(repositories or {})}",
        ],
        ")",
    )
    body = [
        "conventions = CONVENTIONS",
        "if table_prefix is not None:",
        "    conventions = replace(CONVENTIONS, table_prefix=table_prefix)",
        *classes,
        *call,
    ]
    return [
        "class Layer(AccessLayer):",
        *indented(docstring(doc, steps=1)),
        "",
        *indented(f"{one.names.module}: {one.names.repository}" for one in modules),
        "",
        *indented(exploded("def __init__(", parameters, ") -> None:")),
        *indented(body, 2),
    ]


# ── the contract ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _contract(contract: Contract, schema: SourceSchema, conventions: Conventions) -> str:
    values = [
        f"CONTRACT = {literal(contract)}",
        f"SCHEMA = {literal(schema)}",
        f"CONVENTIONS = {literal(conventions)}",
    ]
    text = "\n\n".join(values)
    lines = docstring("The contract, the source's schema and the conventions, as they were when this was generated.")
    lines += ["", "# ruff: noqa", "", "from __future__ import annotations", ""]
    if "Decimal(" in text:
        lines += ["from decimal import Decimal", ""]
    used = sorted((*path.rpartition(".")[::2], name) for path, name in MODULES.items() if f"{name}." in text)
    for parent, module, name in used:
        lines.append(f"from {parent} import {module}" + ("" if module == name else f" as {name}"))
    return "\n".join([*lines, "", text]) + "\n"
