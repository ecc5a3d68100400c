"""The pages of releases: who may look, who may decide, and that names in them are text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from app.authn.accounts import add_user
from app.authn.tokens import create_token
from app.db.engine import Database
from app.domain.principal import Account, Role
from app.domain.release import GateLine, Release, Stage
from app.releases import gate as gates
from app.releases import register
from app.releases.intake import Intake, keep
from app.releases.listing import PAGE
from app.releases.manifest import release_of, varied
from app.web.identity import COOKIE
from evals.gates.gate import digest
from tests.releases.made import PASSED, SIGNER, gate
from tests.web.desk import Desk

pytestmark = pytest.mark.integration

OWN_SITE = {"sec-fetch-site": "same-origin"}
HOSTILE = "<img src=x onerror=alert(1)>\"'</td>"


@dataclass
class Office:
    """The running service, a release that may go on, and people by name."""

    desk: Desk
    runs: Release
    people: dict[str, Account]

    @property
    def database(self) -> Database:
        return self.desk.house.database

    async def look(self, who: str, path: str) -> httpx.Response:
        return await self.desk.client.get(path, headers=await self._cookie(who))

    async def send(
        self, who: str, path: str, form: Mapping[str, str], site: Mapping[str, str] = OWN_SITE
    ) -> httpx.Response:
        return await self.desk.client.post(
            path, data=dict(form), headers={**await self._cookie(who), **site}
        )

    async def call(self, who: str, path: str, body: Mapping[str, object]) -> httpx.Response:
        token = (await create_token(self.database, self.people[who])).token
        return await self.desk.client.post(
            f"/api/v1{path}", json=dict(body), headers={"Authorization": f"Bearer {token}"}
        )

    async def made(self, *lines: GateLine, **recipe: object) -> Release:
        """A release that this process can serve, with a report of these lines."""
        changed = replace(self.runs.recipe, seed=uuid4().int % 10**9, **recipe)  # type: ignore[arg-type]
        release = release_of(varied(self.runs.manifest, changed), SIGNER)
        report = gate(release.name, thresholds=digest(), lines=lines or (PASSED,))
        async with self.database.app() as connection:
            await register.add(connection, release, "test", "made")
            await gates.attach(connection, release.name, report)
        return release

    async def stage(self, release: Release) -> Stage:
        async with self.database.app() as connection:
            return (await register.find(connection, release.name)).stage

    async def staged(self) -> str:
        """The path of a release that was staged on the page."""
        path = f"/releases/{(await self.made()).name}"
        for to in ("evaluated", "staged"):
            assert (await self.send("ann", f"{path}/promote", {"to": to})).status_code == 302
        return path

    async def _cookie(self, who: str) -> dict[str, str]:
        issued = await create_token(self.database, self.people[who], purpose="session")
        return {"Cookie": f"{COOKIE}={issued.token}"}


@pytest.fixture
async def office(desk: Desk) -> Office:
    desk.client.cookies.clear()
    roles = {
        "ann": Role.ADMIN, "ben": Role.ADMIN, "cara": Role.COMPLIANCE, "owen": Role.OWNER,
        "emma": Role.EMPLOYEE,
    }  # fmt: skip
    people = {
        name: await add_user(desk.house.database, f"{name}@pages.example", name, role, None)
        for name, role in roles.items()
    }
    token = (await create_token(desk.house.database, people["ann"])).token
    session = (await create_token(desk.house.database, people["ann"], purpose="session")).token
    # the service keeps what it runs in the background when it starts; the page keeps it first
    await desk.client.get("/releases", headers={"Cookie": f"{COOKIE}={session}"})
    listed = await desk.client.get("/api/v1/releases", headers={"Authorization": f"Bearer {token}"})
    async with desk.house.database.app() as connection:
        runs = (await register.find(connection, listed.json()["running"])).release
    return Office(desk, runs, people)


async def test_who_may_look_sees_what_answers_and_one_release(office: Office) -> None:
    name = office.runs.name
    for who in ("ann", "cara"):
        listed = await office.look(who, "/releases")
        assert listed.status_code == 200, listed.text
        assert "so what runs is what answers" in listed.text
        assert f'href="/releases/{name}"' in listed.text
        assert 'aria-current="page">Releases' in listed.text
        one = await office.look(who, f"/releases/{name}")
        assert one.status_code == 200, one.text
        assert "Signed by this installation" in one.text
        assert "policy.csv" in one.text
        assert "role:admin, use, promote" not in one.text, "a policy is shown by its digest"
    assert "/promote" not in (await office.look("cara", f"/releases/{name}")).text


@pytest.mark.parametrize("who", ["emma", "owen"])
async def test_others_get_what_they_get_on_other_pages_of_operators(
    office: Office, who: str
) -> None:
    name = office.runs.name
    refused = await office.look(who, "/audit")
    for path in ("/releases", f"/releases/{name}", "/releases/r-000000000000"):
        answer = await office.look(who, path)
        assert answer.status_code == refused.status_code == 403
        assert answer.text == refused.text.replace("permit audit", "permit releases")
    assert "/releases" not in (await office.look(who, "/chat")).text


async def test_there_is_no_such_release(office: Office) -> None:
    for name in ("r-000000000000", "nothing", "%00", "r-%3Cb%3E"):
        answer = await office.look("ann", f"/releases/{name}")
        assert answer.status_code == 404, answer.text
        assert "<b>" not in answer.text


async def test_a_release_goes_to_production_and_back_on_the_page(office: Office) -> None:
    path = await office.staged()
    asked = await office.send("ann", f"{path}/promote", {"to": "canary", "share": "25%"})
    assert asked.status_code == 403
    assert "Refused: canary needs the approval of a second person" in asked.text
    assert "Approve canary" not in asked.text, "who asked is not offered to agree"
    own = await office.send("ann", f"{path}/approve", {"to": "canary"})
    assert own.status_code == 403
    assert "somebody else has to approve" in own.text
    assert "Approve canary" in (await office.look("cara", path)).text
    agreed = await office.send("cara", f"{path}/approve", {"to": "canary", "reason": "seen"})
    assert agreed.status_code == 302
    done = await office.send("ann", f"{path}/promote", {"to": "canary", "share": "25%"})
    assert done.status_code == 302
    listed = (await office.look("cara", "/releases")).text
    assert "25% of the people" in listed
    [row] = re.findall(rf'<tr>\s*<td class="id"><a href="{path}">.*?</tr>', listed, re.S)
    assert "ann@pages.example" in row
    assert "cara@pages.example" in row

    twice = {"reason": "worse"}
    assert (await office.send("ann", f"{path}/rollback", twice)).status_code == 302
    again = await office.send("ann", f"{path}/rollback", twice)
    assert again.status_code in (400, 409), "a form that was sent twice does not go two steps"
    assert "Refused:" in again.text
    async with office.database.auditor() as connection:
        kept = await connection.execute(
            text("""
            select r.detail ->> 'command', o.outcome from audit_record r
              join audit_outcome o on o.record_id = r.id
             where r.action = 'release' and r.detail ->> 'release' = :name order by r.at"""),
            {"name": path.removeprefix("/releases/")},
        )
    assert [tuple(row) for row in kept][-6:] == [
        ("promote", "failed"), ("approve", "failed"), ("approve", "done"), ("promote", "done"),
        ("rollback", "done"), ("rollback", "failed"),
    ]  # fmt: skip


async def test_a_rollback_takes_back_what_the_page_named(office: Office) -> None:
    first, second = await office.staged(), await office.staged()
    for path in (first, second):
        await office.send("ann", f"{path}/promote", {"to": "shadow"})
    answer = await office.send("ann", f"{first}/rollback", {})
    assert answer.status_code == 409
    assert f"{second.removeprefix('/releases/')} would be taken back now" in answer.text
    assert (await office.send("ann", f"{second}/rollback", {})).status_code == 302


async def test_another_site_decides_nothing(office: Office) -> None:
    made = await office.made()
    for act, form in (("promote", {"to": "evaluated"}), ("approve", {"to": "canary"}),
                      ("rollback", {})):  # fmt: skip
        for site in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {}):
            answer = await office.send("ann", f"/releases/{made.name}/{act}", form, site)
            assert answer.status_code == 403
            assert "another site" in answer.text
    assert await office.stage(made) is Stage.INTAKE


@pytest.mark.parametrize("who", ["emma", "owen", "cara"])
async def test_only_who_may_promote_does(office: Office, who: str) -> None:
    made = await office.made()
    for act in ("promote", "rollback"):
        answer = await office.send(who, f"/releases/{made.name}/{act}", {"to": "evaluated"})
        assert answer.status_code == 403
        assert "does not permit promote" in answer.text
        body = {"to": "evaluated"} if act == "promote" else {}
        path = {"promote": "promotions", "rollback": "rollbacks"}[act]
        called = await office.call(who, f"/releases/{made.name}/{path}", body)
        assert called.status_code == 403
    assert await office.stage(made) is Stage.INTAKE


@pytest.mark.parametrize("who", ["emma", "owen"])
async def test_an_employee_approves_nothing(office: Office, who: str) -> None:
    path = await office.staged()
    await office.send("ann", f"{path}/promote", {"to": "canary", "share": "1%"})
    assert (await office.send(who, f"{path}/approve", {"to": "canary"})).status_code == 403
    assert (await office.call(who, f"{path}/approvals", {"to": "canary"})).status_code == 403
    # whatever they ask for: not even what stages there are is told to them
    assert (await office.call(who, f"{path}/approvals", {"to": "nowhere"})).status_code == 403
    assert "nobody approved it yet" in (await office.look("ann", path)).text


async def test_a_missed_bar_stops_it_and_is_shown(office: Office) -> None:
    missed = GateLine("egress", "fetches", "0.02", "0.01", "0.03", 500, "<= 1e-05", "failed")
    made = await office.made(PASSED, missed)
    answer = await office.send("ann", f"/releases/{made.name}/promote", {"to": "evaluated"})
    assert answer.status_code == 403
    assert "egress: fetches missed its bar" in answer.text
    for figure in ("Not passed", "0.02", "0.01 to 0.03", "500", "&lt;= 1e-05"):
        assert figure in answer.text
    assert await office.stage(made) is Stage.INTAKE


@pytest.mark.parametrize(
    "form",
    [{"to": "heaven"}, {"to": "canary", "share": "lots"}, {"to": "evaluated", "reason": "\x00"},
     {"to": "evaluated", "reason": "x" * 501}, {"to": "production"}, {}],
)  # fmt: skip
async def test_what_makes_no_sense_is_told(office: Office, form: dict[str, str]) -> None:
    made = await office.made()
    answer = await office.send("ann", f"/releases/{made.name}/promote", form)
    assert answer.status_code == 400
    assert "Refused:" in answer.text
    assert await office.stage(made) is Stage.INTAKE


async def test_the_api_decides_as_the_page_does(office: Office) -> None:
    path = await office.staged()
    wish = {"to": "canary", "share": 10, "reason": "try"}
    refused = await office.call("ann", f"{path}/promotions", wish)
    assert refused.status_code == 403
    assert "second person" in refused.json()["detail"]
    own = await office.call("ann", f"{path}/approvals", {"to": "canary"})
    assert own.status_code == 403
    assert (await office.call("ben", f"{path}/approvals", {"to": "canary"})).status_code == 200
    done = await office.call("ann", f"{path}/promotions", wish)
    assert done.json()["traffic"]["share"] == 10
    back = await office.call("ann", f"{path}/rollbacks", {"reason": "worse"})
    assert back.json()["traffic"]["canary"] is None


async def test_hostile_names_are_text(office: Office) -> None:
    line = GateLine(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1, HOSTILE, "failed")
    manifest = dict(varied(office.runs.manifest, replace(office.runs.recipe, model=HOSTILE)))
    manifest["model"] = {"verifiable": True, "files": {HOSTILE: "0" * 64}}
    made = release_of(manifest, SIGNER)
    async with office.database.app() as connection:
        await register.add(connection, made, HOSTILE, HOSTILE)
        await register.say(connection, made.name, HOSTILE, HOSTILE, None, None, HOSTILE)
        report = gate(made.name, lines=(line,), errors=(HOSTILE,))
        await gates.attach(connection, made.name, report)
        files = {HOSTILE: {"sha256": "0" * 64, "kind": "text"}}
        await keep(connection, Intake(HOSTILE, HOSTILE, HOSTILE, files, (HOSTILE,)))
    for path in ("/releases", f"/releases/{made.name}"):
        page = (await office.look("ann", path)).text
        assert "<img src=x" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page
        assert "<script" not in page
        assert " style=" not in page
    assert "refused" in page, "the intake of its files is there"


async def test_a_long_list_comes_in_pages(office: Office) -> None:
    made = {(await office.made()).name for _ in range(PAGE + 1)}
    seen: list[str] = []
    path = "/releases"
    while path:
        page = (await office.look("ann", path)).text
        seen += re.findall(r'<td class="id"><a href="/releases/(r-[0-9a-f]+)"', page)
        found = re.search(r'href="(/releases\?after=[^"]+)"', page)
        path = found[1] if found else ""
    assert len(seen) == len(set(seen))
    assert made <= set(seen)
    assert (await office.look("ann", "/releases?after=%00")).status_code == 404
