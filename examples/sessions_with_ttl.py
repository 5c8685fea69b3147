"""Sessions that end by themselves: logging in, staying logged in, and being gone when the time is over.

Run it with ``python examples/sessions_with_ttl.py``. It runs against the DynamoDB that comes with hashrange, inside
this process, on a clock that nobody waits for.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from hashrange import DynamoDB, Key, TimeToLive
from hashrange.testing import FakeClock

STAY = timedelta(minutes=30)


@dataclass
class Session:
    PK: str
    SK: str
    device: str
    expires_at: datetime | None = None  # None: it never ends


def key(user: str, number: int) -> Key:
    return Key(f"USER#{user}", f"SESSION#{number}")


async def tell(sessions: TimeToLive[Session], clock: FakeClock) -> None:
    table = sessions.table
    for number, (device, stay) in enumerate([("phone", STAY), ("laptop", 2 * STAY)], 1):
        await table.put_item(Session("USER#ann", f"SESSION#{number}", device), ttl=stay)
    await table.put_item(Session("USER#ann", "SESSION#3", "api key"))

    async def show(what: str) -> None:
        found = await sessions.query_active("USER#ann").all()
        print(f"{what:18}", ", ".join(f"{one.device} ({sessions.remaining(one) or 'for ever'})" for one in found))

    await show("logged in")
    clock.advance(20 * 60)
    await show("20 minutes later")
    await sessions.renew(key("ann", 1), STAY)
    await show("phone was used")

    lasting = await sessions.query_active("USER#ann", min_remaining=timedelta(minutes=35)).all()
    print("for 35 minutes    ", ", ".join(one.device for one in lasting))

    clock.advance(35 * 60)
    await show("35 minutes later")
    print("phone comes back  ", await sessions.renew(key("ann", 1), STAY))
    print("read as it is     ", (await table.get_item(key("ann", 1))) is not None)
    print("read as it should ", (await table.get_item(key("ann", 1), hide_expired=True)) is not None)


async def main() -> None:
    clock = FakeClock()
    async with DynamoDB.in_memory(["app"], clock=clock) as db:
        await tell(TimeToLive(db.table("app", model=Session, ttl_attribute="expires_at")), clock)


if __name__ == "__main__":
    asyncio.run(main())
