"""Concurrent changes and reads, on the primary and on a replica that lags: no interleaving shows
what could not be read. PORTCULLIS_SEED repeats what a failure prints; PORTCULLIS_INTERLEAVINGS
says how many, 10000 in the full run."""

from __future__ import annotations

import os
from random import Random
from time import perf_counter

import pytest

from app.authz.policy import Policy
from app.runtime.postgres import EmbeddedPostgres
from app.runtime.secrets import login_passwords
from evals.ground.standby import Standby
from evals.suites.revocation.mutations import MUTATIONS
from evals.suites.revocation.storm import storm
from tests.conftest import SECRET

pytestmark = pytest.mark.integration

PASSWORDS = login_passwords(SECRET)
SEED = int(os.environ.get("PORTCULLIS_SEED", "20261124"))
INTERLEAVINGS = int(os.environ.get("PORTCULLIS_INTERLEAVINGS", "300"))
MOST = 3_000
"""Interleavings within which the loss of any guard is caught."""


async def test_no_interleaving_shows_what_could_not_be_read(
    owner_url: str, postgres: EmbeddedPostgres, standby: Standby, policy: Policy
) -> None:
    began = perf_counter()
    async with storm(owner_url, postgres, standby, policy, PASSWORDS, Random(SEED)) as wild:
        await wild.rage(INTERLEAVINGS)
        await wild.settle()
        found = wild.judge()
        history = wild.history
    done = sum(o.revision is not None for o in history.operations)
    lost = [o for o in history.operations if o.ended is None]
    unsure = sum(o.revision is not None for o in lost)
    on_replica = sum(read.on_replica for read in history.reads)
    said = (
        f"{history.interleavings} interleavings of {len(history.reads)} reads ({on_replica} seen on"
        f" the replica) with {done} changes ({len(lost)} unacknowledged,"
        f" {unsure} of those took place),"
        f" {history.unanswered} reads unanswered, {perf_counter() - began:.0f} s, seed {SEED}"
    )
    print(said)
    assert not found, "\n".join([said, *found[:20]])
    assert on_replica > len(history.reads) / 50, "the replica was hardly read"
    assert history.unanswered < len(history.reads) / 5, said


@pytest.mark.parametrize("guard", MUTATIONS)
async def test_the_checker_catches(
    guard: str, owner_url: str, postgres: EmbeddedPostgres, standby: Standby, policy: Policy
) -> None:
    """With one guard taken away the same storm shows something that it must not."""
    async with storm(owner_url, postgres, standby, policy, PASSWORDS, Random(SEED)) as wild:
        with MUTATIONS[guard](wild):
            found = await wild.hunt(MOST)
        print(f"{guard}: {wild.history.interleavings} interleavings, {found[:1]}")
    assert found, f"not caught in {MOST} interleavings, seed {SEED}"
