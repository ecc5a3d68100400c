"""Copies of one indexed company: suites share the work of indexing it, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from psycopg import sql
from sqlalchemy import text

from app.catalog.documents import delete_document
from app.db.revision import current_revision, raise_revision
from evals.ground.company import Company, Paper, make, overseen
from evals.ground.ground import Ground
from evals.ground.parrot import Parrot, parrot
from evals.ground.platform import Platform, platform, serving

ORIGINAL = "original"
PAPERS = 120
_DOCUMENTS = text("select external_id, id from document")


@dataclass(frozen=True, slots=True)
class Original:
    """`overseer` is who may read everything; `documents` gives the id of each paper by its
    external id, the same in every copy, and `revision` is the one that every copy begins with.
    `bird` is the engine of all copies."""

    company: Company
    overseer: str
    documents: Mapping[str, UUID]
    revision: int
    bird: Parrot

    @property
    def people(self) -> list[str]:
        """Everybody who may not read everything."""
        return [person.email for person in self.company.people if person.email != self.overseer]


async def original(ground: Ground, papers: int = PAPERS) -> Original:
    """The company of this run: made and indexed when it is asked for first."""
    if ORIGINAL not in ground.opened:
        company, overseer = overseen(make(ground.chance(ORIGINAL), papers=papers))
        bird = await ground.stack.enter_async_context(parrot())
        async with (
            platform(ground, ORIGINAL, company, bird.url) as made,
            made.parts.database.app() as connection,
        ):
            rows = await connection.execute(_DOCUMENTS)
            documents = {row.external_id: row.id for row in rows}
            revision = await current_revision(connection)
        ground.opened[ORIGINAL] = Original(company, overseer, documents, revision, bird)
    found: Original = ground.opened[ORIGINAL]
    return found


@asynccontextmanager
async def copied(
    ground: Ground, name: str, without: Iterable[Paper] = (), profile: str = "context"
) -> AsyncIterator[Platform]:
    """The company served from a database of its own, which is dropped at the end. What it is to be
    `without` is deleted as the product deletes it, so that ids are the same in all copies, and
    then the revision, which counts that, is raised to one number for all."""
    known = await original(ground)
    with ground.scratch.server._connect("postgres") as connection:
        connection.execute(
            sql.SQL("create database {} template {} owner portcullis_owner").format(
                sql.Identifier(name), sql.Identifier(ORIGINAL)
            )
        )
    try:
        async with serving(ground, name, known.company, known.bird.url, profile=profile) as made:
            for paper in without:
                await delete_document(
                    made.parts.database, made.parts.levels, made.source, paper.external_id
                )
            async with made.parts.database.app() as connection:
                last = known.revision + len(known.company.papers)
                for _ in range(await current_revision(connection), last):
                    await raise_revision(connection, "as after all deletions")
            yield made
    finally:
        ground.scratch.drop(name)


def settle(ground: Ground, name: str) -> None:
    """What autovacuum makes of a copy after a while: until then, searches pass over what was
    deleted."""
    with ground.scratch.whole(name) as connection:
        connection.execute("vacuum analyze")
