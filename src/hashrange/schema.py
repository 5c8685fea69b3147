"""What a client knows of a table: its name, its keys, its indexes, its TTL attribute.

Owns names and their rules. Must not know requests or items.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct

from . import limits
from .errors import InvalidTable
from .key import KeySchema

_NAME = r"[A-Za-z0-9_.\-]+"
_ARN = r"arn:[a-z0-9-]+:dynamodb:[a-z0-9-]+:\d+:table/[A-Za-z0-9_.\-]{3,255}"


class GlobalIndex(Struct, frozen=True):
    """A global secondary index: keys of its own; it cannot be read consistently.

    Attributes:
        partition_key: the name of its partition key attribute.
        sort_key: that of its sort key; None where it has none.
    """

    partition_key: str
    sort_key: str | None = None


class LocalIndex(Struct, frozen=True):
    """A local secondary index: the table's partition key and a sort key of its own.

    Attributes:
        sort_key: the name of its sort key attribute.
    """

    sort_key: str


#: an index as people declare it; a text or a pair of texts is a global index
IndexDeclaration: TypeAlias = "GlobalIndex | LocalIndex | str | tuple[str, str | None]"


class IndexSchema(Struct, frozen=True):
    """An index as requests need it.

    Attributes:
        keys: the names of its key attributes; of keys of several attributes, the first of each.
        further_keys: the others of these.
    """

    name: str
    keys: KeySchema
    is_global: bool
    further_keys: tuple[str, ...] = ()

    @property
    def key_names(self) -> tuple[str, ...]:
        """All its key attributes."""
        return self.keys.names + self.further_keys


class TableSchema(Struct, frozen=True):
    """A table as requests need it.

    Raises:
        InvalidTable: a name is not one that DynamoDB could have.
    """

    name: str
    keys: KeySchema
    indexes: Mapping[str, IndexSchema] = {}
    ttl_attribute: str | None = None

    def __post_init__(self) -> None:
        check_table_name(self.name)
        for name in self.indexes:
            _check_name("index", name, limits.INDEX_NAME_MIN_CHARS, limits.INDEX_NAME_MAX_CHARS)

    def index(self, name: str) -> IndexSchema:
        """The index of that name.

        Raises:
            InvalidTable: it was not declared.
        """
        found = self.indexes.get(name)
        if found is None:
            known = ", ".join(map(repr, self.indexes)) or "none"
            raise InvalidTable(
                f"the table {self.name!r} has no index {name!r}; known indexes: {known}",
                hint="declare it: db.table(name, indexes={'GSI1': GlobalIndex('GSI1PK', 'GSI1SK')}), "
                "or read it from the service: await db.load_table(name)",
            )
        return found


def check_table_name(name: object) -> None:
    """Refuse what cannot be the name of a table (3 to 255 characters of ``[A-Za-z0-9_.-]``), nor its ARN.

    Raises:
        InvalidTable: says what is allowed.
    """
    if not (isinstance(name, str) and re.fullmatch(_ARN, name)):
        _check_name("table", name, limits.TABLE_NAME_MIN_CHARS, limits.TABLE_NAME_MAX_CHARS)


def table_schema(
    name: str,
    partition_key: str,
    sort_key: str | None,
    indexes: Mapping[str, IndexDeclaration] | None = None,
    ttl_attribute: str | None = None,
) -> TableSchema:
    """The schema of a table as people declare it."""
    found = {index: _index(index, declared, partition_key) for index, declared in (indexes or {}).items()}
    return TableSchema(name, KeySchema(partition_key, sort_key), found, ttl_attribute)


def _index(name: str, declared: IndexDeclaration, partition_key: str) -> IndexSchema:
    if isinstance(declared, LocalIndex):
        return IndexSchema(name, KeySchema(partition_key, declared.sort_key), is_global=False)
    if isinstance(declared, GlobalIndex):
        return IndexSchema(name, KeySchema(declared.partition_key, declared.sort_key), is_global=True)
    if isinstance(declared, str):
        return IndexSchema(name, KeySchema(declared), is_global=True)
    if isinstance(declared, tuple) and len(declared) == 2:
        return IndexSchema(name, KeySchema(*declared), is_global=True)
    raise InvalidTable(
        f"index {name!r} is declared as {declared!r}",
        hint="use GlobalIndex(partition_key, sort_key) or LocalIndex(sort_key)",
    )


def _check_name(kind: str, name: object, shortest: int, longest: int) -> None:
    if not (isinstance(name, str) and shortest <= len(name) <= longest and re.fullmatch(_NAME, name)):
        raise InvalidTable(
            f"{name!r} is not the name of {'an' if kind == 'index' else 'a'} {kind}: "
            f"{shortest} to {longest} characters of letters, digits, '_', '.' and '-'"
        )
