"""What a person finds, by human judgements; and whether permissions cost any of it.

Cranfield's abstracts are indexed through ingestion and searched as a person does, ACLs, proof and
audit included. nDCG and recall are those of a reader of everything. Readers of less are compared
with exact search over what they may read, which is worked out here from the folders alone. For that
nobody has to judge anything, so abstracts are searched for by their titles as well: the questions
are too few to bound a share by .99.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence

from app.domain.acl import Acl
from app.domain.scope import By
from app.domain.source import PushedDocument
from evals.ground.ground import Ground
from evals.ground.platform import Platform, platform
from evals.measures.intervals import mean
from evals.measures.measure import Measure
from evals.measures.ranking import ndcg, recall_at
from evals.suites.retrieval.cranfield import Cranfield, load
from evals.suites.retrieval.exact import Stored, stored
from evals.suites.retrieval.readers import FOLDERS, Readers, readers
from evals.suites.suite import Case, Found, Risk, Suite

K = 10
CHUNKS = 50
"""So many passages are asked for, since several may be of one abstract."""
BREADTHS = (0.02, 0.1, 0.3, 0.6, 1.0)
AT_ONCE = 4
NO_ENGINE = "http://127.0.0.1:9/v1"


async def run(ground: Ground) -> Found:
    whole = load(ground.data_set("retrieval/cranfield"))
    corpus = whole.part(
        ground.samples(60, len(whole.questions)), ground.samples(450, len(whole.abstracts))
    )
    people = readers(ground.chance("retrieval"), BREADTHS)
    queries = searched(corpus, ground.samples(450, 1_000), ground.chance("retrieval titles"))
    name = "retrieval"
    async with platform(ground, name, people.company, NO_ENGINE) as made:
        folder_of = {a.id: f"folder-{n % FOLDERS}" for n, a in enumerate(corpus.abstracts)}
        await made.index(_documents(corpus, folder_of, people.company.folders))
        judged = await _judged(made, people.all, corpus, ground.seed)
        every = stored(ground.scratch, name)
        missing = {a.id for a in corpus.abstracts} - set(every.documents)
        compared, cases = await _compared(ground, made, people, queries, every, folder_of)
    ground.scratch.drop(name)
    notes = [
        f"{len(corpus.questions)} questions, {len(every.chunks)} chunks of"
        f" {len(corpus.abstracts)} abstracts; {len(missing)} abstracts without text are not indexed"
    ]
    return Found([*judged, *compared], cases, notes)


def _documents(
    corpus: Cranfield, folder_of: Mapping[str, str], acls: Mapping[str, Acl]
) -> list[PushedDocument]:
    return [
        PushedDocument(
            abstract.id, abstract.title, abstract.text.encode(), "text/plain",
            container=folder_of[abstract.id], acl=acls[folder_of[abstract.id]],
        )
        for abstract in corpus.abstracts
        if abstract.text
    ]  # fmt: skip


async def _judged(made: Platform, email: str, corpus: Cranfield, seed: int) -> list[Measure]:
    """Abstracts in the order of their best passage."""
    account = await made.account(email)
    gained: dict[str, float] = {}
    found: dict[str, float] = {}
    for question in corpus.questions:
        passages = (await made.parts.search.search(account, question.text, CHUNKS)).passages
        ranked = list(dict.fromkeys(passage.external_id for passage in passages))
        gained[question.id] = ndcg(ranked, question.gains, K)
        found[question.id] = recall_at(ranked, question.gains, K)
    return [mean("nDCG@10", gained, seed), mean("recall@10", found, seed)]


def searched(corpus: Cranfield, count: int, chance: random.Random) -> dict[str, str]:
    """So many texts to search for, by what they are: the questions, and titles of abstracts."""
    texts = {f"question {one.id}": one.text for one in corpus.questions}
    titles = {f"title {one.id}": one.title for one in corpus.abstracts if one.title}
    more = chance.sample(list(titles), min(len(titles), max(0, count - len(texts))))
    return texts | {name: titles[name] for name in more}


async def _compared(
    ground: Ground,
    made: Platform,
    people: Readers,
    queries: Mapping[str, str],
    every: Stored,
    folder_of: Mapping[str, str],
) -> tuple[list[Measure], list[Case]]:
    """For each reader, the share of the exactly nearest chunks that the search by meaning finds."""
    measures: list[Measure] = []
    cases: list[Case] = []
    alls: dict[str, float] = {}
    room = asyncio.Semaphore(AT_ONCE)
    for email, breadth in people.breadths.items():
        account = await made.account(email)
        inside = every.inside({id_ for id_, of in folder_of.items() if of in people.may[email]})

        async def share(text: str) -> float:
            # alone, as the search embeds it: in a batch it would have another vector
            async with room:
                [vector] = await asyncio.to_thread(ground.embedder.embed, [text])
                found = await made.parts.search.search(account, text, K, by=By.MEANING)  # noqa: B023
            true, wanted = every.nearest(vector, inside, K)  # noqa: B023
            got = {str(passage.chunk_id) for passage in found.passages}
            return min(len(got & true), wanted) / wanted if wanted else 1.0

        shares = await asyncio.gather(*(share(text) for text in queries.values()))
        cases += [
            case
            for name, found in zip(queries, shares, strict=True)
            for case in _lost(name, breadth, found)
        ]
        kept = {
            f"{name} read by {breadth:.0%}": found
            for name, found in zip(queries, shares, strict=True)
        }
        alls |= kept
        measures.append(
            mean(f"recall against exact search, {breadth:.0%} readable", kept, ground.seed)
        )
    return [mean("recall against exact search", alls, ground.seed), *measures], cases


def _lost(query: str, breadth: float, share: float) -> Sequence[Case]:
    if share == 1.0:
        return ()
    return [Case(f"{query}, {breadth:.0%} readable", f"found {share:.0%} of the nearest")]


SUITE = Suite(
    "retrieval",
    "Judged questions of the Cranfield collection through ingestion and search: the order of what"
    " is found, and the search under permissions against exact search over what may be read.",
    (Risk.VECTORS, Risk.CONFABULATION, Risk.INTEGRITY),
    run,
)
