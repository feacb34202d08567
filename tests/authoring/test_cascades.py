"""One mistake is one problem: what it makes uncertain is not told as well."""

import pytest

from bot.authoring.front_matter import MAX_CHARACTERS
from tests.authoring.test_broken_sections import FILES
from tests.authoring.test_personal import PARAMS, personal
from tests.authoring.texts import CHOICE, CODE, FENCE, VALUE, line_of, problems_of, with_body, with_keys, with_section

PROBED = FILES["code"].replace("observe: [result, grad(scale), grad(a)]", "observe: [steps, grad(x)]")
OBSERVED = "observe: [result, grad(scale), grad(a)]"
CLASS = CODE.replace("def scaled_dot(a, b, scale):\n    return", "class scaled_dot:\n    x =")
STARTER = FENCE.format("def scale_dot(a, b, scale):\n    return a")

# A file, what is broken in it, and the start of the one line that is told, with words from what is told there.
ONE_MISTAKE = [
    # The head could not be read whole.
    (personal().replace(PARAMS, f"\t{PARAMS}"), "\tparams", "a tab in the front matter; write spaces"),
    (personal().replace(PARAMS, PARAMS.replace(": [", ":\t[", 1)), "params", "a tab in the front matter; write spaces"),
    (VALUE.replace("kind: value", "kind:\tvalue"), "kind", "a tab in the front matter; write spaces"),
    (VALUE.replace("level: easy", "level:\teasy"), "level", "a tab in the front matter; write spaces"),
    (VALUE.replace("level: easy", "level: easy\t# for now"), "level", "a tab in the front matter; write spaces"),
    (CODE.replace("entry:", "\tentry:"), "\tentry", "a tab in the front matter; write spaces"),
    (CODE.replace("kind: code", "\tkind: code"), "\tkind", "a tab in the front matter; write spaces"),
    (PROBED.replace("observe:", "\tobserve:"), "\tobserve", "a tab in the front matter; write spaces"),
    (with_keys(CODE, "trust: [grad(a)]").replace(OBSERVED, f"\t{OBSERVED}"), "\tobserve", "a tab in the front matter"),
    (personal().replace(PARAMS, f"kind: value\n{PARAMS[:-1]}").replace("\nkind: value\nlevel", "\nlevel"), "id",
     "the front matter is not YAML"),
    (with_keys(CODE, "trust: [grad(a)]").replace(OBSERVED, OBSERVED[:-1]), "backward", "is not YAML"),
    (VALUE.replace("level:", "  level:"), "  level", "is not YAML"),
    (VALUE.replace("title:", f"# {'a' * MAX_CHARACTERS}\ntitle:"), "---", "the front matter is longer than"),
    # A key or section that is misspelt.
    (VALUE.replace("level:", "levle:"), "levle", "did you mean `level`?"),
    (VALUE.replace("kind:", "knid:"), "knid", "unknown key `knid`; did you mean `kind`?"),
    (VALUE.replace("kind: value", "kind: valeu"), "kind", "`kind` is `valeu`; did you mean `value`?"),
    (CODE.replace("entry:", "entri:"), "entri", "did you mean `entry`?"),
    (PROBED.replace("observe:", "obsrve:"), "obsrve", "unknown key `obsrve`; did you mean `observe`?"),
    (with_keys(CODE, "trust: [grad(a)]").replace("observe:", "obsrve:"), "obsrve", "did you mean `observe`?"),
    (with_keys(CODE, "zero: [grad(a)]").replace("[result, grad(scale), grad(a)]", "[grad(scale), grad(a.b)]"),
     "observe", "`observe` contains `grad(a.b)`"),
    (personal().replace("params:", "parms:"), "parms", "unknown key `parms`; did you mean `params`?"),
    (personal("params: [a, b]"), "params", "`params` needs names of its own"),
    (PROBED.replace("## Probe", "## Prob"), "## Prob", "unknown section `Prob`; did you mean `Probe`?"),
    (PROBED.replace("## Starter", "<!-- Comes next.\n\n## Starter"), "<!-- Comes", "this comment is never closed"),
    (VALUE.replace("## Solution", "## Solutions"), "## Solutions", "did you mean `Solution`?"),
    (CHOICE.replace("## Options", "## Option"), "## Option", "did you mean `Options`?"),
    (CODE.replace("## Inputs", "## Inptus"), "## Inptus", "did you mean `Inputs`?"),
    # The entry.
    (CODE.replace("entry: scaled_dot", "entry: scale_dto"), "entry", "`scale_dto`; did you mean `scaled_dot`?"),
    (CLASS.replace("entry: scaled_dot", "entry: Scaled_dots"), "entry", "did you mean `scaled_dot`?"),
    (CODE.replace("entry: scaled_dot", "entry: f"), "entry",
     "no code defines `f`; the starter, the solution and the wrong answers define `scaled_dot`: name what"),
    (CODE.replace("def scaled_dot", "    def scaled_dot"), "entry",
     "no code defines `scaled_dot`; write `def scaled_dot(…):` or `class scaled_dot:` in the starter, the"),
    (with_body(CODE, "Starter", STARTER), "```python\ndef scale_dot", "write `def scaled_dot(…):`, not indented"),
    (with_body(CLASS, "Starter", STARTER), "```python\ndef scale_dot", "write `class scaled_dot:`, not indented"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "start", "told"), ONE_MISTAKE, ids=range(len(ONE_MISTAKE)))
def test_one_mistake_is_told_once_where_it_stands(text: str, start: str, told: str) -> None:
    (problem,) = problems_of(text)
    place = text.count("\n", 0, text.index(start)) + 1 if "\n" in start else line_of(text, start)
    assert problem.startswith(f"q.md:{place}: ")
    assert told in problem


def test_every_tab_of_the_front_matter_is_told_and_everything_else_as_well() -> None:
    text = CODE.replace("level:", "level:\t").replace("time_limit: 5", "time_limit:\t99").replace("id: ", "id: A")
    assert [problem.partition("; ")[0] for problem in problems_of(text)] == [
        "q.md:3: `id` is `Ascaled-dot`",
        "q.md:6: a tab in the front matter",
        "q.md:11: a tab in the front matter",
        "q.md:11: `time_limit` is `99`",
    ]


TWO_MISTAKES = [
    (PROBED.replace("observe:", "colour:"), "unknown key `colour`", "`observe` is missing; with a probe"),
    (VALUE.replace("level:", "colour:"), "unknown key `colour`; known are", "the key `level` is missing"),
    (VALUE.replace("## Hints", "## Zebra"), "unknown section `Zebra`; known are", "the section `## Hints` is missing"),
    (with_section(CODE, "Snipet", "x").replace("## Hints", "## Zebra"), "`Snipet`; known are", "`## Hints` is missing"),
    (CODE.replace("entry: scaled_dot", "entry: f").replace("def inputs", "def input"), "no code defines `f`", "inputs"),
]


@pytest.mark.parametrize(("text", "one", "other"), TWO_MISTAKES, ids=range(len(TWO_MISTAKES)))
def test_what_is_certainly_wrong_besides_is_told_too(text: str, one: str, other: str) -> None:
    told = problems_of(text)
    assert [problem for problem in told if one in problem]
    assert [problem for problem in told if other in problem and one not in problem]
