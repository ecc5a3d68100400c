"""Where a person looks: every way in, for what is there, what is forbidden and what is not."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote
from uuid import UUID

from app.domain.scope import By
from evals.ground.company import SOURCE, Company, Paper, made_up
from evals.ground.visitor import Call

_BROAD = ("What is the budget?", "minutes of the meeting", "access phrase", "zz", "")
_KS = (1, 8, 50)


def looks(
    chance: random.Random,
    company: Company,
    documents: Mapping[str, UUID],
    email: str,
    papers: int,
) -> Iterator[Call]:
    """Calls of one person about so many papers that they may not read, as many that they may, and
    as many that nobody has; and every other way in, once."""
    hidden, open_ = company.forbidden(email), company.readable(email)
    known = [
        *chance.sample(hidden, min(papers, len(hidden))),
        *chance.sample(open_, min(papers, len(open_))),
    ]
    names = made_up(chance, company, papers)
    for paper in known:
        yield from _about(chance, paper, documents[paper.external_id])
    for name in names:
        yield from _search(chance, f"What is the budget of {name}?")
        yield Call("POST", "/api/v1/ask", {"question": f"What is the budget of {name}?"})
        yield Call("GET", f"/api/v1/documents/{UUID(int=chance.getrandbits(128), version=4)}")
    for words in _BROAD:
        yield from _search(chance, words)
        yield Call("POST", "/api/v1/ask", {"question": words})
    yield from _every_way(chance, known, documents)


def _about(chance: random.Random, paper: Paper, document: UUID) -> Iterator[Call]:
    yield from _search(chance, paper.question)
    yield from _search(chance, chance.choice((paper.title, paper.name, paper.canary)))
    yield Call("GET", f"/api/v1/documents/{document}")
    yield Call("GET", f"/documents/{document}", page=True)
    yield Call("POST", "/api/v1/ask", {"question": paper.question, "stream": chance.random() < 0.5})
    yield Call("POST", "/chat", form={"question": paper.question})
    said = [{"role": "user", "content": paper.fact}]
    yield Call("POST", "/v1/chat/completions", {"messages": said, "stream": chance.random() < 0.5})


def _search(chance: random.Random, query: str) -> Iterator[Call]:
    for by in By:
        yield Call("POST", "/api/v1/search", {"query": query, "k": chance.choice(_KS), "by": by})


def _every_way(
    chance: random.Random, known: Sequence[Paper], documents: Mapping[str, UUID]
) -> Iterator[Call]:
    for path in ("sources", "audit", "releases", "demo", "jobs", "documents/none"):
        yield Call("GET", f"/api/v1/{path}")
    for page in ("/", "/chat", "/sources", "/audit", "/explain", "/api/docs"):
        yield Call("GET", page, page=True)
    for path in ("/v1/models", "/healthz", "/readyz", "/api/openapi.json"):
        yield Call("GET", path)
    for paper in known:
        document, place = documents[paper.external_id], quote(paper.external_id, safe="")
        yield Call("GET", f"/api/v1/explain?user=nobody@evaluated.example&document={document}")
        yield Call("GET", f"/api/v1/jobs/{document}")
        yield Call("GET", f"/api/v1/audit?document={document}")
        yield Call("GET", f"/chat/{document}", page=True)
        yield Call("PUT", f"/api/v1/sources/{SOURCE}/documents/{place}/acl", {"allow": ["public"]})
        yield Call("DELETE", f"/api/v1/sources/{SOURCE}/documents/{place}")
    words = chance.choice(known).question
    yield Call("POST", "/api/v1/search", {"query": words, "k": 51})
    yield Call("POST", "/api/v1/search", {"query": words, "k": 8, "at_least_revision": 10**6})
    yield Call("POST", "/api/v1/search", {"query": words, "by": "title"})
    yield Call("POST", "/api/v1/search", {"question": words})
    conversation = str(documents[known[0].external_id])
    yield Call("POST", "/api/v1/ask", {"question": words, "conversation_id": conversation})
    yield Call("POST", "/api/v1/ask", {"question": words * 100})
