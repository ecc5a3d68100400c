"""Sign in and out."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from app.authn.tokens import create_token, end_session
from app.errors import NotSignedIn, PortcullisError
from app.web.api.tokens import checked_sign_in
from app.web.identity import COOKIE, page_account
from app.web.services import Wired


@get("/")
async def home(request: Request[Any, Any, Any], services: Wired) -> Redirect:
    try:
        await page_account(request, services)
    except NotSignedIn:
        return Redirect("/sign-in")
    return Redirect("/chat")


@get("/sign-in")
async def form(services: Wired, ended: FromQuery[bool] = False) -> Template:
    """`ended`: whoever comes here was signed in, and is told why they are not any more."""
    return _form(services, ended=ended)


@post("/sign-in", status_code=200)
async def sign_in(
    data: URLEncodedBody[dict[str, str]],
    request: Request[Any, Any, Any],
    services: Wired,
) -> Response[Any]:
    email = data.get("email", "")
    try:
        account = await checked_sign_in(services, email, data.get("password", ""))
    except PortcullisError as error:
        return _form(services, email=email, problem=error.message, status=error.status)
    issued = await create_token(
        services.database, account, services.session, purpose="session", label="browser"
    )
    response: Response[Any] = Redirect("/chat")
    response.set_cookie(
        COOKIE,
        issued.token,
        max_age=int(services.session.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )
    return response


@post("/sign-out", status_code=200)
async def sign_out(request: Request[Any, Any, Any], services: Wired) -> Response[Any]:
    if token := request.cookies.get(COOKIE):
        await end_session(services.database, token)
    response: Response[Any] = Redirect("/sign-in")
    response.delete_cookie(COOKIE, path="/")
    return response


def _form(
    services: Wired,
    email: str = "",
    problem: str | None = None,
    status: int = 200,
    ended: bool = False,
) -> Template:
    return Template(
        "sign_in.html",
        context={
            "people": services.demo,
            "password": services.demo_password,
            "email": email,
            "problem": problem,
            "ended": ended,
        },
        status_code=status,
        headers={"Cache-Control": "no-store"},
    )
