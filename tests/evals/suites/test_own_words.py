"""A prompt that is broken shows in what a model adds, also where what is shown looks right."""

from __future__ import annotations

import pytest

from evals.ground.copies import Original
from evals.ground.ground import Ground
from evals.mutants.catalogue.models import UNCITED, WITHOUT_PASSAGES
from evals.suites.own_words import cited, readers

pytestmark = pytest.mark.integration


async def test_a_broken_prompt_is_seen(ground: Ground, known: Original) -> None:
    asked = readers(known, ground.chance("own words"))[:8]
    assert len({paper.name for _, paper in asked}) == 8
    sound, _ = await cited(ground.keeping(), known, asked)
    assert sound.value > 0.8
    for fault in (UNCITED, WITHOUT_PASSAGES):
        with fault.planted():
            broken, cases = await cited(ground.keeping(), known, asked)
        assert broken.value == 0
        assert len(cases) == 8
