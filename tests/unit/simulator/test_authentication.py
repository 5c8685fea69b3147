"""Who is let in: the structure of what is signed, and the signature itself, against two signers that are not ours."""

from __future__ import annotations

from calendar import timegm
from time import strptime
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from hashrange.simulator.authentication import refusal
from hashrange.simulator.errors import ApiError
from hashrange.simulator.http_messages import HttpRequest
from hashrange.wire.sigv4 import amz_date, sign_headers
from tests.fakes import NOW

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
KEYS = {"AKIDEXAMPLE": SECRET}
SCOPE = "AKIDEXAMPLE/20270115/us-east-1/dynamodb/aws4_request"
WHOLE = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x-amz-date, Signature=abc"
QUERY = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=c&X-Amz-Signature=s&X-Amz-SignedHeaders=h&X-Amz-Date=d"


def request(headers: dict[str, str] | None = None, *, target: str = "/", body: bytes = b"{}") -> HttpRequest:
    lower = {name.lower().encode(): value.encode() for name, value in (headers or {}).items()}
    return HttpRequest(b"POST", target.encode(), lower, body, True)


def refused(found: HttpRequest, keys: dict[str, str] | None = None, now: float = NOW) -> tuple[str, str | None]:
    error = refusal(found, keys, now)
    assert isinstance(error, ApiError)
    assert error.status == 400
    return error.name, error.message


# ── any credentials ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "header",
    [
        WHOLE,
        WHOLE.replace(", ", ","),
        WHOLE.replace(", ", " "),
        " " + WHOLE,
        "AWS4-HMAC-SHA256 Signature=abc, SignedHeaders=host, Credential=me",
        "AWS4-whatever Signature=abc==, SignedHeaders=host,Credential=me, More=1",
    ],
)
def test_complete_credentials_are_let_in(header: str) -> None:
    assert refusal(request({"Authorization": header, "X-Amz-Date": "now"}), None, NOW) is None
    assert refusal(request({"Authorization": header, "Date": "now"}), None, NOW) is None


def test_a_complete_query_is_let_in() -> None:
    assert refusal(request(target=QUERY), None, NOW) is None


@pytest.mark.parametrize("header", ["", "Basic abc", "AWS3-HMAC Credential=a", "AWS4"])
def test_no_signature(header: str) -> None:
    expected = ("MissingAuthenticationTokenException", "Request is missing Authentication Token")
    assert refused(request({"Authorization": header})) == expected
    assert refused(request()) == expected


def test_two_signatures() -> None:
    expected = (
        "InvalidSignatureException",
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    )
    both = request({"Authorization": WHOLE, "X-Amz-Date": "now"}, target="/?X-Amz-Algorithm=AWS4-HMAC-SHA256")
    assert refused(both) == expected
    assert refused(request({"Authorization": "X"}, target="/?a=b&X-Amz-Algorithm=")) == expected


CREDENTIAL = "Authorization header requires 'Credential' parameter. "
SIGNATURE = "Authorization header requires 'Signature' parameter. "
SIGNED = "Authorization header requires 'SignedHeaders' parameter. "
DATE = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "


@pytest.mark.parametrize(
    ("header", "date", "missing"),
    [
        ("AWS4-", False, CREDENTIAL + SIGNATURE + SIGNED + DATE),
        ("AWS4-HMAC-SHA256", True, CREDENTIAL + SIGNATURE + SIGNED),
        ("AWS4-HMAC-SHA256 Credential=", True, CREDENTIAL + SIGNATURE + SIGNED),
        ("AWS4-HMAC-SHA256 Credential=a", True, SIGNATURE + SIGNED),
        ("AWS4-HMAC-SHA256 Signature=a Credential=b", True, SIGNED),
        ("AWS4-HMAC-SHA256 Signature=a,SignedHeaders=,Credential=b", True, SIGNED),
        (WHOLE, False, DATE),
    ],
)
def test_an_incomplete_header(header: str, date: bool, missing: str) -> None:
    found = request({"Authorization": header} | ({"Date": "now"} if date else {}))
    assert refused(found) == ("IncompleteSignatureException", f"{missing}Authorization={header}")


def test_an_incomplete_query() -> None:
    lacking = "AWS query-string parameters must include '{}'. "
    text = "".join(map(lacking.format, ["X-Amz-Algorithm", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"]))
    found = request(target="/?X-Amz-Algorithm=&X-Amz-Credential=x")
    assert refused(found) == ("IncompleteSignatureException", text + "Re-examine the query-string parameters.")


# ── the right ones ───────────────────────────────────────────────────────────────────────────────────────────────────
BODY = b'{"TableName":"app"}'


def signed(secret: str = SECRET, *, now: float = NOW, body: bytes = BODY, token: str | None = None) -> HttpRequest:
    headers = sign_headers(
        "POST",
        "http://localhost:8000/",
        {"X-Amz-Target": "DynamoDB_20120810.GetItem", "Content-Type": "application/x-amz-json-1.0"},
        body,
        service="dynamodb",
        region="us-east-1",
        access_key="AKIDEXAMPLE",
        secret_key=secret,
        token=token,
        now=now,
    )
    return request(headers, body=body)


@pytest.mark.parametrize("token", [None, "a token"])
def test_a_right_signature_is_let_in(token: str | None) -> None:
    assert refusal(signed(token=token), KEYS, NOW) is None


def test_another_secret_is_refused() -> None:
    name, message = refused(signed("another"), KEYS)
    assert name == "InvalidSignatureException"
    assert str(message).startswith("The request signature we calculated does not match the signature you provided.")


def test_a_changed_body_or_header_is_refused() -> None:
    changed = signed()
    changed.body = b'{"TableName":"other"}'
    assert refused(changed, KEYS)[0] == "InvalidSignatureException"
    changed = signed()
    changed.headers[b"x-amz-target"] = b"DynamoDB_20120810.DeleteItem"
    assert refused(changed, KEYS)[0] == "InvalidSignatureException"


def test_an_unknown_access_key() -> None:
    expected = ("UnrecognizedClientException", "The security token included in the request is invalid.")
    assert refused(signed(), {"SOMEBODY": SECRET}) == expected


def test_the_clock_may_be_wrong_by_a_quarter_of_an_hour() -> None:
    assert refusal(signed(), KEYS, NOW + 900) is None
    assert refusal(signed(), KEYS, NOW - 900) is None


def test_a_signature_that_is_too_old() -> None:
    late = NOW + 901
    text = f"Signature expired: {amz_date(NOW)} is now earlier than {amz_date(late - 900)} ({amz_date(late)} - 15 min.)"
    assert refused(signed(), KEYS, late) == ("InvalidSignatureException", text)


def test_a_signature_from_the_future() -> None:
    early = NOW - 901
    text = (
        f"Signature not yet current: {amz_date(NOW)} is still later than {amz_date(early + 900)} "
        f"({amz_date(early)} + 15 min.)"
    )
    assert refused(signed(), KEYS, early) == ("InvalidSignatureException", text)


@pytest.mark.parametrize("date", ["yesterday", "20270115T080000", "20271315T080000Z", "٢٠٢٧0115T080000Z"])
def test_a_date_that_is_none(date: str) -> None:
    found = request({"Authorization": WHOLE, "X-Amz-Date": date})
    name, message = refused(found, KEYS)
    assert name == "IncompleteSignatureException"
    assert str(message).startswith("Date must be in ISO-8601 'basic format'. Got '")


def test_a_credential_without_its_scope() -> None:
    header = WHOLE.replace(SCOPE, "AKIDEXAMPLE/20270115")
    text = (
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
        "got 'AKIDEXAMPLE/20270115'"
    )
    found = request({"Authorization": header, "X-Amz-Date": amz_date(NOW)})
    assert refused(found, KEYS) == ("IncompleteSignatureException", text)


def test_the_host_must_be_signed() -> None:
    found = request({"Authorization": WHOLE.replace("host;", ""), "X-Amz-Date": amz_date(NOW)})
    expected = ("InvalidSignatureException", "'Host' must be a 'SignedHeader' in the AWS Authorization.")
    assert refused(found, KEYS) == expected


@pytest.mark.parametrize("text", ["Signature=\xe9", "Credential=\xe9/a/b/c/d", "SignedHeaders=host;\xe9"])
def test_odd_bytes_are_refused(text: str) -> None:
    part = text.partition("=")[0]
    header = " ".join(text if piece.startswith(part) else piece for piece in WHOLE.replace(",", "").split(" "))
    found = HttpRequest(b"POST", b"/", {b"authorization": header.encode("latin-1")}, b"{}", True)
    found.headers[b"x-amz-date"] = amz_date(NOW).encode()
    assert refused(found, KEYS)[0] in ("InvalidSignatureException", "UnrecognizedClientException")


def as_received(sent: AWSRequest, body: bytes) -> HttpRequest:
    parts = urlsplit(sent.url or "")
    headers = {"Host": parts.netloc, **{str(name): str(value) for name, value in sent.headers.items()}}
    return request(headers, target=f"{parts.path}{'?' + parts.query if parts.query else ''}", body=body)


def seconds(date: str) -> float:
    return timegm(strptime(date, "%Y%m%dT%H%M%SZ"))


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/",
        "http://localhost:8000/a/b%20c/../d/?z=1&y=%20x&y=a",
        "http://localhost:8000//?empty=&b=%2F",
    ],
)
def test_what_botocore_signs_is_let_in(url: str) -> None:
    sent = AWSRequest("POST", url, {"X-Amz-Target": "DynamoDB_20120810.GetItem", "X-Odd": "  a   b "}, BODY)
    SigV4Auth(Credentials("AKIDEXAMPLE", SECRET, "token"), "dynamodb", "eu-west-1").add_auth(sent)
    assert refusal(as_received(sent, BODY), KEYS, seconds(sent.headers["X-Amz-Date"])) is None


def test_what_botocore_presigns_is_let_in() -> None:
    sent = AWSRequest("POST", "http://localhost:8000/", {"X-Amz-Target": "DynamoDB_20120810.GetItem"})
    SigV4QueryAuth(Credentials("AKIDEXAMPLE", SECRET, "token"), "dynamodb", "eu-west-1").add_auth(sent)
    came = as_received(sent, b"")
    date = parse_qs(urlsplit(sent.url or "").query)["X-Amz-Date"][0]
    assert refusal(came, KEYS, seconds(date)) is None
    came.headers[b"x-amz-target"] = b"DynamoDB_20120810.DeleteItem"
    assert refused(came, KEYS, seconds(date))[0] == "InvalidSignatureException"
