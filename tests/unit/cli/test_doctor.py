"""doctor: where settings come from, what is wrong, and that no secret is printed."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from threading import Thread

import pytest

from .typing_at_a_prompt import Prompt, Run

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "very-hush", "AWS_SESSION_TOKEN": "hush-token"}


def checks(text: str) -> dict[str, tuple[str, str]]:
    """The lines of the report: name → outcome and detail."""
    rows = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith(" ")]
    found = {}
    for outcome, rest in rows:
        if outcome in ("ok", "warning", "failed"):
            name, _, detail = rest.partition("  ")
            found[name] = (outcome, detail.strip())
    return found


def test_a_healthy_set_up(prompt: Prompt) -> None:
    ran = prompt("doctor", "orders")
    assert ran.code == 0
    found = checks(ran.out)
    assert {outcome for outcome, _ in found.values()} == {"ok"}
    assert found["region"][1] == "us-east-1 (from --local)"
    assert found["endpoint"][1] == f"http://127.0.0.1:{prompt.port} (from --local)"
    assert found["connection"][1] == "127.0.0.1 answers; ListTables gives 3 tables"
    assert found["round trip"][1].endswith(" ms with connecting")
    assert found["table"][1] == "orders is ACTIVE: customer:S number:N, 0 items"
    assert ran.lines[-1] == "Nothing is wrong."


def test_where_settings_come_from(prompt: Prompt, run: Run) -> None:
    url = f"http://127.0.0.1:{prompt.port}"
    environ = {**KEYS, "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL_DYNAMODB": url, "AWS_ENDPOINT_URL": "x"}
    found = checks(run("doctor", **environ, DYNAMODB_RETRY_MAX_ATTEMPTS="4", HTTPS_PROXY="http://u:pw-hush@p:1").out)
    assert found["region"][1] == "eu-west-1 (from AWS_DEFAULT_REGION)"
    assert found["endpoint"][1] == f"{url} (from AWS_ENDPOINT_URL_DYNAMODB)"
    assert found["retries"][1] == "4 attempts when throttled (from DYNAMODB_RETRY_MAX_ATTEMPTS)"
    assert found["credentials"][1].startswith("environment keys: ")
    found = checks(run("doctor", "--region", "eu-west-2", "--endpoint-url", url, **environ).out)
    assert found["region"][1] == "eu-west-2 (from --region)"
    assert found["endpoint"][1] == f"{url} (from --endpoint-url)"
    found = checks(run("doctor", DYNAMODB_LOCAL="1", DYNAMODB_LOCAL_PORT=str(prompt.port)).out)
    assert found["endpoint"][1] == f"{url} (from DYNAMODB_LOCAL, DYNAMODB_LOCAL_PORT)"
    found = checks(run("doctor", "--endpoint-url", url, **KEYS).out)
    assert found["region"][1] == "us-east-1 (from the default of an endpoint on this machine)"


def test_settings_of_aws_itself(run: Run) -> None:
    """Nothing is sent: the proxy, on this machine, does not listen."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    environ = {
        **KEYS,
        "AWS_REGION": "eu-west-1",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "https_proxy": f"http://user:pw-hush@127.0.0.1:{port}",
    }
    ran = run("doctor", **environ)
    found = checks(ran.out)
    assert ran.code == 1
    assert f"127.0.0.1:{port} (from https_proxy)" in found["proxy"][1]
    assert "dynamodb-fips.eu-west-1.amazonaws.com" in ran.out
    assert "(from AWS_USE_FIPS_ENDPOINT)" in ran.out
    assert found["connection"][0] == "failed"
    assert "pw-hush" not in ran.out + ran.err


@pytest.mark.parametrize("extra", [[], ["--json"]])
def test_no_secret_is_printed(extra: list[str], prompt: Prompt, run: Run) -> None:
    ran = run("doctor", "--endpoint-url", f"http://127.0.0.1:{prompt.port}", *extra, **KEYS)
    assert ran.code == 0
    assert "hush" not in ran.out + ran.err
    assert "AKIDEXAMPLE" not in ran.out + ran.err


def test_a_configuration_that_is_none(run: Run) -> None:
    ran = run("doctor")
    assert ran.code == 1
    assert "failed  configuration  region is missing" in ran.out
    assert "→ give --region, for example --region eu-west-1" in ran.out
    assert ran.lines[-1] == "1 check failed."
    ran = run("doctor", "--json", DYNAMODB_RETRY_MAX_ATTEMPTS="many", AWS_REGION="eu-west-1")
    report = json.loads(ran.out)
    assert (ran.code, report["healthy"]) == (1, False)
    assert "DYNAMODB_RETRY_MAX_ATTEMPTS is 'many'" in report["checks"][0]["detail"]
    assert "--local goes with neither" in run("doctor", "--local", "--profile", "x").error()


def test_no_credentials(run: Run, tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "eu-west-1"}
    ran = run("doctor", **environ)
    assert ran.code == 1
    assert checks(ran.out)["credentials"] == ("failed", "none")
    tried = ["environment keys: not found, ", "instance metadata: not found, AWS_EC2_METADATA_DISABLED is true"]
    for step in tried:
        assert re.search(rf"^ +{re.escape(step)}", ran.out, re.MULTILINE), "a line for each"
    report = json.loads(run("doctor", "--json", **environ).out)
    detail = next(each["detail"] for each in report["checks"] if each["name"] == "credentials")
    assert detail.startswith("none (environment keys: not found, ")
    assert tried[1] in detail
    assert "→ set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE" in ran.out
    ran = run("doctor", **environ, AWS_ACCESS_KEY_ID="half")
    assert "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not" in ran.out
    assert "→ mend environment keys, which is set up and does not work" in ran.out


def test_a_table_that_is_not_there(prompt: Prompt) -> None:
    ran = prompt("doctor", "order")
    assert ran.code == 1
    assert checks(ran.out)["table"][0] == "failed"
    assert "→ did you mean 'orders'?" in ran.out
    assert checks(prompt("doctor", "a b").out)["table"][0] == "failed"


def test_what_is_no_dynamodb(run: Run) -> None:
    """Something listens there, and speaks otherwise."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65_536)
                    connection.sendall(b"220 smtp.example.org ESMTP\r\n")

        thread = Thread(target=answer, daemon=True)
        thread.start()
        ran = run("doctor", "--local", str(listening.getsockname()[1]))
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()
    assert ran.code == 1
    assert checks(ran.out)["connection"][0] == "failed"
    assert "→ is that the endpoint of a DynamoDB?" in ran.out
