"""A manifest for people: in groups, policies as digests, and how two differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.release import ReleaseEvent, Stage
from app.releases.reading import LONGEST, Difference, differences, groups
from app.releases.wishes import wish
from app.web.pages.lasting import lasting

ONE: dict[str, Any] = {
    "format": 1,
    "recipe": {"model": "a", "seed": 7},
    "model": {"files": {"weights": "aa"}, "verifiable": True},
    "pins": {
        "policies": {"policy.csv": {"sha256": "bb", "content": "p, everyone"}},
        "prompts": {"instructions": "Cite. " * 40},
        "image": "",
        "extra": "e",
    },
}


def test_groups_are_in_the_order_of_reading_and_hold_no_policy() -> None:
    found = groups(ONE)
    assert [g.title for g in found] == [
        "Recipe", "Model", "Prompts", "Policies", "Container image", "extra",
    ]  # fmt: skip
    rows = dict(row for g in found for row in g.rows)
    assert rows["files / weights"] == "aa"
    assert rows["policy.csv"] == "sha256 bb"
    assert rows["instructions"].startswith("sha256 ")
    assert rows[""] == "e"
    assert all(len(value) <= LONGEST for value in rows.values())


def test_differences_name_the_place_and_both_values() -> None:
    pins = {**ONE["pins"], "policies": {"policy.csv": {"sha256": "cc", "content": "wider"}}}
    other = {**ONE, "recipe": {"model": "a", "seed": 8}, "pins": {**pins, "more": "m"}}
    assert differences(ONE, ONE) == []
    assert differences(ONE, other) == [
        Difference("Recipe", "seed", "7", "8"),
        Difference("Policies", "policy.csv", "sha256 bb", "sha256 cc"),
        Difference("more", "", "", "m"),
    ]


def _event(who: str, what: str, to: Stage | None = None) -> ReleaseEvent:
    return ReleaseEvent("r-1", datetime.now(UTC), who, what, None, to, "")


def test_an_approval_is_of_one_step() -> None:
    asked, agreed = _event("ann", "asked for canary"), _event("ben", "approved canary")
    both = wish([asked, agreed, _event("cy", "approved production")], Stage.CANARY)
    assert both.asked == {"ann"}
    assert both.approved == {"ben"}
    moved = wish([asked, agreed, _event("ann", "promoted, 5%", Stage.CANARY)], Stage.CANARY)
    assert not moved.asked
    assert not moved.approved


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "less than a minute"), (61, "1 minute"), (7300, "2 hours"), (86_500, "1 day")],
)
def test_how_long(seconds: int, words: str) -> None:
    assert lasting(datetime.now(UTC) - timedelta(seconds=seconds)) == words
