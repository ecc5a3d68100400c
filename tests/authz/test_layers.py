"""Each layer of enforcement holds by itself: with it, a forbidden chunk is not found; without it
and with nothing else changed, it is. (The re-check before the prompt has its test beside the
answering pipeline.)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from sqlalchemy import ColumnElement, create_engine, literal, make_url, text
from sqlalchemy.exc import DBAPIError

from app.authz.directory import Group, Person, replace_directory
from app.authz.grants import set_container_acl
from app.authz.policy import Policy
from app.authz.scope import ScopeResolver
from app.db import chunks
from app.db.chunks import write_rendition
from app.db.engine import Database
from app.domain.acl import Acl
from app.domain.document import Chunk, EmbeddedChunk, Rendition
from app.domain.principal import Account, Role
from app.domain.scope import Scope
from app.retrieval.search import Searcher

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
        found = await self.searcher.search(scope, "harbour crane", 10)
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
        Searcher(database, OneDirection()),
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
    scope = await place.resolver.resolve(place.ann, "ask")
    assert place.regulated in await place.found(scope), "policy is not what kept it out"


async def test_predicate(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scope whose slots are fewer than the seal allows gets only those."""
    scope = replace(await place.resolver.resolve(place.ann, "ask"), slots=(-1,))
    assert await place.found(scope) == set()

    def anything(slot: ColumnElement[int], scope: Scope) -> ColumnElement[bool]:
        return literal(True)

    monkeypatch.setattr(chunks, "_in_slots", anything)
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


@pytest.mark.parametrize("seal", ["", "1.00.{}", "nonsense"])
async def test_no_valid_seal_no_rows(place: Place, seal: str) -> None:
    scope = replace(await place.resolver.resolve(place.ann, "ask"), sealed=seal)
    assert await place.found(scope) == set()


async def test_a_changed_seal_is_refused(place: Place) -> None:
    """The payload of Ann's seal under Bob's, and a wider payload under the same seal."""
    of_ann = await place.resolver.resolve(place.ann, "ask")
    of_bob = await place.resolver.resolve(place.bob, "ask")
    key, seal, _ = of_bob.sealed.split(".", 2)
    payload = of_ann.sealed.split(".", 2)[2]
    mixed = replace(of_ann, sealed=f"{key}.{seal}.{payload}")
    assert await place.found(mixed) == set()
    wider = of_ann.sealed.replace('"internal"', '"internal","regulated"')
    assert wider != of_ann.sealed
    assert await place.found(replace(of_ann, sealed=wider)) == set()


async def test_an_expired_seal_is_refused(place: Place, policy: Policy) -> None:
    expired = await ScopeResolver(place.database, policy, -1).resolve(place.ann, "ask")
    assert await place.found(expired) == set()


@pytest.mark.parametrize("login", ["app", "ingest", "auditor"])
async def test_other_logins_read_no_text(place: Place, login: str) -> None:
    with pytest.raises(DBAPIError):
        async with getattr(place.database, login)() as connection:
            await connection.execute(text("select text from chunk_internal"))


async def test_the_reader_cannot_make_a_seal_or_write(place: Place) -> None:
    scope = await place.resolver.resolve(place.ann, "ask")
    for statement in (
        "select seal_scope('{}')",
        "select inner_key from seal_key",
        "delete from chunk_internal",
        "select * from slot_grant",
        "set role portcullis_app",
    ):
        with pytest.raises(DBAPIError):
            async with place.database.reader(scope.sealed) as connection:
                await connection.execute(text(statement))
