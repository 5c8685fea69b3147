"""Items spread over many partitions, a client's table over them, and a transport whose segment fails."""

from __future__ import annotations

from typing import Any

import msgspec

from hashrange.expressions import Attr
from hashrange.schema import GlobalIndex
from hashrange.table import Table
from hashrange.types import WireItem
from hashrange.wire.transport import Request, Response
from tests.fakes import FakeTransport, ItemCollection, answer, client

Row = dict[str, Any]
FILTER = Attr("n") > 0  # what it means is the fake's matter


def rows(count: int) -> list[WireItem]:
    return [{"PK": {"S": f"p{n}"}, "SK": {"S": "x"}, "n": {"N": str(n)}} for n in range(count)]


def table(transport: Any, **config: Any) -> Table[Row]:
    return client(transport, **config).table("app", indexes={"by_n": GlobalIndex("n")})


def numbers(found: list[Row]) -> list[int]:
    return sorted(one["n"] for one in found)


def failing_segment(server: ItemCollection, segment: int, after: int, error: Response) -> FakeTransport:
    """A transport whose segment fails after so many pages."""
    answered: dict[int, int] = {}

    def respond(request: Request) -> Response:
        payload = msgspec.json.decode(request.body)
        asked = payload["Segment"]
        answered[asked] = answered.get(asked, 0) + 1
        return error if asked == segment and answered[asked] > after else answer(server.page(payload))

    return FakeTransport(respond, repeat=True)
