"""Scripts' bodies as cases that words are made of."""

from tests.hazards.stage import FILE, Stage, source_of
from whimbrel.hazards import Case, Server, text_of_script


def case_of(stage: Stage, body: str, before: str = "") -> Case:
    """Run the body of a script's `upgrade`, and return all that is known of it."""
    seen = stage.observe(body, before)
    text = text_of_script(source_of(body), FILE)
    return Case("rev", FILE, text, tuple(seen.statements), seen.before, Server(seen.kind, seen.version))
