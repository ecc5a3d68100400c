"""The service starts only where the database enforces the scope, and closes when it no longer
does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient
from pydantic import SecretStr
from sqlalchemy import make_url

from app.authn.accounts import add_user
from app.authn.tokens import create_token
from app.compose import Parts
from app.db.engine import Database
from app.domain.principal import Role
from app.errors import ConfigurationError, EnforcementBroken
from app.main import create_app
from app.runtime.doctor import examine
from app.runtime.environment import child_environment
from app.runtime.folders import Folders
from app.runtime.ours import WebService
from app.runtime.postgres import EmbeddedPostgres
from app.runtime.secrets import login_passwords
from app.runtime.supervisor import Supervisor
from app.runtime.up import _free_port
from app.settings import Settings
from evals.mutants.catalogue import RIGHTS
from evals.mutants.planting import Faults
from tests.conftest import SECRET
from tests.web.test_bad_input import PASSWORD, Client, parts, problem

__all__ = ["parts"]

pytestmark = pytest.mark.integration

OPEN = next(fault for fault in RIGHTS if fault.name == "row-level security disabled")
SAYS = "row-level security is disabled on chunk_internal"


@pytest.fixture
def faults(owner_url: str, postgres: EmbeddedPostgres) -> Faults:
    return Faults(owner_url, postgres)


async def test_the_service_does_not_start_on_a_database_that_does_not_enforce(
    parts: Parts, faults: Faults
) -> None:
    with faults.planted(OPEN), pytest.raises(ExceptionGroup) as raised:
        async with AsyncTestClient(create_app(parts)):
            pass
    [error] = raised.value.exceptions
    assert isinstance(error, EnforcementBroken)
    assert SAYS in error.message


async def eventually(check: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(300):
        if await check():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not happen within 30 s")


async def test_readiness_and_search_end_with_the_enforcement_and_return_with_it(
    parts: Parts, faults: Faults
) -> None:
    parts = replace(parts, proof=replace(parts.proof, every=0.1, again=0.1))
    account = await add_user(parts.database, "e@proof.example", "E", Role.EMPLOYEE, PASSWORD)
    token = (await create_token(parts.database, account)).token

    async def search(client: Client) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.post("/api/v1/search", json={"query": "x", "k": 1}, headers=headers)
        if answer.status_code != 200:
            detail = problem(answer, 503)
            assert "does not enforce" in detail
            assert "chunk_internal" not in detail, "what is wrong is for operators"
        return answer.status_code

    async def state(client: Client) -> tuple[int, bool, bool]:
        answer = await client.get("/readyz")
        gauge = "portcullis_enforcement_proven 1.0" in (await client.get("/metrics")).text
        return answer.status_code, answer.json()["enforcement"], gauge

    async with AsyncTestClient(create_app(parts)) as client:

        async def closed() -> bool:
            return await state(client) == (503, False, False)

        async def opened() -> bool:
            return await state(client) == (200, True, True)

        assert await opened()
        assert await search(client) == 200
        with faults.planted(OPEN):
            await eventually(closed)
            assert await search(client) == 503
            assert (await client.get("/healthz")).status_code == 200
        await eventually(opened)
        assert await search(client) == 200


async def test_without_postgres_the_door_stays_closed_until_it_is_proven(
    parts: Parts, owner_url: str
) -> None:
    """It starts all the same, and opens by itself when Postgres answers."""
    there = parts.proof.connect
    nowhere = make_url(owner_url).update_query_dict({"host": "/nowhere"})

    def away() -> Database:
        url = nowhere.render_as_string(hide_password=False)
        return Database.connect(url, login_passwords(SECRET), pool_size=1)

    watch = replace(parts.proof, connect=away, again=0.1)
    async with AsyncTestClient(create_app(replace(parts, proof=watch))) as client:
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["enforcement"]) == (503, False)
        watch.connect = there

        async def opened() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await eventually(opened)


async def test_a_proof_that_breaks_closes_the_door(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> tuple[str, ...]:
        raise RuntimeError

    monkeypatch.setattr("app.retrieval.proof.watch.look", broken)
    await parts.proof.look_again()
    assert not parts.database.enforcement.holds
    monkeypatch.undo()
    await parts.proof.look_again()
    assert parts.database.enforcement.holds


def settings_of(owner_url: str, root: Path) -> Settings:
    return Settings(
        data_dir=root,
        port=_free_port(),
        database_url=SecretStr(owner_url),
        queue_url=SecretStr("redis://127.0.0.1:9/0"),
        chat_url="http://127.0.0.1:9/v1",
        secret_key=SecretStr(SECRET),
    )


def test_up_ends_with_what_is_wrong(
    owner_url: str,
    tmp_path: Path,
    faults: Faults,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The web service is not started again and again: a person has to act first."""
    monkeypatch.setenv("PORTCULLIS_SECRET_KEY", SECRET)
    settings = settings_of(owner_url, tmp_path)
    own = Folders(tmp_path)
    own.make()
    lines: list[str] = []
    supervisor = Supervisor(own, lines.append)
    web = WebService(settings.host, settings.port, child_environment(settings, demo=False))
    try:
        with faults.planted(OPEN):
            supervisor.start(web)
            with pytest.raises(ConfigurationError, match="web does not start until"):
                supervisor.wait([web], 120)
    finally:
        supervisor.stop()
    assert any(SAYS in line for line in lines), lines
    assert not any("starting it again" in line for line in lines)


def test_doctor_says_whether_it_is_proven(owner_url: str, tmp_path: Path, faults: Faults) -> None:
    def lines() -> list[tuple[bool, str]]:
        found = asyncio.run(examine(settings_of(owner_url, tmp_path)))
        return [(one.ok, one.message) for one in found if one.part == "enforcement"]

    assert lines() == [(True, "")]
    with faults.planted(OPEN):
        wrong = lines()
    assert not any(ok for ok, _ in wrong)
    assert any(SAYS in message for _, message in wrong)
