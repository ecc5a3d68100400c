"""Over the running service: a bad release is stopped, a good one goes through canary to production
and back, and each answer says which one made it, without a restart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.release import GateLine, Release, Stage
from app.errors import NotPermitted
from app.releases.manifest import release_of, varied
from tests.releases.made import BARS, PASSED, SIGNER, gate
from tests.web.desk import Desk
from tests.web.path import STAGES, Path, beside

pytestmark = pytest.mark.integration


@pytest.fixture
async def path(desk: Desk) -> Path:
    return await beside(desk, BARS)


async def kept(path: Path, made: Release, *lines: GateLine) -> Release:
    return await path.kept(made, gate(made.name, lines=lines))


async def test_a_bad_release_is_stopped_and_a_good_one_comes_and_goes(path: Path) -> None:
    old = await kept(path, path.runs, PASSED)
    for to in STAGES:
        await path.take(old, to)
    assert await path.answers() == old.name

    recipe = path.runs.recipe
    bad = await kept(
        path,
        release_of(varied(path.runs.manifest, replace(recipe, context_passages=1)), SIGNER),
        PASSED, replace(PASSED, suite="faithfulness", name="cited", verdict="failed"),
    )  # fmt: skip
    with pytest.raises(NotPermitted, match="faithfulness: cited missed its bar"):
        await path.take(bad, Stage.EVALUATED)
    policies = {**path.runs.pins["policies"], "policy.csv": {"sha256": "0", "content": "wider"}}
    wider = {**path.runs.manifest, "pins": {**path.runs.pins, "policies": policies}}
    widened = await kept(path, release_of(wider, SIGNER), PASSED)
    await path.take(widened, Stage.EVALUATED)
    await path.take(widened, Stage.STAGED)
    with pytest.raises(NotPermitted, match="its policy files"):
        await path.way.promote(widened.name, Stage.CANARY, path.admin, 100)
    assert await path.answers() == old.name

    good = await kept(
        path, release_of(varied(path.runs.manifest, replace(recipe, seed=8)), SIGNER), PASSED
    )
    seen = []
    for to in STAGES:
        await path.take(good, to)
        seen.append(await path.answers())
    assert seen == [old.name, old.name, good.name, good.name]
    await path.way.rollback(path.admin, "worse")
    assert await path.answers() == old.name
