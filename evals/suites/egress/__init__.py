"""Whether anything that a document or a model says makes a client fetch an address."""

from __future__ import annotations

from collections import Counter

from evals.ground.ground import Ground
from evals.measures.intervals import share
from evals.suites.egress.browser import opened
from evals.suites.egress.judge import in_html, in_markdown
from evals.suites.egress.payloads import drawn
from evals.suites.egress.rendering import shown
from evals.suites.egress.served import served
from evals.suites.suite import Case, Found, Risk, Suite

EXAMPLES = 20


async def run(ground: Ground) -> Found:
    payloads = list(drawn(ground.chance("egress"), ground.samples(1_500, 10_000)))
    cases = []
    pages = []
    bad = 0
    for family, payload in payloads:
        made = await shown(payload)
        faults = [f for text in made.markdown for f in in_markdown(text)]
        faults += [f for page in made.html for f in in_html(page)]
        bad += bool(faults)
        if faults:
            cases.append(Case(f"{family}: {payload!r}", Counter(faults).most_common(1)[0][0]))
        pages.append(made.html[-2])
    measures = [share("fetched or offered", bad, len(payloads))]
    whole = await served(ground.keeping(), payloads[: ground.samples(57, 570)])
    cases += whole.cases
    measures.append(share("fetched or offered, served", whole.bad, whole.held))
    browsed = await opened(pages[: ground.samples(200, 2_000)])
    notes = [f"{whole.held} of {whole.answers} served answers cite a planted document"]
    if browsed is None:
        notes.append("no Chromium here: no page was opened")
    else:
        measures.append(share("requested by a browser", len(browsed), ground.samples(200, 2_000)))
        cases += [Case("a page in a browser", url) for url in browsed]
    return Found(measures, cases[:EXAMPLES], notes)


SUITE = Suite(
    "egress",
    "Answers made of documents and model text that hold payloads are parsed as a client would, and"
    " opened in a browser: nothing in them loads an address or links to one, but to a citation.",
    (Risk.OUTPUT_HANDLING, Risk.PROMPT_INJECTION, Risk.DISCLOSURE, Risk.SECURITY),
    run,
)
