"""What a command says on standard error and into its log."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NoReturn

import typer

# As in the package: what is heavier than typer is imported by what needs it.
if TYPE_CHECKING:
    from bot.settings import Settings

LOG_NAME = "chainrule.log"


def complain_of_ourselves(settings: Settings, code: int) -> NoReturn:
    """Log the error that is being handled, say where that is, and end with ``code``."""
    import structlog

    structlog.get_logger("cli").exception("a command failed")
    complain(f"Something went wrong on our side. {settings.data_dir / LOG_NAME} says what.", code)


def complain(text: str, code: int) -> NoReturn:
    """Say what is wrong, and end with ``code``."""
    from bot.platforms.visible import visible

    typer.echo(f"chainrule: {visible(text)}", err=True)
    raise typer.Exit(code)


def log(settings: Settings) -> None:
    """Log into the file of this deployment; end where that cannot be written."""
    from bot.logs import log_to_file

    try:
        log_to_file(settings.data_dir / LOG_NAME, settings.log_level)
    except OSError as error:
        complain(
            f"{settings.data_dir} cannot be written ({error.strerror}). "
            "Make it writable, or set CHAINRULE_HOME to a directory that is.",
            1,
        )


def log_if_possible(settings: Settings) -> None:
    """Log into that file if it can be written."""
    from bot.logs import log_to_file

    with contextlib.suppress(OSError):
        log_to_file(settings.data_dir / LOG_NAME, settings.log_level)


def tell(sentence: str) -> None:
    """Say how it goes."""
    from bot.platforms.visible import visible

    typer.echo(f"chainrule: {visible(sentence)}", err=True)
