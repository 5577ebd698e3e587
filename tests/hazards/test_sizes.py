"""What `--against` reads of another database."""

import pytest

from tests.core.shapes import async_url
from tests.support.databases import Database
from whimbrel.commands.sizes import other_database
from whimbrel.errors import OtherDatabaseUnreadable
from whimbrel.hazards import Severity, Size


@pytest.mark.parametrize("is_async", [False, True])
def test_the_sizes_of_a_databases_tables_are_told(database: Database, is_async: bool) -> None:
    database.execute("CREATE TABLE full_one (id int)", "CREATE TABLE empty_one (id int)")
    database.execute("INSERT INTO full_one VALUES " + ", ".join(["(1)"] * 500))
    database.execute("ANALYZE TABLE full_one" if database.kind == "mariadb" else "ANALYZE full_one")
    other = other_database(async_url(database) if is_async else database.url)
    assert other.server.kind == database.kind
    assert other.server.version
    assert other.sizes["full_one"].rows == 500
    assert other.sizes["empty_one"].rows == 0


@pytest.mark.parametrize("url", ["nonsense", "oracle+nothing://secret@host/db"])
def test_what_is_no_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(OtherDatabaseUnreadable) as caught:
        other_database(url)
    assert url not in f"{caught.value.what}{caught.value.why}{caught.value.do}"


@pytest.mark.parametrize(
    ("size", "severity", "words"),
    [
        (Size(), Severity.WARNING, ""),
        (Size(0, 0), Severity.NOTE, " (0 rows, 0 bytes)"),
        (Size(1, None), Severity.NOTE, " (1 row)"),
        (Size(9_999, 8192), Severity.NOTE, " (9,999 rows, 8.0 kB)"),
        (Size(10_000, 3 << 20), Severity.WARNING, " (10,000 rows, 3.0 MB)"),
        (Size(1_000_000, 64 << 20), Severity.ERROR, " (1,000,000 rows, 64 MB)"),
        (Size(20_000, 2 << 30), Severity.ERROR, " (20,000 rows, 2.0 GB)"),
    ],
)
def test_how_bad_it_is_follows_the_size(size: Size, severity: Severity, words: str) -> None:
    assert (size.severity, size.words) == (severity, words)
