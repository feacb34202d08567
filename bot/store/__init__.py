"""The database: tables, a repository per aggregate, one unit of work per transaction."""

from bot.store.database import SqlStore, migrate, open_store

__all__ = ["SqlStore", "migrate", "open_store"]
