"""The README of a generated package: its tables, its access patterns, and how they are asked. Must not know files."""

from __future__ import annotations

from collections.abc import Iterable

from .entities import EntityModule


def readme(package: str, modules: Iterable[EntityModule]) -> str:
    """The text, in Markdown."""
    every = list(modules)
    first = every[0]
    call = _example_call(first)
    lines = [
        f"# {package}",
        "",
        "Data access for DynamoDB, made from a migration contract. Each entity has a module with the class of its",
        "records and its repository; the layer has them all.",
        "",
        "```python",
        "from hashrange import DynamoDB",
        "",
        f"from {package} import Layer",
        "",
        "async with DynamoDB.from_env() as db:",
        "    layer = Layer(db)",
        f"    record = await layer.{first.names.module}.{call}",
        "```",
        "",
        f"Tests: `pytest {package}/tests` runs them in memory, without a server.",
        "",
        "These files are made anew by `hashrange migrate generate`; it refuses to overwrite one that was changed by",
        "hand. Put methods of your own into a subclass: `Layer(db, repositories={...})`.",
        "",
        "## Access patterns",
        "",
    ]
    for module in every:
        lines += _of_entity(module)
    return "\n".join(lines).rstrip() + "\n"


def _of_entity(module: EntityModule) -> list[str]:
    mapping, names = module.mapping, module.names
    lines = [
        f"### {names.module}: {mapping.name} in {mapping.table.name}",
        "",
        "| call | reads or writes | key |",
        "|---|---|---|",
        f"| `create(record)`, `put(record)` | {mapping.table.name} | {_escaped(module.key_text(None))} |",
    ]
    for method in module.methods:
        given = [module.name(one) for one in method.fields]
        fields = ", ".join([*given, "changes"] if method.kind == "update" else given)
        where = mapping.table.name if method.index is None else f"index {method.index}"
        lines.append(f"| `{method.name}({fields})` | {where} | {_escaped(module.key_text(method.index))} |")
    lines += [f"| `scan()`, `count_by_scan()` | {mapping.table.name}, all of it | none |", ""]
    if mapping.table.satisfies:
        lines += [
            f"The contract names these patterns for {mapping.table.name}: {', '.join(mapping.table.satisfies)}.",
            "",
        ]
    return lines


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _example_call(module: EntityModule) -> str:
    method = next(one for one in module.methods if one.kind == "get")
    return f"{method.name}({', '.join(module.name(one) + '=...' for one in method.fields)})"
