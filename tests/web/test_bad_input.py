"""What goes wrong is told clearly, is on record where it concerns a document, and loses nothing."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import AsyncTestClient
from pydantic import SecretStr
from sqlalchemy import make_url, text

from app.authn.accounts import add_user, disable_user, find_account
from app.authn.tokens import create_token
from app.compose import Parts, compose
from app.db.engine import Database
from app.domain.principal import Role
from app.main import create_app
from app.settings import PROJECT, Settings
from app.web.problems import JSON
from ingestion.pool import PreparationPool
from ingestion.runner import Runner
from tests.answering.passages import HashingEmbedder
from tests.conftest import SECRET

pytestmark = pytest.mark.integration

Client = AsyncTestClient[Any]
PASSWORD = "a long enough password"


class Quick(HashingEmbedder):
    """Real vectors without a model to load."""

    loaded = True

    def load(self) -> None:
        """Nothing to do."""


@pytest.fixture
async def parts(owner_url: str, tmp_path: Path) -> Parts:
    parts = compose(
        Settings(
            data_dir=tmp_path,
            database_url=SecretStr(owner_url),
            # nobody listens there: the queue is down throughout
            queue_url=SecretStr("redis://127.0.0.1:9/0"),
            secret_key=SecretStr(SECRET),
            max_document_mb=1,
        )
    )
    quick: Any = Quick()
    searcher = replace(parts.searcher, embedder=quick)
    search = replace(parts.search, searcher=searcher)
    return replace(parts, embedder=quick, searcher=searcher, search=search)


@pytest.fixture
async def client(parts: Parts) -> AsyncIterator[Client]:
    async with AsyncTestClient(create_app(parts)) as client:
        yield client


@pytest.fixture
async def owner(parts: Parts) -> dict[str, str]:
    """Headers of an owner who has the source `inbox`."""
    account = await add_user(parts.database, "owner@bad.example", "Owner", Role.OWNER, PASSWORD)
    issued = await create_token(parts.database, account)
    return {"Authorization": f"Bearer {issued.token}"}


@pytest.fixture
async def inbox(client: Client, owner: dict[str, str]) -> str:
    answer = await client.put("/api/v1/sources/inbox", json={"kind": "push"}, headers=owner)
    assert answer.status_code == 200, answer.text
    return "/api/v1/sources/inbox/documents"


async def work(parts: Parts, database: Database) -> None:
    """Do what waits, as the worker does when it looks by itself."""
    policies = PROJECT / "policies"
    pool = PreparationPool(policies)
    runner = Runner(database, HashingEmbedder(), policies, parts.levels, 1_000_000, pool)
    await runner.run_waiting()
    pool.close()


def problem(answer: Any, status: int) -> str:
    """The detail of problem details, which every error is."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith(JSON)
    body = answer.json()
    assert body["status"] == status
    return str(body["detail"])


async def test_invalid_json(client: Client, owner: dict[str, str], inbox: str) -> None:
    for method, path in (
        ("PUT", f"{inbox}/a.txt"),
        ("POST", "/api/v1/search"),
        ("POST", f"{inbox}:batch"),
    ):
        answer = await client.request(
            method,
            path,
            content=b'{"title',
            headers={**owner, "content-type": "application/json"},
        )
        assert "JSON" in problem(answer, 400)


async def test_a_misspelt_field_is_refused(
    client: Client, owner: dict[str, str], inbox: str
) -> None:
    body = {"content": "x", "acl": {"alow": ["everyone"]}}
    detail = problem(await client.put(f"{inbox}/a.txt", json=body, headers=owner), 400)
    assert "alow" in detail


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"content_base64": "%%%"}, "base64"),
        ({}, "either content or content_base64"),
        ({"content": "x", "acl": {"allow": ["nobody in particular"]}}, "not a principal"),
        ({"content": "x", "classification": "top secret"}, "unknown classification"),
        ({"content": "x" * 1_000_001}, "larger than the limit"),
    ],
)
async def test_bad_documents(
    client: Client, owner: dict[str, str], inbox: str, body: dict[str, Any], says: str
) -> None:
    assert says in problem(await client.put(f"{inbox}/a.txt", json=body, headers=owner), 400)


async def test_a_request_of_300_megabytes_is_cut_off(
    client: Client, owner: dict[str, str], inbox: str
) -> None:
    answer = await client.put(
        f"{inbox}/huge.txt", content=b"0" * 3_000_000,
        headers={**owner, "content-type": "application/json"},
    )  # fmt: skip
    assert "limit" in problem(answer, 413)


async def test_broken_files_are_on_record_and_stop_no_other(
    client: Client, parts: Parts, owner: dict[str, str], inbox: str
) -> None:
    """The queue is down, too: the worker finds the job by itself."""
    broken = base64.b64encode(b"%PDF-1.7 this is no PDF").decode()
    everyone = {"allow": ["everyone"]}
    documents = [
        {"external_id": "broken.pdf", "content_base64": broken, "mime_type": "application/pdf",
         "acl": everyone},
        {"external_id": "empty.txt", "content": " ", "acl": everyone},
        {"external_id": "strange.xyz", "content": "x", "mime_type": "", "acl": everyone},
        {"external_id": "two\nlines.txt", "content": "The gate opens at nine.", "acl": everyone},
        {"external_id": "stranger.txt", "content": "The gate shuts at five.",
         "acl": {"allow": ["stranger@nowhere.example"]}},
    ]  # fmt: skip
    answer = await client.post(f"{inbox}:batch", json={"documents": documents}, headers=owner)
    assert answer.status_code == 202
    await work(parts, parts.database)

    job = (await client.get(f"/api/v1/jobs/{answer.json()['job']}", headers=owner)).json()
    assert (job["state"], job["total"], job["done"], job["failed"]) == ("done", 5, 5, 3)
    [source] = (await client.get("/api/v1/sources", headers=owner)).json()["sources"]
    problems = {p["external_id"]: p for p in source["problems"]}
    assert set(problems) == {"broken.pdf", "empty.txt", "strange.xyz", "stranger.txt"}
    assert all(p["reason"] and p["advice"] for p in problems.values())
    assert "stranger@nowhere.example" in problems["stranger.txt"]["reason"]

    found = await client.post("/api/v1/search", json={"query": "gate"}, headers=owner)
    assert [p["external_id"] for p in found.json()["passages"]] == ["two\nlines.txt"]


async def test_an_unknown_principal_is_named_and_kept(
    client: Client, parts: Parts, owner: dict[str, str], inbox: str
) -> None:
    body = {"content": "The lift is green.", "acl": {"allow": ["everyone"]}}
    await client.put(f"{inbox}/lift.txt", json=body, headers=owner)
    await work(parts, parts.database)
    acl = {"allow": ["everyone"], "deny": ["later@nowhere.example"]}
    answer = await client.put(f"{inbox}/lift.txt/acl", json=acl, headers=owner)
    assert answer.json()["unmapped"] == ["later@nowhere.example"]
    # the deny is there before the person is
    person = await add_user(parts.database, "later@nowhere.example", "L", Role.EMPLOYEE, PASSWORD)
    token = (await create_token(parts.database, person)).token
    found = await client.post(
        "/api/v1/search", json={"query": "lift green"}, headers={"Authorization": f"Bearer {token}"}
    )
    assert "lift.txt" not in [p["external_id"] for p in found.json()["passages"]]


async def test_a_search_is_by_words_by_meaning_or_by_both(
    client: Client, parts: Parts, owner: dict[str, str], inbox: str
) -> None:
    body = {"content": "The lift is green.", "acl": {"allow": ["everyone"]}}
    await client.put(f"{inbox}/lift.txt", json=body, headers=owner)
    await work(parts, parts.database)

    async def found(query: str, **by: str) -> list[str]:
        answer = await client.post("/api/v1/search", json={"query": query, **by}, headers=owner)
        return [passage["external_id"] for passage in answer.json()["passages"]]

    for query, by_words in (("lift", ["lift.txt"]), ("elevator", [])):
        assert await found(query, by="words") == by_words
        assert "lift.txt" in await found(query, by="meaning"), "something is always nearest"
        assert "lift.txt" in await found(query)
    answer = await client.post("/api/v1/search", json={"query": "x", "by": "luck"}, headers=owner)
    assert answer.status_code == 400
    assert "both, meaning, words" in answer.json()["detail"]


async def test_wrong_passwords_and_then_too_many(client: Client, parts: Parts) -> None:
    await add_user(parts.database, "typo@bad.example", "Typo", Role.EMPLOYEE, PASSWORD)
    wrong = {"email": "typo@bad.example", "password": "not this one"}
    unknown = {"email": "who@bad.example", "password": "not this one"}
    details = [
        problem(await client.post("/api/v1/tokens", json=body), 401) for body in (wrong, unknown)
    ]
    assert details[0] == details[1]
    for _ in range(7):
        await client.post("/api/v1/tokens", json=wrong)
    assert "wait" in problem(await client.post("/api/v1/tokens", json=wrong), 429)
    async with parts.database.auditor() as connection:
        count = await connection.scalar(
            text("select count(*) from audit_record where action = 'sign-in-refused'")
        )
    assert count == 10


async def test_expired_revoked_and_disabled(client: Client, parts: Parts) -> None:
    account = await add_user(parts.database, "gone@bad.example", "Gone", Role.EMPLOYEE, PASSWORD)
    expired = await create_token(parts.database, account, timedelta(seconds=-1))
    valid = await create_token(parts.database, account)
    session = await create_token(parts.database, account, purpose="session")
    body = {"query": "anything"}

    async def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.post("/api/v1/search", json=body, headers=headers)
        return int(answer.status_code)

    assert await status(expired.token) == 401
    assert await status("nonsense") == 401
    assert await status(session.token) == 401, "a browser's session is no API token"
    assert await status(valid.token) == 200
    await disable_user(parts.database, "gone@bad.example")
    assert await status(valid.token) == 401


async def test_what_may_not_be_seen_is_as_what_is_not_there(
    client: Client, parts: Parts, owner: dict[str, str], inbox: str
) -> None:
    secret = {"content": "The vault is blue.", "acl": {"allow": ["group:nobody-is-in-it"]}}
    await client.put(f"{inbox}/vault.txt", json=secret, headers=owner)
    await work(parts, parts.database)
    async with parts.database.app() as connection:
        hidden = await connection.scalar(
            text("select id from document where external_id = 'vault.txt'")
        )
    there = await client.get(f"/api/v1/documents/{hidden}", headers=owner)
    absent = await client.get(
        "/api/v1/documents/00000000-0000-4000-8000-000000000000", headers=owner
    )
    assert problem(there, 404) == problem(absent, 404)
    other = await add_user(parts.database, "other@bad.example", "Other", Role.OWNER, PASSWORD)
    headers = {"Authorization": f"Bearer {(await create_token(parts.database, other)).token}"}
    of_somebody = await client.post("/api/v1/sources/inbox/sync", headers=headers)
    of_nobody = await client.post("/api/v1/sources/outbox/sync", headers=headers)
    assert problem(of_somebody, 404).replace("inbox", "") == problem(of_nobody, 404).replace(
        "outbox", ""
    )


async def test_roles(client: Client, parts: Parts, owner: dict[str, str]) -> None:
    for method, path in (
        ("GET", "/api/v1/audit"),
        ("PUT", "/api/v1/directory"),
    ):
        body: dict[str, Any] | None = {"users": []} if method == "PUT" else None
        answer = await client.request(method, path, json=body, headers=owner)
        assert "role" in problem(answer, 403)
    account = await find_account(parts.database, "owner@bad.example")
    assert account.role is Role.OWNER


async def test_forms_of_other_sites_change_nothing(client: Client) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}):
        answer = await client.post(
            "/sign-in", data={"email": "a", "password": "b"}, headers=headers
        )
        assert answer.status_code == 403


async def test_postgres_down(owner_url: str, tmp_path: Path) -> None:
    nowhere = make_url(owner_url).update_query_dict({"host": str(tmp_path)})
    parts = compose(
        Settings(
            data_dir=tmp_path,
            database_url=SecretStr(nowhere.render_as_string(hide_password=False)),
            secret_key=SecretStr(SECRET),
        )
    )
    async with AsyncTestClient(create_app(parts)) as client:
        answer = await client.post(
            "/api/v1/search", json={"query": "x"}, headers={"Authorization": "Bearer x"}
        )
        assert "portcullis doctor" in problem(answer, 503)
        assert (await client.get("/healthz")).status_code == 200
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["database"] is False
