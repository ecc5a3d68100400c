"""The ways in, besides questions: ids, exports, jobs, suggestions, errors, and what others have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from app.domain.scope import By
from evals.ground.company import SOURCE, Paper
from evals.ground.visitor import Call


@dataclass(frozen=True, slots=True)
class Others:
    """What an answer that somebody else got is known by."""

    conversation: str
    record: str

    @classmethod
    def of(cls, events: str) -> Others:
        """From the events of an answer."""
        started = json.loads(events.partition("data: ")[2].partition("\n")[0])
        return cls(started["conversation_id"], started["audit_id"])


def read(document: UUID) -> Call:
    return Call("GET", f"/api/v1/documents/{document}")


def searched(query: str, k: int, by: By) -> Call:
    return Call("POST", "/api/v1/search", {"query": query, "k": k, "by": by})


def answered(n: int, question: str) -> Call:
    """The `n`-th way of having a question answered."""
    said = [{"role": "user", "content": question}]
    return (
        Call("POST", "/api/v1/ask", {"question": question}),
        Call("POST", "/chat", form={"question": question}),
        Call("POST", "/api/v1/ask", {"question": question, "stream": True}),
        Call("POST", "/v1/chat/completions", {"messages": said}),
        Call("POST", "/v1/chat/completions", {"messages": said, "stream": True}),
    )[n % 5]


def by_id(paper: Paper, document: UUID, email: str) -> Iterator[Call]:
    """All that names one document."""
    place = quote(paper.external_id, safe="")
    yield read(document)
    yield Call("GET", f"/documents/{document}", page=True)
    yield Call("GET", f"/api/v1/explain?user={email}&document={document}")
    yield Call("GET", f"/explain?user={email}&document={SOURCE}:{place}", page=True)
    yield Call("GET", f"/api/v1/audit?document={document}")
    yield Call("GET", f"/api/v1/sources/{SOURCE}/documents/{place}")


def errors(paper: Paper) -> Iterator[Call]:
    """What is refused, about one paper."""
    yield Call("POST", "/api/v1/search", {"query": paper.title, "k": 0})
    yield Call("POST", "/api/v1/search", {"query": paper.title, "by": paper.title})
    yield Call("POST", "/api/v1/search", {"query": paper.title, "at_least_revision": 10**6})
    yield Call("POST", "/api/v1/ask", {"question": paper.title * 300})
    yield Call("POST", "/api/v1/ask", {"question": paper.title, "conversation_id": paper.folder})
    yield Call("GET", f"/api/v1/documents/{quote(paper.title)}")


def everywhere(others: Others, job: UUID, document: UUID) -> Iterator[Call]:
    """Every place that is read, and what somebody else has there."""
    for path in ("sources", "audit?limit=500", "releases", "demo", f"jobs/{job}"):
        yield Call("GET", f"/api/v1/{path}")
    for path in ("/v1/models", "/healthz", "/readyz", "/metrics", "/api/openapi.json"):
        yield Call("GET", path)
    for page in ("/", "/chat", "/sources", "/audit", "/explain", "/api/docs", "/sign-in"):
        yield Call("GET", page, page=True)
    yield Call("GET", f"/chat/{others.conversation}", page=True)
    yield Call("GET", f"/documents/{document}?answer={others.record}&number=1", page=True)
    yield Call("GET", f"/chat/answers/{others.record}/events", page=True)
    told = {"question": "And its access phrase?", "conversation_id": others.conversation}
    yield Call("POST", "/api/v1/ask", told)
    yield Call("POST", "/chat", form={**told})
