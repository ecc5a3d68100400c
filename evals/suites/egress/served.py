"""Payloads in documents that the product itself indexes, finds, quotes and renders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import httpx

from app.authn.tokens import create_token
from app.domain.acl import Acl
from app.domain.source import PushedDocument
from app.web.identity import COOKIE
from evals.ground.company import Paper, make
from evals.ground.ground import Ground
from evals.ground.parrot import Parrot, parrot
from evals.ground.platform import SECONDS, Platform, platform
from evals.suites.egress.judge import in_html, in_markdown
from evals.suites.suite import Case

PROFILES = ("evidence", "context")


@dataclass
class Served:
    """`answers` were given, `held` of them cite a planted document, `bad` are live."""

    answers: int = 0
    held: int = 0
    bad: int = 0
    cases: list[Case] = field(default_factory=list)


async def served(ground: Ground, payloads: Sequence[tuple[str, str]]) -> Served:
    """Each payload in one document: in its text, title, heading, file name and address; the engine
    repeats whatever it reads. Half of them are asked for with each profile."""
    seen = Served()
    for profile, part in zip(PROFILES, (payloads[::2], payloads[1::2]), strict=True):
        chance = ground.chance(f"egress {profile}")
        company = make(chance, people=4, papers=len(part))
        hall = replace(company, papers=())
        async with parrot() as bird:
            served_by = platform(ground, f"egress_{profile}", hall, bird.url, profile=profile)
            async with served_by as house:
                papers = list(company.papers)
                await house.index(_planted(papers, part))
                person = company.people[0].email
                async with await _browser(house, person) as pages:
                    for paper, (family, payload) in zip(papers, part, strict=True):
                        await _ask(house, pages, person, paper, payload, family, bird, seen)
    return seen


def _planted(
    papers: Sequence[Paper], payloads: Sequence[tuple[str, str]]
) -> Iterator[PushedDocument]:
    for n, (paper, (_, payload)) in enumerate(zip(papers, payloads, strict=True)):
        line = " ".join(payload.split())
        text = f"{paper.fact} Of {paper.name} {payload}\n\nMore of {paper.name}: {line}"
        yield PushedDocument(
            f"{n} {line}"[:200], f"{paper.title} {line}"[:200],
            f"{line}\n\n{text}\n".encode(), "text/plain", uri=f"https://wiki.example/{n}?{line}"[:500],
            container="hall", acl=Acl.parse(["everyone"]), classification="internal",
        )  # fmt: skip


async def _browser(house: Platform, email: str) -> httpx.AsyncClient:
    """What opens the pages as this person, signed in."""
    token = await create_token(house.parts.database, await house.account(email), purpose="session")
    return httpx.AsyncClient(
        base_url=house.url, timeout=SECONDS, cookies={COOKIE: token.token}, follow_redirects=True,
        headers={"Origin": house.url},
    )  # fmt: skip


async def _ask(
    house: Platform,
    pages: httpx.AsyncClient,
    person: str,
    paper: Paper,
    payload: str,
    family: str,
    bird: Parrot,
    seen: Served,
) -> None:
    bird.says = lambda prompt: f"{paper.fact} {payload} [1]\n\n{payload}"
    api = await house.client(person)
    told = (await api.post("/ask", json={"question": paper.question})).json()
    page = (await pages.post("/chat", data={"question": paper.question})).text
    begin = page.find('<div class="answer')
    shown = page[begin : page.rfind("</article>")]
    faults = in_markdown(told["answer"]) + in_html(shown)
    for citation in told["citations"][:1]:
        document = (await pages.get(f"/documents/{citation['document_id']}")).text
        paper_at = document.find("<article")
        faults += in_html(document[paper_at : document.rfind("</article>")])
    seen.answers += 1
    seen.held += bool(told["citations"])
    seen.bad += bool(faults)
    if faults:
        seen.cases.append(Case(f"served, {family}: {payload!r}", faults[0]))
