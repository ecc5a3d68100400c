"""Deciding what a document is, over the API and on the page: on record, and read again."""

from __future__ import annotations

from app.catalog import decisions
from app.catalog.jobs import start_sync
from app.catalog.sources import get_source
from app.domain.decision import Decision
from app.domain.principal import Account
from app.domain.record import AuditRecord
from app.web.services import Services


async def decide(
    services: Services, who: Account, source: str, document: str, classification: str, reason: str
) -> tuple[Decision, str | None]:
    """The decision, and the job that reads the source again; None where others push to it. Raises
    what `app.catalog.decisions` does."""
    await _on_record(services, who, source, document, f"decided {classification}")
    made = await decisions.decide(
        services.database, who, source, document, classification, reason, services.levels
    )
    return made, await _synced(services, source)


async def agree(
    services: Services, who: Account, source: str, document: str, classification: str
) -> tuple[Decision, str | None]:
    """The same for agreeing with a decision."""
    await _on_record(services, who, source, document, f"agreed to {classification}")
    made = await decisions.second(services.database, who, source, document, classification)
    return made, await _synced(services, source)


async def undo(services: Services, who: Account, source: str, document: str) -> str | None:
    """The rules say again what it is; the job."""
    await _on_record(services, who, source, document, "decided no more")
    await decisions.end(services.database, who, source, document)
    return await _synced(services, source)


async def _on_record(
    services: Services, who: Account, source: str, document: str, what: str
) -> None:
    services.policy.require_route(who, "decisions")
    detail = {"source": source, "external_id": document, "change": what}
    await services.recorder.record(AuditRecord.of(who, "classification", detail=detail))


async def _synced(services: Services, key: str) -> str | None:
    source = await get_source(services.database, None, key)
    if source.kind == "push":
        return None
    job = await start_sync(services.database, None, source)
    await services.queue.wake(job)
    return str(job)
