"""A stream that waits on the model ends when what it is made of is withdrawn, whoever reads it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID

import pytest

from app.answering.conversations import Conversations
from app.answering.events import AnswerEvent, Delta, Finished, Started
from app.answering.pipeline import Answering
from app.answering.profiles import Profile
from app.answering.wording import NO_LONGER, WITHDRAWN
from app.audit.record import sha256
from app.authn.accounts import disable_user
from app.authz import watch as watching
from app.db.engine import Database
from app.domain.answer import Answer, Outcome
from app.errors import DatabaseUnavailable
from app.inference.chat import ChatModel
from app.runtime.postgres import EmbeddedPostgres
from evals.ground.slow_model import SlowModel, slow_model
from tests.answering.house import FACT, QUESTION, House
from tests.authz.outages import kept_out, listener

pytestmark = pytest.mark.integration

LONG = 20.0
"""Seconds after which something that must come is late; it comes in a moment."""
BEGINNING = "A permit costs 40 EUR [1]. And it"
Events = AsyncGenerator[AnswerEvent]


@asynccontextmanager
async def with_model(
    house: House, profile: Profile, first: str = "", rest: str = ""
) -> AsyncIterator[tuple[Answering, SlowModel]]:
    async with slow_model(first, rest) as slow:
        model = ChatModel.connect(slow.url, "slow", None)
        yield replace(house.answering, model=model, profile=profile), slow
        await model.close()


async def until_it_waits(events: Events, slow: SlowModel) -> tuple[Started, asyncio.Task[object]]:
    """What comes before the model is asked is read; the next event is what is waited for."""
    started = await anext(events)
    assert isinstance(started, Started)
    delta = await anext(events)
    assert isinstance(delta, Delta)
    assert "40 EUR" in delta.text
    waiting: asyncio.Task[object] = asyncio.ensure_future(anext(events))
    await asyncio.wait_for(slow.asked.wait(), LONG)
    return started, waiting


async def is_withdrawn(house: House, events: Events, started: Started, told: object) -> None:
    """The rest of the stream, of which `told` is the next: one sentence, and nothing kept."""
    assert told == Delta(f"\n\n{WITHDRAWN}")
    finished = await anext(events)
    assert isinstance(finished, Finished)
    assert finished.answer.text == WITHDRAWN
    assert finished.answer.citations == ()
    assert finished.answer.outcome is Outcome.WITHDRAWN
    assert [event async for event in events] == []
    outcome, _ = await house.outcome(started.audit_id)
    assert outcome == "withdrawn"


async def looked(house: House) -> None:
    """Until the watch has decided at the present revision: a second look begins when the first
    has ended."""
    for _ in range(2):
        async with house.answering.watch.holding(
            house.stranger, "ask", [(house.document, "internal")]
        ):
            pass


@pytest.mark.parametrize("profile", Profile)
async def test_a_stream_that_waits_on_the_model_ends_at_a_revocation(
    house: House, profile: Profile
) -> None:
    """The model never says another word, and is not asked for one."""
    async with (
        with_model(house, profile, BEGINNING) as (answering, slow),
        aclosing(answering.ask(house.reader, QUESTION)) as events,
    ):
        started, waiting = await until_it_waits(events, slow)
        assert not waiting.done()
        await house.allow()
        told = await asyncio.wait_for(waiting, LONG)
        await asyncio.wait_for(slow.left.wait(), LONG)
        await is_withdrawn(house, events, started, told)
    [kept] = await answering.conversations.history(house.reader, started.conversation_id)
    assert kept.answer == NO_LONGER
    assert kept.citations == ()


async def test_a_stream_ends_with_its_account(house: House) -> None:
    async with (
        with_model(house, Profile.EVIDENCE) as (answering, slow),
        aclosing(answering.ask(house.reader, QUESTION)) as events,
    ):
        started, waiting = await until_it_waits(events, slow)
        await disable_user(house.database, house.reader.email)
        await is_withdrawn(house, events, started, await asyncio.wait_for(waiting, LONG))


async def test_a_grant_to_somebody_else_stops_nothing(house: House) -> None:
    async with (
        with_model(house, Profile.EVIDENCE, "It is 40 EUR", ".") as (answering, slow),
        aclosing(answering.ask(house.reader, QUESTION)) as events,
    ):
        _, waiting = await until_it_waits(events, slow)
        await house.allow(house.reader.email, house.stranger.email)
        await looked(house)
        assert not waiting.done()
        slow.go_on.set()
        told = await asyncio.wait_for(waiting, LONG)
        finished = told if isinstance(told, Finished) else await anext(events)
        assert isinstance(finished, Finished)
        assert finished.answer.outcome is Outcome.ANSWERED
        assert finished.answer.text.startswith(f"> {FACT} [1]")


async def test_a_stream_ends_after_its_watch_was_cut_off(
    house: House, postgres: EmbeddedPostgres
) -> None:
    async with (
        with_model(house, Profile.EVIDENCE) as (answering, slow),
        aclosing(answering.ask(house.reader, QUESTION)) as events,
    ):
        started, waiting = await until_it_waits(events, slow)
        pid = await listener(house.database)
        with postgres._connect("postgres") as server:
            server.execute("select pg_terminate_backend(%s, 5000)", (pid,))
        await house.allow()
        await is_withdrawn(house, events, started, await asyncio.wait_for(waiting, LONG))


async def test_a_stream_ends_when_the_database_is_gone(
    house: House, owner_url: str, postgres: EmbeddedPostgres
) -> None:
    async with (
        with_model(house, Profile.EVIDENCE) as (answering, slow),
        aclosing(answering.ask(house.reader, QUESTION)) as events,
    ):
        _, waiting = await until_it_waits(events, slow)
        with kept_out(postgres, owner_url):
            assert await asyncio.wait_for(waiting, LONG) == Delta(f"\n\n{WITHDRAWN}")
            with pytest.raises(DatabaseUnavailable):
                await asyncio.wait_for(anext(events), LONG)


async def test_the_second_look_before_a_release_withdraws_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch is deaf and slow here; the check right before the model's sentence is not."""

    async def deaf(database: Database) -> AsyncGenerator[None]:
        await asyncio.Event().wait()
        yield

    monkeypatch.setattr(watching, "revision_notices", deaf)
    monkeypatch.setattr(watching, "BEAT", 3600.0)
    async with (
        with_model(house, Profile.EVIDENCE, "Parking permits cost", " 40 EUR a month.") as (
            answering,
            slow,
        ),
        aclosing(answering.ask(house.reader, QUESTION)) as events,
    ):
        started, waiting = await until_it_waits(events, slow)
        await house.allow()
        slow.go_on.set()
        await is_withdrawn(house, events, started, await asyncio.wait_for(waiting, LONG))


@dataclass(frozen=True)
class RevokingConversations(Conversations):
    """The real ones; the folder's ACL is emptied, and noticed, while they keep an answer."""

    house: House | None = None

    async def keep(self, conversation_id: UUID, question: str, answer: Answer) -> None:
        await super().keep(conversation_id, question, answer)
        assert self.house is not None
        await self.house.allow()
        await looked(self.house)


async def test_what_is_withdrawn_at_the_very_end_is_not_told_again(house: House) -> None:
    answering = house.answering
    conversations = RevokingConversations(house.database, answering.policy, answering.live, house)
    answering = replace(answering, conversations=conversations)
    events = [event async for event in answering.ask(house.reader, QUESTION)]
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.answer.text == WITHDRAWN
    assert finished.answer.citations == ()


async def test_the_record_holds_what_was_released(house: House) -> None:
    async with (
        with_model(house, Profile.EVIDENCE) as (answering, slow),
        aclosing(answering.ask(house.reader, QUESTION)) as events,
    ):
        started, waiting = await until_it_waits(events, slow)
        await house.allow()
        await asyncio.wait_for(waiting, LONG)
        _ = [event async for event in events]
    released = f"> {FACT} [1]\n\n{WITHDRAWN}"
    assert await house.outcome(started.audit_id) == ("withdrawn", sha256(released))
