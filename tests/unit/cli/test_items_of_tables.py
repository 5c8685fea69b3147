"""tables, describe, get, put, query and scan: what they print, and what they say to mistakes."""

from __future__ import annotations

import asyncio
import io
import json

import pytest

from hashrange import DynamoDB

from .typing_at_a_prompt import Prompt, Run


def fill(prompt: Prompt, count: int) -> None:
    async def write() -> None:
        async with DynamoDB.in_memory(engine=prompt.engine) as db:
            await db.table("app").batch_write(puts=({"PK": "a", "SK": f"{number:03}"} for number in range(count)))

    asyncio.run(write())


def put(prompt: Prompt, table: str, item: str, *more: str) -> None:
    assert prompt("put", table, item, *more).code == 0


@pytest.fixture
def orders(prompt: Prompt) -> Prompt:
    put(prompt, "orders", '{"customer": "c1", "number": 7, "status": "open", "placed": "2026-02-01", "total": 1.50}')
    put(prompt, "orders", '{"customer": "c1", "number": -8, "status": "paid", "placed": "2026-01-01"}')
    put(prompt, "orders", '{"customer": "c1", "number": 10, "status": "open", "placed": "2026-01-15"}')
    return prompt


# ── tables and describe ──────────────────────────────────────────────────────────────────────────────────────────────
def test_tables_are_listed_in_columns(prompt: Prompt) -> None:
    ran = prompt("tables")
    assert [line.split() for line in ran.lines] == [
        ["TABLE", "STATUS", "KEYS", "INDEXES", "ITEMS", "SIZE"],
        ["app", "ACTIVE", "PK:S", "SK:S", "0", "0", "0", "B"],
        ["blobs", "ACTIVE", "digest:B", "0", "0", "0", "B"],
        ["orders", "ACTIVE", "customer:S", "number:N", "1", "0", "0", "B"],
    ]
    assert len({line.index("ACTIVE") for line in ran.lines[1:]}) == 1
    assert ran.err == f"3 tables at http://127.0.0.1:{prompt.port}\n"


def test_tables_as_json(prompt: Prompt) -> None:
    assert [json.loads(line) for line in prompt("tables", "--json").lines][2] == {
        "name": "orders",
        "status": "ACTIVE",
        "partition_key": "customer",
        "sort_key": "number",
        "indexes": ["by_status"],
        "items": 0,
        "size_bytes": 0,
    }


def test_a_table_described(prompt: Prompt) -> None:
    text = prompt("describe", "orders").out
    assert "keys           customer:S number:N\n" in text
    assert "TTL attribute  until\n" in text
    assert "by_status  global  status:S placed:S  ALL         ACTIVE\n" in text
    assert "INDEX" not in prompt("describe", "app").out
    described = json.loads(prompt("describe", "orders", "--json").out)
    assert (described["TableName"], described["TimeToLiveAttribute"]) == ("orders", "until")


def test_a_table_that_is_not_there_names_the_near_one(prompt: Prompt) -> None:
    for arguments in (["describe", "order"], ["get", "order", "a"], ["put", "order", '{"a": 1}'], ["scan", "order"]):
        assert prompt(*arguments).error() == (
            f"there is no table 'order' at http://127.0.0.1:{prompt.port} (did you mean 'orders'?)"
        )
    assert "'hashrange tables' lists those there are" in prompt("query", "zzzzz", "a").error()
    assert "'a b' is not the name of a table: 3 to 255" in prompt("describe", "a b").error()


# ── get and put ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_item_shown(orders: Prompt) -> None:
    shown = orders("get", "orders", "c1", "7").lines
    assert shown == ["customer  c1", "number    7", "placed    2026-02-01", "status    open", "total     1.5"]
    assert json.loads(orders("get", "orders", "c1", "-8", "--json").out)["number"] == -8
    typed = json.loads(orders("get", "orders", "c1", "7.0", "--typed", "--consistent").out)
    assert typed["total"] == {"N": "1.5"}


def test_keys_are_read_as_the_table_has_them(orders: Prompt) -> None:
    assert orders("get", "orders", "c1", "x").error() == "'x' is no number, and the key attribute 'number' is one"
    assert (
        orders("get", "orders", "c1")
        .error()
        .startswith("SK is missing: the key of table 'orders' is (customer, number)")
    )
    assert orders("get", "orders", "c1", "99").error().startswith("table 'orders' has no item with this key")
    put(orders, "blobs", '{"digest": {"B": "AAE="}}', "--typed")
    assert orders("get", "blobs", "AAE=").lines == ["digest  AAE="]
    assert "'AAE' is no base64, and the key attribute 'digest' is binary" in orders("get", "blobs", "AAE").error()
    assert "has no sort key" in orders("get", "blobs", "AAE=", "x").error()
    assert "no UTF-8" in orders("get", "app", "\udcff", "x").error()


def test_a_key_that_looks_like_an_option(prompt: Prompt) -> None:
    put(prompt, "app", '{"PK": "--all", "SK": "-x"}')
    assert prompt("get", "app", "--", "--all", "-x").lines == ["PK  --all", "SK  -x"]


def test_numbers_keep_their_digits(prompt: Prompt) -> None:
    number = "12345678901234567890123456789012345678"
    put(prompt, "app", f'{{"PK": "a", "SK": "b", "i": {number}, "d": 0.{number[:30]}1}}')
    shown = prompt("get", "app", "a", "b", "--json").out
    assert f'"i":{number}' in shown
    assert f'"d":0.{number[:30]}1' in shown


def test_what_a_terminal_would_obey_is_escaped(prompt: Prompt) -> None:
    put(prompt, "app", '{"PK": "a\\u001b[2J", "SK": "b\\nc", "\\u001b]0;x": 1}')
    for arguments in (["scan", "app"], ["query", "app", "a\x1b[2J"], ["get", "app", "a\x1b[2J", "b\nc"]):
        ran = prompt(*arguments)
        assert ran.code == 0
        assert "\x1b" not in ran.out
        assert "a\\x1b[2J" in ran.out


def test_an_item_from_the_input(prompt: Prompt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"PK": "a", "SK": "b"}'))
    ran = prompt("put", "app", "-", "--json")
    assert json.loads(ran.out) == {"table": "app", "key": {"PK": "a", "SK": "b"}}
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff"), encoding="utf-8"))
    assert prompt("put", "app", "-").error() == "the input is no UTF-8 text"


@pytest.mark.parametrize(
    ("item", "complaint"),
    [
        ("", "it is no JSON: Expecting value at character 1"),
        ("{PK: 1}", "it is no JSON: "),
        ("[1]", "it is no JSON object"),
        ("{}", "it has no attributes"),
        ('{"PK": NaN}', "NaN is no number"),
        ('{"PK": "a", "PK": "b"}', "'PK' stands there twice"),
        ('{"PK": "a"}', "the item lacks SK; the key of 'app' is (PK, SK)"),
        ('{"PK": "a", "SK": 1}', "SK"),
        ('{"PK": "a", "SK": ""}', "key attribute 'SK' is empty"),
    ],
)
def test_an_item_that_is_none(item: str, complaint: str, prompt: Prompt) -> None:
    assert complaint in prompt("put", "app", item).error()
    assert prompt.engine.calls("PutItem") == [] or '"SK": 1' in item, "only the service knows the type of a key"


# ── query and scan ───────────────────────────────────────────────────────────────────────────────────────────────────
def numbers(prompt: Prompt, *arguments: str) -> list[int]:
    ran = prompt(*arguments, "--json")
    assert ran.code == 0, ran.err
    return [json.loads(line)["number"] for line in ran.lines]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], [-8, 7, 10]),
        (["--descending"], [10, 7, -8]),
        (["--limit", "2"], [-8, 7]),
        (["--eq", "7"], [7]),
        (["--lt", "7"], [-8]),
        (["--le", "7"], [-8, 7]),
        (["--gt", "7"], [10]),
        (["--ge", "7"], [7, 10]),
        (["--between", "-8", "7"], [-8, 7]),
        (["--filter", "status=open"], [7, 10]),
        (["--filter", "status!=open", "--consistent"], [-8]),
        (["--filter", "total>=1.5"], [7]),
        (["--filter", "total<1.5"], []),
        (["--filter", "placed^=2026-01"], [-8, 10]),
        (["--filter", "placed~=-01", "--filter", "status=open"], [7, 10]),
        (["--filter", "placed~=2026", "--limit", "1"], [-8]),
        (["--filter", 'placed~="2026-02"'], [7]),
        (["--filter", 'total="1.5"'], []),
        (["--filter", 'total="1.5'], []),
        (["--filter", "status<>null", "--filter", "placed<=2026-01-01"], [-8]),
        (["--filter", "status=true"], []),
    ],
)
def test_what_a_query_finds(options: list[str], found: list[int], orders: Prompt) -> None:
    assert numbers(orders, "query", "orders", "c1", *options) == found


def test_a_query_of_an_index(orders: Prompt) -> None:
    arguments = ["query", "orders", "open", "--index", "by_status"]
    assert numbers(orders, *arguments) == [10, 7]
    assert numbers(orders, *arguments, "--begins-with", "2026-02") == [7]
    assert orders(*arguments).lines[0].split() == ["status", "placed", "customer", "number", "total"]


def test_items_in_columns(orders: Prompt) -> None:
    ran = orders("query", "orders", "c1", "--filter", "status=open")
    assert ran.lines == [
        "customer  number  placed      status  total",
        "c1        7       2026-02-01  open    1.5",
        "c1        10      2026-01-15  open",
    ]
    assert ran.err == "2 items of 3 read\n"
    assert orders("query", "orders", "nobody").out == ""


def test_items_as_typed_json(orders: Prompt) -> None:
    (line,) = orders("query", "orders", "c1", "--eq", "7", "--typed").lines
    assert json.loads(line)["number"] == {"N": "7"}


def test_a_scan(orders: Prompt) -> None:
    assert sorted(numbers(orders, "scan", "orders", "--segments", "3")) == [-8, 7, 10]
    assert len(numbers(orders, "scan", "orders", "--limit", "2")) == 2
    assert numbers(orders, "scan", "orders", "--filter", "status=paid", "--consistent") == [-8]
    assert numbers(orders, "scan", "orders", "--index", "by_status", "--filter", "total=1.5") == [7]


def test_a_long_list_has_one_header(prompt: Prompt) -> None:
    fill(prompt, 250)
    lines = prompt("query", "app", "a").lines
    assert [lines[0], len(lines)] == ["PK  SK", 251]
    put(prompt, "app", '{"PK": "a", "SK": "9", "more": true}')
    lines = prompt("query", "app", "a").lines
    assert [line for line in lines if line.startswith("PK")] == ["PK  SK", "PK  SK   more"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--index", "by_stat"], "has no index 'by_stat'; its indexes: by_status (did you mean by_status?)"),
        (["--begins-with", "1"], "--begins-with is for text, and the sort key is a number (use --between LOW HIGH)"),
        (["--between", "8", "1"], "the lower bound is above the upper bound"),
        (["--lt", "x"], "'x' is no number, and the key attribute 'number' is one"),
        (["--filter", "status"], "--filter 'status' is no condition (write name=value"),
        (["--filter", "=x"], "--filter '=x' is no condition"),
        (["--filter", "a..b=1"], "is no condition"),
        (["--index", "by_status", "--consistent"], "consistent"),
        (["--filter", "customer=c1"], "Primary key attribute: customer"),
    ],
)
def test_a_query_that_is_none(arguments: list[str], complaint: str, orders: Prompt) -> None:
    assert complaint in orders("query", "orders", "c1", *arguments).error()


def test_a_sort_condition_needs_a_sort_key(prompt: Prompt) -> None:
    assert "the key (digest) has no sort key" in prompt("query", "blobs", "AAE=", "--eq", "x").error()
    assert "its indexes: none" in prompt("scan", "blobs", "--index", "x").error()


# ── where DynamoDB is ────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_endpoint_by_options_and_environment(prompt: Prompt, run: Run) -> None:
    url = f"http://127.0.0.1:{prompt.port}"
    keys = {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "hush"}
    assert run("tables", "--endpoint-url", url, **keys).code == 0
    assert run("tables", "--timeout", "20", DYNAMODB_LOCAL="true", DYNAMODB_LOCAL_PORT=str(prompt.port)).code == 0
    assert run("tables", "--region", "eu-west-1", DYNAMODB_ENDPOINT=url, **keys).code == 0
    assert "--local goes with neither" in run("tables", "--local", "--endpoint-url", url).error()


def test_a_profile_wins_over_keys_of_the_environment(
    prompt: Prompt, run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("aws") / "credentials"
    path.write_text("[work]\naws_access_key_id = WORKKEY\naws_secret_access_key = hush\n")
    url = f"http://127.0.0.1:{prompt.port}"
    environ = {
        "AWS_SHARED_CREDENTIALS_FILE": str(path),
        "AWS_CONFIG_FILE": str(path.with_name("none")),
        "AWS_ACCESS_KEY_ID": "me",
    }
    assert run("tables", "--endpoint-url", url, "--profile", "work", **environ).code == 0
    assert "'wrok'" in run("tables", "--endpoint-url", url, "--profile", "wrok", **environ).error()


def test_what_cannot_be_reached(run: Run) -> None:
    said = run("tables", "--local", "1").error()
    assert "no connection to 127.0.0.1:1" in said
    assert said.endswith(
        "(check the endpoint, and that something listens there; 'hashrange serve' is a DynamoDB on port 8000)"
    )
    assert "give --region, for example" in run("tables", AWS_ACCESS_KEY_ID="x").error()
    assert "--region eu-west-1" in run("tables", "--region", "x_y").error()
    assert "endpoint_url" in run("tables", "--endpoint-url", "nonsense", "--region", "eu-west-1").error()


def test_no_credentials(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    nothing = str(tmp_path_factory.mktemp("aws") / "none")
    environ = {"HOME": nothing, "AWS_EC2_METADATA_DISABLED": "true"}
    said = run("tables", "--endpoint-url", "http://127.0.0.1:1", **environ).error()
    assert said.endswith("('hashrange doctor' says what was tried; --local needs none)")
