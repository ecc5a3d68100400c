"""Which release answers whom, at once after a change, and never one that was not promoted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.answering.events import Finished
from app.answering.pipeline import Answering
from app.answering.serving import Serving
from app.domain.answer import Answer
from app.domain.principal import Account
from app.domain.release import Release, Traffic
from app.errors import ReleaseNotHere
from app.releases import register, traffic
from app.releases.files import FileDigests
from app.releases.manifest import release_of, varied
from app.releases.running import Running
from tests.answering.house import QUESTION, House
from tests.releases.made import RECIPE, SIGNER, ingredients

pytestmark = pytest.mark.integration


class Office:
    """The house, served by the release that traffic says."""

    def __init__(self, house: House, root: Path) -> None:
        self.house = house
        self.running = Running(ingredients(root), FileDigests(None), SIGNER)
        self.serving = Serving(house.answering, self.running, "share key")

    async def kept(self, **recipe: Any) -> Release:
        runs = await self.serving.register()
        made = release_of(varied(runs.manifest, replace(RECIPE, **recipe)), SIGNER)
        async with self.house.database.app() as connection:
            await register.add(connection, made, "test", "made")
        return made

    async def send(self, **now: Any) -> None:
        async with self.house.database.app() as connection:
            await traffic.write(connection, Traffic(**now))

    async def conversations(self) -> tuple[int, int]:
        async with self.house.database.app() as connection:
            row = (
                await connection.execute(
                    text("select (select count(*) from conversation), count(*) from exchange")
                )
            ).one()
        return row[0], row[1]

    async def ask(self, account: Account | None = None) -> Answer:
        events = self.serving.ask(account or self.house.reader, QUESTION)
        [answer] = [e.answer async for e in events if isinstance(e, Finished)]
        return answer


@pytest.fixture
async def office(house: House, tmp_path: Path) -> Office:
    made = Office(house, tmp_path)
    await made.send()
    return made


async def test_what_runs_answers_until_something_was_promoted(office: Office) -> None:
    runs = await office.running.release()
    answer = await office.ask()
    assert answer.release == runs.name
    async with office.house.database.auditor() as connection:
        recorded = await connection.scalar(
            text("select release from audit_record where id = :id"), {"id": answer.audit_id}
        )
    assert recorded == runs.name


async def test_a_change_of_traffic_holds_for_the_next_question(office: Office) -> None:
    one, other = await office.kept(seed=1), await office.kept(seed=2)
    await office.send(production=one.name)
    assert (await office.ask()).release == one.name
    await office.send(production=other.name)
    assert (await office.ask()).release == other.name
    await office.send(production=one.name)
    assert (await office.ask()).release == one.name


async def test_the_recipe_is_that_of_the_release(office: Office) -> None:
    made = await office.kept(
        seed=9, temperature="0.5", model="other", passages=3, profile="context"
    )
    seen = office.serving._by(made)
    assert (seen.model.seed, seen.model.temperature, seen.model.model) == (9, 0.5, "other")
    assert (seen.passages, seen.profile, seen.release) == (3, "context", made.name)


async def test_a_canary_has_its_share_of_the_people_and_keeps_them(office: Office) -> None:
    one, canary = await office.kept(seed=1), await office.kept(seed=3)
    await office.send(production=one.name, canary=canary.name, share=0)
    assert (await office.ask()).release == one.name
    await office.send(production=one.name, canary=canary.name, share=100)
    assert (await office.ask()).release == canary.name
    at = {share: {n for n in range(4_000) if traffic.in_share("k", canary.name, n, share)}
          for share in (10, 30)}  # fmt: skip
    assert 330 < len(at[10]) < 470 and at[10] < at[30]
    assert at[10] != {n for n in range(4_000) if traffic.in_share("k", one.name, n, 10)}


async def test_a_canary_that_cannot_be_served_falls_to_production(office: Office) -> None:
    one, canary = await office.kept(seed=1), await office.kept(endpoint="https://models.example/v1")
    await office.send(production=one.name, canary=canary.name, share=100)
    assert (await office.ask()).release == one.name


async def test_a_production_that_cannot_be_served_answers_nobody(
    office: Office, tmp_path: Path
) -> None:
    one = await office.kept(seed=1)
    await office.send(production=one.name)
    (tmp_path / "policies" / "policy.csv").write_text("p, everyone, query, regulated, *, allow\n")
    office.serving.running = Running(ingredients_now(tmp_path), FileDigests(None), SIGNER)
    before = await office.house.records(office.house.reader)
    with pytest.raises(ReleaseNotHere, match="first deploy its policy files"):
        await office.ask()
    assert await office.house.records(office.house.reader) == before


async def test_a_forged_release_answers_nobody(office: Office) -> None:
    made = await office.kept(seed=4)
    forged = replace(made, manifest=varied(made.manifest, replace(RECIPE, seed=5)))
    office.serving._stored[made.name] = forged
    await office.send(production=made.name)
    with pytest.raises(ReleaseNotHere, match="not what was signed"):
        await office.ask()


async def test_a_shadow_is_compared_and_never_shown(office: Office) -> None:
    one, shadow = await office.kept(seed=1), await office.kept(seed=6, passages=1)
    await office.send(production=one.name, shadow=shadow.name)
    before = await office.conversations()
    shown = await office.ask()
    await office.serving.shadow.settled()
    assert await office.conversations() == (before[0] + 1, before[1] + 1), "what was shown, no more"
    assert shown.release == one.name
    async with office.house.database.app() as connection:
        [counted] = await traffic.counts(connection, shadow.name)
    assert counted == {
        "production": one.name, "compared": 1, "same_text": 1, "same_citations": 1,
        "same_outcome": 1, "failed": 0,
    }  # fmt: skip
    async with office.house.database.auditor() as connection:
        aside = (
            await connection.execute(
                text("select release, subject from audit_record where action = 'shadow'")
            )
        ).all()
    assert [tuple(row) for row in aside] == [(shadow.name, office.house.reader.email)]


async def test_a_shadow_that_says_something_else_is_counted_as_such(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, shadow = await office.kept(seed=1), await office.kept(seed=7)
    await office.send(production=one.name, shadow=shadow.name)
    by = office.serving._by

    def other(release: Release) -> Answering:
        made = by(release)
        return replace(made, passages=0) if release.name == shadow.name else made

    monkeypatch.setattr(office.serving, "_by", other)
    await office.ask()
    await office.serving.shadow.settled()
    async with office.house.database.app() as connection:
        [counted] = await traffic.counts(connection, shadow.name)
    assert counted["compared"] == 1
    assert counted["same_text"] == counted["same_citations"] == counted["same_outcome"] == 0


def ingredients_now(root: Path) -> Any:
    """As the files are now."""
    changed = (root / "policies" / "policy.csv").read_text()
    made = ingredients(root)
    (root / "policies" / "policy.csv").write_text(changed)
    return made
