"""MySQL's ``CREATE TABLE`` statements, as a schema file or a dump has them, to ``SourceSchema``.

sqlglot splits the text into words; what they mean is read here, so that nothing that a table does not need (engines,
partitions, triggers, views) can stop it. ``ALTER TABLE ... ADD`` and ``CREATE UNIQUE INDEX`` are followed. Must not
know contracts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from ...extras import imported
from ..errors import ContractError
from ..findings import Finding, Place
from .schema import Column, Family, ForeignKey, SourceSchema, Table

_FAMILIES: Final[dict[str, Family]] = {
    **dict.fromkeys(("int", "integer", "bigint", "smallint", "mediumint", "tinyint", "serial"), "integer"),
    **dict.fromkeys(("int1", "int2", "int3", "int4", "int8", "middleint"), "integer"),
    **dict.fromkeys(("decimal", "numeric", "dec", "fixed"), "decimal"),
    **dict.fromkeys(("float", "double", "real", "float4", "float8"), "float"),
    **dict.fromkeys(("char", "varchar", "character", "nchar", "nvarchar", "national", "uuid", "inet6"), "text"),
    **dict.fromkeys(("text", "tinytext", "mediumtext", "longtext", "long"), "text"),
    **dict.fromkeys(("blob", "tinyblob", "mediumblob", "longblob", "binary", "varbinary"), "binary"),
    **dict.fromkeys(("bool", "boolean"), "boolean"),
    "bit": "bit", "enum": "enum", "set": "set", "date": "date", "datetime": "datetime", "timestamp": "timestamp",
    "time": "time", "year": "year", "json": "json",
}  # fmt: skip
_INDEX_WORDS: Final = ("KEY", "INDEX", "FULLTEXT", "SPATIAL", "CHECK", "PERIOD")
_ACTIONS: Final = ("cascade", "restrict", "set null", "no action", "set default")


class _Word(Struct, frozen=True):
    """A word, name, text or sign; ``upper`` is "" for quoted names and texts, which are no keywords."""

    text: str
    upper: str
    line: int
    column: int
    quoted: bool


class _Draft:
    """A table that is still being read."""

    def __init__(self, name: str, place: Place) -> None:
        self.name, self.place = name, place
        self.columns: dict[str, Column] = {}
        self.primary_key: tuple[str, ...] = ()
        self.unique: list[tuple[str, ...]] = []
        self.foreign_keys: list[ForeignKey] = []
        self.collation: str | None = None
        #: the collation that each column says, None where it leaves it to the table
        self.collations: dict[str, str | None] = {}

    def spelled(self, name: str) -> str:
        """The column's name as it was declared."""
        return next((one for one in self.columns if one.lower() == name.lower()), name)

    def table(self) -> Table:
        primary = tuple(self.spelled(name) for name in self.primary_key)
        columns = {}
        for name, column in self.columns.items():
            told = self.collations[name]
            collation = self.collation if told is None else told
            columns[name] = Column(
                column.name, column.type, column.family,
                nullable=column.nullable and name not in primary, length=column.length, members=column.members,
                ignores_case=column.family in ("text", "enum", "set") and ignores_case(collation),
                has_default=column.has_default, auto_increment=column.auto_increment, place=column.place,
            )  # fmt: skip
        unique = [tuple(self.spelled(name) for name in key) for key in self.unique]
        return Table(
            self.name, columns, primary, tuple(key for key in dict.fromkeys(unique) if key != primary),
            tuple(self.foreign_keys), self.place,
        )  # fmt: skip


def ignores_case(collation: str | None) -> bool:
    """Whether a collation, or a character set's default one, takes "a" and "A" for equal. None: the server's default,
    which does."""
    return collation is None or not collation.lower().endswith(("_bin", "_cs", "binary"))


def parse_ddl(text: str) -> SourceSchema:
    """The tables that a file of SQL creates.

    Args:
        text: statements; those that are about something else are passed over.

    Raises:
        ContractError: the text cannot be split into words, or a CREATE TABLE cannot be read; says where.
        ConfigurationError: sqlglot is not installed.
    """
    drafts: dict[str, _Draft] = {}
    for words in _statements(text):
        _Statement(words, drafts).read()
    return SourceSchema({draft.name: draft.table() for draft in drafts.values()})


def _refused(message: str, line: int, column: int, pointer: str = "") -> ContractError:
    fix = "give the output of SHOW CREATE TABLE or of mysqldump --no-data"
    finding = Finding("error", "ddl-syntax", message, fix, Place(pointer, line, column, "schema"))
    return ContractError(f"the schema cannot be read: {finding}", findings=(finding,))


def _statements(text: str) -> Iterator[list[_Word]]:
    """The words of each statement."""
    sqlglot = imported("sqlglot", "migrate")
    errors = imported("sqlglot.errors", "migrate")
    try:
        tokens = sqlglot.tokenize(text, read="mysql")
    except errors.SqlglotError as error:
        raise _refused(f"this is not SQL: {str(error).splitlines()[0][:120]}", 0, 0) from None
    words: list[_Word] = []
    for token in tokens:
        if token.token_type.name == "SEMICOLON":
            if words:
                yield words
            words = []
        else:
            words += _words(token, text)
    if words:
        yield words


def _words(token: Any, text: str) -> Iterator[_Word]:
    """A token's words: keywords that sqlglot takes together (PRIMARY KEY) come apart."""
    begin = token.start - text.rfind("\n", 0, token.start)
    if text[token.start] in "`'\"" or token.token_type.name in ("STRING", "NATIONAL_STRING"):
        yield _Word(token.text, "", token.line, begin, True)
        return
    for part in token.text.split() or (token.text,):
        yield _Word(part, part.upper(), token.line, begin, False)


class _Statement:
    """Reads one statement, word by word."""

    def __init__(self, words: list[_Word], drafts: dict[str, _Draft]) -> None:
        self.words, self.drafts = words, drafts
        self.at = 0

    # ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────
    def peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.words[at].upper if at < len(self.words) else ""

    def ends(self) -> bool:
        return self.at >= len(self.words)

    def take(self, *keywords: str) -> bool:
        """Go past these keywords, if they come next."""
        if all(self.peek(ahead) == keyword for ahead, keyword in enumerate(keywords)):
            self.at += len(keywords)
            return True
        return False

    def word(self, what: str) -> _Word:
        if self.ends():
            last = self.words[-1]
            raise _refused(f"{what} is expected after {last.text[:40]!r}", last.line, last.column)
        self.at += 1
        return self.words[self.at - 1]

    def name(self, what: str) -> str:
        """A name; of ``database.name`` the last."""
        word = self.word(what)
        if not word.quoted and not (word.text[:1].isalpha() or word.text[:1] in "_$" or word.text[:1].isdigit()):
            raise _refused(f"{what} is expected, not {word.text[:40]!r}", word.line, word.column)
        while self.take("."):
            word = self.word(what)
        return word.text

    def skip_group(self) -> None:
        """Go past ``( ... )``, if that comes next."""
        if self.peek() != "(":
            return
        depth = 0
        while not self.ends():
            depth += {"(": 1, ")": -1}.get(self.peek(), 0)
            self.at += 1
            if depth == 0:
                return
        last = self.words[-1]
        raise _refused("a bracket is not closed", last.line, last.column)

    def skip_part(self) -> None:
        """Go to the comma or bracket that ends this part, or to the end."""
        while not self.ends() and self.peek() not in (",", ")"):
            if self.peek() == "(":
                self.skip_group()
            else:
                self.at += 1

    # ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────
    def read(self) -> None:
        if self.take("CREATE"):
            self.take("OR", "REPLACE")
            if self.take("UNIQUE"):
                self.take("INDEX")
                self.unique_index()
            elif not self.take("TEMPORARY") and self.take("TABLE"):
                self.create_table()
        elif self.take("ALTER", "TABLE") or self.take("ALTER", "IGNORE", "TABLE"):
            self.alter_table()
        elif self.take("DROP", "TABLE"):
            self.take("IF", "EXISTS")
            while not self.ends():
                self.drafts.pop(self.name("a table's name").lower(), None)
                if not self.take(","):
                    return

    def create_table(self) -> None:
        exists = self.take("IF", "NOT", "EXISTS")
        place = self.place()
        name = self.name("a table's name")
        if self.peek() != "(":
            self.create_like(name, place)
            return
        draft = _Draft(name, Place(name, place.line, place.column, "schema"))
        self.at += 1
        while not self.take(")"):
            self.part(draft)
            if not self.take(",") and self.peek() != ")":
                word = self.word("a comma or a bracket")
                raise _refused(f"a comma is expected before {word.text[:40]!r}", word.line, word.column, name)
        draft.collation = self.default_collation()
        if not (exists and name.lower() in self.drafts):
            self.drafts[name.lower()] = draft

    def create_like(self, name: str, place: Place) -> None:
        """``CREATE TABLE a LIKE b``; a table that a query makes is not known."""
        if not self.take("LIKE"):
            word = self.words[self.at - 1]
            raise _refused(f"table {name}: the list of its columns is expected", word.line, word.column, name)
        draft = self.drafts.get(self.name("a table's name").lower())
        if draft is not None:
            copy = _Draft(name, Place(name, place.line, place.column, "schema"))
            copy.columns, copy.collations, copy.collation = dict(draft.columns), dict(draft.collations), draft.collation
            copy.primary_key, copy.unique = draft.primary_key, list(draft.unique)
            self.drafts[name.lower()] = copy

    def place(self) -> Place:
        word = self.words[min(self.at, len(self.words) - 1)]
        return Place("", word.line, word.column, "schema")

    def default_collation(self) -> str | None:
        """What follows a table's last bracket says of collation."""
        charset = collation = None
        while not self.ends():
            word = self.words[self.at].upper
            self.at += 1
            if word in ("COLLATE", "CHARSET") or (word in ("CHARACTER", "CHAR") and self.take("SET")):
                self.take("=")
                value = self.word("a name").text
                charset, collation = (charset, value) if word == "COLLATE" else (value, collation)
        return collation or charset

    # ── parts of a table ─────────────────────────────────────────────────────────────────────────────────────────────
    def part(self, draft: _Draft) -> None:
        """A column, key or check."""
        if self.take("CONSTRAINT") and self.peek() not in ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
            self.at += 1
        if self.take("PRIMARY", "KEY"):
            draft.primary_key = self.key_columns() or ()
        elif self.peek() == "UNIQUE":
            self.at += 1
            key = self.key_columns()
            if key is not None:
                draft.unique.append(key)
        elif self.take("FOREIGN", "KEY"):
            columns = self.key_columns() or ()
            self.reference(draft, columns)
        elif self.peek() not in _INDEX_WORDS:
            self.column(draft)
        self.skip_part()

    def key_columns(self) -> tuple[str, ...] | None:
        """The columns between the next brackets; None where one is an expression or only a part of a column."""
        while not self.ends() and self.peek() not in ("(", ",", ")"):
            self.at += 1
        names: list[str] = []
        whole = True
        if not self.take("("):
            return None
        while not self.take(")"):
            if self.peek() == "(":
                whole = False
                self.skip_group()
                continue
            word = self.word("a column's name")
            if word.upper not in ("ASC", "DESC", ","):
                names.append(word.text)
        return tuple(names) if whole else None

    def reference(self, draft: _Draft, columns: tuple[str, ...]) -> None:
        """``REFERENCES table (columns) ON DELETE ...``."""
        if not self.take("REFERENCES"):
            return
        target = self.name("a table's name")
        targets = (self.key_columns() or ()) if self.peek() == "(" else ()
        action = "no action"
        while not self.ends() and self.peek() not in (",", ")"):
            if self.take("ON", "DELETE"):
                said = f"{self.peek()} {self.peek(1)}".lower()
                action = next((one for one in _ACTIONS if said.startswith(one)), "no action")
            else:
                self.at += 1
        draft.foreign_keys.append(ForeignKey(columns, target, targets or columns, action))

    def column(self, draft: _Draft) -> None:
        place = self.place()
        name = self.name("a column's name")
        begin = self.at
        word = self.word(f"the type of column {name}").text.lower()
        self.take("PRECISION")
        self.take("VARYING")
        members: tuple[str, ...] = ()
        size: int | None = None
        if self.peek() == "(":
            inner = self.at + 1
            self.skip_group()
            between = self.words[inner : self.at - 1]
            members = tuple(one.text for one in between if one.quoted)
            size = int(between[0].text) if between and between[0].text.isdigit() else None
        while self.peek() in ("UNSIGNED", "SIGNED", "ZEROFILL"):
            self.at += 1
        type_ = _written(self.words[begin : self.at])
        family: Family = "boolean" if word == "tinyint" and size == 1 else _FAMILIES.get(word, "other")
        nullable, default, automatic, collation = self.options(draft, name)
        draft.collations[name] = collation
        draft.columns[name] = Column(
            name, type_, family, nullable=nullable and word != "serial",
            length=_length(word, size) if family in ("text", "binary") else None,
            members=members if family in ("enum", "set") else (), has_default=default or automatic or word == "serial",
            auto_increment=automatic or word == "serial",
            place=Place(f"{draft.name}.{name}", place.line, place.column, "schema"),
        )  # fmt: skip
        if word == "serial":
            draft.unique.append((name,))

    def options(self, draft: _Draft, name: str) -> tuple[bool, bool, bool, str | None]:
        """What follows a column's type: nullable, has a default, auto increment, collation or character set."""
        nullable, default, automatic = True, False, False
        charset = collation = None
        while not self.ends() and self.peek() not in (",", ")"):
            if self.take("NOT", "NULL"):
                nullable = False
            elif self.take("DEFAULT") or self.take("GENERATED") or self.take("AS"):
                default = True
                if self.peek() != "(":
                    self.at += 1
                self.skip_group()
            elif self.take("AUTO_INCREMENT"):
                automatic = True
            elif self.take("PRIMARY", "KEY") or self.take("PRIMARY"):
                draft.primary_key, nullable = (name,), False
            elif self.take("UNIQUE"):
                draft.unique.append((name,))
            elif self.peek() == "REFERENCES":
                self.reference(draft, (name,))
            elif self.take("COLLATE"):
                collation = self.word("a collation").text
            elif self.take("CHARACTER", "SET") or self.take("CHARSET"):
                charset = self.word("a character set").text
            elif self.take("BINARY"):
                charset = "binary"
            elif self.peek() == "(":
                self.skip_group()
            else:
                self.at += 1
        return nullable, default, automatic, collation or charset

    # ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def alter_table(self) -> None:
        draft = self.drafts.get(self.name("a table's name").lower())
        while draft is not None and not self.ends():
            if self.take("ADD"):
                self.take("COLUMN")
                if self.take("("):
                    while not self.take(")") and not self.ends():
                        self.part(draft)
                        self.take(",")
                else:
                    self.part(draft)
            elif self.take("MODIFY"):
                self.take("COLUMN")
                self.column(draft)
            elif self.take("CHANGE"):
                self.take("COLUMN")
                old = draft.spelled(self.name("a column's name"))
                draft.columns.pop(old, None)
                self.column(draft)
            elif self.take("DROP", "COLUMN"):
                draft.columns.pop(draft.spelled(self.name("a column's name")), None)
            self.skip_part()
            if self.peek() == ")":
                self.at += 1
            self.take(",")

    def unique_index(self) -> None:
        """``CREATE UNIQUE INDEX name ON table (columns)``."""
        while not self.ends() and not self.take("ON"):
            self.at += 1
        if self.ends():
            return
        draft = self.drafts.get(self.name("a table's name").lower())
        key = self.key_columns()
        if draft is not None and key is not None:
            draft.unique.append(key)


def _length(word: str, size: int | None) -> int | None:
    return 1 if size is None and word in ("char", "character", "binary", "nchar") else size


def _written(words: list[_Word]) -> str:
    """A type as it is written: ``varchar(100)``, ``int unsigned``."""
    text = ""
    for word in words:
        one = f"'{word.text}'" if word.quoted else word.text.lower()
        glued = not text or one in "(,)" or text[-1] in "(,"
        text += one if glued else f" {one}"
    return text
