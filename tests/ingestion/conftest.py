"""The worker that integration tests of the ingestion share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from app.authn.accounts import add_user
from app.authz.policy import Policy
from app.catalog.sources import register
from app.db.engine import Database
from app.domain.principal import Account, Role
from ingestion.pool import PreparationPool
from ingestion.runner import Runner
from tests.ingestion.world import MAX_BYTES, WatchedEmbedder, World


@pytest.fixture(scope="session")
def pool(project: Path) -> Iterator[PreparationPool]:
    pool = PreparationPool(project / "policies", size=1)
    yield pool
    pool.close()


@pytest.fixture
async def ada(database: Database) -> Account:
    return await add_user(database, "ada@house.example", "Ada", Role.EMPLOYEE, None)


@pytest.fixture
async def bob(database: Database) -> Account:
    return await add_user(database, "bob@house.example", "Bob", Role.EMPLOYEE, None)


@pytest.fixture
def runner(
    database: Database, levels: tuple[str, ...], project: Path, pool: PreparationPool
) -> Runner:
    return Runner(database, WatchedEmbedder(), project / "policies", levels, MAX_BYTES, pool)


@pytest.fixture
async def world(runner: Runner, policy: Policy) -> World:
    """A source that is pushed to."""
    source = await register(
        runner.database, None, key=f"push-{uuid4().hex[:8]}", kind="push", config={},
        classification_floor="public", owner=None, levels=runner.levels,
    )  # fmt: skip
    return World(runner, policy, source)


@pytest.fixture
async def tree(runner: Runner, policy: Policy, tmp_path: Path) -> World:
    """A source that is a folder: `tmp_path / "tree"`, empty as yet."""
    folder = tmp_path / "tree"
    folder.mkdir()
    source = await register(
        runner.database, None, key=f"tree-{uuid4().hex[:8]}", kind="filesystem",
        config={"path": str(folder)}, classification_floor="public", owner=None,
        levels=runner.levels,
    )  # fmt: skip
    return World(runner, policy, source)
