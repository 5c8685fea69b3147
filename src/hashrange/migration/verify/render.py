"""A verification's report, for people: text for a terminal, Markdown for a ticket, one HTML page to keep.

All three are made of the same sections, so that they say the same. Everything that comes from data is escaped. Must not
know how a report is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

from msgspec import Struct

from .report import EntityReport, Report

_HEADINGS: Final = ("entity", "rows", "compared", "items", "matched", "missing", "extra", "different", "refused")
_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
.ok { color: #0a7d33; } .bad { color: #c6232f; }
@media (prefers-color-scheme: dark) { .ok { color: #4cc77a; } .bad { color: #ff7b82; } }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .3rem .8rem; text-align: right; border-bottom: 1px solid #8884; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
li { overflow-wrap: anywhere; }
"""


class _Section(Struct, frozen=True):
    """A heading, and beneath it a table (headings first) or a list."""

    title: str
    table: Sequence[Sequence[str]] = ()
    lines: Sequence[str] = ()


def text(report: Report) -> str:
    """For a terminal: lines of at most as many columns as the longest line of data needs."""
    parts = [_verdict(report), ""]
    for section in _sections(report):
        parts += [section.title]
        parts += [f"  {line}" for line in _columns(section.table)]
        parts += [f"  - {line}" for line in section.lines]
        parts += [""]
    return "\n".join(parts).rstrip() + "\n"


def markdown(report: Report) -> str:
    """For a ticket or a pull request."""
    parts = ["# Verification", "", f"**{_markdown(_verdict(report))}**", ""]
    for section in _sections(report):
        parts += [f"## {section.title}", ""]
        if section.table:
            head, *rows = section.table
            parts += [_markdown_row(head), _markdown_row(["---", *["---:"] * (len(head) - 1)], escaped=False)]
            parts += [*map(_markdown_row, rows), ""]
        if section.lines:
            parts += [*(f"- {_markdown(line)}" for line in section.lines), ""]
    return "\n".join(parts)


def html(report: Report) -> str:
    """One page without anything from elsewhere."""
    kind = "ok" if report.ok else "bad"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><title>Verification</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style></head><body>",
        f'<h1>Verification</h1><p class="{kind}"><strong>{escape(_verdict(report))}</strong></p>',
    ]
    for section in _sections(report):
        parts.append(f"<h2>{escape(section.title)}</h2>")
        if section.table:
            head, *rows = section.table
            parts.append('<div class="wide"><table><thead><tr>')
            parts.append("".join(f"<th>{escape(cell)}</th>" for cell in head) + "</tr></thead><tbody>")
            parts += ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows]
            parts.append("</tbody></table></div>")
        if section.lines:
            parts.append("<ul>" + "".join(f"<li>{escape(line)}</li>" for line in section.lines) + "</ul>")
    parts.append("</body></html>")
    return "\n".join(parts) + "\n"


# ── what is said ─────────────────────────────────────────────────────────────────────────────────────────────────────
def _verdict(report: Report) -> str:
    share = f"{report.integrity:.4%}"
    if report.ok:
        looked = "a sample of the rows" if report.sample is not None else "all rows and items"
        return f"Both sides agree: {looked} compared, integrity {share}."
    return f"The sides differ: integrity {share}."


def _sections(report: Report) -> Iterator[_Section]:
    began = datetime.fromtimestamp(report.began_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    compared = sum(one.compared for one in report.entities)
    rate = f", {compared / report.seconds:,.0f} a second" if report.seconds else ""
    about = [f"began {began}, took {report.seconds:,.1f} s{rate}", f"source {report.source}"]
    if report.sample is not None:
        about.append(f"a sample of {report.sample:.2%} of the rows; items without a row were not looked for")
    yield _Section("About", lines=about)
    yield _Section("Entities", table=[_HEADINGS, *map(_row, report.entities)])
    if report.patterns:
        rows = [(one.name, str(one.tried), str(one.failed)) for one in report.patterns]
        failed = [f"{one.name}: {example}" for one in report.patterns for example in one.examples]
        yield _Section("Access patterns", table=[("pattern", "tried", "failed"), *rows], lines=failed)
    if report.discrepancies:
        lines = [str(one) for one in report.discrepancies]
        if report.unlisted:
            lines.append(f"and {report.unlisted:,} more")
        yield _Section("Discrepancies", lines=lines)
    advice = list(_advice(report))
    if advice:
        yield _Section("What to do", lines=advice)


def _row(one: EntityReport) -> tuple[str, ...]:
    counts = (one.rows, one.compared, one.items, one.matched, one.missing, one.extra, one.different, one.refused)
    return (f"{one.table}/{one.entity}", *("–" if count is None else f"{count:,}" for count in counts))


def _advice(report: Report) -> Iterator[str]:
    for one in report.entities:
        if one.rows and one.items == 0:
            yield f"{one.table} holds no item of {one.entity}: run the backfill first"
    if any(one.missing or one.different for one in report.entities):
        yield "missing and different items can be written with --repair; each only if it still is as it was seen"
    if any(one.extra for one in report.entities):
        yield "extra items: rows that were deleted without a tombstone, or another writer; --delete-extra deletes them"
    if any(one.collisions for one in report.entities):
        yield "rows that make one item: the contract's key is not unique, and all but one of them are lost"
    if any(one.refused for one in report.entities):
        yield "rows that cannot become an item: the backfill wrote them to its folder of refused rows, with the reason"
    for table, count in report.unrecognised.items():
        whose = "guards of unique values, or other programs' items"
        yield f"{table} has {count:,} items of no entity of the contract: {whose}"


# ── how it is laid out ───────────────────────────────────────────────────────────────────────────────────────────────
def _columns(table: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        first, *rest = (
            cell.ljust(width) if not position else cell.rjust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join((first, *rest))


def _markdown_row(cells: Sequence[str], *, escaped: bool = True) -> str:
    return "| " + " | ".join(_markdown(cell) if escaped else cell for cell in cells) + " |"


def _markdown(line: str) -> str:
    """Text that means nothing to Markdown."""
    line = " ".join(line.splitlines())
    return "".join(f"\\{one}" if one in "\\`*_{}[]<>#|~" else one for one in line)
