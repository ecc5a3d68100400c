"""The way of releases beside the running service."""

from __future__ import annotations

from typing import Any

import pytest

from app.authn.accounts import add_user
from app.authn.tokens import create_token
from app.domain.principal import Role
from app.domain.release import Release, Stage
from app.errors import NotPermitted
from app.releases import gate as gates
from app.releases import register
from app.releases.gate import SignedGate
from app.releases.lifecycle import Lifecycle
from app.releases.rules import Rules
from app.settings import PROJECT
from tests.releases.made import GATE_SIGNER, SIGNER
from tests.web.desk import Desk

NOBODY_KNOWS = "Who won the chess tournament?"
STAGES = (Stage.EVALUATED, Stage.STAGED, Stage.CANARY, Stage.PRODUCTION)


class Path:
    """`bars` is the digest of those that a promotion asks for."""

    def __init__(self, desk: Desk, runs: Release, admin: Any, other: Any, bars: str) -> None:
        self.desk, self.runs, self.admin, self.other = desk, runs, admin, other
        self.database = desk.house.database
        self.rules = Rules.load(PROJECT / "policies")
        self.way = Lifecycle(self.database, runs, SIGNER, GATE_SIGNER, self.rules, bars)

    async def answers(self) -> str:
        """The release that answers the reader now."""
        answer = await self.desk.posted("/api/v1/ask", {"question": NOBODY_KNOWS})
        return str(answer.json()["release"])

    async def kept(self, made: Release, signed: SignedGate) -> Release:
        async with self.database.app() as connection:
            await register.add(connection, made, "test", "made")
            await gates.attach(connection, made.name, signed)
        return made

    async def take(self, made: Release, to: Stage) -> None:
        share = 100 if to is Stage.CANARY else 0
        if to in self.rules.approved:
            with pytest.raises(NotPermitted, match="second person"):
                await self.way.promote(made.name, to, self.admin, share)
            await self.way.approve(made.name, to, self.other)
        await self.way.promote(made.name, to, self.admin, share)


async def beside(desk: Desk, bars: str) -> Path:
    """With what runs there as the first release, and two people who may decide."""
    database = desk.house.database
    admin = await add_user(database, "admin@desk.example", "", Role.ADMIN, None)
    other = await add_user(database, "other@desk.example", "", Role.COMPLIANCE, None)
    headers = {"Authorization": f"Bearer {(await create_token(database, admin)).token}"}
    running = (await desk.client.get("/api/v1/releases", headers=headers)).json()["running"]
    async with database.app() as connection:
        runs = (await register.find(connection, running)).release
    return Path(desk, runs, admin, other, bars)
