"""One run: corpus, plain table, then each workload loaded, measured and dropped."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np
import psycopg
from sqlalchemy import make_url

from app.authz.levels import load_levels
from app.authz.policy import Policy
from app.authz.scope import ScopeResolver
from app.settings import PROJECT
from evals.bench import plain
from evals.bench.asking import ask, subject
from evals.bench.contender import Contender, Tables
from evals.bench.door import Door
from evals.bench.load import Loaded, Loader, Names
from evals.bench.measure import ENOUGH, Field, measure
from evals.bench.options import Options
from evals.bench.organisation import Organisation
from evals.bench.peers import Peers, start_peers
from evals.bench.people import settle
from evals.bench.results import Measured, Point, Report
from evals.bench.scratch import Scratch, scratch
from evals.bench.texts import Texts
from evals.bench.vectors import Corpus, generate, load
from evals.bench.whole import Numbering, Portcullis
from evals.bench.workloads import organise
from evals.bench.writes import live_writes

Say = Callable[[str], None]
SCOPE_SECONDS = 60


async def run(options: Options, say: Say) -> Report:
    """Measure. Raises InvalidInput on vectors that cannot be used, EnforcementBroken where the
    product shows anybody what they may not read."""
    say("making the corpus")
    corpus = load(options.vectors, options.seed) if options.vectors else generate(
        options.chunks, options.seed
    )  # fmt: skip
    organisations = {name: organise(name, corpus, options.seed) for name in options.workloads}
    texts = Texts(options.seed)
    levels = load_levels(PROJECT / "policies")
    report = Report(corpus.said, corpus.chunks, options.seed, options.queries)
    with scratch(options.data_dir, corpus.chunks, levels, keep=options.keep) as server:
        report.index_seconds = plain.make(
            server, corpus, organisations, texts, lambda what: say(f"plain table: {what}")
        )
        peers = Peers()
        if options.peers:
            tables = Tables(
                corpus.vectors,
                {name: one.slot_of_chunk for name, one in organisations.items()},
                {name: one.marks() for name, one in organisations.items()},
            )
            peers = start_peers(server.root / "peers", tables, say)
            del tables
        report.peers_missing, report.peers_built = peers.missing, peers.seconds
        # what lives for the whole run is not looked at by every collection of garbage
        gc.collect()
        gc.freeze()
        try:
            for name, one in organisations.items():
                measured = await _workload(
                    server, options, corpus, one, texts, peers.contenders, say
                )
                report.workloads.append(measured)
                if not options.keep:
                    server.drop(name)
        finally:
            for contender in peers.contenders:
                await contender.close()
    return report


async def _workload(
    server: Scratch,
    options: Options,
    corpus: Corpus,
    organisation: Organisation,
    texts: Texts,
    peers: Sequence[Contender],
    say: Say,
) -> Measured:
    name = organisation.name
    say(f"{name}: people and grants")
    server.make(name)
    database = server.connect(name)
    baseline = plain.Plain.connect(server, "unfiltered HNSW", ruled=False)
    enough = plain.Plain.connect(server, f"unfiltered HNSW at {ENOUGH}", ruled=False)
    ruled = plain.Plain.connect(server, "pgvector with a policy", ruled=True)
    try:
        settled = await settle(database, organisation)
        names = Names.make(corpus, organisation, options.seed)
        loader = Loader(
            database, corpus, organisation, settled, names, texts,
            lambda done: say(f"{name}: {done:,} of {corpus.chunks:,} chunks loaded"),
        )  # fmt: skip
        seconds = await loader.load()
        say(f"{name}: loaded, {corpus.chunks / seconds:,.0f} chunks/s; vacuum")
        loaded = Loaded(corpus.chunks, seconds, _vacuum(server.url(name), server.levels))
        plain.rule(server, organisation)
        policy = Policy.load(PROJECT / "policies", server.levels)
        resolver = ScopeResolver(database, policy, SCOPE_SECONDS)
        numbering = Numbering(names.chunks)
        portcullis = Portcullis.build(database, resolver, server.levels, numbering)
        door = Door(resolver, numbering, names.chunks, names.classifications(organisation))
        contenders = Field(portcullis, baseline, enough, ruled, peers, options.peer_every, door)
        points = []
        for n, wanted in enumerate(organisation.subjects):
            asking = await subject(resolver, organisation, n, settled.slots)
            chance = np.random.default_rng([options.seed, 5, n])
            asked = ask(corpus, asking.readable, options.queries, chance)
            say(f"{name}: asking as somebody who reads {asking.readable.mean():.3%}")
            points.append(
                Point(
                    wanted=wanted.share,
                    readable=int(asking.readable.sum()),
                    share=float(asking.readable.mean()),
                    slots=int(asking.slots.sum()),
                    principals=len(organisation.held(wanted.email)),
                    lines=await measure(contenders, corpus.vectors, asking, asked),
                )
            )
        writes = []
        if options.writes and not organisation.own.all():
            say(f"{name}: reading while documents are replaced")
            writes = await live_writes(server, portcullis, loader, options)
        return Measured(
            workload=name,
            slots=organisation.slots,
            grants=len(organisation.grants.slot),
            groups=len(organisation.groups),
            documents=len(organisation.slot),
            loaded=loaded,
            points=points,
            writes=writes,
        )
    finally:
        for pooled in (baseline, enough, ruled):
            await pooled.close()
        await database.close()


def _vacuum(url: str, levels: Sequence[str]) -> float:
    """What autovacuum does within a minute of such a load: seconds."""
    began = perf_counter()
    plain_url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain_url, autocommit=True) as connection:
        for level in levels:
            for table in (f"chunk_{level}", f"rendition_{level}"):
                connection.execute(f"vacuum analyze {table}".encode())
        for table in ("document", "slot_grant", "acl_slot", "membership", "principal"):
            connection.execute(f"vacuum analyze {table}".encode())
    return perf_counter() - began
