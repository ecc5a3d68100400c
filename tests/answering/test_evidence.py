"""The sentences that answer are found, and nothing is found where nothing answers."""

from __future__ import annotations

from app.answering.evidence import MOST_QUOTES, choose_quotes
from tests.answering.passages import HashingEmbedder, passage

EMBEDDER = HashingEmbedder()
PASSAGES = [
    passage(
        "The kitchen is cleaned every evening. Parking permits cost 40 EUR a month and are"
        " ordered at the front desk. Bicycles stand in the yard.",
        "Office",
    ),
    passage("Laptops are replaced every three years. Ask the equipment team.", "Equipment"),
]


async def test_the_sentence_that_answers_comes_first() -> None:
    quotes = await choose_quotes(EMBEDDER, "What do parking permits cost a month?", PASSAGES)
    assert quotes[0].text.startswith("Parking permits cost 40 EUR")
    assert len(quotes) <= MOST_QUOTES
    assert all(quote.text in quote.passage.text for quote in quotes)


async def test_nothing_is_quoted_for_what_no_passage_is_about() -> None:
    assert await choose_quotes(EMBEDDER, "Who won the chess tournament?", PASSAGES) == ()
    assert await choose_quotes(EMBEDDER, "Who won the chess tournament?", []) == ()


async def test_the_same_sentence_is_quoted_once() -> None:
    twice = [
        passage("Parking permits cost 40 EUR a month.", "Office"),
        passage("Parking permits cost 40 EUR a month.", "Old office"),
    ]
    quotes = await choose_quotes(EMBEDDER, "What do parking permits cost a month?", twice)
    assert len(quotes) == 1


async def test_forbidden_neighbours_do_not_shape_the_choice() -> None:
    """The choice depends on the given passages alone: asked twice, it is the same."""
    question = "What do parking permits cost a month?"
    assert await choose_quotes(EMBEDDER, question, PASSAGES) == await choose_quotes(
        EMBEDDER, question, PASSAGES
    )


async def test_questions_and_lead_ins_are_no_answers() -> None:
    faq = passage(
        "What do parking permits cost a month?\nParking permits cost a month:\n"
        "Parking permits cost 40 EUR a month.",
        "Office",
    )
    quotes = await choose_quotes(EMBEDDER, "What do parking permits cost a month?", [faq])
    assert [quote.text for quote in quotes] == ["Parking permits cost 40 EUR a month."]
