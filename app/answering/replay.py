"""Build a recorded answer again, or name the first thing that differs and why.

It is asked as the same person, under what they may read now: who may not read a passage any more
does not get it by a replay either.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import text

from app.answering.events import Finished
from app.answering.serving import Serving
from app.answering.shadow import Aside, Unkept
from app.audit.query import query_records
from app.audit.record import sha256
from app.authn.accounts import find_account
from app.authz.recheck import readable_documents
from app.domain.answer import Answer
from app.domain.principal import Account
from app.domain.record import AuditFilter, RecordedEntry
from app.errors import NotFound
from app.releases import register

ACTION = "replay"
_QUESTION = text("""
select e.question from exchange e join conversation c on c.id = e.conversation_id
 where e.audit_id = :id and c.principal_id = :subject
""")
_THERE = text("select id from document where id = any (cast(:ids as uuid[]))")


@dataclass(frozen=True, slots=True)
class Replayed:
    """`differs` is the first thing that is not as it was, empty when the answer is the same to the
    letter. No text is kept, neither of the question nor of the answer."""

    audit_id: UUID
    release: str
    revision: int | None
    differs: str

    @property
    def same(self) -> bool:
        return not self.differs


async def replay(serving: Serving, audit_id: UUID) -> Replayed:
    """Raises NotFound when there is no record of such an answer."""
    database = serving.answering.database
    page = await query_records(database, AuditFilter(record_id=audit_id, action="ask"), 1)
    if not page.entries:
        raise NotFound(f"there is no record {audit_id} of an answer")
    [entry] = page.entries
    differs = await _differs(serving, entry)
    return Replayed(audit_id, entry.record.release, entry.record.revision, differs)


async def _differs(serving: Serving, entry: RecordedEntry) -> str:
    """In the order in which an answer comes about: release, person, question, passages, text."""
    record = entry.record
    if entry.answer_sha256 is None or entry.outcome not in ("answered", "nothing_found"):
        return f"the answer did not come to its end: {entry.outcome or 'nothing says how it ended'}"
    try:
        async with serving.answering.database.app() as connection:
            release = (await register.find(connection, record.release)).release
    except NotFound:
        return f"the release {record.release} is not kept here"
    if why := await serving.unfit(release):
        return f"the release cannot be run here: {why}"
    try:
        account = await find_account(serving.answering.database, record.subject)
    except NotFound:
        return f"the account {record.subject} is gone or disabled"
    async with serving.answering.database.app() as connection:
        question = await connection.scalar(
            _QUESTION, {"id": record.id, "subject": account.principal_id}
        )
    if question is None:
        return "the question is gone with its conversation; the record has its digest only"
    if sha256(question) != record.question_sha256:
        return "the question of the conversation is not the one on record"
    documents = [UUID(passage["document"]) for passage in record.passages]
    if lost := await _lost(serving, account, documents):
        return lost
    answer = await _again(serving, account, question, record.release)
    if answer is None:
        return "no answer came about"
    return _compared(entry, answer)


async def _lost(serving: Serving, account: Account, documents: Sequence[UUID]) -> str:
    """The first document that the answer was made of and that cannot be read by this person."""
    answering = serving.answering
    async with answering.database.snapshot() as connection:
        there = set(await connection.scalars(_THERE, {"ids": documents}))
        readable = await readable_documents(connection, answering.policy, account, "ask", documents)
    for document in documents:
        if document not in there:
            return f"the document {document} was erased since"
        if document not in readable:
            return (
                f"{account.email} may not read the document {document} any more; `portcullis"
                f" explain --user {account.email} --document {document}` says why"
            )
    return ""


async def _again(serving: Serving, account: Account, question: str, release: str) -> Answer | None:
    """By the same release, kept in no conversation, on record as a replay."""
    lane = await serving.lane(release)
    aside = replace(
        lane,
        conversations=Unkept(lane.database, lane.policy),
        recorder=Aside(lane.database, ACTION),
    )
    async with aclosing(aside.ask(account, question)) as events:
        async for event in events:
            if isinstance(event, Finished):
                return event.answer
    return None


def _compared(entry: RecordedEntry, answer: Answer) -> str:
    then = {passage["chunk"]: passage["document"] for passage in entry.record.passages}
    now = {str(citation.chunk_id): citation.document_id for citation in answer.citations}
    for chunk, document in then.items():
        if chunk not in now:
            if document in {str(one) for one in now.values()}:
                return f"another passage of the document {document} is cited; it was indexed anew"
            return (
                f"the passage {chunk} of the document {document} is not chosen any more: the"
                " document, or what stands beside it in the index, has changed"
            )
    for chunk, other in now.items():
        if chunk not in then:
            return f"the document {other} is cited besides; it was not there, or not readable, then"
    if answer.outcome.value != entry.outcome:
        return f"it ended as {answer.outcome}, and then as {entry.outcome}"
    if sha256(answer.text) != entry.answer_sha256:
        return "the same passages, but the text is another; was the model there, then and now?"
    return ""
