"""``hashrange migrate phase``: which phase holds, whether the next one may begin, and the step to it or back.

Owns what is shown. Rules and numbers are ``migration/dual``'s.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..command import CommandError
from ..connection import add_connection, settings
from ..shown import counted, json_text, note, printable, say, show_table
from .moving import add_state, state_of

if TYPE_CHECKING:
    from ...migration.dual import Change, Gates, PhaseControl, Repair, Standing
    from ...migration.state.store import Store

_MEANING: Final = {
    1: "MySQL only",
    2: "both are written, MySQL is read",
    3: "both are written and read, and compared",
    4: "both are written, DynamoDB is read",
    5: "DynamoDB only",
}
_GATES: Final = (
    ("--write-errors-max", "share of writes that may fail, before 3 (default: 0.01)"),
    ("--write-success-min", "share of writes that both sides must have, before 3 (default: 0.99)"),
    ("--write-hours", "for which phase 2 lasts (default: 24)"),
    ("--writes-min", "with fewer, nothing is known (default: 100)"),
    ("--mismatches-max", "share of compared reads that may differ, before 4 (default: 0.001)"),
    ("--read-hours", "for which phase 3 lasts (default: 24)"),
    ("--reads-min", "with fewer, nothing is known (default: 1000)"),
    ("--stable-hours", "for which phase 4 lasts (default: 48)"),
    ("--repairs-max", "writes that may wait for DynamoDB, before 3 and 4 (default: 100)"),
)
#: options to the action that they belong to
_GOES_WITH: Final = {"force": "set", "reverse": "set", "reason": "set", "retry": "repairs", "forget": "repairs"}


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "phase",
        help="which phase the migration is in, and the step to the next",
        description="Show the phase and the gates to the next one; 'set N' goes there, one step at a time; 'history' "
        "lists all changes, 'repairs' the writes that wait for their second side. Phases: "
        + "; ".join(f"{number} {meaning}" for number, meaning in _MEANING.items())
        + ".",
    )
    parser.add_argument("action", choices=("show", "set", "history", "repairs"), nargs="?", default="show")
    parser.add_argument("number", metavar="N", nargs="?", type=int, help="of 'set': the new phase, 1 to 5")
    add_state(parser)
    parser.add_argument("--force", action="store_true", help="of 'set': go through closed gates")
    parser.add_argument(
        "--reverse", action="store_true", help="of 'set 5': write MySQL behind DynamoDB, so that 4 can come again"
    )
    parser.add_argument("--reason", metavar="TEXT", default="", help="of 'set': for the history")
    parser.add_argument("--retry", action="store_true", help="of 'repairs': try again what was given up")
    parser.add_argument("--forget", action="store_true", help="of 'repairs': delete what was given up")
    for name, text in _GATES:
        parser.add_argument(name, metavar="NUMBER", type=float, help=text)
    add_connection(parser)
    parser.set_defaults(run=phase, parser=parser, contract=None)


def phase(options: argparse.Namespace) -> int:
    """Run the command."""
    if (options.action == "set") != (options.number is not None):
        raise CommandError("'set' needs the number of a phase, and nothing else takes one")
    for name, action in _GOES_WITH.items():
        if getattr(options, name) and options.action != action:
            raise CommandError(f"--{name} goes with {action!r}", f"'hashrange migrate phase {action} ...'")
    if options.state is None and options.state_table is None:
        raise CommandError("give --state FILE or --state-table TABLE/NAMESPACE", "the one that the workers have")
    state: Path | None = options.state
    if state is not None and options.action != "set" and not state.exists():
        raise CommandError(f"there is no state {str(state)!r}", "'hashrange migrate phase set 2' begins one")
    return asyncio.run(_with_state(options))


async def _with_state(options: argparse.Namespace) -> int:
    from ... import DynamoDB

    if options.state_table is None:
        store = await state_of(options, None)
        try:
            return await _run(options, store)
        finally:
            await store.close()
    async with DynamoDB(await settings(options)) as db:
        return await _run(options, await state_of(options, db))


async def _run(options: argparse.Namespace, store: Store) -> int:
    from ...migration.dual import PhaseControl

    control = PhaseControl(store, gates=_gates(options))
    if options.action == "history":
        _show_history(await control.history(), json=options.json)
    elif options.action == "repairs":
        await _repairs(control, options)
    elif options.action == "set":
        change = await control.set(
            options.number, force=options.force, reverse=options.reverse, by=_who(), reason=options.reason
        )
        _show_change(change, json=options.json)
    else:
        _show(await control.standing(), json=options.json)
    return 0


def _gates(options: argparse.Namespace) -> Gates:
    from ...migration.dual import Gates

    names = [name.removeprefix("--").replace("-", "_") for name, _ in _GATES]
    return Gates(**{name: value for name in names if (value := getattr(options, name)) is not None})


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user on this machine
        return ""


# ── what is shown ────────────────────────────────────────────────────────────────────────────────────────────────────
def _show(standing: Standing, *, json: bool) -> None:
    if json:
        say(json_text(msgspec.to_builtins(standing) | {"open": standing.open}))
        return
    say(f"phase {standing.phase}: {_MEANING[standing.phase]}")
    last = standing.last
    if last is not None and last.phase != standing.phase:
        note(f"phase {last.phase} takes effect at {_time(last.effective_at)}; writes wait for it")
    elif last is not None:
        note(f"since {_time(last.effective_at)}; all workers follow from {_time(last.settled_at)} on")
    rows = [("ENTITY", "WRITES", "FAILED", "COMPARED", "DIFFERENT", "REPAIRED")]
    rows += [
        (
            name, f"{one.writes:,}", f"{one.failed_writes:,}", f"{one.compared:,}", f"{one.mismatches:,}",
            f"{one.repaired:,}",
        )
        for name, one in sorted(standing.tallies.items())
    ]  # fmt: skip
    if len(rows) > 1:
        show_table(rows, right=(1, 2, 3, 4, 5))
    if standing.next is None:
        return
    for gate in standing.gates:
        say(f"  {'open  ' if gate.open else 'closed'}  {gate.name}: {gate.said}")
    say(f"phase {standing.next} ({_MEANING[standing.next]}) {'may begin' if standing.open else 'may not begin yet'}")


def _show_change(change: Change, *, json: bool) -> None:
    if json:
        say(json_text(msgspec.to_builtins(change)))
        return
    say(f"phase {change.before} -> {change.phase}: {_MEANING[change.phase]}")
    for gate in change.gates:
        note(f"passed over: {gate}")
    if change.effective_at > change.at:
        note(f"it takes effect at {_time(change.effective_at)}; until then writes wait")
    note(f"all workers follow from {_time(change.settled_at)} on")
    if (change.before, change.phase) == (1, 2):
        note("begin the backfill then, not before")


def _show_history(changes: tuple[Change, ...], *, json: bool) -> None:
    if json:
        for change in changes:
            say(json_text(msgspec.to_builtins(change)))
        return
    rows = [("AT", "FROM", "TO", "BY", "FORCED", "REASON")]
    rows += [
        (
            _time(one.at), str(one.before), str(one.phase), printable(one.by), "yes" if one.forced else "",
            printable(one.reason),
        )
        for one in changes
    ]  # fmt: skip
    if changes:
        show_table(rows)
    note(counted(len(changes), "change"))


async def _repairs(control: PhaseControl, options: argparse.Namespace) -> None:
    if options.retry:
        note(f"{await control.queue.again()} that were given up are tried again")
    if options.forget:
        note(f"{await control.queue.forget()} that were given up are forgotten")
    found = [("open", one) async for one in control.queue.pending()]
    found += [("given up", one) async for one in control.queue.aside()]
    if options.json:
        for state, one in found:
            say(json_text(_document(one) | {"state": state}))
        return
    rows = [("BEGUN", "STATE", "ENTITY", "WRITE", "ROW", "TRIES", "REASON")]
    rows += [
        (
            _time(one.begun_at), state, one.repository, one.operation,
            printable("?" if one.row_key is None else ", ".join(map(str, one.row_key))), str(one.attempts),
            printable(one.reason),
        )
        for state, one in found
    ]  # fmt: skip
    if found:
        show_table(rows, right=(5,))
    note(f"{counted(len(found), 'write')} without a second side")


def _document(one: Repair) -> dict[str, Any]:
    names = ("repository", "direction", "operation", "correlation_id", "begun_at", "due_at", "attempts", "reason")
    row_key = None if one.row_key is None else [str(value) for value in one.row_key]
    return {name: getattr(one, name) for name in names} | {"row_key": row_key}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
