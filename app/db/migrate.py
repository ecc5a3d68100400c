"""Bring a database to the schema of this version: logins, migrations, tables per classification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection, create_engine, make_url, text

from app.db.engine import Login
from app.errors import EnforcementBroken

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
LOCK = 7_305_117  # any number: one migration at a time per database


def upgrade(
    owner_url: str,
    passwords: Mapping[Login, str],
    levels: Sequence[str],
    dimensions: int,
    leases: Mapping[str, timedelta] | None = None,
) -> None:
    """Create or update everything, as the database's owner; safe to repeat and to race.

    `passwords` become those of the logins. `levels` are the classifications, `dimensions` the
    length of the embedding model's vectors, `leases` how long ACLs hold unconfirmed. At the end
    the revision is raised. Raises SQLAlchemy's errors when it cannot.
    """
    engine = create_engine(make_url(owner_url).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:
            connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": LOCK})
            connection.execute(text("set lock_timeout = '10s'"))
            _ensure_logins(connection, passwords)
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(MIGRATIONS))
            connection.commit()
            command.upgrade(config, "head")
            for level in levels:
                connection.execute(
                    text("select create_level(:level, :dimensions)"),
                    {"level": level, "dimensions": dimensions},
                )
                connection.execute(
                    text("""
                    select keep_codes(:level), search_words_in(:level), keep_marks(:level),
                           keep_no_values(:level),
                           read_by_bits('chunk_' || :level, :level),
                           read_by_bits('rendition_' || :level, :level)"""),
                    {"level": level},
                )
            connection.execute(text("delete from lease"))
            for level, lasts in (leases or {}).items():
                connection.execute(
                    text("insert into lease (classification, lasts) values (:level, :lasts)"),
                    {"level": level, "lasts": lasts},
                )
            # a copy that has this revision has all of the above, and no other is read from now on
            connection.execute(text("select raise_revision('schema brought up to date')"))
            connection.commit()
    finally:
        engine.dispose()


def head() -> str:
    """The newest migration of this version."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def _ensure_logins(connection: Connection, passwords: Mapping[Login, str]) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None
    roles = connection.execute(text("select rolname, rolsuper or rolbypassrls from pg_roles"))
    powers = {name: powerful for name, powerful in roles}  # noqa: C416 (rows are not pairs to mypy)
    for login in Login:
        if powers.get(login.value):
            raise EnforcementBroken(
                f"the database role {login.value} is a superuser or bypasses row-level security; "
                "take that from it, then start again"
            )
        verb = "alter" if login.value in powers else "create"
        driver.execute(
            sql.SQL(verb + " role {} login password {}").format(
                sql.Identifier(login.value), sql.Literal(passwords[login])
            )
        )
        # A login may set what it begins with itself; whoever got hold of it once may have.
        driver.execute(sql.SQL("alter role {} reset all").format(sql.Identifier(login.value)))
        driver.execute(
            sql.SQL("alter role {} in database {} reset all").format(
                sql.Identifier(login.value), sql.Identifier(driver.info.dbname)
            )
        )
    # Only who has the reader's privileges may ask when one of its connections began.
    try:
        driver.execute(
            sql.SQL("grant {} to current_user with inherit true, set false").format(
                sql.Identifier(Login.READER.value)
            )
        )
    except psycopg.errors.InsufficientPrivilege as error:
        raise EnforcementBroken(
            f"the database's owner cannot tell the connections of {Login.READER.value} apart;"
            f" as an administrator: grant {Login.READER.value} to the owner with inherit true"
        ) from error
