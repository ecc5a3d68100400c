"""Random small organisations, as many as PORTCULLIS_ORGANISATIONS says: what the database lets each
person see, three ways, against the reference. The seed is printed by a failure and can be set with
PORTCULLIS_SEED."""

from __future__ import annotations

import os
import random
from uuid import UUID

import pytest
from sqlalchemy import ARRAY, Uuid, bindparam, func, insert, literal, select, text, union_all

from app.authz.grants import rendition_slots
from app.authz.policy import Policy
from app.authz.reading import reading
from app.authz.recheck import readable_by_each
from app.authz.scope import ScopeResolver
from app.db.engine import Database
from app.db.levels import chunk_table, rendition_table
from app.domain.principal import Account, Role
from evals.ground.reference import Organisation, may_read, may_see, reads
from tests.authz.organisations import (
    LEVELS,
    change,
    make_sources,
    put_directory,
    put_documents,
    random_organisation,
)

pytestmark = pytest.mark.integration

ORGANISATIONS = int(os.environ.get("PORTCULLIS_ORGANISATIONS", "100"))
SEED = int(os.environ.get("PORTCULLIS_SEED", "20261124"))

VISIBLE = union_all(*(select(chunk_table(level).c.document_id, literal(level)) for level in LEVELS))
AMONG = union_all(
    *(
        select(chunk_table(level).c.document_id, literal(level)).where(
            chunk_table(level).c.document_id == func.any(bindparam("own", type_=ARRAY(Uuid)))
        )
        for level in LEVELS
    )
)


async def placements(database: Database) -> dict[UUID, dict[str, int]]:
    """The slot of each rendition, by document and classification."""
    async with database.app() as connection:
        rows = await connection.execute(
            text("""
            select id, slot_id, classification, redacted_at from document
             where slot_id is not null""")
        )
        return {
            row.id: await rendition_slots(
                connection, row.slot_id, [row.classification, *row.redacted_at]
            )
            for row in rows.all()
        }


async def put_chunks(database: Database, dimensions: int) -> None:
    """One chunk for each rendition, at its level and slot, under the ingest login."""
    placed = await placements(database)
    vector = [0.05] * dimensions
    async with database.ingest() as connection:
        for level in LEVELS:
            here = [
                (document, slots[level]) for document, slots in placed.items() if level in slots
            ]
            await connection.execute(
                insert(rendition_table(level)),
                [
                    {
                        "id": document, "document_id": document, "slot_id": slot, "title": "t",
                        "uri": "", "mime_type": "text/plain", "source": "s", "external_id": "e",
                        "redactions": {}, "evidence": [],
                    }
                    for document, slot in here
                ],
            )  # fmt: skip
            await connection.execute(
                insert(chunk_table(level)),
                [
                    {
                        "id": document, "rendition_id": document, "document_id": document,
                        "slot_id": slot, "ordinal": 0, "heading": "", "text": "t",
                        "embedding": vector, "terms": "t",
                    }
                    for document, slot in here
                ],
            )  # fmt: skip


async def differences(
    database: Database,
    policy: Policy,
    accounts: dict[str, Account],
    organisations: dict[str, Organisation],
    ids: dict[str, UUID],
) -> list[str]:
    """Where row-level security, the predicate or the re-check say something else than the
    reference does, for each user about each document of the organisation."""
    resolver = ScopeResolver(database, policy, seconds=60)
    wrong: list[str] = []
    placed = await placements(database)
    for organisation in organisations.values():
        own = {ids[name]: name for name in organisation.documents}
        shown = frozenset((document, level) for document in own for level in LEVELS)
        asked = {(accounts[user], "search"): shown for user in organisation.users}
        async with database.snapshot() as connection:
            rechecked = await readable_by_each(connection, policy, asked)
        for user in organisation.users:
            account = accounts[user]
            scope = await resolver.resolve(account, "search")
            async with reading(database, scope) as read:
                rows = await read.connection.execute(AMONG, {"own": list(own)})
                by_rows = {(document, level) for document, level in rows}
            by_predicate = {
                (document, level)
                for document in own
                for level, slot in placed.get(document, {}).items()
                if level in scope.classifications and slot in scope.readable(level)
            }
            expected = {
                (i, level) for i, name in own.items() if (level := reads(organisation, user, name))
            }
            shows = {(i, level) for i, level in shown if may_see(organisation, user, own[i], level)}
            wrong += [
                f"{way}: {user} and {own[document]} at {level}"
                for way, said, right in (
                    ("row-level security", by_rows, expected),
                    ("predicate", by_predicate, expected),
                    ("re-check", rechecked[account, "search"], shows),
                )
                for document, level in said ^ right
            ]
    return wrong


async def test_the_database_agrees_with_the_reference(
    database: Database, policy: Policy, dimensions: int
) -> None:
    chance = random.Random(SEED)
    organisations = {f"o{i}": random_organisation(chance, f"o{i}") for i in range(ORGANISATIONS)}
    sources = await make_sources(database)
    ids: dict[str, UUID] = {}
    async with database.app() as connection:
        await put_directory(connection, organisations.values())
        for organisation in organisations.values():
            ids |= await put_documents(connection, sources, organisation)
        rows = await connection.execute(text("select id, key from principal where kind = 'user'"))
        accounts = {row.key: Account(row.id, row.key, row.key, Role.EMPLOYEE) for row in rows}
    await put_chunks(database, dimensions)
    regulated = {m for o in organisations.values() for m in o.members["group:regulated-data"]}
    for organisation in organisations.values():
        organisation.members["group:regulated-data"] = regulated

    assert not await differences(database, policy, accounts, organisations, ids), f"seed {SEED}"
    seen = sum(
        may_read(o, user, name)
        for o in organisations.values()
        for user in o.users
        for name in o.documents
    )
    pairs = sum(len(o.users) * len(o.documents) for o in organisations.values())
    assert 0.05 < seen / pairs < 0.6, "the random organisations are not interesting any more"

    # Change memberships and ACLs of some, and nothing that was revoked stays.
    changed = {
        name: change(chance, name, organisations[name])
        for name in chance.sample(sorted(organisations), ORGANISATIONS // 8)
    }
    organisations |= changed
    async with database.app() as connection:
        await put_directory(connection, organisations.values())
        for organisation in changed.values():
            await put_documents(connection, sources, organisation)
    assert not await differences(database, policy, accounts, changed, ids), f"seed {SEED}"
