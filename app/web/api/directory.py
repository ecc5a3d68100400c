"""`PUT /directory`: people, groups and who belongs where, as a whole."""

from __future__ import annotations

from typing import Any

from litestar import put
from litestar.params import JSONBody

from app.authz.directory import Group, Person, replace_directory
from app.domain.record import AuditRecord
from app.web.api.bodies import Directory
from app.web.services import Caller, Wired


@put("/directory", tags=["directory"])
async def replace(data: JSONBody[Directory], account: Caller, services: Wired) -> dict[str, Any]:
    """Replace the directory. Memberships that it does not name end; local accounts stay."""
    services.policy.require_route(account, "directory")
    people = [Person(user.email, user.name) for user in data.users]
    groups = [Group(group.key, group.members) for group in data.groups]
    await services.recorder.record(
        AuditRecord.of(account, "directory", detail={"users": len(people), "groups": len(groups)})
    )
    async with services.database.app() as connection:
        change = await replace_directory(connection, people, groups)
    return {"revision": change.revision, "unknown_members": list(change.unknown)}
