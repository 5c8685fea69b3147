"""The one item that every client reads and writes, as Python values and as it goes over the wire."""

from __future__ import annotations

REGION = "us-east-1"
ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # from the service's documentation, opens nothing
TABLE = "bench"
KEY: dict[str, str] = {"PK": "USER#1", "SK": "PROFILE"}
ITEM: dict[str, str | int | bool] = {
    **KEY,
    "name": "Ada Lovelace",
    "email": "ada@example.org",
    "visits": 42,
    "active": True,
}
WIRE_KEY: dict[str, dict[str, str]] = {name: {"S": value} for name, value in KEY.items()}
WIRE_ITEM: dict[str, dict[str, str | bool]] = {
    **{name: {"S": value} for name, value in ITEM.items() if isinstance(value, str)},
    "visits": {"N": "42"},
    "active": {"BOOL": True},
}
