"""Write the record. Each call is a transaction of its own, durable when it returns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.db.engine import Database
from app.domain.record import AuditRecord
from app.errors import DatabaseUnavailable, RecordNotWritten

_RECORD = text("""
insert into audit_record (id, action, subject_id, subject, role, purpose, revision, release,
                          classifications, question_sha256, passages, detail)
values (:id, :action, :subject_id, :subject, :role, :purpose, :revision, :release,
        cast(:classifications as text[]), :question_sha256, cast(:passages as jsonb),
        cast(:detail as jsonb))
""")
_OUTCOME = text("""
insert into audit_outcome (record_id, outcome, answer_sha256, detail)
values (:id, :outcome, :answer_sha256, cast(:detail as jsonb))
""")


@dataclass(frozen=True)
class Recorder:
    """Appends records; its login can neither change nor delete nor read them."""

    database: Database

    async def record(self, record: AuditRecord) -> UUID:
        """Keep a record before its action has any effect. Raises RecordNotWritten."""
        await self._write(
            _RECORD,
            {
                "id": record.id,
                "action": record.action,
                "subject_id": record.subject_id,
                "subject": record.subject,
                "role": record.role,
                "purpose": record.purpose,
                "revision": record.revision,
                "release": record.release,
                "classifications": list(record.classifications),
                "question_sha256": record.question_sha256,
                "passages": json.dumps([dict(passage) for passage in record.passages]),
                "detail": json.dumps(dict(record.detail)),
            },
        )
        return record.id

    async def finish(
        self,
        record_id: UUID,
        outcome: str,
        answer: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Say how the action ended, once; of the answer only a digest is kept."""
        digest = sha256(answer) if answer is not None else None
        await self._write(
            _OUTCOME,
            {
                "id": record_id,
                "outcome": outcome,
                "answer_sha256": digest,
                "detail": json.dumps(dict(detail or {})),
            },
        )

    async def _write(self, statement: Any, parameters: dict[str, Any]) -> None:
        try:
            async with self.database.app() as connection:
                await connection.execute(statement, parameters)
        except (SQLAlchemyError, DatabaseUnavailable) as error:
            raise RecordNotWritten from error


def sha256(words: str) -> str:
    """The digest under which a question or an answer is on record, in hex."""
    return hashlib.sha256(words.encode()).hexdigest()


def recordable(words: str) -> str:
    """Words that anybody may have typed, as a record can hold them."""
    return words.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
