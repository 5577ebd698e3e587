"""A text of several lines is written so that it runs letter for letter: white space is part of what a server keeps."""

import pytest
import sqlalchemy as sa

from tests.asking.stage import Models, Stage

TEXTS = {
    "sqlite": """\
CREATE TRIGGER noted AFTER INSERT ON item
BEGIN
  UPDATE item SET word = 'it''s  {0}
{1}', number = {2}
  WHERE id = NEW.id;
END""",
    "postgresql": """\
CREATE FUNCTION noted() RETURNS text LANGUAGE plpgsql AS $$
begin

  return 'it''s  {0}
{1}{2}';
end
$$""",
    "mariadb": """\
CREATE TRIGGER noted BEFORE INSERT ON item FOR EACH ROW
BEGIN
  SET NEW.word = 'it''s  {0}
{1}', NEW.number = {2};
END""",
}


def with_text(text: str, *parts: object) -> Models:
    """Return models of which an event makes something that has a text."""

    def models(metadata: sa.MetaData) -> None:
        columns = sa.Column("id", sa.Integer, primary_key=True), sa.Column("word", sa.String(40))
        item = sa.Table("item", metadata, *columns, sa.Column("number", sa.Integer))
        sa.event.listen(item, "after_create", sa.DDL(text.format(*parts).replace("%", "%%")))

    return models


@pytest.mark.parametrize("parts", [("", ""), ("  ", ' "quoted" %s'), ('"""', " :name \\\\ \t.")])
def test_a_text_of_several_lines_is_made_and_comes_back_letter_for_letter(
    stage: Stage, backend: str, parts: tuple[str, str]
) -> None:
    first, second = (with_text(TEXTS[backend], *parts, number) for number in (1, 2))
    stage.begin(first)
    assert stage.migrate(first).scripts == ()
    before = stage.database.schema()

    stage.migrate(second)
    stage.upgrade(second)
    assert stage.migrate(second).scripts == ()
    stage.downgrade(second)
    assert stage.database.schema() == before
    assert max(map(len, stage.scripts[-1].read_text().splitlines())) < 100, "a person can read it"
