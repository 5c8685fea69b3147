"""Two people edit one document, and many workers count in one item: nobody writes over what somebody else has written.

Run it with ``python examples/optimistic_lock.py``. It runs against the DynamoDB that comes with hashrange, inside this
process; its connections lose answers, as real ones do.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hashrange import DynamoDB, Item, Key, VersionConflict, Versioned
from hashrange.testing import FaultPlan, Rule, reset_after, reset_before


@dataclass
class Document:
    PK: str
    SK: str
    text: str
    version: int = 0


def client() -> DynamoDB:
    """A third of its writes lose their answer, or never arrive."""
    faults = [Rule(reset_after(), "PutItem", probability=0.2), Rule(reset_before(), "PutItem", probability=0.15)]
    return DynamoDB.in_memory(["app"], transport=lambda inner: FaultPlan(inner, faults, seed=1), circuit=None)


async def edit(db: DynamoDB) -> None:
    documents = Versioned(db.table("app", model=Document))
    draft = await documents.put_versioned(Document("DOC#1", "TEXT", "Dear all"), None)
    print(f"new      version {draft.version}: {draft.text}")

    saved = await documents.put_versioned(Document("DOC#1", "TEXT", "Dear Ann"), draft.version)
    print(f"saved    version {saved.version}: {saved.text}")

    try:  # somebody who has opened the first version
        await documents.put_versioned(Document("DOC#1", "TEXT", "Dear Bob"), draft.version)
    except VersionConflict as conflict:
        print(f"refused  version {conflict.found} is there, not {conflict.expected}: {conflict.item.text}")

    def sign(document: Document) -> Document | None:
        if document.text.endswith("Cid"):
            return None  # nothing to do
        document.text += ", yours Cid"
        return document

    for _ in range(2):
        signed = await documents.modify(Key("DOC#1", "TEXT"), sign)
        print(f"signed   version {signed.version}: {signed.text}")


async def count(db: DynamoDB) -> None:
    counters = Versioned(db.table("app"))

    def one_more(counter: Item) -> Item:
        return counter | {"visits": counter["visits"] + 1}

    async def visitor() -> None:
        for _ in range(5):
            await counters.modify(
                Key("COUNT", "home"), one_more, create=lambda: {"PK": "COUNT", "SK": "home", "visits": 0}
            )

    await asyncio.gather(*(visitor() for _ in range(4)))
    counter = await db.table("app").get_item(Key("COUNT", "home"), consistent=True)
    print(f"counted  {counter and counter['visits']} visits of 20, exactly")


async def main() -> None:
    async with client() as db:
        await edit(db)
        await count(db)


if __name__ == "__main__":
    asyncio.run(main())
