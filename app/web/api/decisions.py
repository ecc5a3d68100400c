"""What people decide that documents are, and what somebody should look at."""

from __future__ import annotations

from typing import Any

from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody

from app.catalog.decisions import list_decisions, list_reviews
from app.domain.decision import Decision
from app.web import reviewing
from app.web.api.bodies import AgreementBody, DecidedBody, DecisionBody
from app.web.services import Caller, Wired


@get("/reviews", tags=["reviews"])
async def list_all(account: Caller, services: Wired) -> dict[str, Any]:
    """Documents whose classification somebody should look at, and what people decided, of the
    sources that the account manages; for compliance, of all."""
    services.policy.require_route(account, "decisions")
    reviews = await list_reviews(services.database, account)
    decided = await list_decisions(services.database, account)
    return {
        "reviews": [
            {
                "source": review.source,
                "external_id": review.external_id,
                "classification": review.classification,
                "otherwise": review.otherwise,
                "reasons": list(review.reasons),
                "at": review.at.isoformat(),
            }
            for review in reviews
        ],
        "decisions": [_shown(decision) for decision in decided],
    }


@put("/sources/{source:str}/decisions", tags=["reviews"])
async def put_decision(
    source: FromPath[str], data: JSONBody[DecisionBody], account: Caller, services: Wired
) -> dict[str, Any]:
    """Decide what a document is classified as, whatever the rules find in it. Where that is
    stricter than it is now, nobody reads it until it is read again. Below the floors of source,
    folder or push it waits until somebody else agrees."""
    made, job = await reviewing.decide(
        services, account, source, data.external_id, data.classification, data.reason
    )
    return {**_shown(made), "job": job}


@post("/sources/{source:str}/decisions/agree", status_code=200, tags=["reviews"])
async def agree(
    source: FromPath[str], data: JSONBody[AgreementBody], account: Caller, services: Wired
) -> dict[str, Any]:
    """Agree with what somebody else decided about a document; it then holds below the floors."""
    made, job = await reviewing.agree(
        services, account, source, data.external_id, data.classification
    )
    return {**_shown(made), "job": job}


@delete("/sources/{source:str}/decisions", status_code=200, tags=["reviews"])
async def remove(
    source: FromPath[str], data: JSONBody[DecidedBody], account: Caller, services: Wired
) -> dict[str, Any]:
    """Let the rules say again what a document is."""
    job = await reviewing.undo(services, account, source, data.external_id)
    return {"external_id": data.external_id, "job": job}


def _shown(decision: Decision) -> dict[str, Any]:
    return {
        "source": decision.source,
        "external_id": decision.external_id,
        "classification": decision.classification,
        "reason": decision.reason,
        "decided_by": decision.by,
        "decided_at": decision.at.isoformat(),
        "agreed_by": decision.seconded_by,
        "classified_now": decision.indexed,
    }
