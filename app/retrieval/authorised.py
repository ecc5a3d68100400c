"""What people see of documents: resolved, read, confirmed by its source where policy asks for that,
authorised again, recorded, then shown."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

from app.audit.record import Recorder, sha256
from app.authz.live import LiveCheck
from app.authz.reading import Reading
from app.authz.recheck import readable_renditions
from app.authz.scope import ScopeResolver
from app.domain.principal import Account
from app.domain.record import AuditRecord
from app.domain.scope import By, Found, Passage, ReadableDocument, Scope
from app.errors import InvalidInput, NotFound
from app.retrieval.documents import open_document
from app.retrieval.find import find
from app.retrieval.search import Searcher
from app.retrieval.step import end_of_step

PURPOSE = "search"
MOST = 50


@dataclass(frozen=True)
class AuthorisedSearch:
    """The one way from a query, or from the id of a document, to text that is shown."""

    resolver: ScopeResolver
    searcher: Searcher
    recorder: Recorder
    live: LiveCheck

    async def search(
        self,
        account: Account,
        query: str,
        k: int,
        at_least_revision: int | None = None,
        by: By = By.BOTH,
    ) -> Found:
        """The best `k` passages. Raises InvalidInput, NotSignedIn, RevisionNotReached, and
        RecordNotWritten, and then shows nothing."""
        query = query.replace("\x00", " ").strip()
        if not query:
            raise InvalidInput("write something to search for")
        if not 1 <= k <= MOST:
            raise InvalidInput(f"k must be 1 to {MOST}")

        scope, found = await find(
            self.resolver, self.searcher, account, PURPOSE, query, k,
            at_least_revision=at_least_revision, by=by,
        )  # fmt: skip
        standing = await self.live.standing(p.rendition for p in found.passages)
        async with self.resolver.database.snapshot() as connection:
            readable = await readable_renditions(
                connection, self.resolver.policy, account, PURPOSE, standing
            )
        passages = tuple(p for p in found.passages if p.rendition in readable)
        await self.recorder.record(
            AuditRecord.of(
                account,
                "search",
                purpose=PURPOSE,
                revision=found.revision,
                classifications=scope.classifications,
                question_sha256=sha256(query),
                passages=[recorded(passage) for passage in passages],
            )
        )
        return Found(found.revision, passages)

    async def open(self, account: Account, document_id: UUID) -> ReadableDocument:
        """The rendition of a document that the account may read. Raises NotFound, in the same
        words and after whole steps of time when it may not and when there is none, NotSignedIn and
        RecordNotWritten."""
        began = monotonic()
        try:
            scope, document = await self._authorised(account, document_id)
        except NotFound:
            # to meet the chunks of a forbidden one in an index takes a moment
            await end_of_step(began)
            raise
        await self.recorder.record(
            AuditRecord.of(
                account,
                "read",
                purpose="documents",
                revision=scope.revision,
                classifications=scope.classifications,
                passages=[
                    {
                        "document": str(document_id),
                        "source": document.source,
                        "external_id": document.external_id,
                        "classification": document.classification,
                    }
                ],
            )
        )
        return document

    async def _authorised(
        self, account: Account, document_id: UUID
    ) -> tuple[Scope, ReadableDocument]:
        async def look(read: Reading) -> tuple[Scope, ReadableDocument]:
            return read.scope, await open_document(read, document_id)

        scope, document = await self.resolver.within(account, "documents", look)
        standing = await self.live.standing([document.rendition])
        async with self.resolver.database.snapshot() as connection:
            if not await readable_renditions(
                connection, self.resolver.policy, account, "documents", standing
            ):
                raise NotFound
        return scope, document


def recorded(passage: Passage) -> dict[str, Any]:
    """A passage as the record names it."""
    return {
        "chunk": str(passage.chunk_id),
        "document": str(passage.document_id),
        "source": passage.source,
        "external_id": passage.external_id,
        "classification": passage.classification,
    }


def shown(found: Found) -> dict[str, Any]:
    """What a search answers, over HTTP and on the command line."""
    return {
        "revision": found.revision,
        "passages": [
            {
                "chunk_id": str(p.chunk_id),
                "document_id": str(p.document_id),
                "external_id": p.external_id,
                "source": p.source,
                "title": p.title,
                "uri": p.uri,
                "classification": p.classification,
                "heading": p.heading,
                "page": p.page,
                "text": p.text,
                "score": round(p.score, 6),
            }
            for p in found.passages
        ],
    }
