"""The story of a question on the real database: re-check, record, wording, withdrawal, stop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from app.answering.events import AnswerEvent, Delta, Finished, Started
from app.answering.pipeline import Answering
from app.answering.wording import NO_LONGER, NOTHING_FOUND
from app.audit.record import Recorder, sha256
from app.authz.reading import Reading
from app.domain.answer import Answer, Outcome
from app.domain.principal import Account
from app.domain.record import AuditRecord
from app.domain.scope import By, Found
from app.errors import InvalidInput, NotFound, RecordNotWritten
from app.retrieval.search import Query, Searcher
from tests.answering.house import EMBEDDER, FACT, QUESTION, House

pytestmark = pytest.mark.integration


async def ask(answering: Answering, account: Account, question: str = QUESTION) -> Answer:
    events = [event async for event in answering.ask(account, question)]
    assert isinstance(events[0], Started)
    finished = events[-1]
    assert isinstance(finished, Finished)
    released = "".join(event.text for event in events if isinstance(event, Delta))
    assert released == finished.answer.text
    return finished.answer


@dataclass(frozen=True)
class RevokingSearcher(Searcher):
    """The real search; the folder's ACL is emptied right after it."""

    house: House | None = None

    async def search(self, read: Reading, query: Query, k: int, by: By = By.BOTH) -> Found:
        found = await super().search(read, query, k, by)
        assert found.passages, "the test is about passages that the search had found"
        assert self.house is not None
        await self.house.allow()
        return found


@dataclass(frozen=True)
class FullLog(Recorder):
    """A log that cannot be written any more."""

    async def record(self, record: AuditRecord) -> UUID:
        raise RecordNotWritten


async def test_the_quote_answers_without_a_model(house: House) -> None:
    answer = await ask(house.answering, house.reader)
    assert answer.outcome is Outcome.ANSWERED
    assert answer.text.startswith(f"> {FACT} [1]")
    assert answer.citations[0].quote == FACT
    assert "not available" in answer.text
    assert await house.outcome(answer.audit_id) == ("answered", sha256(answer.text))


async def test_forbidden_and_absent_read_the_same(house: House) -> None:
    forbidden = await ask(house.answering, house.stranger)
    absent = await ask(house.answering, house.reader, "Who won the chess tournament?")
    assert forbidden.text == absent.text == NOTHING_FOUND
    assert forbidden.citations == absent.citations == ()
    assert forbidden.outcome is absent.outcome is Outcome.NOTHING_FOUND


async def test_what_is_revoked_after_the_search_reaches_no_prompt(house: House) -> None:
    searcher = RevokingSearcher(EMBEDDER, house.answering.searcher.copies, house)
    answer = await ask(replace(house.answering, searcher=searcher), house.reader)
    assert answer.text == NOTHING_FOUND
    assert answer.citations == ()


async def test_a_withdrawn_source_hides_the_answer_in_the_history(house: House) -> None:
    events = [event async for event in house.answering.ask(house.reader, QUESTION)]
    started = events[0]
    assert isinstance(started, Started)
    conversations = house.answering.conversations
    [before] = await conversations.history(house.reader, started.conversation_id)
    assert FACT in before.answer
    await house.allow()
    [after] = await conversations.history(house.reader, started.conversation_id)
    assert after.hidden
    assert after.answer == NO_LONGER
    assert after.citations == ()


async def test_a_conversation_belongs_to_its_person(house: House) -> None:
    events = [event async for event in house.answering.ask(house.reader, QUESTION)]
    started = events[0]
    assert isinstance(started, Started)
    with pytest.raises(NotFound):
        await house.answering.conversations.history(house.stranger, started.conversation_id)
    with pytest.raises(NotFound):
        async for _ in house.answering.ask(house.stranger, QUESTION, started.conversation_id):
            pass


async def test_no_answer_without_a_record(house: House) -> None:
    answering = replace(house.answering, recorder=FullLog(house.database))
    before = await house.records(house.reader)
    events: list[AnswerEvent] = []
    with pytest.raises(RecordNotWritten):
        async for event in answering.ask(house.reader, QUESTION):
            events.append(event)  # noqa: PERF401 - what came before the error counts
    assert events == []
    assert await house.records(house.reader) == before


async def test_the_record_is_there_before_the_first_word(house: House) -> None:
    before = await house.records(house.reader)
    events = house.answering.ask(house.reader, QUESTION)
    started = await anext(events)
    assert isinstance(started, Started)
    assert await house.records(house.reader) == before + 1
    first = await anext(events)
    assert isinstance(first, Delta)
    await events.aclose()
    assert await house.outcome(started.audit_id) == ("stopped", sha256(first.text))


async def test_an_empty_question_is_refused(house: House) -> None:
    with pytest.raises(InvalidInput):
        await ask(house.answering, house.reader, " \n\x00 ")


async def test_the_salt_is_one_per_scope(house: House) -> None:
    resolver = house.answering.resolver
    one = await resolver.resolve(house.reader, "ask")
    again = await resolver.resolve(house.reader, "ask")
    other = await resolver.resolve(house.stranger, "ask")
    salt = house.answering.salt
    assert salt(one) == salt(again)
    assert salt(one) != salt(other)
    assert salt(one) != replace(house.answering, salt_key="another").salt(one)
    assert salt(one) != salt(replace(one, classifications=one.classifications[:1]))
