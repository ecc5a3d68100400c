"""Faults of who reads what: guards that are gone, as a slip of a developer would leave them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text

from app.answering.pipeline import Answering
from app.authn.accounts import find_account
from app.authz.recheck import Asker
from app.domain.principal import Account
from app.domain.scope import Found, ReadableDocument
from app.errors import NotFound, NotPermitted
from app.retrieval.authorised import AuthorisedSearch
from evals.ground.company import OVERSEER
from evals.mutants.mutant import Mutant
from evals.mutants.planting import Change
from evals.mutants.program import Replaced, Together

_COUNT = text("select count(*) from document")
_THERE = text("select 1 from document where id = :id")
SLOW = 0.02
"""Seconds; a difference of this size shows in a few dozen pairs."""
SLOW_EACH = 0.001
_search, _open, _ask = AuthorisedSearch.search, AuthorisedSearch.open, Answering.ask
_kept: dict[tuple[object, ...], Found] = {}


async def _cached(self: AuthorisedSearch, account: Account, *what: Any, **more: Any) -> Found:
    key = (id(self), *what, *more.values())
    if key not in _kept:
        _kept[key] = await _search(self, account, *what, **more)
    return _kept[key]


async def _as_the_overseer(
    self: Answering, account: Account, question: str, conversation_id: UUID | None = None
) -> AsyncGenerator[Any]:
    overseer = await find_account(self.database, OVERSEER)
    async for event in _ask(self, overseer, question):
        yield event


async def _refusing(self: AuthorisedSearch, account: Account, document: UUID) -> ReadableDocument:
    try:
        return await _open(self, account, document)
    except NotFound:
        async with self.resolver.database.app() as connection:
            if await connection.scalar(_THERE, {"id": document}):
                raise NotPermitted("you may not read this document") from None
        raise


async def _counting(self: AuthorisedSearch, *what: Any, **more: Any) -> Found:
    found = await _search(self, *what, **more)
    return Found(found.revision + await _documents(self), found.passages)


async def _logging(self: AuthorisedSearch, *what: Any, **more: Any) -> Found:
    found = await _search(self, *what, **more)
    structlog.get_logger().info("found", best=[passage.text for passage in found.passages])
    return found


async def _slow(self: AuthorisedSearch, *what: Any, **more: Any) -> Found:
    await asyncio.sleep(SLOW_EACH * await _documents(self))
    return await _search(self, *what, **more)


async def _slow_to_open(
    self: AuthorisedSearch, account: Account, document: UUID
) -> ReadableDocument:
    async with self.resolver.database.app() as connection:
        if await connection.scalar(_THERE, {"id": document}):
            await asyncio.sleep(SLOW)
    return await _open(self, account, document)


async def _documents(search: AuthorisedSearch) -> int:
    async with search.resolver.database.app() as connection:
        return int(await connection.scalar(_COUNT) or 0)


async def _everything(
    connection: object, policy: object, account: object, purpose: str, documents: Iterable[UUID]
) -> frozenset[UUID]:
    return frozenset(documents)


async def _everything_of_each(
    connection: object, policy: object, asked: Mapping[Asker, frozenset[UUID]]
) -> Mapping[Asker, frozenset[UUID]]:
    return asked


def _allowed_to_any(grants: Iterable[tuple[int, str]], mine: frozenset[int]) -> bool:
    return any(effect == "allow" for principal, effect in grants if principal in mine)


def _cleared(policy: Any, subject: object, why: object) -> Collection[str]:
    levels: Collection[str] = policy.levels
    return levels


def _in_search(by: Any) -> Replaced:
    return Replaced("app.retrieval.authorised.AuthorisedSearch.search", by)


def _when_opened(by: Any) -> Replaced:
    return Replaced("app.retrieval.authorised.AuthorisedSearch.open", by)


CACHE_WITHOUT_SUBJECT = _in_search(_cached)
RIGHTS_OF_ANOTHER = Replaced("app.answering.pipeline.Answering.ask", _as_the_overseer)
PASSAGES_LOGGED = _in_search(_logging)
EVERYTHING_COUNTED = _in_search(_counting)
SLOWER_WITH_MORE = _in_search(_slow)
SLOWER_TO_OPEN = _when_opened(_slow_to_open)
REFUSING_WHAT_EXISTS = _when_opened(_refusing)
NO_RECHECK = Together(
    (
        *(
            Replaced(f"{module}.readable_renditions", _everything)
            for module in (
                "app.answering.pipeline",
                "app.answering.conversations",
                "app.retrieval.authorised",
            )
        ),
        Replaced("app.authz.watch.readable_by_each", _everything_of_each),
    )
)
DENY = " and not bool_or(g.effect = 'deny')"
READING = [
    Mutant("a cache of searches without the subject in its key", "leakage", CACHE_WITHOUT_SUBJECT),
    Mutant("answers with the rights of another", "leakage", RIGHTS_OF_ANOTHER),
    Mutant("passages in the log", "leakage", PASSAGES_LOGGED),
    Mutant("everybody is cleared for everything", "leakage",
           Replaced("app.authz.policy.Policy.clearance", _cleared)),
    Mutant("denies are ignored", "leakage",
           Change("", "slots_readable_by(bigint[])", DENY, "", ()),
           beside=Together((Replaced("app.authz.recheck._allowed", _allowed_to_any),))),
    Mutant("a document that may not be read is refused, not missing", "non_interference",
           REFUSING_WHAT_EXISTS),
    Mutant("a figure of a search counts everything", "non_interference", EVERYTHING_COUNTED),
    Mutant("a search takes longer the more there is", "non_interference", SLOWER_WITH_MORE),
    Mutant("opening tells what exists", "membership", REFUSING_WHAT_EXISTS),
    Mutant("opening takes longer for what exists", "membership", SLOWER_TO_OPEN,
           least=1),
    Mutant("nothing is looked at again while it is answered", "revocation", NO_RECHECK),
    Mutant("memberships that ended are not looked at", "revocation",
           Change("", "verified_scope()", "and c.directory <= (scope ->> 'revision')::bigint", "",
                  ())),
]  # fmt: skip
