"""The contract's tables: CreateTable requests, what differs from what is there, CloudFormation, Terraform and IAM.

``request`` says what a table must be; ``compare`` holds it against a live one and ``live`` makes or mends it; the
others write the same for tools that set up accounts.
"""

from __future__ import annotations

from .cloudformation import cloudformation
from .compare import Difference, differences
from .iam import access_policy
from .live import Outcome, ensure_tables
from .request import create_table_request
from .terraform import terraform

__all__ = [
    "Difference",
    "Outcome",
    "access_policy",
    "cloudformation",
    "create_table_request",
    "differences",
    "ensure_tables",
    "terraform",
]
