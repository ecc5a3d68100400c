"""The story of a question:

Request -> Subject -> Scope -> [Passage] -> Prompt -> Draft -> Verdict -> Answer -> AuditRecord

The record is durable before the first word is released. Every step takes the type that the step
before it makes, so none can be left out.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.answering.compartment import compartment
from app.answering.context import written
from app.answering.conversations import Conversations
from app.answering.ending import in_time
from app.answering.events import AnswerEvent, Delta, Finished, Started
from app.answering.evidence import choose_quotes
from app.answering.pinned import digest, named, prompt_digest
from app.answering.profiles import Profile
from app.answering.question import checked
from app.answering.quotes_first import led_by_quotes
from app.answering.recording import finish, record_of
from app.answering.spotlight import fence
from app.answering.verdicts import Verdicts
from app.answering.wording import NOTHING_FOUND, WITHDRAWN
from app.audit.record import Recorder
from app.authz.live import LiveCheck
from app.authz.policy import Policy
from app.authz.recheck import readable_renditions
from app.authz.scope import ScopeResolver
from app.authz.watch import Watch
from app.db.engine import Database
from app.domain.answer import Answer, Citation, Outcome, Quote
from app.domain.principal import Account
from app.domain.record import AuditRecord
from app.domain.scope import Passage, Scope
from app.errors import Withdrawn
from app.inference.chat import ChatModel
from app.inference.embed import WordedEmbedder
from app.retrieval.find import find
from app.retrieval.search import Searcher

PURPOSE = "ask"
PASSAGES = 20
"""So many passages are looked through for evidence."""
CONTEXT_PASSAGES = 6
"""So many are given to a model that reads whole passages."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What an answer is made of: passages best first and, for `Profile.EVIDENCE`, their quotes in
    the order of the answer. `scope` is what they were read under."""

    scope: Scope
    revision: int
    passages: tuple[Passage, ...]
    quotes: tuple[Quote, ...]

    @property
    def citations(self) -> tuple[Citation, ...]:
        if self.quotes:
            return tuple(Citation.of(n, q.passage, q.text) for n, q in enumerate(self.quotes, 1))
        return tuple(Citation.of(n, p, p.text) for n, p in enumerate(self.passages, 1))


@dataclass(frozen=True)
class Answering:
    """Answers questions. `salt_key` keys the hashes that keep the engine's caches apart."""

    database: Database
    policy: Policy
    resolver: ScopeResolver
    searcher: Searcher
    embedder: WordedEmbedder
    model: ChatModel
    profile: Profile
    recorder: Recorder
    conversations: Conversations
    watch: Watch
    live: LiveCheck
    release: str
    salt_key: str
    passages: int = PASSAGES
    context_passages: int = CONTEXT_PASSAGES

    async def ask(
        self, account: Account, question: str, conversation_id: UUID | None = None
    ) -> AsyncGenerator[AnswerEvent]:
        """Answer as the account. Closing the iterator early stops the generation.

        When a document that it is made of is withdrawn, the stream says so at once and ends.
        Raises InvalidInput, NotSignedIn, NotFound for a conversation that is not theirs,
        RecordNotWritten, ModelUnavailable, DatabaseUnavailable; after an error nothing more is
        released, and the record says how it ended.
        """
        question = checked(question)
        conversation = await self.conversations.open(account, conversation_id, question)

        basis = await self.basis(account, question)
        citations, salt = basis.citations, self.salt(basis.scope)

        released: list[str] = []
        outcome = Outcome.STOPPED
        detail: dict[str, Any] = {}
        renditions = {citation.rendition for citation in citations}
        async with self.watch.holding(account, PURPOSE, renditions) as held:
            audit_id = await self.recorder.record(self.recorded(account, question, basis, salt))
            try:
                yield Started(audit_id, conversation, basis.revision, held.renditions)
                parts = self.told(account, question, basis, salt, detail)
                try:
                    async with aclosing(held.guarding(parts)) as guarded:
                        async for part in guarded:
                            released.append(part)
                            yield Delta(part)
                    if released == [NOTHING_FOUND]:
                        outcome, citations = Outcome.NOTHING_FOUND, ()
                    else:
                        outcome = Outcome.ANSWERED
                except Withdrawn:
                    held.withdraw()
                    outcome = Outcome.WITHDRAWN
                    released.append(f"\n\n{WITHDRAWN}" if released else WITHDRAWN)
                    yield Delta(released[-1])
                answer = Answer(
                    "".join(released), citations, outcome, basis.revision, self.release, audit_id
                )
                await in_time(self.conversations.keep(conversation, question, answer))
                if held.withdrawn.is_set():
                    outcome = Outcome.WITHDRAWN
                    answer = replace(answer, text=WITHDRAWN, citations=(), outcome=outcome)
                yield Finished(answer)
            except Exception:
                outcome = Outcome.FAILED
                raise
            finally:
                # A server cancels again at every await of a closed stream; the record must not
                # care.
                await asyncio.shield(
                    finish(self.recorder, audit_id, outcome, "".join(released), detail)
                )

    async def basis(self, account: Account, question: str) -> Basis:
        """What an answer is made of at this moment: authorised, confirmed by its sources where
        policy asks for that, and authorised again."""
        scope, found = await find(
            self.resolver, self.searcher, account, PURPOSE, question, self.passages
        )
        standing = await self.live.standing(passage.rendition for passage in found.passages)
        confirmed = [passage for passage in found.passages if passage.rendition in standing]
        passages = await self.authorised_again(account, confirmed)
        if self.profile is Profile.EVIDENCE:
            quotes = await choose_quotes(self.embedder, question, passages)
            quoted = {quote.passage.chunk_id for quote in quotes}
            passages = tuple(p for p in passages if p.chunk_id in quoted)
            return Basis(scope, found.revision, passages, quotes)
        passages = await compartment(self.embedder, question, passages)
        return Basis(scope, found.revision, passages[: self.context_passages], ())

    def recorded(self, account: Account, question: str, basis: Basis, salt: str) -> AuditRecord:
        """What goes on record before the first word."""
        key, passages, quotes = self.salt_key, basis.passages, basis.quotes
        return record_of(
            account, basis.scope, basis.revision, self.release, question,
            [named(key, passage, quotes) for passage in passages],
            {
                "scope": digest(key, "scope", salt),
                "prompt": prompt_digest(key, self.profile, question, passages, quotes, salt),
            },
        )  # fmt: skip

    def told(
        self, account: Account, question: str, basis: Basis, salt: str, detail: dict[str, Any]
    ) -> AsyncGenerator[str]:
        """The blocks of the answer; `detail` gets what the guards said. Raises ModelUnavailable
        and Withdrawn."""
        if not basis.citations:
            return _once(NOTHING_FOUND)
        if self.profile is Profile.EVIDENCE:
            return led_by_quotes(
                self.model, question, basis.quotes, salt,
                lambda these: self.authorised_again(account, these), detail,
            )  # fmt: skip
        return self._from_context(account, salt, question, basis.passages, detail)

    async def authorised_again(
        self, account: Account, passages: Sequence[Passage]
    ) -> tuple[Passage, ...]:
        """The passages whose renditions the account may read at this moment."""
        async with self.database.snapshot() as connection:
            readable = await readable_renditions(
                connection, self.policy, account, PURPOSE, [p.rendition for p in passages]
            )
        return tuple(passage for passage in passages if passage.rendition in readable)

    async def _from_context(
        self,
        account: Account,
        salt: str,
        question: str,
        passages: Sequence[Passage],
        detail: dict[str, Any],
    ) -> AsyncGenerator[str]:
        """The model's own words, each sentence supported and authorised once more, or quotes."""
        verdicts = Verdicts()
        code = fence(self.salt_key, question, salt)
        blocks = written(self.model, self.embedder, question, passages, salt, code, verdicts)
        try:
            async with aclosing(blocks):
                async for block in blocks:
                    if len(await self.authorised_again(account, passages)) < len(passages):
                        raise Withdrawn
                    yield block
        finally:
            detail.update(verdicts.on_record())

    def salt(self, scope: Scope) -> str:
        """Equal only for requests that may read the same: a keyed hash of the scope."""
        return self.salt_of(scope.subject.principal_ids, scope.classifications)

    def salt_of(self, principal_ids: Iterable[int], classifications: Sequence[str]) -> str:
        """The same, of a scope that was."""
        held = (*sorted(principal_ids), *classifications)
        words = "\0".join(map(str, held)).encode()
        return hmac.new(self.salt_key.encode(), words, hashlib.sha256).hexdigest()


async def _once(text: str) -> AsyncGenerator[str]:
    yield text
