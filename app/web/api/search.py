"""`POST /search`: the best passages that the account may read."""

from __future__ import annotations

from typing import Any

from litestar import Response, post

from app.audit.record import sha256
from app.authz.recheck import readable_documents
from app.domain.principal import Account
from app.domain.record import AuditRecord
from app.errors import InvalidInput
from app.web.api.bodies import SearchBody
from app.web.services import Services

PURPOSE = "search"
MOST = 50


@post("/search", status_code=200, tags=["questions"])
async def search(
    data: SearchBody, account: Account, services: Services
) -> Response[dict[str, Any]]:
    """Search by meaning and by words. `at_least_revision` asks for a state at least so fresh."""
    services.policy.require_route(account, "search")
    query = data.query.replace("\x00", " ").strip()
    if not query:
        raise InvalidInput("write something to search for")
    if not 1 <= data.k <= MOST:
        raise InvalidInput(f"k must be 1 to {MOST}")
    scope = await services.resolver.resolve(account, PURPOSE, data.at_least_revision)
    found = await services.searcher.search(scope, query, data.k)
    async with services.database.app() as connection:
        readable = await readable_documents(
            connection, services.policy, account, PURPOSE, [p.document_id for p in found.passages]
        )
    passages = [passage for passage in found.passages if passage.document_id in readable]
    await services.recorder.record(
        AuditRecord.of(
            account,
            "search",
            purpose=PURPOSE,
            revision=found.revision,
            classifications=scope.classifications,
            question_sha256=sha256(query),
            passages=[
                {
                    "chunk": str(p.chunk_id),
                    "document": str(p.document_id),
                    "source": p.source,
                    "external_id": p.external_id,
                    "classification": p.classification,
                }
                for p in passages
            ],
        )
    )
    body = {
        "revision": found.revision,
        "passages": [
            {
                "chunk_id": str(p.chunk_id),
                "document_id": str(p.document_id),
                "external_id": p.external_id,
                "source": p.source,
                "title": p.title,
                "uri": p.uri,
                "classification": p.classification,
                "heading": p.heading,
                "page": p.page,
                "text": p.text,
                "score": round(p.score, 6),
            }
            for p in passages
        ],
    }
    return Response(body, headers={"Cache-Control": "no-store"})
