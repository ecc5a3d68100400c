"""The page: complete, self-contained, and unmoved by what hostile suites saw."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from evals.gates.report import Result
from evals.gates.thresholds import Bar
from evals.measures.intervals import share
from evals.measures.measure import Measure
from evals.report.figures import figure
from evals.report.judged import Judged
from evals.report.page import write
from evals.report.plots import strip
from evals.report.terminal import blocks
from tests.evals.sample import HOSTILE, report, thresholds


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return Judged(report(), thresholds(tmp_path))


@pytest.fixture
def page(judged: Judged, tmp_path: Path) -> str:
    write(judged, tmp_path / "report.html")
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_nothing_runs_and_nothing_is_fetched(page: str) -> None:
    tags = Tags(page)
    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "img", "link", "iframe", "object", "embed", "image", "base"}
    for _, attributes in tags.seen:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href", "action"):
            assert attributes.get(name, "#").startswith("#")
    assert not re.search(r"@import|url\((?!#)", page)
    assert "default-src 'none'" in page


def test_every_measure_is_there(judged: Judged, page: str) -> None:
    words = Tags(page).words
    for line in judged.lines:
        assert line.name in words
        assert line.verdict in words
    for result in judged.report.results:
        assert result.about in words
        assert all(note in words for note in result.notes)
    assert "4711" in words
    drawn = sum(tag == "svg" for tag, _ in Tags(page).seen)
    assert drawn == sum(1 for line in judged.lines if line.measure and line.measure.known)


def test_hostile_words_are_shown_as_words(page: str) -> None:
    assert HOSTILE[:30] in Tags(page).words
    assert "\\u202e" in page
    assert "\u202e" not in page
    assert "\x00" not in page


def test_a_part_says_that_it_is_no_gate(tmp_path: Path) -> None:
    held = thresholds(tmp_path)
    result = Result("egress", "", 1, (share("fetched", 0, 10_000),))
    part = Judged(replace(report(), results=(result,)), held.only(["egress"]), part=True)
    assert part.passed
    assert "no gate report" in part.summary
    assert "no gate report" in "\n".join(blocks(part))
    assert not Judged(part.report, held).passed


def test_the_terminal_tells_the_same(judged: Judged) -> None:
    printed = "\n".join(blocks(judged))
    assert "under-powered" in printed
    assert "egress: ERROR, KeyError" in printed
    assert "seed 4711" in printed
    assert "\x00" not in printed


def test_a_strip_shades_what_a_bar_forbids() -> None:
    measure = share("m", 3, 100)
    shade = "opacity: 0.16"
    assert strip(measure, Bar(0.1, None, False, {})).count(shade) == 1
    assert strip(measure, Bar(0.1, 0.01, False, {})).count(shade) == 2
    assert shade not in strip(measure, None)
    assert shade not in strip(measure, Bar(None, None, True, {}))


def test_strips_of_any_interval_can_be_drawn() -> None:
    for value, low, high in ((0, 0, 0), (5, 5, 5), (1, 1, 1), (-3, -4, 1e9), (0, 0, 1e-9)):
        assert strip(Measure("m", value, low, high, 1), None).startswith("<svg")
    assert strip(Measure("m", math.nan, 0, 1, 1), None) == ""


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0.0, "0"), (1.0, "1"), (0.5, "0.5"), (0.0000122963, "0.0000123"), (-0.01846, "-0.01846"),
        (1234567.8, "1,234,568"), (304.0, "304"), (99.987654, "99.99"), (math.nan, "?"),
    ],
)  # fmt: skip
def test_figures(number: float, words: str) -> None:
    assert figure(number) == words
