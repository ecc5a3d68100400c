"""What an operator does on the command line is on record, as what people do over HTTP is."""

from __future__ import annotations

import os
import pwd
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from app.audit.record import Recorder
from app.domain.record import AuditRecord
from app.errors import RecordNotWritten

SUBJECT = "operator"
"""Whoever may read the data folder's secrets; `detail` names the system's user."""


@asynccontextmanager
async def on_record(recorder: Recorder, action: str, **detail: str) -> AsyncIterator[None]:
    """Record an action before it has any effect, and how it ended after it.

    Raises RecordNotWritten, before the action when the record itself cannot be kept.
    """
    details = {**detail, "system_user": _system_user()}
    record_id = await recorder.record(AuditRecord(action, SUBJECT, detail=details))
    try:
        yield
    except BaseException:
        with suppress(RecordNotWritten):  # the first error says more
            await recorder.finish(record_id, "failed")
        raise
    await recorder.finish(record_id, "done")


def _system_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # containers run as numbers that nobody named
        return str(os.getuid())
