"""How a command reaches DynamoDB: the options that say where, the client they make, and the table it opens.

Owns the common options and which of them win. Must not know what a command does with its client.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ..errors import DynamoDBError
from .command import CommandError, did_you_mean

if TYPE_CHECKING:
    from .. import Config, DynamoDB, Profile, Table
    from ..operations.describe import TableDescription

PORT_DEFAULT: Final = 8_000
PORT_MAX: Final = 65_535
#: variables before which a profile's region does not count
_REGION: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
_PAGES_MAX: Final = 100  # of ListTables, for a suggestion: 10,000 names


def add_connection(parser: argparse.ArgumentParser) -> None:
    """Declare the options that all commands have which talk to DynamoDB."""
    parser.add_argument("--endpoint-url", metavar="URL", help="instead of the region's own endpoint")
    parser.add_argument("--region", help="instead of AWS_REGION, and of the profile's region")
    parser.add_argument(
        "--profile", metavar="NAME", help="credentials, and region, of this profile of the AWS CLI's files"
    )
    parser.add_argument(
        "--local",
        metavar="PORT",
        nargs="?",
        type=_port,
        const=PORT_DEFAULT,
        help=f"DynamoDB Local or 'hashrange serve' on this machine (port {PORT_DEFAULT} unless given)",
    )
    parser.add_argument("--timeout", metavar="SECONDS", type=_seconds, help="for each call (default: 30)")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


async def settings(options: argparse.Namespace, environ: Mapping[str, str] | None = None) -> Config:
    """The configuration that options, environment and profile make; options win, and then the environment.

    The order is the AWS CLI's: --region, AWS_REGION, AWS_DEFAULT_REGION, the profile's setting (AWS CLI User Guide,
    "Configuration and credential file settings"). ``options.region_of`` tells the profile, where it is that.

    Args:
        environ: in the place of the command's own.

    Raises:
        CommandError: two options exclude each other.
        ConfigurationError: a value is not what it may be, or there is no such profile.
    """
    from .. import Config, Profile

    variables: Mapping[str, str] = options.environ if environ is None else environ
    chosen: dict[str, Any] = {} if options.timeout is None else {"timeout": options.timeout}
    if options.region is not None:
        chosen["region"] = options.region
    if options.local is not None:
        if options.endpoint_url is not None or options.profile is not None:
            raise CommandError("--local goes with neither --endpoint-url nor --profile")
        return Config.local(options.local, **chosen)
    if options.endpoint_url is not None:
        chosen["endpoint_url"] = options.endpoint_url
    is_local = variables.get("DYNAMODB_LOCAL", "").lower() not in ("", "0", "false", "no", "off")
    given = is_local or "region" in chosen or any(map(variables.get, _REGION))
    if options.profile is not None or not given:
        profile = Profile(options.profile, environ=variables)
        found = await _region_of(profile)
        if found is not None and not given:
            chosen["region"], options.region_of = found, profile.name
    if options.profile is not None:
        chosen["credentials"] = Profile(options.profile, environ=variables, region=chosen.get("region"))
    return Config.auto(variables, **chosen)


async def _region_of(profile: Profile) -> str | None:
    """None also where there is no default profile, which need not be there."""
    from .. import CredentialsNotFound

    try:
        return await profile.region()
    except CredentialsNotFound:
        return None


def with_client(use: Callable[[DynamoDB, argparse.Namespace], Awaitable[int]], options: argparse.Namespace) -> int:
    """Run a command that needs a client; returns its exit code."""

    async def whole() -> int:
        from .. import DynamoDB

        async with DynamoDB(await settings(options)) as db:
            return await use(db, options)

    return asyncio.run(whole())


def command_of(use: Callable[[DynamoDB, argparse.Namespace], Awaitable[int]]) -> Callable[[argparse.Namespace], int]:
    """``use`` as what a parser runs."""
    return partial(with_client, use)


async def described(db: DynamoDB, name: str) -> TableDescription:
    """What the service says of a table.

    Raises:
        CommandError: there is no such table; names the one that was probably meant.
    """
    from .. import ResourceNotFound

    try:
        return await db.describe_table(name)
    except ResourceNotFound:
        near = did_you_mean(name, await _known(db), "'")
        raise CommandError(
            f"there is no table {name!r} at {db.config.endpoint.url}",
            near or "'hashrange tables' lists those there are",
        ) from None


async def opened(db: DynamoDB, name: str) -> tuple[TableDescription, Table[Any]]:
    """A table as the service describes it, and one to read and write."""
    description = await described(db, name)
    indexes: dict[str, Any] = {}
    from .. import GlobalIndex, LocalIndex

    for index in description.indexes.values():
        if index.is_global:
            indexes[index.name] = GlobalIndex(index.keys.partition_key, index.keys.sort_key)
        elif index.keys.sort_key is not None:
            indexes[index.name] = LocalIndex(index.keys.sort_key)
    keys = description.keys
    return description, db.table(name, keys.partition_key, keys.sort_key, indexes=indexes)


async def table_names(db: DynamoDB, pages_max: int | None = None) -> list[str]:
    """The names of all tables, as ListTables gives them."""
    names: list[str] = []
    request: dict[str, Any] = {}
    pages = 0
    while pages_max is None or pages < pages_max:
        answer = await db.call("ListTables", request)
        names += answer.get("TableNames") or []
        last = answer.get("LastEvaluatedTableName")
        if last is None:
            break
        request = {"ExclusiveStartTableName": last}
        pages += 1
    return names


async def _known(db: DynamoDB) -> list[str]:
    """Names for a suggestion; none where they may not be listed."""
    try:
        return await table_names(db, _PAGES_MAX)
    except DynamoDBError:
        return []


def whole_number(text: str) -> int:
    """An option's value that counts something."""
    if text.isascii() and text.isdigit() and int(text) >= 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= PORT_MAX:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port: 1 to {PORT_MAX}")


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if 0 < found < float("inf"):
        return found
    raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds greater than 0")
