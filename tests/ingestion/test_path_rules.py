"""Rules over paths: which match, what they add up to, and what is no rule."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.acl import Acl
from ingestion.problem import DocumentProblem
from ingestion.sources.path_rules import govern, read_rules

LEVELS = ("public", "internal", "confidential", "regulated")


@pytest.mark.parametrize(
    ("path", "matched", "others"),
    [
        ("hr/**", ["hr/a.md", "hr/b/c.md"], ["hr", "hrx/a.md", "a/hr/b.md", "HR/a.md"]),
        ("**", ["a.md", "a/b/c.md"], []),
        ("**/pay.md", ["pay.md", "a/b/pay.md"], ["a/xpay.md", "pay.md/a"]),
        ("*.md", ["a.md"], ["a/b.md", "a.txt"]),
        ("a/**/b/*", ["a/b/c", "a/x/y/b/c"], ["a/b", "a/b/c/d", "x/a/b/c"]),
        ("a?c", ["abc"], ["a/c", "ac"]),
        ("a\\xe9*", ["a\\xe9.md"], ["aé.md"]),
    ],
)
def test_globs(path: str, matched: list[str], others: list[str]) -> None:
    rules = read_rules([{"path": path, "allow": ["everyone"]}], LEVELS)
    assert all(govern(rules, name, LEVELS).container == path for name in matched)
    assert all(govern(rules, name, LEVELS).acl == Acl() for name in others)


def test_the_last_allow_counts_denies_add_up_and_the_strictest_level_holds() -> None:
    rules = read_rules(
        [
            {"path": "**", "allow": ["everyone"], "deny": ["group:guests"]},
            {"path": "hr/**", "allow": ["group:hr"], "classification": "confidential"},
            {"path": "hr/**/old.md", "deny": ["eve@house.example"], "classification": "public"},
        ],
        LEVELS,
    )
    assert govern(rules, "a.md", LEVELS).acl == Acl.parse(["everyone"], ["group:guests"])
    inner = govern(rules, "hr/x/old.md", LEVELS)
    assert inner.acl == Acl.parse(["group:hr"], ["group:guests", "eve@house.example"])
    assert (inner.container, inner.classification) == ("** + hr/** + hr/**/old.md", "confidential")


def test_a_long_path_takes_no_time_whatever_the_pattern() -> None:
    rules = read_rules(
        [{"path": "/".join(["**", "a*a*a*a*c"] * 30), "allow": ["everyone"]}], LEVELS
    )
    assert govern(rules, "/".join(["a" * 200 + "b"] * 200), LEVELS).acl == Acl()


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        ["hr/**"],
        [{"path": ""}],
        [{"path": "/hr"}],
        [{"path": "hr//a"}],
        [{"path": "../a"}],
        [{"path": "a**"}],
        [{"path": "a + b"}],
        [{"path": "a\nb"}],
        [{"path": 3}],
        [{"path": "a", "allow": "everyone"}],
        [{"path": "a", "allow": None}],
        [{"path": "a", "allow": ["somebody"]}],
        [{"path": "a", "alow": ["everyone"]}],
        [{"path": "a", "classification": "secret"}],
        [{"path": "a", "deny": None}],
        [{"path": "a", "allow": ["everyone"]}] * 501,
    ],
)
def test_what_is_no_rule_is_refused_as_a_whole(said: Any) -> None:
    with pytest.raises(DocumentProblem, match="rule"):
        read_rules(said, LEVELS)
