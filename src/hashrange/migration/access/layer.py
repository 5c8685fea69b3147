"""A contract with a client: one repository for each entity, and transactions over them.

    layer = AccessLayer(contract, db, schema=schema)
    user = await layer.users.find_by_username("ada")

Owns which class and which guards each repository has. Must not know how operations are done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from ...client import DynamoDB
from ...errors import ConfigurationError
from ..contract.model import Contract
from ..conventions import DEFAULT, Conventions
from ..mapping.entity import EntityMapping, Mappings, mappings
from ..source.schema import NO_SCHEMA, SourceSchema
from .copies import Copies
from .family import Family
from .guards import unique_attributes
from .records import attribute_name
from .repository import Repository
from .stored import Stored, transaction
from .tracing import correlated, install_filter
from .transaction import LayerTransaction


class AccessLayer:
    """The repositories of a contract, each an attribute by its name: ``layer.users``, ``layer["users"]``. One that is
    named as something of the layer itself has an underscore: ``layer.schema_``.

    Costs no call. Every operation is logged by hashrange's logger, with entity and operation in the record; so are the
    calls that it makes, where the client has a ``LogObserver``.

    Args:
        contract: as ``load_contract`` gives it.
        db: the client.
        schema: of the source: with it ids are numbers, look-ups know what is unique, and cascades know foreign keys.
        conventions: how values are written: the same as for backfill and verification.
        guards: keep the source's UNIQUE keys unique by guard items beside the contract's own: True, or repository to
            tuples of further fields. Every writer of the table has to do the same.
        repositories: name to a subclass of ``Repository`` that takes its place.

    Raises:
        ContractError: an attribute cannot be computed.
        NotInContract: with guards: a unique column is stored nowhere.
        ConfigurationError: the client reads numbers as floats, or a name in ``repositories`` or ``guards`` is none of
            the contract's.
    """

    def __init__(
        self,
        contract: Contract,
        db: DynamoDB,
        *,
        schema: SourceSchema = NO_SCHEMA,
        conventions: Conventions = DEFAULT,
        guards: bool | Mapping[str, Sequence[Sequence[str]]] = False,
        repositories: Mapping[str, type[Repository[Any]]] | None = None,
    ) -> None:
        if not isinstance(db, DynamoDB):
            raise ConfigurationError(
                f"the client is of type {type(db).__name__}", hint="give a DynamoDB: DynamoDB.from_env()"
            )
        if db.config.numbers != "exact":
            raise ConfigurationError(
                f"the client gives numbers as {db.config.numbers!r}, which loses digits",
                hint="DynamoDB(numbers='exact')",
            )
        self.contract, self.db, self.schema, self.conventions = contract, db, schema, conventions
        self.mappings: Mappings = mappings(contract, schema=schema, conventions=conventions)
        classes = dict(repositories or {})
        self._check_names("repositories", classes)
        self._check_names("guards", guards if isinstance(guards, Mapping) else {})
        self.repositories: dict[str, Repository[Any]] = {
            mapping.repository: self._made(mapping, classes.get(mapping.repository, Repository), guards)
            for mapping in self.mappings
        }
        self._by_attribute = {attribute_name(name): one for name, one in self.repositories.items()}
        family = Family(self.repositories, schema)
        for one in self.repositories.values():
            one.family, one.copies = family, Copies(self.repositories, schema)
        install_filter()

    def __repr__(self) -> str:
        return f"<AccessLayer of {', '.join(self.repositories)}>"

    def __getattr__(self, name: str) -> Any:
        found = self.__dict__.get("_by_attribute", {}).get(name)
        if found is None:
            known = ", ".join(self.__dict__.get("_by_attribute", {}))
            raise AttributeError(f"the contract has no repository {name!r}; there are {known}", name=name, obj=self)
        return found

    def __getitem__(self, name: str) -> Repository[Any]:
        return self.repositories[name]

    def __iter__(self) -> Iterator[Repository[Any]]:
        return iter(self.repositories.values())

    def transaction(self, *, token: str | None = None, timeout: float | None = None) -> LayerTransaction:
        """Writes of several repositories that happen all or not at all: ``async with layer.transaction() as tx:``.

        Args:
            token: names what is done once, for example ``"order-981"``: within ten minutes, the same content under the
                same token is applied once.
            timeout: seconds for sending it.
        """
        return LayerTransaction(transaction(self.db, token=token, timeout=timeout))

    def correlated(self, id: str) -> AbstractContextManager[None]:
        """``with layer.correlated(request_id):`` log records inside have ``correlation_id``."""
        return correlated(id)

    def _made(
        self, mapping: EntityMapping, cls: type[Repository[Any]], guards: bool | Mapping[str, Sequence[Sequence[str]]]
    ) -> Repository[Any]:
        more = guards.get(mapping.repository, ()) if isinstance(guards, Mapping) else ()
        unique = unique_attributes(mapping, self.schema, more) if guards else ()
        return cls(mapping, self.db, self.schema, Stored(mapping, self.db, unique))

    def _check_names(self, what: str, given: Mapping[str, Any]) -> None:
        known = self.mappings.by_repository
        for name in given:
            if name not in known:
                raise ConfigurationError(
                    f"{what}: the contract has no repository {name!r}", hint=f"there are {', '.join(known)}"
                )
