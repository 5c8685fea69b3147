"""Signatures: AWS's published vectors, and botocore's signer as the witness for requests of every shape."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreKeys
from hypothesis import given, settings
from hypothesis import strategies as st

from hashrange.wire.sigv4 import DynamoDBSigner, amz_date, sign_headers

ACCESS_KEY, SECRET_KEY = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SUITE_TIME = 1_440_938_160.0  # 20150830T123600Z
SUITE_TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwth"
    "Ax7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAk"
    "iY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)
UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
VANILLA = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
POST_VANILLA = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"


@dataclass(frozen=True)
class Vector:
    """A case of AWS's Signature Version 4 test suite. Its paths are not percent-encoded yet."""

    name: str
    signature: str
    path: str = "/"
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    token: str | None = None


def form(charset: str = "") -> dict[str, str]:
    return {"Content-Type": f"application/x-www-form-urlencoded{charset}"}


VECTORS = [
    Vector("get-vanilla", VANILLA),
    Vector("get-vanilla-query", VANILLA, "/"),
    Vector(
        "get-vanilla-empty-query-key",
        "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
        "/?Param1=value1",
    ),
    Vector(
        "get-vanilla-query-order-key",
        "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1",
        "/?Param1=value2&Param1=Value1",
    ),
    Vector(
        "get-vanilla-query-order-key-case",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        "/?Param2=value2&Param1=value1",
    ),
    Vector(
        "get-vanilla-query-order-value",
        "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
        "/?Param1=value2&Param1=value1",
    ),
    Vector(
        "get-vanilla-query-unreserved",
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
        f"/?{UNRESERVED}={UNRESERVED}",
    ),
    Vector(
        "get-vanilla-utf8-query",
        "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
        "/?\u1234=bar",
    ),
    Vector("get-unreserved", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f", f"/{UNRESERVED}"),
    Vector("get-utf8", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85", "/\u1234"),
    Vector("get-space", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741", "/example space/"),
    Vector("get-relative", VANILLA, "/example/.."),
    Vector("get-relative-relative", VANILLA, "/example1/example2/../.."),
    Vector("get-slash", VANILLA, "//"),
    Vector("get-slash-dot-slash", VANILLA, "/./"),
    Vector("get-slash-pointless-dot", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5", "/./example"),
    Vector("get-slashes", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84", "//example//"),
    Vector(
        "get-header-value-trim",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        headers={"My-Header1": " value1", "My-Header2": ' "a   b   c"'},
    ),
    Vector(  # the caller joins what has one name
        "get-header-key-duplicate",
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        headers={"My-Header1": "value2,value2,value1"},
    ),
    Vector(
        "get-header-value-multiline",
        "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790",
        headers={"My-Header1": "value1,value2,value3"},
    ),
    Vector("post-vanilla", POST_VANILLA, method="POST"),
    Vector(
        "post-header-key-sort",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
        method="POST",
        headers={"My-Header1": "value1"},
    ),
    Vector("post-header-key-case", POST_VANILLA, method="POST"),
    Vector(
        "post-header-value-case",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
        method="POST",
        headers={"My-Header1": "VALUE1"},
    ),
    Vector(
        "post-x-www-form-urlencoded",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        method="POST",
        headers=form(),
        body=b"Param1=value1",
    ),
    Vector(
        "post-x-www-form-urlencoded-parameters",
        "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
        method="POST",
        headers=form("; charset=utf8"),
        body=b"Param1=value1",
    ),
    Vector(
        "post-sts-header-before",
        "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
        method="POST",
        token=SUITE_TOKEN,
    ),
]


def signature_of(authorization: str) -> str:
    return authorization.rpartition("Signature=")[2]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_published_vectors(vector: Vector) -> None:
    signed = sign_headers(
        vector.method,
        f"https://example.amazonaws.com{vector.path}",
        vector.headers,
        vector.body,
        service="service",
        region="us-east-1",
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        token=vector.token,
        now=SUITE_TIME,
    )
    assert signature_of(signed["Authorization"]) == vector.signature
    assert signed["X-Amz-Date"] == "20150830T123600Z"
    assert signed["Host"] == "example.amazonaws.com"
    assert signed.get("X-Amz-Security-Token") == vector.token
    scope = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
    assert signed["Authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=")


# ── botocore as the witness ──────────────────────────────────────────────────────────────────────────────────────────
class SignerAt(SigV4Auth):
    """botocore's signer at a time that the test says."""

    def sign(self, request: AWSRequest, now: float) -> str:
        """The Authorization header."""
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        request.context["timestamp"] = date
        request.headers["X-Amz-Date"] = date
        if self.credentials.token is not None:
            request.headers["X-Amz-Security-Token"] = self.credentials.token
        canonical = self.canonical_request(request)
        names = self.signed_headers(self.headers_to_sign(request))
        signature = self.signature(self.string_to_sign(request, canonical), request)
        return f"AWS4-HMAC-SHA256 Credential={self.scope(request)}, SignedHeaders={names}, Signature={signature}"


TIMES = st.floats(min_value=0, max_value=4_102_444_800)
NAMES = st.from_regex(r"[a-z]{2,9}(-[a-z]{3,6}){0,2}-?[0-9]?", fullmatch=True)
KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
TOKENS = st.none() | KEYS
TEXT = st.text(min_size=0, max_size=8).filter(lambda text: text.isprintable())
PATHS = st.lists(st.sampled_from(["..", ".", ""]) | TEXT, max_size=5).map(
    lambda parts: "/" + "/".join(quote(part, safe="") for part in parts)
)
#: repeated names, empty values, names without "=", characters that need an escape
QUERIES = st.lists(
    st.tuples(st.sampled_from(["a", "A", "a-b", "ä", "b c"]) | TEXT.filter(bool), st.none() | TEXT), max_size=5
).map(
    lambda pairs: "&".join(
        quote(name, safe="") + ("" if value is None else "=" + quote(value, safe="")) for name, value in pairs
    )
)
HEADER_VALUES = st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=6), max_size=5).map(
    "  ".join
)
HEADER_NAMES = st.sampled_from(
    ["X-Amz-Target", "x-amz-meta-A", "My-Header1", "content-type", "Accept", "User-Agent", "Expect", "RANGE"]
)


@settings(deadline=None, max_examples=150)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    scheme=st.sampled_from(["http", "https"]),
    host=st.sampled_from(["example.com", "10.0.0.1", "[::1]", "sts.eu-west-1.amazonaws.com", "db"]),
    port=st.sampled_from(["", ":80", ":443", ":8000"]),
    path=PATHS,
    query=QUERIES,
    headers=st.dictionaries(HEADER_NAMES, HEADER_VALUES, max_size=4),
    body=st.binary(max_size=64),
    region=NAMES,
    service=NAMES,
    secret_key=KEYS,
    token=TOKENS,
    now=TIMES,
)
def test_any_request_is_signed_as_botocore_signs_it(
    method: str,
    scheme: str,
    host: str,
    port: str,
    path: str,
    query: str,
    headers: dict[str, str],
    body: bytes,
    region: str,
    service: str,
    secret_key: str,
    token: str | None,
    now: float,
) -> None:
    url = f"{scheme}://{host}{port}{path}" + (f"?{query}" if query else "")
    signed = sign_headers(
        method,
        url,
        headers,
        body,
        service=service,
        region=region,
        access_key=ACCESS_KEY,
        secret_key=secret_key,
        token=token,
        now=now,
    )
    request = AWSRequest(method, url, headers=dict(headers), data=body)
    witness = SignerAt(BotocoreKeys(ACCESS_KEY, secret_key, token), service, region).sign(request, now)
    assert signed["Authorization"] == witness


@pytest.mark.parametrize("name", ["host", "HOST", "x-amz-date", "X-AMZ-DATE", "authorization", "x-amz-security-token"])
def test_a_header_that_signing_sets_stands_there_once(name: str) -> None:
    headers = {name: "of the caller"}
    signed = sign_headers(
        "GET",
        "https://sts.amazonaws.com/",
        headers,
        b"",
        service="sts",
        region="us-east-1",
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        token="token",
        now=SUITE_TIME,
    )
    assert sorted(map(str.lower, signed)) == ["authorization", "host", "x-amz-date", "x-amz-security-token"]
    assert headers == {name: "of the caller"}, "the caller's own mapping stays as it is"
    witness = SignerAt(BotocoreKeys(ACCESS_KEY, SECRET_KEY, "token"), "sts", "us-east-1")
    request = AWSRequest("GET", "https://sts.amazonaws.com/", headers={"Host": signed[_name_in(signed, "host")]})
    assert signed["Authorization"] == witness.sign(request, SUITE_TIME)


def _name_in(headers: dict[str, str], name: str) -> str:
    return next(each for each in headers if each.lower() == name)


# ── the signer of DynamoDB requests ──────────────────────────────────────────────────────────────────────────────────
def parsed(data: bytes) -> tuple[str, dict[str, str], bytes]:
    """Request line, headers by lower-case name (each of them once), and body."""
    head, _, body = data.partition(b"\r\n\r\n")
    line, *fields = head.decode("ascii").split("\r\n")
    headers: dict[str, str] = {}
    for each in fields:
        name, _, value = each.partition(": ")
        assert name.lower() not in headers
        headers[name.lower()] = value
    return line, headers, body


def witness_of(data: bytes, host: str, region: str, keys: BotocoreKeys, now: float) -> str:
    """What botocore's signer says to the request in ``data``, over the headers that it names as signed."""
    _, headers, body = parsed(data)
    names = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    kept = {name: headers[name] for name in names if name not in ("x-amz-date", "x-amz-security-token")}
    request = AWSRequest("POST", f"http://{host}/", headers=kept, data=body)
    return SignerAt(keys, "dynamodb", region).sign(request, now)


OPERATIONS = ["GetItem", "PutItem", "TransactWriteItems", "DescribeTable"]
STREAMS = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"]
HOSTS = ["dynamodb.eu-west-1.amazonaws.com", "localhost:8000", "[::1]:8000"]


@settings(deadline=None, max_examples=60)
@given(
    calls=st.lists(
        st.tuples(
            st.sampled_from(OPERATIONS + STREAMS),
            st.binary(max_size=64),
            st.sampled_from([("one", "secret one", None), ("two", "secret two", "token two"), ("two", "x", "y")]),
            TIMES | st.sampled_from([SUITE_TIME, SUITE_TIME + 0.5, SUITE_TIME + 1, 86_399.999, 86_400.0]),
        ),
        min_size=1,
        max_size=6,
    ),
    host=st.sampled_from(HOSTS),
    region=NAMES,
)
def test_whatever_comes_in_a_row_each_request_is_signed_for_itself(
    calls: list[tuple[str, bytes, tuple[str, str, str | None], float]], host: str, region: str
) -> None:
    signer = DynamoDBSigner(host, region, "hashrange/1")
    for operation, body, identity, now in calls:
        access_key, secret_key, token = identity
        data = signer.request(
            operation, body, identity=identity, access_key=access_key, secret_key=secret_key, token=token, now=now
        )
        line, headers, sent = parsed(data)
        assert line == "POST / HTTP/1.1"
        assert sent == body
        assert headers["content-length"] == str(len(body))
        assert headers["host"] == host
        api = "DynamoDBStreams" if operation in STREAMS else "DynamoDB"
        assert headers["x-amz-target"] == f"{api}_20120810.{operation}"
        assert headers["x-amz-date"] == amz_date(now)
        assert headers["content-type"] == "application/x-amz-json-1.0"
        assert headers["user-agent"] == "hashrange/1"
        assert headers.get("x-amz-security-token") == token
        keys = BotocoreKeys(access_key, secret_key, token)
        assert headers["authorization"] == witness_of(data, host, region, keys, now)


def test_all_headers_are_signed_that_the_standard_wants_signed() -> None:
    signer = DynamoDBSigner("localhost:8000", "eu-west-1", "hashrange/1")
    data = signer.request(
        "GetItem", b"{}", identity=1, access_key=ACCESS_KEY, secret_key=SECRET_KEY, token="t", now=SUITE_TIME
    )
    names = parsed(data)[1]["authorization"].partition("SignedHeaders=")[2].partition(",")[0]
    assert names == "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"


# ── what the signer keeps ────────────────────────────────────────────────────────────────────────────────────────────
class Counting(DynamoDBSigner):
    """Counts the templates that are made."""

    __slots__ = ("made",)

    def __init__(self) -> None:
        super().__init__("localhost", "eu-west-1", "hashrange/1")
        self.made: list[str] = []

    def _template(self, operation: str, *secrets: Any) -> Any:
        self.made.append(operation)
        return super()._template(operation, *secrets)

    def sign(self, operation: str, identity: object = "first", now: float = SUITE_TIME) -> None:
        self.request(operation, b"{}", identity=identity, access_key="a", secret_key="s", token=None, now=now)


def test_one_template_serves_an_operation_for_a_second() -> None:
    signer = Counting()
    for offset in (0.0, 0.3, 0.999):
        signer.sign("GetItem", now=SUITE_TIME + offset)
    assert signer.made == ["GetItem"]
    signer.sign("PutItem")
    signer.sign("GetItem")
    assert signer.made == ["GetItem", "PutItem"]


@pytest.mark.parametrize("second", [SUITE_TIME + 1, SUITE_TIME - 1])
def test_another_second_makes_another_template(second: float) -> None:
    signer = Counting()
    signer.sign("GetItem")
    signer.sign("GetItem", now=second)
    assert signer.made == ["GetItem"] * 2


def test_another_identity_makes_another_template_even_where_it_is_equal() -> None:
    signer = Counting()
    identities: list[object] = [["equal"], ["equal"]]
    for identity in identities:
        signer.sign("GetItem", identity)
    assert signer.made == ["GetItem"] * 2
    signer.sign("GetItem", identities[1])
    assert signer.made == ["GetItem"] * 2
