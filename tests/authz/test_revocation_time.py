"""How long a revocation takes to be seen by others: nothing that is acknowledged is shown again.
PORTCULLIS_REVOCATIONS says how many, 300 in the full run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from random import Random
from statistics import quantiles
from time import perf_counter

import pytest

from app.authz.policy import Policy
from app.runtime.postgres import EmbeddedPostgres
from app.runtime.secrets import login_passwords
from evals.ground.reference import Acl
from evals.ground.standby import Standby
from evals.suites.revocation.log import Change, Deleted, Directory, FolderAcl, Written
from evals.suites.revocation.organisation import ANN, BOB, INNER, VAULT
from evals.suites.revocation.storm import Storm, storm
from tests.conftest import SECRET

pytestmark = pytest.mark.integration

PASSWORDS = login_passwords(SECRET)
REVOCATIONS = int(os.environ.get("PORTCULLIS_REVOCATIONS", "15"))
PAPER = "paper"
LET_IN = FolderAcl(VAULT, Acl(frozenset({INNER}), frozenset()))
JOINED = Directory({INNER: frozenset({ANN, BOB})})
WRITTEN = Written(PAPER, VAULT, None, "internal", 1)
REVOKED: dict[str, Change] = {
    "deny on the container": FolderAcl(VAULT, Acl(frozenset({INNER}), frozenset({ANN}))),
    "membership ended": Directory({INNER: frozenset({BOB})}),
    "document deleted": Deleted(PAPER),
}


async def shown(wild: Storm, node: int) -> tuple[bool, bool]:
    """Whether Ann is shown the paper, and whether the replica said so."""
    ann = next(account for account in wild.accounts if account.email == ANN)
    read = await wild.nodes[node].read("rows", ann)
    assert read is not None
    return any(text.startswith(f"{PAPER} ") for text in read.seen), read.on_replica


async def until_gone(wild: Storm, revoked: Change, node: int) -> tuple[float, int]:
    """Milliseconds from the acknowledgement to the end of the first read without the paper, and
    how many reads before it still showed it."""
    for change in (JOINED, LET_IN, WRITTEN):
        await wild.organisation.doors.apply(change, surely=True)
    while not (await shown(wild, node))[0]:
        pass
    assert await wild.organisation.doors.apply(revoked)
    acknowledged, reads = perf_counter(), 0
    while (await shown(wild, node))[0]:
        reads += 1
    return (perf_counter() - acknowledged) * 1000, reads


async def until_replica_knows(wild: Storm, revoked: Change) -> float:
    """Milliseconds to the end of the first read that the replica itself answered again."""
    took, _ = await until_gone(wild, revoked, node=1)
    began = perf_counter()
    while not (await shown(wild, 1))[1]:
        pass
    return took + (perf_counter() - began) * 1000


async def test_no_read_after_the_acknowledgement_shows_what_was_revoked(
    owner_url: str, postgres: EmbeddedPostgres, standby: Standby, policy: Policy
) -> None:
    async with storm(owner_url, postgres, standby, policy, PASSWORDS, Random(1)) as wild:
        for node in wild.nodes:
            node.pause = 0
        for kind, change in REVOKED.items():
            each = range(REVOCATIONS // len(REVOKED))
            primary = [await until_gone(wild, change, node=0) for _ in each]
            replicated = [await until_gone(wild, change, node=1) for _ in each]
            itself = [await until_replica_knows(wild, change) for _ in each]
            assert not any(reads for _, reads in primary + replicated)
            print(
                f"{kind}: primary {_percentiles([ms for ms, _ in primary])}, with a replica"
                f" {_percentiles([ms for ms, _ in replicated])}, the replica itself"
                f" {_percentiles(itself)} ({len(each)} each)"
            )


def _percentiles(milliseconds: Sequence[float]) -> str:
    cuts = quantiles(milliseconds, n=100, method="inclusive")
    return f"p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms"
