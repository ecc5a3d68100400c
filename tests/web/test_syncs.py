"""An owner pauses, goes on with and cancels a sync, over the API and on the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.audit.query import query_records
from app.authn.accounts import find_account
from app.authn.tokens import create_token
from app.compose import Parts
from app.domain.record import AuditFilter
from app.web.identity import COOKIE
from tests.web.test_bad_input import Client, client, owner, parts, problem

pytestmark = pytest.mark.integration
__all__ = ["client", "owner", "parts"]

SYNC = "/api/v1/sources/tree/sync"


@pytest.fixture
async def job(client: Client, owner: dict[str, str], tmp_path: Path) -> AsyncIterator[str]:
    """A sync that no worker takes."""
    body = {"kind": "web", "config": {"start": "http://127.0.0.1:9/"}}
    await client.put("/api/v1/sources/tree", json=body, headers=owner)
    yield (await client.post(SYNC, headers=owner)).json()["job"]


async def page(parts: Parts, client: Client) -> str:
    account = await find_account(parts.database, "owner@bad.example")
    session = (await create_token(parts.database, account, purpose="session")).token
    return (await client.get("/sources", headers={"Cookie": f"{COOKIE}={session}"})).text


async def test_a_sync_is_paused_resumed_and_cancelled(
    client: Client, parts: Parts, owner: dict[str, str], job: str
) -> None:
    for change, state, offered in (
        ("pause", "paused", "/sources/tree/sync/resume"),
        ("resume", "queued", "/sources/tree/sync/pause"),
        ("cancel", "cancelled", 'action="/sources/tree/sync"'),
    ):
        told = (await client.post(f"{SYNC}/{change}", headers=owner)).json()
        assert (told["id"], told["state"]) == (job, state)
        assert (told["quarantined"], told["rate"], told["seconds_left"]) == (0, None, None)
        assert offered in await page(parts, client)
    found = await query_records(
        parts.database, AuditFilter(subject="owner@bad.example", action="source")
    )
    changes = {dict(entry.record.detail)["change"] for entry in found.entries}
    assert {"sync pause", "sync resume", "sync cancel"} <= changes


async def test_what_cannot_be_is_told(client: Client, owner: dict[str, str], job: str) -> None:
    told = problem(await client.post(f"{SYNC}/resume", headers=owner), 409)
    assert "there is nothing to resume; its sync is queued" in told
    assert (await client.post(f"{SYNC}/hurry", headers=owner)).status_code in (400, 404)
    await client.post(f"{SYNC}/cancel", headers=owner)
    told = problem(await client.post(f"{SYNC}/cancel", headers=owner), 409)
    assert "no sync of it waits or runs" in told


async def test_acls_alone_are_a_job_of_their_own(
    client: Client, owner: dict[str, str], job: str
) -> None:
    other = (await client.post(SYNC, params={"acls_only": True}, headers=owner)).json()["job"]
    told: dict[str, Any] = (await client.get(f"/api/v1/jobs/{other}", headers=owner)).json()
    assert (told["kind"], other != job) == ("permissions", True)


async def test_the_page_offers_the_sync_whatever_came_after_it(
    client: Client, parts: Parts, owner: dict[str, str], job: str
) -> None:
    await client.post(f"{SYNC}/pause", headers=owner)
    await client.post(SYNC, params={"acls_only": True}, headers=owner)
    assert "/sources/tree/sync/resume" in await page(parts, client)
