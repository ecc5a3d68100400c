"""Each layer of enforcement holds by itself: with it, a forbidden chunk is not found; without it
and with nothing else changed, it is. (The re-check before the prompt has its test beside the
answering pipeline.)"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from psycopg import sql
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from app.authz.directory import Group, Person, replace_directory
from app.authz.grants import set_container_acl
from app.authz.policy import Policy
from app.authz.reading import bind, reading, seal
from app.authz.recheck import readable_renditions
from app.authz.scope import ScopeResolver
from app.catalog.sources import confirm_source
from app.db import slots
from app.db.chunks import write_rendition
from app.db.engine import Database
from app.domain.acl import Acl
from app.domain.document import Chunk, EmbeddedChunk, Rendition
from app.domain.principal import Account, Role
from app.domain.scope import Scope, SlotSet
from app.errors import ScopeOutdated
from app.retrieval.copies import CodeCopies
from app.retrieval.propose import propose
from app.retrieval.search import Searcher
from app.runtime.secrets import login_passwords
from tests.conftest import SECRET
from tests.searching import search

pytestmark = pytest.mark.integration

WORDS = "The harbour crane lifts forty tonnes."


class OneDirection:
    """Every text has the same vector: whatever may be seen is found."""

    dimensions = 384
    name = "one direction"

    def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        return [(1.0, *([0.0] * 383)) for _ in texts]


@dataclass
class Place:
    """Ann may read the internal document and not the regulated one; Bob may read neither."""

    database: Database
    owner_url: str
    resolver: ScopeResolver
    searcher: Searcher
    ann: Account
    bob: Account
    internal: UUID
    regulated: UUID

    async def found(self, scope: Scope) -> set[UUID]:
        found = await search(self.database, self.searcher, scope, "harbour crane", 10)
        return {passage.document_id for passage in found.passages}


@pytest.fixture
async def place(
    database: Database, owner_url: str, policy: Policy, levels: tuple[str, ...]
) -> Place:
    documents: dict[str, UUID] = {}
    async with database.app() as connection:
        people = [Person("ann@layers.example", "Ann"), Person("bob@layers.example", "Bob")]
        await replace_directory(connection, people, [Group("crane", ["ann@layers.example"])])
        source = await connection.scalar(
            text("""
            insert into source (key, kind, classification_floor) values ('layers', 'push', 'public')
            on conflict (key) do update set kind = 'push' returning id""")
        )
        acl = Acl.parse(["group:crane"])
        slot = (await set_container_acl(connection, source, "yard", acl)).slot_id
        for level in ("internal", "regulated"):
            documents[level] = await connection.scalar(
                text("""
                insert into document (source_id, external_id, slot_id, state, classification)
                values (:source, :level, :slot, 'indexed', :level)
                on conflict (source_id, external_id) do update set slot_id = :slot
                returning id"""),
                {"source": source, "level": level, "slot": slot},
            )
        rows = await connection.execute(text("select id, key from principal where kind = 'user'"))
        ids = {row.key: row.id for row in rows}
    async with database.ingest() as connection:
        for level, document in documents.items():
            await write_rendition(
                connection,
                levels=levels,
                document_id=document,
                slot_id=slot,
                source="layers",
                external_id=level,
                uri="",
                mime_type="text/plain",
                rendition=Rendition(level, "Crane", (), {}, ()),
                chunks=[EmbeddedChunk(Chunk(0, "", None, WORDS), OneDirection().embed([""])[0])],
            )
    ann, bob = (
        Account(ids[email], email, email, Role.EMPLOYEE)
        for email in ("ann@layers.example", "bob@layers.example")
    )
    return Place(
        database,
        owner_url,
        ScopeResolver(database, policy, 60),
        Searcher(OneDirection(), CodeCopies(database, levels, 384)),
        ann,
        bob,
        documents["internal"],
        documents["regulated"],
    )


async def test_all_layers_together(place: Place) -> None:
    assert await place.found(await place.resolver.resolve(place.ann, "ask")) == {place.internal}
    assert await place.found(await place.resolver.resolve(place.bob, "ask")) == set()


async def test_policy(place: Place, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    scope = await place.resolver.resolve(place.ann, "ask")
    assert place.regulated not in await place.found(scope)

    monkeypatch.setattr(Policy, "clearance", lambda self, subject, purpose: self.levels)
    scope = await ScopeResolver(place.database, policy, 60).resolve(place.ann, "ask")
    assert place.regulated in await place.found(scope), "policy is not what kept it out"


async def test_predicate(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scope whose slots are fewer than the seal allows gets only those."""
    scope = replace(await place.resolver.resolve(place.ann, "ask"), slots=SlotSet.of("0" * 64))
    assert await place.found(scope) == set()

    monkeypatch.setattr(slots, "predicate", lambda scope: sql.SQL("true"))
    assert await place.found(scope) == {place.internal}, "the predicate is not what kept it out"


async def test_row_level_security(place: Place, levels: tuple[str, ...]) -> None:
    """Slots that the seal does not allow are not read, whatever the statement asks for."""
    of_ann = await place.resolver.resolve(place.ann, "ask")
    forged = replace(
        await place.resolver.resolve(place.bob, "ask"),
        slots=of_ann.slots,
        classifications=levels,
    )
    assert await place.found(forged) == set()

    owner = create_engine(make_url(place.owner_url), isolation_level="AUTOCOMMIT")
    switch = "alter table {} {} row level security"
    tables = [f"{kind}_{level}" for kind in ("rendition", "chunk") for level in levels]
    with owner.connect() as connection:
        for table in tables:
            connection.execute(text(switch.format(table, "disable")))
    try:
        leaked = await place.found(forged)
    finally:
        with owner.connect() as connection:
            for table in tables:
                connection.execute(text(switch.format(table, "enable")))
        owner.dispose()
    assert leaked == {place.internal, place.regulated}, "row-level security did not keep it out"


VISIBLE = text("select text from chunk_internal union all select text from chunk_regulated")


async def seen_under(place: Place, scope: Scope, change: Callable[[str], str]) -> list[str] | None:
    """What a transaction shows under a seal that was changed; None when it is refused, and then
    nothing is shown either."""
    async with place.database.reader() as connection:
        sealed = await seal(place.database, connection, scope)
        revision = await bind(connection, change(sealed))
        seen = list(await connection.scalars(VISIBLE))
    if revision is None:
        assert not seen
        return None
    return seen


async def test_a_seal_opens_what_it_is_for(place: Place) -> None:
    scope = await place.resolver.resolve(place.ann, "ask")
    assert await seen_under(place, scope, lambda sealed: sealed) == [WORDS]


@pytest.mark.parametrize("other", ["", "1.00.{}", "nonsense", "999.{seal}", "-1.{seal}", "{seal}."])
async def test_no_valid_seal_no_rows(place: Place, other: str) -> None:
    scope = await place.resolver.resolve(place.ann, "ask")
    assert await seen_under(place, scope, lambda sealed: other.replace("{seal}", sealed)) is None


async def test_a_changed_seal_is_refused(place: Place) -> None:
    """The payload of Ann's seal under Bob's, a wider one under the same, and any byte changed."""
    of_ann = await place.resolver.resolve(place.ann, "ask")
    of_bob = await place.resolver.resolve(place.bob, "ask")
    async with place.database.reader() as connection:
        sealed = await seal(place.database, connection, of_ann)
        key, _, payload = sealed.split(".", 2)
        seal_of_bob = (await seal(place.database, connection, of_bob)).split(".", 2)[1]
        changed = [
            f"{key}.{seal_of_bob}.{payload}",
            sealed.replace('"internal"', '"internal","regulated"'),
            sealed.replace(f'"set":{of_ann.held}', f'"set":{of_bob.held}'),
            *(
                sealed[:at] + chr(ord(sealed[at]) ^ 1) + sealed[at + 1 :]
                for at in range(len(sealed))
            ),
        ]
        for words in changed:
            assert words != sealed
            assert await bind(connection, words) is None
            assert not list(await connection.scalars(VISIBLE))
        assert await bind(connection, sealed) is not None


async def test_an_expired_scope_is_refused(place: Place, policy: Policy) -> None:
    expired = await ScopeResolver(place.database, policy, -1).resolve(place.ann, "ask")
    with pytest.raises(ScopeOutdated):
        await place.found(expired)


async def test_a_seal_opens_nothing_on_another_connection(place: Place) -> None:
    scope = await place.resolver.resolve(place.ann, "ask")
    async with place.database.reader() as one, place.database.reader() as other:
        sealed = await seal(place.database, one, scope)
        assert await bind(other, sealed) is None
        assert not list(await other.scalars(VISIBLE))
        assert await bind(one, sealed) is not None
        assert list(await one.scalars(VISIBLE)) == [WORDS]


async def test_a_pooled_connection_keeps_nothing_of_whom_it_served(place: Place) -> None:
    """Also where a statement has kept the seal for the whole session."""
    scope = await place.resolver.resolve(place.ann, "ask")
    database = Database.connect(place.owner_url, login_passwords(SECRET), pool_size=1)
    keep = text("select set_config('portcullis.scope', :sealed, false)")
    pids = set()
    for bound in (True, False):
        async with database.reader() as connection:
            pids.add(await connection.scalar(text("select pg_backend_pid()")))
            if bound:
                sealed = await seal(database, connection, scope)
                assert await bind(connection, sealed) is not None
                await connection.execute(keep, {"sealed": sealed})
            assert list(await connection.scalars(VISIBLE)) == ([WORDS] if bound else [])
    await database.close()
    assert len(pids) == 1


async def test_keys_rotate_while_scopes_are_in_use(place: Place) -> None:
    scope = await place.resolver.resolve(place.ann, "ask")
    owner = create_engine(make_url(place.owner_url), isolation_level="AUTOCOMMIT")

    def rotate(grace: str) -> None:
        with owner.connect() as connection:
            connection.execute(
                text("select rotate_seal_key(cast(:grace as interval))"), {"grace": grace}
            )

    async with place.database.reader() as connection:
        before = await seal(place.database, connection, scope)
    rotate("1 hour")
    async with place.database.reader() as connection:
        after = await seal(place.database, connection, scope)
        assert after.split(".")[0] != before.split(".")[0], "the new key seals"
        assert await bind(connection, before) is not None, "the old one still holds"
    rotate("0")
    async with place.database.reader() as connection:
        assert await bind(connection, before) is None
        assert await bind(connection, after) is None
        assert await bind(connection, await seal(place.database, connection, scope)) is not None
    owner.dispose()


async def test_a_scope_from_before_a_membership_ended_is_refused(place: Place) -> None:
    """Ann leaves the group, and only then the group is let in elsewhere: her scope from before
    holds the group, and must not see what it never had with it."""
    scope = await place.resolver.resolve(place.ann, "ask")
    people = [Person("ann@layers.example", "Ann"), Person("bob@layers.example", "Bob")]
    async with place.database.app() as connection:
        await replace_directory(connection, people, [Group("crane", ["bob@layers.example"])])
    with pytest.raises(ScopeOutdated):
        await place.found(scope)
    assert await place.found(await place.resolver.resolve(place.ann, "ask")) == set()
    assert await place.found(await place.resolver.resolve(place.bob, "ask")) == {place.internal}
    async with place.database.app() as connection:
        await replace_directory(connection, people, [Group("crane", ["ann@layers.example"])])


async def test_an_unconfirmed_acl_is_withheld_until_its_source_stands_by_it(place: Place) -> None:
    owner = create_engine(make_url(place.owner_url), isolation_level="AUTOCOMMIT")
    renditions = [(place.internal, "internal"), (place.regulated, "regulated")]

    async def read() -> tuple[bool, bool]:
        """Whether search finds it, and whether the re-check lets it pass."""
        scope = await place.resolver.resolve(place.ann, "ask")
        async with place.database.snapshot() as connection:
            passed = await readable_renditions(
                connection, place.resolver.policy, place.ann, "ask", renditions
            )
        return place.internal in await place.found(scope), renditions[0] in passed

    def run(statement: str) -> None:
        with owner.connect() as connection:
            connection.execute(text(statement))

    run("insert into lease values ('internal', '1 hour'), ('public', '1 second')")
    assert await read() == (True, True)
    run("update source set confirmed_at = now() - interval '61 minutes'")
    assert await read() == (True, True), "the slot was confirmed by itself"
    run("update acl_slot set confirmed_at = now() - interval '61 minutes'")
    assert await read() == (False, False)
    await confirm_source(place.database, None, "layers")
    assert await read() == (True, True)
    run("delete from lease")
    owner.dispose()


async def test_what_a_lease_withholds_takes_no_place_among_what_is_compared(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything has one code and one meaning here, and the withheld chunk takes no place."""
    owner = create_engine(make_url(place.owner_url), isolation_level="AUTOCOMMIT")

    async def proposed() -> list[int]:
        """How many chunks of each classification are looked at by their codes."""
        looks: list[int] = []

        def look(levels: Any, readable: Any, vector: Any, most: int) -> Any:
            found = propose(levels, readable, vector, most)
            looks.append(found.readable.get("internal", 0))
            return found

        monkeypatch.setattr("app.retrieval.search.propose", look)
        scope = await place.resolver.resolve(place.ann, "ask")
        await place.found(scope)
        return looks

    assert await proposed() == [1]
    with owner.connect() as connection:
        connection.execute(text("insert into lease values ('internal', '1 hour')"))
        for table in ("source", "acl_slot"):
            connection.execute(
                text(f"update {table} set confirmed_at = now() - interval '2 hours'")  # noqa: S608
            )
    assert await proposed() == [0]
    with owner.connect() as connection:
        connection.execute(text("delete from lease"))
        connection.execute(text("update acl_slot set confirmed_at = now()"))
    assert await proposed() == [1]
    owner.dispose()


async def test_a_deny_wins_for_a_set_that_is_new_and_for_one_that_is_kept(place: Place) -> None:
    """The database derives the slots of a new set from all grants, and of a kept one from those
    that changed; the re-check walks the grants itself."""

    async def read() -> tuple[bool, bool]:
        """Whether the database opens it, and whether the re-check lets it pass."""
        scope = await place.resolver.resolve(place.ann, "ask")
        async with place.database.snapshot() as connection:
            passed = await readable_renditions(
                connection, place.resolver.policy, place.ann, "ask", [(place.internal, "internal")]
            )
        shown = await seen_under(place, scope, lambda sealed: sealed)
        return shown == [WORDS], passed == {(place.internal, "internal")}

    async def share(deny: list[str]) -> None:
        async with place.database.app() as connection:
            source = await connection.scalar(text("select id from source where key = 'layers'"))
            acl = Acl.parse(["group:crane"], deny)
            await set_container_acl(connection, source, "yard", acl)

    owner = create_engine(make_url(place.owner_url), isolation_level="AUTOCOMMIT")
    assert await read() == (True, True)
    await share([place.ann.email])
    assert await read() == (False, False)
    with owner.connect() as connection:
        connection.execute(text("update principal_set set slots = '', revision = 0"))
    assert await read() == (False, False)
    await share([])
    assert await read() == (True, True)
    owner.dispose()


@pytest.mark.parametrize("login", ["app", "ingest", "auditor"])
async def test_other_logins_read_no_text(place: Place, login: str) -> None:
    with pytest.raises(DBAPIError):
        async with getattr(place.database, login)() as connection:
            await connection.execute(text("select text from chunk_internal"))


@pytest.mark.parametrize(
    "statement",
    [
        "select seal_scope('{}')",
        "select inner_key from seal_key",
        "delete from chunk_internal",
        "select * from slot_grant",
        "select * from principal_set",
        "select slots_of_set(1)",
        "select hold_set('{1}')",
        "set role portcullis_app",
        "set session authorization portcullis_app",
        "set transaction read write",
    ],
)
async def test_the_reader_cannot_make_a_seal_or_write(place: Place, statement: str) -> None:
    scope = await place.resolver.resolve(place.ann, "ask")
    with pytest.raises(DBAPIError):
        async with reading(place.database, scope) as read:
            await read.connection.execute(text(statement))
