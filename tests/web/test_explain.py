"""Explanations over HTTP: for compliance, admins, and owners about their own sources; on record."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar.testing import AsyncTestClient
from pydantic import SecretStr
from sqlalchemy import create_engine, make_url, text

from app.audit.query import query_records
from app.authn.accounts import add_user
from app.authn.tokens import create_token
from app.authz.grants import set_container_acl
from app.catalog.sources import register
from app.compose import Parts, compose
from app.domain.acl import Acl
from app.domain.principal import Account, Role
from app.domain.record import AuditFilter, AuditRecord
from app.main import create_app
from app.settings import Settings
from app.web.identity import COOKIE
from tests.conftest import SECRET
from tests.web.test_bad_input import Client, Quick, problem

pytestmark = pytest.mark.integration

PATH = "/api/v1/explain"
READER = "reader@why.example"


@dataclass
class Desk:
    """A document in the container `plans` of a source, and a person of each role."""

    client: Client
    parts: Parts
    document: UUID
    source: str
    people: dict[str, Account]

    async def headers(self, who: str) -> dict[str, str]:
        issued = await create_token(self.parts.database, self.people[who])
        return {"Authorization": f"Bearer {issued.token}"}

    async def ask(self, who: str, **query: str) -> Any:
        query = {"user": READER, "document": str(self.document), **query}
        return await self.client.get(PATH, params=query, headers=await self.headers(who))

    async def records(self, who: str) -> list[dict[str, Any]]:
        wanted = AuditFilter(subject=self.people[who].email, action="explain")
        page = await query_records(self.parts.database, wanted)
        return [dict(entry.record.detail) for entry in page.entries]


@pytest.fixture
async def desk(owner_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    quick: Any = Quick()
    settings = Settings(
        data_dir=tmp_path, database_url=SecretStr(owner_url), secret_key=SecretStr(SECRET)
    )
    parts = replace(compose(settings), embedder=quick)
    people = {
        role.value: await add_user(parts.database, f"{role}@why.example", "P", role, None)
        for role in Role
    }
    people["stranger"] = await add_user(parts.database, "s@why.example", "S", Role.OWNER, None)
    await add_user(parts.database, READER, "R", Role.EMPLOYEE, None)
    source = await register(
        parts.database, None, key=f"s{uuid4().hex}", kind="push", config={},
        classification_floor="public", owner="owner@why.example", levels=parts.levels,
    )  # fmt: skip
    async with parts.database.app() as connection:
        acl = Acl.parse(["everyone"], [READER])
        slot = (await set_container_acl(connection, source.id, "plans", acl)).slot_id
        document = await connection.scalar(
            text("""
            insert into document (source_id, external_id, container_id, slot_id, state,
                                  classification)
            select :source, 'Plan.txt', id, :slot, 'indexed', 'internal' from container
             where source_id = :source returning id"""),
            {"source": source.id, "slot": slot},
        )
    async with AsyncTestClient(create_app(parts)) as client:
        yield Desk(client, parts, UUID(str(document)), source.key, people)


@pytest.mark.parametrize("who", ["compliance", "admin", "owner"])
async def test_who_may_gets_the_path_and_leaves_a_record(desk: Desk, who: str) -> None:
    before = len(await desk.records(who))
    answer = await desk.ask(who, user=f" {READER.upper()} ")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["readable"] is False
    assert body["user"]["account"] == "usable"
    assert body["document"]["external_id"] == "Plan.txt"
    assert [(grant["effect"], grant["path"]) for grant in body["grants"]] == [
        ("deny", [READER]),
        ("allow", [READER, "everyone"]),
    ]
    assert body["changes"] == [f"a deny for {READER} on container 'plans' would have to end"]
    detail, *others = await desk.records(who)
    assert len(others) == before
    assert detail == {"user": READER, "document": str(desk.document)}


async def test_an_employee_gets_nothing_explained_not_even_about_themselves(desk: Desk) -> None:
    """The same words for what is there and what is not."""
    said = {
        problem(await desk.ask("employee", user=user, document=document), 403)
        for user in (READER, "employee@why.example")
        for document in (str(desk.document), str(uuid4()))
    }
    assert len(said) == 1


async def test_an_owner_gets_404_for_documents_of_others_and_absent_ones_alike(
    desk: Desk,
) -> None:
    said = {
        problem(await desk.ask("stranger", document=document, **more), 404)
        for document in (str(desk.document), str(uuid4()))
        for more in ({}, {"at": "2020-01-01T00:00:00"}, {"user": "nobody@why.example"})
    }
    assert len(said) == 1
    assert len(await desk.records("stranger")) >= 6, "asking in vain is on record too"


async def test_without_a_record_nothing_is_explained(desk: Desk, owner_url: str) -> None:
    headers = await desk.headers("compliance")
    owner = create_engine(make_url(owner_url), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("revoke insert on audit_record from portcullis_app"))
        try:
            query = {"user": READER, "document": str(desk.document)}
            answer = await desk.client.get(PATH, params=query, headers=headers)
        finally:
            connection.execute(text("grant insert on audit_record to portcullis_app"))
    owner.dispose()
    assert "record" in problem(answer, 503)


async def test_a_past_moment(desk: Desk) -> None:
    async with desk.parts.database.app() as connection:
        at = await connection.scalar(text("select clock_timestamp()"))
        source = await connection.scalar(
            text("select id from source where key = :key"), {"key": desk.source}
        )
        await set_container_acl(connection, source, "plans", Acl.parse(["everyone"]))
    assert (await desk.ask("compliance")).json()["readable"] is True
    then = (await desk.ask("compliance", at=at.isoformat())).json()
    assert then["readable"] is False
    assert then["at"] == at.isoformat()
    assert then["limits"]
    assert (await desk.records("compliance"))[0]["at"] == at.isoformat()


@pytest.mark.parametrize(
    "query",
    [{"at": "yesterday"}, {"at": "2999-01-01T00:00:00Z"}, {"document": "Plan.txt"}],
)
async def test_bad_queries_are_told(desk: Desk, query: dict[str, str]) -> None:
    problem(await desk.ask("compliance", **query), 400)


@pytest.mark.parametrize("user", ["", "\x00", "' or true --", "nobody@why.example"])
async def test_nobody_is_an_unknown_user(desk: Desk, user: str) -> None:
    body = (await desk.ask("compliance", user=user)).json()
    assert body["user"]["account"] == "unknown"
    assert body["readable"] is False


async def test_it_is_documented(desk: Desk) -> None:
    described = (await desk.client.get("/api/openapi.json")).json()["paths"][PATH]["get"]
    assert described["tags"] == ["audit"]
    assert {one["name"] for one in described["parameters"]} >= {"user", "document", "at"}


async def test_the_page_of_compliance_and_owners(desk: Desk) -> None:
    async def look(who: str, **query: str) -> Any:
        issued = await create_token(desk.parts.database, desk.people[who], purpose="session")
        return await desk.client.get(
            "/explain", params=query, headers={"Cookie": f"{COOKIE}={issued.token}"}
        )

    named = {"user": READER, "document": f"{desk.source}:Plan.txt"}
    for who in ("compliance", "owner"):
        assert "All of these together" not in (await look(who)).text
        answer = await look(who, **named)
        assert answer.status_code == 200
        assert f"a deny for {READER} on container &#39;plans&#39; would have to end" in answer.text
        assert (await desk.records(who))[0]["document"] == named["document"]
    absent = await look("stranger", **{**named, "document": f"{desk.source}:Absent.txt"})
    hidden = await look("stranger", **named)
    assert "There is no such document, or you may not see it" in hidden.text
    assert hidden.text == absent.text.replace("Absent.txt", "Plan.txt")
    assert "would have to end" not in hidden.text
    for query in ({}, named):
        assert (await look("employee", **query)).status_code == 403
    assert "Write a time" in (await look("owner", **named, at="yesterday")).text


async def test_the_audit_page_leads_to_why_somebody_saw_a_document(desk: Desk) -> None:
    passage = {"document": str(desk.document), "source": desk.source, "external_id": "Plan.txt"}
    await desk.parts.recorder.record(AuditRecord("ask", READER, passages=[passage]))
    issued = await create_token(desk.parts.database, desk.people["compliance"], purpose="session")
    cookie = {"Cookie": f"{COOKIE}={issued.token}"}
    audit = await desk.client.get("/audit", params={"subject": READER}, headers=cookie)
    [link] = re.findall(r'href="(/explain\?[^"]+)"', audit.text)
    answer = await desk.client.get(link.replace("&amp;", "&"), headers=cookie)
    assert f"{READER} may <strong>not</strong> read" in answer.text
    assert "leases of the past are not kept" in answer.text
