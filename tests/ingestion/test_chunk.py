"""Chunks: whole structure where it fits, nothing lost, within what the model reads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.document import Element, ElementKind, Rendition
from ingestion.chunk import MAX_WORDS, chunk, embedded_text


def rendition(*elements: Element, title: str = "Handbook") -> Rendition:
    return Rendition("internal", title, elements, {}, ())


def title(text: str, level: int) -> Element:
    return Element("title", text, level=level)


def words(count: int, word: str = "word") -> str:
    return " ".join(f"{word}{n}" for n in range(count))


def test_a_chunk_carries_the_path_of_its_headings() -> None:
    chunks = chunk(
        rendition(
            title("Travel", 1),
            title("Hotels", 2),
            Element("text", words(100, "hotel")),
            title("Trains", 2),
            Element("text", words(100, "train")),
        )
    )
    assert [piece.heading for piece in chunks] == ["Travel › Hotels", "Travel › Trains"]
    assert embedded_text("Handbook", chunks[0]).startswith("Handbook › Travel › Hotels\nhotel0")


def test_the_title_of_the_document_is_not_repeated() -> None:
    [piece] = chunk(rendition(title("Handbook", 1), Element("text", words(50))))
    assert piece.heading == ""


def test_small_sections_are_joined_under_what_they_share() -> None:
    [piece] = chunk(
        rendition(
            title("Leave", 1),
            title("Sick", 2),
            Element("text", "Call in."),
            title("Holiday", 2),
            Element("text", "Thirty days."),
        )
    )
    assert piece.heading == "Leave"
    assert piece.text == "Sick:\nCall in.\nHoliday:\nThirty days."


def test_a_long_table_repeats_its_header() -> None:
    rows = "\n".join(f"item {n} | {n} euros and something more" for n in range(60))
    chunks = chunk(rendition(Element("table", f"name | price\n{rows}")))
    assert len(chunks) > 2
    assert all(piece.text.startswith("name | price\n") for piece in chunks)
    assert sum(piece.text.count("\n") for piece in chunks) == 60


def test_lists_stay_lists() -> None:
    [piece] = chunk(rendition(Element("list", "one"), Element("list", "two")))
    assert piece.text == "- one\n- two"


def test_no_chunk_is_only_a_heading() -> None:
    chunks = chunk(rendition(title("A", 1), title("B", 2), Element("text", words(60))))
    assert [piece.heading for piece in chunks] == ["A › B"]


def test_text_without_spaces_is_cut_too() -> None:
    chunks = chunk(rendition(Element("text", "漢字" * 3000)))
    assert max(len(piece.text) for piece in chunks) < 2000
    assert "".join(piece.text.replace("\n", "") for piece in chunks) == "漢字" * 3000


def test_a_heading_is_short_in_the_index() -> None:
    chunks = chunk(rendition(title("so " * 5000, 1), Element("text", "text")))
    assert max(len(piece.heading) for piece in chunks) < 400
    assert sum(piece.text.split().count("so") for piece in chunks) == 5000


KINDS: list[ElementKind] = ["text", "list", "code", "title"]
ELEMENTS = st.lists(
    st.builds(
        lambda kind, count, level: Element(kind, words(count), level=level),
        st.sampled_from(KINDS),
        st.integers(1, 400),
        st.integers(1, 4),
    ),
    max_size=12,
)


@given(ELEMENTS)
def test_nothing_is_lost_and_nothing_is_too_long(elements: list[Element]) -> None:
    chunks = chunk(rendition(*elements))
    assert [piece.ordinal for piece in chunks] == list(range(len(chunks)))
    assert all(piece.text.strip() for piece in chunks)
    assert all(len(piece.text.split()) <= 2 * MAX_WORDS for piece in chunks)
    kept = sum(piece.text.count("word") for piece in chunks)
    assert kept >= sum(len(e.text.split()) for e in elements if e.kind != "title")
