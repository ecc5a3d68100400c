"""Postgres: its version, the schema, the proof of enforcement, and a replica where there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import psycopg
from pydantic import SecretStr
from sqlalchemy import make_url

from app.authz.levels import load_levels
from app.db.engine import Database
from app.db.migrate import head
from app.errors import PortcullisError
from app.retrieval.proof.proof import look
from app.runtime.doctor.finding import START, Finding
from app.runtime.secrets import installation_secret, login_passwords
from app.settings import Settings

OLDEST_POSTGRES = 160_000
OLDEST_VECTOR = (0, 8)


def postgres(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is None:
        yield Finding("Postgres", False, "", f"nothing was ever started here; {START}")
        return
    try:
        with _connect(settings.database_url) as c:
            number = c.info.server_version
            vector = c.execute(
                "select extversion from pg_extension where extname = 'vector'"
            ).fetchone()
            known = c.execute("select to_regclass('alembic_version') is not null").fetchone()
            row = (
                c.execute("select version_num from alembic_version").fetchone()
                if known and known[0]
                else None
            )
    except psycopg.Error as error:
        yield Finding(
            "Postgres", False, "", f"it does not answer ({type(error).__name__}); {START}"
        )
        return
    version = _dotted(number)
    too_old = number < OLDEST_POSTGRES
    yield Finding("Postgres", not too_old, version, "16 or newer is needed" if too_old else "")
    if vector is None:
        yield Finding("pgvector", False, "", "create extension vector in the database")
    else:
        old = tuple(int(n) for n in vector[0].split(".")[:2]) < OLDEST_VECTOR
        yield Finding("pgvector", not old, vector[0], "0.8 or newer is needed" if old else "")
    current = row is not None and row[0] == head()
    yield Finding(
        "schema", current, row[0] if row else "none", "" if current else "run `portcullis migrate`"
    )
    if current:
        yield from _enforcement(settings)


def _enforcement(settings: Settings) -> Iterator[Finding]:
    """One line for each thing for which the service does not start."""
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    try:
        passwords = login_passwords(installation_secret(settings))
        levels = load_levels(settings.policies)
        found = asyncio.run(look(lambda: Database.connect(url, passwords, pool_size=1), levels))
    except PortcullisError as error:
        found = (error.message,)
    except Exception as error:
        found = (f"the proof broke with {type(error).__name__}, so nothing is proven",)
    for finding in found:
        yield Finding("enforcement", False, "", finding)
    if not found:
        yield Finding("enforcement", True, "proven")


def replica(settings: Settings) -> Finding:
    """The copy that reads go to, and how many revisions it is behind the database."""
    assert settings.database_url is not None and settings.database_replica_url is not None
    revision = "select value from revision_counter"
    try:
        with _connect(settings.database_replica_url) as c:
            version = _dotted(c.info.server_version)
            follows = c.execute("select pg_is_in_recovery()").fetchone()
            reached = c.execute(revision).fetchone()
        # asked after the copy, so that it is never ahead
        with _connect(settings.database_url) as c:
            current = c.execute(revision).fetchone()
    except psycopg.Error as error:
        return Finding(
            "replica", False, "",
            f"it does not answer ({type(error).__name__}); start it, or take"
            " PORTCULLIS_DATABASE_REPLICA_URL away. Reads go to the database meanwhile",
        )  # fmt: skip
    if not (follows and follows[0] and reached and current):
        message = "it follows no other server; name a streaming replica of the database"
        return Finding("replica", False, version, message)
    return Finding("replica", True, f"{version}, {current[0] - reached[0]} revisions behind")


def _connect(url: SecretStr) -> psycopg.Connection:
    plain = make_url(url.get_secret_value()).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False), connect_timeout=3)


def _dotted(number: int) -> str:
    """A server's version as people write it."""
    return f"{number // 10_000}.{number % 10_000}"
