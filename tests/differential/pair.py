"""The simulator and DynamoDB Local side by side: one request to both, and a report where their answers differ.

Must not know what is asked, nor why answers may differ: that is the business of ``known_differences``.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from hashrange.simulator.actions import STREAM_OPERATIONS
from hashrange.simulator.endpoint import handle
from hashrange.simulator.engine import Engine
from tests.differential.compare import Answer, answer_of, known, translated

Request: TypeAlias = dict[str, Any]

_TARGET: Final = "DynamoDB_20120810."
_STREAMS_TARGET: Final = "DynamoDBStreams_20120810."
_TYPE: Final = "application/x-amz-json-1.0"


class Pair:
    """An engine, which ``renew`` replaces, and an account of Local's.

    Args:
        connection: to Local.
        access_key: tells Local whose tables are meant.
    """

    def __init__(self, connection: http.client.HTTPConnection, access_key: str) -> None:
        self._connection = connection
        self._headers = {
            "Content-Type": _TYPE,
            "Authorization": (
                f"AWS4-HMAC-SHA256 Credential={access_key}/20260101/us-east-1/dynamodb/aws4_request, "
                "SignedHeaders=host, Signature=0"
            ),
        }
        self._tables = 0
        self.engine = Engine()
        self.requests = 0

    def table_name(self) -> str:
        """A name that neither has seen."""
        self._tables += 1
        return f"table-{self._tables}"

    def renew(self) -> None:
        """Forget the engine's tables; Local's are deleted by name."""
        self.engine = Engine()

    def ours(self, operation: str, request: Request) -> tuple[int, bytes]:
        return handle(self.engine, operation, json.dumps(request).encode())

    def local(self, operation: str, request: Request) -> tuple[int, bytes]:
        target = _STREAMS_TARGET if operation in STREAM_OPERATIONS else _TARGET
        headers = {**self._headers, "X-Amz-Target": target + operation}
        self._connection.request("POST", "/", json.dumps(request).encode(), headers)
        response = self._connection.getresponse()
        return response.status, response.read()

    def ask(self, operation: str, request: Request) -> bool:
        """Put a request to both.

        Returns:
            Whether they are still in the same state: False if one did what the other refused, for a known reason, or if
            Local may have written although it refused.
        """
        ours, answer = self.answers(operation, request)
        local = translated(answer)
        if ours == local:
            return True
        difference = known(operation, request, ours, local)
        assert difference is not None, report(operation, request, ours, local)
        return ours.succeeded == local.succeeded and not difference.changes

    def answers(self, operation: str, request: Request) -> tuple[Answer, Answer]:
        """The simulator's answer, and Local's as it puts it."""
        self.requests += 1
        is_ordered = "IndexName" not in request
        ours = answer_of(operation, *self.ours(operation, request), is_ordered=is_ordered)
        local = answer_of(operation, *self.local(operation, request), is_ordered=is_ordered, plain_numbers=False)
        return ours, local

    def both(self, operation: str, request: Request) -> tuple[Request, Request]:
        """The bodies of both answers; both must succeed."""
        status, body = self.ours(operation, request)
        local_status, local_body = self.local(operation, request)
        assert (status, local_status) == (200, 200), (operation, request, body, local_body)
        return json.loads(body), json.loads(local_body)

    def page(self, which: Callable[[str, Request], tuple[int, bytes]], operation: str, request: Request) -> Request:
        """One answer of one of the two, which must succeed."""
        status, body = which(operation, request)
        assert status == 200, (operation, request, body)
        found: Request = json.loads(body)
        return found


def report(operation: str, request: Request, ours: Answer, local: Answer) -> str:
    text = json.dumps(request, ensure_ascii=False)
    return f"the answers differ, and nobody knows why\n{operation} {text}\n  ours:  {ours.text}\n  Local: {local.text}"
