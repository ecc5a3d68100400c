"""Every change of who may read something, at every source, on its way to what a search shows: by
the next sync of ACLs alone, and by the live check before that."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest

from app.audit.record import Recorder
from app.authn.accounts import add_user
from app.authz.directory import Group, replace_directory
from app.authz.live import LiveCheck
from app.authz.policy import Policy
from app.authz.scope import ScopeResolver
from app.catalog.secrets import SourceSecrets
from app.catalog.sources import register, remove_source
from app.domain.principal import Account, Role
from app.retrieval.authorised import AuthorisedSearch
from app.retrieval.copies import CodeCopies
from app.retrieval.search import Searcher
from ingestion.runner import Runner
from ingestion.sources import filesystem
from tests import needs
from tests.answering.passages import HashingEmbedder
from tests.ingestion.changing import ADA, DOMAIN, EVE, HR, PEOPLE, Changing, Step, address
from tests.ingestion.changing.serving import NAMES, serving
from tests.ingestion.test_live import answering, waiting
from tests.ingestion.test_permissions import permissions
from tests.ingestion.world import World

pytestmark = pytest.mark.integration

PATIENCE, SILENCE = 10.0, 1.0
"""How many seconds an answer of the source is waited for: where one comes, on a machine that may be
busy, and where none does."""
FRIEND = "friend"
"""Whom a source names for it."""
STEPS: tuple[Step, ...] = (
    ("join", HR, EVE),
    ("leave", HR, EVE),
    ("share", "a", FRIEND),
    ("unshare", "a", FRIEND),
    ("open", "plans", EVE),
    ("close", "plans", FRIEND),
    ("share", "c", ADA),
    ("move", "b", "pay"),
    ("deny", "plans", ADA),
    ("delete", "c", ""),
)
LIVE: tuple[Step, ...] = (("close", "plans", FRIEND), ("unshare", "c", HR), ("delete", "b", ""))

ONE_AUDIENCE = "all of a site has one audience"
HEAD = "whom a message is for is fixed when it is sent"
CHANNEL = "what is said in a channel is its members'"
ALLOWS = "it has no denies"
WITHIN = "nobody reads what is in a folder who may not enter it"
ABSENT: Mapping[tuple[str, str, str], str] = {
    ("posix", "share", "c"): WITHIN,
    ("posix", "deny", "plans"): "a mode denies by not allowing: that is 'close'",
    **{
        (mail, *change): HEAD
        for mail in ("imap", "mailbox")
        for change in (("open", "plans"), ("close", "plans"), ("share", "c"), ("deny", "plans"))
    },
    **{
        ("web", *change): ONE_AUDIENCE
        for change in (
            ("share", "a"), ("unshare", "a"), ("share", "c"), ("unshare", "c"), ("move", "b"),
        )
    },
    **{
        (wiki, *change): reason
        for wiki in ("confluence_cloud", "confluence_data_center")
        for change, reason in {("share", "c"): WITHIN, ("deny", "plans"): ALLOWS}.items()
    },
    ("sharepoint", "deny", "plans"): ALLOWS,
    ("drive", "deny", "plans"): ALLOWS,
    **{
        ("slack", *change): CHANNEL
        for change in (
            ("share", "a"), ("unshare", "a"), ("share", "c"), ("unshare", "c"), ("move", "b"),
        )
    },
    ("slack", "deny", "plans"): ALLOWS,
    ("slack", "join", HR): "its groups are not read, since the members of a channel are people",
    ("slack", "leave", HR): "its groups are not read, since the members of a channel are people",
}  # fmt: skip
"""Changes that a source does not have."""

NEW = "it is known by its place, so it is another document"
TIMES = "a file whose own mode or name changed may have another content"
SYNCED: Mapping[tuple[str, str, str], str] = {
    **{
        (source, "move", "b"): NEW
        for source in ("filesystem", "posix", "s3", "s3_tags", "imap", "mailbox", "git")
    },
    **{
        (source, change, "a"): TIMES
        for source in ("posix", "mailbox") for change in ("share", "unshare")
    },
    ("slack", "open", "talk"): "a thread has no version, so its text may have changed",
}  # fmt: skip
"""Changes of which a sync of ACLs shows only what they close, and asks for a sync, which shows the
rest."""


@dataclass
class Placed:
    """A source with its index, and what is asked of both. `source` may change its own config."""

    name: str
    source: Changing
    world: World
    accounts: dict[str, Account]
    live: AuthorisedSearch

    @property
    def steps(self) -> tuple[Step, ...]:
        return (*STEPS, *self.source.more)

    async def change(self, step: Step) -> bool:
        """Make it, here where it is the directory's and at the source otherwise, and in the model;
        False where the source does not have it."""
        kind, what, who = step
        if (self.name, kind, what) in ABSENT:
            return False
        before = deepcopy(self.source.model)
        who = self.source.friend if who == FRIEND else who
        arguments = (what, who) if who else (what,)
        getattr(self.source.model, kind)(*arguments)
        assert any(before.found(p) != self.source.model.found(p) for p in PEOPLE), step
        if kind in ("join", "leave"):
            await self.directory()
        else:
            getattr(self.source, kind)(*arguments)
            await self.register()
        return True

    async def directory(self) -> None:
        groups = [
            Group(key, [address(person) for person in sorted(people)])
            for key, people in self.source.model.groups.items()
        ]
        async with self.world.database.app() as connection:
            await replace_directory(connection, [], groups)

    async def register(self) -> None:
        """With its config as it is now. Its secret ends with the one before."""
        known = self.world.source
        if known.config == self.source.config:
            return
        self.world.source = await register(
            self.world.database, None, key=known.key, kind=known.kind, config=self.source.config,
            classification_floor="public", owner=None, levels=self.world.levels,
        )  # fmt: skip
        if self.source.secret:
            assert self.world.runner.secrets is not None
            await self.world.runner.secrets.put(None, known.key, self.source.secret)

    async def found(self) -> dict[str, frozenset[str]]:
        """What each person finds."""
        return {
            person: _papers((await self.world.reads(account)).values())
            for person, account in self.accounts.items()
        }

    async def found_live(self, people: Sequence[str] = PEOPLE) -> dict[str, frozenset[str]]:
        """The same where the source is asked about all that is shown."""
        found = {}
        for person in people:
            account = self.accounts[person]
            passages = (await self.live.search(account, "shared words", 50)).passages
            mine = [one.text for one in passages if one.source == self.world.source.key]
            found[person] = _papers(mine)
        return found

    def wanted(self) -> dict[str, frozenset[str]]:
        return {person: self.source.model.found(person) for person in PEOPLE}


def _papers(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(re.findall(r"shared words of paper (\w)", " ".join(texts)))


@pytest.fixture(params=NAMES)
async def placed(
    request: pytest.FixtureRequest,
    runner: Runner,
    policy: Policy,
    project: Path,
    tmp_path: Path,
    owner_url: str,
    ada: Account,
    bob: Account,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Placed]:
    """A source that was synced."""
    if request.param == "imap" and needs.dovecot() is None:
        pytest.skip("Dovecot is not installed")
    monkeypatch.setattr(filesystem, "SETTLED_SECONDS", 0.0)
    eve = await add_user(runner.database, f"{EVE}@{DOMAIN}", "Eve", Role.EMPLOYEE, None)
    policies = tmp_path / "policies"
    shutil.copytree(project / "policies", policies)
    with serving(request.param, tmp_path, owner_url) as source:
        (policies / "sources.yaml").write_text(f"reach: {list(source.hosts)}\n")
        secrets = SourceSecrets(runner.database, "ab" * 32)
        runner = replace(runner, policies=policies, secrets=secrets)
        key = f"changing-{uuid4().hex[:8]}"
        registered = await register(
            runner.database, None, key=key, kind=source.kind, config=source.config,
            classification_floor="public", owner=None, levels=runner.levels,
        )  # fmt: skip
        if source.secret:
            await secrets.put(None, key, source.secret)
        world = World(runner, policy, registered)
        people = dict(zip(PEOPLE, (ada, bob, eve), strict=True))
        made = Placed(request.param, source, world, people, _asking(world, PATIENCE))
        await made.directory()
        job = await world.sync()
        assert (job.state, job.failed) == ("done", 0), job.message
        assert await made.found() == made.wanted()
        yield made
        await remove_source(world.database, None, key, world.levels)


def _asking(world: World, patience: float) -> AuthorisedSearch:
    """A search that asks sources about everything that it shows."""
    database, embedder = world.database, HashingEmbedder()
    window = dict.fromkeys(world.levels, timedelta(milliseconds=1))
    return AuthorisedSearch(
        ScopeResolver(database, world.policy, 60),
        Searcher(embedder, CodeCopies(database, world.levels, embedder.dimensions)),
        Recorder(database),
        LiveCheck(database, window, patience),
    )


async def test_each_change_shows_with_the_next_sync_of_acls(placed: Placed) -> None:
    for step in placed.steps:
        if not await placed.change(step):
            continue
        job = await permissions(placed.world)
        assert job.state == "done", (step, job.message)
        found, wanted = await placed.found(), placed.wanted()
        if (placed.name, *step[:2]) in SYNCED:
            assert all(found[person] <= wanted[person] for person in PEOPLE), step
            assert found != wanted, step
            assert "sync" in await waiting(placed.world), step
            await placed.world.runner.run_waiting()
            found = await placed.found()
        assert found == wanted, step


async def test_the_live_check_closes_at_once_what_the_source_denies_or_does_not_confirm(
    placed: Placed,
) -> None:
    async with answering(placed.world):
        assert await placed.found_live() == placed.wanted()
        await _silence(placed)
        for step in LIVE:
            before = placed.wanted()
            if not await placed.change(step):
                continue
            now, wanted = await placed.found_live(), placed.wanted()
            changed = {step[1]}.union(*(before[person] ^ wanted[person] for person in PEOPLE))
            for person in PEOPLE:
                assert now[person] <= wanted[person], step
                # what did not change is shown as before
                assert now[person] >= wanted[person] - changed, step
            assert "permissions" in await waiting(placed.world), step
            await permissions(placed.world)
            await placed.world.runner.run_waiting()
            assert await placed.found() == placed.wanted(), step


async def _silence(placed: Placed) -> None:
    """Where the source says nothing nothing of it is shown, until it does."""
    deaf = replace(placed, live=_asking(placed.world, SILENCE))
    for silence in (placed.source.stop, placed.source.hang):
        silence()
        assert await deaf.found_live((ADA,)) == {ADA: frozenset()}
        placed.source.start()
        assert await _eventually(placed) == placed.wanted()


async def _eventually(placed: Placed) -> dict[str, frozenset[str]]:
    """What is found when the questions of before have come to an end."""
    until = monotonic() + 30
    while (found := await placed.found_live()) != placed.wanted() and monotonic() < until:
        pass
    return found
