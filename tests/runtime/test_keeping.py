"""The keeper of audience indexes starts when there is something to keep, and keeps it."""

from __future__ import annotations

import os
import time

import pytest

from app.authz.policy import Policy
from app.db.engine import Database
from app.runtime import keeping as module
from app.runtime.folders import Folders
from app.runtime.keeping import Keeping, build_memory
from app.runtime.ours import IndexKeeper
from app.runtime.supervisor import Supervisor
from tests.conftest import SECRET
from tests.retrieval.audiences import ANN, LEVEL, THRESHOLD, Company

pytestmark = pytest.mark.integration


async def test_the_keeper_starts_when_a_classification_is_large(
    database: Database,
    owner_url: str,
    policy: Policy,
    levels: tuple[str, ...],
    folders: Folders,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    company = await Company.found(database, owner_url, policy, levels)
    await company.share("shared", ["group:staff"])
    await company.write("shared", THRESHOLD - 1)
    supervisor = Supervisor(folders, say=lambda line: None)
    environment = {
        **os.environ,
        "PORTCULLIS_DATABASE_URL": owner_url,
        "PORTCULLIS_SECRET_KEY": SECRET,
        "PORTCULLIS_AUDIENCE_CHUNKS": str(THRESHOLD),
    }
    keeping = Keeping(supervisor, IndexKeeper(environment, build_memory()), owner_url, THRESHOLD)

    def look() -> list[str]:
        with company.as_owner() as owner:
            owner.execute(f"analyze chunk_{LEVEL}")
        keeping.look()
        keeping.look()
        return [watched.part.name for watched in supervisor.watched]

    assert look() == []
    await company.write("shared", 1)
    assert look() == ["index-keeper"], "once"
    try:
        await company.building()
        deadline = time.monotonic() + 60
        while [one.state for one in await company.kept()] != ["ready"]:
            assert time.monotonic() < deadline
    finally:
        supervisor.watched[0].child.stop(10)
    async with company.reading(ANN) as read:
        walked = await company.walked(read, company.vector(), read.scope)
    assert len(walked.found) == 10
