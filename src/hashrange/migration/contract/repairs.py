"""What relaxed mode mends, and how: one rule a code.

Strict mode reports the same defects as errors. A defect that is not in this table is an error in both: nothing is
guessed that the text does not tell. Must not know how the rules are carried out.
"""

from __future__ import annotations

from typing import Final

RULES: Final[dict[str, str]] = {
    "json-comment": "the comment is left out",
    "json-comma": "the comma is left out",
    "json-duplicate": "one of the members is left out, if their values are equal; else it stays an error",
    "misspelt-field": "the field that was meant is taken",
    "misspelt-value": "the value that was meant is taken",
    "join-alias-missing": "the joined row gets an alias of its own: the undeclared one that the attribute uses, or a "
    "new one; its side of the condition is the one that is not the attribute's source_column, or by the schema's "
    "foreign key, or is called id",
    "undeclared-alias": "text with a point in it that names no table is taken for text",
    "else-value-ambiguous": "a word without quotation marks is taken for text",
    "join-tautology": "a table joined with itself by one column is the same row",
    "self-join-of-another-table": "the self-join is taken for a foreign-key join to the table that the column refers "
    "to, by the schema, another join of the contract, or its name",
    "bare-column-in-join": "the attribute's source_column is of the entity's own table, the other column of the joined "
    "one",
    "format-names-attribute": "the attribute's column is taken",
    "template-unresolved": "the key attribute counts, the template is not used",
    "template-differs": "the key attribute counts, the template is not used",
}
