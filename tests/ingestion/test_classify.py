"""The strictest that anybody says wins, and each reason is kept without quoting the document."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.document import Doubt, Element, Entity, Parsed
from app.errors import ConfigurationError
from ingestion.classify import ClassificationRules, Said, Stated


@pytest.fixture(scope="module")
def rules(project: Path) -> ClassificationRules:
    return ClassificationRules.load(project / "policies")


def parsed(text: str) -> Parsed:
    return Parsed("Title", (Element("text", text),))


def level(
    rules: ClassificationRules,
    text: str = "Lunch is at noon.",
    stated: Stated = Stated(),  # noqa: B008
    metadata: tuple[tuple[str, str], ...] = (),
    entities: tuple[Entity, ...] = (),
) -> str:
    return rules.classify(parsed(text), metadata, entities, stated).level


def test_the_default_holds_where_nothing_is_said(rules: ClassificationRules) -> None:
    assert level(rules) == "internal"
    assert level(rules, stated=Stated(source="public")) == "internal"


def test_only_a_folder_or_a_push_makes_a_document_public(rules: ClassificationRules) -> None:
    assert level(rules, stated=Stated(folder="public")) == "public"
    assert level(rules, stated=Stated(document="public")) == "public"
    assert level(rules, "Classification: Public") == "internal"
    assert level(rules, stated=Stated(source="confidential", folder="public")) == "confidential"


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        (Stated(decided="public"), "public"),
        (Stated(decided="regulated", source="internal"), "regulated"),
        (Stated(decided="internal", source="internal"), "internal"),
        # below a floor the rules hold until somebody else agrees
        (Stated(decided="public", source="internal"), "confidential"),
        (Stated(decided="public", folder="internal"), "confidential"),
        (Stated(decided="public", source="internal", seconded=True), "public"),
        (Stated(decided="of old", seconded=True), "regulated"),
    ],
)
def test_what_a_person_decided_beats_the_rules(
    rules: ClassificationRules, stated: Stated, found: str
) -> None:
    assert level(rules, "Classification: Confidential", stated) == found
    made = rules.classify(parsed("Classification: Confidential"), (), (), stated)
    assert any("somebody decided" in reason for reason in made.evidence)
    assert "a label in its text says confidential" in made.evidence
    assert made.doubt is None


@pytest.mark.parametrize(
    "text",
    [
        "Classification: Confidential",
        "**Classification:** Confidential",
        "Sensitivity = restricted",
        "Data classification: CONFIDENTIAL.",
        "First line\nClassification level: private\nmore",
    ],
)
def test_a_label_in_the_text_counts(rules: ClassificationRules, text: str) -> None:
    assert level(rules, text, Stated(folder="public")) == "confidential"


def test_a_label_that_names_no_level_is_as_strict_as_can_be(rules: ClassificationRules) -> None:
    assert level(rules, "Classification: Cosmic Top Secret") == "regulated"
    assert level(rules, metadata=(("classification", "purple"),)) == "regulated"
    assert level(rules, stated=Stated(document="purple")) == "regulated"


@pytest.mark.parametrize(
    "text",
    [
        "Our classification of customers: large, small and lost.",
        "Classification: we sort tickets by how urgent they are, and so on and so forth.",
        "Ada Lovelace, ada@example.com, +44 20 7946 0958, ten years of experience",
    ],
)
def test_ordinary_text_stays_ordinary(rules: ClassificationRules, text: str) -> None:
    assert level(rules, text) == "internal"


def test_two_card_numbers_count_and_one_twice_does_not(rules: ClassificationRules) -> None:
    text = "4111111111111111 4111111111111111 5500005555555559"
    cards = [Entity("CREDIT_CARD", start, start + 16, 1.0) for start in (0, 17, 34)]
    assert level(rules, text, entities=tuple(cards[:2])) == "internal"
    assert level(rules, text, entities=tuple(cards)) == "confidential"


def test_reasons_are_kept_strictest_first_and_quote_nothing(rules: ClassificationRules) -> None:
    text = "Attorney-client privileged. Classification: Zebra"
    found = rules.classify(parsed(text.replace(". ", ".\n")), {}, (), Stated())
    assert found.level == "regulated"
    assert len(found.evidence) == 3
    assert "names no level" in found.evidence[0]
    said = " ".join(found.evidence).lower()
    assert "zebra" not in said
    assert "attorney" not in said


def test_what_is_not_sure_counts_and_somebody_should_look(rules: ClassificationRules) -> None:
    found = rules.classify(parsed("Classification: Zebra"), (), (), Stated(source="confidential"))
    assert found.level == "regulated"
    assert found.doubt == Doubt("confidential", ("a label in its text names no level of ours",))
    sure = rules.classify(parsed("Classification: Zebra"), (), (), Stated(source="regulated"))
    assert sure.doubt is None
    alike = Said("confidential", "like pay slips (0.52)", sure=False)
    assert rules.classify(parsed("words"), (), (), Stated(alike=alike)).doubt == Doubt(
        "internal", ("like pay slips (0.52)",)
    )


@pytest.mark.parametrize(
    "change",
    [
        ("default: internal", "default: inner"),
        ("restricted: confidential", "restricted: purple"),
        ("at_least: 2", "at_least: many"),
    ],
)
def test_a_wrong_rule_is_refused(project: Path, tmp_path: Path, change: tuple[str, str]) -> None:
    text = (project / "policies/classification.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    (tmp_path / "classification.yaml").write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"classification\.yaml"):
        ClassificationRules.load(tmp_path)
