"""Build the wanted side: what ``create_all()`` makes of the models, on scratch.

All that the models' own code does meanwhile (DDL events, listeners) is held back from the app's
engines: by the gate of `redirected` if the caller has one, else by one of our own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from whimbrel.backends import backend_for
from whimbrel.errors import BuildFailed, WhimbrelError
from whimbrel.scratch.gate import current_gate, lifted
from whimbrel.scratch.inline_indexes import indexes_inside
from whimbrel.scratch.redirect import refused
from whimbrel.scratch.seeds import Missing, Seed, Seeds, Unseeded, no_seeds

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData, Table

    from whimbrel.scratch.scratch import Scratch


@dataclass(frozen=True, slots=True)
class Built:
    """How the models were built.

    Attributes:
        seeded: The names of the seeds that were made.
        unseeded: The seeds that the server refused, and that the models did well without.
        schemas: The schemas that the models name and that were made for them: `create_all` makes none.
    """

    seeded: tuple[str, ...] = ()
    unseeded: tuple[Unseeded, ...] = ()
    schemas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Only:
    """A part of the models.

    Attributes:
        tables: The tables to make, with what belongs to them.
        beside: The statements that make what stands in for the other tables.
    """

    tables: frozenset[Table]
    beside: tuple[str, ...] = ()

    def of(self, metadata: MetaData) -> list[Table]:
        """Return the tables to make of one metadata."""
        return [table for table in metadata.tables.values() if table in self.tables]


def build(metadatas: Iterable[MetaData], scratch: Scratch, seeds: Seeds = no_seeds, only: Only | None = None) -> Built:
    """Make everything on scratch that ``create_all()`` makes of the models, DDL events included.

    Where a statement needs an object that is not there, the seeds are asked, scratch is made empty, and
    everything is begun again; so each listener is called at most once on any one database.

    Args:
        metadatas: What the models say.
        scratch: An empty scratch database.
        seeds: Knows what only scripts make.
        only: The part of the models to make, if it is not all of them.

    Raises:
        BuildFailed: The models cannot be built; it says which statement fails, and which seeds were refused.
        Withheld: The models' own code wanted another database.
    """
    building = _Building(tuple(metadatas), scratch, seeds, only)
    with nullcontext() if current_gate() is not None else refused():
        while (error := building.attempt()) is not None:
            building.learn(error)
            scratch.renew()
            building.sow()
    return building.result()


class _Building:
    """The attempts to build, and what each has taught."""

    def __init__(self, metadatas: Sequence[MetaData], scratch: Scratch, seeds: Seeds, only: Only | None) -> None:
        self._metadatas = metadatas
        self._only = only
        self._named = {item.schema for metadata in metadatas for item in _with_schemas(metadata) if _has_schema(item)}
        self._scratch = scratch
        self._seeds = seeds
        self._asked: dict[str, Seed] = {}
        self._refused: dict[str, str] = {}
        self._schemas: tuple[str, ...] = ()
        self._look_first = False

    def attempt(self) -> DBAPIError | None:
        """Build once; return the server's error if it refuses a statement."""
        try:
            with self._connection() as connection, self._faster(connection):
                for statement in self._only.beside if self._only else ():
                    _run(connection, statement)
                for metadata in self._metadatas:
                    tables = self._only.of(metadata) if self._only else None
                    metadata.create_all(connection, tables=tables, checkfirst=self._look_first)
                connection.commit()  # in autocommit it changes nothing; inside a transaction there is no such mode
        except DBAPIError as error:
            return error
        except WhimbrelError:
            raise
        except Exception as error:  # the models' own code can raise anything
            raise BuildFailed(
                f"The models cannot be built on an empty database: {type(error).__name__}: {error}",
                why="The models, or a function that listens to their creation, failed. Nothing was changed.",
                do="correct the model or the function",
            ) from error
        return None

    def learn(self, error: DBAPIError) -> None:
        """Find out what to do otherwise after an error; give up if there is nothing."""
        kind = self._scratch.kind
        if kind.is_duplicate(error) and not self._look_first:
            self._look_first = True
            return
        code = kind.missing_object(error)
        if not code or not (self._learn_schemas(code) or self._learn_seeds(code, error)):
            raise self._failure(error) from error

    def sow(self) -> None:
        """Make the schemas and seeds on an empty scratch database."""
        with self._connection() as connection:
            for schema in self._schemas:
                _run(connection, self._scratch.kind.create_schema(schema))
            for statement in self._scratch.kind.seeding() if self._asked else ():
                _run(connection, statement)
            again = self._sow(connection, list(self._asked.values()))
            if again and len(again) < len(self._asked):  # some stand on others that came later
                self._sow(connection, again)
            connection.commit()

    def result(self) -> Built:
        """Return how it was built."""
        unseeded = tuple(Unseeded(name, words) for name, words in self._refused.items())
        return Built(tuple(name for name in self._asked if name not in self._refused), unseeded, self._schemas)

    def _sow(self, connection: Connection, seeds: list[Seed]) -> list[Seed]:
        failed = []
        for seed in seeds:
            try:
                for statement in seed.statements:
                    _run(connection, statement)
                self._refused.pop(seed.name, None)
            except DBAPIError as error:
                self._refused[seed.name] = self._words(error)
                failed.append(seed)
        return failed

    def _learn_schemas(self, code: str) -> bool:
        if code not in self._scratch.kind.schema_missing or self._schemas:
            return False
        self._schemas = tuple(sorted(self._named))
        return bool(self._schemas)

    def _learn_seeds(self, code: str, error: DBAPIError) -> bool:
        missing = Missing(code, self._words(error), error.statement or "")
        with lifted():
            offered = {seed.name: seed for seed in self._seeds(missing)}
        new = {name: seed for name, seed in offered.items() if name not in self._asked}
        self._asked.update(new)
        return bool(new)

    def _faster(self, connection: Connection) -> AbstractContextManager[None]:
        return indexes_inside(connection) if self._scratch.kind.faster_with_indexes_inside else nullcontext()

    def _connection(self) -> Connection:
        given = self._scratch.engine.get_execution_options().get("schema_translate_map") or {}
        renamed = self._scratch.schema_map(self._named | {to for to in given.values() if to})
        options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"}
        if renamed:
            options["schema_translate_map"] = {**renamed, **{key: renamed.get(to, to) for key, to in given.items()}}
        return self._scratch.engine.connect().execution_options(**options)

    def _failure(self, error: DBAPIError) -> BuildFailed:
        statement = " ".join((error.statement or "").split())
        refusals = "".join(f" {name} could not be taken over: {words}" for name, words in self._refused.items())
        return BuildFailed(
            f"The models cannot be built on an empty database: {self._words(error)}",
            why=f"The server refuses: {statement[:200]}{'…' if len(statement) > 200 else ''}.{refusals} "
            "Nothing was changed.",
            do="correct the model, or install on the server what it needs",
        )

    def _words(self, error: DBAPIError) -> str:
        return backend_for(self._scratch.engine.dialect.name).trouble(error).words


def _with_schemas(metadata: MetaData) -> Iterable[Any]:
    yield from metadata.tables.values()
    yield from metadata._sequences.values()
    for table in metadata.tables.values():
        yield from (column.type for column in table.columns)


def _has_schema(item: Any) -> bool:
    return isinstance(getattr(item, "schema", None), str) and bool(item.schema)


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
