"""Opens a database for its owner's queries: to read only, in one snapshot, with bounds."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, cast
from urllib.parse import quote

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from ingestion.sources import SourceUnreadable
from ingestion.sources.reach import Reach

QUERY_SECONDS = 600
CONNECT_SECONDS = 30
MOST_ROWS = 5_000_000
"""Of one query."""
_POSTGRES = ("postgresql", "postgresql+psycopg")
_SQLITE = ("sqlite", "sqlite+pysqlite")
_OPTIONS = {"sslmode": ("disable", "prefer", "require", "verify-ca", "verify-full")} | {
    "sslrootcert": ("system",)
}
"""What a URL may say after `?`: nothing that names a file, another host or a setting."""
_HERE = ("localhost", "127.0.0.1", "::1")
_READING = (
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
)
Row = Mapping[str, Any]
Ask = Callable[[str, Mapping[str, str]], Iterator[Row]]
"""A query and its parameters to its rows, by the columns' names."""


@dataclass(frozen=True)
class SqlDatabase:
    """`url` holds no password; that is `secret`."""

    url: str
    secret: str | None = field(repr=False)
    reach: Reach

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Ask]:
        """All that is asked within it is answered as of one moment. Raises SourceUnreadable, which
        says nothing of what the database says: that may quote rows."""
        url = checked(self.url)
        opened = _sqlite(url) if url.drivername in _SQLITE else self._postgres(url)
        try:
            with opened as ask:
                yield ask
        except psycopg.errors.QueryCanceled:
            raise SourceUnreadable(
                f"a query took more than {QUERY_SECONDS} seconds; make it smaller"
            ) from None
        except (psycopg.Error, sqlite3.Error, UnicodeError, OSError) as error:
            kind = type(error).__name__
            state = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
            raise SourceUnreadable(
                f"the database does not answer ({kind}{f', {state}' if state else ''});"
                " try config.url, the secret and the queries by hand"
            ) from None

    @contextlib.contextmanager
    def _postgres(self, url: URL) -> Iterator[Ask]:
        host, port = url.host or "", url.port or 5432
        self.reach.check(host, port)
        said = {key: str(value) for key, value in url.query.items()}
        opened = psycopg.connect(
            host=host,
            port=port,
            user=url.username,
            dbname=url.database,
            password=self.secret or "",
            passfile="/dev/null",
            sslmode=said.get("sslmode", "prefer" if host in _HERE else "require"),
            sslrootcert=said.get("sslrootcert"),
            connect_timeout=CONNECT_SECONDS,
            application_name="portcullis",
            client_encoding="utf8",
            options="-c default_transaction_read_only=on"
            f" -c statement_timeout={QUERY_SECONDS}s -c lock_timeout=60s"
            " -c idle_in_transaction_session_timeout=1h",
        )
        with contextlib.closing(opened) as connection, contextlib.ExitStack() as streams:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            # from here on the transaction can be made neither to write nor to see anything newer
            connection.execute("select 1")

            def ask(query: str, parameters: Mapping[str, str]) -> Iterator[Row]:
                cursor = connection.cursor(row_factory=dict_row)
                # one statement and no more: what is streamed is sent in the extended protocol
                given = dict(parameters) if parameters else None
                # one that is left half read would keep the connection from being closed
                stream = cast(Generator[Row, None, None], cursor.stream(query.encode(), given))
                return _bounded(streams.enter_context(contextlib.closing(stream)))

            yield ask


@contextlib.contextmanager
def _sqlite(url: URL) -> Iterator[Ask]:
    path = Path(url.database or "").expanduser()
    if not path.is_file():
        raise SourceUnreadable("config.url names no file; mend it, or mount the folder")
    named = f"file:{quote(str(path.resolve()))}?mode=ro"
    with contextlib.closing(sqlite3.connect(named, uri=True, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda read: read.decode("utf-8", "backslashreplace")
        connection.execute("begin")
        connection.set_authorizer(_only_reading)
        until = monotonic() + QUERY_SECONDS
        connection.set_progress_handler(lambda: monotonic() > until, 100_000)

        def ask(query: str, parameters: Mapping[str, str]) -> Iterator[Row]:
            for row in _bounded(connection.execute(query, parameters)):
                yield {key: row[key] for key in row.keys()}  # noqa: SIM118

        yield ask


def _only_reading(action: int, _first: Any, second: Any, *_: Any) -> int:
    """No other file is attached, no setting changed and no code loaded."""
    if action not in _READING or (action == sqlite3.SQLITE_FUNCTION and second == "load_extension"):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _bounded(rows: Any) -> Iterator[Any]:
    for number, row in enumerate(rows):
        if number >= MOST_ROWS:
            raise SourceUnreadable(f"a query has more than {MOST_ROWS} rows; make it smaller")
        yield row


def checked(said: str) -> URL:
    """Raises SourceUnreadable for a URL that no source may have."""
    try:
        url = make_url(said)
    except (ArgumentError, ValueError):
        raise SourceUnreadable("config.url is no database URL; mend it") from None
    if url.drivername not in (*_POSTGRES, *_SQLITE):
        raise SourceUnreadable("config.url must begin with postgresql:// or sqlite:///")
    if url.password is not None:
        raise SourceUnreadable(
            "config.url holds a password, which others can see there; take it out, change it, and"
            " give it as the source's secret"
        )
    allowed = _OPTIONS if url.drivername in _POSTGRES else {}
    for key, value in url.query.items():
        if value not in allowed.get(key, ()):
            raise SourceUnreadable("config.url says something after '?' that it may not; mend it")
    if url.drivername in _SQLITE:
        if url.host or url.port or not url.database or url.database.startswith((":", "file:")):
            raise SourceUnreadable("config.url must name a file: sqlite:////folder/name.db")
        return url
    if not url.host or not url.database or not url.username:
        raise SourceUnreadable("config.url must be postgresql://USER@HOST/DATABASE")
    if set(url.host) & set(",/@%") or set(url.database) & set("=:/"):
        raise SourceUnreadable("config.url must name one host, and a database by its name alone")
    return url
