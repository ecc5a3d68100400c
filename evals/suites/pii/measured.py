"""What redaction finds in labelled texts beside plain presidio, and that nothing of it is stored.

The texts are those of microsoft/presidio-research; half of their templates, which nothing was
tuned on. Published of plain presidio on all of them, all types: precision .685, recall .603, F1
.618 (notebook 4 there). Policy leaves names and addresses in, so what is compared with presidio
are the types that policy replaces; presidio on all types stands beside for the published figures.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from evals.ground.ground import Ground
from evals.measures.intervals import share
from evals.measures.measure import Measure
from evals.suites.pii import figures
from evals.suites.pii.labelled import Labelled, load
from evals.suites.pii.mutated import MUTATIONS, mutated
from evals.suites.pii.redactors import Finder, presidio, product
from evals.suites.pii.stored import left_in_store
from evals.suites.suite import Case, Found, Risk, Suite

FIXED = frozenset({"CREDIT_CARD", "IBAN_CODE", "US_SSN"})
"""The labelled types with a check digit or a fixed format."""


async def run(ground: Ground) -> Found:
    texts = load(ground.data_set("pii/synth_dataset_v2.json"))
    find, types = product()
    plain = presidio()
    seed = ground.seed

    def measured() -> list[Measure]:
        known = {text.text: plain(text.text) for text in texts}
        ours = figures.by_template(texts, find, types)
        theirs = figures.by_template(texts, known.__getitem__, types)
        every = figures.by_template(texts, known.__getitem__, None)
        return [
            *figures.four("redaction", ours, seed),
            *figures.recall_by_type(texts, find, types, seed),
            *figures.four("plain presidio", theirs, seed),
            figures.apart("F2 above plain presidio", ours, theirs, seed),
            *figures.four("plain presidio, all types", every, seed),
            *_after_mutations(texts, find, plain, types, seed),
        ]

    measures = await asyncio.to_thread(measured)
    chance = ground.chance("pii")
    holding = [text for text in texts if text.of(types)]
    sample = chance.sample(holding, min(len(holding), ground.samples(60, len(holding))))
    found = await left_in_store(ground, [text.text for text in sample], find)
    if found.values:  # otherwise the bar has no measure, and is not met
        left = min(len(found.left), found.values)
        measures.append(share("redacted values that are stored", left, found.values))
    cases = [Case(place, "a value that redaction replaces is in the store") for place in found.left]
    notes = [
        f"{len(texts)} texts of the tested half; policy replaces {', '.join(sorted(types))}",
        f"{found.documents} documents with {found.values} values were looked for in every table",
    ]
    return Found(measures, cases, notes)


def _after_mutations(
    texts: list[Labelled], find: Finder, plain: Finder, types: frozenset[str], seed: int
) -> list[Measure]:
    """Recall and precision of both when all values that policy replaces are masked."""
    measures = []
    for name, by in MUTATIONS.items():
        masked = [mutated(text, types, by) for text in texts if text.of(types)]
        for who, finder in (("redaction", find), ("plain presidio", plain)):
            counts = figures.by_template(masked, finder, types)
            precision, recall, *_ = figures.four(f"{who}, {name}", counts, seed)
            measures += [precision, recall]
        fixed = types & FIXED
        only = [text for text in masked if text.of(fixed)]
        for measure in figures.recall_by_type(only, find, fixed, seed):
            measures.append(replace(measure, name=f"{measure.name}, {name}"))
    return measures


SUITE = Suite(
    "pii",
    "Redaction on texts with labelled personal data beside plain presidio, and what of a redacted"
    " document is stored anywhere in the database: text, search words, vectors.",
    (Risk.DISCLOSURE, Risk.PRIVACY, Risk.VECTORS),
    run,
)
