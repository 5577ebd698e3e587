"""Pairs that once went wrong, as small as they get."""

from dataclasses import replace

from tests.drawn.models import Check, Col, Enumeration, Fk, Index, Models, Pair, Tab, Trigger, Unique

ID, TAG = Col("id", "integer", nullable=False), Col("tag", "integer", nullable=False)


def _item(*columns: Col, ident: Col = ID, **parts: object) -> Tab:
    return Tab("item", (ident, TAG, *columns), (ident.name,), **parts)  # type: ignore[arg-type]


def _pair(server: str, before: Tab, *after: Tab, renames: tuple[tuple[str, str], ...] = (), **said: object) -> Pair:
    models = Models(server, (before,), **said)  # type: ignore[arg-type]
    return Pair(models, replace(models, tables=after), renames)


def _dropped(server: str, column: Col) -> Pair:
    return _pair(server, _item(column), _item())


_COLOR = Enumeration("color", ("red", "green"))
_PLAIN = _item(Col("x", "enum color"))
_NOTED = Col("x", "string20", nullable=False, comment="what it is")
_DESC = Index("ix_item", (("tag", "DESC"),))
_COUNTS = (("sqlite_autoincrement", True),)
_PACKED = (("mysql_row_format", "COMPRESSED"), ("mysql_key_block_size", "8"))
_BARE, _STRICT = (("sqlite_with_rowid", False),), (("sqlite_strict", True),)
_BOTH = (Fk(("up",), "owner", ("id",), "fk", (("ondelete", "CASCADE"), ("onupdate", "CASCADE"))),)
_PLUS = Col("a", "bigint", computed=("({0} + 1)", "tag"), stored=False)
_NAME = Col("name", "string20", nullable=False)
_A_B = (ID, TAG, Col("a", "integer"), Col("b", "integer"))
_LATE = (("deferrable", True), ("initially", "DEFERRED"))
_UPPER = Col("x", "string50", computed=("upper({0})", "a"))
_COALESCED = Index("ix", (("tag", ""), ("a", "coalesce({0}, 'it''s')")))
_SOME = Check("{0} IN ('1', '2', '3') OR {0} <> 'y'", "id", "ck")
_OWNER = Tab("owner", (ID, TAG), ("id",))


def _checked(server: str) -> Pair:
    before = Models(server, (_PLAIN,), (replace(_COLOR, style="varchar"),))
    return Pair(before, replace(before, enums=(replace(_COLOR, style="checked"),)))


def _gone(server: str, style: str) -> Pair:
    before = Models(server, (_item(Col("x", "enum color", nullable=False)),), (replace(_COLOR, style=style),))
    return Pair(before, replace(before, tables=(_item(),)))


def _typed() -> Pair:
    before = Models("postgresql", (_item(Col("x", "enum Mood")),), (Enumeration("Mood", ("a", "b"), "varchar"),))
    return Pair(before, replace(before, enums=(Enumeration("Mood", ("a", "b")),)))


def _relabelled(before: str | None, after: str | None, *labels: str) -> Pair:
    return Pair(
        Models("postgresql", (_item(Col("x", "enum color", default=before)),), (_COLOR,)),
        Models("postgresql", (_item(Col("x", "enum color", default=after)),), (replace(_COLOR, labels=labels),)),
    )


def _with_owner(before: Tab, *after: Tab) -> Pair:
    models = Models("sqlite", (before, _OWNER))
    return Pair(models, Models("sqlite", after))


FOUND: dict[str, Pair] = {
    "an unnamed unique constraint gets a name": _pair(
        "sqlite", _item(uniques=(Unique(("tag",)),)), _item(uniques=(Unique(("tag",), "uq_tag"),))
    ),
    "an unnamed check gets a name": _pair(
        "sqlite", _item(checks=(Check("{0} > 0", "tag"),)), _item(checks=(Check("{0} > 0", "tag", "ck_tag"),))
    ),
    "a named check loses its name": _pair(
        "sqlite", _item(checks=(Check("{0} > 0", "tag", "ck_tag"),)), _item(checks=(Check("{0} > 0", "tag"),))
    ),
    "an index in descending order comes back with its table": _with_owner(_item(indexes=(_DESC,)), _OWNER),
    "a collation goes again": _pair("sqlite", _item(Col("x", "string20")), _item(Col("x", "string nocase"))),
    "what becomes a generated column had to have values": _pair(
        "sqlite", _item(Col("x", "integer", nullable=False)), _item(Col("x", "bigint", computed=("({0} + 1)", "tag")))
    ),
    "a column has the name of an order": _pair(
        "sqlite", _item(Col("desc", "integer"), indexes=(_DESC,)), _item(indexes=(_DESC,))
    ),
    "numbers are never given twice": _pair("sqlite", _item(), _item(options=_COUNTS)),
    "numbers may be given twice": _pair("sqlite", _item(options=_COUNTS), _item()),
    "numbers are never given twice when their table comes back": _with_owner(_item(options=_COUNTS), _OWNER),
    "a key that counts moves away": _pair(
        "sqlite",
        _item(Col("x", "integer", nullable=False), options=_COUNTS),
        replace(_item(Col("x", "integer", nullable=False)), key=("x",)),
    ),
    "a key and what points to it get another type": _pair(
        "postgresql",
        _item(Col("up", "uuid"), ident=Col("id", "uuid", nullable=False), fks=(Fk(("up",), "item", ("id",), "fk"),)),
        _item(
            Col("up", "uuid text"),
            ident=Col("id", "uuid text", nullable=False),
            fks=(Fk(("up",), "item", ("id",), "fk"),),
        ),
    ),
    "a generated column that is none any more is of another type": _pair(
        "postgresql", _item(Col("x", "bigint", computed=("({0} + 1)", "tag"))), _item(Col("x", "interval"))
    ),
    "a table comes back with names by a convention": Pair(
        Models("sqlite", (_item(checks=(Check("{0} > 0", "tag", "a"),)), _OWNER), convention=True),
        Models("sqlite", (_OWNER,), convention=True),
    ),
    "a table goes that points to one that stays": _with_owner(
        _item(Col("up", "integer"), fks=(Fk(("up",), "owner", ("id",)),)), _OWNER
    ),
    "a text becomes an enumeration with a name in quotes": _typed(),
    "an array comes back": _dropped("postgresql", Col("x", "ints", nullable=False)),
    "a range comes back": _dropped("postgresql", Col("x", "range", nullable=False)),
    "bits come back": _dropped("postgresql", Col("x", "bits", nullable=False)),
    "an address comes back": _dropped("postgresql", Col("x", "inet", nullable=False)),
    "a comment comes back": _dropped("postgresql", _NOTED),
    "a numbered key is renamed and narrowed": _pair(
        "postgresql",
        _item(),
        _item(ident=Col("no", "smallint", nullable=False)),
        renames=(("item.id", "item.no"),),
    ),
    "a key column gets a name in quotes": _pair(
        "mariadb",
        _item(),
        _item(ident=Col("with space", "integer", nullable=False)),
        renames=(("item.id", "item.with space"),),
    ),
    "a key column has a name in quotes": _pair(
        "mariadb",
        _item(ident=Col("with space", "integer", nullable=False)),
        _item(),
        renames=(("item.with space", "item.id"),),
    ),
    "a new table points to a new key": _pair(
        "postgresql",
        _item(),
        replace(_item(), key=("id", "tag")),
        Tab(
            "order",
            (ID, TAG, Col("a", "integer"), Col("b", "integer")),
            ("id",),
            fks=(Fk(("a", "b"), "item", ("id", "tag"), "fk_order"),),
        ),
    ),
    "an index on a column that is computed in another way": _pair(
        "postgresql",
        _item(Col("x", "bigint", computed=("({0} + 1)", "tag")), indexes=(Index("ix_x", (("x", ""),)),)),
        _item(Col("x", "bigint", computed=("({0} * 2)", "tag")), indexes=(Index("ix_x", (("x", ""),)),)),
    ),
    "an enumeration gets its check": _checked("mariadb"),
    "an enumeration gets its check there too": _checked("postgresql"),
    "what becomes a generated column was of another type": _pair(
        "mariadb", _item(Col("x", "datetime")), _item(Col("x", "bigint", computed=("({0} + 1)", "tag")))
    ),
    "a check that a convention named is dropped": _pair(
        "postgresql", _item(checks=(Check("{0} > 0", "tag", "a"),)), _item(), convention=True
    ),
    "a check that a convention named is dropped there too": _pair(
        "mariadb", _item(checks=(Check("{0} > 0", "tag", "a"),)), _item(), convention=True
    ),
    "a check that a convention named is dropped here too": _pair(
        "sqlite", _item(checks=(Check("{0} > 0", "tag", "a"),)), _item(), convention=True
    ),
    "an unnamed check goes with a column with a space": _pair(
        "sqlite", _item(Col("with space", "integer"), checks=(Check("{0} > 0", "with space"),)), _item()
    ),
    "one of two unnamed checks goes whose columns both are words of the table's name": _pair(
        "sqlite",
        Tab("a_b", _A_B, ("id",), checks=(Check("{0} > 0", "a"), Check("{0} > 0", "b"))),
        Tab("a_b", _A_B, ("id",), checks=(Check("{0} > 0", "b"),)),
    ),
    "an unnamed check goes that names no column": _pair("sqlite", _item(checks=(Check("1 = 1", "tag"),)), _item()),
    "an index comes back on a column that is named as a keyword by then": _pair(
        "sqlite",
        _item(Col("a", "integer"), Col("x", "integer"), indexes=(Index("ix", (("a", "DESC"), ("x", ""))),)),
        _item(Col("group", "integer")),
        renames=(("item.a", "item.group"),),
    ),
    "what becomes a generated column had to have values and a default": _pair(
        "sqlite",
        _item(Col("a", "string20"), Col("x", "string50", nullable=False, default="y")),
        _item(Col("a", "string20"), Col("x", "string50", computed=("upper({0})", "a"), stored=False)),
    ),
    **{
        f"an enumeration that cannot be empty comes back with its check on {server}": _gone(server, "checked")
        for server in ("sqlite", "mariadb", "postgresql")
    },
    "an enumeration with a check becomes a generated column": Pair(
        *(
            Models("sqlite", (_item(one),), (replace(_COLOR, style="checked"),))
            for one in (Col("x", "enum color", False), Col("x", "bigint", computed=("({0} + 1)", "tag"), stored=False))
        )
    ),
    "a column goes with what is computed from it": _pair(
        "mariadb", _item(Col("a", "integer"), Col("x", "bigint", computed=("({0} + 1)", "a"), stored=False)), _item()
    ),
    "a computed column comes back beside one that is computed in another way": _pair(
        "sqlite", _item(_PLUS, Col("b", "bigint", computed=("({0} * 2)", "tag"))), _item(_PLUS)
    ),
    **{
        f"a key moves away, and has another name there, on {server}": _pair(
            server, _item(_NAME), replace(_item(_NAME), key=("name",), key_name="item_key")
        )
        for server in ("sqlite", "postgresql", "mariadb")
    },
    "a column may be empty that was in the key": _pair(
        "mariadb",
        replace(_item(_NAME), key=("tag", "id")),
        replace(_item(_NAME, ident=Col("id", "integer")), key=("name",)),
    ),
    "a key gets another type that takes telling": _pair(
        "mariadb", _item(ident=Col("id", "uuid", nullable=False)), _item(ident=Col("id", "uuid text", nullable=False))
    ),
    "a table without rowids comes back": _with_owner(_item(indexes=(_DESC,), options=_BARE), _OWNER),
    "a trigger reads a column that is computed from then on": Pair(
        *(
            Models("sqlite", (_item(one),), extras=(Trigger("seen", "item", ("x",)),))
            for one in (Col("x", "integer"), Col("x", "bigint", computed=("({0} + 1)", "tag")))
        )
    ),
    "a key says what happens on a conflict": _pair("sqlite", _item(key_conflict="FAIL"), _item()),
    "a key is to say what happens on a conflict": _pair("sqlite", _item(), _item(key_conflict="REPLACE")),
    "a table comes back whose key says what happens on a conflict": _with_owner(_item(key_conflict="FAIL"), _OWNER),
    "a table comes back with a rule that says what happens on a conflict": _with_owner(
        _item(uniques=(Unique(("tag",), "uq", conflict="IGNORE"),)), _OWNER
    ),
    "a filled column says what happens to those without a value": _pair(
        "sqlite", _item(), _item(Col("x", "integer", nullable=False, conflict="FAIL"))
    ),
    "a table of a keyword's name loses its trigger": Pair(
        Models("mariadb", (Tab("order", (ID, TAG), ("id",)),), extras=(Trigger("key", "order", ("id",)),)),
        Models("mariadb", (Tab("order", (ID, TAG), ("id",)),)),
    ),
    "a table gets blocks of another size": _pair(
        "mariadb",
        _item(indexes=(Index("ix_tag", (("tag", ""),)),)),
        _item(indexes=(Index("ix_tag", (("tag", ""),)),), options=_PACKED),
    ),
    "the columns of a key change that says what happens on a conflict": _pair(
        "sqlite",
        _item(options=_BARE, key_conflict="REPLACE"),
        replace(_item(options=_BARE, key_conflict="REPLACE"), key=("tag", "id")),
    ),
    "a table without rowids comes back that points to another": _with_owner(
        _item(Col("up", "integer"), fks=_BOTH, options=_BARE), _OWNER
    ),
    "bytes come back in a strict table": _pair(
        "sqlite", _item(Col("x", "binary", nullable=False), options=_STRICT), _item(options=_STRICT)
    ),
    "a table that may not be without a key gets another, and a column to fill": _pair(
        "sqlite",
        _item(Col("x", "integer", nullable=False), options=_BARE),
        replace(_item(Col("b", "integer", nullable=False), options=_BARE), key=("tag", "id")),
    ),
    **{
        f"a table comes back with a colon in its check on {server}": Pair(
            Models(server, (_item(_NAME, checks=(Check("{0} <> 'y :z'", "name", "ck"),)), _OWNER)),
            Models(server, (_OWNER,)),
        )
        for server in ("sqlite", "postgresql", "mariadb")
    },
    "a table gets another name and another key": Pair(
        Models("postgresql", (_item(),)),
        Models("postgresql", (replace(_item(), name="product", key=("tag",)),)),
        (("item", "product"),),
    ),
    "a check of a column with a name in quotes comes back": _pair(
        "postgresql",
        _item(Col("with space", "string20"), checks=(Check("{0} IN ('1', '2', '3')", "with space", "ck"),)),
        _item(Col("with space", "string20")),
    ),
    "a check that leaves values out comes back": _pair(
        "postgresql",
        _item(Col("x", "string20"), checks=(Check("{0} NOT IN ('it''s', '9')", "x", "ck"),)),
        _item(Col("x", "string20")),
    ),
    "an index with a choice of values comes back": _pair(
        "postgresql",
        _item(Col("x", "string20"), indexes=(Index("ix", (("tag", ""),), where=("{0} IN ('1', '2')", "x")),)),
        _item(Col("x", "string20")),
    ),
    "a default is told again in its new type": _pair(
        "postgresql", _item(Col("x", "string", default="x")), _item(Col("x", "text", default="x"))
    ),
    "several checks without a name, one of which goes": _pair(
        "postgresql",
        _item(checks=(Check("{0} <> 77", "tag"), Check("{0} >= 0", "tag"), Check("{0} < 99", "tag"))),
        _item(checks=(Check("{0} >= 0", "tag"), Check("{0} < 99", "tag"))),
    ),
    "an enumeration that has to have a value comes back": Pair(
        Models("postgresql", (_item(Col("x", "enum color", nullable=False)),), (_COLOR,)),
        Models("postgresql", (_item(),), (replace(_COLOR, labels=("green", "A")),)),
    ),
    "a default goes with its label": _relabelled("red", None, "green", "A"),
    "a default comes with its label": _relabelled(None, "A", "green", "A"),
    "a label takes another's place as a default": _relabelled("red", "A", "green", "A"),
    "a truth becomes a small number": _pair("postgresql", _item(Col("x", "boolean")), _item(Col("x", "smallint"))),
    "a text of any case comes with its extension": _pair(
        "postgresql", _item(Col("x", "string20")), _item(Col("x", "citext"))
    ),
    "a text of any case goes with its extension": _pair(
        "postgresql", _item(Col("x", "citext", default="x")), _item(Col("x", "char", default="x"))
    ),
    "bits of another number": _pair("postgresql", _item(Col("x", "bits")), _item(Col("x", "bits varying"))),
    "texts in an array get a length": _pair("postgresql", _item(Col("x", "texts")), _item(Col("x", "strings"))),
    "a value comes back that has to be one of some": Pair(
        Models("postgresql", (_item(Col("x", "enum color", nullable=False)),), (replace(_COLOR, style="checked"),)),
        Models("postgresql", (_item(),), (replace(_COLOR, style="checked"),)),
    ),
    "a text becomes a label with a percent sign": Pair(
        Models("postgresql", (_item(Col("x", "text", default="x")),), (replace(_COLOR, labels=("a", "50%")),)),
        Models("postgresql", (_item(Col("x", "enum color", default="50%")),), (replace(_COLOR, labels=("a", "50%")),)),
    ),
    "what a column is computed from goes with it": _pair(
        "postgresql",
        _item(Col("a", "string20"), Col("x", "string50", computed=("lower({0})", "a"))),
        _item(),
    ),
    "a column is computed from one that changes": _pair(
        "postgresql",
        _item(Col("x", "integer")),
        _item(Col("x", "text"), Col("a", "string50", computed=("lower({0})", "x"))),
    ),
    "a table with a choice of values comes back": Pair(
        Models("postgresql", (_item(Col("x", "enum color")), _OWNER), (replace(_COLOR, style="checked"),)),
        Models("postgresql", (_OWNER,), (replace(_COLOR, style="checked"),)),
    ),
    "a renamed key column counts no more": _pair(
        "postgresql",
        _item(ident=Col("id", "integer", nullable=False, identity=())),
        replace(_item(ident=Col("no", "integer", nullable=False)), key=("no", "tag")),
        renames=(("item.id", "item.no"),),
    ),
    "a key and what points to it get another case": _pair(
        "postgresql",
        _item(
            Col("up", "string20"),
            ident=Col("id", "string20", nullable=False),
            fks=(Fk(("up",), "item", ("id",), "fk"),),
        ),
        _item(
            Col("up", "citext"),
            ident=Col("id", "citext", nullable=False),
            fks=(Fk(("up",), "item", ("id",), "fk"),),
        ),
    ),
    "a column is filled in a table with a key that waits": _pair(
        "postgresql",
        _item(Col("up", "integer"), fks=(Fk(("up",), "item", ("id",), "fk", _LATE),)),
        _item(
            Col("up", "integer"),
            Col("x", "integer", nullable=False),
            fks=(Fk(("up",), "item", ("id",), "fk", _LATE),),
        ),
    ),
    "a column is computed from one that changes, with an index on both": _pair(
        "postgresql",
        _item(Col("a", "citext"), _UPPER, indexes=(Index("ix", (("a", ""), ("x", ""))),)),
        _item(Col("a", "string50"), _UPPER, indexes=(Index("ix", (("a", ""), ("x", ""))),)),
    ),
    "a column is computed from one of any case, and an index goes through its extension": _pair(
        "postgresql",
        _item(Col("a", "citext"), _UPPER, indexes=(_COALESCED,)),
        _item(Col("a", "string50"), _UPPER, indexes=(_COALESCED,)),
    ),
    "a column is computed from one that changes its name and its type": _pair(
        "postgresql",
        _item(Col("b", "bigint"), Col("x", "bigint", computed=("({0} * 2)", "b"))),
        _item(Col("size", "integer"), Col("x", "bigint", computed=("({0} * 2)", "size"))),
        renames=(("item.b", "item.size"),),
    ),
    "a column with a choice of values gets another length": _pair(
        "postgresql",
        *(
            _item(ident=Col("id", kind, nullable=False), checks=(_SOME, Check("{0} <> 77", "tag")))
            for kind in ("string20", "unicode")
        ),
    ),
    "a column is computed in the place of one that has to have a value": _pair(
        "mariadb",
        _item(Col("x", "bigint", nullable=False)),
        _item(Col("x", "bigint", computed=("({0} * 2)", "tag"), stored=False)),
    ),
    "both ends of a key without a name get another type": _pair(
        "mariadb",
        *(
            _item(Col("up", kind), ident=Col("id", kind, nullable=False), fks=(Fk(("up",), "item", ("id",)),))
            for kind in ("string20", "unicode")
        ),
    ),
}
