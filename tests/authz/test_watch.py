"""What is held is withdrawn by every kind of revocation, by nothing else, and when nobody knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from app.authn.accounts import disable_user, find_account
from app.authn.tokens import authenticate, create_token, end_session, list_tokens, revoke_token
from app.authz import held as holding
from app.authz import watch as watching
from app.authz.directory import Group, Person, replace_directory
from app.authz.held import PATIENCE, Held
from app.authz.policy import Policy
from app.authz.recheck import Asker, readable_by_each
from app.authz.watch import Watch
from app.catalog.documents import delete_document, replace_container_acl, replace_document_acl
from app.catalog.sources import register, remove_source
from app.db.engine import AppConnection, Database, SnapshotConnection
from app.db.revision import current_revision
from app.domain.acl import Acl
from app.domain.document import Chunk, EmbeddedChunk, Rendition, SourceItem
from app.domain.principal import Account, Role
from app.domain.scope import RenditionRef
from app.domain.source import Source
from app.errors import DatabaseUnavailable, Withdrawn
from app.runtime.postgres import EmbeddedPostgres
from ingestion.classify import Stated
from ingestion.index import Indexer
from ingestion.work import Work
from tests.authz.outages import kept_out, listener, owner_connection

pytestmark = pytest.mark.integration

NOWHERE = (UUID(int=0), "internal")
LONG = 20.0
"""Seconds after which something that must come is late; it comes in a moment."""
NEVER = 3600.0


@dataclass
class Yard:
    """A folder of a source with one document; Ann may read it through two nested groups."""

    database: Database
    owner_url: str
    levels: tuple[str, ...]
    watch: Watch
    source: Source
    document: UUID
    ann: Account
    bob: Account

    def holding(self) -> AbstractAsyncContextManager[Held]:
        return self.watch.holding(self.ann, "ask", [self.rendition])

    @property
    def rendition(self) -> RenditionRef:
        return self.document, "internal"

    async def directory(self, crew: list[str]) -> None:
        people = [Person(account.email, account.name) for account in (self.ann, self.bob)]
        await set_directory(self.database, people, crew)

    async def share(self, *allow: str, deny: Iterable[str] = ()) -> None:
        await replace_container_acl(self.database, self.source, "yard", Acl.parse(allow, deny))

    async def index(self, classification: str) -> None:
        """The document comes in, or again, at this classification."""
        rendition = Rendition(classification, "Crane", (), {}, ())
        item = SourceItem(self.source.key, "crane", "Crane", "", "text/plain", b"", "yard")
        chunk = EmbeddedChunk(Chunk(0, "", None, "It lifts."), (1.0, *([0.0] * 383)))
        work = Work(self.source.id, self.document, item, Stated(), "", 0)
        assert await Indexer(self.database, self.levels).index(work, rendition, [chunk])

    def as_owner(self, statement: str) -> None:
        with owner_connection(self.owner_url) as connection:
            connection.execute(statement)


async def set_directory(database: Database, people: list[Person], crew: list[str]) -> None:
    async with database.app() as connection:
        groups = [Group("crew", crew), Group("yard", ["group:crew"])]
        await replace_directory(connection, people, groups)


@pytest.fixture
async def yard(
    database: Database, owner_url: str, policy: Policy, levels: tuple[str, ...]
) -> AsyncIterator[Yard]:
    names = [f"{name}-{uuid4().hex[:8]}@watch.example" for name in ("ann", "bob")]
    await set_directory(database, [Person(name, name) for name in names], names[:1])
    source = await register(
        database, None, key=f"yard-{uuid4().hex[:8]}", kind="push", config={},
        classification_floor="public", owner=None, levels=levels,
    )  # fmt: skip
    async with database.app() as connection:
        document = await connection.scalar(
            text("insert into document (source_id, external_id) values (:s, 'crane') returning id"),
            {"s": source.id},
        )
    ann, bob = [await find_account(database, name) for name in names]
    watch = Watch(database, policy)
    yard = Yard(database, owner_url, levels, watch, source, document, ann, bob)
    await yard.share("group:yard")
    await yard.index("internal")
    yield yard
    await watch.close()


async def deny(yard: Yard) -> None:
    await yard.share("group:yard", deny=[yard.ann.email])


async def deny_a_group(yard: Yard) -> None:
    await yard.share("everyone", deny=["group:crew"])


async def end_the_allow(yard: Yard) -> None:
    await yard.share()


async def share_with_others(yard: Yard) -> None:
    await yard.share(yard.bob.email)


async def end_the_membership(yard: Yard) -> None:
    await yard.directory([yard.bob.email])


async def disable(yard: Yard) -> None:
    await disable_user(yard.database, yard.ann.email)


async def leave_the_directory(yard: Yard) -> None:
    await set_directory(yard.database, [Person(yard.bob.email, "Bob")], [yard.bob.email])


async def delete(yard: Yard) -> None:
    await delete_document(yard.database, yard.levels, yard.source, "crane")


async def move_to_another_slot(yard: Yard) -> None:
    acl = Acl.parse([yard.bob.email])
    await replace_document_acl(yard.database, yard.levels, yard.source, "crane", acl)


async def classify_higher(yard: Yard) -> None:
    await yard.index("regulated")


async def remove_the_source(yard: Yard) -> None:
    await remove_source(yard.database, None, yard.source.key, yard.levels)


REVOCATIONS = [
    deny, deny_a_group, end_the_allow, share_with_others, end_the_membership, disable,
    leave_the_directory, delete, move_to_another_slot, classify_higher, remove_the_source,
]  # fmt: skip
Revocation = Callable[[Yard], Awaitable[None]]


async def soon(held: Held) -> None:
    await asyncio.wait_for(held.gone(), LONG)


async def settle(yard: Yard) -> None:
    """Until the watch has decided on everything at the present revision: whoever begins to hold
    gets a look of its own, and the second look begins after the first has ended."""
    for _ in range(2):
        async with asyncio.timeout(LONG), yard.watch.holding(yard.bob, "ask", [NOWHERE]):
            pass


@pytest.mark.parametrize("revoke", REVOCATIONS, ids=lambda revoke: revoke.__name__)
async def test_every_revocation_is_heard(
    yard: Yard, revoke: Revocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the notice alone: no beat comes to its help."""
    monkeypatch.setattr(watching, "BEAT", NEVER)
    async with yard.holding() as held:
        await listener(yard.database)
        await settle(yard)
        assert not held.withdrawn.is_set()
        await revoke(yard)
        await soon(held)


async def sign_out(yard: Yard, session: str) -> None:
    await end_session(yard.database, session)


async def disable_the_account(yard: Yard, session: str) -> None:
    await disable_user(yard.database, yard.ann.email)


@pytest.mark.parametrize("documents", ["a document", "none"])
@pytest.mark.parametrize("end", [sign_out, disable_the_account], ids=lambda end: end.__name__)
async def test_what_a_session_holds_ends_with_it(
    yard: Yard,
    monkeypatch: pytest.MonkeyPatch,
    documents: str,
    end: Callable[[Yard, str], Awaitable[None]],
) -> None:
    """By the notice alone; another session of the same account stays."""
    monkeypatch.setattr(watching, "BEAT", NEVER)
    wanted = [yard.rendition] if documents == "a document" else []
    sessions = [
        (await create_token(yard.database, yard.ann, purpose="session")).token for _ in range(2)
    ]
    mine, other = [await authenticate(yard.database, s, "session") for s in sessions]
    async with (
        yard.watch.holding(mine, "ask", wanted) as held,
        yard.watch.holding(other, "ask", wanted) as kept,
    ):
        await listener(yard.database)
        await settle(yard)
        assert not held.withdrawn.is_set()
        await end(yard, sessions[0])
        await soon(held)
        if end is sign_out:
            await settle(yard)
            assert not kept.withdrawn.is_set()


async def test_what_a_token_holds_ends_with_it(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "BEAT", NEVER)
    issued = await create_token(yard.database, yard.ann)
    account = await authenticate(yard.database, issued.token)
    async with yard.watch.holding(account, "ask", [yard.rendition]) as held:
        await listener(yard.database)
        [listed] = await list_tokens(yard.database, yard.ann.email)
        await revoke_token(yard.database, listed.id)
        await soon(held)


async def test_what_a_token_holds_ends_when_it_expires(yard: Yard) -> None:
    """Time alone does it: nobody is told."""
    issued = await create_token(yard.database, yard.ann, timedelta(seconds=1))
    account = await authenticate(yard.database, issued.token)
    async with yard.watch.holding(account, "ask", [yard.rendition]) as held:
        assert not held.withdrawn.is_set()
        await soon(held)


async def test_what_is_held_with_an_ended_token_is_withdrawn_from_the_start(yard: Yard) -> None:
    session = (await create_token(yard.database, yard.ann, purpose="session")).token
    account = await authenticate(yard.database, session, "session")
    await end_session(yard.database, session)
    async with yard.watch.holding(account, "ask", []) as held:
        assert held.withdrawn.is_set()


async def test_a_revocation_is_seen_where_no_notice_arrives(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deaf(database: Database) -> AsyncGenerator[None]:
        for unavailable in [DatabaseUnavailable]:
            raise unavailable
        yield

    monkeypatch.setattr(watching, "revision_notices", deaf)
    monkeypatch.setattr(holding, "PATIENCE", 1000)
    async with yard.holding() as held:
        await yard.share()
        await soon(held)


async def test_what_nobody_revokes_is_held_for_as_long_as_one_likes(yard: Yard) -> None:
    async with yard.holding() as held:
        await asyncio.sleep((PATIENCE + 3) * watching.BEAT)
        assert not held.withdrawn.is_set()


async def test_a_killed_connection_for_notices_is_made_again(
    yard: Yard, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "BEAT", NEVER)
    async with yard.holding() as held:
        before = await listener(yard.database)
        with postgres._connect("postgres") as server:
            server.execute("select pg_terminate_backend(%s, 5000)", (before,))
        assert await listener(yard.database) != before
        await settle(yard)
        await yard.share()
        await soon(held)


async def test_an_acl_that_its_source_no_longer_confirms_is_withdrawn(yard: Yard) -> None:
    """Time alone does it: no revision is raised."""
    async with yard.holding() as held:
        yard.as_owner("insert into lease values ('internal', '1 hour')")
        yard.as_owner("update source set confirmed_at = now() - interval '2 hours'")
        yard.as_owner("update acl_slot set confirmed_at = now() - interval '59:59'")
        try:
            await soon(held)
        finally:
            yard.as_owner("delete from lease")


async def test_a_grant_that_is_nobodys_concern_withdraws_nothing(yard: Yard) -> None:
    """Everything may change around it. What Bob holds goes, in a later look at both."""
    await yard.share("group:yard", yard.bob.email)
    async with (
        yard.holding() as of_ann,
        yard.watch.holding(yard.bob, "ask", [yard.rendition]) as of_bob,
    ):
        other = Acl.parse(["everyone"])
        await replace_container_acl(yard.database, yard.source, "elsewhere", other)
        await yard.index("public")
        await yard.share("group:yard")
        await soon(of_bob)
        await settle(yard)
        assert not of_ann.withdrawn.is_set()


async def test_what_was_revoked_before_it_was_held_is_withdrawn_from_the_start(yard: Yard) -> None:
    await yard.share()
    async with yard.holding() as held:
        assert held.withdrawn.is_set()


async def test_a_withdrawal_is_for_good(yard: Yard) -> None:
    async with yard.holding() as held:
        await yard.share()
        await soon(held)
        await yard.share("group:yard")
        await settle(yard)
        assert held.withdrawn.is_set()


async def test_one_document_of_several_is_enough(yard: Yard) -> None:
    async with yard.watch.holding(yard.ann, "ask", [yard.rendition, NOWHERE]) as held:
        assert held.withdrawn.is_set()


async def test_nothing_held_needs_no_database(database: Database, policy: Policy) -> None:
    nobody = Account(0, "", "", Role.EMPLOYEE)
    async with Watch(database, policy).holding(nobody, "ask", []) as held:
        assert not held.withdrawn.is_set()


async def test_many_who_hold_the_same_cost_one_call(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Mapping[Asker, frozenset[RenditionRef]]] = []

    async def counted(
        connection: SnapshotConnection,
        policy: Policy,
        asked: Mapping[Asker, frozenset[RenditionRef]],
    ) -> dict[Asker, frozenset[RenditionRef]]:
        calls.append(asked)
        return await readable_by_each(connection, policy, asked)

    async with yard.holding() as one, yard.holding() as two, yard.holding() as three:
        monkeypatch.setattr(watching, "readable_by_each", counted)
        await yard.share()
        await asyncio.gather(*map(soon, (one, two, three)))
    assert calls == [{(yard.ann, "ask"): frozenset({yard.rendition})}]


async def test_what_the_database_does_not_confirm_is_withdrawn(yard: Yard) -> None:
    """It answers no more: somebody has locked what the watch looks at."""
    async with yard.holding() as held:
        with owner_connection(yard.owner_url) as connection:
            connection.execute("lock table revision_counter in access exclusive mode")
            await soon(held)


async def test_a_look_that_hangs_is_left_behind(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(connection: AppConnection) -> int:
        monkeypatch.setattr(watching, "current_revision", current_revision)
        await asyncio.Event().wait()
        return 0

    monkeypatch.setattr(watching, "current_revision", hang)
    async with asyncio.timeout(LONG), yard.holding() as held:
        assert not held.withdrawn.is_set(), "the next look came before patience ended"


async def test_without_the_database_everything_is_withdrawn(
    yard: Yard, postgres: EmbeddedPostgres
) -> None:
    async with yard.holding() as held:
        with kept_out(postgres, yard.owner_url):
            await soon(held)
            async with asyncio.timeout(LONG), yard.holding() as another:
                assert another.withdrawn.is_set()
    async with asyncio.timeout(LONG), yard.holding() as later:
        assert not later.withdrawn.is_set(), "it works again when the database does"


async def test_a_watch_that_breaks_withdraws_everything(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> frozenset[RenditionRef]:
        raise RuntimeError

    async with yard.holding() as held:
        with monkeypatch.context() as broke:
            broke.setattr(watching, "readable_by_each", broken)
            await yard.share("group:yard", yard.bob.email)
            await soon(held)
    async with yard.holding() as later:
        assert not later.withdrawn.is_set(), "the next holder starts it again"


async def test_a_watch_that_is_closed_withdraws_everything(yard: Yard) -> None:
    async with yard.holding() as held:
        await yard.watch.close()
        assert held.withdrawn.is_set()


async def test_a_guarded_stream_ends_while_it_waits(yard: Yard) -> None:
    told: list[str] = []
    closed = asyncio.Event()

    async def parts() -> AsyncGenerator[str]:
        try:
            yield "first"
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def read(held: Held) -> None:
        async for part in held.guarding(parts()):
            told.append(part)
            await yard.share()

    async with yard.holding() as held:
        with pytest.raises(Withdrawn):
            await asyncio.wait_for(read(held), LONG)
    assert told == ["first"]
    assert closed.is_set()


async def test_a_guarded_stream_gives_nothing_that_was_ready_too_late(yard: Yard) -> None:
    async def parts() -> AsyncGenerator[str]:
        yield "first"
        yield "second"

    async with yard.holding() as held:
        guarded = held.guarding(parts())
        assert await anext(guarded) == "first"
        await yard.share()
        await soon(held)
        with pytest.raises(Withdrawn):
            await anext(guarded)


async def test_a_guarded_stream_is_as_it_was(yard: Yard) -> None:
    async def parts() -> AsyncGenerator[int]:
        for number in range(3):
            yield number
        raise KeyError

    seen = []
    async with yard.holding() as held:
        with pytest.raises(KeyError):
            async for number in held.guarding(parts()):
                seen.append(number)  # noqa: PERF401 - what came before the error counts
    assert seen == [0, 1, 2]
