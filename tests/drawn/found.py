"""Pairs that once went wrong, as small as they get."""

from dataclasses import replace

from tests.drawn.models import Check, Col, Enumeration, Fk, Index, Models, Pair, Tab, Trigger, Unique

ID, TAG = Col("id", "integer", nullable=False), Col("tag", "integer", nullable=False)


def item(*columns: Col, ident: Col = ID, **parts: object) -> Tab:
    return Tab("item", (ident, TAG, *columns), (ident.name,), **parts)  # type: ignore[arg-type]


def pair_of(server: str, before: Tab, *after: Tab, renames: tuple[tuple[str, str], ...] = (), **said: object) -> Pair:
    models = Models(server, (before,), **said)  # type: ignore[arg-type]
    return Pair(models, replace(models, tables=after), renames)


def _dropped(server: str, column: Col) -> Pair:
    return pair_of(server, item(column), item())


_COLOR = Enumeration("color", ("red", "green"))
_PLAIN = item(Col("x", "enum color"))
_NOTED = Col("x", "string20", nullable=False, comment="what it is")
_DESC = Index("ix_item", (("tag", "DESC"),))
_COUNTS = (("sqlite_autoincrement", True),)
PACKED = (("mysql_row_format", "COMPRESSED"), ("mysql_key_block_size", "8"))
_BARE, _STRICT = (("sqlite_with_rowid", False),), (("sqlite_strict", True),)
_BOTH = (Fk(("up",), "owner", ("id",), "fk", (("ondelete", "CASCADE"), ("onupdate", "CASCADE"))),)
_PLUS = Col("a", "bigint", computed=("({0} + 1)", "tag"), stored=False)
_NAME = Col("name", "string20", nullable=False)
_A_B = (ID, TAG, Col("a", "integer"), Col("b", "integer"))
_LATE = (("deferrable", True), ("initially", "DEFERRED"))
_OWNER = Tab("owner", (ID, TAG), ("id",))


def _checked(server: str) -> Pair:
    before = Models(server, (_PLAIN,), (replace(_COLOR, style="varchar"),))
    return Pair(before, replace(before, enums=(replace(_COLOR, style="checked"),)))


def _gone(server: str, style: str) -> Pair:
    before = Models(server, (item(Col("x", "enum color", nullable=False)),), (replace(_COLOR, style=style),))
    return Pair(before, replace(before, tables=(item(),)))


def _typed() -> Pair:
    before = Models("postgresql", (item(Col("x", "enum Mood")),), (Enumeration("Mood", ("a", "b"), "varchar"),))
    return Pair(before, replace(before, enums=(Enumeration("Mood", ("a", "b")),)))


def _relabelled(before: str | None, after: str | None, *labels: str) -> Pair:
    return Pair(
        Models("postgresql", (item(Col("x", "enum color", default=before)),), (_COLOR,)),
        Models("postgresql", (item(Col("x", "enum color", default=after)),), (replace(_COLOR, labels=labels),)),
    )


def _with_owner(before: Tab, *after: Tab) -> Pair:
    models = Models("sqlite", (before, _OWNER))
    return Pair(models, Models("sqlite", after))


FOUND: dict[str, Pair] = {
    "an unnamed unique constraint gets a name": pair_of(
        "sqlite", item(uniques=(Unique(("tag",)),)), item(uniques=(Unique(("tag",), "uq_tag"),))
    ),
    "an unnamed check gets a name": pair_of(
        "sqlite", item(checks=(Check("{0} > 0", "tag"),)), item(checks=(Check("{0} > 0", "tag", "ck_tag"),))
    ),
    "a named check loses its name": pair_of(
        "sqlite", item(checks=(Check("{0} > 0", "tag", "ck_tag"),)), item(checks=(Check("{0} > 0", "tag"),))
    ),
    "an index in descending order comes back with its table": _with_owner(item(indexes=(_DESC,)), _OWNER),
    "a collation goes again": pair_of("sqlite", item(Col("x", "string20")), item(Col("x", "string nocase"))),
    "what becomes a generated column had to have values": pair_of(
        "sqlite", item(Col("x", "integer", nullable=False)), item(Col("x", "bigint", computed=("({0} + 1)", "tag")))
    ),
    "a column has the name of an order": pair_of(
        "sqlite", item(Col("desc", "integer"), indexes=(_DESC,)), item(indexes=(_DESC,))
    ),
    "numbers are never given twice": pair_of("sqlite", item(), item(options=_COUNTS)),
    "numbers may be given twice": pair_of("sqlite", item(options=_COUNTS), item()),
    "numbers are never given twice when their table comes back": _with_owner(item(options=_COUNTS), _OWNER),
    "a key that counts moves away": pair_of(
        "sqlite",
        item(Col("x", "integer", nullable=False), options=_COUNTS),
        replace(item(Col("x", "integer", nullable=False)), key=("x",)),
    ),
    "a key and what points to it get another type": pair_of(
        "postgresql",
        item(Col("up", "uuid"), ident=Col("id", "uuid", nullable=False), fks=(Fk(("up",), "item", ("id",), "fk"),)),
        item(
            Col("up", "uuid text"),
            ident=Col("id", "uuid text", nullable=False),
            fks=(Fk(("up",), "item", ("id",), "fk"),),
        ),
    ),
    "a generated column that is none any more is of another type": pair_of(
        "postgresql", item(Col("x", "bigint", computed=("({0} + 1)", "tag"))), item(Col("x", "interval"))
    ),
    "a table comes back with names by a convention": Pair(
        Models("sqlite", (item(checks=(Check("{0} > 0", "tag", "a"),)), _OWNER), convention=True),
        Models("sqlite", (_OWNER,), convention=True),
    ),
    "a table goes that points to one that stays": _with_owner(
        item(Col("up", "integer"), fks=(Fk(("up",), "owner", ("id",)),)), _OWNER
    ),
    "a text becomes an enumeration with a name in quotes": _typed(),
    "an array comes back": _dropped("postgresql", Col("x", "ints", nullable=False)),
    "a range comes back": _dropped("postgresql", Col("x", "range", nullable=False)),
    "bits come back": _dropped("postgresql", Col("x", "bits", nullable=False)),
    "an address comes back": _dropped("postgresql", Col("x", "inet", nullable=False)),
    "a comment comes back": _dropped("postgresql", _NOTED),
    "a numbered key is renamed and narrowed": pair_of(
        "postgresql",
        item(),
        item(ident=Col("no", "smallint", nullable=False)),
        renames=(("item.id", "item.no"),),
    ),
    "a key column gets a name in quotes": pair_of(
        "mariadb",
        item(),
        item(ident=Col("with space", "integer", nullable=False)),
        renames=(("item.id", "item.with space"),),
    ),
    "a key column has a name in quotes": pair_of(
        "mariadb",
        item(ident=Col("with space", "integer", nullable=False)),
        item(),
        renames=(("item.with space", "item.id"),),
    ),
    "a new table points to a new key": pair_of(
        "postgresql",
        item(),
        replace(item(), key=("id", "tag")),
        Tab(
            "order",
            (ID, TAG, Col("a", "integer"), Col("b", "integer")),
            ("id",),
            fks=(Fk(("a", "b"), "item", ("id", "tag"), "fk_order"),),
        ),
    ),
    "an index on a column that is computed in another way": pair_of(
        "postgresql",
        item(Col("x", "bigint", computed=("({0} + 1)", "tag")), indexes=(Index("ix_x", (("x", ""),)),)),
        item(Col("x", "bigint", computed=("({0} * 2)", "tag")), indexes=(Index("ix_x", (("x", ""),)),)),
    ),
    "an enumeration gets its check": _checked("mariadb"),
    "an enumeration gets its check there too": _checked("postgresql"),
    "what becomes a generated column was of another type": pair_of(
        "mariadb", item(Col("x", "datetime")), item(Col("x", "bigint", computed=("({0} + 1)", "tag")))
    ),
    "a check that a convention named is dropped": pair_of(
        "postgresql", item(checks=(Check("{0} > 0", "tag", "a"),)), item(), convention=True
    ),
    "a check that a convention named is dropped there too": pair_of(
        "mariadb", item(checks=(Check("{0} > 0", "tag", "a"),)), item(), convention=True
    ),
    "a check that a convention named is dropped here too": pair_of(
        "sqlite", item(checks=(Check("{0} > 0", "tag", "a"),)), item(), convention=True
    ),
    "an unnamed check goes with a column with a space": pair_of(
        "sqlite", item(Col("with space", "integer"), checks=(Check("{0} > 0", "with space"),)), item()
    ),
    "one of two unnamed checks goes whose columns both are words of the table's name": pair_of(
        "sqlite",
        Tab("a_b", _A_B, ("id",), checks=(Check("{0} > 0", "a"), Check("{0} > 0", "b"))),
        Tab("a_b", _A_B, ("id",), checks=(Check("{0} > 0", "b"),)),
    ),
    "an unnamed check goes that names no column": pair_of("sqlite", item(checks=(Check("1 = 1", "tag"),)), item()),
    "an index comes back on a column that is named as a keyword by then": pair_of(
        "sqlite",
        item(Col("a", "integer"), Col("x", "integer"), indexes=(Index("ix", (("a", "DESC"), ("x", ""))),)),
        item(Col("group", "integer")),
        renames=(("item.a", "item.group"),),
    ),
    "what becomes a generated column had to have values and a default": pair_of(
        "sqlite",
        item(Col("a", "string20"), Col("x", "string50", nullable=False, default="y")),
        item(Col("a", "string20"), Col("x", "string50", computed=("upper({0})", "a"), stored=False)),
    ),
    **{
        f"an enumeration that cannot be empty comes back with its check on {server}": _gone(server, "checked")
        for server in ("sqlite", "mariadb", "postgresql")
    },
    "an enumeration with a check becomes a generated column": Pair(
        *(
            Models("sqlite", (item(one),), (replace(_COLOR, style="checked"),))
            for one in (Col("x", "enum color", False), Col("x", "bigint", computed=("({0} + 1)", "tag"), stored=False))
        )
    ),
    "a column goes with what is computed from it": pair_of(
        "mariadb", item(Col("a", "integer"), Col("x", "bigint", computed=("({0} + 1)", "a"), stored=False)), item()
    ),
    "a computed column comes back beside one that is computed in another way": pair_of(
        "sqlite", item(_PLUS, Col("b", "bigint", computed=("({0} * 2)", "tag"))), item(_PLUS)
    ),
    **{
        f"a key moves away, and has another name there, on {server}": pair_of(
            server, item(_NAME), replace(item(_NAME), key=("name",), key_name="item_key")
        )
        for server in ("sqlite", "postgresql", "mariadb")
    },
    "a column may be empty that was in the key": pair_of(
        "mariadb",
        replace(item(_NAME), key=("tag", "id")),
        replace(item(_NAME, ident=Col("id", "integer")), key=("name",)),
    ),
    "a key gets another type that takes telling": pair_of(
        "mariadb", item(ident=Col("id", "uuid", nullable=False)), item(ident=Col("id", "uuid text", nullable=False))
    ),
    "a table without rowids comes back": _with_owner(item(indexes=(_DESC,), options=_BARE), _OWNER),
    "a trigger reads a column that is computed from then on": Pair(
        *(
            Models("sqlite", (item(one),), extras=(Trigger("seen", "item", ("x",)),))
            for one in (Col("x", "integer"), Col("x", "bigint", computed=("({0} + 1)", "tag")))
        )
    ),
    "a key says what happens on a conflict": pair_of("sqlite", item(key_conflict="FAIL"), item()),
    "a key is to say what happens on a conflict": pair_of("sqlite", item(), item(key_conflict="REPLACE")),
    "a table comes back whose key says what happens on a conflict": _with_owner(item(key_conflict="FAIL"), _OWNER),
    "a table comes back with a rule that says what happens on a conflict": _with_owner(
        item(uniques=(Unique(("tag",), "uq", conflict="IGNORE"),)), _OWNER
    ),
    "a filled column says what happens to those without a value": pair_of(
        "sqlite", item(), item(Col("x", "integer", nullable=False, conflict="FAIL"))
    ),
    "a table of a keyword's name loses its trigger": Pair(
        Models("mariadb", (Tab("order", (ID, TAG), ("id",)),), extras=(Trigger("key", "order", ("id",)),)),
        Models("mariadb", (Tab("order", (ID, TAG), ("id",)),)),
    ),
    "a table gets blocks of another size": pair_of(
        "mariadb",
        item(indexes=(Index("ix_tag", (("tag", ""),)),)),
        item(indexes=(Index("ix_tag", (("tag", ""),)),), options=PACKED),
    ),
    "the columns of a key change that says what happens on a conflict": pair_of(
        "sqlite",
        item(options=_BARE, key_conflict="REPLACE"),
        replace(item(options=_BARE, key_conflict="REPLACE"), key=("tag", "id")),
    ),
    "a table without rowids comes back that points to another": _with_owner(
        item(Col("up", "integer"), fks=_BOTH, options=_BARE), _OWNER
    ),
    "bytes come back in a strict table": pair_of(
        "sqlite", item(Col("x", "binary", nullable=False), options=_STRICT), item(options=_STRICT)
    ),
    "a table that may not be without a key gets another, and a column to fill": pair_of(
        "sqlite",
        item(Col("x", "integer", nullable=False), options=_BARE),
        replace(item(Col("b", "integer", nullable=False), options=_BARE), key=("tag", "id")),
    ),
    **{
        f"a table comes back with a colon in its check on {server}": Pair(
            Models(server, (item(_NAME, checks=(Check("{0} <> 'y :z'", "name", "ck"),)), _OWNER)),
            Models(server, (_OWNER,)),
        )
        for server in ("sqlite", "postgresql", "mariadb")
    },
    "a table gets another name and another key": Pair(
        Models("postgresql", (item(),)),
        Models("postgresql", (replace(item(), name="product", key=("tag",)),)),
        (("item", "product"),),
    ),
    "a check of a column with a name in quotes comes back": pair_of(
        "postgresql",
        item(Col("with space", "string20"), checks=(Check("{0} IN ('1', '2', '3')", "with space", "ck"),)),
        item(Col("with space", "string20")),
    ),
    "a check that leaves values out comes back": pair_of(
        "postgresql",
        item(Col("x", "string20"), checks=(Check("{0} NOT IN ('it''s', '9')", "x", "ck"),)),
        item(Col("x", "string20")),
    ),
    "an index with a choice of values comes back": pair_of(
        "postgresql",
        item(Col("x", "string20"), indexes=(Index("ix", (("tag", ""),), where=("{0} IN ('1', '2')", "x")),)),
        item(Col("x", "string20")),
    ),
    "a default is told again in its new type": pair_of(
        "postgresql", item(Col("x", "string", default="x")), item(Col("x", "text", default="x"))
    ),
    "several checks without a name, one of which goes": pair_of(
        "postgresql",
        item(checks=(Check("{0} <> 77", "tag"), Check("{0} >= 0", "tag"), Check("{0} < 99", "tag"))),
        item(checks=(Check("{0} >= 0", "tag"), Check("{0} < 99", "tag"))),
    ),
    "an enumeration that has to have a value comes back": Pair(
        Models("postgresql", (item(Col("x", "enum color", nullable=False)),), (_COLOR,)),
        Models("postgresql", (item(),), (replace(_COLOR, labels=("green", "A")),)),
    ),
    "a default goes with its label": _relabelled("red", None, "green", "A"),
    "a default comes with its label": _relabelled(None, "A", "green", "A"),
    "a label takes another's place as a default": _relabelled("red", "A", "green", "A"),
    "a truth becomes a small number": pair_of("postgresql", item(Col("x", "boolean")), item(Col("x", "smallint"))),
    "a text of any case comes with its extension": pair_of(
        "postgresql", item(Col("x", "string20")), item(Col("x", "citext"))
    ),
    "a text of any case goes with its extension": pair_of(
        "postgresql", item(Col("x", "citext", default="x")), item(Col("x", "char", default="x"))
    ),
    "bits of another number": pair_of("postgresql", item(Col("x", "bits")), item(Col("x", "bits varying"))),
    "texts in an array get a length": pair_of("postgresql", item(Col("x", "texts")), item(Col("x", "strings"))),
    "a value comes back that has to be one of some": Pair(
        Models("postgresql", (item(Col("x", "enum color", nullable=False)),), (replace(_COLOR, style="checked"),)),
        Models("postgresql", (item(),), (replace(_COLOR, style="checked"),)),
    ),
    "a text becomes a label with a percent sign": Pair(
        Models("postgresql", (item(Col("x", "text", default="x")),), (replace(_COLOR, labels=("a", "50%")),)),
        Models("postgresql", (item(Col("x", "enum color", default="50%")),), (replace(_COLOR, labels=("a", "50%")),)),
    ),
    "what a column is computed from goes with it": pair_of(
        "postgresql",
        item(Col("a", "string20"), Col("x", "string50", computed=("lower({0})", "a"))),
        item(),
    ),
    "a column is computed from one that changes": pair_of(
        "postgresql",
        item(Col("x", "integer")),
        item(Col("x", "text"), Col("a", "string50", computed=("lower({0})", "x"))),
    ),
    "a table with a choice of values comes back": Pair(
        Models("postgresql", (item(Col("x", "enum color")), _OWNER), (replace(_COLOR, style="checked"),)),
        Models("postgresql", (_OWNER,), (replace(_COLOR, style="checked"),)),
    ),
    "a renamed key column counts no more": pair_of(
        "postgresql",
        item(ident=Col("id", "integer", nullable=False, identity=())),
        replace(item(ident=Col("no", "integer", nullable=False)), key=("no", "tag")),
        renames=(("item.id", "item.no"),),
    ),
    "a key and what points to it get another case": pair_of(
        "postgresql",
        item(
            Col("up", "string20"),
            ident=Col("id", "string20", nullable=False),
            fks=(Fk(("up",), "item", ("id",), "fk"),),
        ),
        item(
            Col("up", "citext"),
            ident=Col("id", "citext", nullable=False),
            fks=(Fk(("up",), "item", ("id",), "fk"),),
        ),
    ),
    "a column is filled in a table with a key that waits": pair_of(
        "postgresql",
        item(Col("up", "integer"), fks=(Fk(("up",), "item", ("id",), "fk", _LATE),)),
        item(
            Col("up", "integer"),
            Col("x", "integer", nullable=False),
            fks=(Fk(("up",), "item", ("id",), "fk", _LATE),),
        ),
    ),
}
