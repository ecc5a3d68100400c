"""A source with its readers on the real database, and a worker to run its jobs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.authz.policy import Policy
from app.authz.recheck import readable_renditions
from app.authz.scope import ScopeResolver
from app.catalog.documents import accept
from app.catalog.jobs import get_job, start_sync
from app.catalog.overview import overview
from app.db.engine import Database
from app.domain.acl import Acl
from app.domain.principal import Account
from app.domain.source import Job, Problem, PushedDocument, Source
from app.inference.embed import Vector
from app.retrieval.copies import CodeCopies
from app.retrieval.search import Searcher
from ingestion.runner import Runner
from tests.answering.passages import HashingEmbedder
from tests.searching import search

MAX_BYTES = 5_000_000


@dataclass
class WatchedEmbedder:
    """Remembers what it was given, and raises `breaking` once where that is set; `after` so many
    calls that it still answers."""

    inner: HashingEmbedder = field(default_factory=HashingEmbedder)
    seen: list[str] = field(default_factory=list)
    breaking: Exception | None = None
    after: int = 0

    @property
    def dimensions(self) -> int:
        return self.inner.dimensions

    @property
    def name(self) -> str:
        return self.inner.name

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        if texts and self.breaking is not None and self.after:
            self.after -= 1
        elif texts and self.breaking is not None:
            error, self.breaking = self.breaking, None
            raise error
        self.seen.extend(texts)
        return self.inner.embed(texts)


@dataclass
class World:
    """One source and the worker."""

    runner: Runner
    policy: Policy
    source: Source

    @property
    def database(self) -> Database:
        return self.runner.database

    @property
    def levels(self) -> tuple[str, ...]:
        return self.runner.levels

    @property
    def embedder(self) -> WatchedEmbedder:
        assert isinstance(self.runner.embedder, WatchedEmbedder)
        return self.runner.embedder

    async def push(self, *documents: PushedDocument, run: bool = True) -> UUID:
        """Accept the documents, and index them unless told not to."""
        job = await accept(
            self.database, None, self.source, documents, levels=self.levels, max_bytes=MAX_BYTES
        )
        if run:
            await self.runner.run_waiting(job)
        return job

    async def sync(self) -> Job:
        job = await start_sync(self.database, None, self.source)
        await self.runner.run_waiting(job)
        return await self.job(job)

    async def job(self, job_id: UUID) -> Job:
        return await get_job(self.database, None, job_id)

    async def reads(self, account: Account) -> dict[str, str]:
        """The text that this account can find, by external id; checked by both implementations."""
        scope = await ScopeResolver(self.database, self.policy, 60).resolve(account, "ask")
        searcher = Searcher(self.embedder.inner, CodeCopies(self.database, self.policy.levels, 384))
        words = "shared words of every document"
        found = (await search(self.database, searcher, scope, words, 1000)).passages
        texts: dict[str, str] = {}
        for passage in sorted(found, key=lambda passage: passage.text):
            if passage.source == self.source.key:
                texts[passage.external_id] = texts.get(passage.external_id, "") + passage.text
        async with self.database.snapshot() as connection:
            readable = await readable_renditions(
                connection, self.policy, account, "ask", {p.rendition for p in found}
            )
        assert readable == {passage.rendition for passage in found}
        return texts

    async def problems(self) -> dict[str, Problem]:
        [mine] = [o for o in await overview(self.database, None) if o.source.key == self.source.key]
        return {problem.external_id: problem for problem in mine.problems}

    async def indexed(self) -> int:
        """How many documents are."""
        [mine] = [o for o in await overview(self.database, None) if o.source.key == self.source.key]
        return mine.indexed

    async def revision(self) -> int:
        async with self.database.app() as connection:
            return int(await connection.scalar(text("select value from revision_counter")) or 0)

    async def intake(self, job: UUID) -> list[tuple[str, bool]]:
        """State of each item of a job, and whether anything that it said is still kept."""
        statement = text(
            "select state, content is not null or item <> '{}' as kept from intake"
            " where job_id = :job order by id"
        )
        async with self.database.app() as connection:
            return [(r.state, r.kept) for r in await connection.execute(statement, {"job": job})]

    async def rows_of(self, external_id: str) -> dict[str, int]:
        """How many chunks are stored for a document, by classification, whoever may read them."""
        counts: dict[str, int] = {}
        async with self.database.ingest() as connection:
            for level in self.levels:
                count = await connection.scalar(
                    text(  # the level is ours
                        f"select count(*) from chunk_{level} c join document d"  # noqa: S608
                        " on d.id = c.document_id"
                        " where d.external_id = :name and d.source_id = :source"
                    ),
                    {"name": external_id, "source": self.source.id},
                )
                if count:
                    counts[level] = int(count)
        return counts


def document(name: str, content: str = "shared words", **said: Any) -> PushedDocument:
    """A text document; `allow` and `deny` make its ACL."""
    allow: Iterable[str] | None = said.pop("allow", None)
    deny: Iterable[str] = said.pop("deny", ())
    acl = None if allow is None else Acl.parse(allow, deny)
    return PushedDocument(name, name, content.encode(), "text/plain", acl=acl, **said)
