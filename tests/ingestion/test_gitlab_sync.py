"""Projects on GitLab and their index: what turns confidential is closed by the next look."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.authz.policy import Policy
from app.catalog.jobs import start_sync
from app.catalog.sources import register
from app.domain.principal import Account
from ingestion import runner as runner_module
from ingestion.connect import Access
from ingestion.runner import Runner
from ingestion.sources.reach import Reach
from tests.ingestion.gitlab_site import NAME, SECRET, Site, member
from tests.ingestion.stub_api import reply, serving
from tests.ingestion.world import World

pytestmark = pytest.mark.integration
WORDS = "shared words of every document"
ONE, TWO = f"{NAME}/-/issues/1", f"{NAME}/-/issues/2"
REQUEST = f"{NAME}/-/merge_requests/1"


async def test_who_may_read_less_there_finds_less_here(
    runner: Runner, policy: Policy, ada: Account, bob: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site()
    site.project(NAME, ("ada.l", 30), ("bob", 10))
    site.issue(1, description=WORDS)
    site.issue(2, description=WORDS, confidential=True)
    site.issue(1, description=WORDS, kind="merge_requests")
    site.note(1, "said to all")
    site.note(1, "said to few", internal=True)
    with serving(site):

        def access(levels: tuple[str, ...], max_bytes: int, *_: Any) -> Access:
            reach = Reach(frozenset({f"127.0.0.1:{site.port}"}))
            return Access(levels, max_bytes, reach, SECRET)

        monkeypatch.setattr(runner_module, "Access", access)
        ids = {"ada.l": ada.email, "bob": bob.email}
        source = await register(
            runner.database, None, key=f"gitlab-{uuid4().hex[:8]}", kind="gitlab",
            config={**site.source().config, "accounts": {"ids": ids}},
            classification_floor="public", owner=None, levels=runner.levels,
        )  # fmt: skip
        world = World(runner, policy, source)
        assert (await world.sync()).failed == 0
        found = await world.reads(ada)
        assert set(found) == {ONE, TWO, REQUEST}
        assert ("said to all" in found[ONE], "said to few" in found[ONE]) == (True, False)
        assert set(await world.reads(bob)) == {ONE}

        site.entries[7, "issues"][1]["confidential"] = True
        job = await start_sync(world.database, None, source, acls_only=True)
        await world.runner.run_waiting(job)
        assert await world.reads(bob) == {}
        await world.sync()
        assert set(await world.reads(ada)) == {ONE, TWO, REQUEST}

        site.instead["issues"] = lambda _: reply({"message": "no"}, 404)
        assert (await world.sync()).state == "failed"
        assert set(await world.reads(ada)) == {ONE, TWO, REQUEST}
        site.instead.clear()
        site.members[7] = [member("bob", 20)]
        await world.sync()
        assert await world.reads(ada) == {}
        assert set(await world.reads(bob)) == {ONE, TWO, REQUEST}
