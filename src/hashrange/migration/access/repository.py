"""The data access of one entity: everything that the contract's keys can do, for its records.

``Reading``, ``Writing`` and ``Counting`` are its parts; here are the look-ups by name, and what concerns other
entities. A subclass with methods of its own is an access pattern by name: ``AccessLayer(..., repositories={"users":
MyUsers})``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from ...errors import ConditionFailed, InvalidExpression
from ...expressions import Condition
from ..mapping.fields import Record
from .copies import Copies
from .counting import Counting
from .family import Family, FamilyResult
from .lookups import Method, NoLookup, not_served

R = TypeVar("R")

_LOOKUPS = ("find_by_", "list_by_", "count_by_", "get_by_")


class Repository(Counting[R]):
    """The records of one entity.

    Beside its methods it has one for each look-up that the keys serve, ``methods`` names them: ``get_by_key``,
    ``find_by_username`` (an index that makes it unique: one or None), ``list_by_category_id`` and
    ``count_by_category_id`` (any number). Asking for another is a ``NotInContract`` that says what would be needed.
    """

    #: set by the layer
    family: Family
    copies: Copies

    def __getattr__(self, name: str) -> Any:
        methods: dict[str, Method] = self.__dict__.get("methods", {})
        method = methods.get(name)
        if method is not None:
            return _Call(self, method)
        for prefix in _LOOKUPS:
            if name.startswith(prefix) and "mapping" in self.__dict__:
                wanted = name.removeprefix(prefix).split("_and_")
                raise not_served(self.mapping, wanted, error=NoLookup)
        known = ", ".join(methods)
        raise AttributeError(f"{self!r} has no method {name!r}; its look-ups are {known}", name=name, obj=self)

    async def check_followers(self, record: Record, changes: Mapping[str, Any]) -> None:
        await self.copies.check(self, record, changes)

    async def update_with_copies(
        self,
        key: Any,
        changes: Mapping[str, Any],
        *,
        leave: Collection[str] = (),
        owner: Mapping[str, Any] | None = None,
        condition: Condition | None = None,
    ) -> FamilyResult:
        """Change fields of a record, and their copies in the records that refer to it: a category's name in its
        products, its slug in its children's keys.

        In stages: the copies first, the record last, so that it can be called again after it was interrupted. Records
        that are created meanwhile may have the old values.

        Args:
            key: as ``update``.
            changes: field to new value.
            leave: repositories whose copies stay as they are.
            owner, condition: as ``update``; of the record.

        Raises:
            NotInContract: no key finds records with copies, or they are not plain copies; nothing was changed.
            ConditionFailed: there is no such record, or it has another owner.
        """
        with self._operation("update_with_copies"):
            item, record = await self.read_for_write(await self.resolved(key, {}))
            self.planned(item, record, self.records.values(changes), None, owner)
            return await self.copies.update(self, record, changes, leave, condition, owner)

    async def delete_with_children(
        self,
        key: Any = None,
        /,
        *,
        leave: Collection[str] = (),
        owner: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> FamilyResult:
        """Delete a record and what belongs to it, as the source's foreign keys say: CASCADE, SET NULL, RESTRICT.

        Other entities' items in its partition are deleted with it: in one transaction where they are at most 100
        actions. Beyond, and for items elsewhere, it is done in stages: children first, the record last, so that it can
        be called again after it was interrupted. Items that are created meanwhile may stay.

        Args:
            key, fields: as ``get``.
            leave: repositories whose records stay as they are: "carts", or "products.carts" for those that refer to
                products only.
            owner: as ``update``.

        Raises:
            NotInContract: no key finds records that refer to it; nothing was deleted.
            ConditionFailed: there is none, it has another owner, or records refer to it that restrict it.
        """
        with self._operation("delete_with_children"):
            item, _ = await self.read_for_write(await self.resolved(key, fields))
            return await self.family.delete(self, item, leave, owner)

    async def move_partition(
        self, key: Any, changes: Mapping[str, Any], *, owner: Mapping[str, Any] | None = None
    ) -> FamilyResult:
        """Change the fields of the partition key, for the record and for everything in its partition.

        In one transaction where it is at most 100 actions. Beyond, in stages: the record first, then its children, each
        of which is at every moment at one place. After an interruption call it again with the same arguments: it
        finds the record under the new key, and brings the rest. Call it again, too, where others write into the old
        partition meanwhile.

        Args:
            key: the fields of the key by name, as it was.
            changes: field to new value; others than those of the key, too.
            owner: as ``update``.

        Raises:
            ConditionFailed: there is none, neither under the old key nor the new one; or the new key is taken.
            ValidationError: the changes do not move a partition that belongs to the record.
        """
        with self._operation("move_partition"):
            wanted = await self.resolved(key, {})
            item = None if wanted is None else await self.table.get_item(wanted, consistent=True)
            if item is not None and self.stored.recognises(item):
                return await self.family.move(self, item, changes, owner)
            return await self._finish_move(key, changes)

    async def _finish_move(self, key: Any, changes: Mapping[str, Any]) -> FamilyResult:
        if not isinstance(key, Mapping) or set(self.records.values(key)) != set(self.mapping.key_fields):
            raise ConditionFailed(
                f"there is no record of {self.label} with this key", hint="to finish a move, give the old key's fields"
            )
        old = self.records.values(key)
        new_values = self.records.values(changes)
        moved = {name: new_values.get(name, value) for name, value in old.items()}
        new, _ = await self.read_for_write(self.mapping.key(moved))
        counts: dict[str, int] = {}
        await self.family.move_rest(self, self.mapping.key(old).partition, new, counts)
        return FamilyResult(counts, staged=True)


class _Call:
    """A look-up by name, bound to its repository: ``users.find_by_username("ada")``."""

    def __init__(self, repository: Repository[Any], method: Method) -> None:
        self._repository, self._method = repository, method

    def __repr__(self) -> str:
        return f"<{self._method.name} of {self._repository!r}>"

    def __call__(self, *values: Any, **options: Any) -> Any:
        repository, method = self._repository, self._method
        fields = _fields_given(repository, method, values, options)
        if method.kind == "update":
            return repository.update(fields, options.pop("changes"), **options)
        if method.kind in ("get", "exists", "delete"):
            return getattr(repository, method.kind)(fields, **options)
        fields |= {name: value for name, value in _options_of(repository, method, options).items() if value is not None}
        made = {repository.records.shape.python_name(name): value for name, value in fields.items()}
        if method.kind == "find":
            return repository.find(str(method.index), **made, **options)
        if method.kind == "count":
            return repository.count(method.index, **made, **options)
        return repository.query(method.index, **made, **options)


def _fields_given(
    repository: Repository[Any], method: Method, values: tuple[Any, ...], options: dict[str, Any]
) -> dict[str, Any]:
    """The method's fields, by position or by name; taken out of the options."""
    names = list(method.fields)
    if method.kind == "update":
        names.append("changes")
    if len(values) > len(names):
        raise InvalidExpression(f"{method.name}() takes {', '.join(names)}", hint="options are given by name")
    given = dict(zip(names, values, strict=False))
    if "changes" in given:
        options["changes"] = given.pop("changes")
    for name in method.fields:
        python = repository.records.shape.python_name(name)
        if name not in given and python in options:
            given[name] = options.pop(python)
    missing = [name for name in names if name not in given and name not in options]
    if missing:
        raise InvalidExpression(f"{method.name}(): {missing[0]!r} is missing", hint=f"it takes {', '.join(names)}")
    return given


def _options_of(repository: Repository[Any], method: Method, options: dict[str, Any]) -> dict[str, Any]:
    names = {repository.records.shape.python_name(name): name for name in method.options}
    return {names[one]: options.pop(one) for one in list(options) if one in names}
