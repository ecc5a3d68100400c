"""Reads go to a replica that has what the scope asks for, and to the primary otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from pydantic import SecretStr
from sqlalchemy import create_engine, make_url, text

from app.authz.directory import Group, Person, replace_directory
from app.authz.policy import Policy
from app.authz.reading import Reading, reading
from app.authz.scope import ScopeResolver
from app.db.engine import Database
from app.db.migrate import MIGRATIONS, upgrade
from app.domain.principal import Account, Role
from app.domain.scope import Scope
from app.runtime.doctor import Finding, examine
from app.runtime.postgres import EmbeddedPostgres
from app.runtime.secrets import login_passwords
from app.settings import Settings
from evals.ground.standby import Standby
from tests.conftest import DIMENSIONS, SECRET

pytestmark = pytest.mark.integration

_ON_REPLICA = text("select pg_is_in_recovery()")


async def account(database: Database, *groups: str) -> Account:
    """Somebody whom the database has not seen before, in these groups."""
    email = f"{uuid4().hex}@replica.example"
    async with database.app() as connection:
        await replace_directory(
            connection, [Person(email, "Somebody")], [Group(key, [email]) for key in groups]
        )
        id_ = await connection.scalar(
            text("select id from principal where key = :email"), {"email": email}
        )
    return Account(int(id_ or 0), email, email, Role.EMPLOYEE)


async def raise_revision(database: Database) -> None:
    async with database.app() as connection:
        await connection.execute(text("select raise_revision('test')"))


async def where(database: Database, scope: Scope) -> str:
    async with reading(database, scope) as read:
        return "replica" if await read.connection.scalar(_ON_REPLICA) else "primary"


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(500):
        if await holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the replica has not caught up")


async def test_a_replica_that_has_caught_up_is_read(replicated: Database, policy: Policy) -> None:
    resolver = ScopeResolver(replicated, policy, 60)
    somebody = await account(replicated)

    async def read_there() -> bool:
        return await where(replicated, await resolver.resolve(somebody, "ask")) == "replica"

    await eventually(read_there)


async def test_a_replica_that_is_behind_the_scope_is_not_read(
    replicated: Database, policy: Policy, standby: Standby
) -> None:
    resolver = ScopeResolver(replicated, policy, 60)
    somebody = await account(replicated)
    await resolver.resolve(somebody, "ask")
    standby.hold()
    await raise_revision(replicated)
    scope = await resolver.resolve(somebody, "ask")
    assert await where(replicated, scope) == "primary"
    standby.follow()

    async def read_there() -> bool:
        return await where(replicated, scope) == "replica"

    await eventually(read_there)


@asynccontextmanager
async def broken_server(folder: Path) -> AsyncIterator[list[int]]:
    """A server that hangs up on everybody; how often somebody called."""
    calls: list[int] = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(len(calls))
        writer.close()

    async with await asyncio.start_unix_server(hang_up, folder / ".s.PGSQL.5432"):
        yield calls


async def test_a_replica_that_is_down_fails_nobody_and_rests(
    owner_url: str, policy: Policy, tmp_path: Path
) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    database = Database.connect(
        owner_url, login_passwords(SECRET), replica_url=f"{owner_url.split('?')[0]}?host={folder}"
    )
    assert database.replica is not None
    resolver = ScopeResolver(database, policy, 60)
    scope = await resolver.resolve(await account(database), "ask")
    assert await where(database, scope) == "primary", "nobody listens there"
    assert not database.replica.awake

    async with broken_server(folder) as calls:
        assert await where(database, scope) == "primary"
        assert not calls, "it rests"
        database.replica._until = 0.0
        for _ in range(3):
            assert await where(database, scope) == "primary"
        assert len(calls) == 1
    await database.close()


async def test_a_replica_that_fails_while_it_is_read_makes_the_request_begin_anew(
    replicated: Database, policy: Policy, standby: Standby
) -> None:
    resolver = ScopeResolver(replicated, policy, 60)
    somebody = await account(replicated)
    places: list[str] = []

    async def look(read: Reading) -> Sequence[str]:
        on_replica = await read.connection.scalar(_ON_REPLICA)
        places.append("replica" if on_replica else "primary")
        if on_replica:
            pid = await read.connection.scalar(text("select pg_backend_pid()"))
            with standby.connect() as superuser:
                superuser.execute("select pg_terminate_backend(%s)", [pid])
            await read.connection.scalar(_ON_REPLICA)
        return tuple(places)

    async def read_there() -> bool:
        return await where(replicated, await resolver.resolve(somebody, "ask")) == "replica"

    await eventually(read_there)
    assert await resolver.within(somebody, "ask", look) == ("replica", "primary")


async def findings(
    settings: Settings, owner_url: str, replica_url: str | None
) -> dict[str, Finding]:
    update = {
        "database_url": SecretStr(owner_url),
        "database_replica_url": SecretStr(replica_url) if replica_url else None,
    }
    return {f.part: f for f in await examine(settings.model_copy(update=update))}


async def test_the_doctor_says_how_far_behind_a_replica_is(
    replicated: Database, owner_url: str, standby: Standby, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, chat_url="http://127.0.0.1:9/v1")
    assert "replica" not in await findings(settings, owner_url, None)

    async def level() -> bool:
        found = (await findings(settings, owner_url, standby.url(owner_url)))["replica"]
        return found.ok and found.version.endswith(", 0 revisions behind")

    await eventually(level)
    standby.hold()
    for _ in range(3):
        await raise_revision(replicated)
    behind = (await findings(settings, owner_url, standby.url(owner_url)))["replica"]
    assert behind.ok
    assert behind.version.endswith(", 3 revisions behind")

    none = (await findings(settings, owner_url, owner_url))["replica"]
    assert not none.ok
    assert "follows no other server" in none.message
    down = (await findings(settings, owner_url, f"{owner_url.split('?')[0]}?host={tmp_path}"))[
        "replica"
    ]
    assert not down.ok
    assert "does not answer" in down.message


async def test_a_replica_that_does_not_know_what_a_subject_holds_is_not_read(
    replicated: Database, policy: Policy, standby: Standby
) -> None:
    """Whoever asks for the first time changes no revision; a copy that has the revision and not
    yet the set of principals would show them nothing."""
    key = uuid4().hex
    first, second = [f"{n}.{key}@replica.example" for n in "ab"]
    async with replicated.app() as connection:
        people = [Person(first, ""), Person(second, "")]
        await replace_directory(connection, people, [])
        rows = await connection.execute(text("select id, key from principal where kind = 'user'"))
        ids = {row.key: int(row.id) for row in rows}
    resolver = ScopeResolver(replicated, policy, 60)
    known, new = (Account(ids[e], e, e, Role.EMPLOYEE) for e in (first, second))

    async def caught_up() -> bool:
        return await where(replicated, await resolver.resolve(known, "ask")) == "replica"

    await eventually(caught_up)
    standby.hold()
    assert await where(replicated, await resolver.resolve(known, "ask")) == "replica"
    assert await where(replicated, await resolver.resolve(new, "ask")) == "primary"


class Upgraded:
    """A database that a replica holds in an older schema than the service expects."""

    def __init__(self, url: str, levels: Sequence[str]) -> None:
        self.url, self.levels = url, levels

    def to(self, revision: str) -> None:
        """Only the migrations up to this one."""
        engine = create_engine(make_url(self.url))
        with engine.connect() as connection:
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(MIGRATIONS))
            command.upgrade(config, revision)
        engine.dispose()

    def wholly(self, levels: Sequence[str]) -> None:
        upgrade(self.url, login_passwords(SECRET), levels, DIMENSIONS)

    def database(self, standby: Standby) -> Database:
        replica = standby.url(self.url)
        return Database.connect(self.url, login_passwords(SECRET), replica_url=replica)


@pytest.fixture
def upgraded(
    postgres: EmbeddedPostgres, owner_url: str, levels: tuple[str, ...]
) -> Iterator[Upgraded]:
    """Empty; the logins are those that `owner_url` brought."""
    name = f"test_{uuid4().hex[:12]}"
    postgres.ensure_database(name)
    url = make_url(owner_url).set(database=name).render_as_string(hide_password=False)
    yield Upgraded(url, levels)
    with postgres._connect("postgres") as connection:
        connection.execute(f'drop database "{name}" with (force)'.encode())


async def counted(database: Database, scope: Scope, level: str) -> str:
    """Where a statement on the level's table runs."""
    async with reading(database, scope) as read:
        await read.connection.execute(text(f"select count(*) from chunk_{level}"))  # noqa: S608
        return "replica" if await read.connection.scalar(_ON_REPLICA) else "primary"


async def test_a_replica_without_what_every_reading_begins_with_is_not_read(
    upgraded: Upgraded, standby: Standby, policy: Policy
) -> None:
    standby.follow()
    upgraded.to("0001")
    name = make_url(upgraded.url).database or ""

    async def copied() -> bool:
        try:
            with standby.connect(name) as superuser:
                superuser.execute("select value from revision_counter")
        except psycopg.Error:
            return False
        return True

    await eventually(copied)
    standby.hold()
    upgraded.wholly(upgraded.levels)
    database = upgraded.database(standby)
    scope = await ScopeResolver(database, policy, 60).resolve(await account(database), "ask")
    assert await counted(database, scope, "internal") == "primary"
    assert database.replica is not None
    assert not database.replica.awake, "it is not asked again at once"
    standby.follow()
    database.replica._until = 0.0

    async def read_there() -> bool:
        return await counted(database, scope, "internal") == "replica"

    await eventually(read_there)
    await database.close()


async def test_a_replica_without_the_tables_of_a_level_is_not_read(
    upgraded: Upgraded, standby: Standby, policy: Policy
) -> None:
    """It answers, and knows all about the subject; it has not seen the end of the upgrade."""
    standby.follow()
    *others, new = upgraded.levels
    upgraded.wholly(others)
    database = upgraded.database(standby)
    resolver, somebody = ScopeResolver(database, policy, 60), await account(database)

    async def read_there(level: str = others[0]) -> bool:
        return await counted(database, await resolver.resolve(somebody, "ask"), level) == "replica"

    await eventually(read_there)
    standby.hold()
    upgraded.wholly(upgraded.levels)
    scope = await resolver.resolve(somebody, "ask")
    assert await counted(database, scope, new) == "primary"
    standby.follow()
    await eventually(lambda: read_there(new))
    await database.close()
