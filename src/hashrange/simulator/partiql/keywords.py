"""The words of PartiQL: they name nothing unless they are quoted. Data; source: its published grammar and SQL-92."""

from __future__ import annotations

from typing import Final

_SQL: Final = """
    absolute action add all allocate alter and any are as asc assertion at authorization avg begin between bit
    bit_length by cascade cascaded case cast catalog char character character_length char_length check close coalesce
    collate collation column commit connect connection constraint constraints continue convert corresponding count
    create cross current current_date current_time current_timestamp current_user cursor date date_add date_diff
    deallocate dec decimal declare default deferrable deferred delete desc describe descriptor diagnostics disconnect
    distinct domain double drop else end escape except exception exec execute exists external extract false fetch first
    float for foreign found from full get global go goto grant group having identity immediate in indicator initially
    inner input insensitive insert int integer intersect interval into is isolation join key language last left level
    like local lower match max min module names national natural nchar next no not null nullif numeric octet_length of
    on only open option or order outer output overlaps pad partial position precision prepare preserve primary prior
    privileges procedure public read real references relative restrict revoke right rollback rows schema scroll section
    select session session_user set size smallint some space sql sqlcode sqlerror sqlstate substring sum system_user
    table temporary then time timestamp to transaction translate translation trim true union unique unknown update
    upper usage user using value values varchar varying view when whenever where with work write zone
"""
_ADDED: Final = """
    can_cast can_lossless_cast missing pivot unpivot limit offset tuple remove index let integer2 int2 integer4 int4
    integer8 int8 bigint conflict do nothing returning modified new old bool boolean string symbol clob blob struct
    list sexp bag
"""
KEYWORDS: Final = frozenset((_SQL + _ADDED).split())

_JOINS: Final = {
    "inner join": "inner_join",
    "cross join": "cross_join",
    "inner cross join": "cross_join",
    "left join": "left_join",
    "left outer join": "left_join",
    "right join": "right_join",
    "right outer join": "right_join",
    "full join": "outer_join",
    "outer join": "outer_join",
    "full outer join": "outer_join",
}
_PHRASES: Final = {
    **_JOINS,
    **{
        f"{first} {second}": f"{first}_{second}"
        for first, second in (
            ("not", "in"),
            ("is", "not"),
            ("not", "between"),
            ("not", "like"),
            ("character", "varying"),
            ("double", "precision"),
            ("insert", "into"),
            ("on", "conflict"),
            ("do", "nothing"),
            ("modified", "old"),
            ("modified", "new"),
            ("all", "old"),
            ("all", "new"),
        )
    },
}
#: words that are one token together → its word
PHRASES: Final = {tuple(words.split()): word for words, word in _PHRASES.items()}
PHRASES_MAX_WORDS: Final = max(map(len, PHRASES))
JOINS: Final = frozenset(_JOINS.values()) | {"join"}

_FUNCTIONS: Final = """
    exists count avg max min sum substring char_length character_length octet_length bit_length upper lower size sexp
    list bag trim extract date_add date_diff coalesce nullif
"""
#: keywords that are functions where a parenthesis follows
FUNCTION_WORDS: Final = frozenset(_FUNCTIONS.split())
AGGREGATES: Final = frozenset({"count", "avg", "max", "min", "sum"})

_TYPES: Final = """
    missing null boolean smallint integer4 integer8 integer float real double_precision decimal numeric timestamp date
    time character character_varying string symbol clob blob struct tuple list sexp bag
"""
#: words of types → what messages call them
TYPES: Final = {
    **{word: word.upper() for word in _TYPES.split()},
    "bool": "BOOLEAN",
    "int": "INTEGER",
    "int2": "SMALLINT",
    "integer2": "SMALLINT",
    "int4": "INTEGER4",
    "int8": "INTEGER8",
    "bigint": "INTEGER8",
    "dec": "DECIMAL",
    "char": "CHARACTER",
    "varchar": "CHARACTER_VARYING",
}
TYPES_WITH_SIZE: Final = frozenset({"FLOAT", "DECIMAL", "NUMERIC", "TIME", "CHARACTER", "CHARACTER_VARYING"})
