"""The end of a step does not come before it."""

from __future__ import annotations

from time import monotonic

import pytest

from app.retrieval.step import STEP_SECONDS, end_of_step


@pytest.mark.parametrize(("worked", "steps"), [(0.2, 1), (0.9, 1), (1.4, 2)])
async def test_a_wait_ends_with_the_step(worked: float, steps: int) -> None:
    began = monotonic() - worked * STEP_SECONDS
    await end_of_step(began)
    assert monotonic() - began >= steps * STEP_SECONDS
