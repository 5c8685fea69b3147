"""The servers that the other tests rely on, with botocore as the witness: it accepts them as the real ones."""

from __future__ import annotations

import asyncio
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.utils import ContainerMetadataFetcher, InstanceMetadataFetcher

from .servers import REGION, ROLE, FakeContainer, FakeInstance, FakeSts, ManualClock, keys


async def test_sts_answers_a_client_of_botocore() -> None:
    async with FakeSts(ManualClock(time.time()), external_id="squirrel") as sts:

        def assume(secret: str) -> tuple[str, str]:
            client = boto3.client(
                "sts",
                region_name=REGION,
                endpoint_url=sts.url,
                aws_access_key_id=keys().access_key,
                aws_secret_access_key=secret,
                config=Config(retries={"total_max_attempts": 1}),
            )
            found = client.assume_role(RoleArn=ROLE, RoleSessionName="me", ExternalId="squirrel")["Credentials"]
            token = client.assume_role_with_web_identity(
                RoleArn=ROLE, RoleSessionName="me", WebIdentityToken="hush.jwt.1"
            )["Credentials"]["SessionToken"]
            return found["SecretAccessKey"], token

        assert await asyncio.to_thread(assume, keys().secret_key.reveal()) == ("hush/secret/1", "hush//token+2==")
        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            await asyncio.to_thread(assume, "another secret")


async def test_container_endpoint_answers_botocore() -> None:
    async with FakeContainer(token="hush-pod") as server:
        found = await asyncio.to_thread(
            ContainerMetadataFetcher().retrieve_full_uri, server.credentials_url, {"Authorization": "hush-pod"}
        )
    assert found["SecretAccessKey"] == "hush/secret/1"


async def test_instance_metadata_answers_botocore() -> None:
    async with FakeInstance() as server:
        fetcher = InstanceMetadataFetcher(base_url=server.url, env={})
        found = await asyncio.to_thread(fetcher.retrieve_iam_role_credentials)
    assert found["role_name"] == "web-server"
    assert found["secret_key"] == "hush/secret/1"
