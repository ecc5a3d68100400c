"""The keys that seal scopes, as the database's owner sees them: never the keys themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError

from app.errors import ConfigurationError, DatabaseUnavailable

_ROTATE = text("select rotate_seal_key(:grace)")
_LIST = text("""
select id, created_at, retired_at, retired_at <= clock_timestamp() as ended
  from seal_key order by id
""")


@dataclass(frozen=True, slots=True)
class SealKey:
    """`ends_at` is None for the key that seals; after it, nothing that the key sealed opens."""

    id: int
    made_at: datetime
    ends_at: datetime | None
    ended: bool


def rotate(owner_url: str, grace: timedelta) -> int:
    """Seal with a new key from now on; its id. What older keys sealed opens for `grace` more.

    Raises ConfigurationError when the URL is not the owner's, and DatabaseUnavailable.
    """
    with _as_owner(owner_url) as connection:
        return int(connection.execute(_ROTATE, {"grace": grace}).scalar_one())


def list_keys(owner_url: str) -> list[SealKey]:
    """The keys, oldest first. Raises what `rotate` does."""
    with _as_owner(owner_url) as connection:
        return [
            SealKey(row.id, row.created_at, row.retired_at, bool(row.ended))
            for row in connection.execute(_LIST)
        ]


@contextmanager
def _as_owner(owner_url: str) -> Iterator[Connection]:
    engine = create_engine(
        make_url(owner_url).set(drivername="postgresql+psycopg"), hide_parameters=True
    )
    try:
        with engine.begin() as connection:
            yield connection
    except (OperationalError, InterfaceError) as error:
        raise DatabaseUnavailable from error
    except ProgrammingError as error:
        raise ConfigurationError(
            "PORTCULLIS_DATABASE_URL must name the owner of a database with this version's"
            " schema; `portcullis doctor` says which it has"
        ) from error
    finally:
        engine.dispose()
