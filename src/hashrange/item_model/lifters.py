"""What an item needs before ``msgspec.convert`` can make a model's object of it.

Three things: epoch seconds of the TTL attribute become datetimes, text of datetimes without an offset is read as UTC,
and None is put back where its absence stands for it (``nodes.reads_none``). Most types need none of them and have no
lifter. A lifter copies what it changes and lets pass what does not fit: msgspec refuses that, with its path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec import inspect as mi

from ..types import Nulls
from . import nodes, scalars
from .encoders import epoch_encoder
from .misfit import Misfit

Lifter: TypeAlias = Callable[[Any], Any]


class ModelLifter:
    """Lifts the map of one model."""

    __slots__ = ("_absent", "_steps")

    def __init__(self, absent: dict[str, None]) -> None:
        self._absent = absent
        self._steps: tuple[tuple[str, Lifter], ...] = ()

    def fill(self, steps: list[tuple[str, Lifter]]) -> None:
        """The second half of construction, since a model's fields may lead back to the model."""
        self._steps = tuple(steps)

    def __call__(self, value: Any) -> Any:
        if type(value) is not dict:
            return value
        lifted = {**self._absent, **value}
        name = ""
        try:
            for name, lift in self._steps:
                if name in lifted:
                    lifted[name] = lift(lifted[name])
        except Misfit as misfit:
            raise misfit.within(name) from None
        return lifted


class Lifters:
    """Builds the lifters of types."""

    def __init__(self, nulls: Nulls) -> None:
        self._nulls: Nulls = nulls
        self._models: dict[Any, ModelLifter] = {}

    def model(self, node: nodes.ModelNode, ttl_attribute: str | None = None) -> Lifter | None:
        """The lifter of a model; ``ttl_attribute`` only at the top, where attributes are."""
        ttl = [field for field in node.fields if field.encode_name == ttl_attribute and epoch_encoder(field.type)]
        if ttl:
            lifter = self._model(node)
            lifter.fill([*self._steps(node), *((field.encode_name, scalars.epoch_datetime) for field in ttl)])
            return lifter
        return self.of(node)

    def of(self, node: mi.Type) -> Lifter | None:
        """The lifter of any type, None where nothing needs to be done."""
        node = nodes.plain(node)
        if not any(self._needs(inner) for inner in nodes.below(node)):
            return None
        if isinstance(node, mi.DateTimeType):
            return scalars.utc_datetime
        if nodes.is_positional(node):
            return self._positional_model(node)
        if isinstance(node, nodes.MODELS):
            lifter = self._models.get(node.cls)
            if lifter is None:
                lifter = self._models[node.cls] = self._model(node)
                lifter.fill(self._steps(node))
            return lifter
        if isinstance(node, mi.UnionType):
            return self._union(node)
        return self._container(node)

    def _needs(self, node: mi.Type) -> bool:
        if isinstance(node, nodes.MODELS) and not nodes.is_positional(node):
            return any(nodes.reads_none(field, self._nulls) for field in node.fields)
        return isinstance(node, mi.DateTimeType)

    def _model(self, node: nodes.ModelNode) -> ModelLifter:
        return ModelLifter({field.encode_name: None for field in node.fields if nodes.reads_none(field, self._nulls)})

    def _steps(self, node: nodes.ModelNode) -> list[tuple[str, Lifter]]:
        steps = ((field.encode_name, self.of(field.type)) for field in node.fields)
        return [(name, lift) for name, lift in steps if lift is not None]

    def _container(self, node: mi.Type) -> Lifter | None:
        if isinstance(node, nodes.LISTS):
            lift = self.of(node.item_type)
            return None if lift is None else _each(lift)
        if isinstance(node, nodes.SETS):
            lift = self.of(node.item_type)
            return None if lift is None else _each_member(lift)
        if isinstance(node, mi.TupleType):
            return _positions([self.of(item_type) for item_type in node.item_types])
        assert isinstance(node, mi.DictType), "nothing else holds anything"
        lift = self.of(node.value_type)  # its keys were written by us, in one form
        return None if lift is None else _each_value(lift)

    def _positional_model(self, node: Any) -> Lifter:
        lifters = [self.of(field.type) for field in node.fields]
        if isinstance(node, mi.StructType) and node.tag is not None:
            lifters.insert(0, None)
        return _positions(lifters)

    def _union(self, node: mi.UnionType) -> Lifter:
        """msgspec's unions hold at most one type of each shape, save Structs, which their tags tell apart."""
        by_tag: dict[Any, Lifter] = {}
        tag_field = ""
        others: list[Lifter] = []
        for member in nodes.members(node):
            lift = self.of(member)
            if lift is None:
                continue
            if isinstance(member, mi.StructType) and member.tag_field and not member.array_like:
                tag_field, by_tag[member.tag] = member.tag_field, lift
            else:
                others.append(lift)

        def lift_one(value: Any) -> Any:
            if by_tag and type(value) is dict:
                lift = by_tag.get(value.get(tag_field))
                return value if lift is None else lift(value)
            for lift in others:
                lifted = lift(value)
                if lifted is not value:
                    return lifted
            return value

        return lift_one


def _each(lift: Lifter) -> Lifter:
    return lambda value: [lift(element) for element in value] if type(value) is list else value


def _each_member(lift: Lifter) -> Lifter:
    return lambda value: {lift(member) for member in value} if type(value) is set else value


def _each_value(lift: Lifter) -> Lifter:
    return lambda value: {key: lift(entry) for key, entry in value.items()} if type(value) is dict else value


def _positions(lifters: list[Lifter | None]) -> Lifter:
    def lift_positions(value: Any) -> Any:
        if type(value) is not list:
            return value
        lifted = list(value)
        for position, lift in enumerate(lifters[: len(lifted)]):
            if lift is not None:
                lifted[position] = lift(lifted[position])
        return lifted

    return lift_positions
