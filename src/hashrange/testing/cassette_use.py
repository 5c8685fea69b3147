"""A test's cassette: it becomes a recorder or a replayer around the transport of the test's client.

Must not know pytest.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import ConfigurationError
from ..wire.transport import Transport
from .cassette import Recording
from .fake_clock import clock_of_test
from .recorder import Recorder
from .redaction import Redact
from .replayer import Mode, Replayer


class CassetteUse:
    """What ``DynamoDB(config, transport=cassette)`` takes: one client records into it, or is answered from it.

    Attributes:
        path: where the cassette is, or will be.
        recording: whether it is recorded.
    """

    def __init__(
        self,
        path: Path,
        *,
        recording: bool,
        mode: Mode = "strict",
        redact: Redact | None = None,
        clock: Clock | Callable[[], Clock] | None = None,
    ) -> None:
        self.path, self.recording = path, recording
        self._mode: Mode = mode
        self._redact = redact
        self._clock = SYSTEM_CLOCK if clock is None else clock_of_test(clock)
        self._recorder: Recorder | None = None
        self._replayer: Replayer | None = None

    def __repr__(self) -> str:
        return f"<cassette {str(self.path)!r}: {'recorded' if self.recording else 'replayed'}>"

    def __call__(self, transport: Transport) -> Transport:
        """The transport of the client.

        Raises:
            CassetteError: there is nothing to replay, or it is damaged.
            ConfigurationError: another client has it.
        """
        if self._recorder is not None or self._replayer is not None:
            raise ConfigurationError(
                f"the cassette {self.path} is in use already", hint="one cassette is for one client of one test"
            )
        if self.recording:
            self._recorder = Recorder(transport, self.path, redact=self._redact)
            return self._recorder
        self._replayer = Replayer(self.path, self._mode, redact=self._redact, clock=self._clock)
        return self._replayer

    @property
    def unused(self) -> tuple[Recording, ...]:
        """The recordings that nobody has asked for yet; none while it is recorded."""
        return () if self._replayer is None else self._replayer.unused

    def finish(self) -> None:
        """Write what was recorded, where the client was not closed."""
        if self._recorder is not None:
            self._recorder.save()
