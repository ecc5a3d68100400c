"""Every error as problem details (RFC 9457), or as a page for people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import uuid4

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect, Template

from app.errors import NotSignedIn, PortcullisError
from app.web.identity import COOKIE

ENDED = "/sign-in?ended=true"
JSON = "application/problem+json"
_API = ("/api/", "/v1/", "/healthz", "/readyz", "/metrics")

_log = structlog.get_logger(__name__)


def portcullis_error(request: Request[Any, Any, Any], error: PortcullisError) -> Response[Any]:
    if isinstance(error, NotSignedIn) and not _wants_json(request):
        # a page that sends this had a session, and a session's cookie that holds no more too
        if request.headers.get("hx-request"):
            return Response(None, status_code=401, headers={"HX-Redirect": ENDED})
        return Redirect(ENDED if COOKIE in request.cookies else "/sign-in")
    return _answer(request, error.status, error.message)


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Litestar's own: unknown routes, methods, invalid bodies."""
    fields: list[dict[str, str]] = []
    detail = error.detail
    if isinstance(error, ValidationException):
        # the messages of a validation may repeat a value, a password say: only places are named
        extra = error.extra if isinstance(error.extra, list) else []
        fields = [
            {"field": str(item.get("key", "body")), "problem": "is missing or not of its type"}
            for item in extra
            if isinstance(item, dict)
        ]
        detail = "the request is not valid; see fields" if fields else "the request is not valid"
    elif error.status_code == HTTPStatus.NOT_FOUND:
        detail = "there is no such page"
    elif error.status_code == HTTPStatus.BAD_REQUEST:
        detail = "the request cannot be read; is its body valid JSON?"
    elif error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        detail = "the request is larger than the limit (PORTCULLIS_MAX_DOCUMENT_MB)"
    return _answer(request, error.status_code, detail, fields)


def any_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """What nobody foresaw. Its message may hold anything, so only its kind is logged."""
    number = uuid4().hex[:12]
    _log.error("request_broke", request=number, kind=type(error).__name__, path=request.url.path)
    return _answer(request, 500, f"something broke on our side; the log has it as {number}")


def _answer(
    request: Request[Any, Any, Any],
    status: int,
    detail: str,
    fields: list[dict[str, str]] | None = None,
) -> Response[Any]:
    title = HTTPStatus(status).phrase
    headers = {"Cache-Control": "no-store"}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if not _wants_json(request):
        template = "fragment_problem.html" if request.headers.get("hx-request") else "problem.html"
        return Template(
            template, context={"title": title.capitalize(), "detail": detail}, status_code=status,
            headers=headers,
        )  # fmt: skip
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
    }
    if fields:
        body["fields"] = fields
    return Response(body, status_code=status, media_type=JSON, headers=headers)


def _wants_json(request: Request[Any, Any, Any]) -> bool:
    return request.url.path.startswith(_API)
