"""Which kinds of database a run uses, as the environment says it."""

import re
from collections.abc import Mapping

KINDS = ("sqlite", "postgresql", "mariadb", "mysql")
STARTED = ("postgresql", "mariadb")


def url_variable(kind: str) -> str:
    """Name the environment variable that holds the URL of the server of a kind."""
    return f"WHIMBREL_TEST_{kind.upper()}_URL"


def enabled_backends(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Read which kinds take part: `WHIMBREL_TEST_BACKENDS`, a comma list, else all.

    MySQL takes part only where `WHIMBREL_TEST_MYSQL_URL` names a server, for we start none.

    Raises:
        ValueError: a kind that does not exist, or MySQL without a server of its own.
    """
    named = re.split(r"[\s,]+", environ.get("WHIMBREL_TEST_BACKENDS", "").strip(" ,"))
    mysql_url = environ.get(url_variable("mysql"))
    if named == [""]:
        return tuple(kind for kind in KINDS if kind != "mysql" or mysql_url)
    if unknown := sorted(set(named) - set(KINDS)):
        raise ValueError(f"WHIMBREL_TEST_BACKENDS names {', '.join(unknown)}; there are only {', '.join(KINDS)}.")
    if "mysql" in named and not mysql_url:
        raise ValueError(
            "WHIMBREL_TEST_BACKENDS names mysql, but WHIMBREL_TEST_MYSQL_URL names no server to run it on."
        )
    return tuple(kind for kind in KINDS if kind in named)


def kinds_to_start(environ: Mapping[str, str]) -> tuple[str, ...]:
    """List the kinds that take part and have no server yet."""
    return tuple(kind for kind in enabled_backends(environ) if kind in STARTED and not environ.get(url_variable(kind)))
