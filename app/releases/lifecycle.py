"""The way of a release: who may take it to which stage, and what that needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.db.engine import AppConnection, Database
from app.domain.principal import Account
from app.domain.release import RegisteredRelease, Release, Stage, Traffic
from app.errors import Conflict, InvalidInput, NotPermitted
from app.releases import gate, register, traffic
from app.releases.fitting import misfits
from app.releases.manifest import sound
from app.releases.rules import GATED, Rules
from app.releases.signing import Signer
from app.releases.wishes import APPROVED, ASKED, wish

NEXT = {
    Stage.INTAKE: (Stage.EVALUATED, Stage.RETIRED),
    Stage.EVALUATED: (Stage.STAGED, Stage.RETIRED),
    Stage.STAGED: (Stage.SHADOW, Stage.CANARY, Stage.RETIRED),
    Stage.SHADOW: (Stage.CANARY, Stage.STAGED),
    Stage.CANARY: (Stage.CANARY, Stage.PRODUCTION, Stage.STAGED),
    Stage.PRODUCTION: (),
    Stage.ROLLED_BACK: (Stage.STAGED, Stage.RETIRED),
    Stage.RETIRED: (),
}
ANSWERING = (Stage.SHADOW, Stage.CANARY, Stage.PRODUCTION)


@dataclass(frozen=True)
class Lifecycle:
    """`running` is the release that runs here, `thresholds` the digest of the bars of today."""

    database: Database
    running: Release
    releases: Signer
    gates: Signer
    rules: Rules
    thresholds: str

    async def promote(
        self, name: str, to: Stage, who: Account, share: int = 0, reason: str = ""
    ) -> Traffic:
        """Take a release to a stage; the traffic afterwards. `share` is the canary's, in percent.

        Raises NotFound, InvalidInput on a stage that does not follow, and NotPermitted naming what
        is missing: a gate report, an approval, a deployment. Where it is the approval, the wish is
        kept, so that somebody else can agree to it.
        """
        async with self.database.app() as connection:
            now = await traffic.lock(connection)
            at = await register.find(connection, name)
            self._require_way(at, to, share)
            if to is Stage.RETIRED:
                await self._require_unneeded(connection, now, name)
            if to in GATED:
                await self._require_gate(connection, name, to)
            if to in ANSWERING:
                self._require_here(at.release)
            approved = await self._approved(connection, at, to, who)
            if approved:
                changed = await self._moved(connection, now, at, to, share, who.email, reason)
            else:
                said = ASKED.format(to)
                await register.say(connection, name, who.email, said, at.stage, None, reason)
        if not approved:
            raise NotPermitted(
                f"{to} needs the approval of a second person; this is on record, and they approve"
                f" it on the page of {name} or by `portcullis release approve {name} --to {to} --as"
                " THEIR-EMAIL`; then promote again"
            )
        return changed

    async def approve(self, name: str, to: Stage, who: Account, reason: str = "") -> None:
        """Agree to what somebody else asked for. Raises NotFound, InvalidInput when nobody did,
        NotPermitted for whoever asked, and for a role whose approval does not count."""
        if who.role not in self.rules.approvers:
            allowed = " or ".join(sorted(self.rules.approvers))
            raise NotPermitted(f"{who.email} is {who.role}; an approval is given by {allowed}")
        async with self.database.app() as connection:
            await traffic.lock(connection)
            at = await register.find(connection, name)
            askers = wish(await register.events(connection, name), to).asked
            if not askers:
                raise InvalidInput(f"nobody asked for {name} to become {to}")
            if askers == {who.email}:
                raise NotPermitted(
                    f"{who.email} asked for it, so somebody else has to approve {name}"
                )
            said = APPROVED.format(to)
            await register.say(connection, name, who.email, said, at.stage, None, reason)

    async def rollback(self, who: Account, reason: str = "", name: str | None = None) -> Traffic:
        """Take back the canary, or the shadow where there is none; without either, production: then
        the release that was there before answers. With `name` only that one is taken back, so that
        a form sent twice does not go two steps.

        Raises InvalidInput when there is nothing to go back to, NotPermitted when that cannot be
        served here, and Conflict when `name` is not what would be taken back.
        """
        async with self.database.app() as connection:
            now = await traffic.lock(connection)
            taken = now.canary or now.shadow or now.production
            if taken is None:
                raise InvalidInput("no release is in production, so there is none to take back")
            if name not in (None, taken):
                raise Conflict(f"{taken} would be taken back now, and not {name}; look again")
            at = await register.find(connection, taken)
            if now.canary:
                changed = replace(now, canary=None, share=0)
            elif now.shadow:
                changed = replace(now, shadow=None)
            else:
                former = await self._former(connection, taken)
                self._require_here(former.release)
                changed = replace(now, production=former.release.name)
                await register.say(
                    connection, former.release.name, who.email, "came back", former.stage,
                    Stage.PRODUCTION, f"{taken} was rolled back",
                )  # fmt: skip
            await register.say(
                connection, taken, who.email, "rolled back", at.stage, Stage.ROLLED_BACK, reason
            )
            await traffic.write(connection, changed)
            return await traffic.read(connection)

    async def lacking(
        self, connection: AppConnection, at: RegisteredRelease, to: Stage
    ) -> list[str]:
        """What stands in the way of a stage that follows, in sentences, approvals apart; nothing is
        changed."""
        said = []
        try:
            if to in GATED:
                await self._require_gate(connection, at.release.name, to)
        except NotPermitted as error:
            said.append(error.message)
        if to in ANSWERING and (sentence := misfits(at.release, self.running)):
            said.append(sentence)
        return said

    def _require_way(self, at: RegisteredRelease, to: Stage, share: int) -> None:
        name = at.release.name
        if to not in NEXT[at.stage]:
            ways = ", ".join(NEXT[at.stage]) or "nothing; `release rollback` takes it back"
            raise InvalidInput(f"{name} is {at.stage}; from there it becomes {ways}")
        if to is Stage.CANARY and not 0 < share <= traffic.WHOLE:
            raise InvalidInput("a canary needs a share, such as 10%")
        if to is not Stage.CANARY and share:
            raise InvalidInput("only a canary has a share")
        if not sound(at.release, self.releases):
            raise NotPermitted(f"{name} is not what was signed here; it cannot be promoted")

    async def may_retire(self, name: str) -> bool:
        """Whether a release is retired already. Raises as its promotion to `RETIRED` would where it
        is not; nothing is changed."""
        async with self.database.app() as connection:
            at = await register.find(connection, name)
            if at.stage is Stage.RETIRED:
                return True
            self._require_way(at, Stage.RETIRED, 0)
            await self._require_unneeded(connection, await traffic.read(connection), name)
        return False

    async def _require_unneeded(self, connection: AppConnection, now: Traffic, name: str) -> None:
        if now.production is None and name == self.running.name:
            raise NotPermitted(
                f"{name} is what answers here until another release is in production; promote one"
            )
        if now.production and name == await register.former_production(connection, now.production):
            raise NotPermitted(
                f"{name} is what a rollback goes back to; retire it once another release is in"
                " production"
            )

    async def _require_gate(self, connection: AppConnection, name: str, to: Stage) -> None:
        gate.require(
            await gate.attached(connection, name), release=name, to=to, signer=self.gates,
            thresholds=self.thresholds, rules=self.rules, now=datetime.now(UTC),
        )  # fmt: skip

    def _require_here(self, release: Release) -> None:
        if sentence := misfits(release, self.running):
            raise NotPermitted(sentence)

    async def _approved(
        self, connection: AppConnection, at: RegisteredRelease, to: Stage, who: Account
    ) -> bool:
        if to not in self.rules.approved:
            return True
        approved = wish(await register.events(connection, at.release.name), to).approved
        return any(email != who.email for email in approved)

    async def _moved(
        self, connection: AppConnection, now: Traffic, at: RegisteredRelease, to: Stage,
        share: int, who: str, reason: str,
    ) -> Traffic:  # fmt: skip
        name = at.release.name
        changed = Traffic(
            production=name if to is Stage.PRODUCTION else now.production,
            canary=name if to is Stage.CANARY else None if now.canary == name else now.canary,
            share=share if to is Stage.CANARY else 0 if now.canary == name else now.share,
            shadow=name if to is Stage.SHADOW else None if now.shadow == name else now.shadow,
        )
        for before, after in ((now.canary, changed.canary), (now.shadow, changed.shadow)):
            if before and before not in (after, name):
                await self._replaced(connection, before, name, who)
        if to is Stage.PRODUCTION and now.production:
            await self._replaced(connection, now.production, name, who)
        what = f"promoted, {share}%" if to is Stage.CANARY else "promoted"
        await register.say(connection, name, who, what, at.stage, to, reason)
        await traffic.write(connection, changed)
        return await traffic.read(connection)

    async def _replaced(self, connection: AppConnection, old: str, by: str, who: str) -> None:
        """What another took the place of is ready to come back."""
        was = await register.find(connection, old)
        said = f"replaced by {by}"
        await register.say(connection, old, who, said, was.stage, Stage.STAGED, "")

    @staticmethod
    async def _former(connection: AppConnection, current: str) -> RegisteredRelease:
        name = await register.former_production(connection, current)
        if name is None:
            raise InvalidInput("no release was in production before, so nothing can come back")
        return await register.find(connection, name)
