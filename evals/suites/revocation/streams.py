"""Streams that wait on the model, and how long each goes on after its document is revoked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import httpx

from app.answering.profiles import Profile
from app.answering.wording import WITHDRAWN
from app.authz.directory import Group, replace_directory
from app.catalog.documents import delete_document, replace_container_acl, replace_document_acl
from app.domain.acl import Acl
from evals.ground.company import Company, Paper, make
from evals.ground.ground import Ground
from evals.ground.platform import Platform, platform
from evals.ground.slow_model import SlowModel, slow_model

KINDS = ("the folder's ACL", "the document's ACL", "a membership", "the document")
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
    """So many streams, one after the other, half of them with each profile: each about a paper of
    its own, in a folder for a group of its own, so that one revocation ends one stream."""
    ended: list[Ended] = []
    for profile in Profile:
        company = _secluded(make(ground.chance(f"streams {profile}"), 4, count // len(Profile)))
        name = f"revocation_{profile.value}"
        async with (
            slow_model() as slow,
            platform(ground, name, company, slow.url, profile=profile.value) as house,
        ):
            for n, paper in enumerate(company.papers):
                ended.append(await _one(house, slow, paper, KINDS[n % len(KINDS)]))
        ground.scratch.drop(name)
    return ended


def _secluded(company: Company) -> Company:
    papers = tuple(replace(p, folder=f"room{n}") for n, p in enumerate(company.papers))
    reader = company.people[0].email
    return Company(
        company.people,
        tuple(Group(paper.folder, [reader]) for paper in papers),
        {paper.folder: Acl.parse([f"group:{paper.folder}"]) for paper in papers},
        tuple(replace(paper, level="internal") for paper in papers),
    )


async def _one(house: Platform, slow: SlowModel, paper: Paper, kind: str) -> Ended:
    client = await house.client(house.company.people[0].email)
    slow.asked.clear()
    asked = {"question": paper.question, "stream": True}
    async with client.stream("POST", "/ask", json=asked) as answer:
        answer.raise_for_status()
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
    database = house.parts.database
    match kind:
        case "the folder's ACL":
            await replace_container_acl(database, house.source, paper.folder, _denied(house))
        case "the document's ACL":
            await replace_document_acl(
                database, house.parts.levels, house.source, paper.external_id, NOBODY
            )
        case "a membership":
            async with database.app() as connection:
                await replace_directory(connection, house.company.people, _without(house, paper))
        case _:
            await delete_document(database, house.parts.levels, house.source, paper.external_id)


def _denied(house: Platform) -> Acl:
    return Acl.parse(["everyone"], [house.company.people[0].email])


def _without(house: Platform, paper: Paper) -> Sequence[Group]:
    return [
        replace(group, members=[]) if group.key == paper.folder else group
        for group in house.company.groups
    ]
