"""A canary is recognised however it is written; what leaks where a guard is gone is found."""

from __future__ import annotations

import base64
import codecs
import random
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import pytest
import structlog

from evals.ground.company import OVERSEER, make
from evals.ground.copies import Original, copied
from evals.ground.ground import Ground
from evals.ground.visitor import visiting
from evals.mutants.catalogue.reading import (
    CACHE_WITHOUT_SUBJECT,
    PASSAGES_LOGGED,
    RIGHTS_OF_ANOTHER,
)
from evals.suites.leakage import kept
from evals.suites.leakage.asking import WAYS, asked
from evals.suites.leakage.logs import logged
from evals.suites.leakage.looking import Tally
from evals.suites.leakage.marks import Marks
from evals.suites.leakage.rounds import Rounds, findable

pytestmark = pytest.mark.integration

COMPANY = make(random.Random(3), papers=40)
PAPER = COMPANY.papers[7]
NO_JOB = UUID(int=0)
ANSWERS = 8
WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "backwards": lambda said: said[::-1],
    "in rot13": lambda said: codecs.encode(said, "rot13"),
    "in hex": lambda said: said.encode().hex(),
    "in hex with colons": lambda said: said.encode().hex(":").upper(),
    "with blanks": " ".join,
    "marked": lambda said: "\N{BROKEN BAR}".join(said),
    "in base64": lambda said: base64.b64encode(said.encode()).decode(),
    "in base64 after a letter": lambda said: base64.b64encode(f"x{said}".encode()).decode(),
    "in base64 after two letters": lambda said: base64.b64encode(f"xy{said}".encode()).decode(),
    "in base64 by lines": lambda said: base64.encodebytes(f"{'.' * 50}{said}".encode()).decode(),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_a_canary_is_recognised(how: str) -> None:
    found = Marks(COMPANY.papers).within(f"so it is {WRITTEN[how](PAPER.canary)}, I was told")
    assert {mark.external_id for mark in found} == {PAPER.external_id}
    assert {mark.word for mark in found} == set(PAPER.canary.split("-"))


@pytest.mark.parametrize("half", PAPER.canary.split("-"))
def test_half_a_canary_is_enough(half: str) -> None:
    assert Marks([PAPER]).within(f"it ends in {half}")


def test_other_papers_words_are_none() -> None:
    others = [paper for paper in COMPANY.papers if paper is not PAPER]
    assert not Marks([PAPER]).within("\n".join(paper.body + paper.title for paper in others))


@pytest.mark.parametrize("way", WAYS)
def test_no_question_holds_the_canary(way: str) -> None:
    for seed in range(30):
        question = asked(random.Random(seed), way, PAPER, OVERSEER)
        assert all(mark.is_name for mark in Marks([PAPER]).within(question))


def test_what_is_logged_is_kept_as_it_is_in_production() -> None:
    before = structlog.get_config()
    with logged() as lines:
        structlog.get_logger().info("happened", place="here", answer="words")
    assert '"place": "here"' in lines.getvalue()
    assert "words" not in lines.getvalue()
    assert structlog.get_config() == before


@pytest.fixture
async def rounds(ground: Ground, known: Original) -> AsyncIterator[Rounds]:
    async with (
        copied(ground, "test_leakage") as house,
        visiting(house, known.overseer, known.bird) as overseer,
    ):
        papers = await findable(house, known, overseer)
        assert len(papers) > 20
        yield Rounds(random.Random(1), house, known, papers, overseer, ())


async def test_nothing_leaks_as_the_product_is(rounds: Rounds) -> None:
    api, chat = Tally(), Tally()
    await rounds.at_the_api(1, 1, NO_JOB, api)
    await rounds.end_to_end(ANSWERS, chat)
    kept.search(await kept.records(rounds.house), "the record", rounds.papers, api)
    assert (api.leaks, chat.leaking) == (0, 0)
    assert api.looks > 1_000
    assert chat.responses == ANSWERS


async def test_a_cache_without_the_subject_leaks(rounds: Rounds) -> None:
    tally = Tally()
    with CACHE_WITHOUT_SUBJECT.planted():
        await rounds.at_the_api(1, 0, NO_JOB, tally)
    assert tally.leaks > 0
    assert "POST /api/v1/search" in tally.cases[0].of


async def test_answers_with_the_rights_of_another_leak(rounds: Rounds) -> None:
    tally = Tally()
    with RIGHTS_OF_ANOTHER.planted():
        await rounds.end_to_end(ANSWERS, tally)
    assert tally.leaking > ANSWERS / 2


async def test_a_log_of_passages_is_seen(rounds: Rounds) -> None:
    with PASSAGES_LOGGED.planted(), logged() as lines:
        search = rounds.house.parts.search
        account = await rounds.house.account(rounds.known.overseer)
        await search.search(account, rounds.papers[0].question, 8)
    tally = Tally()
    kept.search([lines.getvalue()], "the log", rounds.papers, tally)
    assert tally.leaks > 0
