"""Over the running service: a bad release is stopped, a good one goes through canary to production
and back, and each answer says which one made it, without a restart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.authn.accounts import add_user
from app.authn.tokens import create_token
from app.domain.principal import Role
from app.domain.release import GateLine, Release, Stage
from app.errors import NotPermitted
from app.releases import gate as gates
from app.releases import register
from app.releases.lifecycle import Lifecycle
from app.releases.manifest import release_of, varied
from app.releases.rules import Rules
from app.settings import PROJECT
from tests.releases.made import BARS, GATE_SIGNER, PASSED, SIGNER, gate
from tests.web.desk import Desk

pytestmark = pytest.mark.integration

NOBODY_KNOWS = "Who won the chess tournament?"
STAGES = (Stage.EVALUATED, Stage.STAGED, Stage.CANARY, Stage.PRODUCTION)


class Path:
    """The way of releases beside the running service."""

    def __init__(self, desk: Desk, runs: Release, admin: Any, other: Any) -> None:
        self.desk, self.runs, self.admin, self.other = desk, runs, admin, other
        self.database = desk.house.database
        self.rules = Rules.load(PROJECT / "policies")
        self.way = Lifecycle(self.database, runs, SIGNER, GATE_SIGNER, self.rules, BARS)

    async def answers(self) -> str:
        """The release that answers the reader now."""
        answer = await self.desk.posted("/api/v1/ask", {"question": NOBODY_KNOWS})
        return str(answer.json()["release"])

    async def kept(self, made: Release, *lines: GateLine) -> Release:
        async with self.database.app() as connection:
            await register.add(connection, made, "test", "made")
            await gates.attach(connection, made.name, gate(made.name, lines=lines))
        return made

    async def take(self, made: Release, to: Stage) -> None:
        share = 100 if to is Stage.CANARY else 0
        if to in self.rules.approved:
            with pytest.raises(NotPermitted, match="second person"):
                await self.way.promote(made.name, to, self.admin, share)
            await self.way.approve(made.name, to, self.other)
        await self.way.promote(made.name, to, self.admin, share)


@pytest.fixture
async def path(desk: Desk) -> Path:
    database = desk.house.database
    admin = await add_user(database, "admin@desk.example", "", Role.ADMIN, None)
    other = await add_user(database, "other@desk.example", "", Role.COMPLIANCE, None)
    headers = {"Authorization": f"Bearer {(await create_token(database, admin)).token}"}
    running = (await desk.client.get("/api/v1/releases", headers=headers)).json()["running"]
    async with database.app() as connection:
        runs = (await register.find(connection, running)).release
    return Path(desk, runs, admin, other)


async def test_a_bad_release_is_stopped_and_a_good_one_comes_and_goes(path: Path) -> None:
    old = await path.kept(path.runs, PASSED)
    for to in STAGES:
        await path.take(old, to)
    assert await path.answers() == old.name

    recipe = path.runs.recipe
    bad = await path.kept(
        release_of(varied(path.runs.manifest, replace(recipe, context_passages=1)), SIGNER),
        PASSED, replace(PASSED, suite="faithfulness", name="cited", verdict="failed"),
    )  # fmt: skip
    with pytest.raises(NotPermitted, match="faithfulness: cited missed its bar"):
        await path.take(bad, Stage.EVALUATED)
    policies = {**path.runs.pins["policies"], "policy.csv": {"sha256": "0", "content": "wider"}}
    wider = {**path.runs.manifest, "pins": {**path.runs.pins, "policies": policies}}
    widened = await path.kept(release_of(wider, SIGNER), PASSED)
    await path.take(widened, Stage.EVALUATED)
    await path.take(widened, Stage.STAGED)
    with pytest.raises(NotPermitted, match="its policy files"):
        await path.way.promote(widened.name, Stage.CANARY, path.admin, 100)
    assert await path.answers() == old.name

    good = await path.kept(
        release_of(varied(path.runs.manifest, replace(recipe, seed=8)), SIGNER), PASSED
    )
    seen = []
    for to in STAGES:
        await path.take(good, to)
        seen.append(await path.answers())
    assert seen == [old.name, old.name, good.name, good.name]
    await path.way.rollback(path.admin, "worse")
    assert await path.answers() == old.name
