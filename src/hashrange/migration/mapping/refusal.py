"""A value that has no form where it is to go, on its way out to where row and attribute are known.

Must not know entities.
"""

from __future__ import annotations


class Refusal(ValueError):
    """Why a value is refused.

    Attributes:
        hint: what to do about it; "" where there is nothing to say.
    """

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint
