"""The way of a release on the real database: what each step needs, and how it is taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.authn.accounts import add_user
from app.db.engine import Database
from app.domain.principal import Account, Role
from app.domain.release import Release, Stage, Traffic
from app.errors import InvalidInput, NotFound, NotPermitted
from app.releases import gate as gates
from app.releases import register
from app.releases.lifecycle import Lifecycle
from app.releases.rules import Rules
from app.settings import PROJECT
from tests.releases.made import BARS, GATE_SIGNER, PASSED, RECIPE, SIGNER, gate, release

pytestmark = pytest.mark.integration


class Office:
    """Two admins, and the way of releases here."""

    def __init__(self, database: Database, first: Account, second: Account) -> None:
        self.database, self.first, self.second = database, first, second
        self.runs = release(pin="here")
        self.way = Lifecycle(
            database, self.runs, SIGNER, GATE_SIGNER, Rules.load(PROJECT / "policies"), BARS
        )

    async def kept(self, made: Release, *reports: gates.SignedGate) -> Release:
        async with self.database.app() as connection:
            await register.add(connection, made, "test", "made")
            for report in reports:
                await gates.attach(connection, made.name, report)
        return made

    async def good(self, **recipe: Any) -> Release:
        """A release that runs here, with a recipe of its own and a passing report."""
        made = release(replace(RECIPE, **recipe), pin="here")
        return await self.kept(made, gate(made.name))

    async def take(self, made: Release, *stages: Stage, share: int = 0) -> Traffic | None:
        """Through these stages, approved where it has to be."""
        now = None
        for to in stages:
            part = share if to is Stage.CANARY else 0
            if to in self.way.rules.approved:
                with pytest.raises(NotPermitted, match="second person"):
                    await self.way.promote(made.name, to, self.first, part)
                await self.way.approve(made.name, to, self.second)
            now = await self.way.promote(made.name, to, self.first, part)
        return now

    async def stage(self, made: Release) -> Stage:
        async with self.database.app() as connection:
            return (await register.find(connection, made.name)).stage


UP_TO_STAGED = (Stage.EVALUATED, Stage.STAGED)
UP_TO_PRODUCTION = (*UP_TO_STAGED, Stage.CANARY, Stage.PRODUCTION)


@pytest.fixture
async def office(database: Database) -> Office:
    first = await add_user(database, "first@office.example", "First", Role.ADMIN, None)
    second = await add_user(database, "second@office.example", "Second", Role.COMPLIANCE, None)
    return Office(database, first, second)


async def test_a_good_release_goes_to_production_and_back(office: Office) -> None:
    old = await office.good(seed=101)
    now = await office.take(old, *UP_TO_PRODUCTION, share=100)
    assert now is not None and (now.production, now.canary, now.share) == (old.name, None, 0)
    new = await office.good(seed=102)
    now = await office.take(new, *UP_TO_STAGED, Stage.CANARY, share=10)
    assert now is not None
    assert (now.production, now.canary, now.share) == (old.name, new.name, 10)
    assert (await office.take(new, Stage.PRODUCTION)) == replace(
        now, production=new.name, canary=None, share=0, version=now.version + 1
    )
    assert await office.stage(old) is Stage.STAGED
    back = await office.way.rollback(office.first, "worse")
    assert back.production == old.name
    assert await office.stage(new) is Stage.ROLLED_BACK
    assert await office.stage(old) is Stage.PRODUCTION
    with pytest.raises(InvalidInput, match="nothing can come back"):
        await office.way.rollback(office.first)  # what was rolled back does not come back so


async def test_what_answers_or_may_come_back_is_not_retired(office: Office) -> None:
    old, new = await office.good(seed=301), await office.good(seed=302)
    await office.take(old, *UP_TO_PRODUCTION, share=100)
    await office.take(new, *UP_TO_STAGED, Stage.CANARY, share=10)
    for made in (old, new):
        with pytest.raises(InvalidInput, match="from there it becomes"):
            await office.way.promote(made.name, Stage.RETIRED, office.first)
    await office.take(new, Stage.PRODUCTION)
    with pytest.raises(NotPermitted, match="what a rollback goes back to"):
        await office.way.promote(old.name, Stage.RETIRED, office.first)
    await office.way.rollback(office.first)
    await office.take(new, Stage.RETIRED)
    assert await office.stage(new) is Stage.RETIRED


async def test_a_canary_is_taken_back_before_production(office: Office) -> None:
    canary = await office.good(seed=103)
    before = await office.take(canary, *UP_TO_STAGED, Stage.CANARY, share=5)
    after = await office.way.rollback(office.second)
    assert before is not None and after.production == before.production
    assert after.canary is None and after.share == 0
    assert await office.stage(canary) is Stage.ROLLED_BACK


async def test_nothing_is_promoted_without_its_gate(office: Office) -> None:
    for n, report in enumerate(
        [None, {"effort": "change"}, {"lines": (replace(PASSED, verdict="failed"),)}]
    ):
        made = release(replace(RECIPE, seed=200 + n), pin="here")
        await office.kept(made, *([gate(made.name, **report)] if report else []))
        stages = UP_TO_PRODUCTION if report == {"effort": "change"} else (Stage.EVALUATED,)
        with pytest.raises(NotPermitted, match="gate report"):
            for to in stages:
                await office.way.promote(
                    made.name, to, office.first, 10 if to is Stage.CANARY else 0
                )


async def test_stages_are_not_skipped(office: Office) -> None:
    made = await office.good(seed=104)
    for to in (Stage.STAGED, Stage.SHADOW, Stage.CANARY, Stage.PRODUCTION, Stage.ROLLED_BACK):
        with pytest.raises(InvalidInput, match="from there it becomes"):
            await office.way.promote(made.name, to, office.first, 10 if to is Stage.CANARY else 0)
    with pytest.raises(NotFound):
        await office.way.promote("r-ffffffffffff", Stage.EVALUATED, office.first)


async def test_nobody_approves_what_they_asked_for(office: Office) -> None:
    made = await office.good(seed=105)
    await office.take(made, *UP_TO_STAGED)
    with pytest.raises(InvalidInput, match="nobody asked"):
        await office.way.approve(made.name, Stage.CANARY, office.second)
    with pytest.raises(NotPermitted, match="second person"):
        await office.way.promote(made.name, Stage.CANARY, office.first, 10)
    with pytest.raises(NotPermitted, match="somebody else"):
        await office.way.approve(made.name, Stage.CANARY, office.first)
    with pytest.raises(NotPermitted, match="approval is given by"):
        clerk = replace(office.second, email="clerk@office.example", role=Role.EMPLOYEE)
        await office.way.approve(made.name, Stage.CANARY, clerk)
    await office.way.approve(made.name, Stage.CANARY, office.second)
    with pytest.raises(NotPermitted, match="second person"):  # who approved does not promote
        await office.way.promote(made.name, Stage.CANARY, office.second, 10)
    await office.way.promote(made.name, Stage.CANARY, office.first, 10)
    with pytest.raises(NotPermitted, match="second person"):  # an approval is of one step
        await office.way.promote(made.name, Stage.CANARY, office.first, 50)
    await office.way.rollback(office.first)


async def test_what_does_not_run_here_is_deployed_first(office: Office) -> None:
    made = release(
        replace(RECIPE, seed=106), pin="elsewhere", policies={"policy.csv": {"sha256": "wider"}}
    )
    await office.kept(made, gate(made.name))
    for to in UP_TO_STAGED:
        await office.way.promote(made.name, to, office.first)
    with pytest.raises(NotPermitted, match="first deploy pin, its policy files"):
        await office.way.promote(made.name, Stage.CANARY, office.first, 10)


async def test_a_release_that_was_not_signed_here_goes_nowhere(office: Office) -> None:
    made = release(replace(RECIPE, seed=107), pin="here")
    forged = replace(made, signature=replace(made.signature, value="00" * 64))
    await office.kept(forged, gate(made.name))
    with pytest.raises(NotPermitted, match="not what was signed"):
        await office.way.promote(made.name, Stage.EVALUATED, office.first)


@pytest.mark.parametrize(
    "statement",
    [
        "update release set manifest = '{}'",
        "delete from release",
        "update release_event set who = 'nobody'",
        "delete from release_event",
        "update gate_report set verdict = 'passed'",
        "delete from gate_report",
        "delete from traffic",
    ],
)
async def test_what_is_on_record_stays(database: Database, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.app() as connection:
            await connection.execute(text(statement))
