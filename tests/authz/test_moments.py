"""What is decided is decided of one moment, and nobody is handed what is not committed yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, event, make_url, text

from app.authz import recheck
from app.authz.directory import Group, Person, replace_directory
from app.authz.grants import set_container_acl
from app.authz.policy import Policy
from app.authz.recheck import readable_renditions
from app.authz.scope import ScopeResolver
from app.db.direct import every
from app.db.engine import Database
from app.domain.acl import Acl
from app.domain.principal import Account, Role

pytestmark = pytest.mark.integration

ANN = "ann@moments.example"
_LEAVE = "update membership set until = now(), until_revision = 1 where until is null"
_SHARE = """
insert into slot_grant (slot_id, principal_id, effect, since_revision)
select d.slot_id, p.id, 'allow', 2 from document d, principal p
 where d.id = :document and p.kind = 'group' and p.key = 'moments'
"""


@dataclass
class Place:
    """Ann is in a group, and nobody may read the document."""

    ann: Account
    document: UUID


@pytest.fixture
async def place(database: Database) -> AsyncIterator[Place]:
    async with database.app() as connection:
        await replace_directory(connection, [Person(ANN, "Ann")], [Group("moments", [ANN])])
        source = await connection.scalar(
            text("""
            insert into source (key, kind, classification_floor) values (:key, 'push', 'public')
            returning id"""),
            {"key": uuid4().hex},
        )
        slot = (await set_container_acl(connection, source, "folder", Acl())).slot_id
        document = await connection.scalar(
            text("""
            insert into document (source_id, external_id, slot_id, state, classification)
            values (:source, 'it', :slot, 'indexed', 'internal') returning id"""),
            {"source": source, "slot": slot},
        )
        ann = await connection.scalar(text("select id from principal where key = :k"), {"k": ANN})
    yield Place(Account(int(ann or 0), ANN, ANN, Role.EMPLOYEE), document)


async def test_the_recheck_never_mixes_memberships_with_later_grants(
    database: Database,
    owner_url: str,
    policy: Policy,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The new enemy: Ann leaves the group, and only then the document is shared with it."""
    owner = create_engine(make_url(owner_url), isolation_level="AUTOCOMMIT")
    done: list[str] = []

    async def change_before_grants_are_read(connection: Any, query: Any, **asked: Any) -> Any:
        if "from slot_grant" in query and not done:
            with owner.connect() as other:
                for statement in (_LEAVE, _SHARE):
                    done.append(statement)
                    other.execute(text(statement), {"document": place.document})
        return await every(connection, query, **asked)

    monkeypatch.setattr(recheck, "every", change_before_grants_are_read)
    async with database.snapshot() as connection:
        passed = await readable_renditions(
            connection, policy, place.ann, "ask", [(place.document, "internal")]
        )
    owner.dispose()
    assert len(done) == 2
    assert passed == frozenset()


async def test_a_set_that_was_not_committed_is_not_remembered(
    database: Database, owner_url: str, policy: Policy, place: Place
) -> None:
    """The connection ends after the set of principals was written: the next request makes it
    again, and does not read under a set that is nowhere."""
    owner = create_engine(make_url(owner_url), isolation_level="AUTOCOMMIT")
    resolver = ScopeResolver(database, policy, 60)
    engine = database.glances.sync_engine
    failed: list[str] = []

    def fail_once(*_: Any) -> None:
        if not failed:
            failed.append("failed")
            raise ConnectionError

    event.listen(engine, "commit", fail_once)
    with pytest.raises(ConnectionError):
        await resolver.resolve(place.ann, "ask")
    scope = await resolver.resolve(place.ann, "ask")
    with owner.connect() as connection_of_owner:
        kept = connection_of_owner.scalar(
            text("select count(*) from principal_set where id = :id"), {"id": scope.held}
        )
    owner.dispose()
    assert kept == 1
