"""Who we are: providers of credentials, and the cache that keeps a client's fresh.

The public names, each loaded when it is first used: most programs need one provider, and its modules only.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .assume_role import AssumeRole
    from .botocore_bridge import BotocoreCredentials
    from .chain import Chain, Environment
    from .container import Container
    from .credentials import Credentials, Provider, Secret
    from .endpoint import Fetch
    from .environment import EnvironmentKeys
    from .explain import Explanation, Step
    from .instance import InstanceMetadata
    from .profile import Profile
    from .refresh import CredentialCache
    from .static import Static
    from .web_identity import WebIdentity

__all__ = [
    "AssumeRole",
    "BotocoreCredentials",
    "Chain",
    "Container",
    "CredentialCache",
    "Credentials",
    "Environment",
    "EnvironmentKeys",
    "Explanation",
    "Fetch",
    "InstanceMetadata",
    "Profile",
    "Provider",
    "Secret",
    "Static",
    "Step",
    "WebIdentity",
]

_HOMES = {
    "AssumeRole": "assume_role",
    "BotocoreCredentials": "botocore_bridge",
    "Chain": "chain",
    "Container": "container",
    "CredentialCache": "refresh",
    "Credentials": "credentials",
    "Environment": "chain",
    "EnvironmentKeys": "environment",
    "Explanation": "explain",
    "Fetch": "endpoint",
    "InstanceMetadata": "instance",
    "Profile": "profile",
    "Provider": "credentials",
    "Secret": "credentials",
    "Static": "static",
    "Step": "explain",
    "WebIdentity": "web_identity",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
