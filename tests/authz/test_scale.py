"""What permissions cost at scale: counted here, and timed for whoever reads the figures."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from statistics import median, quantiles
from time import perf_counter

import pytest
from sqlalchemy import text

from app.authn.accounts import find_account
from app.authz.directory import Group, Person, replace_directory
from app.authz.grants import set_container_acl
from app.authz.policy import Policy
from app.authz.reading import reading
from app.authz.scope import ScopeResolver
from app.db.engine import Database
from app.domain.acl import Acl

pytestmark = pytest.mark.integration

SCALE = float(os.environ.get("PORTCULLIS_SCALE", "0.1"))
"""1 for the sizes that the figures are quoted at; less for a quick look."""
GROUPS = {"few": 5, "some": 50, "many": int(5_000 * SCALE)}
NESTED = 10
DOCUMENTS = int(100_000 * SCALE)
ROUNDS = 40

Figure = Callable[[str, str], None]


async def timed(work: Callable[[], Awaitable[object]]) -> list[float]:
    """Milliseconds of each round."""
    times = []
    for _ in range(ROUNDS):
        began = perf_counter()
        await work()
        times.append(1000 * (perf_counter() - began))
    return times


def shown(times: list[float]) -> str:
    return f"p50 {median(times):.1f} ms, p95 {quantiles(times, n=20)[-1]:.1f} ms"


async def test_resolving_people_in_few_and_in_many_groups(
    database: Database, policy: Policy, figure: Figure
) -> None:
    """Each person is in that many groups, a tenth of them through a chain of nested ones; each
    group reads a container of its own."""
    people = [Person(f"{name}@scale.example", name) for name in GROUPS]
    groups = [
        Group(
            f"{name}-{n}",
            [f"{name}@scale.example"] if n % NESTED == 0 else [f"group:{name}-{n - 1}"],
        )
        for name, count in GROUPS.items()
        for n in range(count)
    ]
    async with database.app() as connection:
        await replace_directory(connection, people, groups)
        source = await connection.scalar(
            text("""
            insert into source (key, kind, classification_floor)
            values ('scale', 'push', 'public') returning id""")
        )
        # one statement each for what the product writes one by one
        await connection.execute(
            text("""
            with made as (insert into acl_slot (source_id)
                          select :source from principal where kind = 'group' returning id),
                 numbered as (select id, row_number() over (order by id) as n from made),
                 named as (select id, row_number() over (order by id) as n
                             from principal where kind = 'group')
            insert into slot_grant (slot_id, principal_id, effect, since_revision)
            select s.id, p.id, 'allow', 1 from numbered s join named p using (n)"""),
            {"source": source},
        )
    for name, count in GROUPS.items():
        account = await find_account(database, f"{name}@scale.example")

        async def cold(account: object = account) -> None:
            await ScopeResolver(database, policy, 60).resolve(account, "search")  # type: ignore[arg-type]

        kept = ScopeResolver(database, policy, 60)
        scope = await kept.resolve(account, "search")
        assert scope.slots.count == count
        assert len(scope.subject.group_keys) == count

        async def cached(account: object = account) -> None:
            await kept.resolve(account, "search")  # type: ignore[arg-type]  # noqa: B023

        async def opened() -> None:
            async with reading(database, scope):  # noqa: B023
                pass

        figure(f"scope of a person in {count} groups, cold", shown(await timed(cold)))
        figure(f"scope of a person in {count} groups, cached", shown(await timed(cached)))
        figure(f"reading opened for a person in {count} groups", shown(await timed(opened)))


async def test_sharing_a_folder_anew_is_one_write_however_many_documents_it_holds(
    database: Database, policy: Policy, figure: Figure
) -> None:
    people = [Person("in@scale.example", "In"), Person("out@scale.example", "Out")]
    async with database.app() as connection:
        await replace_directory(connection, people, [])
        source = await connection.scalar(
            text("""
            insert into source (key, kind, classification_floor)
            values ('folder', 'push', 'public') returning id""")
        )
        slot = (
            await set_container_acl(connection, source, "f", Acl.parse(["in@scale.example"]))
        ).slot_id
    async with database.ingest() as writer:
        await writer.execute(
            text("""
            with made as (
              insert into rendition_internal (id, document_id, slot_id, title, uri, mime_type,
                                              source, external_id)
              select gen_random_uuid(), gen_random_uuid(), :slot, '', '', '', 'folder', n::text
                from generate_series(1, :documents) n returning id, document_id)
            insert into chunk_internal (id, rendition_id, document_id, slot_id, ordinal, heading,
                                        text, embedding, terms)
            select gen_random_uuid(), id, document_id, :slot, 0, '', 't',
                   (select array_agg(0.05) from generate_series(1, 384))::halfvec, 't'
              from made"""),
            {"slot": slot, "documents": DOCUMENTS},
        )
    resolver = ScopeResolver(database, policy, 60)
    accounts = [await find_account(database, person.email) for person in people]

    async def counts() -> list[int]:
        """How many chunks of the folder each of the two sees, on whatever connection."""
        seen = []
        for account in accounts:
            async with reading(database, await resolver.resolve(account, "search")) as read:
                statement = text("select count(*) from chunk_internal where slot_id = :slot")
                seen.append(await read.connection.scalar(statement, {"slot": slot}) or 0)
        return seen

    async def versions() -> int:
        """Changes when any row of the folder was written."""
        async with database.app() as connection:
            await connection.execute(text("select pg_stat_clear_snapshot()"))
            row = await connection.execute(
                text("select n_tup_upd from pg_stat_user_tables where relname = 'chunk_internal'")
            )
            return int(row.scalar_one())

    assert await counts() == [DOCUMENTS, 0]
    before = await versions()
    times = []
    for turn in range(ROUNDS):
        name = people[1 - turn % 2].email
        began = perf_counter()
        async with database.app() as connection:
            await set_container_acl(connection, source, "f", Acl.parse([name]))
        times.append(1000 * (perf_counter() - began))
        if turn < 2:
            assert await counts() == ([0, DOCUMENTS] if turn == 0 else [DOCUMENTS, 0])
    assert await versions() == before, "no row of the folder's documents was written"
    figure(f"a folder of {DOCUMENTS} documents shared anew", shown(times))
