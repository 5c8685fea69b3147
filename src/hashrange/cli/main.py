"""The command line: which commands there are, and how they end.

Exit codes: 0, 1 where a command failed, 2 where it was not understood, 130 where it was interrupted, 141 where nobody
reads its output any more. What fails is said in one line, never in a traceback. Must not know what a command does.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Mapping, Sequence

from ..version import __version__
from .command import CommandError, Parser
from .completion import add_completion
from .connection import PORT_DEFAULT
from .describe import add_describe
from .doctor import add_doctor
from .export import add_export
from .failure import one_line, told
from .get import add_get
from .import_ import add_import
from .migrate import add_migrate
from .put import add_put
from .query import add_query
from .replay import add_replay
from .scan import add_scan
from .serve import add_serve
from .snapshot import add_snapshot
from .tables import add_tables

INTERRUPTED = 130  # as shells count a SIGINT
NOBODY_READS = 141  # as shells count a SIGPIPE


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run a command; ``arguments`` are those of the process unless given. Returns the exit code.

    Raises:
        SystemExit: help was asked for (0), or the arguments were not understood (2).
    """
    _be_readable()
    try:
        code = _run(_spelled_out(sys.argv[1:] if arguments is None else arguments), environ)
        sys.stdout.flush()
    except BrokenPipeError:
        _be_quiet()
        return NOBODY_READS
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _run(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    options, unknown = _parser().parse_known_args(arguments)
    if unknown:
        port = f"--local={PORT_DEFAULT}" in arguments and not unknown[0].startswith("-") and unknown[0][:1].isdigit()
        hint = f" ({unknown[0]!r} is no port of --local)" if port else ""
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
    options.environ = environ
    from ..errors import DynamoDBError

    try:
        code: int = options.run(options)
    except CommandError as error:
        return _failed(str(error))
    except DynamoDBError as error:
        return _failed(told(error))
    except BrokenPipeError:
        raise
    except OSError as error:
        return _failed(f"{error.filename or 'input or output'}: {error.strerror or error}")
    except Exception as error:
        return _failed(f"unforeseen {type(error).__name__}: {error} (this is a fault of hashrange: please report it)")
    return code


def _failed(text: str) -> int:
    sys.stdout.flush()
    print(f"hashrange: error: {one_line(text)}", file=sys.stderr)
    return 1


def _spelled_out(arguments: Sequence[str]) -> list[str]:
    """The arguments with the port of a ``--local`` that has none: what follows it may be a table."""
    given = list(arguments)
    for at, argument in enumerate(given):
        if argument == "--":
            break
        if argument == "--local" and not re.fullmatch("[0-9]+", "".join(given[at + 1 : at + 2])):
            given[at] = f"--local={PORT_DEFAULT}"
    return given


def _be_readable() -> None:
    """Let characters that the output's encoding does not have be escaped, not be an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _be_quiet() -> None:
    """Let the interpreter's last flush go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _parser() -> Parser:
    parser = Parser(prog="hashrange", description="An async-first Amazon DynamoDB library, and a DynamoDB simulator.")
    parser.add_argument("--version", action="version", version=f"hashrange {__version__}")
    commands = parser.add_subparsers(
        title="commands", dest="command", required=True, metavar="COMMAND", parser_class=Parser
    )
    for add in (
        add_tables, add_describe, add_get, add_put, add_query, add_scan, add_export, add_import, add_doctor, add_replay,
        add_serve, add_snapshot, add_migrate, add_completion,
    ):  # fmt: skip
        add(commands)
    return parser
