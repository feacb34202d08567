"""The version of the tables: which one a database is at, and bringing it to ours. Alembic is loaded only for work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, false, inspect, select, table, update

from bot.ports import StoreUnavailable
from bot.store.connection import Connected
from bot.store.engine import lock_schema
from bot.store.schema import HEAD

if TYPE_CHECKING:
    from alembic.config import Config

# Beside the package `bot`, in a checkout as in site-packages.
SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"

_VERSION = table("alembic_version", column("version_num"))


async def needs_migration(connection: Connected) -> bool:
    """Whether the tables are missing or older than ours.

    Raises :class:`StoreUnavailable` when they are newer, or not ours at all: then nothing may be changed. Raises the
    database's own error when they cannot be written.
    """
    revision = await connection.run_sync(_revision)
    if revision == HEAD:
        # A file that can only be read is opened without complaint: asking to write, though nothing, finds it out.
        await connection.execute(update(_VERSION).where(false()).values(version_num=HEAD))
        return False
    if revision is not None and revision not in _known():
        raise StoreUnavailable(
            f"The database was made by a newer chainrule (its tables are at revision {revision}, this one knows "
            f"up to {HEAD}). Install that version, or set DATABASE_URL to another database."
        )
    return True


async def advice(connection: Connected) -> str:
    """What to do about tables that are missing or older than ours."""
    revision = await connection.run_sync(_revision)
    if revision is None:
        return "The database holds no tables yet. Run `chainrule migrate` once, and start again."
    return (
        f"The database is older than this chainrule: its tables are at revision {revision}, and {HEAD} is needed. "
        "Run `chainrule migrate`, which those that run on it already need not be stopped for, and start again."
    )


async def expect_current(connection: Connected) -> None:
    """Raise :class:`StoreUnavailable` unless the tables are ours, and at :data:`HEAD`."""
    revision = await connection.run_sync(_revision)
    if revision != HEAD:
        raise StoreUnavailable(
            f"The tables of the database are at revision {revision}, and this chainrule works with {HEAD}. If they are "
            "older, run `chainrule migrate` first."
        )


async def upgrade(connection: Connected) -> bool:
    """Bring the tables to :data:`HEAD` within the transaction of ``connection``; whether there was anything to do."""
    await lock_schema(connection)
    if not await needs_migration(connection):
        return False
    await connection.run_sync(_run_scripts)
    return True


def _revision(connection: Connection) -> str | None:
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        revision: str | None = connection.scalar(select(_VERSION))
        return revision
    if tables:
        raise StoreUnavailable(
            f"The database holds tables that are not chainrule's ({', '.join(tables[:3])}), and was left as it is. "
            "Set DATABASE_URL to a database of chainrule's own."
        )
    return None


def config(connection: Connection | None = None) -> Config:
    """What Alembic needs to know, in code: an installed package has no ``alembic.ini``."""
    from alembic.config import Config

    alembic = Config(attributes={"connection": connection})
    alembic.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return alembic


def _known() -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}


def _run_scripts(connection: Connection) -> None:
    from alembic import command

    command.upgrade(config(connection), "head")
