"""`GET /explain`: the decision about one user and one document, and the path that led to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromQuery

from app.audit.record import recordable
from app.authn.addresses import account_key
from app.authz.explain import explain
from app.domain.explanation import Explanation
from app.domain.principal import Account
from app.domain.record import AuditRecord
from app.web.services import Caller, Services, Wired


@get("/explain", tags=["audit"])
async def query(
    account: Caller,
    services: Wired,
    user: FromQuery[str],
    document: FromQuery[UUID],
    at: FromQuery[datetime | None] = None,
) -> Response[dict[str, Any]]:
    """Whether a user may read a document, the path that led to it, and what would change it; as
    of now, or of `at`. For compliance and admins, and for owners about their own sources."""
    found = await explained(services, account, user, str(document), at)
    return Response(shown(found), headers={"Cache-Control": "no-store"})


def require_explain(services: Services, account: Account) -> bool:
    """Whether the account gets every document explained, or only those of its own sources.

    Raises NotPermitted when it gets none.
    """
    if services.policy.may_use(account, "explain"):
        return True
    services.policy.require_route(account, "sources")
    return False


async def explained(
    services: Services, account: Account, user: str, document: str, at: datetime | None
) -> Explanation:
    """The explanation that the account asks for, on record before it is looked for.

    Raises NotPermitted, and what `explain` raises.
    """
    everything = require_explain(services, account)
    email = account_key(user)
    detail = {"user": email, "document": recordable(document)}
    if at is not None:
        detail["at"] = at.isoformat()
    await services.recorder.record(AuditRecord.of(account, "explain", detail=detail))
    owner = None if everything else account.principal_id
    return await explain(services.database, services.policy, email, document, at, owner)


def shown(found: Explanation) -> dict[str, Any]:
    """An explanation as the API and the command line tell it; times are in UTC."""
    document, lease = found.document, found.lease
    return {
        "readable": found.readable,
        "purposes": list(found.purposes),
        "at": found.at.isoformat(),
        "revision": found.revision,
        "user": {
            "email": found.user.email,
            "account": found.user.standing.value,
            "role": found.user.role,
            "groups": list(found.user.groups),
        },
        "document": {
            "id": str(document.id),
            "source": document.source,
            "external_id": document.external_id,
            "state": document.state,
            "classification": document.classification,
            "container": document.container,
            "acl": document.acl,
            "deleted_at": document.deleted_at.isoformat() if document.deleted_at else None,
            "source_removed_at": document.source_removed_at.isoformat()
            if document.source_removed_at
            else None,
        },
        "grants": [
            {
                "effect": grant.effect,
                "path": list(grant.path),
                "inherited": grant.inherited,
                "since": grant.since.isoformat(),
            }
            for grant in found.grants
        ],
        "clearance": [
            {
                "purpose": clearance.purpose,
                "classifications": list(clearance.classifications),
                "enough": clearance.enough,
                "redacted": clearance.redacted,
            }
            for clearance in found.clearances
        ],
        "lease": None
        if lease is None
        else {
            "confirmed_at": lease.confirmed_at.isoformat(),
            "lasts_seconds": lease.lasts.total_seconds() if lease.lasts is not None else None,
            "ends_at": lease.ends_at.isoformat() if lease.ends_at is not None else None,
            "ended": lease.ended,
        },
        "changes": list(found.changes),
        "limits": list(found.limits),
    }
