"""PostgreSQL: databases like the target, made and dropped.

``template0`` always: nobody can be connected to it, and unlike ``template1`` it takes any encoding and
locale (PostgreSQL documentation, "Template Databases").
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

# Objects that a statement needs and that are not there: type or operator class, function or operator, table, schema.
_MISSING = {"42704", "42883", "42P01", "3F000"}
_DUPLICATE = {"42P07", "42710", "42P06", "42723"}
_NO_RIGHT = "42501"

# Values of these are lists of quoted names already (PostgreSQL source, guc_tables.c, GUC_LIST_QUOTE).
_LISTS = {
    "search_path",
    "temp_tablespaces",
    "local_preload_libraries",
    "session_preload_libraries",
    "shared_preload_libraries",
    "unix_socket_directories",
}
# A target may be read-only for a while; a scratch database never is.
_NOT_CARRIED = {"default_transaction_read_only", "transaction_read_only"}

# Columns that not every release has are read from the row as JSON. Of settings, a later row wins.
_TRAITS = text(
    """
    SELECT d.datname AS database, current_user AS account, d.datcollate, d.datctype,
           pg_encoding_to_char(d.encoding) AS encoding,
           to_jsonb(d) ->> 'datlocprovider' AS provider,
           coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale,
           to_jsonb(d) ->> 'daticurules' AS rules,
           current_setting('server_version_num')::int / 10000 AS major,
           extract(epoch FROM now())::bigint AS clock,
           (SELECT r.rolcreatedb OR r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) AS may_create,
           has_database_privilege(d.oid, 'CREATE') AS may_create_schema,
           (SELECT json_agg(json_build_array(s.setdatabase = 0, s.setrole <> 0, s.setconfig)
                            ORDER BY s.setrole <> 0, s.setdatabase <> 0)::text
            FROM pg_db_role_setting s
            WHERE s.setdatabase IN (0, d.oid)
              AND s.setrole IN (0, (SELECT r.oid FROM pg_roles r WHERE r.rolname = session_user))) AS settings
    FROM pg_database d WHERE d.datname = current_database()
    """
)

_LEFTOVERS = text(
    """
    SELECT d.datname FROM pg_database d
    WHERE d.datname LIKE :prefix || '%' AND d.datname ~ :pattern
      AND extract(epoch FROM now()) - substr(substring(d.datname FROM '_[0-9]+_'), 2,
              length(substring(d.datname FROM '_[0-9]+_')) - 2)::bigint > :seconds
      AND pg_has_role(d.datdba, 'USAGE')
      AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)
    ORDER BY 1 LIMIT 5
    """
)


PATIENCE = 3  # seconds; who waits longer for a lock on scratch waits for somebody in the same process


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of the database or of the account, as the catalogue keeps it.

    Attributes:
        name: The parameter.
        value: Its value, in the catalogue's form.
        everywhere: Whether it holds in every database of its server.
        account: Whether it belongs to the account and not to the database.
    """

    name: str
    value: str
    everywhere: bool
    account: bool


@dataclass(frozen=True, slots=True)
class PostgreSQLScratch:
    """What a database must have to be like the one that was read."""

    maintenance_database: ClassVar[str] = "postgres"
    in_memory: ClassVar[bool] = False
    schemas_are_databases: ClassVar[bool] = False
    faster_with_indexes_inside: ClassVar[bool] = False
    schema_missing: ClassVar[frozenset[str]] = frozenset({"3F000"})

    database: str
    account: str
    product: str
    clock: int
    may_create: bool
    may_create_schema: bool
    locale: tuple[tuple[str, str], ...]
    settings: tuple[Setting, ...]

    @classmethod
    def read(cls, connection: Connection) -> PostgreSQLScratch:
        """Read the traits of the database that a connection is in."""
        row = connection.execute(_TRAITS).one()
        return cls(
            database=row.database,
            account=row.account,
            product=f"PostgreSQL {row.major}",
            clock=row.clock,
            may_create=bool(row.may_create),
            may_create_schema=bool(row.may_create_schema),
            locale=_locale(row),
            settings=_settings(row.settings),
        )

    def create(self, connection: Connection, name: str) -> None:
        """Make an empty database with the same encoding and locale, in which nothing has to last and nobody waits."""
        options = " ".join(f"{option} {value}" for option, value in self.locale)
        _run(connection, f"CREATE DATABASE {_quoted(name)} TEMPLATE template0 {options}")
        _run(connection, f"ALTER DATABASE {_quoted(name)} SET synchronous_commit TO off")
        _run(connection, f"ALTER DATABASE {_quoted(name)} SET lock_timeout TO '{PATIENCE}s'")

    def carry(self, connection: Connection, name: str, *, elsewhere: bool) -> tuple[str, ...]:
        """Give a database the target's settings; return a note for each that the server refuses.

        Args:
            connection: To the server of the database.
            name: The database.
            elsewhere: Whether it is another server, where the account's own settings do not hold by themselves.
        """
        notes = []
        for setting in self.settings:
            if setting.name in _NOT_CARRIED or (setting.everywhere and not elsewhere):
                continue
            whose = f"ROLE CURRENT_USER IN DATABASE {_quoted(name)}" if setting.account else f"DATABASE {_quoted(name)}"
            try:
                _run(connection, f"ALTER {whose} SET {_dotted(setting.name)} TO {_value(setting)}")
            except DBAPIError as error:
                notes.append(f"The setting {setting.name} was not taken over: {_first_line(error)}")
        return tuple(notes)

    def drop(self, connection: Connection, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        _run(connection, f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")

    @staticmethod
    def drop_unused(connection: Connection, name: str) -> None:
        """Drop a database; fails while somebody is connected to it."""
        _run(connection, f"DROP DATABASE IF EXISTS {_quoted(name)}")

    def session(self) -> tuple[str, ...]:
        """Return the statements that make a session like one of the target: its settings do."""
        return ()

    def missing_right(self) -> str:
        """Return the statement that gives the account what it lacks."""
        return f"ALTER ROLE {_shown(self.account)} CREATEDB"

    @staticmethod
    def leftovers(connection: Connection, prefix: str, pattern: str, seconds: int) -> tuple[str, ...]:
        """Return scratch databases older than so many seconds and without a session."""
        values = {"prefix": prefix.replace("_", r"\_"), "pattern": pattern, "seconds": seconds}
        return tuple(connection.execute(_LEFTOVERS, values).scalars())

    @staticmethod
    def database_of(cursor: Any, wanted: str) -> str:
        """Return the database that a cursor of the driver works in."""
        cursor.execute("SELECT current_database()")
        return str(cursor.fetchone()[0])

    @staticmethod
    def place(url: URL, name: str) -> URL:
        """Return the URL of a database beside the one of a URL."""
        return url.set(database=name)

    @staticmethod
    def address(cargs: Sequence[Any], cparams: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the server and the database that arguments of a driver lead to; empty if that is unknown."""
        given = {**_words_of_dsn(cargs), **cparams}
        database = given.get("dbname") or given.get("database")
        host = str(given.get("host") or "localhost")
        if not database or "," in host:
            return ()
        return (_LOCAL.get(host, host), str(given.get("port") or 5432), str(database))

    @staticmethod
    def is_right_missing(error: DBAPIError) -> bool:
        """Tell whether the account may not do it."""
        return _code(error) == _NO_RIGHT

    @staticmethod
    def missing_object(error: DBAPIError) -> str:
        """Return the server's code if a statement needs an object that is not there, else nothing."""
        code = _code(error)
        return code if code in _MISSING else ""

    @staticmethod
    def is_duplicate(error: DBAPIError) -> bool:
        """Tell whether a statement makes an object that is there already."""
        return _code(error) in _DUPLICATE

    @staticmethod
    def seeding() -> tuple[str, ...]:
        """Return what a session needs before objects are copied: functions whose tables come later."""
        return ("SET check_function_bodies = off",)

    @staticmethod
    def create_schema(name: str) -> str:
        """Return the statement that makes a schema."""
        return f"CREATE SCHEMA IF NOT EXISTS {_quoted(name)}"


def enter_schema(name: str, lock_timeout: float) -> tuple[str, ...]:
    """Return the statements that make a schema and put it first for the rest of the transaction."""
    return (
        f"SET LOCAL lock_timeout = '{int(lock_timeout * 1000)}ms'",
        f"CREATE SCHEMA {_quoted(name)}",
        f"SELECT set_config('search_path', '{_quoted(name)}, ' || current_setting('search_path'), true)",
    )


_LOCAL = {"127.0.0.1": "localhost", "::1": "localhost", "": "localhost"}


def _locale(row: Any) -> tuple[tuple[str, str], ...]:
    """Return the options of CREATE DATABASE, for the release that the row came from."""
    options = [("ENCODING", row.encoding), ("LC_COLLATE", row.datcollate), ("LC_CTYPE", row.datctype)]
    provider = {"c": "libc", "i": "icu", "b": "builtin"}.get(row.provider or "")
    if provider:  # PostgreSQL 15 and later
        options.append(("LOCALE_PROVIDER", provider))
    if row.locale and provider in ("icu", "builtin"):
        options.append(("ICU_LOCALE" if provider == "icu" else "BUILTIN_LOCALE", row.locale))
    if row.rules:
        options.append(("ICU_RULES", row.rules))
    return tuple((option, _literal(value)) for option, value in options if value is not None)


def _settings(rows: str | None) -> tuple[Setting, ...]:
    found = []
    for everywhere, account, config in json.loads(rows or "[]"):
        for entry in config or ():
            name, _, value = entry.partition("=")
            found.append(Setting(name, value, everywhere, account))
    return tuple(found)


def _value(setting: Setting) -> str:
    if setting.name not in _LISTS:
        return _literal(setting.value)
    return setting.value.replace('""', "''") or "''"


def _words_of_dsn(cargs: Sequence[Any]) -> dict[str, str]:
    words = str(cargs[0]).split() if cargs else []
    return dict(word.split("=", 1) for word in words if "=" in word)


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _code(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or ""


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _shown(name: str) -> str:
    plain = name.isidentifier() and name.isascii() and name == name.lower()
    return name if plain else _quoted(name)


def _dotted(name: str) -> str:
    return ".".join(_quoted(part) for part in name.split("."))


def _literal(value: str) -> str:
    plain = "'" + value.replace("'", "''") + "'"
    return f" E{plain}".replace("\\", "\\\\") if "\\" in value else plain
