"""One person's replies, searched for what that person may not read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from evals.ground.replies import BROKEN
from evals.ground.visitor import Call, Reply, Visitor
from evals.suites.leakage.marks import Mark, Marks
from evals.suites.suite import Case


@dataclass
class Tally:
    """`looks` counts a canary for each response that was searched for it, so that a response is as
    many looks as its reader has forbidden papers; `leaks` are those that found theirs, in
    `leaking` responses. Responses of a service that is broken are left out."""

    responses: int = 0
    looks: int = 0
    leaks: int = 0
    leaking: int = 0
    cases: list[Case] = field(default_factory=list)


@dataclass
class Looking:
    """`forbidden` are external ids. What the person wrote once is theirs: history repeats it. With
    `names`, the names of papers are looked for as well as their canaries."""

    visitor: Visitor
    marks: Marks
    forbidden: Collection[str]
    names: bool
    tally: Tally
    _said: set[Mark] = field(default_factory=set)

    async def send(self, call: Call, way: str) -> Reply:
        """Send it, and count what its response, its headers and the engine's prompts hold."""
        self._said |= self.marks.within(call.words)
        reply = await self.visitor.send(call)
        whole = "\n".join((*map(": ".join, reply.headers.items()), reply.text, *reply.prompts))
        found = {
            mark
            for mark in self.marks.within(whole) - self._said
            if mark.external_id in self.forbidden and (self.names or not mark.is_name)
        }
        if reply.status < BROKEN:
            self.tally.responses += 1
            self.tally.looks += len(self.forbidden)
        leaked = {mark.external_id for mark in found}
        self.tally.leaks += len(leaked)
        self.tally.leaking += bool(leaked)
        for mark in sorted(found, key=lambda mark: mark.word)[:1]:
            place = "response" if self.marks.within(reply.text) & {mark} else "prompt or header"
            of = f"{self.visitor.email}, {way}: {call.method} {call.words}"
            self.tally.cases.append(Case(of, f"{mark.word} of {mark.external_id} in the {place}"))
        return reply
