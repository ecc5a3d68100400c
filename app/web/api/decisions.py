"""What people decide that documents are."""

from __future__ import annotations

from typing import Any

from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody

from app.catalog.decisions import decide, end, list_decisions, second
from app.catalog.jobs import start_sync
from app.catalog.sources import get_source
from app.domain.decision import Decision
from app.domain.principal import Account
from app.domain.record import AuditRecord
from app.web.api.bodies import AgreementBody, DecidedBody, DecisionBody
from app.web.services import Caller, Services, Wired


@get("/sources/{source:str}/decisions", tags=["sources"])
async def list_all(source: FromPath[str], account: Caller, services: Wired) -> dict[str, Any]:
    """What is decided about documents of the source, with what each is classified as now."""
    services.policy.require_route(account, "decisions")
    found = await list_decisions(services.database, account, source)
    return {"decisions": [_shown(decision) for decision in found]}


@put("/sources/{source:str}/decisions", tags=["sources"])
async def put_decision(
    source: FromPath[str], data: JSONBody[DecisionBody], account: Caller, services: Wired
) -> dict[str, Any]:
    """Decide what a document is classified as, whatever the rules find in it. Where that is
    stricter than it is now, nobody reads it until it is read again. Below the floors of source,
    folder or push it waits until somebody else agrees."""
    await _on_record(account, services, source, data.external_id, data.classification)
    made = await decide(
        services.database, account, source, data.external_id, data.classification, data.reason,
        services.levels,
    )  # fmt: skip
    return {**_shown(made), "job": await _synced(services, source)}


@post("/sources/{source:str}/decisions/agree", status_code=200, tags=["sources"])
async def agree(
    source: FromPath[str], data: JSONBody[AgreementBody], account: Caller, services: Wired
) -> dict[str, Any]:
    """Agree with what somebody else decided about a document; it then holds below the floors."""
    await _on_record(account, services, source, data.external_id, f"agrees: {data.classification}")
    made = await second(services.database, account, source, data.external_id, data.classification)
    return {**_shown(made), "job": await _synced(services, source)}


@delete("/sources/{source:str}/decisions", status_code=200, tags=["sources"])
async def remove(
    source: FromPath[str], data: JSONBody[DecidedBody], account: Caller, services: Wired
) -> dict[str, Any]:
    """Let the rules say again what a document is."""
    await _on_record(account, services, source, data.external_id, "the rules")
    await end(services.database, account, source, data.external_id)
    return {"external_id": data.external_id, "job": await _synced(services, source)}


async def _on_record(
    account: Account, services: Services, source: str, external_id: str, what: str
) -> None:
    services.policy.require_route(account, "decisions")
    detail = {"source": source, "external_id": external_id, "change": f"decided: {what}"}
    await services.recorder.record(AuditRecord.of(account, "source", detail=detail))


async def _synced(services: Services, key: str) -> str | None:
    """The job that reads the source again; None where others push to it."""
    source = await get_source(services.database, None, key)
    if source.kind == "push":
        return None
    job = await start_sync(services.database, None, source)
    await services.queue.wake(job)
    return str(job)


def _shown(decision: Decision) -> dict[str, Any]:
    return {
        "external_id": decision.external_id,
        "classification": decision.classification,
        "reason": decision.reason,
        "decided_by": decision.by,
        "decided_at": decision.at.isoformat(),
        "agreed_by": decision.seconded_by,
        "classified_now": decision.indexed,
    }
