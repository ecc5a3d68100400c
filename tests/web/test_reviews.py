"""What somebody should look at, over the API and on the page, from the push to the decision."""

from __future__ import annotations

from typing import Any

import pytest

from app.audit.query import query_records
from app.authn.accounts import add_user, find_account
from app.authn.tokens import create_token
from app.compose import Parts
from app.domain.principal import Role
from app.domain.record import AuditFilter
from app.web.identity import COOKIE
from tests.web.test_bad_input import Client, client, inbox, owner, parts, problem, work

pytestmark = pytest.mark.integration
__all__ = ["client", "inbox", "owner", "parts"]

NAME = "hr/<b>old</b>.md"
DECISIONS = "/api/v1/sources/inbox/decisions"
BODY = {"external_id": NAME, "classification": "public", "reason": "a <i>project</i> name"}


@pytest.fixture
async def pushed(client: Client, owner: dict[str, str], inbox: str, parts: Parts) -> None:
    """A document whose label nobody knows, pushed as internal at least."""
    body = {
        "content": "Classification: Zebra\n\nwords", "classification": "internal",
        "acl": {"allow": ["everyone"]}, "external_id": NAME,
    }  # fmt: skip
    answer = await client.post(f"{inbox}:batch", json={"documents": [body]}, headers=owner)
    assert answer.status_code == 202, answer.text
    await work(parts, parts.database)


@pytest.fixture
async def mia(parts: Parts) -> dict[str, str]:
    account = await add_user(parts.database, "mia@bad.example", "Mia", Role.COMPLIANCE, None)
    issued = await create_token(parts.database, account)
    return {"Authorization": f"Bearer {issued.token}"}


async def session(parts: Parts, email: str) -> dict[str, str]:
    account = await find_account(parts.database, email)
    token = (await create_token(parts.database, account, purpose="session")).token
    return {"Cookie": f"{COOKIE}={token}", "sec-fetch-site": "same-origin"}


async def listed(client: Client, headers: dict[str, str]) -> Any:
    answer = await client.get("/api/v1/reviews", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_doubt_is_decided_and_a_second_person_agrees(
    client: Client, parts: Parts, owner: dict[str, str], mia: dict[str, str], pushed: None
) -> None:
    [review] = (await listed(client, owner))["reviews"]
    assert (review["external_id"], review["classification"]) == (NAME, "regulated")
    assert review["otherwise"] == "internal"
    made = (await client.put(DECISIONS, json=BODY, headers=owner)).json()
    assert (made["decided_by"], made["agreed_by"]) == ("owner@bad.example", None)
    assert (made["classified_now"], made["job"]) == ("regulated", None)
    after = await listed(client, mia)
    assert not after["reviews"]
    assert [one["external_id"] for one in after["decisions"]] == [NAME]
    same = {"external_id": NAME, "classification": "public"}
    assert "yourself" in problem(
        await client.post(f"{DECISIONS}/agree", json=same, headers=owner), 403
    )
    other = {**same, "classification": "internal"}
    problem(await client.post(f"{DECISIONS}/agree", json=other, headers=mia), 409)
    agreed = (await client.post(f"{DECISIONS}/agree", json=same, headers=mia)).json()
    assert agreed["agreed_by"] == "mia@bad.example"
    gone = await client.request("DELETE", DECISIONS, json={"external_id": NAME}, headers=owner)
    assert gone.status_code == 200, gone.text
    assert len((await listed(client, owner))["reviews"]) == 1
    found = await query_records(parts.database, AuditFilter(action="classification"))
    changes = [dict(entry.record.detail)["change"] for entry in found.entries]
    assert sorted(changes) == [
        "agreed to internal", "agreed to public", "agreed to public", "decided no more",
        "decided public",
    ]  # fmt: skip


async def test_who_may_not_decide_is_told(
    client: Client, parts: Parts, mia: dict[str, str], pushed: None
) -> None:
    problem(await client.put(DECISIONS, json=BODY, headers=mia), 404)
    someone = await add_user(parts.database, "eve@bad.example", "Eve", Role.EMPLOYEE, None)
    headers = {"Authorization": f"Bearer {(await create_token(parts.database, someone)).token}"}
    problem(await client.put(DECISIONS, json=BODY, headers=headers), 403)
    problem(await client.get("/api/v1/reviews", headers=headers), 403)


async def test_the_page_shows_decides_and_agrees(
    client: Client, parts: Parts, mia: dict[str, str], pushed: None
) -> None:
    as_owner = await session(parts, "owner@bad.example")
    shown = (await client.get("/reviews", headers=as_owner)).text
    assert "hr/&lt;b&gt;old&lt;/b&gt;.md" in shown
    assert "names no level of ours" in shown
    assert 'action="/reviews/decide"' in shown
    form = {"source": "inbox", "document": NAME, "classification": "public", "reason": "<i>why</i>"}
    await client.post("/reviews/decide", data=form, headers=as_owner)
    shown = (await client.get("/reviews", headers=as_owner)).text
    assert "Nothing waits." in shown
    assert "&lt;i&gt;why&lt;/i&gt;" in shown
    assert "below a floor once somebody agreed" in shown
    assert 'action="/reviews/agree"' not in shown
    as_mia = await session(parts, "mia@bad.example")
    shown = (await client.get("/reviews", headers=as_mia)).text
    assert 'action="/reviews/agree"' in shown
    assert 'action="/reviews/undo"' not in shown
    await client.post("/reviews/agree", data=form, headers=as_mia)
    shown = (await client.get("/reviews", headers=as_owner)).text
    assert "mia@bad.example" in shown
    await client.post("/reviews/undo", data=form, headers=as_owner)
    assert 'action="/reviews/decide"' in (await client.get("/reviews", headers=as_owner)).text
