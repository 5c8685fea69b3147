"""What the service says about resource-based policies, verbatim. State of 2026-11.

Must not know when a message is due. Spelling and spacing are the service's.
"""

from __future__ import annotations

from typing import Final

POLICY_MAX_BYTES: Final = 20_480  # Developer Guide, "Quotas": without white space it counts more loosely than we do
_INVALID: Final = "One or more parameter values were invalid: "
_DOCUMENT: Final = _INVALID + "Invalid policy document: "
_NOT_FOUND: Final = "Resource-based policy not found for the provided ResourceArn: "

TOO_LARGE: Final = f"{_INVALID}Maximum policy size of {POLICY_MAX_BYTES} bytes exceeded"
NO_JSON: Final = _DOCUMENT + "This policy contains invalid Json"
NO_STATEMENT: Final = _DOCUMENT + "Could not parse the policy: Statement is empty!"
SAME_IDS: Final = _DOCUMENT + "The Statement Ids in the policy are not unique"
PRINCIPAL_INVALID: Final = "Invalid principal in policy document."
OTHER_ACCOUNT: Final = "This action is only supported by accounts that match the resource owner’s account."


def field_missing(name: str) -> str:
    """Seen of Resource; of the others it is a guess."""
    return f"{_DOCUMENT}Missing required field {name}"


def no_arn(arn: str) -> str:
    return f"{_INVALID}ARNs must start with 'arn:': {arn}"


def not_ours(arn: str) -> str:
    return f"{_INVALID}Provided Arn is not a DynamoDB resource arn: {arn}"


def no_table(arn: str) -> str:
    return f"{_INVALID}Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {arn}"


def elsewhere(arn: str) -> str:
    return f"{_INVALID}Invalid resource Arn: {arn}"


def policy_not_found(arn: str) -> str:
    return f"{_NOT_FOUND}{arn}"


def revision_without_policy(revision: str, table: str) -> str:
    """Its end was not seen."""
    return (
        f"{_NOT_FOUND}Requested update for policy with revision id {revision}, "
        f"but table {table} has no associated policy"
    )


def revision_differs(revision: str, table: str) -> str:
    """Its end was not seen."""
    return (
        f"{_NOT_FOUND}Requested update for policy with revision id {revision}, "
        f"but the policy associated to target table {table} did not match"
    )
