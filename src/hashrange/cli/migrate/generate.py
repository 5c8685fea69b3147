"""``hashrange migrate generate``: a contract as a Python package of typed repositories, with tests."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from ..command import CommandError
from ..shown import counted, note, say
from .moving import add_contract, contract_of, conventions_of, schema_of


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "generate",
        help="write a typed data access layer as Python source",
        description=(
            "Write a Python package for a contract: a module for each entity, with its records and its repository, "
            "tests that run in memory, and a README of the access patterns."
        ),
    )
    add_contract(parser)
    parser.add_argument("--out", metavar="FOLDER", type=Path, required=True, help="the package; its name is imported")
    parser.add_argument("--force", action="store_true", help="overwrite also what was changed by hand")
    parser.add_argument("--check", action="store_true", help="write nothing; fail unless every file is up to date")
    parser.set_defaults(run=generate, parser=parser)


def generate(options: argparse.Namespace) -> int:
    """Run the command."""
    from ...migration.generate import check_files, generated_package, write_files

    out: Path = options.out
    schema = schema_of(options)
    files = generated_package(
        contract_of(options, schema),
        package=out.resolve().name,
        schema=schema,
        conventions=conventions_of(options),
    )
    if options.check:
        found = check_files(files, out)
        wrong = [one for one in found if one.state != "same"]
        for one in wrong:
            say(f"{one.state}  {out / one.path}")
        if wrong:
            raise CommandError(
                f"{counted(len(wrong), 'file')} of {len(found)} not up to date", "run it without --check"
            )
        note(f"{counted(len(found), 'file')} up to date in {out}")
        return 0
    done = write_files(files, out, force=options.force)
    counts = Counter(one.state for one in done)
    for one in done:
        if one.state != "same":
            say(f"{one.state}  {out / one.path}")
    deleted = f", {counts['deleted']} deleted" if counts["deleted"] else ""
    note(f"{counted(counts['written'], 'file')} written to {out}, {counts['same']} up to date{deleted}")
    return 0
