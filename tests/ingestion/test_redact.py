"""What policy replaces is in no part of the rendition, whatever the offsets are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.document import Classified, Element, Entity, Parsed
from app.errors import ConfigurationError
from ingestion.redact import SHORTEST, RedactionRules, redact

RULES = RedactionRules(
    {"internal": frozenset({"PHONE_NUMBER", "US_SSN"}), "regulated": frozenset()}, 0.4
)


def classified(
    parsed: Parsed, *entities: Entity, level: str = "internal", in_title: tuple[Entity, ...] = ()
) -> Classified:
    return Classified(parsed, level, ("why",), entities, in_title)


def test_the_same_value_gets_the_same_mark_in_title_and_text() -> None:
    parsed = Parsed(
        "Call 555-0100", (Element("text", "Call 555-0100"), Element("list", "555-0199"))
    )
    made = redact(
        classified(
            parsed,
            Entity("PHONE_NUMBER", 5, 13, 1.0),
            Entity("PHONE_NUMBER", 15, 23, 1.0),
            in_title=(Entity("PHONE_NUMBER", 5, 13, 1.0),),
        ),
        RULES,
    )
    assert made.title == "Call [PHONE NUMBER 1]"
    assert [e.text for e in made.elements] == ["Call [PHONE NUMBER 1]", "[PHONE NUMBER 2]"]
    assert made.redactions == {"PHONE_NUMBER": 3}


def test_a_value_that_is_found_once_is_replaced_wherever_it_stands() -> None:
    parsed = Parsed(
        "About 555-0100",
        (
            Element("title", "555-0100"),
            Element("text", "Call 555-0100, not 1555-0100 or 555-01001"),
        ),
    )
    found = Entity("PHONE_NUMBER", 15, 23, 0.4)
    assert parsed.text[found.start : found.end] == "555-0100"
    made = redact(classified(parsed, found), RULES)
    assert made.title == "About [PHONE NUMBER 1]"
    assert [e.text for e in made.elements] == [
        "[PHONE NUMBER 1]", "Call [PHONE NUMBER 1], not 1555-0100 or 555-01001",
    ]  # fmt: skip
    assert made.redactions == {"PHONE_NUMBER": 3}
    in_title = Entity("PHONE_NUMBER", 6, 14, 0.4)
    made = redact(classified(parsed, in_title=(in_title,)), RULES)
    assert "555-0100 " not in f"{made.title} {made.elements[0].text} "
    assert made.redactions == {"PHONE_NUMBER": 3}


def test_what_stays_at_a_level_stays_wherever_it_stands() -> None:
    parsed = Parsed("About 555-0100", (Element("text", "Call 555-0100"),))
    made = redact(classified(parsed, Entity("PHONE_NUMBER", 5, 13, 1.0), level="regulated"), RULES)
    assert (made.title, made.redacted) == ("About 555-0100", False)


def test_other_types_and_other_levels_stay() -> None:
    parsed = Parsed("T", (Element("text", "Ada 555-0100"),))
    entities = (Entity("PERSON", 0, 3, 1.0), Entity("PHONE_NUMBER", 4, 12, 1.0))
    assert redact(classified(parsed, *entities), RULES).elements[0].text == "Ada [PHONE NUMBER 1]"
    kept = redact(classified(parsed, *entities, level="regulated"), RULES)
    assert kept.elements[0].text == "Ada 555-0100"


def test_overlapping_entities_are_replaced_as_one() -> None:
    parsed = Parsed("T", (Element("text", "x 078-05-1120 y"),))
    entities = (Entity("US_SSN", 2, 13, 0.5), Entity("PHONE_NUMBER", 6, 13, 0.9))
    assert redact(classified(parsed, *entities), RULES).elements[0].text == ("x [PHONE NUMBER 1] y")


def test_a_number_in_another_form_gets_the_same_mark() -> None:
    said = ("078-05-1120", "078 05 1120", "078-05\u200b-1120", "&#48;78051120", "078-05-1121")
    text = "; ".join(said)
    entities, at = [], 0
    for one in said:
        entities.append(Entity("US_SSN", at, at + len(one), 1.0))
        at += len(one) + 2
    made = redact(classified(Parsed("T", (Element("text", text),)), *entities), RULES)
    assert made.elements[0].text == "; ".join(["[US SSN 1]"] * 4 + ["[US SSN 2]"])


WORDS = st.lists(st.text("ab \n", max_size=12), min_size=1, max_size=5)


@settings(deadline=None)
@given(WORDS, st.data())
def test_nothing_that_was_marked_remains(texts: list[str], data: st.DataObject) -> None:
    parsed = Parsed("T", tuple(Element("text", text) for text in texts))
    spans = data.draw(
        st.lists(st.tuples(st.integers(0, 70), st.integers(1, 20)), max_size=4).map(
            lambda pairs: [(s, min(s + n, len(parsed.text))) for s, n in pairs]
        )
    )
    entities = [Entity("US_SSN", s, e, 1.0) for s, e in spans if s < e]
    made = redact(classified(parsed, *entities), RULES)
    offset = 0
    for before, after in zip(parsed.elements, made.elements, strict=True):
        hidden = {n for e in entities for n in range(e.start, e.end)}
        kept = "".join(c for n, c in enumerate(before.text, offset) if n not in hidden)
        shown = after.text
        for number in range(1, 10):
            shown = shown.replace(f"[US SSN {number}]", "")
        if is_repeated(parsed.text, entities):  # then more may be gone
            left = iter(kept)
            assert all(char in left for char in shown)
        else:
            assert shown == kept
        offset += len(before.text) + 2


def is_repeated(text: str, entities: list[Entity]) -> bool:
    """Whether a value, overlapping ones as one, is long enough to be known again, and is there."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted((e.start, e.end) for e in entities):
        if spans and start < spans[-1][1]:
            start, end = spans[-1][0], max(spans.pop()[1], end)
        spans.append((start, end))
    return any(
        e - s >= SHORTEST and text.find(text[s:e]) != text.rfind(text[s:e]) for s, e in spans
    )


def test_every_level_needs_a_rule(project: Path, tmp_path: Path) -> None:
    for name in ("classification.yaml", "redaction.yaml"):
        text = (project / "policies" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("  regulated: []\n", ""), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="one list for each"):
        RedactionRules.load(tmp_path)
    assert RedactionRules.load(project / "policies").types["regulated"] == frozenset()
