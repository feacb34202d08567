"""The only reader of the environment."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_CHECKOUT = Path(__file__).resolve().parents[1]


class SettingsError(Exception):
    """A setting has a value it cannot have. The message is one line for the person who set it."""


def _sandbox_python() -> Path:
    homes = (_CHECKOUT, Path(sys.prefix).parent)
    places = [home / ".venv-sandbox" / "bin" / "python" for home in homes]
    return next((place for place in places if place.exists()), places[0])


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a uid without a name, as in many containers
        return "you"


def _local_zone() -> str:
    target = str(Path("/etc/localtime").resolve())
    name = target.rpartition("/zoneinfo/")[2]
    return name if _is_zone(name) else "UTC"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # not found, a directory, or no key at all
        return False
    return True


class Settings(BaseSettings):
    """Everything that can be set from outside, once, at start. Each field's description says what it may be."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=True, validate_default=True
    )

    data_home: Path = Field(default=Path("~/.local/share"), validation_alias="XDG_DATA_HOME", description="a directory")
    data_dir: Path = Field(
        default_factory=lambda known: known["data_home"] / "chainrule",
        validation_alias="CHAINRULE_HOME",
        description="a directory",
    )
    """Where the database, the log and the terminal's history live; absolute."""
    database_url: str = Field(
        default_factory=lambda known: f"sqlite:///{known['data_dir'] / 'chainrule.db'}",
        validation_alias="DATABASE_URL",
        pattern=r"^(sqlite|postgres(ql)?)(\+\w+)?://",
        description="a URL that begins with sqlite:// or postgresql://",
    )
    """An SQLAlchemy URL; the store chooses the driver where it names none."""
    sandbox: Literal["auto", "docker", "local"] = Field(
        default="auto", validation_alias="CHAINRULE_SANDBOX", description="auto, docker or local"
    )
    judges: Literal["auto", "child", "queue"] = Field(
        default="auto", validation_alias="CHAINRULE_JUDGES", description="auto, child or queue"
    )
    """Who judges code: a process of the bot's own, or whichever `chainrule judge` takes it from the queue."""
    cells: int = Field(default=2, ge=1, le=64, validation_alias="CHAINRULE_CELLS", description="a number from 1 to 64")
    docker_host: str = Field(default="", validation_alias="DOCKER_HOST", description="the address of a Docker engine")
    image: str = Field(default="", validation_alias="CHAINRULE_IMAGE", description="the name of an image")
    runtime: str = Field(default="", validation_alias="CHAINRULE_RUNTIME", description="the name of a Docker runtime")
    sandbox_python: Path = Field(
        default_factory=_sandbox_python,
        validation_alias="CHAINRULE_SANDBOX_PYTHON",
        description="the path of a Python that has torch",
    )
    questions_dir: Path = Field(
        default=_CHECKOUT / "questions",
        validation_alias="CHAINRULE_QUESTIONS",
        description="a directory of question files",
    )
    retention_days: int = Field(
        default=365,
        ge=1,
        le=36_500,
        validation_alias="CHAINRULE_RETENTION_DAYS",
        description="a number of days from 1 to 36500",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", validation_alias="CHAINRULE_LOG_LEVEL", description="debug, info, warning or error"
    )
    learner_name: str = Field(
        default_factory=_user, max_length=80, validation_alias="CHAINRULE_NAME", description="a name for the board"
    )
    discord_token: SecretStr = Field(
        default=SecretStr(""), validation_alias="DISCORD_TOKEN", description="the token of a Discord bot"
    )
    slack_bot_token: SecretStr = Field(
        default=SecretStr(""), validation_alias="SLACK_BOT_TOKEN", description="the bot token of a Slack app, xoxb-…"
    )
    slack_app_token: SecretStr = Field(
        default=SecretStr(""), validation_alias="SLACK_APP_TOKEN", description="the app token of a Slack app, xapp-…"
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/",
        validation_alias="SLACK_API_URL",
        pattern=r"^https?://.+/$",
        description="the address of Slack's Web API, such as https://slack-gov.com/api/, ending with a slash",
    )
    strangers_code_without_docker: Literal["", "yes"] = Field(
        default="",
        validation_alias="CHAINRULE_STRANGERS_CODE_WITHOUT_DOCKER",
        description="yes, or unset: then code from Discord and Slack runs in Docker or not at all",
    )
    zone: str = Field(
        default_factory=_local_zone,
        validation_alias="CHAINRULE_ZONE",
        description="an IANA time zone, for example Europe/Berlin",
    )

    @field_validator("sandbox", "judges", "log_level", "strangers_code_without_docker", mode="before")
    @classmethod
    def _in_any_case(cls, value: str) -> str:
        return value.strip().lower()

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if not _is_zone(value):
            raise ValueError("unknown time zone")
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()


def is_postgres(settings: Settings) -> bool:
    """Whether the database is PostgreSQL, which alone has a queue."""
    return not settings.database_url.startswith("sqlite")


def load() -> Settings:
    """The settings of this process. Raises :class:`SettingsError` naming the first variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    variable = str(first["loc"][0])
    allowed = next(
        field.description for name, field in Settings.model_fields.items() if field.validation_alias == variable
    )
    # A database URL may hold a password, and what is printed may end up in a log.
    given = "" if variable == "DATABASE_URL" else f"is {str(first['input'])[:80]!r}, but "
    return f"{variable} {given}must be {allowed}. Change it or unset it."
