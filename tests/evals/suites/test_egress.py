"""The judge of addresses sees what a client would make of them, and guards that are gone."""

from __future__ import annotations

import random

import pytest

from app.answering import context, inert, wording
from evals.suites.egress import rendering
from evals.suites.egress.judge import in_html, in_markdown
from evals.suites.egress.payloads import SEEDS, drawn
from evals.suites.egress.rendering import shown

pytestmark = pytest.mark.integration

WORDS = {"url": "https://evil.com/a.png", "word": "word"}


@pytest.mark.parametrize("family", sorted(SEEDS))
def test_every_seed_is_live_where_nothing_guards(family: str) -> None:
    payload = SEEDS[family].format(**WORDS)
    assert in_markdown(payload) or in_html(payload)


def test_an_ordinary_answer_is_quiet() -> None:
    text = "> Rent is due on the 3rd. [1]\n\n**In short:** Rent is due. [1]"
    assert in_markdown(text) == []
    assert in_html('<p>Rent <button type="button" class="cite" data-cite="1">1</button></p>') == []


async def faults(count: int = 200) -> int:
    bad = 0
    for _, payload in drawn(random.Random(5), count):
        made = await shown(payload)
        bad += bool(any(map(in_markdown, made.markdown)) or any(map(in_html, made.html)))
    return bad


async def test_nothing_is_live_as_the_product_is() -> None:
    assert await faults() == 0


async def test_without_escaping_it_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inert, "_escape", lambda text: text)
    assert await faults() > 0


async def test_without_inert_text_it_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (wording, context):
        monkeypatch.setattr(module, "inert", lambda text: " ".join(text.split()))
    assert await faults() > 0


async def test_a_page_that_shows_raw_html_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "answer_html", lambda text, numbers: text)
    monkeypatch.setattr(wording, "inert", lambda text: text)
    made = await shown(SEEDS["img"].format(**WORDS))
    assert any(map(in_html, made.html))
