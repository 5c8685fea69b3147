"""What can go wrong when two sides are written. Must not know which sides."""

from __future__ import annotations

from ..errors import MigrationError


class PhaseUnknown(MigrationError):
    """The phase could not be read for so long that others may be in another one by now: nothing is written until it
    can be read again."""

    retryable = True


class PhaseRefused(MigrationError):
    """A change of the phase that is not allowed, or whose gates are closed.

    Attributes:
        gates: what the closed ones say.
    """

    def __init__(self, message: str, *, hint: str | None = None, gates: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.gates = gates


class DualWriteFailed(MigrationError):
    """The second side could not be written, and the first was put back as it was: the write has not happened.

    Attributes:
        undone: whether the first side was put back. Where False it holds the write, and the second one follows by a
            repair.
    """

    def __init__(self, message: str, *, hint: str | None = None, undone: bool = True) -> None:
        super().__init__(message, hint=hint)
        self.undone = undone


class ReadMismatch(MigrationError):
    """Both sides were read, and do not agree.

    Attributes:
        attributes: the names of the attributes that differ; ("*",) where one side has no such record.
    """

    def __init__(self, message: str, *, hint: str | None = None, attributes: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.attributes = attributes
