"""What goes on record of a question: who asked and what the answer is made of, before the first
word; how it ended, after the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import structlog

from app.answering.ending import in_time
from app.audit.record import Recorder, sha256
from app.domain.answer import Outcome
from app.domain.principal import Account
from app.domain.record import AuditRecord
from app.domain.scope import Scope
from app.errors import PortcullisError

_log = structlog.get_logger(__name__)


def record_of(
    account: Account,
    scope: Scope,
    revision: int,
    release: str,
    question: str,
    passages: Sequence[Mapping[str, Any]],
    detail: Mapping[str, Any],
) -> AuditRecord:
    """The record of an answer that is about to begin; `passages` are those that it may cite, as
    `pinned` names them."""
    return AuditRecord.of(
        account,
        "ask",
        id=uuid4(),
        purpose=scope.purpose,
        revision=revision,
        release=release,
        classifications=scope.classifications,
        question_sha256=sha256(question),
        passages=passages,
        detail=detail,
    )


async def finish(
    recorder: Recorder, audit_id: UUID, outcome: Outcome, answer: str, detail: dict[str, Any]
) -> None:
    """Write how it ended; where that cannot be, say so in the log."""
    try:
        await in_time(recorder.finish(audit_id, outcome.value, answer, detail))
    except PortcullisError:
        # The record of the question is durable; only how it ended is missing.
        _log.error("outcome_not_recorded", audit_id=str(audit_id))
