"""DescribeEndpoints."""

from __future__ import annotations

from ..table_world import REGION, World


def test_the_endpoint_of_the_region() -> None:
    assert World().do("DescribeEndpoints") == {
        "Endpoints": [{"Address": f"dynamodb.{REGION}.amazonaws.com", "CachePeriodInMinutes": 1440}]
    }
