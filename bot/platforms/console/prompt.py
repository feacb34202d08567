"""The interactive prompt: one line for commands, an editor for forms."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.application.current import get_app
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from prompt_toolkit.styles import Style
from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]

from bot.core.cards import Form
from bot.core.commands import ADMIN_ROOT, ADMIN_VERBS, LEARNER_VERBS
from bot.core.questions import Level
from bot.core.records import Window
from bot.platforms.console.reading import closes_form

_STYLE = Style.from_dict(
    {
        "prompt": "bold ansicyan",
        "margin": "ansibrightblack",
        "bottom-toolbar": "noreverse ansibrightblack",
        # The terminal's own sixteen colours, as in the cards: they suit its background, light or dark.
        "pygments.keyword": "ansibrightblue",
        "pygments.name.function": "ansigreen",
        "pygments.literal.string": "ansiyellow",
        "pygments.literal.number": "ansibrightblue",
        "pygments.comment": "ansibrightblack",
    }
)
_FILES = PathCompleter(
    file_filter=lambda name: os.path.isdir(name) or name.endswith((".py", ".txt", ".md")), expanduser=True
)


class Interrupted(Exception):
    """Ctrl-C; ``text`` is what had been typed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class VerbCompleter(Completer):
    """Verbs with their summaries, spans of the leaderboard, sorts of practice, and names of files to answer with."""

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Completions for the text before the cursor."""
        typed = document.text_before_cursor.lstrip()
        verb, separator, argument = typed.partition(" ")
        if not separator:
            yield from _matching(verb.lower(), {name: verb.summary for name, verb in LEARNER_VERBS.items()})
            yield from _matching(verb.lower(), {ADMIN_ROOT: "what admins can say", "quit": "leave"})
        elif verb == ADMIN_ROOT:
            shown = {verb.words: verb.summary for verb in ADMIN_VERBS.values() if not verb.hidden}
            yield from _matching(argument, shown)
        elif verb == "leaderboard":
            yield from _matching(argument, {window.value: "" for window in Window})
        elif verb == "practice":
            yield from _matching(argument.rpartition(" ")[2], dict.fromkeys((*Level, "code", "value", "choice"), ""))
        elif verb in LEARNER_VERBS and LEARNER_VERBS[verb].opens_form:
            yield from _FILES.get_completions(Document(argument), complete_event)


def _matching(typed: str, choices: dict[str, str]) -> Iterable[Completion]:
    for choice, meaning in choices.items():
        if choice.startswith(typed):
            yield Completion(choice, start_position=-len(typed), display_meta=meaning)


def history_in(path: Path) -> History:
    """Earlier commands from ``path``, or only this session's where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(path)


class Prompt:
    """Asks for commands and forms. ``toolbar`` is called whenever the bottom line is drawn."""

    def __init__(
        self,
        history: History,
        toolbar: Callable[[], Sequence[str]],
    ) -> None:
        self._toolbar = toolbar
        self._commands: PromptSession[str] = PromptSession(
            history=history,
            completer=VerbCompleter(),
            complete_while_typing=True,
            reserve_space_for_menu=6,
            key_bindings=_command_keys(),
            bottom_toolbar=self._bottom,
            refresh_interval=1.0,  # what the toolbar says may change while nobody types
            style=_STYLE,
        )

    async def command(self) -> str:
        """What was typed or pasted. Raises :class:`Interrupted`, or EOFError for Ctrl-D."""
        return await self._commands.prompt_async([("class:prompt", "> ")], handle_sigint=False)

    async def fill(self, form: Form, initial: str) -> str:
        """The text of ``form``, opening with ``initial``. Raises :class:`Interrupted` when it is cancelled."""
        editor: PromptSession[str] = PromptSession(
            message=[("class:margin", "│ " if form.multiline else "> ")],
            prompt_continuation=[("class:margin", "│ ")],
            multiline=form.multiline,
            include_default_pygments_style=False,
            lexer=PygmentsLexer(PythonLexer) if form.multiline else None,
            key_bindings=_editor_keys(form.multiline),
            style=_STYLE,
        )
        return await editor.prompt_async(default=initial, handle_sigint=False)

    def _bottom(self) -> StyleAndTextTuples:
        return [("", " · ".join((*self._toolbar(), "Ctrl-D leaves")))]


def editor_help(form: Form) -> str:
    """Which keys submit and cancel."""
    submit = "Tab indents · Ctrl-D, Esc Enter, or a closing ``` submits" if form.multiline else "Enter submits"
    return f"{submit} · Ctrl-C cancels and keeps the text"


def _command_keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("c-c")
    def _(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=Interrupted(""))

    return keys


@Condition
def _at_closing_fence() -> bool:
    document = get_app().current_buffer.document
    return document.is_cursor_at_the_end and closes_form(document.text)


def _editor_keys(multiline: bool) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("c-c")
    def _(event: KeyPressEvent) -> None:
        event.app.exit(exception=Interrupted(event.current_buffer.text))

    @keys.add("c-d")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    if multiline:

        @keys.add("enter", filter=_at_closing_fence)
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.validate_and_handle()

        @keys.add("enter", filter=~_at_closing_fence)
        def _(event: KeyPressEvent) -> None:
            # A paste may arrive as if typed; an indent of the editor's would be added to its own and break the code.
            event.current_buffer.newline(copy_margin=False)

        @keys.add("tab")
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.insert_text(" " * (4 - event.current_buffer.document.cursor_position_col % 4))

    return keys
