"""An update that is carried to the copies of its values: a category's name in its products, its slug in its children's
keys.

Children first, the record last, so that it can be called again after it was interrupted: what was changed already is
found changed. Must not know how a single update is planned.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...errors import ValidationError
from ...expressions import Condition
from ..errors import NotInContract
from ..mapping.fields import Record
from ..source.schema import SourceSchema
from .family import FamilyResult
from .references import Reference, copies, embeds, references, values_of
from .writing import Writing


class Copies:
    """What other records hold of an entity's values."""

    def __init__(self, members: Mapping[str, Writing[Any]], schema: SourceSchema) -> None:
        self._members, self._schema = members, schema

    async def update(
        self,
        parent: Writing[Any],
        record: Record,
        changes: Mapping[str, Any],
        leave: Collection[str],
        condition: Condition | None,
        owner: Mapping[str, Any] | None,
    ) -> FamilyResult:
        """Update a record and all copies. See ``Repository.update_with_copies``."""
        values = {name: value for name, value in parent.records.values(changes).items() if record.get(name) != value}
        concerned = self._concerned(parent, values, leave)
        counts: dict[str, int] = {}
        for reference, copied in concerned:
            child = self._members[reference.child.repository]
            fields = {name: values[source] for name, source in copied.items()}
            async for row in child.query(reference.index, **values_of(reference, record)):
                await child.update(row, fields)
                counts[child.name] = counts.get(child.name, 0) + 1
        await parent.write_update(parent.mapping.key(record), changes, condition=condition, owner=owner)
        counts[parent.name] = counts.get(parent.name, 0) + 1
        return FamilyResult(counts, staged=len(counts) > 1 or counts[parent.name] > 1)

    async def check(self, parent: Writing[Any], record: Record, values: Mapping[str, Any]) -> None:
        """Refuse a change that would leave children under a key of which nothing tells any more.

        Raises:
            ValidationError: there are such children.
        """
        for reference in self._all(parent):
            of_key = {
                source for name, source in reference.fields.items() if not reference.child.fields[name].from_own_row
            }
            changed = [name for name in of_key if name in values and values[name] != record.get(name)]
            if not changed or reference.within:
                continue
            child = self._members[reference.child.repository]
            if await child.query(reference.index, limit=1, **values_of(reference, record)).first() is not None:
                raise ValidationError(
                    f"{parent.mapping.name}: keys of {reference.describe()} are made of {changed[0]!r}, too",
                    hint="update_with_copies() changes them with it",
                )

    def _all(self, parent: Writing[Any]) -> list[Reference]:
        return references(parent.mapping, [one.mapping for one in self._members.values()], self._schema)

    def _concerned(
        self, parent: Writing[Any], values: Mapping[str, Any], leave: Collection[str]
    ) -> list[tuple[Reference, dict[str, str]]]:
        """The references with copies of what changes."""
        columns = frozenset(
            one.column.name for name, one in parent.mapping.fields.items() if name in values and one.column is not None
        )
        found: list[tuple[Reference, dict[str, str]]] = []
        missing: list[str] = []
        for reference in self._all(parent):
            child = reference.child
            if child.repository in leave:
                continue
            copied = {name: source for name, source in copies(reference, parent.mapping).items() if source in values}
            if embedded := embeds(child, parent.mapping, columns):
                missing.append(f"{child.repository}.{', '.join(embedded)} (not a plain copy)")
            if not copied:
                continue
            if not reference.served:
                missing.append(f"{reference.describe()} (no key finds them)")
            elif reference.within and any(name in reference.fields for name in copied):
                raise ValidationError(
                    f"{parent.mapping.name}: {', '.join(values)} make the key of its partition",
                    hint="move_partition() changes it",
                )
            found.append((reference, copied))
        if missing:
            raise NotInContract(
                f"{parent.mapping.name}: copies of {', '.join(values)} cannot be kept: {'; '.join(missing)}",
                hint="leave=(...) names repositories whose copies stay as they are",
            )
        return found
