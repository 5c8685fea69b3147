"""A hook of MkDocs: what the documentation links to outside ``docs/`` becomes a page of the site.

A guide leads to ``../examples/transfer.py`` or ``../CHANGELOG.md``, which is right for who reads the files where they
are. For the site, each such file gets a page below ``files/``: Markdown as it is, anything else as a listing. A link to
a file that does not exist is left as it is, and the strict build refuses it.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

FOLDER = "files"
#: pages of the navigation that no other page needs to lead to
ALWAYS = ("CHANGELOG.md", "deploy/README.md")

_LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)(?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?(?=\))")
_LANGUAGES = {".py": "python", ".json": "json", ".yml": "yaml", ".yaml": "yaml", ".sh": "sh", ".toml": "toml"}


def outside(target: str, folder: str, root: Path) -> str | None:
    """The path, from the root of the repository, of the file that a link in ``folder`` leads to.

    None where it stays below ``docs/``, or where there is no such file.
    """
    path = posixpath.normpath(posixpath.join(folder, target))
    if path.startswith(("../", "docs/")) or not (root / path).is_file():
        return None
    return path


def page_of(path: str) -> str:
    """Where a file of the repository stands among the sources of the site."""
    return f"{FOLDER}/{path}" if path.endswith(".md") else f"{FOLDER}/{path}.md"


def folder_of(page: str) -> str:
    """The folder of the repository in which the source of a page stands."""
    own = page.removeprefix(f"{FOLDER}/") if page.startswith(f"{FOLDER}/") else f"docs/{page}"
    return posixpath.dirname(own)


def source_of(path: str, root: Path) -> str:
    """The Markdown of the page of a file."""
    text = (root / path).read_text(encoding="utf-8")
    if path.endswith(".md"):
        return text
    language = _LANGUAGES.get(posixpath.splitext(path)[1], "text")
    return f"# {path}\n\n````{language}\n{text.rstrip()}\n````\n"


def with_links(text: str, page: str, root: Path) -> tuple[str, set[str]]:
    """The Markdown of a page with its links fit for the site; and the files outside that it leads to."""
    folder, found = folder_of(page), set[str]()

    def replaced(link: re.Match[str]) -> str:
        target = link["target"]
        path = outside(target, folder, root)
        if path is None:
            whole = posixpath.normpath(posixpath.join(folder, target))
            if not page.startswith(f"{FOLDER}/") or not whole.startswith("docs/"):
                return link[0]
            there = whole.removeprefix("docs/")
        else:
            found.add(path)
            there = page_of(path)
        return posixpath.relpath(there, posixpath.dirname(page)) + (link["anchor"] or "")

    return _LINK.sub(replaced, text), found


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the files outside, those too that such pages lead to."""
    root = Path(config.config_file_path).parent
    wanted = set(ALWAYS)
    for file in files.documentation_pages():
        wanted |= with_links(file.content_string, file.src_uri, root)[1]
    done: set[str] = set()
    while wanted - done:
        for path in sorted(wanted - done):
            text = source_of(path, root)
            files.append(File.generated(config, page_of(path), content=text))
            done.add(path)
            if path.endswith(".md"):
                wanted |= with_links(text, page_of(path), root)[1]
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead the links to the pages of the files outside; a page without neighbours needs no list of them."""
    if page.parent is None:
        page.meta.setdefault("hide", ["navigation"])
    if page.file.src_uri.startswith(f"{FOLDER}/") and os.path.splitext(page.file.src_uri[:-3])[1] in _LANGUAGES:
        return markdown  # a listing has no links
    return with_links(markdown, page.file.src_uri, Path(config.config_file_path).parent)[0]
