"""What a contract leaves open, decided once for every writer: times, NULL, folding, names.

Backfill, repositories, dual writes and verification take the same ``Conventions``: two that differ would write two
items for one row. Must not know contracts.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

ZeroDates: TypeAlias = Literal["refuse", "null"]


class Conventions(Struct, frozen=True, kw_only=True):
    """How values are written.

    Attributes:
        nulls: NULL leaves an attribute out ("omit") or is stored as NULL ("null"). In a key of an index it is always
            left out, in a key of the table it is refused.
        time_zone: of DATETIME columns, which have none of their own: an IANA name. TIMESTAMP is UTC.
        fraction_digits: of a second in datetimes as text, 0 to 6. As text they are ``2026-08-27T10:11:12Z``, in UTC.
        zero_dates: MySQL's 0000-00-00 is refused, or taken for NULL.
        fold_keys: keys made of text whose collation ignores case are written in lower case (and NFC), so that what was
            one value in MySQL stays one.
        table_prefix: before every table name of the contract, as in "staging-".
    """

    nulls: Literal["omit", "null"] = "omit"
    time_zone: str = "UTC"
    fraction_digits: int = 0
    zero_dates: ZeroDates = "refuse"
    fold_keys: bool = False
    table_prefix: str = ""


DEFAULT = Conventions()
