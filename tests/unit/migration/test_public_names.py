"""The public names of a migration: each is there, loaded when it is asked for, and nothing is loaded before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hashrange import migration
from hashrange.errors import DynamoDBError


@pytest.mark.parametrize("name", migration.__all__)
def test_a_name_resolves(name: str) -> None:
    found = getattr(migration, name)
    assert found.__module__.startswith("hashrange.migration.")
    assert found.__doc__, "is documented"
    assert name in dir(migration)


def test_names_are_sorted_and_once() -> None:
    assert list(migration.__all__) == sorted(set(migration.__all__))


def test_what_is_not_there_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Contrat'"):
        _ = migration.Contrat


def test_errors_are_of_the_librarys_tree() -> None:
    errors = [one for one in map(migration.__getattr__, migration.__all__) if isinstance(one, type)]
    raised = {one.__name__ for one in errors if issubclass(one, Exception)}
    assert {"ContractError", "RowRefused", "SourceLost", "PhaseRefused"} <= raised
    assert all(issubclass(one, DynamoDBError) for one in errors if issubclass(one, Exception))


def test_nothing_is_loaded_before_it_is_used() -> None:
    program = (
        "import sys, hashrange.migration\n"
        "own = [name for name in sys.modules if name.startswith('hashrange.migration.')]\n"
        "assert own == [], own\n"
        "from hashrange.migration import Conventions, load_contract\n"
        "assert not {'sqlalchemy', 'sqlglot', 'pymysql', 'distributed'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
