"""What a command says on standard error and into its log."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NoReturn

import typer

# As in the package: what is heavier than typer is imported by what needs it.
if TYPE_CHECKING:
    from bot.settings import Settings


OUR_FAULT = "Something went wrong on our side"


def complain_of_ourselves(settings: Settings, code: int) -> NoReturn:
    """Log the error that is being handled, say where that is, and end with ``code``."""
    import structlog

    structlog.get_logger("cli").exception("a command failed")
    where = settings.log_path or "What stands above"
    complain(f"{OUR_FAULT}. {where} says what.", code)


def complain(text: str, code: int) -> NoReturn:
    """Say what is wrong, and end with ``code``."""
    from bot.platforms.visible import visible

    typer.echo(f"chainrule: {visible(text)}", err=True)
    raise typer.Exit(code)


def log(settings: Settings) -> None:
    """Log to where this deployment wants it; end where that cannot be written."""
    try:
        _start_logging(settings)
    except OSError as error:
        complain(
            f"{settings.data_dir} cannot be written ({error.strerror}). "
            "Make it writable, or set CHAINRULE_HOME to a directory that is.",
            1,
        )


def log_if_possible(settings: Settings) -> None:
    """Log to there if it can be written."""
    with contextlib.suppress(OSError):
        _start_logging(settings)


def _start_logging(settings: Settings) -> None:
    from bot.logs import start_logging

    # For the database, too: what people wrote is nobody else's on this machine. One that is there stays as it is.
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    start_logging(settings.log_path, settings.log_level)


def tell(sentence: str) -> None:
    """Say how it goes."""
    from bot.platforms.visible import visible

    typer.echo(f"chainrule: {visible(sentence)}", err=True)
