"""A source that was removed: its past is explained as it was, and nothing of it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from app.authn.accounts import add_user
from app.authz.explain import explain
from app.authz.grants import set_container_acl
from app.catalog.sources import register, remove_source
from app.domain.acl import Acl
from app.domain.explanation import Explanation
from app.domain.principal import Role
from app.errors import NoLongerKept, NotFound
from tests.authz.office import Office, now

pytestmark = pytest.mark.integration


@pytest.fixture
def owner(owner_url: str) -> Iterator[Engine]:
    engine = create_engine(make_url(owner_url), isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


async def remove(office: Office, levels: tuple[str, ...]) -> None:
    await remove_source(office.database, None, office.source.key, levels)


def told(found: Explanation) -> Explanation:
    """Without what depends on when it is asked."""
    return replace(found, revision=0)


async def test_every_day_before_the_removal_is_explained_as_it_was(
    office: Office, levels: tuple[str, ...]
) -> None:
    """Granted by the container, denied by it, and granted by the document's own ACL."""
    was = []
    steps = [
        (office.container, ["group:company"], list[str]()),
        (office.container, ["everyone"], ["group:staff"]),
        (office.own, [office.ann.email, "group:company"], []),
        (office.container, ["everyone"], []),
    ]
    for change, allow, deny in steps:
        await change(allow, deny)
        at = await now(office.database)
        was.append((at, told(await office.explain(at))))
    assert [found.readable for _, found in was] == [True, False, False, True]
    assert {found.document.container for _, found in was} == {"finance"}
    assert [found.document.acl for _, found in was] == ["container", "container", "own", "own"]

    await office.join()  # memberships go on; those of the past are kept apart
    await remove(office, levels)
    for at, found in was:
        assert told(await office.explain(at)) == found
        named = f"{office.source.key}:pay.txt"
        again = await explain(office.database, office.policy, office.ann.email, named, at)
        assert told(again) == found


async def test_an_explanation_of_now_says_that_the_source_was_removed_and_when(
    office: Office, levels: tuple[str, ...]
) -> None:
    await office.container(["group:company"])
    before = await now(office.database)
    await remove(office, levels)
    after = await now(office.database)
    for at in (None, after):
        found = await office.explain(at)
        assert not found.readable
        assert found.lease is None
        removed = found.document.source_removed_at
        assert removed is not None
        assert before < removed < after
        assert found.changes == (
            f"the source '{office.source.key}' was removed on {removed:%Y-%m-%d %H:%M} UTC: it"
            " would have to be registered again and bring the document",
        )
    assert (await office.explain(before)).document.source_removed_at is None


async def test_nothing_of_it_can_be_read(
    office: Office, levels: tuple[str, ...], owner: Engine
) -> None:
    """No decision finds a slot of it, no table keeps its content, only the app looks back."""
    await office.container([office.ann.email])
    assert await office.rechecked()
    await remove(office, levels)
    assert not await office.rechecked()
    with owner.connect() as connection:
        for table in ("document", "acl_slot", "container", "job", "intake", "problem"):
            rows = connection.scalar(
                text(f"select count(*) from {table} where source_id = :id"),  # noqa: S608
                {"id": office.source.id},
            )
            assert rows == 0, table
        readers = connection.scalars(
            text("""
            select distinct grantee from information_schema.role_table_grants
             where table_name ~ '^former_' and grantee <> 'portcullis_owner'""")
        )
        assert list(readers) == ["portcullis_app"]


async def test_a_source_that_came_later_under_its_name_is_another_one(
    office: Office, levels: tuple[str, ...]
) -> None:
    await office.container(["group:company"])
    at = await now(office.database)
    await remove(office, levels)
    later = await add_user(office.database, "later@removed.example", "L", Role.OWNER, None)
    again = await register(
        office.database, later, key=office.source.key, kind="push", config={},
        classification_floor="public", owner=None, levels=levels,
    )  # fmt: skip
    assert again.owner == later.email
    async with office.database.app() as connection:
        slot = (await set_container_acl(connection, again.id, "finance", Acl())).slot_id
        await connection.execute(
            text("""
            insert into document (source_id, external_id, container_id, slot_id, state,
                                  classification)
            select :source, 'pay.txt', id, :slot, 'indexed', 'internal' from container
             where source_id = :source"""),
            {"source": again.id, "slot": slot},
        )
    assert (await office.explain(at)).readable
    assert (await office.explain()).document.source_removed_at is not None
    named = f"{office.source.key}:pay.txt"
    new = await explain(office.database, office.policy, office.ann.email, named)
    assert new.document.id != office.document
    assert new.document.source_removed_at is None
    for moment in (at, None):
        with pytest.raises(NotFound):
            await explain(
                office.database, office.policy, office.ann.email, office.document, moment,
                owner=later.principal_id,
            )  # fmt: skip


async def test_what_is_not_kept_any_more_is_not_made_up(
    office: Office, levels: tuple[str, ...], owner: Engine
) -> None:
    """As after a source that was removed before its past was kept."""
    await office.container(["group:company"])
    at = await now(office.database)
    await remove(office, levels)
    with owner.connect() as connection:
        key = {"key": office.source.key}
        connection.execute(text("delete from former_source where key = :key"), key)
        for table in ("former_container", "former_slot", "former_grant"):
            assert not connection.scalar(
                text(f"select count(*) from {table} t where not exists (select from former_source)")  # noqa: S608
            )
    with pytest.raises(NoLongerKept, match="removed"):
        await office.explain(at)
    found = await office.explain()
    assert not found.readable
    assert found.document.deleted_at is not None
    assert "not kept any more" in found.limits[0]
