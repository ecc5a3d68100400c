"""A source with one document and somebody in groups: what explanations are asked about."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text

from app.authn.accounts import add_user
from app.authz.directory import Group, Person, replace_directory
from app.authz.explain import explain
from app.authz.grants import set_container_acl
from app.authz.policy import Policy
from app.authz.recheck import readable_renditions
from app.catalog.documents import replace_container_acl, replace_document_acl
from app.catalog.sources import register
from app.db.engine import Database
from app.domain.acl import Acl
from app.domain.explanation import Explanation
from app.domain.principal import Account, Role
from app.domain.source import Source
from tests.authz.organisations import LEVELS


async def now(database: Database) -> datetime:
    async with database.app() as connection:
        found = await connection.scalar(text("select clock_timestamp()"))
    assert isinstance(found, datetime)
    return found


@dataclass
class Office:
    """A source with one document in the container `finance`, and Ann in the group `staff`."""

    database: Database
    policy: Policy
    source: Source
    document: UUID
    ann: Account
    groups: dict[str, list[str]] = field(default_factory=dict)

    async def join(self, **groups: list[str]) -> None:
        """Make these the groups; Ann stays in the directory."""
        self.groups = groups
        async with self.database.app() as connection:
            await replace_directory(
                connection,
                [Person(self.ann.email, "Ann")],
                [Group(key.replace("_", "-"), members) for key, members in groups.items()],
            )

    async def container(self, allow: list[str], deny: list[str] | None = None) -> None:
        acl = Acl.parse(allow, deny or [])
        await replace_container_acl(self.database, self.source, "finance", acl)

    async def own(self, allow: list[str], deny: list[str] | None = None) -> None:
        acl = Acl.parse(allow, deny or [])
        await replace_document_acl(self.database, LEVELS, self.source, "pay.txt", acl)

    async def explain(self, at: datetime | None = None) -> Explanation:
        return await explain(self.database, self.policy, self.ann.email, self.document, at)

    async def run(self, statement: str) -> None:
        async with self.database.app() as connection:
            await connection.execute(text(statement), {"id": self.document})

    async def rechecked(self) -> bool:
        async with self.database.snapshot() as connection:
            asked = [(self.document, "internal")]
            return bool(await readable_renditions(connection, self.policy, self.ann, "ask", asked))


async def furnish(database: Database, policy: Policy, levels: tuple[str, ...]) -> Office:
    """A new one on this database, where nobody may read anything yet."""
    source = await register(
        database, None, key=f"s{uuid4().hex}", kind="push", config={},
        classification_floor="public", owner=None, levels=levels,
    )  # fmt: skip
    email = f"ann.{uuid4().hex}@explain.example"
    ann = await add_user(database, email, "Ann", Role.EMPLOYEE, None)
    async with database.app() as connection:
        slot = (await set_container_acl(connection, source.id, "finance", Acl())).slot_id
        document = await connection.scalar(
            text("""
            insert into document (source_id, external_id, container_id, slot_id, state,
                                  classification)
            select :source, 'pay.txt', id, :slot, 'indexed', 'internal' from container
             where source_id = :source returning id"""),
            {"source": source.id, "slot": slot},
        )
    found = Office(database, policy, source, UUID(str(document)), ann)
    await found.join(staff=[ann.email], company=["group:staff"])
    return found
