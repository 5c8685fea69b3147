"""Encoding lists, tuples, sets and maps with the encoders of what they hold.

Each adds its step to the path of a misfit inside. Must not know models or types: it is handed encoders, which come
first, so that ``functools.partial`` makes an encoder of each function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from .misfit import Misfit, wrong_type

#: from a value of a type to what is stored for it; where None stands for one, the value is stored as it is
Encoder: TypeAlias = Callable[[Any], Any]


def encode_list(encode: Encoder, value: Any) -> list[Any]:
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes, Mapping)):
        raise wrong_type("list", value)
    result: list[Any] = []
    try:
        for element in value:
            result.append(encode(element))  # noqa: PERF401  # a misfit's position is how far it came
    except Misfit as misfit:
        raise misfit.within(len(result)) from None
    return result


def encode_positions(encoders: Sequence[Encoder | None], value: Any) -> list[Any]:
    if not isinstance(value, (tuple, list)) or len(value) != len(encoders):
        raise Misfit(f"expected a tuple of {len(encoders)}")
    result: list[Any] = []
    try:
        for encode, element in zip(encoders, value, strict=True):
            result.append(element if encode is None else encode(element))
    except Misfit as misfit:
        raise misfit.within(len(result)) from None
    return result


def encode_set(encode: Encoder | None, value: Any) -> Any:
    if not isinstance(value, (set, frozenset)):
        raise wrong_type("set", value)
    return value if encode is None else {encode(member) for member in value}


def encode_map(encode_key: Encoder | None, encode: Encoder | None, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise wrong_type("dict", value)
    result: dict[str, Any] = {}
    for key, element in value.items():
        name = key if encode_key is None else encode_key(key)
        try:
            result[name] = element if encode is None else encode(element)
        except Misfit as misfit:
            raise misfit.within(str(name)) from None
    return result
