"""The command line: which commands there are, and how they end.

Exit codes: 0, 1 where a command failed, 2 where it was not understood, 130 where it was interrupted. Must not know what
a command does.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..version import __version__
from .command import CommandError, Parser
from .serve import add_serve

INTERRUPTED = 130  # as shells count a SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; ``arguments`` are those of the process unless given. Returns the exit code.

    Raises:
        SystemExit: help was asked for (0), or the arguments were not understood (2).
    """
    options, unknown = _parser().parse_known_args(arguments)
    if unknown:
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        code: int = options.run(options)
    except CommandError as error:
        print(f"hashrange {options.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _parser() -> Parser:
    parser = Parser(prog="hashrange", description="An async-first Amazon DynamoDB library, and a DynamoDB simulator.")
    parser.add_argument("--version", action="version", version=f"hashrange {__version__}")
    commands = parser.add_subparsers(
        title="commands", dest="command", required=True, metavar="COMMAND", parser_class=Parser
    )
    add_serve(commands)
    return parser
