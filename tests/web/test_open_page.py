"""A page that stays open in a real browser, while what it shows is withdrawn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from time import monotonic

import pytest
from playwright.async_api import Page, async_playwright

from app.answering.wording import NO_LONGER
from app.web.identity import COOKIE
from tests.answering.house import FACT, QUESTION
from tests.e2e.test_browser import ARGUMENTS
from tests.needs import browser as find_browser
from tests.web.desk import Desk

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium here"),
]

SECONDS = 5000.0
"""In milliseconds."""


@pytest.fixture
async def page(desk: Desk) -> AsyncIterator[Page]:
    """Of the reader, who is signed in."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        context = await browser.new_context()
        url = str(desk.client.base_url)
        await context.add_cookies([{"name": COOKIE, "value": desk.session, "url": url}])
        page = await context.new_page()
        await page.goto(f"{url}/chat")
        yield page
        await browser.close()


async def answered(desk: Desk, page: Page) -> None:
    """An answer is on the page, whole, with its source open beside it."""
    desk.model.go_on.set()
    await page.fill("#question", QUESTION)
    await page.press("#question", "Enter")
    await page.wait_for_selector(".exchange .sources")
    await page.click(".exchange .sources a")
    await page.wait_for_selector("#viewer:not([hidden])")
    assert (await page.inner_text("body")).count(FACT) >= 2


async def is_gone(page: Page) -> None:
    await page.wait_for_selector(f"text={NO_LONGER}", timeout=SECONDS)
    await page.wait_for_selector("#viewer", state="hidden", timeout=SECONDS)
    assert FACT not in await page.content()


async def test_the_answer_and_the_open_source_disappear(
    desk: Desk, page: Page, figure: Callable[[str, str], None]
) -> None:
    await answered(desk, page)
    begun = monotonic()
    await desk.house.allow()
    await is_gone(page)
    figure("revocation to an empty page in a browser", f"{(monotonic() - begun) * 1000:.0f} ms")


async def test_a_conversation_that_was_opened_again_loses_them_too(desk: Desk, page: Page) -> None:
    await answered(desk, page)
    await page.reload()
    await page.click(".past li a")
    await page.wait_for_selector(".exchange .sources")
    await page.click(".exchange .sources a")
    await page.wait_for_selector("#viewer:not([hidden])")
    await desk.house.allow()
    await is_gone(page)
