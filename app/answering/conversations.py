"""Conversations belong to who had them; what they show is authorised again at every look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from app.answering.wording import NO_LONGER
from app.authz.live import LiveCheck
from app.authz.policy import Policy
from app.authz.recheck import readable_renditions
from app.db.engine import Database
from app.domain.answer import Answer, Citation
from app.domain.principal import Account
from app.domain.scope import RenditionRef
from app.errors import NotFound

TITLE_CHARACTERS = 80

_FIND = text("select id from conversation where id = :id and principal_id = :owner")
_NEW = text("""
insert into conversation (principal_id, title) values (:owner, :title) returning id
""")
_LIST = text("""
select id, title, created_at from conversation where principal_id = :owner
 order by created_at desc limit 100
""")
_KEEP = text("""
insert into exchange (audit_id, conversation_id, question, answer, outcome, revision, citations)
values (:audit_id, :conversation, :question, :answer, :outcome, :revision,
        cast(:citations as jsonb))
""")
_EXCHANGES = text("""
select e.* from exchange e join conversation c on c.id = e.conversation_id
 where c.id = :id and c.principal_id = :owner order by e.created_at
""")
_CITATIONS = text("""
select e.citations from exchange e join conversation c on c.id = e.conversation_id
 where e.audit_id = :id and c.principal_id = :owner
""")
_DOCUMENTS = text("""
select e.audit_id, e.citations from exchange e join conversation c on c.id = e.conversation_id
 where e.audit_id = any (:ids) and c.principal_id = :owner
""")
_REMOVE = text("delete from conversation where id = :id and principal_id = :owner")


@dataclass(frozen=True, slots=True)
class Conversation:
    """`title` is the beginning of the first question."""

    id: UUID
    title: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer. `hidden` when a source of it may not be read any more: then
    the answer says only that, and has no citations."""

    audit_id: UUID
    question: str
    answer: str
    outcome: str
    revision: int
    citations: tuple[Citation, ...]
    hidden: bool
    created_at: datetime


@dataclass(frozen=True)
class Conversations:
    """Keeps and shows conversations."""

    database: Database
    policy: Policy
    live: LiveCheck

    async def open(self, account: Account, conversation_id: UUID | None, question: str) -> UUID:
        """The account's conversation, or a new one. Raises NotFound for somebody else's."""
        async with self.database.app() as connection:
            if conversation_id is None:
                title = question[:TITLE_CHARACTERS]
                row = await connection.execute(
                    _NEW, {"owner": account.principal_id, "title": title}
                )
                return UUID(str(row.scalar_one()))
            found = await connection.scalar(
                _FIND, {"id": conversation_id, "owner": account.principal_id}
            )
        if found is None:
            raise NotFound("there is no such conversation, or it is not yours")
        return UUID(str(found))

    async def keep(self, conversation_id: UUID, question: str, answer: Answer) -> None:
        async with self.database.app() as connection:
            await connection.execute(
                _KEEP,
                {
                    "audit_id": answer.audit_id,
                    "conversation": conversation_id,
                    "question": question,
                    "answer": answer.text,
                    "outcome": answer.outcome.value,
                    "revision": answer.revision,
                    "citations": json.dumps([_plain(c) for c in answer.citations]),
                },
            )

    async def list(self, account: Account) -> list[Conversation]:
        """The account's latest hundred, newest first."""
        async with self.database.app() as connection:
            rows = await connection.execute(_LIST, {"owner": account.principal_id})
            return [Conversation(row.id, row.title, row.created_at) for row in rows]

    async def history(self, account: Account, conversation_id: UUID) -> Sequence[Exchange]:
        """What was said, with every citation confirmed by its source, where policy asks for that,
        and authorised now. Raises NotFound."""
        key = {"id": conversation_id, "owner": account.principal_id}
        async with self.database.snapshot() as connection:
            if await connection.scalar(_FIND, key) is None:
                raise NotFound("there is no such conversation, or it is not yours")
            rows = (await connection.execute(_EXCHANGES, key)).all()
        cited = {_citation(fields).rendition for row in rows for fields in row.citations}
        standing = await self.live.standing(cited)
        # what a source said may have closed something here
        async with self.database.snapshot() as connection:
            readable = await readable_renditions(connection, self.policy, account, "ask", standing)
        return [_shown(row, readable) for row in rows]

    async def citation(self, account: Account, audit_id: UUID, number: int) -> Citation | None:
        """A citation of an answer that the account got; None when there is no such."""
        async with self.database.app() as connection:
            found = await connection.scalar(
                _CITATIONS, {"id": audit_id, "owner": account.principal_id}
            )
        for fields in found or ():
            if fields["number"] == number:
                return _citation(fields)
        return None

    async def renditions(
        self, account: Account, audit_ids: Sequence[UUID]
    ) -> dict[UUID, frozenset[RenditionRef]]:
        """The renditions that each of these answers is made of; without those of others."""
        key = {"ids": audit_ids, "owner": account.principal_id}
        async with self.database.app() as connection:
            rows = (await connection.execute(_DOCUMENTS, key)).all()
        return {
            row.audit_id: frozenset(_citation(fields).rendition for fields in row.citations)
            for row in rows
        }

    async def remove(self, account: Account, conversation_id: UUID) -> None:
        """Raises NotFound."""
        key = {"id": conversation_id, "owner": account.principal_id}
        async with self.database.app() as connection:
            if not (await connection.execute(_REMOVE, key)).rowcount:
                raise NotFound("there is no such conversation, or it is not yours")


def _shown(row: Row[Any], readable: frozenset[RenditionRef]) -> Exchange:
    citations = tuple(_citation(fields) for fields in row.citations)
    hidden = any(citation.rendition not in readable for citation in citations)
    return Exchange(
        audit_id=row.audit_id,
        question=row.question,
        answer=NO_LONGER if hidden else row.answer,
        outcome=row.outcome,
        revision=row.revision,
        citations=() if hidden else citations,
        hidden=hidden,
        created_at=row.created_at,
    )


def _plain(citation: Citation) -> dict[str, Any]:
    fields = asdict(citation)
    return {**fields, "chunk_id": str(citation.chunk_id), "document_id": str(citation.document_id)}


def _citation(fields: dict[str, Any]) -> Citation:
    ids = {name: UUID(fields[name]) for name in ("chunk_id", "document_id")}
    return Citation(**{**fields, **ids})
