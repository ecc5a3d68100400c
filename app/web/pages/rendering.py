"""What every page has: who is signed in, where they may go, and headers that fetch nothing."""

from __future__ import annotations

from typing import Any

from litestar.response import Template

from app.web.services import Caller, Wired

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_PLACES = (
    (("ask",), "/chat", "Ask"),
    (("sources",), "/sources", "Sources"),
    (("decisions",), "/reviews", "Reviews"),
    (("explain", "sources"), "/explain", "Explain"),
    (("audit",), "/audit", "Audit"),
    (("releases",), "/releases", "Releases"),
)
"""What one of these routes opens, where it is, and its name."""


def page(
    template: str, services: Wired, account: Caller, here: str, status: int = 200, **context: Any
) -> Template:
    """A page for a signed-in account; `here` marks its place in the navigation."""
    places = [
        {"href": href, "label": label, "here": href == here}
        for routes, href, label in _PLACES
        if any(services.policy.may_use(account, route) for route in routes)
    ]
    return Template(
        template,
        context={"account": account, "places": places, **context},
        status_code=status,
        headers={"Cache-Control": "no-store"},
    )


def fragment(template: str, **context: Any) -> Template:
    """A piece that htmx puts into a page."""
    return Template(template, context=context, headers={"Cache-Control": "no-store"})
