"""How somebody would find out whether a document exists: everything that can be asked about it."""

from __future__ import annotations

import random
from urllib.parse import quote
from uuid import UUID

from app.domain.scope import By
from evals.ground.company import SOURCE, Paper
from evals.ground.visitor import Call


def probes(chance: random.Random, paper: Paper, document: UUID, email: str) -> dict[str, Call]:
    """One call of each kind about this paper, by the name of the kind."""
    place = quote(paper.external_id, safe="")
    words = chance.choice((paper.question, paper.title, paper.name, paper.canary, paper.fact))
    said = [{"role": "user", "content": paper.question}]
    found = {
        f"search by {by}": Call("POST", "/api/v1/search", {"query": words, "k": 8, "by": by})
        for by in By
    }
    return {
        **found,
        "open": Call("GET", f"/api/v1/documents/{document}"),
        "open a page": Call("GET", f"/documents/{document}", page=True),
        "ask": Call("POST", "/api/v1/ask", {"question": paper.question}),
        "ask as a client": Call("POST", "/v1/chat/completions", {"messages": said}),
        "explain": Call("GET", f"/api/v1/explain?user={email}&document={document}"),
        "records": Call("GET", f"/api/v1/audit?document={document}"),
        "push": Call(
            "PUT", f"/api/v1/sources/{SOURCE}/documents/{place}", {"content": "x", "title": "x"}
        ),
        "delete": Call("DELETE", f"/api/v1/sources/{SOURCE}/documents/{place}"),
    }
