"""What a lying engine gets past the guards, and how the check agrees with people's labels."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

from app.answering.profiles import Profile
from evals.ground.ground import Ground
from evals.measures.agreement import agreement
from evals.measures.intervals import share
from evals.measures.measure import Measure
from evals.suites.faithfulness.claims import LIES, RIGHT
from evals.suites.faithfulness.detector import ragchecker, wice, written
from evals.suites.faithfulness.detector import told as told_by_small
from evals.suites.faithfulness.lying import Told, told
from evals.suites.suite import Case, Found, Risk, Suite

SHOWN = 20
"""So many released lies are kept as cases."""


async def run(ground: Ground) -> Found:
    folder = ground.data_set("faithfulness")
    measures: list[Measure] = []
    notes: list[str] = []
    for name, says in (("detector", told_by_small), ("detector of own words", written)):
        claims = await asyncio.to_thread(wice, folder / "wice_claim_dev.jsonl", says)
        pairs, equal = await asyncio.to_thread(
            ragchecker, folder / "ragchecker_human_labeled.json", says
        )
        measures += agreement(f"{name} on WiCE", claims, "supported", "unsupported", ground.seed)
        measures += agreement(f"{name} on RAGChecker", pairs, "first", "second", ground.seed)
        notes.append(f"the {name} found no difference in {equal} of {len(pairs)} RAGChecker pairs")
    cases: list[Case] = []
    asks = {
        Profile.EVIDENCE: ground.samples(360, 1_500),
        Profile.CONTEXT: ground.samples(240, 1_000),
    }
    for profile, many in asks.items():
        found = await told(ground.keeping(), profile, many)
        measures += _measures(profile.value, found)
        cases += [
            Case(f"{profile}: {one.claim.kind}", one.claim.text)
            for one in found
            if one.released and not one.claim.right
        ][:SHOWN]
    return Found(measures, cases, notes)


def _measures(profile: str, found: Sequence[Told]) -> list[Measure]:
    """The share of lies among what was released is what is gated; that little is released would
    make it good as well, so what was let through of the right sentences stands beside it."""
    out = [one for one in found if one.released]
    lies = sum(not one.claim.right for one in out)
    name = f"{profile}: unsupported among released sentences"
    items = {
        f"{n} {one.claim.kind}": float(one.released)
        for n, one in enumerate(found)
        if one.claim.right
    }
    return [
        share(name, lies, len(out)) if out else Measure(name, math.nan, math.nan, math.nan, 0),
        _through(f"{profile}: right sentences let through", found, RIGHT, items),
        *(
            _through(f"{profile}: let through, {kind}", found, (kind,), {})
            for kind in (*RIGHT, *LIES)
        ),
    ]


def _through(
    name: str, found: Sequence[Told], kinds: Sequence[str], items: dict[str, float]
) -> Measure:
    these = [one.released for one in found if one.claim.kind in kinds]
    if not these:
        return Measure(name, math.nan, math.nan, math.nan, 0)
    return share(name, sum(these), len(these), items)


SUITE = Suite(
    "faithfulness",
    "Authorised questions to the served platform on an engine that mixes right sentences, in the"
    " words of the page and in others, with lies: wrong numbers, names and units, negations, roles"
    " that changed places, bounds and conditions added or left out, facts mixed up, inventions:"
    " what is released; and the checks of a sentence by themselves against people's labels (WiCE,"
    " RAGChecker).",
    (Risk.MISINFORMATION, Risk.CONFABULATION, Risk.OUTPUT_HANDLING, Risk.INTEGRITY),
    run,
)
