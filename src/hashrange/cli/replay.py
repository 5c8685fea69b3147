"""``hashrange replay``: what is in a cassette, for people, and whether it is whole."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .shown import counted, cut, is_terminal, json_text, note, printable, say, show_table

if TYPE_CHECKING:
    from ..testing.cassette import Recording

_DETAIL_MAX_CHARS: Final = 80
_FIRST_LINE: Final = 2  # line 1 is the cassette's header


def add_replay(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "replay",
        help="check a cassette, and show its calls",
        description="Check that a recorded cassette is whole, and show its calls and what became of each.",
    )
    parser.add_argument("cassette", metavar="CASSETTE", type=Path, help="a file that a Recorder wrote")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.set_defaults(run=replay, parser=parser)


def replay(options: argparse.Namespace) -> int:
    """Run the command.

    Raises:
        CassetteError: the file is no cassette, or not whole.
    """
    from ..testing.cassette import read  # brings the client along

    recordings = read(options.cassette).recordings
    if options.json:
        for line, each in enumerate(recordings, _FIRST_LINE):
            say(json_text({"line": line, **_document(each)}))
        return 0
    rows = [("LINE", "OPERATION", "TABLE", "OUTCOME", "REQUEST")]
    most = _DETAIL_MAX_CHARS if is_terminal() else None
    for line, each in enumerate(recordings, _FIRST_LINE):
        detail = printable(cut(_detail(each.request), most))
        rows.append((str(line), each.operation, printable(_tables(each.request)) or "-", _outcome(each), detail))
    show_table(rows, right=(0,))
    note(f"{options.cassette} is whole: {counted(len(recordings), 'call')}")
    return 0


def _document(each: Recording) -> dict[str, Any]:
    return {
        "operation": each.operation,
        "table": _tables(each.request) or None,
        "outcome": _outcome(each),
        "request": each.request,
        "answer": each.answer,
    }


def _tables(request: Any) -> str:
    """The table of a request; of batches and transactions all of them."""
    if not isinstance(request, dict):
        return ""
    if isinstance(name := request.get("TableName"), str):
        return name
    names = request.get("RequestItems")
    if isinstance(names, dict):
        return ", ".join(names)
    actions = request.get("TransactItems")
    if not isinstance(actions, list):
        return ""
    found = (one.get("TableName") for each in actions if isinstance(each, dict) for one in each.values())
    return ", ".join(dict.fromkeys(name for name in found if isinstance(name, str)))


def _detail(request: Any) -> str:
    """What tells one request from others: its key, or the rest of it."""
    if not isinstance(request, dict):
        return str(request)
    if isinstance(key := request.get("Key"), dict):
        return json_text(key)
    return json_text({name: value for name, value in request.items() if name != "TableName"})


def _outcome(each: Recording) -> str:
    if each.cancelled:
        return "cancelled"
    if each.error is not None:
        return each.error
    kind = each.answer.get("__type") if isinstance(each.answer, dict) else None
    return f"{each.status} {kind.rpartition('#')[2]}" if isinstance(kind, str) else str(each.status)
