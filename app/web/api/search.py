"""`POST /search`: the best passages that the account may read."""

from __future__ import annotations

from typing import Any

from litestar import Response, post
from litestar.params import JSONBody

from app.retrieval.authorised import shown
from app.web.api.bodies import SearchBody
from app.web.services import Caller, Wired


@post("/search", status_code=200, tags=["questions"])
async def search(
    data: JSONBody[SearchBody], account: Caller, services: Wired
) -> Response[dict[str, Any]]:
    """Search by meaning and by words, or by one of them. `at_least_revision` asks for a state at
    least so fresh."""
    services.policy.require_route(account, "search")
    found = await services.search.search(
        account, data.query, data.k, data.at_least_revision, data.ranked_by()
    )
    return Response(shown(found), headers={"Cache-Control": "no-store"})
