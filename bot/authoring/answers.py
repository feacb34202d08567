"""What a learner may answer: wrong answers with their messages, and the options of a choice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.authoring.defining import Definition
from bot.authoring.document import Block, Item, Section, split_paragraph
from bot.authoring.problems import Notes, quoted
from bot.authoring.sections import Sections
from bot.core.answers import Unreadable, comparable, read_value
from bot.core.questions import Option, WrongAnswer
from bot.core.words import counted

MIN_WRONG_ANSWERS, MAX_WRONG_ANSWERS = 2, 12
MIN_OPTIONS, MAX_OPTIONS = 3, 6

_MARK = re.compile(r"\[([ xX])\](?:\s+|$)")
_LETTERED = re.compile(r"(?:(?:the )?(?:option|answer|choice)(?: is)?[\s:]*)?[([]?[a-f][])]?")
_OPTION_FORM = "begin each option with `- [x]` if it is right, otherwise with `- [ ]`, and indent its note under it"


@dataclass(frozen=True, slots=True)
class AnswerGroup:
    """One wrong answer as it stands: its ``###`` heading and the blocks under it; ``end`` is 0-based, exclusive."""

    blocks: tuple[Block, ...]
    end: int

    @property
    def line(self) -> int:
        """The 1-based line of its heading."""
        return self.blocks[0].line

    @property
    def fence(self) -> Block | None:
        """The answer; None where no code fence stands right under the heading."""
        return self.blocks[1] if len(self.blocks) > 1 and self.blocks[1].code is not None else None


def wrong_answers(sections: Sections, entry: Definition | None, typed: bool, notes: Notes) -> Iterator[WrongAnswer]:
    """Each ``###`` of the section: a fenced answer, then the message; all of them different.

    An answer defines ``entry`` if that is known; where it is ``typed``, it must read as a value.
    """
    section = sections.get("Wrong answers")
    if section is None:
        return
    groups = tuple(answer_groups(sections))
    if section.blocks and section.blocks[0].depth != 3:
        mend = "begin each wrong answer with `### what it gets wrong`"
        notes.add(section.blocks[0].line, "`## Wrong answers` begins without a `###` heading", mend)
    if len(groups) > MAX_WRONG_ANSWERS:
        what = f"{len(groups)} wrong answers are too many"
        notes.add(section.line, what, f"keep the {MAX_WRONG_ANSWERS} that people give most")
        groups = groups[:MAX_WRONG_ANSWERS]
    if len(groups) < MIN_WRONG_ANSWERS:
        what = f"{counted(len(groups), 'wrong answer')} {'is' if len(groups) == 1 else 'are'} too few"
        notes.add(section.line, what, f"write at least {MIN_WRONG_ANSWERS}, each under `###`")
    fence = sections.fence("Solution")
    seen = {(fence.code or "").strip(): "the solution"} if fence else {}
    told: dict[str, int] = {}
    for group in groups:
        wrong = _wrong_answer(sections, group, entry, notes)
        if typed and group.fence:
            check_typed(group.fence, "this wrong answer", notes)
        key = wrong.answer.strip()
        if key in seen:
            notes.add(group.line, f"this wrong answer is {seen[key]}", "write an answer that differs")
        elif key:
            seen[key] = f"the one at line {group.line} again"
        _check_told(wrong, group.line, told, notes)
        yield wrong


def _check_told(wrong: WrongAnswer, line: int, told: dict[str, int], notes: Notes) -> None:
    """Note a name or a message that stood at another line of ``told`` before."""
    for what, text in (("name", wrong.name), ("message", wrong.message)):
        key = f"{what} {' '.join(text.split()).casefold()}"
        if text and told.setdefault(key, line) != line:
            mend = "write what this one in particular gets wrong"
            notes.add(line, f"this wrong answer has the {what} of the one at line {told[key]}", mend)


def answer_groups(sections: Sections) -> Iterator[AnswerGroup]:
    """What stands under each ``###`` of the section of wrong answers, in order."""
    section = sections.get("Wrong answers")
    if section is None:
        return
    heads = [index for index, block in enumerate(section.blocks) if block.depth == 3]
    for first, after in pairwise([*heads, len(section.blocks)]):
        end = section.blocks[after].start if after < len(section.blocks) else section.end
        yield AnswerGroup(section.blocks[first:after], end)


def _wrong_answer(sections: Sections, group: AnswerGroup, entry: Definition | None, notes: Notes) -> WrongAnswer:
    name = " ".join((group.blocks[0].heading or "").split())
    if not name:
        notes.add(group.line, "this wrong answer has no name", "write after `###` what it gets wrong")
    fence = group.fence
    if fence is None:
        mend = "put the answer between ``` lines right under the heading, then the message to the learner"
        notes.add(group.line, "this wrong answer does not begin with a code fence", mend)
        return WrongAnswer("", "", name)
    answer = sections.content(fence, "the wrong answer", entry)
    message = sections.markdown(fence.end, group.end)
    if not message:
        mend = "write after the fence what a learner who answers so is told"
        notes.add(fence.line, "this wrong answer has no message", mend)
    return WrongAnswer(answer if entry else answer.strip(), message, name)


def check_typed(fence: Block, what: str, notes: Notes) -> None:
    """Note an answer no learner could type: ``fence`` must hold one readable value, if anything."""
    text = (fence.code or "").strip()
    read = read_value(text) if text else None
    if isinstance(read, Unreadable):
        mend = f"write what a learner would type; they would be told: {' '.join(read.message.split())[:300]}"
        notes.add(fence.line, f"{what} cannot be read as a value: {quoted(text)}", mend)


def options(sections: Sections, notes: Notes) -> tuple[Option, ...]:
    """The options of a choice question in the order they are written: exactly one right, all of them different."""
    section = sections.get("Options")
    if section is None:
        return ()
    items = sections.items("Options", _OPTION_FORM)
    if not MIN_OPTIONS <= len(items) <= MAX_OPTIONS:
        what = f"`## Options` has {counted(len(items), 'option')}"
        notes.add(section.line, what, f"write {MIN_OPTIONS} to {MAX_OPTIONS}, each beginning with `- [ ]` or `- [x]`")
    read = [_option(item, notes) for item in items]
    if all(read):
        _check_marks(section, items, read, notes)
    seen: dict[str, int] = {}
    for item, option in zip(items, read, strict=True):
        typed = comparable(option.text) if option else ""
        if typed in seen:
            notes.add(item.line, f"this option is the one at line {seen[typed]} again", "write one that differs")
        elif typed:
            seen[typed] = item.line
        if _LETTERED.fullmatch(typed):
            mend = "write it in other words, or in code such as `x = b`"
            notes.add(item.line, f"the option {quoted(typed)} reads like an option's letter", mend)
    return tuple(option for option in read if option)


def _option(item: Item, notes: Notes) -> Option | None:
    """The option an item holds; None where it does not say whether it is right."""
    mark = _MARK.match(item.text)
    if mark is None:
        notes.add(item.line, "this option does not begin with `[x]` or `[ ]`", _OPTION_FORM)
        return None
    text, note = split_paragraph(item.text[mark.end() :])
    if not text:
        notes.add(item.line, "this option has no text", "write the option on the line of its `[x]` or `[ ]`")
    elif not note:
        mend = "after an empty line, write indented why it is right, or why not"
        notes.add(item.line, "this option has no note", mend)
    return Option(text, note, right=mark[1] != " ")


def _check_marks(section: Section, items: Sequence[Item], read: Sequence[Option | None], notes: Notes) -> None:
    right = [item.line for item, option in zip(items, read, strict=True) if option and option.right]
    if items and not right:
        notes.add(section.line, "no option is marked as right", "mark exactly one with `[x]`")
    elif len(right) > 1:
        notes.add(right[1], f"{len(right)} options are marked as right", "mark exactly one with `[x]`")
