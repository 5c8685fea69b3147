"""``hashrange serve``: the simulator over HTTP, until it is stopped.

Owns the command's options and what it says. Must not know HTTP or DynamoDB.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import ipaddress
import json
import re
import signal
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .command import CommandError

if TYPE_CHECKING:
    from ..simulator.engine import Engine
    from ..simulator.server import Server

REGION_DEFAULT = "us-east-1"
PORT_DEFAULT = 8000  # as DynamoDB Local
PORT_MAX = 65_535
DESCRIPTION = """\
A DynamoDB on this machine, for everything that speaks DynamoDB: boto3, the AWS CLI, other SDKs, hashrange itself.
Everything is gone when it stops, unless --data says where to keep it."""
EPILOG = """\
schema.json holds a list of tables, each one of
  "app"                                                  a name: its keys are PK and SK, both text
  {"name": "app", "partition_key": "id", "sort_key": null, "indexes": {"by_day": ["day", "n:N"]}}
  {"TableName": "app", "KeySchema": [...], ...}          a CreateTable request
  {"Table": {...}}                                       what 'aws dynamodb describe-table' prints
With --data, tables that are there already stay as they are.
With --s3, each folder in DIR is a bucket: ExportTableToPointInTime writes there, ImportTable reads from there."""


def add_serve(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "serve",
        help="a DynamoDB on this machine, over HTTP",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", type=_host, default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=_port, default=PORT_DEFAULT, help="0 takes a free one, and says which (default: %(default)s)"
    )
    parser.add_argument("--tables", metavar="FILE", type=Path, help="JSON: the tables to start with, see below")
    parser.add_argument(
        "--data", metavar="DIR", type=Path, help="keep tables and items in this folder; made where it is missing"
    )
    parser.add_argument(
        "--s3", metavar="DIR", type=Path, help="a folder that stands for S3, for exports and imports: see below"
    )
    parser.add_argument(
        "--region", type=_region, help=f"as it shows in ARNs (default: {REGION_DEFAULT}, or that of --data)"
    )
    parser.add_argument("--access-key", metavar="KEY", help="check signatures: only this key is let in")
    parser.add_argument("--secret-key", metavar="SECRET", help="the secret to --access-key")
    parser.add_argument("--cors", action="store_true", help="let web pages of any origin in, as the service does")
    parser.add_argument(
        "--metrics-port", metavar="PORT", type=_port, help="figures of its requests for Prometheus, on the same host"
    )
    parser.set_defaults(run=serve, parser=parser)


def serve(options: argparse.Namespace) -> int:
    """Run the command.

    Raises:
        CommandError: the schema file is not one, the data folder cannot be used, or the address cannot be had.
    """
    if (options.access_key is None) != (options.secret_key is None):
        raise CommandError("--access-key and --secret-key go together")
    keys = None if options.access_key is None else {options.access_key: options.secret_key}
    if options.s3 is not None and not options.s3.is_dir():
        raise CommandError(f"{options.s3} is no folder", "make it, and a folder in it for each bucket")
    with closing(_engine(options.region, options.tables, options.data, options.s3)) as engine:
        return _run_with(engine, options, keys)


def _run_with(engine: Engine, options: argparse.Namespace, keys: dict[str, str] | None) -> int:
    from ..simulator.server import Server

    if options.metrics_port is None:
        server = Server(engine, host=options.host, port=options.port, keys=keys, cors=options.cors)
        return _run(server)
    from ..simulator.figures import Figures
    from .serve_figures import serve_figures

    figures = Figures()
    server = Server(engine, host=options.host, port=options.port, keys=keys, cors=options.cors, figures=figures)
    with serve_figures(figures, options.host, options.metrics_port) as metrics:
        print(f"Its figures for Prometheus are at {metrics.url}", flush=True)
        return _run(server)


def _run(server: Server) -> int:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(server))


async def _serve(server: Server) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    try:
        await server.start()
    except (OSError, UnicodeError) as error:  # the second: a name that no host can have
        raise CommandError(_cannot_listen(server.host, server.port, error)) from None
    signals = (signal.SIGINT, signal.SIGTERM)
    with suppress(NotImplementedError):  # Windows: Ctrl+C ends the loop instead
        for each in signals:
            loop.add_signal_handler(each, stop.set)
    data = server.engine.data
    where = "in memory" if data is None else f"in {data}"
    print(f"DynamoDB {where} at {server.endpoint_url} (region {server.engine.region}); Ctrl+C stops it", flush=True)
    if not _is_loopback(server.host):
        print("Whoever reaches this machine can read and write its tables.", flush=True)
    try:
        await stop.wait()
    finally:
        with suppress(NotImplementedError):
            for each in signals:
                loop.remove_signal_handler(each)  # a second one ends it at once
        await server.stop()
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _engine(region: str | None, tables: Path | None, data: Path | None, s3: Path | None) -> Engine:
    from ..simulator.declare import DeclarationError

    declared = [] if tables is None else declared_tables(tables)
    try:
        if data is None:
            from ..simulator.engine import Engine

            return Engine(declared, region=region or REGION_DEFAULT, calls_max=0, s3_folder=s3)
        return _disk_engine(data, declared, region, s3)
    except DeclarationError as error:
        raise CommandError(f"{tables}: {error}") from None


def _disk_engine(data: Path, declared: list[Any], region: str | None, s3: Path | None) -> Engine:
    from ..simulator.disk.engine import DiskEngine
    from ..simulator.disk.folder import DataFolderError

    try:
        return DiskEngine(data, declared, region=region, calls_max=0, s3_folder=s3)
    except DataFolderError as error:
        raise CommandError(error.message, error.hint) from None


def declared_tables(path: Path) -> list[Any]:
    """The tables that a schema file declares.

    Raises:
        CommandError: it is none.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path}: it is no JSON: {error}") from None
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise CommandError(f"{path}: it holds no list of tables")
    return found


def _host(text: str) -> str:
    if text:
        return text
    raise argparse.ArgumentTypeError("there is none; every address of this machine is 0.0.0.0 or ::")


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= PORT_MAX:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to {PORT_MAX}")


def _region(text: str) -> str:
    if re.fullmatch("[a-z0-9-]+", text):
        return text
    raise argparse.ArgumentTypeError(f"{text!r} is no region; one is 'eu-west-1'")


def _cannot_listen(host: str, port: int, error: OSError | UnicodeError) -> str:
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"{host!r} is no address of this machine"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; --port 0 takes a free one"
    if error.errno == errno.EACCES:
        return f"port {port} of {host} is not for ordinary users; take one above 1023"
    return f"cannot listen on {host} port {port}: {error.strerror or error}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
