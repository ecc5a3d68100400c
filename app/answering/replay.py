"""Build a recorded answer again from the passages that its record names, or name the first thing
that differs and why.

The passages are opened as the same person, under what they may read now: who may not read one any
more does not get it by a replay either.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.answering.pinned import content, digest, prompt_digest, quotes_of
from app.answering.pipeline import PURPOSE, Answering, Basis
from app.answering.recording import finish
from app.answering.serving import Serving
from app.answering.shadow import Aside
from app.answering.wording import NOTHING_FOUND
from app.audit.query import query_records
from app.audit.record import sha256
from app.authn.accounts import find_account
from app.authz.explain.moment import Moment, user_at
from app.authz.reading import Reading
from app.authz.recheck import readable_renditions
from app.domain.answer import Outcome
from app.domain.principal import Account
from app.domain.record import AuditFilter, RecordedEntry
from app.domain.scope import Passage, RenditionRef, Scope
from app.errors import NotFound, Withdrawn
from app.releases import register
from app.retrieval.documents import open_document

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
    if any("content" not in passage for passage in record.passages):
        return "the record is older than digests of passages, so these cannot be told apart"
    renditions = [(UUID(p["document"]), str(p["classification"])) for p in record.passages]
    if lost := await _lost(serving, account, renditions):
        return lost
    lane = await serving.lane(record.release)
    salt = await _salt(lane, entry)
    if digest(lane.salt_key, "scope", salt) != record.detail.get("scope"):
        return f"the scope of revision {record.revision} cannot be made again from the history"
    scope, found = await _opened(lane, account, entry)
    if isinstance(found, str):
        return found
    passages = tuple(passage for passage, _ in found)
    basis = Basis(scope, scope.revision, passages, quotes_of(found))
    prompt = prompt_digest(lane.salt_key, lane.profile, question, passages, basis.quotes, salt)
    if prompt != record.detail.get("prompt"):
        return "the prompt is another, though release, scope and passages are the same"
    said = await _again(lane, account, question, basis, salt)
    if said is None:
        return "a document that it is made of was withdrawn while it was built again"
    if sha256(said) == entry.answer_sha256:
        return ""
    if lane.model.temperature:
        return f"the text: it is sampled at temperature {lane.model.temperature}, so by chance"
    return "the same passages, but the text is another; was the model there, then and now?"


async def _lost(serving: Serving, account: Account, renditions: Sequence[RenditionRef]) -> str:
    """The first document that the answer was made of and that cannot be read by this person."""
    answering = serving.answering
    async with answering.database.snapshot() as connection:
        documents = [document for document, _ in renditions]
        there = set(await connection.scalars(_THERE, {"ids": documents}))
        readable = await readable_renditions(
            connection, answering.policy, account, "ask", renditions
        )
    for document, level in renditions:
        if document not in there:
            return f"the document {document} was erased since"
        if (document, level) not in readable:
            return (
                f"{account.email} may not read the document {document} any more; `portcullis"
                f" explain --user {account.email} --document {document}` says why"
            )
    return ""


async def _salt(lane: Answering, entry: RecordedEntry) -> str:
    """That of the scope at its revision, from the history of memberships."""
    record = entry.record
    when = Moment(entry.at, record.revision or 0, past=True)
    async with lane.database.app() as connection:
        _, held = await user_at(connection, record.subject, when)
    return lane.salt_of(held, record.classifications)


async def _opened(
    lane: Answering, account: Account, entry: RecordedEntry
) -> tuple[Scope, list[tuple[Passage, Sequence[Sequence[int]]]] | str]:
    """The recorded passages with the places of their quotes, read under the scope of now; or which
    of them is not as it was. One that was indexed anew and reads the same is the same."""

    async def look(
        read: Reading,
    ) -> tuple[Scope, list[tuple[Passage, Sequence[Sequence[int]]]] | str]:
        found: list[tuple[Passage, Sequence[Sequence[int]]]] = []
        for wanted in entry.record.passages:
            document = UUID(wanted["document"])
            try:
                pieces = (await open_document(read, document)).passages
            except NotFound:
                return read.scope, f"the document {document} shows this person nothing any more"
            alike = [p for p in pieces if content(lane.salt_key, p) == wanted["content"]]
            same = [p for p in alike if str(p.chunk_id) == wanted["chunk"]] or alike
            if not same:
                return read.scope, (
                    f"the passage {wanted['chunk']} of the document {document} reads otherwise now,"
                    " or is gone: the document was indexed anew"
                )
            found.append((same[0], wanted["quotes"]))
        return read.scope, found

    return await lane.resolver.within(account, PURPOSE, look)


async def _again(
    lane: Answering, account: Account, question: str, basis: Basis, salt: str
) -> str | None:
    """The text, kept in no conversation, on record as a replay; None where it was withdrawn on the
    way. Raises ModelUnavailable."""
    recorder, detail, said = Aside(lane.database, ACTION), dict[str, Any](), list[str]()
    outcome = Outcome.FAILED
    renditions = {passage.rendition for passage in basis.passages}
    async with lane.watch.holding(account, PURPOSE, renditions) as held:
        audit_id = await recorder.record(lane.recorded(account, question, basis, salt))
        try:
            parts = held.guarding(lane.told(account, question, basis, salt, detail))
            async with aclosing(parts) as guarded:
                async for part in guarded:
                    said.append(part)
            outcome = Outcome.NOTHING_FOUND if said == [NOTHING_FOUND] else Outcome.ANSWERED
        except Withdrawn:
            outcome = Outcome.WITHDRAWN
        finally:
            await finish(recorder, audit_id, outcome, "".join(said), detail)
    return None if outcome is Outcome.WITHDRAWN else "".join(said)
