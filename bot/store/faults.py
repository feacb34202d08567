"""The database's own errors, translated into sentences that say what to do."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    ResourceClosedError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from bot.ports import Collision, RuleBroken, StoreUnavailable
from bot.store.connection import FileGone, NoLogAhead, TurnTooLate

_ELSEWHERE = "or set DATABASE_URL to another file"
_SENTENCES = {
    "SQLITE_READONLY": "{place} is read-only. Make the file and its directory writable for this user, " + _ELSEWHERE,
    "SQLITE_FULL": "The disk has no room left for {place}. Make room and try again; what was stored before is safe",
    "SQLITE_BUSY": "Another process is holding {place} and did not let go. Try again, or find and end that process",
    "SQLITE_NOTADB": "{place} is not a database, and was left as it is. Move it away, " + _ELSEWHERE,
    "SQLITE_CORRUPT": "{place} is damaged. Stop, keep a copy of the file, and restore a backup",
    "SQLITE_IOERR": "The disk refused to read or write {place} ({code}). See whether it is full, over a quota, "
    "unplugged or failing, then try again; what was stored before is safe",
}
_OUR_FAULTS = (IntegrityError, DataError, sqlite3.IntegrityError, sqlite3.DataError)
_COLLISIONS = ("40P01", "40001")
"""What PostgreSQL calls a deadlock, and transactions that cannot be put in an order."""
_PASSING = ("25006", "25P03", "57P01", "57P02", "57P03", "57P05")
"""And what is over by itself: it may only be read, as in a failover; it let go of what stood still; it ends, has
crashed, or begins."""
_SENTENCES["SQLITE_LOCKED"] = _SENTENCES["SQLITE_BUSY"]


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Raise :class:`StoreUnavailable` in place of whatever the database at ``url`` raises in the block.

    Where it refuses what we wrote, for what that is, raise :class:`RuleBroken`: to wait for another database is no use.
    """
    try:
        yield
    except _OUR_FAULTS as error:
        # Without the error itself: what it says besides can quote the values of a row, and all this goes into the log.
        raise RuleBroken(said(error)).with_traceback(error.__traceback__) from None
    except (DBAPIError, sqlite3.Error) as error:
        if _state(error) in _COLLISIONS:
            raise Collision("Others were changing the same just now. Nothing was written. Try again.") from error
        raise StoreUnavailable(_explain(error, url)) from error
    except NoLogAhead as error:
        raise StoreUnavailable(
            f"{place(url)} cannot be read while it is written: SQLite keeps no log beside it there. Set DATABASE_URL "
            "to a file on a disk of this machine, neither in memory nor on a network."
        ) from error
    except FileGone as error:
        raise StoreUnavailable(
            f"{place(url)} was moved, deleted or replaced while it was in use. Put it back, or restart chainrule "
            "to use what is there now."
        ) from error
    except ResourceClosedError as error:
        raise StoreUnavailable("The database is being closed. Try again once chainrule runs again.") from error
    except (NoConnectionInTime, TurnTooLate) as error:
        raise StoreUnavailable(
            f"{place(url)} is too busy: no transaction could begin in time. Try again in a moment."
        ) from error


@contextmanager
def usable() -> Iterator[None]:
    """Raise :class:`StoreUnavailable` when a URL makes no engine; it is not shown, as it may hold a password."""
    try:
        yield
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise StoreUnavailable(
            "DATABASE_URL does not name a database. It is something like postgresql://user:password@host:5432/name or "
            "sqlite:////home/me/chainrule.db, without quotes and with nothing before it."
        ) from error
    except ImportError as error:
        raise StoreUnavailable(
            f"DATABASE_URL names a database whose driver is not installed ({error.name}). "
            "Install it, or unset DATABASE_URL to use a SQLite file."
        ) from error


def is_locked(fault: StoreUnavailable) -> bool:
    """Whether another process holding the database was the reason."""
    return _code(fault.__cause__).startswith("SQLITE_BUSY")


def _explain(error: DBAPIError | sqlite3.Error, url: URL) -> str:
    name, code = place(url), _code(error)
    if _state(error) in _PASSING:
        return f"The database {name} takes nothing just now ({said(error)}). Try again in a moment."
    if code == "SQLITE_CANTOPEN":
        return _cannot_open(url.database or "")
    for family, sentence in _SENTENCES.items():
        if code.startswith(family):
            return f"{sentence.format(place=name, code=code)}."
    if not _state(error) and re.search(_OF_PARAMETERS, said(error)):
        return f"The database {name} cannot be connected to ({said(error)}). See what follows the ? in {_OF_THE_URL}."
    if url.get_backend_name() != "sqlite" and isinstance(error, OperationalError) and not _state(error):
        # Not even the server could say what is wrong: it is not there, or went away.
        return no_answer(error, url)
    return (
        f"The database {name} refused ({said(error)}). Nothing was written. If it says so again, this is worth "
        "reporting."
    )


def no_answer(error: BaseException, url: URL) -> str:
    """What to say of a server that is not there."""
    what = str(_drivers(error))
    advice = next((each for words, each in _ADVICE.items() if re.search(words, what)), "Try again in a moment")
    return f"The database {place(url)} does not answer ({said(error)}). {advice}."


_OF_THE_URL = "DATABASE_URL (with docker compose secrets/database_url)"
_OF_PARAMETERS = "invalid sslmode|invalid connection option|bad value for|invalid (integer )?value"
_ADVICE = {
    "authentication failed|no password supplied|role .* does not exist": "See whether the user and the password in "
    f"{_OF_THE_URL} are the server's, the password percent-encoded",
    "database .* does not exist": f"Create it (CREATE DATABASE), or name another one in {_OF_THE_URL}",
    "server does not support SSL": f"Have the server speak TLS, or leave sslmode out of {_OF_THE_URL}",
    "no pg_hba.conf entry": "Have the server's pg_hba.conf let this host, user and database in",
    "certificate": "See whether the server shows the certificate that sslmode and sslrootcert ask for in "
    f"{_OF_THE_URL}",
    # A name may stand for several addresses, of which some lead nowhere from here.
    "Connection refused": f"See whether PostgreSQL runs there, and listens at the address and the port in {_OF_THE_URL}"
    "; while it starts, try again in a moment",
    "failed to resolve host|could not translate host name|Network is unreachable": f"See whether {_OF_THE_URL} names "
    "the right host, and whether this machine reaches it, which with docker compose takes docker-compose.hosts.yml in "
    "COMPOSE_FILE (.env)",
}
"""By the words in which libpq and the server say it: there is no code for what happens before one is let in."""


def said(error: BaseException) -> str:
    """The first line only: what follows it in a server's message can quote the values of a row.

    Of a connection that failed at several addresses the last one's.
    """
    first, *others = str(_drivers(error)).splitlines() or [""]
    return (others[-1] if others and first.endswith("All failures were:") else first)[:200]


def _cannot_open(file: str) -> str:
    directory = os.path.dirname(os.path.abspath(file))
    if not os.path.isdir(directory):
        return f"{directory}, where the database belongs, is no directory this user can enter. Create it, {_ELSEWHERE}."
    return (
        f"{file} cannot be opened or created. Make the file and {directory} readable and writable for this user, "
        f"{_ELSEWHERE}."
    )


def _code(error: BaseException | None) -> str:
    return getattr(_drivers(error), "sqlite_errorname", "")


def _state(error: BaseException) -> str:
    return getattr(_drivers(error), "sqlstate", None) or ""


def _drivers(error: BaseException | None) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error


def place(url: URL) -> str:
    """Where a database is, without what nobody else may know."""
    if url.get_backend_name() == "sqlite":
        return url.database or "in memory"
    return f"{url.database} on {url.host or url.query.get('host') or 'this machine'}"
