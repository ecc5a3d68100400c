"""`POST /tokens`: an e-mail address and a password for a bearer token."""

from __future__ import annotations

from typing import Any

from litestar import post
from litestar.params import JSONBody

from app.audit.record import sha256
from app.authn.accounts import sign_in
from app.authn.tokens import create_token
from app.domain.record import AuditRecord
from app.errors import PortcullisError
from app.web.api.bodies import SignIn
from app.web.services import Wired


@post("/tokens", status_code=200, tags=["accounts"])
async def create(data: JSONBody[SignIn], services: Wired) -> dict[str, Any]:
    """Sign a local account in. The token lasts as long as a session of the pages."""
    account = await checked_sign_in(services, data.email, data.password)
    issued = await create_token(services.database, account, services.session, label="sign-in")
    return {"token": issued.token, "expires_at": issued.expires_at.isoformat()}


async def checked_sign_in(services: Wired, email: str, password: str) -> Any:
    """Sign in with a record of how it went. Raises WrongCredentials, TooManyAttempts."""
    try:
        account = await sign_in(services.database, services.attempts, email, password)
    except PortcullisError as error:
        # an address that nobody has may be a password typed into the wrong field
        detail = {"address_sha256": sha256(email.strip().lower()), "why": type(error).__name__}
        await services.recorder.record(AuditRecord("sign-in-refused", "", detail=detail))
        raise
    await services.recorder.record(AuditRecord.of(account, "sign-in"))
    return account
