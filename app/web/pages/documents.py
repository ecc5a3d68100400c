"""The source viewer: a document as the visitor may read it, at the cited place."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, get
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from app.domain.answer import Citation
from app.domain.scope import Passage
from app.web.pages.rendering import fragment, page
from app.web.services import Caller, Wired


@get("/documents/{document_id:uuid}")
async def view(
    document_id: FromPath[UUID], request: Request[Any, Any, Any], visitor: Caller, services: Wired,
    answer: FromQuery[UUID | None] = None, number: FromQuery[int] = 0,
) -> Template:  # fmt: skip
    """`answer` and `number` name the citation that led here: its words never stand in a URL."""
    services.policy.require_route(visitor, "documents")
    cited = None
    if answer is not None:
        cited = await services.conversations.citation(visitor, answer, number)
    document = await services.search.open(visitor, document_id)
    context: dict[str, Any] = {
        "document": document,
        "pieces": [_piece(p, cited) for p in document.passages],
    }
    if request.headers.get("hx-request"):
        return fragment("fragment_document.html", **context)
    return page("document.html", services, visitor, "", **context)


def _piece(passage: Passage, citation: Citation | None) -> dict[str, Any]:
    """A passage in three parts: before, in and after the quoted words."""
    cited = citation is not None and citation.chunk_id == passage.chunk_id
    quote = citation.quote if cited and citation is not None else ""
    before, found, after = passage.text.partition(quote) if quote else (passage.text, "", "")
    return {
        "passage": passage,
        "cited": cited,
        "before": before,
        "found": found,
        "after": after,
    }
