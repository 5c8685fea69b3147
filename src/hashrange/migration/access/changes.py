"""What an update of a record is, decided before anything is written: attributes, key, and what must not have changed.

Pure: from the item as it was read to a plan. Other fields that a changed attribute is made of become part of the
condition, so that two updates at once cannot leave an attribute that fits neither. Must not know requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ...codec import item_size
from ...errors import ItemTooLarge
from ...expressions import Update
from ...limits import ITEM_SIZE_MAX_BYTES
from ...types import Item
from ..errors import NotInContract
from ..mapping.entity import EntityMapping, same_value
from ..mapping.fields import Record


class Change(Struct, frozen=True):
    """A change of one item.

    Attributes:
        item: as it was read.
        new: as it will be, with what it has beside the contract's attributes.
        update: the change of its attributes; falsy where nothing changes.
        moves: whether its key changes: the item is deleted, and put under the new one.
        watched: attributes that must be as they were read.
    """

    item: Item
    new: Item
    update: Update
    moves: bool
    watched: frozenset[str]

    def fits(self, there: Mapping[str, Any]) -> bool:
        """Whether what is there has what must be as it was read: else somebody has changed it meanwhile."""
        return all(there.get(name) == self.item.get(name) for name in self.watched)


def change_of(
    mapping: EntityMapping, item: Item, record: Record, changes: Mapping[str, Any], watched: frozenset[str]
) -> Change:
    """The change that new values of fields are.

    Args:
        mapping: the entity's.
        item, record: as they were read.
        changes: field to new value.
        watched: attributes that must not have changed besides.

    Raises:
        NotInContract: a field is stored nowhere.
        RowRefused: a value has no form in its attribute, or a part of the key would be NULL.
        ItemTooLarge: the item would be over 400 KB.
    """
    new_record = {**record, **changes}
    changed = _changed(mapping, item, new_record, changes)
    keys = {mapping.table.pk, mapping.table.sk}
    new, update = dict(item), Update()
    for name, value in changed.items():
        if value is None and not mapping.stores_null(name):
            new.pop(name, None)
            update = update if name in keys else update.remove(name)
        else:
            new[name] = value
            update = update if name in keys else update.set(name, value)
    size = item_size(new)
    if size > ITEM_SIZE_MAX_BYTES:
        raise ItemTooLarge(f"{mapping.name}: with these changes the item has {size} bytes", table=mapping.table_name)
    moves = not keys.isdisjoint(changed)
    if moves:
        mapping.key(new_record)  # refuses NULL
        # it is written anew: nothing of it may have changed
        watched = watched.union(item, mapping.entity.attributes)
    return Change(item, new, update, moves, watched.union(_made_of(mapping, changed, changes)))


def attributes_of(mapping: EntityMapping, fields: Mapping[str, Any]) -> frozenset[str]:
    """The attributes that are made of these fields."""
    return frozenset(name for field in fields for name in mapping.fields[field].attributes)


def _made_of(mapping: EntityMapping, changed: Mapping[str, Any], changes: Mapping[str, Any]) -> frozenset[str]:
    """The attributes of the other fields that changed attributes are made of."""
    others = {
        name: None
        for name, one in mapping.fields.items()
        if name not in changes and not changed.keys().isdisjoint(one.attributes)
    }
    return attributes_of(mapping, others)


def _changed(mapping: EntityMapping, item: Item, new_record: Record, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that get another value than is stored."""
    found: dict[str, Any] = {}
    for field in changes:
        attributes = mapping.fields[field].attributes
        if not attributes:
            raise NotInContract(
                f"{mapping.name}: {field!r} cannot be changed: the contract stores it in no attribute",
                hint="needed: an attribute for it",
            )
        for name in attributes:
            _check_told(mapping, name, changes)
            value = mapping.attribute_value(name, new_record)
            if not same_value(item.get(name), value):
                found[name] = value
    return found


def _check_told(mapping: EntityMapping, attribute: str, changes: Mapping[str, Any]) -> None:
    """Refuse an attribute that is also made of what cannot be read back: nobody knows what it would become."""
    for name, one in mapping.fields.items():
        if not one.readable and attribute in one.attributes and name not in changes:
            raise NotInContract(
                f"{mapping.name}: attribute {attribute!r} is made of {name!r}, too, which a stored item does not tell",
                hint=f"give {name!r} among the changes",
            )
