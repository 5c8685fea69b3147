"""Whether a conditional write whose answer was lost was applied: what is stored tells.

The write is sent again, and its condition is false. If what is stored is what this call would have written, then it is
taken for written, and the call has succeeded. That is a statement about the item, not about who wrote it: where two
writers write the very same under the same condition, and the request of one is lost, both succeed. Whoever must know
puts something of its own into what it writes (an owner, a token). Where nothing of this call can be found, nothing is
claimed: a delete, and an update that only removes, leave nothing behind, and an item that is gone, or never was, looks
the same. Must not know calls or retries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

from ..expressions import Raw, Update
from ..types import AttributeValue, Returns, WireItem, WireObject

#: from the item that is stored (None: none is) to the answer of a write that was applied; None where nothing proves it
Applied: TypeAlias = Callable[[WireItem | None], WireObject | None]

#: where a change is made, and the value that is set there; None where what is there is removed
Change: TypeAlias = tuple[Sequence[str | int], AttributeValue | None]


def put_applied(item: WireItem) -> Applied:
    """Of a put: the stored item is this one, no attribute more or less.

    What it replaced is not known any more: the answer has no ``Attributes``.
    """
    return lambda found: {} if found is not None and same_value({"M": found}, {"M": item}) else None


def update_applied(update: Update | Raw, returns: Returns) -> Applied:
    """Of an update of plain SETs and REMOVEs, with one SET at least: all that it sets is stored, all that it removes is
    gone. Of any other nothing proves it: what it would have written depends on what was there.

    What was there before is not known any more: the answer has ``Attributes`` for "all_new" and "updated_new" only.
    """

    def applied(found: WireItem | None) -> WireObject | None:
        changes = update.plain_changes() if isinstance(update, Update) else None
        if found is None or changes is None or all(value is None for _, value in changes):
            return None
        if not all(_holds(found, steps, value) for steps, value in changes):
            return None
        if returns == "all_new":
            return {"Attributes": found}
        return {"Attributes": _updated(found, changes)} if returns == "updated_new" else {}

    return applied


#: step → what was set below it; None where it is itself what was set
_Tree: TypeAlias = "dict[str | int, _Tree | None]"


def _updated(found: WireItem, changes: Sequence[Change]) -> WireItem:
    """What UPDATED_NEW gives: the parts that were set, as they are stored, in the maps and lists that lead to them;
    of a list only the elements that were set, in their order."""
    tree: _Tree = {}
    for steps, value in changes:
        if value is not None:
            branch = tree
            for step in steps[:-1]:
                below = branch.setdefault(step, {})
                assert below is not None, "the paths of an update do not overlap"
                branch = below
            branch[steps[-1]] = None
    updated: WireItem = _fragment({"M": found}, tree)["M"]
    return updated


def _fragment(value: AttributeValue, tree: _Tree | None) -> AttributeValue:
    if tree is None:
        return value
    if "L" in value:
        return {"L": [_fragment(value["L"][at], tree[at]) for at in sorted(tree, key=int)]}
    return {"M": {name: _fragment(value["M"][name], below) for name, below in tree.items()}}


def _holds(item: WireItem, steps: Sequence[str | int], value: AttributeValue | None) -> bool:
    there = _at(item, steps)
    return there is None if value is None else there is not None and same_value(there, value)


def _at(item: WireItem, steps: Sequence[str | int]) -> AttributeValue | None:
    """What a path leads to; None where it leads nowhere."""
    part: AttributeValue | None = {"M": item}
    for step in steps:
        if part is None:
            return None
        if isinstance(step, int):
            elements = part.get("L", ())
            part = elements[step] if step < len(elements) else None
        else:
            part = part.get("M", {}).get(step)
    return part


# ── equality ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def same_value(one: AttributeValue, other: AttributeValue) -> bool:
    """Whether two values in wire shape are equal for DynamoDB: numbers by value, sets without order."""
    ((kind, content),) = one.items()
    if kind not in other:
        return False
    compare = _SAME.get(kind)
    return bool(content == other[kind] if compare is None else compare(content, other[kind]))


def _same_elements(one: Sequence[AttributeValue], other: Sequence[AttributeValue]) -> bool:
    return len(one) == len(other) and all(map(same_value, one, other))


def _same_entries(one: Mapping[str, AttributeValue], other: Mapping[str, AttributeValue]) -> bool:
    return one.keys() == other.keys() and all(same_value(value, other[name]) for name, value in one.items())


_SAME: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "N": lambda one, other: Decimal(one) == Decimal(other),
    "NS": lambda one, other: set(map(Decimal, one)) == set(map(Decimal, other)),
    "SS": lambda one, other: set(one) == set(other),
    "BS": lambda one, other: set(one) == set(other),
    "L": _same_elements,
    "M": _same_entries,
}
