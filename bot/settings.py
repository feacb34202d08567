"""The only reader of the environment."""

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.secret_files import read_file, read_secrets

_ADDRESS = r"^$|^(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]+):(6553[0-5]|655[0-2]\d|65[0-4]\d\d|6[0-4]\d{3}|[1-5]?\d{1,4})$"
_LISTENS = "host:port to listen at, the port from 0 to 65535"
_NOT_ENCODED = "not_encoded"
_ENCODED = (
    "percent-encoded: an @ in its user, password or parameters is written %40; docs/deploy.md has a command that "
    "writes a password so"
)
_CHECKOUT = Path(__file__).resolve().parents[1]
MIN_SECRET = 32
"""Bytes of a deployment's secret, from which keys are made."""


class SettingsError(Exception):
    """Settings have values they cannot have. The message has a line for each, for the person who set them."""


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


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers in a text such as ``0,2-4``, in order; empty for anything else."""
    numbers = set[int]()
    for part in filter(None, text.split(",")):
        span = re.fullmatch(r"\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?", part)
        if span is None or int(span[2] or span[1]) < int(span[1]):
            return ()
        numbers.update(range(int(span[1]), int(span[2] or span[1]) + 1))
    return tuple(sorted(numbers))


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
    secret_file: Path | None = Field(
        default=None,
        validation_alias="CHAINRULE_SECRET_FILE",
        description=f"the path of a file that this user can read, of {MIN_SECRET} random bytes or more",
    )
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
    health_address: str = Field(
        default="",
        validation_alias="CHAINRULE_HEALTH",
        pattern=_ADDRESS,
        description=f"{_LISTENS}, such as 127.0.0.1:8080",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", validation_alias="CHAINRULE_LOG_LEVEL", description="debug, info, warning or error"
    )
    log_to: Literal["file", "stderr"] = Field(
        default="file", validation_alias="CHAINRULE_LOG", description="file or stderr"
    )
    learner_name: str = Field(
        default_factory=_user,
        max_length=80,
        validation_alias="CHAINRULE_NAME",
        description="a name for the board, of at most 80 characters",
    )
    discord_token: SecretStr = Field(
        default=SecretStr(""), validation_alias="DISCORD_TOKEN", description="the token of a Discord bot"
    )
    shard_count: int | None = Field(
        default=None, ge=1, le=16_384, validation_alias="SHARD_COUNT", description="a number from 1 to 16384"
    )
    shard_ids: str = Field(
        default="",
        validation_alias="SHARD_IDS",
        description="numbers below SHARD_COUNT, which must be set too, such as 0,1,2 or 0-2",
    )
    slack_bot_token: SecretStr = Field(
        default=SecretStr(""), validation_alias="SLACK_BOT_TOKEN", description="the bot token of a Slack app, xoxb-…"
    )
    slack_app_token: SecretStr = Field(
        default=SecretStr(""), validation_alias="SLACK_APP_TOKEN", description="the app token of a Slack app, xapp-…"
    )
    slack_signing_secret: SecretStr = Field(
        default=SecretStr(""),
        validation_alias="SLACK_SIGNING_SECRET",
        description="the signing secret of a Slack app that sends its events over HTTP",
    )
    slack_http: str = Field(
        default="", validation_alias="SLACK_HTTP", pattern=_ADDRESS, description=f"{_LISTENS}, such as 0.0.0.0:3000"
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

    @property
    def shards(self) -> tuple[int, ...]:
        """The shards of Discord this process serves, in order; empty where it serves all there are."""
        return _numbers(self.shard_ids)

    @property
    def is_on_server(self) -> bool:
        """Whether the database is one that processes of several hosts may share."""
        return not self.database_url.startswith("sqlite")

    @field_validator("sandbox", "judges", "log_level", "log_to", "strangers_code_without_docker", mode="before")
    @classmethod
    def _in_any_case(cls, value: str) -> str:
        return value.strip().lower()

    @field_validator("shard_ids")
    @classmethod
    def _known_shards(cls, value: str, info: ValidationInfo) -> str:
        ids, count = _numbers(value), info.data.get("shard_count")
        if value and (count is None or not ids or max(ids) >= count):
            raise ValueError("no such shards")
        return value

    @field_validator("database_url")
    @classmethod
    def _encoded(cls, value: str) -> str:
        # Otherwise what follows the first one is taken for the host or the database, whose names are shown.
        if not value.startswith("sqlite") and value.count("@") > 1:
            raise PydanticCustomError(_NOT_ENCODED, _ENCODED)
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if not _is_zone(value):
            raise ValueError("unknown time zone")
        return value

    @field_validator("data_dir", "secret_file")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        try:
            return value and value.expanduser().absolute()
        except RuntimeError as error:
            raise ValueError("nobody's home") from error  # ~somebody, who is not there

    @field_validator("secret_file")
    @classmethod
    def _long_enough(cls, value: Path | None) -> Path | None:
        try:
            if value and len(read_file(value)) < MIN_SECRET:
                raise ValueError("too short")
        except OSError as error:
            raise ValueError("cannot be read") from error
        return value

    @property
    def log_path(self) -> Path | None:
        """The file that logs go to; without one they go to standard error."""
        return self.data_dir / "chainrule.log" if self.log_to == "file" else None

    @property
    def secret_path(self) -> Path:
        """Where the secret of this deployment is: the same bytes for every process that talks to people.

        One that is named is there already; otherwise it is made at first need.
        """
        return self.secret_file or self.data_dir / "secret"


_FIELDS = {str(field.validation_alias): field for field in Settings.model_fields.values()}
SECRETS = ("DATABASE_URL", *(name for name, field in _FIELDS.items() if field.annotation is SecretStr))
"""Settings that may be kept in a file instead; their values are never shown: what is printed may end up in a log."""


def load() -> Settings:
    """The settings of this process. Raises :class:`SettingsError` naming every variable that is wrong."""
    from_files, problems = read_secrets(SECRETS, os.environ, needed=("DATABASE_URL",))
    try:
        settings = Settings(**from_files)  # type: ignore[arg-type]
    except ValidationError as error:
        problems += _explained(error, from_files)
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _explained(error: ValidationError, from_files: dict[str, str]) -> Iterator[str]:
    for wrong in error.errors():
        if wrong["type"] == "default_factory_not_called":
            continue  # it follows from another one, which is told of
        variable = str(wrong["loc"][0])
        given = "" if variable in SECRETS else f"is {str(wrong['input'])[:80]!r}, but "
        name = f"{variable}_FILE names a file whose text" if variable in from_files else variable
        must = wrong["msg"] if wrong["type"] == _NOT_ENCODED else _FIELDS[variable].description
        yield f"{name} {given}must be {must}. Change it or unset it."
