"""What the model of meaning has never seen has to be said in words, or nothing is quoted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.answering.evidence import choose_quotes
from app.answering.named import Named
from tests.answering.passages import HashingEmbedder, passage

EMBEDDER = HashingEmbedder(unknown=frozenset({"Kestrolax", "Kestrolex", "Nordlysi", "Mietvertrag"}))
LEASES = [
    passage("The lease of Nordlysi ends after 12 months.", "Leases in the north"),
    passage("The lease of Kestrolax ends after 30 months.", "Leases in the south"),
    passage("The bonus of Kestrolax is 900 euros.", "Bonuses"),
]


async def quoted(question: str, unknown: frozenset[str] = EMBEDDER.unknown) -> list[str]:
    quotes = await choose_quotes(replace(EMBEDDER, unknown=unknown), question, LEASES)
    return [quote.text for quote in quotes]


async def test_another_of_its_kind_is_no_answer() -> None:
    question = "When does the lease of Vantorix end after months?"
    assert await quoted(question), "without the rule, the leases of others are quoted"
    assert await quoted(question, frozenset({"Vantorix"})) == []


async def test_the_answer_is_of_the_document_that_has_the_name() -> None:
    assert await quoted("When does the lease of Kestrolax end?") == [LEASES[1].text]


async def test_the_name_alone_is_no_answer() -> None:
    parks = [passage("Kestrolax is about a park.", "Park")]
    question = "How is the visit of Kestrolax?"
    knowing = replace(EMBEDDER, unknown=frozenset())
    assert await choose_quotes(knowing, question, parks), "the name makes them alike"
    assert await choose_quotes(EMBEDDER, question, parks) == ()


async def test_a_name_may_be_mistyped() -> None:
    assert await quoted("When does the lease of Kestrolex end?") == [LEASES[1].text]


async def test_what_is_only_named_is_looked_for_by_its_name() -> None:
    assert Named.of("What about Kestrolax?", EMBEDDER).alone
    assert await quoted("What about Kestrolax?") != []


async def test_one_name_that_nobody_has_is_enough() -> None:
    named = Named.of(
        "Does the lease of Kestrolax name Vantorix?", Unknowing({"Kestrolax", "Vantorix"})
    )
    assert named.about(LEASES) == ()


class Unknowing:
    """Knows all words but some."""

    def __init__(self, unknown: set[str]) -> None:
        self.unknown = unknown

    def knows(self, word: str) -> bool:
        return word not in self.unknown


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("When does the lease end?", set()),
        ("Kestrolax leases end when?", {"Kestrolax"}),  # it may be how a sentence begins
        ("Wann endet der Mietvertrag?", {"wann", "endet", "der", "Mietvertrag", "Wann"}),
    ],
)
def test_nothing_is_named(question: str, unknown: set[str]) -> None:
    named = Named.of(question, Unknowing(unknown))
    assert named.names == frozenset()
    assert named.about(LEASES) == tuple(LEASES)
    assert not named.tells


def test_names_with_accents_are_one_word() -> None:
    named = Named.of("What does the port of Cádizano pay?", Unknowing({"Cádizano"}))
    assert named.about([passage("The port of Cadizano pays 5 euros.")])
    assert named.unnamed("the port of Cádizano pays") == "the port of it pays"
