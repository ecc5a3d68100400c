"""Which release answers a question: the one in production, the canary for a share of the subjects.

Traffic is read for every question, so a promotion or a rollback holds from its commit on, in every
process and without a restart. An answer that is being written ends under the release that began it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from uuid import UUID

import structlog

from app.answering.events import AnswerEvent, Finished
from app.answering.pipeline import Answering
from app.answering.profiles import Profile
from app.answering.shadow import Shadow
from app.authz.watch import Watch
from app.domain.principal import Account
from app.domain.release import Release, Traffic
from app.errors import ReleaseNotHere
from app.releases import register, traffic
from app.releases.fitting import misfits
from app.releases.manifest import sound
from app.releases.running import Running

_log = structlog.get_logger(__name__)


@dataclass
class Serving:
    """`answering` is what this process was composed with; a release exchanges its recipe.
    `share_key` keys the hash that chooses the canary's subjects."""

    answering: Answering
    running: Running
    share_key: str
    shadow: Shadow = field(default_factory=Shadow)
    _stored: dict[str, Release] = field(default_factory=dict)
    _judged: dict[str, str] = field(default_factory=dict)

    @property
    def watch(self) -> Watch:
        return self.answering.watch

    async def ask(
        self, account: Account, question: str, conversation_id: UUID | None = None
    ) -> AsyncGenerator[AnswerEvent]:
        """As `Answering.ask`, by the release that is this account's now. Raises ReleaseNotHere
        besides, when the one in production needs another deployment."""
        async with self.answering.database.glance() as connection:
            now = await traffic.read(connection)
        chosen = await self._chosen(now, account)
        answers = self._by(chosen).ask(account, question, conversation_id)
        async with aclosing(answers) as events:
            async for event in events:
                yield event
                if isinstance(event, Finished) and now.shadow not in (None, chosen.name):
                    await self._beside(now, account, question, event)

    async def register(self) -> Release:
        """Keep what runs here among the releases."""
        running = await self.running.release()
        async with self.answering.database.app() as connection:
            await register.add(connection, running, "service", "started with it")
        return running

    async def close(self) -> None:
        await self.shadow.close()

    async def _chosen(self, now: Traffic, account: Account) -> Release:
        """Until a release was promoted to production for the first time, what runs is what answers;
        from then on nothing answers that was not."""
        if now.canary is not None and traffic.in_share(
            self.share_key, now.canary, account.principal_id, now.share
        ):
            canary = await self._stored_release(now.canary)
            if not (why := await self.unfit(canary)):
                return canary
            _log.warning("canary_not_served", release=now.canary, why=why)
        if now.production is None:
            return await self.running.release()
        production = await self._stored_release(now.production)
        if why := await self.unfit(production):
            raise ReleaseNotHere(f"{why}; until then nothing is answered")
        return production

    async def _beside(self, now: Traffic, account: Account, question: str, shown: Finished) -> None:
        assert now.shadow is not None
        release = await self._stored_release(now.shadow)
        if not await self.unfit(release):
            self.shadow.compare(self._by(release), account, question, shown.answer)

    async def lane(self, name: str) -> Answering:
        """What answers by a stored release. Raises NotFound."""
        return self._by(await self._stored_release(name))

    async def unfit(self, release: Release) -> str:
        """Why this process cannot serve a release, in a sentence, empty when it can."""
        if release.name not in self._judged:  # neither it nor what runs here ever changes
            self._judged[release.name] = (
                misfits(release, await self.running.release())
                if sound(release, self.running.signer)
                else f"{release.name} is not what was signed here"
            )
        return self._judged[release.name]

    async def _stored_release(self, name: str) -> Release:
        if name not in self._stored:  # what is stored under a name never changes
            async with self.answering.database.glance() as connection:
                self._stored[name] = (await register.find(connection, name)).release
        return self._stored[name]

    def _by(self, release: Release) -> Answering:
        recipe = release.recipe
        return replace(
            self.answering,
            release=release.name,
            profile=Profile(recipe.profile),
            model=replace(
                self.answering.model,
                model=recipe.model,
                temperature=float(recipe.temperature),
                seed=recipe.seed,
            ),
            passages=recipe.passages,
            context_passages=recipe.context_passages,
        )
