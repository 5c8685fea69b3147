"""What random requests are made of: small pools, so that requests meet each other's items. Data only."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

Request: TypeAlias = dict[str, Any]

#: what keys are made of; two of each type, so that requests meet
KEY_VALUES: Final = {
    "S": [{"S": "a"}, {"S": "b"}, {"S": "é"}],
    "N": [{"N": "1"}, {"N": "-2.5"}, {"N": "10"}],
    "B": [{"B": "AA=="}, {"B": "/w=="}],
}
#: attributes that may be an index's key
INDEXED: Final = {"s": "S", "n": "N", "b": "B"}
NUMBERS: Final = (
    *(
        "0",
        "-0",
        "1",
        "1.0",
        "10",
        "1e2",
        "1E-3",
        ".5",
        "5.",
        "+7",
        "-12.340",
        "99999999999999999999999999999999999999",
    ),
    *("1e125", "9.9999999999999999999999999999999999999e125", "-1e-130", "0.00000000000000000000000000000000000001"),
)
BAD_NUMBERS: Final = ("", " 1", "1 ", "x", "0x1", "1e", "--1", "1.2.3", "NaN", "Infinity", "1e126", "-1e-131")
BAD_VALUES: Final[tuple[dict[str, Any], ...]] = (
    *({"N": text} for text in BAD_NUMBERS),
    *({"NS": ["1", text]} for text in BAD_NUMBERS),
    {"N": "1234567890123456789012345678901234567.89"},
    {"NULL": False},
    {"SS": []},
    {"NS": []},
    {"BS": []},
    {"SS": ["a", "b", "a"]},
    {"NS": ["1", "1.0"]},
    {"BS": ["AA==", "AA=="]},
    {},
    {"S": "a", "N": "1"},
    {"M": {"a": {"N": "x"}}},
    {"L": [{"S": "a"}, {}]},
    {"L": [{"SS": []}]},
)
COMPARISONS: Final = {
    **dict.fromkeys(["EQ", "NE", "LE", "LT", "GE", "GT", "CONTAINS", "NOT_CONTAINS", "BEGINS_WITH"], 1),
    **dict.fromkeys(["NULL", "NOT_NULL"], 0),
    "BETWEEN": 2,
    "IN": 2,
}
#: parts of parallel scans: only these are the same wherever the borders of segments are
SEGMENTS: Final[tuple[Request, ...]] = (
    {"TotalSegments": 1, "Segment": 0},
    {"TotalSegments": 2, "Segment": 2},
    {"TotalSegments": 1, "Segment": 1},
    {"TotalSegments": 2},
    {"Segment": 0},
    {"TotalSegments": 0, "Segment": 0},
    {"TotalSegments": 1, "Segment": -1},
    {"TotalSegments": 1_000_001, "Segment": 0},
)
READS: Final = ("NONE", "TOTAL", "INDEXES")
