"""Generated packages on disk, imported under names of their own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from hashrange.migration.generate import generated_package, write_files
from tests.unit.migration.access.shop import shop


def written(folder: Path, package: str = "dal", **options: Any) -> Path:
    """The shop's package, in this folder."""
    contract, schema = shop()
    write_files(generated_package(contract, package=package, schema=schema, **options), folder / package)
    return folder / package


@contextmanager
def imported(folder: Path) -> Iterator[ModuleType]:
    """A package, imported while the block is open."""
    sys.path.insert(0, str(folder.parent))
    try:
        yield importlib.import_module(folder.name)
    finally:
        sys.path.remove(str(folder.parent))
        for name in [name for name in sys.modules if name.split(".")[0] == folder.name]:
            del sys.modules[name]
