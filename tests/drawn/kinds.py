"""Types that columns are drawn from, with values that rows get and what the server can be told of them."""

import datetime
import decimal
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql as my
from sqlalchemy.dialects import postgresql as pg

EVERY = ("postgresql", "mariadb", "sqlite")
PG, MY, LITE = ("postgresql",), ("mariadb",), ("sqlite",)


@dataclass(frozen=True)
class Family:
    """Types among which every value that is drawn can be cast.

    Attributes:
        value: a value for each row, from 1 on; as different as the rows are, unless `is_few`.
        literal: the same in SQL, where it is the same on each server.
        defaults: server defaults: a literal, or SQL in brackets.
        rules: conditions that every value keeps, `{0}` being the column.
        expressions: what an index, or a generated column of the family, may be made of.
        is_few: whether rows may share a value, so that the type is in no key.
    """

    value: Callable[[int], Any]
    literal: Callable[[int], str]
    defaults: tuple[Any, ...] = ()
    rules: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    is_few: bool = False


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_NUMBERS = Family(lambda at: at, str, ("5", ("7",), ("(1 + 2)",), "42"), ("{0} >= 0", "{0} <> 77"),
                  ("({0} * 2)", "({0} + 1)"))  # fmt: skip
_DATES = (("CURRENT_TIMESTAMP",), "2020-02-03 04:05:06")
FAMILIES: dict[str, Family] = {
    "int": _NUMBERS,
    "number": Family(lambda at: decimal.Decimal(at), str, ("1.5", ("0",)), ("{0} >= 0",)),
    "text": Family(str, lambda at: _quoted(str(at)), ("x", "it's", "50%", "a:b", "", "é", ("'1'",), "a\\b", 'q"q'),
                   ("{0} <> 'never'", "{0} IN ('1', '2', '3', 'x') OR {0} <> 'y :z'", "{0} NOT LIKE '%q%%'"),
                   ("lower({0})", "upper({0})", "replace({0}, 'a:b', '50%')", "coalesce({0}, 'it''s')")),
    "date": Family(lambda at: datetime.date(2020, 1, at), lambda at: f"'2020-01-0{at}'", ("2020-01-01",)),
    "moment": Family(lambda at: datetime.datetime(2020, 1, at, 12, 30), lambda at: f"'2020-01-0{at} 12:30:00'", _DATES),
    "time": Family(lambda at: datetime.time(at, 30), lambda at: f"'0{at}:30:00'", ("10:00:00",)),
    "interval": Family(lambda at: datetime.timedelta(days=at), lambda at: f"'{at} days'"),
    "bool": Family(lambda at: at % 2 == 1, lambda at: "true" if at % 2 else "false", (("true",), ("false",)),
                   is_few=True),
    "bytes": Family(lambda at: bytes([64 + at]), lambda at: f"'{chr(64 + at)}'", ()),
    "json": Family(lambda at: {"at": at}, lambda at: f"'{{\"at\": {at}}}'", ("{}", '{"a": ":b"}'), is_few=True),
    "uuid": Family(lambda at: uuid.UUID(int=at), lambda at: f"'{uuid.UUID(int=at)}'", ()),
    "ints": Family(lambda at: [at], lambda at: f"'{{{at}}}'", ("{}",), is_few=True),
    "texts": Family(lambda at: [str(at), "é"], lambda at: f"'{{{at},é}}'", ("{}",), is_few=True),
    "net": Family(lambda at: f"10.0.0.{at}", lambda at: f"'10.0.0.{at}'", ("127.0.0.1",)),
    "range": Family(lambda at: f"[{at},{at + 1})", lambda at: f"'[{at},{at + 1})'", ("empty",), is_few=True),
    "words": Family(lambda at: f"'w{at}'", lambda at: f"'w{at}'", ("",), is_few=True),
    "bits": Family(lambda at: f"{at:04b}", lambda at: f"'{at:04b}'", (), is_few=True),
    "bitfield": Family(lambda at: bytes([at]), str, (("b'0101'",),), is_few=True),
    "year": Family(lambda at: 2000 + at, lambda at: str(2000 + at), ("2001",)),
    "set": Family(lambda at: {"abc"[at % 3]}, lambda at: _quoted("abc"[at % 3]), ("a",), is_few=True),
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A type.

    Attributes:
        in_keys: whether the server can index it as it is.
    """

    family: str
    make: Callable[[], Any]
    on: tuple[str, ...] = EVERY
    in_keys: bool = True


def _long(family: str, make: Callable[[], Any], on: tuple[str, ...] = EVERY) -> Kind:
    return Kind(family, make, on, in_keys=False)


KINDS: dict[str, Kind] = {
    "smallint": Kind("int", sa.SmallInteger),
    "integer": Kind("int", sa.Integer),
    "bigint": Kind("int", sa.BigInteger),
    "tinyint": Kind("int", my.TINYINT, MY),
    "zerofill": Kind("int", lambda: my.INTEGER(display_width=8, zerofill=True), MY),
    "bit": _long("bitfield", lambda: my.BIT(8), MY),
    "bit4": _long("bitfield", lambda: my.BIT(4), MY),
    "mediumint": Kind("int", my.MEDIUMINT, MY),
    "unsigned": Kind("int", lambda: my.INTEGER(unsigned=True), MY),
    "big unsigned": Kind("int", lambda: my.BIGINT(unsigned=True), MY),
    "numeric": Kind("number", lambda: sa.Numeric(10, 2)),
    "numeric4": Kind("number", lambda: sa.Numeric(12, 4)),
    "numeric unsigned": Kind("number", lambda: my.NUMERIC(10, 2, unsigned=True), MY),
    "double10": Kind("number", lambda: my.DOUBLE(10, 2), MY),
    "numeric any": Kind("number", sa.Numeric),
    "float": Kind("number", sa.Float),
    "double": Kind("number", sa.Double),
    "real": Kind("number", sa.REAL, ("postgresql", "sqlite")),
    "string20": Kind("text", lambda: sa.String(20)),
    "string50": Kind("text", lambda: sa.String(50)),
    "unicode": Kind("text", lambda: sa.Unicode(30)),
    "text": _long("text", sa.Text),
    "string": _long("text", sa.String, ("postgresql", "sqlite")),
    "string C": Kind("text", lambda: sa.String(20, collation="C"), PG),
    "char5": Kind("text", lambda: sa.CHAR(5)),
    "string rtrim": Kind("text", lambda: sa.String(20, collation="RTRIM"), LITE),
    "char": Kind("text", lambda: sa.CHAR(4), PG),
    "citext": Kind("text", pg.CITEXT, PG),
    "string nocase": Kind("text", lambda: sa.String(20, collation="NOCASE"), LITE),
    "string bin": Kind("text", lambda: sa.String(20, collation="utf8mb4_bin"), MY),
    "string latin": Kind("text", lambda: my.VARCHAR(20, charset="latin1"), MY),
    "text latin": _long("text", lambda: my.TEXT(charset="latin1", collation="latin1_bin"), MY),
    "longtext": _long("text", my.LONGTEXT, MY),
    "date": Kind("date", sa.Date),
    "datetime": Kind("moment", sa.DateTime),
    "datetime0": Kind("moment", lambda: pg.TIMESTAMP(precision=0), PG),
    "datetime6": Kind("moment", lambda: my.DATETIME(fsp=6), MY),
    "timestamp": Kind("moment", sa.TIMESTAMP),
    "time": Kind("time", sa.Time),
    "time3": Kind("time", lambda: my.TIME(fsp=3), MY),
    "interval": Kind("interval", sa.Interval, PG),
    "interval days": Kind("interval", lambda: pg.INTERVAL(fields="DAY"), PG),
    "boolean": Kind("bool", sa.Boolean),
    "binary": _long("bytes", sa.LargeBinary),
    "binary8": Kind("bytes", lambda: sa.BINARY(8), MY),
    "varbinary": Kind("bytes", lambda: sa.VARBINARY(20), MY),
    "longblob": _long("bytes", my.LONGBLOB, MY),
    "json": _long("json", sa.JSON),
    "jsonb": _long("json", pg.JSONB, PG),
    "uuid": Kind("uuid", sa.Uuid),
    "uuid text": Kind("uuid", lambda: sa.Uuid(native_uuid=False)),
    "ints": _long("ints", lambda: pg.ARRAY(sa.Integer), PG),
    "bigints": _long("ints", lambda: pg.ARRAY(sa.BigInteger), PG),
    "texts": _long("texts", lambda: pg.ARRAY(sa.Text), PG),
    "strings": _long("texts", lambda: pg.ARRAY(sa.String(20)), PG),
    "inet": Kind("net", pg.INET, PG),
    "cidr": Kind("net", pg.CIDR, PG),
    "range": _long("range", pg.INT4RANGE, PG),
    "words": _long("words", pg.TSVECTOR, PG),
    "bits": _long("bits", lambda: pg.BIT(4), PG),
    "bits varying": _long("bits", lambda: pg.BIT(8, varying=True), PG),
    "year": _long("year", my.YEAR, MY),
    "set": _long("set", lambda: my.SET("a", "b", "c"), MY),
    "set longer": _long("set", lambda: my.SET("a", "b", "c", "d"), MY),
}


def kinds_on(server: str, *, in_keys: bool = False) -> list[str]:
    """Name the types of a server."""
    return [
        name
        for name, one in KINDS.items()
        if server in one.on and (not in_keys or (one.in_keys and not FAMILIES[one.family].is_few))
    ]


def fits(family: str, kind: str) -> bool:
    """Tell whether every value of a family that is drawn fits into a type, if it can be cast to it at all."""
    if family == "uuid" and KINDS[kind].family == "text":  # no shorter text could be cast back
        length = KINDS[kind].make().length
        return length is None or length >= 36
    return kind not in ("char", "char5") or family == "text"


def literal(family: str, server: str, at: int, kind: str = "") -> str:
    """Return the value of a row as SQL."""
    text = FAMILIES[family].literal(at)
    if family == "bool" and server != "postgresql":
        return "1" if at % 2 else "0"
    if family == "bytes" and server == "sqlite":
        return f"x'{64 + at:x}'"
    if family == "uuid" and (server == "sqlite" or kind == "uuid text"):
        return text.replace("-", "")
    if family in ("date", "moment") and server == "sqlite":
        return text.replace("00'", "00.000000'")
    if family == "time" and server == "sqlite":
        return text.replace("00'", "00.000000'")
    return text
