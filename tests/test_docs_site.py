"""The documentation site builds without a warning, is whole, and needs nothing from elsewhere.

``make docs`` builds it in the same way. It is built once, for all workers of xdist too.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import msgspec
import pytest

import hashrange
from hashrange import errors
from scripts import docs_site, docstrings

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
#: modules whose public names are documented, beside those of the package itself
MODULES = ("testing", "telemetry", "simulator", "migration")


class Seen(HTMLParser):
    """What a page loads (``loads``), where it links to (``links``), its anchors (``ids``) and its headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.titles = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.titles += tag == "h1"
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        self.loads += [given[name] for name in ("src", "srcset", "data", "poster") if name in given]
        if tag == "link":
            self.loads.append(given.get("href", ""))
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; the first worker that asks builds it."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return built(tmp_path_factory.mktemp("site"))
    shared = tmp_path_factory.getbasetemp().parent  # of this session's workers
    with (shared / "site.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = shared / "site"
        return folder if folder.is_dir() else built(shared / "building").rename(folder)


def built(folder: Path) -> Path:
    """Build the site into this folder, without a warning."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environ = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stderr == "", "not a word"
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Seen]:
    """Path below the site to what is on the page."""
    found = {path.relative_to(site).as_posix(): path for path in sorted(site.rglob("*.html"))}
    return {name: Seen(path.read_text(encoding="utf-8")) for name, path in found.items()}


@pytest.mark.slow
def test_every_document_is_a_page_with_one_title(pages: dict[str, Seen]) -> None:
    documents = [path.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for path in ROOT.glob("docs/**/*.md")]
    assert sorted({*documents, "files/CHANGELOG.html", "files/deploy/index.html"} - pages.keys()) == []
    assert {name: page.titles for name, page in pages.items() if page.titles != 1} == {}


@pytest.mark.slow
def test_a_page_loads_nothing_from_elsewhere(site: Path, pages: dict[str, Seen]) -> None:
    loaded = {link for page in pages.values() for link in page.loads}
    assert [link for link in loaded if re.match(r"(?i)\w+:|//", link) and not link.startswith("data:")] == []
    texts = {page.read_text(encoding="utf-8") for page in site.rglob("*.html")}
    assert not any('class="mermaid"' in text for text in texts), "diagrams would be drawn by a script from elsewhere"
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:\w+:)?//", style.read_text(encoding="utf-8")), style


@pytest.mark.slow
def test_every_link_within_the_site_leads_somewhere(site: Path, pages: dict[str, Seen]) -> None:
    lost: list[str] = []
    for name, page in pages.items():
        if name == "404.html":
            continue  # it can be shown at any path, so its links begin at the root
        for link in page.links:
            path, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", path):
                continue
            target = os.path.normpath((Path(name).parent / path).as_posix()) if path else name
            target = f"{target}/index.html" if (site / target).is_dir() else target
            if not (site / target).is_file() or (anchor and target in pages and anchor not in pages[target].ids):
                lost.append(f"{name}: {link}")
    assert lost == []


@pytest.mark.slow
def test_the_search_finds_guides_and_names(site: Path) -> None:
    index = msgspec.json.decode((site / "search" / "search_index.json").read_bytes())
    places = {entry["location"] for entry in index["docs"]}
    assert {"transactions.html", "reference/client.html#hashrange.DynamoDB.in_memory"} <= places


def test_every_public_name_is_on_one_page_of_the_reference() -> None:
    wanted = {f"hashrange.{name}": getattr(hashrange, name) for name in hashrange.__all__}
    own = list(map(id, wanted.values()))
    for module in (import_module(f"hashrange.{name}") for name in MODULES):
        named = {f"{module.__name__}.{name}": getattr(module, name) for name in module.__all__}
        wanted |= {name: thing for name, thing in named.items() if id(thing) not in own}
    shown = Counter(
        name
        for page in REFERENCE.glob("*.md")
        for name in re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    )
    assert sorted(wanted.keys() - shown.keys()) == [], "not on any page"
    assert [name for name, times in shown.items() if times > 1] == [], "several times"


def test_the_tree_of_errors_is_that_of_the_module() -> None:
    drawn = [line.removeprefix("    ") for line in str(errors.__doc__).splitlines() if re.match(r"    [D├│└]", line)]
    page = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    assert drawn[0] == "DynamoDBError"
    assert "```text\n" + "\n".join(drawn) + "\n```" in page


def test_names_of_patterns_are_those_of_the_package() -> None:
    for part in ("single_table", "idempotency"):
        assert set(import_module(f"hashrange.patterns.{part}").__all__) <= set(hashrange.__all__)


def test_links_out_of_the_docs_lead_to_pages_of_the_site(tmp_path: Path) -> None:
    for path, text in {
        "examples/transfer.py": "print('````')\n",
        "deploy/README.md": "[policy](iam/policy.json), [guide](../docs/guide.md#so)\n",
        "deploy/iam/policy.json": "{}\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    text = "[a](../../examples/transfer.py) [b](../guide.md#x) [c](https://d.e/f) [g](../../gone.py) [h](#i)"
    linked, found = docs_site.with_links(text, "patterns/p.md", tmp_path)
    assert found == {"examples/transfer.py"}
    assert linked == text.replace("../../examples/transfer.py", "../files/examples/transfer.py.md")
    linked, found = docs_site.with_links(
        "[p](iam/policy.json) [q](../docs/g.md#so)", "files/deploy/README.md", tmp_path
    )
    assert (linked, found) == ("[p](iam/policy.json.md) [q](../../g.md#so)", {"deploy/iam/policy.json"})
    assert docs_site.source_of("examples/transfer.py", tmp_path).startswith("# examples/transfer.py\n\n")


def test_two_names_of_a_docstring_are_two_entries() -> None:
    text = (
        "Does it.\n\nArgs:\n    a, b: both,\n        of them.\n    c: one.\n\nA note, this: stays.\n\n"
        "Raises:\n    X, Y: or so."
    )
    assert docstrings.apart(text) == (
        "Does it.\n\nArgs:\n    a: both,\n        of them.\n    b: both,\n        of them.\n    c: one.\n\n"
        "A note, this: stays.\n\nRaises:\n    X: or so.\n    Y: or so."
    )
    assert docstrings.apart("One, two: three.") == "One, two: three."
