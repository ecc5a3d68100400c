"""Releases over HTTP: for admins and compliance, and the service keeps its own at its start."""

from __future__ import annotations

import pytest

from app.authn.accounts import add_user
from app.authn.tokens import create_token
from app.domain.principal import Role
from tests.web.desk import Desk

pytestmark = pytest.mark.integration


async def _as(desk: Desk, role: Role) -> dict[str, str]:
    account = await add_user(desk.house.database, f"{role}@desk.example", "", role, None)
    return {"Authorization": f"Bearer {(await create_token(desk.house.database, account)).token}"}


async def test_the_service_registers_what_it_runs(desk: Desk) -> None:
    for role in (Role.ADMIN, Role.COMPLIANCE):
        headers = await _as(desk, role)
        listed = (await desk.client.get("/api/v1/releases", headers=headers)).json()
        [release] = [r for r in listed["releases"] if r["name"] == listed["running"]]
        assert release["stage"] == "intake"
        answer = await desk.client.get(f"/api/v1/releases/{release['name']}", headers=headers)
        shown = answer.json()
        assert shown["signature_holds"] is True
        assert shown["manifest"]["model"]["verifiable"] is False, "its model is behind a URL"
        assert "policy.csv" in shown["manifest"]["pins"]["policies"]
        assert shown["way"][0]["who"] == "service"


@pytest.mark.parametrize("role", [Role.EMPLOYEE, Role.OWNER])
async def test_others_see_no_release(desk: Desk, role: Role) -> None:
    headers = await _as(desk, role)
    for path in ("/api/v1/releases", "/api/v1/releases/r-000000000000"):
        assert (await desk.client.get(path, headers=headers)).status_code == 403


async def test_there_is_no_such_release(desk: Desk) -> None:
    headers = await _as(desk, Role.ADMIN)
    answer = await desk.client.get("/api/v1/releases/r-000000000000", headers=headers)
    assert answer.status_code == 404
