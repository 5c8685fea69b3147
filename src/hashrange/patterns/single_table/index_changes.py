"""What an update of an item's fields means for the attributes of its indexes.

An update that changes a field of an index's templates also sets that index's attributes, or removes them where the
field becomes None. What else those templates need must be given, since an update does not read; that it is what is
stored becomes a condition. Must not know requests or clients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...codec import decode_value
from ...errors import InvalidExpression, MissingRequiredKey
from ...expressions import Attr, Condition, Raw, Update
from .layout import Layout, Place
from .unfit import Unfit


def with_indexes(
    layout: Layout[Any], update: Update | Raw, values: Mapping[str, Any], old: Callable[[str], Any] | None = None
) -> tuple[Update, Condition]:
    """The update with the changes of index attributes in it, and what must hold: that there is an item (an update
    cannot make a whole one), and that what was given of it is what is stored.

    Args:
        values: by field: those of the key, and those that templates need besides the changed ones.
        old: reads the fields of the item as it was read before; else None.

    Raises:
        InvalidExpression: it changes the item's key or an attribute of an index, or a template's field in a way whose
            outcome is not known beforehand; or it is raw text.
        MissingRequiredKey: a template needs a field that is neither changed nor given.
        InvalidKey: a value cannot stand in a key.
    """
    if not isinstance(update, Update):
        raise InvalidExpression(
            f"entity {layout.entity.name!r}: raw text does not tell which fields it changes",
            hint="use Update(), or update_item of the table",
        )
    _check_untouched(layout, update)
    changed = update.attribute_names
    affected = [place for place in layout.indexes if changed.intersection(map(layout.attribute, place.fields))]
    _check_given(layout, values, affected)
    required: Condition = Attr(layout.schema.keys.partition_key).exists()
    if not affected:
        return update, required
    fields = tuple(dict.fromkeys(field for place in affected for field in place.fields))
    changes = changes_of(layout, update, fields)
    given = {field: value for field, value in values.items() if field not in changes}
    if old is not None:
        given = {**{field: old(field) for field in fields if field not in changes}, **given}
    for place in affected:
        update = _with_place(layout, update, place, {**given, **changes})
    for condition in _conditions(layout, given, fields):
        required &= condition
    return update, required


def either(values: Mapping[str, Any], read: Callable[[str], Any] | None) -> Callable[[str], Any]:
    """Reads fields from given values, and what is not there elsewhere."""
    if read is None:
        return values.get
    return lambda name: values[name] if name in values else read(name)


def changes_of(layout: Layout[Any], update: Update, fields: Iterable[str]) -> dict[str, Any]:
    """The new values of those of these fields that an update changes; None for one that it removes.

    Raises:
        InvalidExpression: what one of them becomes is not known before the item is.
    """
    by_attribute = {layout.attribute(field): field for field in fields}
    changes = update.plain_changes(by_attribute)
    if changes is None or any(len(steps) != 1 for steps, _ in changes):
        names = ", ".join(
            repr(field) for attribute, field in by_attribute.items() if attribute in update.attribute_names
        )
        raise InvalidExpression(
            f"entity {layout.entity.name!r}: {names} is part of a key of an index or unique, and what it becomes is "
            "not known beforehand",
            hint="set it to a plain value, or read the item and put it",
        )
    return {by_attribute[str(steps[0])]: None if wire is None else decode_value(wire) for steps, wire in changes}


def _with_place(layout: Layout[Any], update: Update, place: Place, known: Mapping[str, Any]) -> Update:
    missing = [field for field in place.fields if field not in known]
    if missing:
        template = next(template for _, template in place.templates if missing[0] in template.fields)
        raise MissingRequiredKey(
            f"entity {layout.entity.name!r}, template {template.text!r} of index {place.label!r}: the update changes "
            f"the key, which also needs {', '.join(map(repr, missing))}",
            hint=f"give what is stored: update(..., {missing[0]}=...)",
        )
    complete = layout.index_values(place, known.get) is not None
    for name, template in place.templates:
        if layout.is_own(name) or layout.is_of_key(name) or name in update.attribute_names:
            continue  # the last: two indexes share the attribute, and so the template
        value = template.key(known.get)
        if value is not None and (complete or _is_shared(layout, place, name)):
            update = update.set(name, value)
        else:
            update = update.remove(name)
    return update


def _is_shared(layout: Layout[Any], place: Place, name: str) -> bool:
    """Whether another index has the same attribute: it may need what this one does not any more."""
    return any(name in other.keys.names for other in layout.indexes if other is not place)


def _check_untouched(layout: Layout[Any], update: Update) -> None:
    changed = update.attribute_names
    touched = sorted(changed & layout.managed)
    if touched:
        raise InvalidExpression(
            f"entity {layout.entity.name!r}: {touched[0]!r} is written by its templates",
            hint="change the fields that it is made of",
        )
    for attribute, template in layout.primary.templates:
        for field in template.fields:
            if layout.attribute(field) in changed:
                raise InvalidExpression(
                    f"entity {layout.entity.name!r}, template {template.text!r} of {attribute!r}: field {field!r} is "
                    "part of the item's key, which cannot change",
                    hint="delete the item and put another, in one transaction",
                )


def _check_given(layout: Layout[Any], values: Mapping[str, Any], affected: list[Place]) -> None:
    useful = {field for place in (layout.primary, *affected) for field in place.fields}
    for field in values:
        if field not in useful:
            raise InvalidExpression(
                f"entity {layout.entity.name!r}: {field!r} is given, and is neither part of the key nor needed for an "
                "index that the update changes",
                hint="what is to be changed goes into the update",
            )


def _conditions(layout: Layout[Any], values: Mapping[str, Any], fields: Iterable[str]) -> list[Condition]:
    """That given values are those that are stored, so that the key of an index cannot become a wrong one."""
    of_key = layout.primary.fields
    conditions: list[Condition] = []
    for field in fields:
        if field not in values or field in of_key:
            continue
        attribute, value = Attr(layout.attribute(field)), values[field]
        template = next(
            template for place in layout.indexes for _, template in place.templates if field in template.fields
        )
        slot = next(slot for slot in template.slots if slot.name == field)
        if value is None:
            conditions.append(attribute.not_exists() | attribute.has_type("NULL"))
            continue
        try:
            stored = layout.stored(field, slot.kind, value)
        except Unfit as unfit:
            raise template.unfit(field, unfit) from None
        conditions.append(attribute == stored)
    return conditions
