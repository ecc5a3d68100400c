"""One folder with one document about parking, who may read it, and who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from app.answering.pipeline import Answering
from app.authn.accounts import add_user
from app.authz.grants import ensure_container, set_container_acl
from app.catalog.sources import register
from app.db.chunks import write_rendition
from app.db.engine import Database
from app.domain.acl import Acl
from app.domain.document import Chunk, Element, EmbeddedChunk, Rendition
from app.domain.principal import Account, Role
from tests.answering.passages import HashingEmbedder

EMBEDDER = HashingEmbedder()
NOWHERE = "http://127.0.0.1:9/v1"
"""No model listens there: the quotes have to do."""
QUESTION = "What do parking permits cost a month?"
FACT = "Parking permits cost 40 EUR a month."


@dataclass
class House:
    """One folder with one document about parking, and who asks."""

    database: Database
    source_id: int
    container: str
    reader: Account
    stranger: Account
    answering: Answering
    document: UUID

    async def allow(self, *entries: str) -> None:
        async with self.database.app() as connection:
            await set_container_acl(connection, self.source_id, self.container, Acl.parse(entries))

    async def outcome(self, audit_id: UUID) -> tuple[str, str | None]:
        async with self.database.auditor() as connection:
            row = (
                await connection.execute(
                    text("select outcome, answer_sha256 from audit_outcome where record_id = :id"),
                    {"id": audit_id},
                )
            ).one()
        return row.outcome, row.answer_sha256

    async def records(self, account: Account) -> int:
        async with self.database.auditor() as connection:
            return int(
                await connection.scalar(
                    text("select count(*) from audit_record where subject_id = :id"),
                    {"id": account.principal_id},
                )
            )


async def furnish(database: Database, levels: Sequence[str], answering: Answering) -> House:
    """The house on this database, as it is at first."""
    reader = await add_user(database, "reader@house.example", "Reader", Role.EMPLOYEE, None)
    stranger = await add_user(database, "stranger@house.example", "Stranger", Role.EMPLOYEE, None)
    source = await register(
        database, None, key="house", kind="push", config={}, classification_floor="public",
        owner=None, levels=levels,
    )  # fmt: skip
    async with database.app() as connection:
        await set_container_acl(connection, source.id, "yard", Acl.parse([reader.email]))
    document = await _put_document(database, source.id, levels)
    return House(database, source.id, "yard", reader, stranger, answering, document)


async def _put_document(database: Database, source_id: int, levels: Sequence[str]) -> UUID:
    async with database.app() as connection:
        container, slot = await ensure_container(connection, source_id, "yard")
        document = await connection.scalar(
            text("""
            insert into document (source_id, external_id, container_id, slot_id, state,
                                  classification)
            values (:source, 'parking', :container, :slot, 'indexed', 'internal')
            on conflict (source_id, external_id) do update set slot_id = :slot returning id"""),
            {"source": source_id, "container": container, "slot": slot},
        )
    [vector] = EMBEDDER.embed([FACT])
    async with database.ingest() as connection:
        await write_rendition(
            connection, levels=levels, document_id=document, slot_id=slot, source="house",
            external_id="parking", uri="", mime_type="text/plain",
            rendition=Rendition("internal", "Yard", (Element("text", FACT),), {}, ()),
            chunks=[EmbeddedChunk(Chunk(0, "", None, FACT), vector)],
        )  # fmt: skip
    return UUID(str(document))
