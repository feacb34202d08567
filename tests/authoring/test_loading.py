import os
from dataclasses import replace
from pathlib import Path

import pytest

from bot.authoring.loading import load_file, load_folder
from bot.authoring.parsing import digest
from bot.authoring.problems import Problems
from tests.authoring.texts import CODE, VALUE, line_of


def write(folder: Path, **files: str | bytes) -> None:
    for name, content in files.items():
        raw = content.encode() if isinstance(content, str) else content
        (folder / f"{name.replace('_', '-')}.md").write_bytes(raw)


def test_questions_come_by_id_with_their_digests(tmp_path: Path) -> None:
    write(tmp_path, scaled_dot=CODE, mean_gradient=VALUE)
    loaded = load_folder(tmp_path)
    assert loaded.problems == ()
    assert [(question.id, mark) for question, mark in loaded.questions] == [
        ("mean-gradient", digest(VALUE)),
        ("scaled-dot", digest(CODE)),
    ]


def test_two_files_with_one_id_are_both_named_and_the_rightly_named_one_is_kept(tmp_path: Path) -> None:
    write(tmp_path, mean_gradient=VALUE, copy=VALUE)
    loaded = load_folder(tmp_path)
    assert [question.id for question, _ in loaded.questions] == ["mean-gradient"]
    (problem,) = loaded.problems
    assert (problem.file, problem.line) == (str(tmp_path / "copy.md"), line_of(VALUE, "id:"))
    assert str(tmp_path / "mean-gradient.md") in problem.what


def test_of_many_files_with_one_id_each_names_a_few_and_the_one_that_keeps_it(tmp_path: Path) -> None:
    write(tmp_path, **{f"copy{number:02}": VALUE for number in range(20)}, mean_gradient=VALUE)
    loaded = load_folder(tmp_path)
    assert [question.id for question, _ in loaded.questions] == ["mean-gradient"]
    assert len(loaded.problems) == 20
    for problem in loaded.problems:
        named = problem.what.partition(" is also that of ")[2]
        assert named.startswith(f"{tmp_path / 'mean-gradient.md'}, ")
        assert (named.count(".md"), problem.file in named) == (3, False)
        assert named.endswith(" and 17 more")


@pytest.mark.parametrize("kind", ["pipe", "device", "link"])
def test_what_is_no_regular_file_is_told_and_never_waited_for(tmp_path: Path, kind: str) -> None:
    write(tmp_path, mean_gradient=VALUE)
    odd = tmp_path / "odd.md"
    if kind == "device":
        odd.symlink_to("/dev/zero")
    else:
        pipe = tmp_path / ("odd.md" if kind == "pipe" else "pipe")
        os.mkfifo(pipe)
        if kind == "link":
            odd.symlink_to(pipe)
    loaded = load_folder(tmp_path)
    assert [question.id for question, _ in loaded.questions] == ["mean-gradient"]
    (problem,) = loaded.problems
    assert (problem.file, problem.what) == (str(odd), "this is not a file")
    assert load_file(odd) == Problems((problem,))


def test_an_id_that_is_not_the_file_name_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path, other=VALUE)
    loaded = load_folder(tmp_path)
    assert loaded.questions == ()
    assert [problem.mend for problem in loaded.problems] == ["rename the file to `mean-gradient.md`"]
    assert loaded.broken == ("mean-gradient", "other")


def test_a_broken_file_does_not_keep_the_others_out(tmp_path: Path) -> None:
    write(tmp_path, broken=b"\xff\xfe", huge=b"a" * 5_000_000, mean_gradient=VALUE)
    (tmp_path / "folder.md").mkdir()
    loaded = load_folder(tmp_path)
    assert [question.id for question, _ in loaded.questions] == ["mean-gradient"]
    assert {Path(problem.file).name for problem in loaded.problems} == {"broken.md", "folder.md", "huge.md"}
    assert loaded.broken == ("broken", "folder", "huge")


def test_hidden_files_and_other_files_are_no_questions(tmp_path: Path) -> None:
    write(tmp_path, **{".draft": "nothing yet"})
    (tmp_path / "notes.txt").write_text("notes")
    assert load_folder(tmp_path) == load_folder(tmp_path / ".")
    assert load_folder(tmp_path).problems == ()


def test_a_file_whose_digest_is_known_is_taken_as_it_was_read(tmp_path: Path) -> None:
    write(tmp_path, scaled_dot=CODE, mean_gradient=VALUE)
    loaded = load_folder(tmp_path)
    marked = {mark: replace(question, title="known") for question, mark in loaded.questions}
    write(tmp_path, scaled_dot=CODE + "\nOne sentence more.\n")
    again = load_folder(tmp_path, marked)
    assert [question.title for question, _ in again.questions] == ["known", "Fix the scale that learns nothing"]
    assert [mark for _, mark in again.questions] == [digest(VALUE), digest(CODE + "\nOne sentence more.\n")]


def test_a_known_file_under_another_name_is_still_misnamed(tmp_path: Path) -> None:
    write(tmp_path, mean_gradient=VALUE)
    known = {mark: question for question, mark in load_folder(tmp_path).questions}
    (tmp_path / "mean-gradient.md").rename(tmp_path / "other.md")
    (problem,) = load_folder(tmp_path, known).problems
    assert (problem.line, problem.mend) == (line_of(VALUE, "id:"), "rename the file to `mean-gradient.md`")


def test_a_folder_that_is_missing_is_a_problem(tmp_path: Path) -> None:
    (problem,) = load_folder(tmp_path / "nowhere").problems
    assert "nowhere" in problem.file


@pytest.mark.parametrize("change", [lambda raw: b"\xef\xbb\xbf" + raw, lambda raw: raw.replace(b"\n", b"\r\n")])
def test_an_editor_s_line_ends_do_not_make_a_new_version(change) -> None:  # type: ignore[no-untyped-def]
    assert digest(change(VALUE.encode())) == digest(VALUE)
    assert digest(VALUE + " ") != digest(VALUE)
