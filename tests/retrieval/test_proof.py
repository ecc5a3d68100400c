"""The proof passes on a sound database, names each fault of a broken one, and is itself seen by
nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.authn.accounts import add_user
from app.authz.policy import Policy
from app.authz.scope import ScopeResolver
from app.catalog.overview import overview
from app.db import engine as engines
from app.db.engine import Database
from app.domain.principal import Role
from app.retrieval.copies import CodeCopies
from app.retrieval.proof.canary import DOCUMENT
from app.retrieval.proof.proof import look
from app.retrieval.search import Searcher
from app.runtime.postgres import EmbeddedPostgres
from app.runtime.secrets import login_passwords
from evals.mutants.catalogue import OF_ENFORCEMENT
from evals.mutants.planting import Change, Fault, Faults
from tests.conftest import SECRET
from tests.searching import search

pytestmark = pytest.mark.integration


class OneDirection:
    """Every text has the same vector: whatever may be seen is found."""

    dimensions = 384
    name = "one direction"

    def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        return [(1.0, *([0.0] * 383)) for _ in texts]


@pytest.fixture
def faults(owner_url: str, postgres: EmbeddedPostgres) -> Faults:
    return Faults(owner_url, postgres)


@pytest.fixture
def connect(owner_url: str) -> Any:
    return lambda: Database.connect(owner_url, login_passwords(SECRET), pool_size=1)


async def test_a_sound_database_passes_again_and_again(
    connect: Any, levels: tuple[str, ...]
) -> None:
    assert await look(connect, levels) == ()
    assert await look(connect, levels) == ()


@pytest.mark.parametrize("fault", OF_ENFORCEMENT, ids=lambda fault: fault.name)
async def test_a_fault_is_named_until_it_is_undone(
    connect: Any, levels: tuple[str, ...], faults: Faults, fault: Fault | Change
) -> None:
    with faults.planted(fault):
        found = await look(connect, levels)
    for words in fault.says:
        assert any(words in finding for finding in found), found
    assert all(";" in finding for finding in found), "every finding says what to do"
    assert await look(connect, levels) == ()


async def test_a_classification_without_tables_is_named(
    connect: Any, levels: tuple[str, ...]
) -> None:
    found = await look(connect, (*levels, "secret"))
    assert any("the table chunk_secret is missing" in finding for finding in found)


async def test_a_new_classification_gets_a_canary(
    connect: Any, levels: tuple[str, ...], faults: Faults
) -> None:
    faults.run(
        "select create_level('fresh', 8);"
        " select keep_codes('fresh'), search_words_in('fresh'), keep_marks('fresh'),"
        " keep_no_values('fresh')"
    )
    assert await look(connect, (*levels, "fresh")) == ()
    faults.run("drop table chunk_fresh, rendition_fresh")


async def test_what_a_request_leaves_on_its_connection_is_found(
    connect: Any, levels: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the rollback alone, which is how pools usually reset."""

    def roll_back(engine: AsyncEngine) -> None:
        event.listen(engine.sync_engine, "reset", lambda connection, *_: connection.rollback())

    monkeypatch.setattr(engines, "reset_on_return", roll_back)
    found = await look(connect, levels)
    for words in (
        "a cursor of an earlier request is left",
        "a prepared statement of an earlier request is left",
        "a temporary view of an earlier request is left",
        "a pooled connection keeps an earlier request's scope",
    ):
        assert any(words in finding for finding in found), found


async def test_nobody_sees_the_canary(
    connect: Any, database: Database, policy: Policy, levels: tuple[str, ...]
) -> None:
    """Not an admin with every clearance either: not in search, lists, counts or audits."""
    assert await look(connect, levels) == ()
    admin = await add_user(database, "admin@proof.example", "Admin", Role.ADMIN, "a long password")
    assert await overview(database, None) == []
    scope = await ScopeResolver(database, policy, 60).resolve(admin, "search")
    found = await search(
        database, Searcher(OneDirection(), CodeCopies(database, levels, 384)), scope, "anything", 50
    )
    assert found.passages == ()
    assert scope.slots.count == 0
    async with database.app() as connection:
        for table in ("document", "source", "document_history"):
            assert not list(await connection.execute(text(f"select 1 from {table}")))  # noqa: S608
        there = await connection.execute(
            text("select 1 from chunk_internal where document_id = :id"), {"id": DOCUMENT}
        )
        assert len(list(there)) == 1, "it is there all the same"
