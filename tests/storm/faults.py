"""What can go wrong with one exchange between a client and a server, and the deck that says when it does.

Pure. A deck is dealt to its end and shuffled anew: chance decides the order, but every fault comes, as often as it
stands in the deck. Must not know sockets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from random import Random
from typing import Final


class Fault(StrEnum):
    """What the network does to one exchange; the texts are for reports."""

    NONE = "none"
    # the server never sees the request
    CUT_BEFORE = "closed before the request"
    RESET_BEFORE = "reset before the request"
    UNAVAILABLE = "a proxy's own 503, request not passed on"
    CUT_IN_REQUEST = "closed in the middle of the request"
    RESET_IN_REQUEST = "reset in the middle of the request"
    # nobody knows whether it does in time
    CUT_AFTER_REQUEST = "both sides closed right after the request"
    LATE = "request passed on after its client had gone"
    # it does, and the answer is lost
    CUT_AFTER = "closed instead of the answer"
    RESET_AFTER = "reset instead of the answer"
    STALL = "answer held until the client had gone"
    BAD_GATEWAY = "a proxy's own 502 instead of the answer"
    GARBAGE = "garbage instead of the answer"
    CUT_IN_ANSWER = "closed in the middle of the answer"
    RESET_IN_ANSWER = "reset in the middle of the answer"
    HALF_CLOSE = "half-closed in the middle of the answer"
    FLIP = "a byte of the answer's body flipped"
    DRIP_TOO_SLOW = "answer in drops, too slow"
    # the answer arrives
    DRIP = "request and answer in drops"
    DELAY = "a short delay"
    SURPLUS = "bytes behind the answer"
    HALF_CLOSE_SERVER = "half-closed towards the server"
    CUT_IDLE = "closed while idle"
    RESET_IDLE = "reset while idle"
    GARBAGE_IDLE = "garbage while idle"
    # of more than one exchange
    OUTAGE = "all connections reset, none accepted for a while"
    REFUSE = "a new connection reset"
    DEAF = "a new connection never read"


#: dealt to exchanges
EXCHANGES: Final = dict.fromkeys(Fault, 1) | {
    Fault.NONE: 240,
    Fault.CUT_IDLE: 2,
    Fault.CUT_AFTER: 2,
    Fault.RESET_AFTER: 2,
    Fault.LATE: 2,
    Fault.REFUSE: 0,
    Fault.DEAF: 0,
}
#: dealt to new connections
CONNECTIONS: Final = {Fault.NONE: 40, Fault.REFUSE: 2, Fault.DEAF: 1}


class Deck:
    """Faults in an order that chance has made.

    Args:
        cards: how often each is in the deck.
        chance: what shuffles.
    """

    def __init__(self, cards: Mapping[Fault, int], chance: Random) -> None:
        self._all = [fault for fault, count in cards.items() for _ in range(count)]
        self._chance = chance
        self._left: list[Fault] = []

    def deal(self) -> Fault:
        """The next one."""
        if not self._left:
            self._left = self._all.copy()
            self._chance.shuffle(self._left)
        return self._left.pop()


def table_of(injected: Mapping[str, int]) -> str:
    """The faults that were injected, one a line, for reports."""
    lines = [f"{count:>7}  {fault}" for fault, count in Counter(injected).most_common() if fault != Fault.NONE]
    return "\n".join(lines)
