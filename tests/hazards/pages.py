"""The pages about hazards, with bad and good examples; `python -m tests.hazards.pages` writes the outputs anew."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.hazards.stage import Stage
from tests.support.databases import create_database
from whimbrel.cli.show_hazards import lines_of
from whimbrel.hazards import Hazard, Size

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "hazards"
_OUTPUT = re.compile(r"^```text\n.*?^```$", re.M | re.S)
_BLOCK = re.compile(r'^```(\w+)(?: title="(\w+), (bad|good|before)")?\n(.*?)^```$', re.M | re.S)
# What no script can say: the runner's settings, and the server that is judged for.
SPECIAL = {
    "no-lock-timeout": {"lock_timeout": 0.0},
    "no-statement-timeout": {"sizes": {"users": Size(2_000_000, 500 * 2**20)}},
    "index-may-lack-rows": {"version": "14.2"},
}


@dataclass(frozen=True, slots=True)
class Example:
    """One section of a page."""

    page: str
    rule: str
    server: str
    before: str
    bad: str
    output: str
    good: str

    def hazards(self, stage: Stage, body: str) -> list[Hazard]:
        """Return the hazards of a script, of this rule alone."""
        found = stage.hazards(body, self.before, **SPECIAL.get(self.rule, {}))  # type: ignore[arg-type]
        return [one for one in found if one.rule == self.rule]


def examples() -> Iterator[Example]:
    """Read the examples of all pages."""
    for page in sorted(FOLDER.glob("*.md")):
        for section in page.read_text("utf-8").split("\n## ")[1:]:
            rule = section.splitlines()[0]
            parts = {title or language: (server, body) for language, server, title, body in _BLOCK.findall(section)}
            if "bad" not in parts:
                continue  # what no single script can show
            server, bad = parts["bad"]
            before = parts.get("before", ("", ""))[1]
            yield Example(page.stem, rule, server, before, bad.rstrip(), parts["text"][1], parts["good"][1].rstrip())


def shown(hazards: list[Hazard]) -> str:
    """Return what is printed of hazards."""
    return "".join("\n".join(lines_of(one)) + "\n" for one in hazards)


def write() -> None:
    """Put the outputs of the bad examples into the pages, as they are now."""
    with tempfile.TemporaryDirectory() as folder:
        databases = {kind: create_database(kind, Path(folder)) for kind in ("postgresql", "mariadb", "sqlite")}
        stages = {kind: Stage(database) for kind, database in databases.items()}
        for one in examples():
            page = FOLDER / f"{one.page}.md"
            head, rule, rest = page.read_text("utf-8").partition(f"\n## {one.rule}\n")
            printed = f"```text\n{shown(one.hazards(stages[one.server], one.bad))}```"
            old = _OUTPUT.search(rest)
            assert old is not None, f"the section of {one.rule} shows no output"
            new = rest[: old.start()] + printed + rest[old.end() :]
            page.write_text(head + rule + new, encoding="utf-8")
        for database in databases.values():
            database.drop()


if __name__ == "__main__":
    write()
