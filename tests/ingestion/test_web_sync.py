"""A web site and its index."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from app.authz.policy import Policy
from app.catalog.sources import register
from app.domain.principal import Account
from app.errors import InvalidInput
from ingestion.runner import Runner
from tests.ingestion.site import Answer, serve
from tests.ingestion.test_web import sitemap
from tests.ingestion.world import World

pytestmark = pytest.mark.integration


async def test_a_site_is_read_by_its_audience_and_a_silent_page_by_nobody(
    runner: Runner, policy: Policy, project: Path, tmp_path: Path, ada: Account, bob: Account
) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(project / "policies", policies)
    with serve() as site:
        (policies / "sources.yaml").write_text(f"reach: ['{site.address}:{site.port}']\n")
        said = {"start": f"{site.url}/docs/", "sitemap": f"{site.url}/map.xml", "delay_seconds": 0}
        key = f"web-{uuid4().hex[:8]}"
        with pytest.raises(InvalidInput, match="start"):
            await register(
                runner.database, None, key=key, kind="web", config={},
                classification_floor="public", owner=None, levels=runner.levels,
            )  # fmt: skip
        source = await register(
            runner.database, None, key=key, kind="web", config=said | {"allow": [ada.email]},
            classification_floor="public", owner=None, levels=runner.levels,
        )  # fmt: skip
        world = World(replace(runner, policies=policies), policy, source)
        one, two = f"{site.url}/docs/one", f"{site.url}/docs/two"
        site.pages["/map.xml"] = Answer(sitemap(one, two))
        for path in ("/docs/one", "/docs/two"):
            site.page(path, head="<title>shared words of every document</title>")
        job = await world.sync()
        assert (job.state, job.failed) == ("done", 0)
        assert set(await world.reads(ada)) == {one, two}
        assert await world.reads(bob) == {}

        good = site.pages["/docs/two"]
        site.pages["/docs/two"] = Answer(status=503)
        await world.sync()
        assert set(await world.reads(ada)) == {one}
        assert two in await world.problems()
        assert await world.indexed() == 2

        site.pages["/docs/two"] = good
        await world.sync()
        assert set(await world.reads(ada)) == {one, two}
        site.pages["/docs/one"] = Answer(status=410)
        await world.sync()
        assert set(await world.reads(ada)) == {two}
        site.pages["/robots.txt"] = Answer(status=500)
        assert (await world.sync()).state == "failed"
        assert set(await world.reads(ada)) == {two}
