"""``hashrange doctor``: what is configured and by what, whether it works, and what to do where it does not.

Owns the order of the checks and their advice. No secret is printed: credentials are what their provider says of them.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from ..clock import SYSTEM_CLOCK
from ..errors import AccessDenied, DynamoDBError
from .command import CommandError
from .connection import add_connection, described, settings
from .describe import keys_text
from .failure import advice, one_line
from .shown import counted, json_text, say, show_facts

if TYPE_CHECKING:
    from .. import Config, DynamoDB

_ROUND_TRIPS: Final = 5
_SLOW_SECONDS: Final = 0.1  # within a region, DynamoDB answers in a few milliseconds

#: a part of a variable's name → what it settles; the first that fits counts
_SETTLES: Final = (
    ("LOCAL", "local mode"),
    ("USE_FIPS", "kind of endpoint"),
    ("DUALSTACK", "kind of endpoint"),
    ("IGNORE", "endpoint"),
    ("ENDPOINT", "endpoint"),
    ("REGION", "region"),
    ("RETRY", "retries"),
    ("PROXY", "proxy"),
)

Outcome = Literal["ok", "warning", "failed"]


class Check(Struct, frozen=True):
    """One line of the report.

    Attributes:
        advice: what to do; None where nothing is wrong.
        tried: what was looked at in vain, a line each.
    """

    name: str
    outcome: Outcome
    detail: str
    advice: str | None = None
    tried: tuple[str, ...] = ()

    @property
    def document(self) -> dict[str, str | None]:
        """As ``--json`` prints it."""
        detail = f"{self.detail} ({'; '.join(self.tried)})" if self.tried else self.detail
        return {"name": self.name, "outcome": self.outcome, "detail": detail, "advice": self.advice}


class Watched(Mapping[str, str]):
    """Environment variables that remember which of them were read and set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.used: dict[str, None] = {}

    def __getitem__(self, name: str) -> str:
        found = self._environ[name]
        if found:
            self.used[name] = None
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def add_doctor(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "doctor",
        help="say what is configured, whether it works, and what to do",
        description="Resolve the configuration and say from where, explain credentials without secrets, reach "
        "DynamoDB, measure a round trip, and look at TABLE. Exit status 1 where something is wrong.",
    )
    parser.add_argument("table", metavar="TABLE", nargs="?", help="a table to look at")
    add_connection(parser)
    parser.set_defaults(run=doctor, parser=parser)


def doctor(options: argparse.Namespace) -> int:
    """Run the command: 1 where a check failed."""
    checks = asyncio.run(_examine(options))
    healthy = not any(check.outcome == "failed" for check in checks)
    if options.json:
        say(json_text({"healthy": healthy, "checks": [each.document for each in checks]}))
        return 0 if healthy else 1
    rows: list[tuple[str, str, str]] = []
    advice: dict[int, str] = {}
    for each in checks:
        rows.append((each.outcome, each.name, one_line(each.detail)))
        rows += [("", "", one_line(line)) for line in each.tried]
        if each.advice:
            advice[len(rows) - 1] = one_line(each.advice)
    show_facts(rows, advice)
    wrong = sum(each.outcome == "failed" for each in checks)
    say()
    say("Nothing is wrong." if healthy else f"{counted(wrong, 'check')} failed.")
    return 0 if healthy else 1


async def _examine(options: argparse.Namespace) -> list[Check]:
    from .. import DynamoDB

    environ = Watched(options.environ)
    try:
        config = await settings(options, environ)
    except CommandError:
        raise
    except DynamoDBError as error:
        return [_failed("configuration", error)]
    checks = list(_settings(options, config, tuple(environ.used)))
    async with DynamoDB(config) as db:
        credentials = await _credentials(db)
        checks.append(credentials)
        if credentials.outcome == "failed":
            return checks
        checks += await _connection(db)
        if checks[-1].outcome != "failed" and options.table is not None:
            checks.append(await _table(db, options.table))
    return checks


# ── configuration ────────────────────────────────────────────────────────────────────────────────────────────────────
def _settings(options: argparse.Namespace, config: Config, used: tuple[str, ...]) -> Iterator[Check]:
    sources: dict[str, list[str]] = {}
    for variable in used:
        settled = next((what for part, what in _SETTLES if part in variable.upper()), None)
        if settled is not None:
            sources.setdefault(settled, []).append(variable)
    if options.local is not None:
        sources["endpoint"] = sources["region"] = ["--local"]
    elif "local mode" in sources:
        sources["endpoint"] = sources["region"] = sources["local mode"]
    if options.region is not None:
        sources["region"] = ["--region"]
    elif (profile := getattr(options, "region_of", None)) is not None:
        sources["region"] = [profile]
    if options.endpoint_url is not None:
        sources["endpoint"] = ["--endpoint-url"]
    by_default = "the default of an endpoint on this machine"
    yield Check("region", "ok", f"{config.region} (from {', '.join(sources.get('region', [by_default]))})")
    yield Check("endpoint", "ok", f"{config.endpoint.url} (from {', '.join(sources.get('endpoint', ['the region']))})")
    if "kind of endpoint" in sources and (config.use_fips or config.use_dualstack):
        yield Check("endpoint", "ok", f"FIPS or dual-stack (from {', '.join(sources['kind of endpoint'])})")
    proxy = config.proxy_for(config.endpoint)
    if proxy is not None:
        parts = urlsplit(proxy)
        yield Check("proxy", "ok", f"{parts.hostname}:{parts.port} (from {', '.join(sources.get('proxy', ['-']))})")
    elif config.proxy is not None:
        yield Check("proxy", "ok", "not for this endpoint")
    if "retries" in sources:
        rule = config.retry.throttling
        yield Check(
            "retries", "ok", f"{rule.max_attempts} attempts when throttled (from {', '.join(sources['retries'])})"
        )


# ── credentials ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def _credentials(db: DynamoDB) -> Check:
    explained = await db.credentials.explain()
    tried = tuple(
        f"{step.provider}: {step.outcome}{f', {step.detail}' if step.detail else ''}" for step in explained.steps
    )
    if explained.found is not None:
        found = next(step for step in reversed(explained.steps) if step.outcome == "found")
        return Check("credentials", "ok", f"{found.provider}: {found.detail}")
    failed = next((step for step in explained.steps if step.outcome == "failed"), None)
    if failed is not None:
        what = f"mend {failed.provider}, which is set up and does not work ({failed.looked_at or 'no settings'})"
    else:
        what = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give --profile; --local needs none"
    return Check("credentials", "failed", "none", what, tried)


# ── the service ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def _connection(db: DynamoDB) -> list[Check]:
    """One call, and then the time of some more on the connection that it opened."""
    begun = SYSTEM_CLOCK.monotonic()
    try:
        names = await _ask(db)
    except DynamoDBError as error:
        return [_failed("connection", error)]
    first = SYSTEM_CLOCK.monotonic() - begun
    times: list[float] = []
    try:
        for _ in range(_ROUND_TRIPS):
            begun = SYSTEM_CLOCK.monotonic()
            await _ask(db)
            times.append(SYSTEM_CLOCK.monotonic() - begun)
    except DynamoDBError as error:
        return [_failed("connection", error)]
    found = "it may not list tables" if names is None else f"ListTables gives {counted(names, 'table')}"
    slow = min(times) > _SLOW_SECONDS
    return [
        Check("connection", "ok", f"{db.config.endpoint.host} answers; {found}"),
        Check(
            "round trip",
            "warning" if slow else "ok",
            f"{min(times) * 1000:.1f} ms at best of {_ROUND_TRIPS}; {first * 1000:.0f} ms with connecting",
            "that is far away: is it the region next to this machine?" if slow else None,
        ),
    ]


async def _ask(db: DynamoDB) -> int | None:
    """How many tables ListTables gives at once; None where that is not allowed, which is an answer, too."""
    try:
        answer = await db.call("ListTables", {})
    except AccessDenied:
        return None
    return len(answer.get("TableNames") or ())


async def _table(db: DynamoDB, name: str) -> Check:
    try:
        found = await described(db, name)
    except CommandError as error:
        return Check("table", "failed", error.message, error.hint)
    except DynamoDBError as error:
        return _failed("table", error)
    detail = f"{name} is {found.status}: {keys_text(found, found.keys)}, {found.item_count:,} items"
    if found.status in ("ACTIVE", "UPDATING"):
        return Check("table", "ok", detail)
    return Check("table", "failed", detail, "wait until it is ACTIVE; only then it can be read and written")


def _failed(name: str, error: DynamoDBError) -> Check:
    code = f" [{error.code}]" if error.code else ""
    return Check(name, "failed", f"{error.message}{code}", advice(error))
