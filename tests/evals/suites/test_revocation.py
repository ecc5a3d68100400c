"""Streams that are revoked end, and the suite sees what goes on after it should have ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest

from app.authz import watch as watching
from app.db.engine import Database
from evals.gates.thresholds import Thresholds, Verdict
from evals.ground.ground import Effort, Ground
from evals.measures.measure import Measure
from evals.suites.revocation import measured, streams
from evals.suites.revocation.mutations import subject_kept_for_ever

pytestmark = pytest.mark.integration


def verdict(measures: list[Measure], name: str) -> Verdict:
    [measure] = [one for one in measures if one.name == name]
    bar = Thresholds.load().bar("revocation", name)
    assert bar is not None
    return bar.judge(measure, Effort.CHANGE)


async def test_every_kind_of_revocation_ends_a_stream(ground: Ground) -> None:
    ended = await streams.streams(ground, 2)
    assert {one.kind for one in ended} == set(streams.ROUND)
    assert all(one.withdrawn and one.seconds < 1 for one in ended)
    found = measured.in_time(ended)
    assert verdict(found, "streams not withdrawn") is Verdict.UNDERPOWERED


async def test_a_watch_that_hears_nothing_is_seen(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deaf(database: Database) -> AsyncGenerator[None]:
        await asyncio.Event().wait()
        yield

    monkeypatch.setattr(watching, "revision_notices", deaf)
    monkeypatch.setattr(watching, "BEAT", 3600.0)
    monkeypatch.setattr(streams, "ROUND", (streams.FOLDER,))
    monkeypatch.setattr(streams, "LATEST", 2.0)
    found = measured.in_time(await streams.streams(ground, 2))
    assert verdict(found, "streams not withdrawn") is Verdict.FAILED
    assert verdict(found, "an open stream ends, p99") is Verdict.FAILED


async def test_a_subject_that_is_kept_is_seen(ground: Ground) -> None:
    with subject_kept_for_ever(cast(Any, None)):
        found = await measured.stale(ground, 300)
    assert verdict(list(found.measures), "stale reads") is Verdict.FAILED
    assert found.cases
