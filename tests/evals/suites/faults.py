"""Guards that are gone, as a slip of a developer would leave them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest
import structlog
from sqlalchemy import text

from app.answering.pipeline import Answering
from app.authn.accounts import find_account
from app.domain.principal import Account
from app.domain.scope import Found, ReadableDocument
from app.errors import NotFound, NotPermitted
from app.retrieval.authorised import AuthorisedSearch

_COUNT = text("select count(*) from document")
_THERE = text("select 1 from document where id = :id")
SLOW = 0.02
"""Seconds; a difference of this size shows in a few dozen pairs."""


def cache_without_subject(patch: pytest.MonkeyPatch) -> None:
    """What one person found is given to whoever searches the same."""
    search = AuthorisedSearch.search
    kept: dict[tuple[object, ...], Found] = {}

    async def cached(self: AuthorisedSearch, account: Account, *what: Any, **more: Any) -> Found:
        key = (*what, *more.values())
        if key not in kept:
            kept[key] = await search(self, account, *what, **more)
        return kept[key]

    patch.setattr(AuthorisedSearch, "search", cached)


def answers_as(patch: pytest.MonkeyPatch, email: str) -> None:
    """Questions are answered with the rights of one person, whoever asks."""
    ask = Answering.ask

    async def as_somebody(
        self: Answering, account: Account, question: str, conversation_id: UUID | None = None
    ) -> AsyncGenerator[Any]:
        somebody = await find_account(self.database, email)
        async for event in ask(self, somebody, question):
            yield event

    patch.setattr(Answering, "ask", as_somebody)


def refuses_what_exists(patch: pytest.MonkeyPatch) -> None:
    """A document that may not be read is refused, one that does not exist is not found."""
    open_ = AuthorisedSearch.open

    async def told(self: AuthorisedSearch, account: Account, document: UUID) -> ReadableDocument:
        try:
            return await open_(self, account, document)
        except NotFound:
            async with self.resolver.database.app() as connection:
                if await connection.scalar(_THERE, {"id": document}):
                    raise NotPermitted("you may not read this document") from None
            raise

    patch.setattr(AuthorisedSearch, "open", told)


def counts_everything(patch: pytest.MonkeyPatch) -> None:
    """A figure of a search depends on all documents."""
    search = AuthorisedSearch.search

    async def counted(self: AuthorisedSearch, *what: Any, **more: Any) -> Found:
        found = await search(self, *what, **more)
        async with self.resolver.database.app() as connection:
            every = int(await connection.scalar(_COUNT) or 0)
        return Found(found.revision + every, found.passages)

    patch.setattr(AuthorisedSearch, "search", counted)


def logs_passages(patch: pytest.MonkeyPatch) -> None:
    """What was found is logged, in a field that nobody thought of."""
    search = AuthorisedSearch.search

    async def logged(self: AuthorisedSearch, *what: Any, **more: Any) -> Found:
        found = await search(self, *what, **more)
        structlog.get_logger().info("found", best=[p.text for p in found.passages])
        return found

    patch.setattr(AuthorisedSearch, "search", logged)


def slower_with_more(patch: pytest.MonkeyPatch, fewest: int) -> None:
    """A search of a corpus of more documents takes longer, readable or not."""
    search = AuthorisedSearch.search

    async def slow(self: AuthorisedSearch, *what: Any, **more: Any) -> Found:
        async with self.resolver.database.app() as connection:
            every = int(await connection.scalar(_COUNT) or 0)
        if every > fewest:
            await asyncio.sleep(SLOW)
        return await search(self, *what, **more)

    patch.setattr(AuthorisedSearch, "search", slow)


def slower_to_open(patch: pytest.MonkeyPatch) -> None:
    """A document that exists is looked at for longer before it is refused."""
    open_ = AuthorisedSearch.open

    async def slow(self: AuthorisedSearch, account: Account, document: UUID) -> ReadableDocument:
        async with self.resolver.database.app() as connection:
            if await connection.scalar(_THERE, {"id": document}):
                await asyncio.sleep(SLOW)
        return await open_(self, account, document)

    patch.setattr(AuthorisedSearch, "open", slow)
