"""The test of one entity: that its records are stored, found, changed and deleted, on the simulator in memory.

Owns sample records, which are tried on the mapping before they are written down. Must not know files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from ...errors import DynamoDBError
from ..access.lookups import Method
from ..access.records import RecordField
from ..mapping.entity import EntityMapping
from ..mapping.fields import Record
from .entities import EntityModule
from .layout import docstring, exploded, indented, quoted

#: what a value of any type may be, the simplest first
_ANYTHING: Final[tuple[Any, ...]] = (None, [], {}, 1, "text")
_CHANGEABLE: Final = ("str", "int", "Decimal", "float", "bool", "date", "datetime")


def entity_test(package: str, module: EntityModule) -> str:
    """The text of a test file."""
    sample = sample_record(module, 1)
    other = sample_record(module, 2)
    body = [line for part in _tests(module, sample, other) for line in ("", "", *part)]
    text = "\n".join(body)
    literals = {one.name: _literal(sample[one.field.name]) for one in module.shape.fields if one.field.name in sample}
    record = exploded(f"RECORD = {module.names.record}(", (f"{name}={made}" for name, made in literals.items()), ")")
    whole = "\n".join(record) + text
    lines = docstring(f"{module.mapping.name}: records are stored, found, changed and deleted.")
    lines += ["", "from __future__ import annotations", "", "import asyncio"]
    if "replace(" in whole:
        lines.append("from dataclasses import replace")
    times = [name for name in ("UTC", "date", "datetime", "timedelta") if re.search(rf"\b{name}[()]", whole)]
    if times:
        lines.append(f"from datetime import {', '.join(times)}")
    if "Decimal(" in whole:
        lines.append("from decimal import Decimal")
    lines += ["", "import pytest", "from hashrange import ConditionFailed", ""]
    lines += [f"from ..{module.names.module} import {module.names.record}", "from .memory import opened", ""]
    return "\n".join([*lines, *record]) + "\n" + text + "\n"


def memory_module(package: str) -> str:
    """The module that opens a layer in memory."""
    lines = docstring("A layer over tables in memory, empty.")
    lines += ["", "from __future__ import annotations", "", "from collections.abc import AsyncGenerator"]
    lines += ["from contextlib import asynccontextmanager", "", "from hashrange import DynamoDB"]
    lines += ["from hashrange.migration.tables.request import create_table_requests", ""]
    lines += ["from .. import CONTRACT, CONVENTIONS, Layer", "", "", "@asynccontextmanager"]
    lines += [
        "async def opened() -> AsyncGenerator[Layer, None]:",
        '    """All tables of the contract, and a layer over them."""',
    ]
    lines += ["    requests = create_table_requests(CONTRACT, CONVENTIONS)"]
    lines += ["    async with DynamoDB.in_memory(requests) as db:", "        yield Layer(db)"]
    return "\n".join(lines) + "\n"


# ── samples ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def sample_record(module: EntityModule, number: int) -> Record:
    """A record that the mapping takes, by field; two numbers give two records with different keys."""
    mapping = module.mapping
    record: Record = {one.field.name: _sample(one, number) for one in module.shape.fields}
    for one in module.shape.fields:
        if one.field.type == "Any":
            record[one.field.name] = _fitting(mapping, record, one)
    return record


def _sample(one: RecordField, number: int) -> Any:
    column = one.field.column
    match one.field.type:
        case "str":
            if column is not None and column.members:
                return column.members[(number - 1) % len(column.members)]
            text = f"{one.name}-{number}"
            room = len(text) if column is None or not column.length else column.length
            return text if len(text) <= room else f"{number:0{room}d}"
        case "int":
            return number + (2000 if column is not None and column.family == "year" else 0)
        case "Decimal":
            return Decimal(number)
        case "float":
            return number + 0.5
        case "bool":
            return number % 2 == 1
        case "bytes":
            return bytes([number])
        case "date":
            return date(2026, 1, number)
        case "datetime":
            return datetime(2026, 1, number, 12, tzinfo=UTC)
        case "timedelta":
            return timedelta(hours=number)
        case "set[str]":
            return {column.members[0] if column is not None and column.members else f"{one.name}-{number}"}
        case "set[Decimal]":
            return {Decimal(number)}
        case "list[dict[str, Any]]":
            return []
        case _:
            return None


def _fitting(mapping: EntityMapping, record: Record, one: RecordField) -> Any:
    """A value that every attribute of a field takes."""
    for value in _ANYTHING:
        try:
            for attribute in one.field.attributes:
                mapping.attribute_value(attribute, {**record, one.field.name: value})
        except DynamoDBError:
            continue
        return value
    return None


def _literal(value: Any) -> str:
    match value:
        case str():
            return quoted(value)
        case Decimal():
            return f"Decimal({value})"
        case datetime():
            return f"datetime({value.year}, {value.month}, {value.day}, {value.hour}, tzinfo=UTC)"
        case date():
            return f"date({value.year}, {value.month}, {value.day})"
        case timedelta():
            return f"timedelta(hours={int(value.total_seconds()) // 3600})"
        case set():
            return "{" + ", ".join(sorted(map(_literal, value))) + "}"
        case bytes():
            return 'b"' + "".join("\\x" + format(byte, "02x") for byte in value) + '"'
        case _:
            return repr(value)


# ── tests ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _tests(module: EntityModule, sample: Record, other: Record) -> Iterator[list[str]]:
    unread = [
        one.name for one in module.shape.fields if not one.field.readable and sample.get(one.field.name) is not None
    ]
    read = "RECORD"
    if unread:
        read = "\n".join(exploded("replace(", ["RECORD", *(f"{name}=None" for name in unread)], ")"))
    stored = f"layer.{module.names.module}"
    yield _test(
        "test_a_record_is_stored_read_and_deleted",
        [
            f"repository = {stored}",
            "await repository.create(RECORD)",
            *_assigned("expected", read),
            "assert await repository.get(RECORD) == expected",
            "assert await repository.scan().all() == [expected]",
            "assert await repository.delete(RECORD)",
            "assert not await repository.exists(RECORD)",
        ],
    )
    yield _test(
        "test_a_record_is_created_once",
        [
            f"repository = {stored}",
            "await repository.create(RECORD)",
            "with pytest.raises(ConditionFailed):",
            "    await repository.create(RECORD)",
        ],
    )
    for change in _changeable(module, sample, other):
        name, value = change
        yield _test(
            "test_what_is_there_is_changed_and_nothing_else",
            [
                f"repository = {stored}",
                f"changes = {{{quoted(name)}: {value}}}",
                "with pytest.raises(ConditionFailed):",
                "    await repository.update(RECORD, changes)",
                "assert await repository.count_by_scan() == 0",
                "await repository.create(RECORD)",
                "await repository.update(RECORD, changes)",
                "found = await repository.get(RECORD)",
                "assert found is not None",
                f"assert found.{name} == {value}",
            ],
        )
    lookups = [line for number, one in enumerate(module.methods, 1) for line in _found(module, one, f"found_{number}")]
    if lookups:
        yield _test(
            "test_every_look_up_finds_it",
            [f"repository = {stored}", "await repository.create(RECORD)", *_assigned("expected", read), *lookups],
        )


def _assigned(name: str, value: str) -> list[str]:
    return f"{name} = {value}".split("\n")


def _found(module: EntityModule, method: Method, variable: str) -> list[str]:
    """A look-up by name, and what it must find."""
    ends = {"get": ("await ", "", "expected"), "find": ("await ", "", "expected"), "count": ("await ", "", "1")}
    ends["list"] = ("await ", ".all()", "[expected]")
    if method.kind not in ends:
        return []
    begin, end, wanted = ends[method.kind]
    arguments = (f"RECORD.{module.name(one)}" for one in method.fields)
    call = exploded(f"{variable} = {begin}repository.{method.name}(", arguments, f"){end}")
    return [*call, f"assert {variable} == {wanted}"]


def _changeable(module: EntityModule, sample: Record, other: Record) -> Iterator[tuple[str, str]]:
    """A field that a record keeps its key with, and another value of it."""
    mapping = module.mapping
    for one in module.shape.fields:
        name = one.field.name
        if not one.field.readable or name in mapping.key_fields or one.field.type not in _CHANGEABLE:
            continue
        if other[name] == sample[name] or len(one.field.attributes) != 1:
            continue
        yield one.name, _literal(other[name])
        return


def _test(name: str, body: list[str]) -> list[str]:
    return [
        f"def {name}() -> None:",
        *indented(["async def scenario() -> None:"]),
        *indented(["async with opened() as layer:"], 2),
        *indented(body, 3),
        "",
        *indented(["asyncio.run(scenario())"]),
    ]
