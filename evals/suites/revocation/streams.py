"""Streams that wait on the model, and how long each goes on after its document is revoked."""

from __future__ import annotations

import asyncio
import json
import math
from dataclasses import dataclass, replace
from time import perf_counter

import httpx

from app.answering.profiles import Profile
from app.answering.wording import WITHDRAWN
from app.authz.directory import Group, replace_directory
from app.catalog.documents import delete_document, replace_container_acl, replace_document_acl
from app.domain.acl import Acl
from app.errors import Unavailable
from evals.ground.company import Company, Paper, make
from evals.ground.ground import Ground
from evals.ground.platform import Platform, platform
from evals.ground.slow_model import SlowModel, slow_model

FOLDER, OWN, MEMBER, DELETED = (
    "the folder's ACL", "the document's ACL", "a membership", "the document",
)  # fmt: skip
ROUND = (FOLDER, OWN, MEMBER, FOLDER, OWN, MEMBER, DELETED)
"""What is revoked of a paper, one after the other; all but the last is granted again."""
FEW = 5
"""So many papers a reader has: a question is then answered fast."""
LATEST = 5.0
"""Seconds: a stream that has not ended by then is given up, and counts as long as that."""
NOBODY = Acl.parse([])


@dataclass(frozen=True, slots=True)
class Ended:
    """`seconds` from the acknowledgement to the end of the stream; `withdrawn`: the last that it
    says is that what may be read has changed, without a citation."""

    kind: str
    seconds: float
    withdrawn: bool


async def streams(ground: Ground, count: int) -> list[Ended]:
    """At least so many streams, one after the other, half of them with each profile: each about one
    paper, in a folder for a group of its own, so that one revocation ends one stream."""
    ended: list[Ended] = []
    papers = math.ceil(count / len(Profile) / len(ROUND))
    for profile in Profile:
        chance = ground.chance(f"streams {profile}")
        company = _secluded(make(chance, max(2, papers // FEW), papers))
        name = f"revocation_{profile.value}"
        async with (
            slow_model() as slow,
            platform(ground, name, company, slow.url, profile=profile.value) as house,
        ):
            for paper in company.papers:
                for kind in ROUND:
                    ended.append(await _one(house, slow, paper, kind))
                    await _grant(house, paper, kind)
        ground.scratch.drop(name)
    return ended


def _secluded(company: Company) -> Company:
    papers = tuple(replace(p, folder=f"room{n}") for n, p in enumerate(company.papers))
    emails = [person.email for person in company.people]
    return Company(
        company.people,
        tuple(Group(paper.folder, [emails[n % len(emails)]]) for n, paper in enumerate(papers)),
        {paper.folder: Acl.parse([f"group:{paper.folder}"]) for paper in papers},
        tuple(replace(paper, level="internal") for paper in papers),
    )


async def _one(house: Platform, slow: SlowModel, paper: Paper, kind: str) -> Ended:
    client = await house.client(_reader(house, paper))
    slow.asked.clear()
    asked = {"question": paper.question, "stream": True}
    async with client.stream("POST", "/ask", json=asked) as answer:
        if answer.is_error:
            raise Unavailable(f"no stream began: {(await answer.aread()).decode()}")
        reading = asyncio.create_task(_last(answer))
        await asyncio.wait_for(slow.asked.wait(), LATEST)
        await _revoke(house, paper, kind)
        began = perf_counter()
        try:
            said = await asyncio.wait_for(reading, LATEST)
        except TimeoutError:
            return Ended(kind, LATEST, withdrawn=False)
        seconds = perf_counter() - began
    return Ended(kind, seconds, said.get("answer") == WITHDRAWN and not said["citations"])


async def _last(answer: httpx.Response) -> dict[str, object]:
    """The body of the last event, once the stream has ended."""
    last = ""
    async for line in answer.aiter_lines():
        last = line.removeprefix("data: ") if line.startswith("data: ") else last
    said: dict[str, object] = json.loads(last)
    return said


async def _revoke(house: Platform, paper: Paper, kind: str) -> None:
    """Take the paper away from its reader; it holds when this returns."""
    levels = house.parts.levels
    reader = _reader(house, paper)
    if kind == FOLDER:
        await _folder(house, paper, Acl.parse(["everyone"], [reader]))
    elif kind == OWN:
        await _own(house, paper, NOBODY)
    elif kind == MEMBER:
        await _directory(house, without=paper.folder)
    else:
        await delete_document(house.parts.database, levels, house.source, paper.external_id)


async def _grant(house: Platform, paper: Paper, kind: str) -> None:
    """Give back what was taken away, but for a document that is deleted."""
    granted = house.company.folders[paper.folder]
    if kind == FOLDER:
        await _folder(house, paper, granted)
    elif kind == OWN:
        await _own(house, paper, granted)
    elif kind == MEMBER:
        await _directory(house)


async def _folder(house: Platform, paper: Paper, acl: Acl) -> None:
    await replace_container_acl(house.parts.database, house.source, paper.folder, acl)


async def _own(house: Platform, paper: Paper, acl: Acl) -> None:
    await replace_document_acl(
        house.parts.database, house.parts.levels, house.source, paper.external_id, acl
    )


async def _directory(house: Platform, without: str = "") -> None:
    """The company's directory; the group of this name has lost its members."""
    company = house.company
    groups = [
        replace(group, members=[]) if group.key == without else group for group in company.groups
    ]
    async with house.parts.database.app() as connection:
        await replace_directory(connection, company.people, groups)


def _reader(house: Platform, paper: Paper) -> str:
    [email] = next(group.members for group in house.company.groups if group.key == paper.folder)
    return email
