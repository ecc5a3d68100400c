"""Pages opened in Chromium without any content policy: what do they request?"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Request, Route

ORIGIN = "https://portcullis.invalid/"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
AT_ONCE = 100
"""So many fragments make one page."""


async def opened(fragments: Sequence[str]) -> list[str] | None:
    """What was requested by the fragments, each a document of its own; None without a browser."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        return None
    try:  # only who develops the product has it installed
        from playwright.async_api import async_playwright
    except ImportError:
        return None
    requested: list[str] = []

    async def answer(route: Route, request: Request) -> None:
        place = request.url.removeprefix(ORIGIN)
        if place == "favicon.ico":
            await route.abort()
        elif place.startswith("page/"):
            at = int(place.removeprefix("page/"))
            frames = range(at, min(at + AT_ONCE, len(fragments)))
            body = "".join(f'<iframe src="{ORIGIN}fragment/{n}"></iframe>' for n in frames)
            await route.fulfill(body=f"<!doctype html>{body}", content_type="text/html")
        elif place.startswith("fragment/") and place.removeprefix("fragment/").isdigit():
            body = fragments[int(place.removeprefix("fragment/"))]
            await route.fulfill(
                body=f'<!doctype html><meta charset="utf-8">{body}', content_type="text/html"
            )
        else:
            requested.append(request.url)
            await route.abort()

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(args=ARGUMENTS, executable_path=found)
        page = await browser.new_page()
        await page.route("**/*", answer)
        for at in range(0, len(fragments), AT_ONCE):
            await page.goto(f"{ORIGIN}page/{at}")
            await page.wait_for_timeout(300)
        await browser.close()
    return requested
