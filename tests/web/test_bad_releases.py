"""From the suites to the promotion: releases that are bad are really evaluated, and what their own
reports say stops them; a good one is evaluated by the same bars and comes and goes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path as File
from typing import Any, ClassVar

import pytest

from app.answering import prompt
from app.domain.release import Release, Stage
from app.errors import NotPermitted
from app.releases.gate import SignedGate, plain
from app.releases.manifest import release_of, varied
from app.settings import PROJECT
from evals.bench.scratch import scratch
from evals.gates.gate import gate_of
from evals.gates.report import Report
from evals.gates.thresholds import Thresholds
from evals.ground.copies import original
from evals.ground.data import DATA
from evals.ground.ground import Effort, Ground
from evals.ground.small import SmallModel
from evals.mutants.catalogue.models import COARSE, UNCITED
from evals.run import CHUNKS, result
from evals.suites.leakage import SUITE as LEAKAGE
from evals.suites.own_words import SUITE as OWN_WORDS
from evals.suites.suite import Suite
from tests.releases.made import GATE_SIGNER, SIGNER, gate
from tests.web.desk import Desk
from tests.web.path import STAGES, Path, beside

pytestmark = pytest.mark.integration

BARS = """
own_words:
  "context: told and cited by an honest engine": {at_least: 0.4, need: {change: 5, release: 5}}
  "evidence: told by the small model": {at_least: 0.05, need: {change: 5, release: 5}}
leakage:
  canaries at the API: {never: true, need: {change: 500, release: 500}}
"""
PAPERS = 24
PARTS = {OWN_WORDS.name: 0.056, LEAKAGE.name: 0.005}
"""Of what a release takes: the bars above need no more."""
WHO_MAY = "p, group:regulated-data, query, regulated, *, allow"


class Remembering(SmallModel):
    """The same model, which says the same on the same prompt: two of the releases send it some."""

    known: ClassVar[dict[str, str]] = {}

    def says(self, prompt: str) -> str:
        if prompt not in self.known:
            self.known[prompt] = super().says(prompt)
        return self.known[prompt]


@dataclass(frozen=True)
class Laboratory:
    """Where releases are evaluated, held to the bars of one file."""

    ground: Ground
    bars: File
    folder: File

    async def sealed(self, release: Release, *suites: Suite) -> SignedGate:
        """What these suites find of what runs at the moment, judged and signed as the product does
        it."""
        results = [
            await result(suite, replace(self.ground, part=PARTS[suite.name])) for suite in suites
        ]
        path = self.folder / f"{release.name}.json"
        Report(
            datetime.now(UTC), release.name, self.ground.effort, self.ground.seed,
            Thresholds.load(self.bars).digest, results,
        ).write(path)  # fmt: skip
        made = gate_of(path, release.name, self.bars)
        return SignedGate(made, GATE_SIGNER.sign(plain(made)))


@pytest.fixture
async def laboratory(
    levels: tuple[str, ...], tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Laboratory]:
    monkeypatch.setattr("evals.suites.own_words.SmallModel", Remembering)
    bars = tmp_path / "bars.yaml"
    bars.write_text(BARS)
    with scratch(None, CHUNKS, levels, keep=False) as server:
        async with AsyncExitStack() as stack:
            ground = Ground(Effort.RELEASE, 5, server, DATA, stack)
            await original(ground, PAPERS)
            yield Laboratory(ground, bars, tmp_path)


@pytest.fixture
async def path(desk: Desk, laboratory: Laboratory) -> Path:
    return await beside(desk, Thresholds.load(laboratory.bars).digest)


def with_pins(runs: Release, **pins: Mapping[str, Any]) -> Release:
    return release_of({**runs.manifest, "pins": {**runs.pins, **pins}}, SIGNER)


def missed(refused: pytest.ExceptionInfo[NotPermitted]) -> list[str]:
    """The measures that the refusal says missed their bars."""
    sentences = refused.value.message.partition("open evaluated: ")[2].split("; ")
    end = " missed its bar"
    return [said.removesuffix(end) for said in sentences if said.endswith(end)]


async def test_bad_releases_are_stopped_by_their_own_reports(
    path: Path, laboratory: Laboratory, tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = path.runs
    old = await path.kept(runs, gate(runs.name, thresholds=Thresholds.load(laboratory.bars).digest))
    for to in STAGES:
        await path.take(old, to)

    with UNCITED.planted():
        prompts = {**runs.pins["prompts"], "instructions": prompt.INSTRUCTIONS}
        uncited = with_pins(runs, prompts=prompts)
        await path.kept(uncited, await laboratory.sealed(uncited, OWN_WORDS))
    with pytest.raises(NotPermitted) as refused:
        await path.take(uncited, Stage.EVALUATED)
    assert missed(refused) == ["own_words: context: told and cited by an honest engine"]

    with COARSE.planted():
        model = {**runs.manifest["model"], "quantisation": "two bits"}
        coarse = release_of({**runs.manifest, "model": model}, SIGNER)
        await path.kept(coarse, await laboratory.sealed(coarse, OWN_WORDS))
    with pytest.raises(NotPermitted) as refused:
        await path.take(coarse, Stage.EVALUATED)
    assert missed(refused) == ["own_words: evidence: told by the small model"]

    with monkeypatch.context() as deployed:
        policies = tmp_path / "policies"
        shutil.copytree(PROJECT / "policies", policies)
        content = (policies / "policy.csv").read_text()
        assert WHO_MAY in content
        content = content.replace(WHO_MAY, WHO_MAY.replace("group:regulated-data", "everyone"))
        (policies / "policy.csv").write_text(content)
        deployed.setenv("PORTCULLIS_POLICIES", str(policies))
        digest = hashlib.sha256(content.encode()).hexdigest()
        pinned = {"policy.csv": {"sha256": digest, "content": content}}
        wider = with_pins(runs, policies={**runs.pins["policies"], **pinned})
        await path.kept(wider, await laboratory.sealed(wider, LEAKAGE))
    with pytest.raises(NotPermitted) as refused:
        await path.take(wider, Stage.EVALUATED)
    assert missed(refused) == ["leakage: canaries at the API"]

    recipe = replace(runs.recipe, seed=8)
    good = release_of(varied(runs.manifest, recipe), SIGNER)
    await path.kept(good, await laboratory.sealed(good, OWN_WORDS, LEAKAGE))
    seen = [await path.answers()]
    for to in STAGES:
        await path.take(good, to)
        seen.append(await path.answers())
    assert seen == [old.name, old.name, old.name, good.name, good.name]
    await path.way.rollback(path.admin, "worse")
    assert await path.answers() == old.name
