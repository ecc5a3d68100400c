"""What a sidecar says, and that whatever cannot be understood lets nobody in."""

from __future__ import annotations

import pytest

from app.domain.acl import Acl
from ingestion.problem import DocumentProblem
from ingestion.sources.sidecar import FolderRule, read_sidecar

LEVELS = ("public", "internal", "confidential", "regulated")
ABOVE = FolderRule(Acl.parse(["group:all"], ["group:contractors"]), "internal")


def test_the_nearest_allow_replaces_and_denies_add_up() -> None:
    rule = read_sidecar("allow: [group:finance]\ndeny: [guest@x.example]\n", ABOVE, LEVELS)
    assert rule.acl == Acl.parse(["group:finance"], ["group:contractors", "guest@x.example"])


def test_without_an_allow_the_one_above_holds() -> None:
    assert read_sidecar("deny: [a@x.example]\n", ABOVE, LEVELS).acl.allow == ABOVE.acl.allow
    assert read_sidecar("allow: []\n", ABOVE, LEVELS).acl.allow == frozenset()
    assert read_sidecar("", None, LEVELS).acl == Acl()


@pytest.mark.parametrize(
    ("said", "above", "level"),
    [
        ("public", "confidential", "confidential"),
        ("regulated", "confidential", "regulated"),
        ("public", None, "public"),
    ],
)
def test_floors_add_up_to_the_strictest(said: str, above: str | None, level: str) -> None:
    rule = read_sidecar(f"classification: {said}", FolderRule(classification=above), LEVELS)
    assert rule.classification == level


def test_a_file_has_an_allow_and_a_floor_of_its_own() -> None:
    rule = read_sidecar(
        "allow: [everyone]\nclassification: internal\nfiles:\n"
        "  pay.xlsx: {allow: [group:pay], deny: [a@x.example], classification: regulated}\n"
        "  open.md: {classification: public}\n",
        None,
        LEVELS,
    )
    assert rule.files["pay.xlsx"].acl == Acl.parse(["group:pay"], ["a@x.example"])
    assert rule.files["pay.xlsx"].classification == "regulated"
    assert rule.files["open.md"].acl is None
    assert rule.files["open.md"].classification == "internal"


@pytest.mark.parametrize(
    "text",
    [
        "allow: [finance]",  # names no principal
        "allow: everyone",  # no list
        "allow: [1]",
        "allows: [everyone]",  # a misspelt key would otherwise be ignored
        "classification: secret-ish",
        "- everyone",
        "allow: [everyone",
        "files: {a.md: {deny: [a@x.example]}}",
        "files: {a.md: [everyone]}",
        "[" * 1_000,  # deeper than the parser can go
        "- " * 20_000,
    ],
)
def test_what_cannot_be_understood_is_a_problem(text: str) -> None:
    with pytest.raises(DocumentProblem, match="sidecar cannot be used"):
        read_sidecar(text, None, LEVELS)


def test_the_problem_says_which_line() -> None:
    with pytest.raises(DocumentProblem, match="line 3"):
        read_sidecar("allow:\n  - everyone\n :::\n  x", None, LEVELS)
