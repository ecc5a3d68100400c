"""What a signed-in account decides about releases: permitted, and on record before it is done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from app.domain.principal import Account
from app.domain.record import AuditRecord
from app.domain.release import Traffic
from app.errors import InvalidInput, RecordNotWritten
from app.releases.register import require_name, stage_of
from app.releases.traffic import percent
from app.web.services import Services

LONGEST_REASON = 500
"""Characters."""


async def promote(
    services: Services, account: Account, name: str, to: str, share: str, reason: str
) -> Traffic:
    """As `Lifecycle.promote`, for who may use the route `promote`. Raises NotPermitted besides."""
    services.policy.require_route(account, "promote")
    require_name(name)
    _require_reason(reason)
    stage, part = stage_of(to), percent(share or "0")
    async with _on_record(services, account, "promote", name, to=stage.value):
        return await (await services.lifecycle()).promote(name, stage, account, part, reason)


async def approve(services: Services, account: Account, name: str, to: str, reason: str) -> None:
    """As `Lifecycle.approve`, for who may look at releases. Raises NotPermitted besides."""
    services.policy.require_route(account, "releases")
    require_name(name)
    _require_reason(reason)
    stage = stage_of(to)
    async with _on_record(services, account, "approve", name, to=stage.value):
        await (await services.lifecycle()).approve(name, stage, account, reason)


async def rollback(services: Services, account: Account, name: str, reason: str) -> Traffic:
    """As `Lifecycle.rollback` of this release, for who may use the route `promote`."""
    services.policy.require_route(account, "promote")
    require_name(name)
    _require_reason(reason)
    async with _on_record(services, account, "rollback", name):
        return await (await services.lifecycle()).rollback(account, reason, name)


def _require_reason(words: str) -> None:
    if "\x00" in words or len(words) > LONGEST_REASON:
        raise InvalidInput(f"a reason is text of at most {LONGEST_REASON} characters")


@asynccontextmanager
async def _on_record(
    services: Services, account: Account, command: str, name: str, **detail: str
) -> AsyncIterator[None]:
    """Raises RecordNotWritten before anything is done."""
    said = {"release": name, "command": command, **detail}
    record = await services.recorder.record(AuditRecord.of(account, "release", detail=said))
    try:
        yield
    except BaseException:
        with suppress(RecordNotWritten):  # the first error says more
            await services.recorder.finish(record, "failed")
        raise
    await services.recorder.finish(record, "done")
