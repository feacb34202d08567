"""The file ``chainrule new`` starts a question with."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.authoring.examples import EXAMPLES
from bot.authoring.head import KINDS
from bot.authoring.loading import load_folder
from bot.authoring.problems import Problems
from bot.authoring.template import template, write_new
from tests.authoring.texts import documented_examples, question_of, sections_of

each_kind = pytest.mark.parametrize("kind", KINDS)


def test_the_examples_are_those_of_the_documentation() -> None:
    assert {question_of(text).kind: text for text in documented_examples()} == EXAMPLES
    assert set(EXAMPLES) == set(KINDS)


@each_kind
def test_a_template_is_the_example_with_an_id_and_comments(kind: str) -> None:
    question = question_of(template("my-own-1", kind))
    assert question.id == "my-own-1"
    assert replace(question, id=question_of(EXAMPLES[kind]).id) == question_of(EXAMPLES[kind])


@each_kind
def test_every_section_and_every_key_is_explained_in_one_line(kind: str) -> None:
    text = template("a", kind)
    lines = text.split("\n")
    for name in sections_of(text):
        below = lines[lines.index(f"## {name}") + 2]
        assert below.startswith("<!-- ")
        assert below.endswith(" -->")
        assert len(below) <= 120
    keys = lines[1 : lines.index("---", 1)]
    assert len(keys) > 6
    assert all("  # " in line or line.startswith("# ") for line in keys)


@each_kind
def test_a_new_file_loads_as_it_is(tmp_path: Path, kind: str) -> None:
    path = write_new(tmp_path, "my-question", kind)
    assert path == tmp_path / "my-question.md"
    loaded = load_folder(tmp_path)
    assert [question.id for question, _ in loaded.questions] == ["my-question"]
    assert loaded.problems == ()


REFUSED = [
    ("../escape", "code", "`../escape` cannot be an id; use lower-case words joined by hyphens"),
    ("/etc/passwd", "code", "`/etc/passwd` cannot be an id"),
    ("a/b", "code", "`a/b` cannot be an id"),
    ("", "code", "`` cannot be an id"),
    ("Two Words", "code", "`Two Words` cannot be an id"),
    ("a\nb", "code", "`a b` cannot be an id"),
    ("a" * 61, "code", f"`{'a' * 39}…` cannot be an id; use lower-case words joined by hyphens, at most 60 characters"),
    ("my-question", "cod", "`cod` is no kind of question; did you mean `code`?"),
    ("taken", "code", "the file is there already; choose another id, or edit that file"),
]


@pytest.mark.parametrize(("name", "kind", "told"), REFUSED)
def test_what_cannot_be_written_is_told_and_changes_nothing(tmp_path: Path, name: str, kind: str, told: str) -> None:
    folder = tmp_path / "questions"
    folder.mkdir()
    (folder / "taken.md").write_text("mine")
    outcome = write_new(folder, name, kind)
    assert isinstance(outcome, Problems)
    (problem,) = outcome.problems
    place = f"{folder}/taken.md: " if name == "taken" else ""
    assert str(problem).startswith(place + told)
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("*.md")] == [Path("questions/taken.md")]
    assert (folder / "taken.md").read_text() == "mine"


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "linked.md").symlink_to(tmp_path / "elsewhere")
    assert isinstance(write_new(tmp_path, "linked", "code"), Problems)
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    outcome = write_new(tmp_path / "nowhere", "a", "value")
    assert isinstance(outcome, Problems)
    assert "cannot be written (No such file or directory); name a folder that is there and yours" in str(outcome)


@pytest.mark.parametrize(("name", "kind"), [("../a", "code"), ("a", "codes")])
def test_there_is_no_template_of_what_is_no_question(name: str, kind: str) -> None:
    with pytest.raises(ValueError, match="no template"):
        template(name, kind)
