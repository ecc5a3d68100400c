"""A person at the pages, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.conftest import Platform
from tests.needs import browser as find_browser

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(find_browser() is None, reason="no Chromium here"),
]

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update",
             "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


def sign_in(context: BrowserContext, platform: Platform, name: str) -> Page:
    page = context.new_page()
    page.goto(platform.url)
    page.click(f"[data-email='{name}@lumenharbour.example']")
    page.wait_for_url("**/chat")
    return page


def ask(page: Page, question: str) -> str:
    page.fill("#question", question)
    page.press("#question", "Enter")
    page.wait_for_selector(".exchange:last-child .small", timeout=60_000)
    return page.inner_text(".exchange:last-child .answer")


def test_two_people_one_question(context: BrowserContext, platform: Platform) -> None:
    page = sign_in(context, platform, "mia.okafor")
    mia = ask(page, "What is the bonus for this year?")
    page.click("text=Sign out")
    page.wait_for_url("**/sign-in")
    page = sign_in(context, platform, "samir.haddad")
    samir = ask(page, "What is the bonus for this year?")
    assert "4 percent" in mia
    assert "2 percent" not in mia
    assert "accrued at 2 percent" in samir


def test_a_citation_opens_its_passage(context: BrowserContext, platform: Platform) -> None:
    errors: list[str] = []
    page = sign_in(context, platform, "mia.okafor")
    page.on(
        "console", lambda message: errors.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    ask(page, "How long is parental leave?")
    page.click(".exchange:last-child .cite >> nth=0")
    page.wait_for_selector("#viewer mark")
    assert "20 weeks of parental leave" in page.inner_text("#viewer mark")
    page.keyboard.press("Escape")
    assert page.is_hidden("#viewer")
    assert errors == []


def test_history_is_there_after_a_reload(context: BrowserContext, platform: Platform) -> None:
    page = sign_in(context, platform, "hanna.virtanen")
    ask(page, "How many weeks of severance does the Kestrel site plan offer?")
    page.goto(f"{platform.url}/chat")
    page.click(".past ol a >> nth=0")
    page.wait_for_selector(".answer blockquote")
    assert "12 weeks of severance" in page.inner_text(".answer")


def test_what_is_asked_on_one_page_is_one_conversation(
    context: BrowserContext, platform: Platform
) -> None:
    page = sign_in(context, platform, "hanna.virtanen")
    before = page.locator(".past li").count()
    questions = ("How long is parental leave?", "When was the moon landing?", "What is a bonus?")
    page.goto(f"{platform.url}/chat")
    ask(page, questions[0])
    for question in questions[1:]:  # the second is not waited for
        page.fill("#question", question)
        page.press("#question", "Enter")
        page.wait_for_selector(f".question:has-text('{question}')")
    for place in range(3):
        page.wait_for_selector(f".exchange >> nth={place} >> .small", timeout=60_000)
    assert page.locator(".stop").count() == 0
    page.reload()
    assert page.locator(".past li").count() == before + 1
    shown = set(page.locator(".question").all_inner_texts())
    assert shown == set(questions)
    page.click(".past details summary")
    page.click("text=Remove for good")
    page.wait_for_url("**/chat")
    assert page.locator(".past li").count() == before


def test_a_phone_shows_the_conversations_too(chromium: Browser, platform: Platform) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    try:
        page = sign_in(context, platform, "mia.okafor")
        ask(page, "How long is parental leave?")
        page.goto(f"{platform.url}/chat")
        assert page.is_visible(".past .new")
        page.click(".past ol a >> nth=0")
        assert "20 weeks" in page.inner_text(".answer")
        size = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert size[0] <= size[1]
    finally:
        context.close()


def test_who_is_signed_out_meanwhile_is_told(context: BrowserContext, platform: Platform) -> None:
    page = sign_in(context, platform, "mia.okafor")
    elsewhere = context.new_page()
    elsewhere.goto(f"{platform.url}/chat")
    elsewhere.click("text=Sign out")
    elsewhere.wait_for_url("**/sign-in")
    page.fill("#question", "How long is parental leave?")
    page.press("#question", "Enter")
    page.wait_for_url("**/sign-in?ended=true")
    assert "session has ended" in page.inner_text("[role=status]")


def test_nothing_is_fetched_from_elsewhere(context: BrowserContext, platform: Platform) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = sign_in(context, platform, "mia.okafor")
    ask(page, "When do deliveries of the Beacon 5 begin?")
    assert asked
    assert all(url.startswith(platform.url) for url in asked)


def test_compliance_sees_the_record_and_no_contents(
    context: BrowserContext, platform: Platform
) -> None:
    page = sign_in(context, platform, "olga.petrenko")
    page.goto(f"{platform.url}/audit?action=ask")
    text = page.inner_text("table.records")
    assert "mia.okafor@lumenharbour.example" in text
    assert "answered" in text
    assert "parental" not in text
    page.goto(f"{platform.url}/sources")
    assert "does not permit" in page.inner_text("main")


def test_an_owner_sees_sources(context: BrowserContext, platform: Platform) -> None:
    page = sign_in(context, platform, "felix.ahlgren")
    page.goto(f"{platform.url}/sources")
    assert "158 of 158 documents indexed" in page.inner_text("main")


def test_a_wrong_password_says_so(context: BrowserContext, platform: Platform) -> None:
    page = context.new_page()
    page.goto(f"{platform.url}/sign-in")
    page.fill("[name=email]", "mia.okafor@lumenharbour.example")
    page.fill("[name=password]", "not this one")
    page.click("text=Sign in >> nth=-1")
    assert "e-mail address or the password is wrong" in page.inner_text(".problem")


def test_without_a_session_there_is_nothing(context: BrowserContext, platform: Platform) -> None:
    page = context.new_page()
    page.goto(f"{platform.url}/audit")
    assert page.url.endswith("/sign-in")
