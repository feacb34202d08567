"""``chainrule``: the commands an operator or a person at a terminal starts."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.saying import LOG_NAME, complain, complain_of_ourselves, log, log_if_possible, tell

# Everything heavier than typer is imported by the command that needs it: --help and --version answer at once.
if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.usecases.service import Caller

FAULT = 3
"""How check and grade end when we, or the sandbox, failed: 1 and 2 say something about the files."""

app = typer.Typer(
    name="chainrule",
    help="Interview practice in chat: a daily PyTorch autograd question, judged by its gradients.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """The console script."""
    app()


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"chainrule {version('chainrule')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None: ...


@app.command()
def console() -> None:
    """Chat in this terminal; commands can also be piped in, one a line."""
    _run(_console)


@app.command()
def run() -> None:
    """Serve Discord (DISCORD_TOKEN), Slack (SLACK_BOT_TOKEN and SLACK_APP_TOKEN), or both."""
    _run(_serve)


@app.command()
def judge() -> None:
    """Judge what a bot on PostgreSQL puts into the queue; any number of these, anywhere with Docker."""
    _run(_judge)


@app.command()
def migrate() -> None:
    """Create the database, or bring it up to date."""
    _run(_migrate)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="A file that is not there yet.")]) -> None:
    """Write everything the database holds into one file; the bot may go on meanwhile."""
    _run(partial(_keep, work="back_up", file=file))


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="A file that backup wrote.")]) -> None:
    """Fill an empty database, SQLite or PostgreSQL, from a backup: all of it or nothing."""
    _run(partial(_keep, work="restore", file=file))


@app.command()
def doctor() -> None:
    """Check what is needed, and say what to do about the rest."""
    _run(_doctor)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Question files; a folder stands for the files in it.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Prove questions: the solution passes, and nothing else does. Exits with 0 only if all are proven."""
    _run(partial(_check, files=files, as_json=json), fault=FAULT)


@app.command()
def grade(
    question: Annotated[Path, typer.Argument(help="A question file.")],
    answer: Annotated[str, typer.Argument(help="A file that holds an answer, or - for standard input.")],
    variant: Annotated[int, typer.Option(help="Which numbers of a personal question, from 0 to 15.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a verdict to read.")] = False,
) -> None:
    """Judge one answer to a question. Exits with 0 only if it is accepted."""
    _run(partial(_grade, question=question, answer=answer, variant=variant, as_json=json), fault=FAULT)


@app.command()
def new(
    id: Annotated[str, typer.Argument(help="What it will be called: lower-case words joined by hyphens.")],  # noqa: A002
    kind: Annotated[str, typer.Option(help="code, value or choice.")] = "code",
    folder: Annotated[Path | None, typer.Option(help="Where to write it; default: the folder of questions.")] = None,
) -> None:
    """Write a question file to start from, which already passes check."""
    _run(partial(_new, name=id, kind=kind, folder=folder))


def _run(command: Callable[[Settings], int], fault: int = 1) -> None:
    """Run ``command``; what goes wrong becomes one paragraph on stderr, never a traceback, and ends with ``fault``."""
    from bot.ports import JudgeUnavailable, StoreUnavailable
    from bot.settings import SettingsError, load

    try:
        settings = load()
    except SettingsError as error:
        complain(str(error), 2)
    try:
        code = command(settings)
    except (StoreUnavailable, JudgeUnavailable) as error:
        complain(str(error), fault)
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except typer.Exit:
        raise
    except Exception:
        complain_of_ourselves(settings, fault)
    raise typer.Exit(code)


def _console(settings: Settings) -> int:
    log(settings)
    from bot.platforms.console.start import CannotStart, chat
    from bot.platforms.signals import run
    from bot.wiring import open_service

    caller = terminal_caller(settings)
    try:
        return run(lambda signals: chat(partial(open_service, settings), caller, settings.data_dir, signals))
    except CannotStart as fault:
        complain(str(fault), 1)


def _serve(settings: Settings) -> int:
    log(settings)
    from bot.cli.run import run
    from bot.cli.tokens import CannotRun
    from bot.platforms.signals import run as until_signalled

    tell(f"logging to {settings.data_dir / LOG_NAME}")
    try:
        return until_signalled(lambda signals: run(settings, tell, signals))
    except (CannotRun, ValueError) as fault:
        complain(str(fault), 1)


def _judge(settings: Settings) -> int:
    log(settings)
    from bot.cli.judge import judge
    from bot.cli.tokens import CannotRun
    from bot.platforms.signals import run as until_signalled

    try:
        return until_signalled(lambda _: judge(settings, tell))
    except CannotRun as fault:
        complain(str(fault), 1)


def terminal_caller(settings: Settings) -> Caller:
    """Whoever sits at this terminal: a community of one."""
    from bot.usecases.service import Caller

    return Caller(
        platform="terminal",
        community_id="terminal",
        community_name="This terminal",
        learner_id="terminal",
        learner_name=settings.learner_name,
        channel="terminal",
        zone=settings.zone,
        is_admin=True,
        opens_day=True,
    )


def _migrate(settings: Settings) -> int:
    log(settings)
    import asyncio

    from bot.wiring import migrate

    typer.echo(asyncio.run(migrate(settings)))
    return 0


def _keep(settings: Settings, work: Literal["back_up", "restore"], file: Path) -> int:
    log_if_possible(settings)
    import asyncio

    from bot import wiring
    from bot.platforms.visible import visible

    typer.echo(visible(asyncio.run(getattr(wiring, work)(settings, file))))
    return 0


def _check(settings: Settings, files: Sequence[Path], as_json: bool) -> int:
    log_if_possible(settings)
    from bot.cli.check import check
    from bot.platforms.signals import run
    from bot.wiring import sandbox_config

    return run(lambda _: check(sandbox_config(settings), files, tell, as_json=as_json))


def _grade(settings: Settings, question: Path, answer: str, variant: int, as_json: bool) -> int:
    log_if_possible(settings)
    from bot.cli.grade import Asked, BadUsage, grade, read_answer
    from bot.platforms.signals import run
    from bot.wiring import sandbox_config

    try:
        asked = Asked(question, read_answer(answer), variant)
    except BadUsage as error:
        complain(str(error), 2)
    return run(lambda _: grade(sandbox_config(settings), asked, tell, as_json=as_json))


def _new(settings: Settings, name: str, kind: str, folder: Path | None) -> int:
    from bot.authoring.problems import Problems
    from bot.authoring.template import write_new
    from bot.platforms.visible import visible

    written = write_new(folder or settings.questions_dir, name, kind)
    if isinstance(written, Problems):
        complain(str(written), 2)
    typer.echo(
        visible(f"{written} is written. Change it, then prove it:\n  chainrule check {shlex.quote(str(written))}")
    )
    return 0


def _doctor(settings: Settings) -> int:
    import asyncio

    from bot.cli.doctor import examine
    from bot.core.findings import State
    from bot.platforms.console.rendering import findings_table
    from bot.platforms.console.screen import Screen, terminal_console

    log_if_possible(settings)  # a directory that cannot be written is one of the findings
    findings = asyncio.run(examine(settings))
    Screen(terminal_console(sys.stdout), animated=False).part(findings_table(findings))
    return 1 if any(finding.state is State.MISSING for finding in findings) else 0
