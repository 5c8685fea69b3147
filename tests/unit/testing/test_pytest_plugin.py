"""The fixtures, in pytest sessions of their own: by the entry point, with and without asyncio plugins, under xdist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

# all that a session in this process could load: what it loads first, pytest takes away again at its end
import hashrange.simulator.engine
import hashrange.simulator.server
import hashrange.simulator.transport
import hashrange.testing.cassette_use
import hashrange.testing.fake_clock
import hashrange.testing.local_server  # noqa: F401
from hashrange.testing import Recording
from hashrange.testing.cassette import Cassette
from hashrange.testing.cassette import write as write_cassette

pytest_plugins = ["pytester"]

DOCS = Path(__file__).resolve().parents[3] / "docs"

CLIENT = """
    import asyncio
    import pytest
    from hashrange import Config, DynamoDB, Key, Static
    from hashrange.testing import FakeClock

    KEY = Key("a", "b")
    ITEM = {"PK": "a", "SK": "b"}
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """A session in this process, without the asyncio plugin: the fixtures need none."""
    return pytester.runpytest_inprocess("-p", "no:asyncio", "-p", "no:cacheprovider", *arguments)


def write(pytester: pytest.Pytester, source: str, name: str = "test_it") -> None:
    from textwrap import dedent

    pytester.makepyfile(**{name: dedent(CLIENT) + dedent(source)})


# ── dynamodb ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_fresh_client_for_each_test(pytester: pytest.Pytester) -> None:
    write(
        pytester,
        """
        @pytest.mark.dynamodb(tables=["app"])
        @pytest.mark.parametrize("number", range(3))
        def test_alone(dynamodb, dynamodb_engine, number):
            async def story():
                app = dynamodb.table("app")
                assert await app.get_item(KEY) is None
                await app.put_item(ITEM)
                assert await app.get_item(KEY) == ITEM
            asyncio.run(story())
            assert [call.operation for call in dynamodb_engine.calls()] == ["GetItem", "PutItem", "GetItem"]

        def test_without_tables(dynamodb):
            assert asyncio.run(dynamodb.call("ListTables")) == {"TableNames": []}
        """,
    )
    run(pytester, "--strict-markers").assert_outcomes(passed=4)


def test_the_nearest_mark_wins(pytester: pytest.Pytester) -> None:
    write(
        pytester,
        """
        pytestmark = pytest.mark.dynamodb(["app"], clock=FakeClock, capacity="total")

        @pytest.mark.dynamodb("other", seed=7)
        def test_marks(dynamodb, dynamodb_engine):
            assert asyncio.run(dynamodb.call("ListTables"))["TableNames"] == ["other"]
            assert isinstance(dynamodb.config.clock, FakeClock)
            assert dynamodb_engine.clock is dynamodb.config.clock
            assert dynamodb.config.capacity == "total"
            first = dynamodb_engine.request_id()
            from random import Random
            from hashrange.simulator import Engine
            assert Engine(["other"], randomness=Random(7)).request_id()[:14] == first[:14]

        def test_another_clock(dynamodb):
            assert dynamodb.config.clock.sleeps == []
            dynamodb.config.clock.advance(5)

        def test_for_each_test(dynamodb):
            assert dynamodb.config.clock.monotonic() == 0
        """,
    )
    run(pytester).assert_outcomes(passed=3)


def test_a_mark_that_cannot_be_is_an_error_that_names_it(pytester: pytest.Pytester) -> None:
    write(
        pytester,
        """
        @pytest.mark.dynamodb(tables=[7])
        def test_table(dynamodb): pass

        @pytest.mark.dynamodb(tabels=["app"])
        def test_typo(dynamodb): pass

        @pytest.mark.dynamodb(["app"], 7)
        def test_position(dynamodb): pass

        @pytest.mark.cassette(modus="strict")
        def test_cassette(cassette): pass
        """,
    )
    result = run(pytester)
    result.assert_outcomes(errors=4)
    result.stdout.fnmatch_lines_random(["*DeclarationError*", "*tabels*", "*takes its arguments by name*", "*modus*"])


def test_the_client_is_closed_after_its_test(pytester: pytest.Pytester) -> None:
    write(
        pytester,
        """
        kept = []

        @pytest.mark.dynamodb(tables=["app"])
        def test_use(dynamodb):
            kept.append(dynamodb)

        def test_later():
            from hashrange import ClientClosed
            with pytest.raises(ClientClosed):
                asyncio.run(kept[0].table("app").get_item(KEY))
        """,
    )
    run(pytester).assert_outcomes(passed=2)


# ── dynamodb_server ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_server_is_where_all_clients_go(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "DYNAMODB_LOCAL"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("NO_PROXY", "example.org")
    write(
        pytester,
        """
        import os
        import boto3

        @pytest.mark.dynamodb(tables=["app"])
        def test_boto3(dynamodb_server):
            boto3.resource("dynamodb").Table("app").put_item(Item=ITEM)
            (call,) = dynamodb_server.engine.calls("PutItem")
            assert call.error is None
            assert dynamodb_server.url == f"http://127.0.0.1:{dynamodb_server.port}"
            assert os.environ["NO_PROXY"] == "127.0.0.1,example.org"

        @pytest.mark.dynamodb(tables=["app"])
        def test_hashrange(dynamodb_server, dynamodb):
            async def story():
                await dynamodb.table("app").put_item(ITEM)
                async with DynamoDB.auto() as db:
                    assert await db.table("app").get_item(KEY) == ITEM
            asyncio.run(story())

        def test_the_environment_is_as_before():
            assert os.environ["AWS_ENDPOINT_URL"] == "elsewhere"
            assert "AWS_ENDPOINT_URL_DYNAMODB" not in os.environ
        """,
    )
    run(pytester).assert_outcomes(passed=3)


# ── cassette ─────────────────────────────────────────────────────────────────────────────────────────────────────────
RECORDED = """
    from hashrange.simulator import Engine, InProcess

    ENGINE = Engine(["app"])
    config = Config(region="us-east-1", credentials=Static("x", "x"))

    def story(cassette, key=KEY, close=True):
        async def run():
            # what the default transport is, does not matter to a cassette: here it is one without sockets
            db = DynamoDB(config, transport=cassette(InProcess(ENGINE)))
            found = await db.table("app").get_item(key)
            if close:
                await db.close()
            return found
        return asyncio.run(run())

    def test_plain(cassette):
        assert story(cassette) is None
        assert cassette.unused == ()

    class TestGroup:
        @pytest.mark.parametrize("text", ["a/b", "a b", "x" * 200])
        def test_names(self, cassette, text):
            story(cassette, close=False)

    @pytest.mark.cassette("../elsewhere.jsonl", mode="any_order", redact={"SK"}, clock=FakeClock)
    def test_marked(cassette):
        story(cassette, Key("a", "secret"))
"""


def test_a_cassette_is_recorded_once_and_then_replayed(pytester: pytest.Pytester) -> None:
    pytester.mkdir("tests")
    write(pytester, RECORDED, name="tests/test_it")
    refused = run(pytester)
    refused.assert_outcomes(failed=5)
    refused.stdout.fnmatch_lines(["*there is no cassette*cassettes*test_it*test_plain.jsonl*"])
    run(pytester, "--hashrange-record=new").assert_outcomes(passed=5)
    folder = pytester.path / "tests" / "cassettes" / "test_it"
    names = sorted(each.name for each in folder.iterdir())
    assert len(names) == 4
    assert "test_plain.jsonl" in names
    assert len({name for name in names if name.startswith("TestGroup.test_names-a-b-")}) == 2
    assert b"secret" not in (pytester.path / "elsewhere.jsonl").read_bytes()
    before = {each: each.stat().st_mtime_ns for each in folder.iterdir()}
    run(pytester).assert_outcomes(passed=5)
    run(pytester, "--hashrange-record=new").assert_outcomes(passed=5)
    assert {each: each.stat().st_mtime_ns for each in folder.iterdir()} == before
    run(pytester, "--hashrange-record=all").assert_outcomes(passed=5)
    assert all(each.stat().st_mtime_ns > time for each, time in before.items())


def test_a_request_that_was_not_recorded_fails_its_test(pytester: pytest.Pytester) -> None:
    write(pytester, RECORDED)
    run(pytester, "--hashrange-record=new", "-k", "plain").assert_outcomes(passed=1, deselected=4)
    write(pytester, RECORDED.replace("assert story(cassette) is None", "story(cassette, Key('a', 'other'))"))
    result = run(pytester, "-k", "plain")
    result.assert_outcomes(failed=1, deselected=4)
    result.stdout.fnmatch_lines(['*CassetteMiss*line 2 (GetItem): Key.SK.S is "other", recorded "b"*'])


def test_a_cassette_is_for_one_client(pytester: pytest.Pytester) -> None:
    source = """
        def test_twice(cassette):
            story(cassette)
            with pytest.raises(Exception, match="in use already"):
                story(cassette)
            assert repr(cassette).endswith("recorded>")
    """
    write(pytester, RECORDED + source.replace("\n    ", "\n"))
    run(pytester, "--hashrange-record=all", "-k", "twice").assert_outcomes(passed=1, deselected=5)


def test_what_to_record_is_one_of_three(pytester: pytest.Pytester) -> None:
    write(pytester, "def test_it(): pass\n")
    result = run(pytester, "--hashrange-record=some")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


# ── as it is installed ───────────────────────────────────────────────────────────────────────────────────────────────
ASYNC = """
    @pytest.mark.dynamodb(tables=["app"])
    @pytest.mark.parametrize("number", range(4))
    async def test_async(dynamodb, number):
        await dynamodb.table("app").put_item(ITEM)
        assert len(await dynamodb.table("app").scan().all()) == 1

    @pytest.mark.dynamodb(tables=["app"])
    async def test_both(dynamodb, dynamodb_server):
        async with DynamoDB.from_env() as db:
            await db.table("app").put_item(ITEM)
        assert await dynamodb.table("app").get_item(KEY) == ITEM
"""


def test_the_entry_point_is_found_with_asyncio_and_xdist(pytester: pytest.Pytester) -> None:
    write(pytester, ASYNC)
    settings = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")
    result = pytester.runpytest_subprocess("-n", "2", "-W", "error", "--strict-markers", *settings, timeout=60)
    result.assert_outcomes(passed=5)


@pytest.mark.parametrize(("document", "count"), [("testing", 2), ("record-and-replay", 1), ("quickstart", 1)])
def test_the_tests_in_the_docs_run(pytester: pytest.Pytester, document: str, count: int) -> None:
    text = (DOCS / f"{document}.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python no-run: it is a file of tests.*?\n(.*?)```", text, re.DOTALL)
    pytester.makepyfile(test_it=source)
    if "cassette" in source:
        key = {"PK": {"S": "USER#1"}, "SK": {"S": "PROFILE"}}
        missing = Recording(operation="GetItem", request={"Key": key, "TableName": "app"}, status=200, answer={})
        path = pytester.path / "cassettes" / "test_it" / "test_a_missing_user.jsonl"
        write_cassette(path, Cassette([missing], ["email"]))
    settings = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")
    pytester.runpytest_subprocess("--strict-markers", *settings, timeout=60).assert_outcomes(passed=count)


def test_help_and_markers_tell_of_it(pytester: pytest.Pytester) -> None:
    assert "--hashrange-record" in pytester.runpytest_subprocess("--help", timeout=60).stdout.str()
    result = pytester.runpytest_subprocess("--markers", timeout=60)
    result.stdout.fnmatch_lines(["@pytest.mark.dynamodb(tables=*", "@pytest.mark.cassette(path=*"])
