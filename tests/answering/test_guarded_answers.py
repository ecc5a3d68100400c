"""What reaches a person of an engine that repeats its prompt or does what a document says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from app.answering.events import Finished
from app.answering.pipeline import Answering
from app.answering.profiles import Profile
from app.answering.wording import NOTHING_FOUND
from app.domain.answer import Answer, Outcome
from app.inference.chat import ChatModel
from evals.ground.slow_model import slow_model
from tests.answering.house import FACT, QUESTION, House

pytestmark = pytest.mark.integration


async def answered(house: House, said: str, question: str = QUESTION) -> Answer:
    async with slow_model(said) as engine:
        engine.go_on.set()
        model = ChatModel.connect(engine.url, "slow", None)
        answering: Answering = replace(house.answering, model=model, profile=Profile.CONTEXT)
        async for event in answering.ask(house.reader, question):
            last = event
        await model.close()
    assert isinstance(last, Finished)
    return last.answer


async def sentences(house: House, answer: Answer) -> dict[str, object]:
    async with house.database.auditor() as connection:
        detail = await connection.scalar(
            text("select detail from audit_outcome where record_id = :id"), {"id": answer.audit_id}
        )
    return dict(detail["sentences"])


async def test_a_supported_sentence_is_shown(house: House) -> None:
    answer = await answered(house, f"{FACT} [1]")
    assert answer.text == f"{FACT} [1]"
    assert await sentences(house, answer) == {"released": 1, "withheld": {}}


async def test_where_nothing_is_supported_the_quotes_are_shown(house: House) -> None:
    answer = await answered(house, "Parking permits cost 90 EUR a month [1].")
    assert answer.text == f"> {FACT} [1]"
    assert answer.outcome is Outcome.ANSWERED
    found = {"released": 0, "withheld": {"a number that no quote has": 1}}
    assert await sentences(house, answer) == found


async def test_without_quotes_nothing_was_found(house: House) -> None:
    answer = await answered(house, "The club won at chess [1].", "Who won the chess tournament?")
    assert answer.text == NOTHING_FOUND
    assert answer.citations == ()
    assert answer.outcome is Outcome.NOTHING_FOUND
