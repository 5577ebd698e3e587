"""Pairs that once went wrong because something is made again while something else changes, or twice."""

from tests.drawn.extras import View
from tests.drawn.found import ID, PACKED, TAG, item, pair_of
from tests.drawn.models import Check, Col, Enumeration, Fk, Index, Models, Pair, Tab, Unique

_UPPER = Col("x", "string50", computed=("upper({0})", "a"))
_COALESCED = Index("ix", (("tag", ""), ("a", "coalesce({0}, 'it''s')")))
_SOME = Check("{0} IN ('1', '2', '3') OR {0} <> 'y'", "id", "ck")
_SEEN = (View("seen", "item", ("x",)),)
_UP = Col("up", "integer", nullable=False)
_OWNER = Tab("owner", (ID, TAG, _UP), ("id",), fks=(Fk(("up", "tag"), "item", ("id", "tag"), name="fk"),))
_NOT_Q = Check("{0} <> 'q'", "x", "ck")


AGAIN: dict[str, Pair] = {
    "a column is computed from one that changes, with an index on both": pair_of(
        "postgresql",
        item(Col("a", "citext"), _UPPER, indexes=(Index("ix", (("a", ""), ("x", ""))),)),
        item(Col("a", "string50"), _UPPER, indexes=(Index("ix", (("a", ""), ("x", ""))),)),
    ),
    "a column is computed from one of any case, and an index goes through its extension": pair_of(
        "postgresql",
        item(Col("a", "citext"), _UPPER, indexes=(_COALESCED,)),
        item(Col("a", "string50"), _UPPER, indexes=(_COALESCED,)),
    ),
    "a column is computed from one that changes its name and its type": pair_of(
        "postgresql",
        item(Col("b", "bigint"), Col("x", "bigint", computed=("({0} * 2)", "b"))),
        item(Col("size", "integer"), Col("x", "bigint", computed=("({0} * 2)", "size"))),
        renames=(("item.b", "item.size"),),
    ),
    "a column with a choice of values gets another length": pair_of(
        "postgresql",
        *(
            item(ident=Col("id", kind, nullable=False), checks=(_SOME, Check("{0} <> 77", "tag")))
            for kind in ("string20", "unicode")
        ),
    ),
    "a column is computed in the place of one that has to have a value": pair_of(
        "mariadb",
        item(Col("x", "bigint", nullable=False)),
        item(Col("x", "bigint", computed=("({0} * 2)", "tag"), stored=False)),
    ),
    "both ends of a key without a name get another type": pair_of(
        "mariadb",
        *(
            item(Col("up", kind), ident=Col("id", kind, nullable=False), fks=(Fk(("up",), "item", ("id",)),))
            for kind in ("string20", "unicode")
        ),
    ),
    "a column with a check and a view on it is computed from one that changes": Pair(
        Models("postgresql", (item(Col("a", "string20"), _UPPER, checks=(_NOT_Q,)),), extras=_SEEN),
        Models("postgresql", (item(Col("a", "citext"), _UPPER, checks=(_NOT_Q,)),), extras=_SEEN),
    ),
    "an index with a choice of values stands on a column that gets another length": pair_of(
        "postgresql",
        *(
            item(Col("x", kind), indexes=(Index("ix", (("tag", ""),), where=("{0} IN ('1', '2')", "x")),))
            for kind in ("string20", "unicode")
        ),
    ),
    "a column with a check is computed from now on": pair_of(
        "postgresql",
        item(Col("x", "bigint"), checks=(Check("{0} <> 5555", "x", "ck"),)),
        item(Col("x", "bigint", computed=("({0} * 2)", "tag")), checks=(Check("{0} <> 5555", "x", "ck"),)),
    ),
    "one type comes while another gets a value": Pair(
        Models(
            "postgresql",
            (item(Col("x", "enum color")),),
            (Enumeration("color", ("red", "A"), style="varchar"), Enumeration("level", ("green", "red"))),
        ),
        Models(
            "postgresql",
            (item(Col("x", "enum color")),),
            (Enumeration("color", ("red", "A")), Enumeration("level", ("green", "50%", "red"))),
        ),
    ),
    "a table comes with a unique constraint without a name on a column in quotes": pair_of(
        "mariadb",
        item(),
        item(),
        Tab("owner", (ID, TAG, Col("é", "double")), ("id",), uniques=(Unique(("tag", "é")),)),
    ),
    "a computed column goes while what it is computed from gets another type": pair_of(
        "postgresql",
        item(Col("a", "string C"), Col("x", "string50", computed=("upper({0})", "a"))),
        item(Col("a", "string20")),
    ),
    "a computed column comes while what it is computed from gets another type": pair_of(
        "postgresql",
        item(Col("a", "string20")),
        item(Col("a", "string C"), Col("x", "string50", computed=("upper({0})", "a"))),
    ),
    "a column is computed otherwise, as what it is computed from gets another type": pair_of(
        "postgresql",
        item(
            Col("a", "text"), Col("x", "string50", computed=("lower({0})", "a")), indexes=(Index("ix", (("x", ""),)),)
        ),
        item(
            Col("a", "string20"),
            Col("x", "string50", computed=("lower({0})", "a"), comment="new"),
            indexes=(Index("ix", (("x", ""),)),),
        ),
    ),
    "a computed column gets another type with what it is computed from": pair_of(
        "postgresql",
        *(item(Col("a", kind), Col("x", kind, computed=("({0} * 2)", "a"))) for kind in ("integer", "bigint")),
    ),
    "a column is no more computed from one that gets another type": pair_of(
        "postgresql",
        item(Col("a", "integer"), Col("x", "bigint", computed=("({0} * 2)", "a"))),
        item(Col("a", "bigint"), Col("x", "bigint")),
    ),
    "a column comes to be computed from one that gets another type": pair_of(
        "postgresql",
        item(Col("b", "integer"), Col("a", "bigint")),
        item(Col("b", "bigint"), Col("a", "bigint", computed=("({0} * 2)", "b"))),
    ),
    "a column leaves the primary key and is computed from now on": pair_of(
        "mariadb",
        Tab("item", (ID, TAG), ("id", "tag")),
        Tab("item", (Col("id", "bigint", computed=("({0} * 2)", "tag"), stored=False), TAG), ("tag",)),
    ),
    "a primary key changes while its table loses the size of its blocks": pair_of(
        "mariadb",
        Tab("item", (ID, TAG), ("id",), indexes=(Index("ix", (("tag", ""),)),), options=PACKED),
        Tab("item", (ID, TAG), ("id", "tag"), indexes=(Index("ix", (("tag", ""),)),)),
    ),
    "a primary key changes while its table gets another size of its blocks": pair_of(
        "mariadb",
        Tab("item", (ID, TAG), ("id",), options=PACKED),
        Tab("item", (ID, TAG), ("id", "tag"), options=(PACKED[0], ("mysql_key_block_size", "4"))),
    ),
    "a primary key changes while its table gets a size of its blocks": pair_of(
        "mariadb", Tab("item", (ID, TAG), ("id", "tag")), Tab("item", (ID, TAG), ("tag",), options=PACKED)
    ),
    "a primary key is sorted otherwise while another table comes to point to it": pair_of(
        "postgresql",
        Tab("item", (ID, TAG), ("tag", "id")),
        Tab("item", (ID, TAG), ("id", "tag")),
        _OWNER,
    ),
    "a primary key is sorted otherwise while another table that pointed to it goes": Pair(
        Models("postgresql", (Tab("item", (ID, TAG), ("tag", "id")), _OWNER)),
        Models("postgresql", (Tab("item", (ID, TAG), ("id", "tag")),)),
    ),
}
