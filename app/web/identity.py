"""Who sends a request: a bearer token for the API, a cookie for the pages, never mixed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.authn.tokens import authenticate
from app.domain.principal import Account
from app.errors import NotPermitted, NotSignedIn
from app.web.services import Wired

COOKIE = "portcullis_session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def bearer_token(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Raises NotSignedIn."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn
    return token.strip()


async def api_account(request: Request[Any, Any, Any], services: Wired) -> Account:
    """The account of the bearer token. Raises NotSignedIn."""
    return await authenticate(services.database, bearer_token(request))


async def page_account(request: Request[Any, Any, Any], services: Wired) -> Account:
    """The account of the browser's session. Raises NotSignedIn."""
    token = request.cookies.get(COOKIE)
    if not token:
        raise NotSignedIn
    return await authenticate(services.database, token, purpose="session")


def same_origin(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard of the pages: nothing is changed because another site sent a form here.

    Raises NotPermitted.
    """
    if connection.scope.get("method", "GET") in _SAFE:
        return
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        if site in ("same-origin", "none"):
            return
        raise NotPermitted("this form was sent by another site")
    origin = connection.headers.get("origin")
    host = connection.headers.get("host", "")
    if origin is None or urlsplit(origin).netloc != host:
        raise NotPermitted("this form was sent by another site")
