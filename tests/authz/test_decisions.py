"""One large organisation, every person and document: the database's rows, the scope's own slots
and the re-check against the reference, with nested and cyclic groups, denies, leases, clearances
that differ by purpose, and changes in between."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import create_engine, make_url, text

from app.authz.policy import Policy
from app.authz.reading import reading
from app.authz.recheck import readable_renditions
from app.authz.scope import ScopeResolver
from app.db.engine import Database
from app.domain.principal import Account, Role
from app.settings import PROJECT
from evals.ground.reference import Acl, Document, Organisation, may_see, reads
from tests.authz.organisations import LEVELS, levels, make_sources, put_directory, put_documents
from tests.authz.test_random_organisations import VISIBLE, put_chunks

pytestmark = pytest.mark.integration

DECISIONS = int(os.environ.get("PORTCULLIS_DECISIONS", "30000"))
SEED = int(os.environ.get("PORTCULLIS_SEED", "20261124"))
ROUNDS = 3
USERS = 40
DOCUMENTS = DECISIONS // (USERS * ROUNDS)
PURPOSES = ("search", "ask", "documents")
RULES = """
p, everyone, query, public, *, allow
p, everyone, query, internal, search, allow
p, group:big-g1, query, internal, ask, allow
p, everyone, query, internal, documents, allow
p, everyone, query, confidential, search, allow
p, everyone, query, confidential, ask, allow
p, group:big-g2, query, confidential, documents, allow
p, group:big-g3, query, regulated, search, allow
"""
HOLDERS = {
    ("internal", "ask"): "group:big-g1",
    ("confidential", "documents"): "group:big-g2",
    ("regulated", "search"): "group:big-g3",
    ("regulated", "ask"): "nobody",
    ("regulated", "documents"): "nobody",
}


def grow(chance: random.Random) -> Organisation:
    users = [f"p{n}.big@random.example" for n in range(USERS)]
    groups = [f"group:big-g{n}" for n in range(30)]
    members = {
        group: set(chance.sample([*users, *groups], chance.choice((0, 1, 2, 4, 8)))) - {group}
        for group in groups
    }
    organisation = Organisation(users, members, holders=dict(HOLDERS))
    organisation.containers = {f"big/f{n}": acl(chance, users, groups) for n in range(25)}
    for n in range(DOCUMENTS):
        organisation.documents[f"big/d{n}"] = Document(
            chance.choice([None, *organisation.containers]),
            acl(chance, users, groups) if chance.random() < 0.4 else None,
            *levels(chance),
        )
    return organisation


def acl(chance: random.Random, users: list[str], groups: list[str]) -> Acl:
    names = [*users, *groups, *groups, "everyone", "public"]
    return Acl(
        frozenset(chance.sample(names, chance.choice((0, 1, 2, 4)))),
        frozenset(chance.sample([*users, *groups], chance.choice((0, 0, 0, 1, 2)))),
    )


def change(chance: random.Random, before: Organisation) -> Organisation:
    """Other memberships, some other ACLs; what is indexed stays."""
    after = grow(chance)
    after.documents = {
        name: replace(document, acl=acl(chance, before.users, [*before.members]))
        if chance.random() < 0.1 and document.acl is not None
        else document
        for name, document in before.documents.items()
    }
    return after


async def expire(
    database: Database, chance: random.Random, organisation: Organisation
) -> Organisation:
    """Let the lease of some slots run out: all of their documents are withheld."""
    async with database.app() as connection:
        await connection.execute(text("update source set confirmed_at = now() - interval '9 days'"))
        rows = (
            await connection.execute(
                text("select external_id, slot_id from document where slot_id is not null")
            )
        ).all()
        slots = sorted({row.slot_id for row in rows})
        expired = set(chance.sample(slots, len(slots) // 5))
        for when, ids in (("9 days", expired), ("1 hour", set(slots) - expired)):
            await connection.execute(
                text("""
                update acl_slot set confirmed_at = now() - cast(:when as interval)
                 where id = any (:ids) or redacts = any (:ids)"""),
                {"when": when, "ids": sorted(ids)},
            )
    unconfirmed = {row.external_id for row in rows if row.slot_id in expired}
    return replace(
        organisation,
        documents={
            name: replace(
                document,
                confirmed=name not in unconfirmed,
            )
            for name, document in organisation.documents.items()
        },
    )


async def differences(
    database: Database, policy: Policy, organisation: Organisation, ids: dict[str, UUID],
    accounts: dict[str, Account], purpose_of: Callable[[str], str],
) -> tuple[list[str], Counter[bool]]:  # fmt: skip
    """Where one of the implementations says something else than the reference, and how often the
    reference said yes and no."""
    wrong: list[str] = []
    said: Counter[bool] = Counter()
    resolver = ScopeResolver(database, policy, 300)
    names = {id_: name for name, id_ in ids.items()}
    for user in organisation.users:
        purpose = purpose_of(user)
        scope = await resolver.resolve(accounts[user], purpose)
        async with reading(database, scope) as read:
            rows = [(names[id_], level) for id_, level in await read.connection.execute(VISIBLE)]
        async with database.snapshot() as connection:
            passed = await readable_renditions(
                connection, policy, accounts[user], purpose,
                [(id_, level) for id_ in ids.values() for level in LEVELS],
            )  # fmt: skip
        by_recheck = {(names[id_], level) for id_, level in passed}
        expected = {
            (name, level)
            for name in organisation.documents
            if (level := reads(organisation, user, name, purpose))
        }
        shows = {
            (name, level)
            for name in organisation.documents
            for level in LEVELS
            if may_see(organisation, user, name, level, purpose)
        }
        said.update(name in {of for of, _ in expected} for name in organisation.documents)
        for way, seen, right in (("rows", set(rows), expected), ("re-check", by_recheck, shows)):
            wrong += [f"{way}: {user}, {purpose}, {one}" for one in sorted(seen ^ right)]
        assert len({name for name, _ in rows}) == len(rows), "two renditions at once"
    return wrong, said


async def test_every_decision_is_the_reference_s(
    database: Database, owner_url: str, dimensions: int, tmp_path: Path,
    figure: Callable[[str, str], None],
) -> None:  # fmt: skip
    chance = random.Random(SEED)
    (tmp_path / "model.conf").write_text((PROJECT / "policies/model.conf").read_text())
    (tmp_path / "policy.csv").write_text(RULES)
    policy = Policy.load(tmp_path, LEVELS)
    sources = await make_sources(database)
    owner = create_engine(make_url(owner_url))
    with owner.begin() as connection_:
        connection_.execute(
            text("""insert into lease values ('internal', '7 days'), ('confidential', '7 days'),
                    ('regulated', '7 days')""")
        )
    owner.dispose()
    organisation = grow(chance)
    counted: Counter[bool] = Counter()
    for round_ in range(ROUNDS):
        async with database.app() as connection:
            await put_directory(connection, [organisation])
            ids = await put_documents(connection, sources, organisation)
            rows = await connection.execute(
                text("select id, key from principal where kind = 'user'")
            )
            accounts = {row.key: Account(row.id, row.key, row.key, Role.EMPLOYEE) for row in rows}
        if round_ == 0:
            await put_chunks(database, dimensions)
        current = await expire(database, chance, organisation)
        wrong, said = await differences(
            database, policy, current, ids, accounts, lambda user: chance.choice(PURPOSES)
        )
        assert not wrong, f"seed {SEED}: {wrong[:10]}"
        counted += said
        organisation = change(chance, organisation)
    assert 0.05 < counted[True] / counted.total() < 0.6, "the organisation is not interesting"
    figure("decisions on which rows, re-check and reference agree", f"{counted.total():,}")
