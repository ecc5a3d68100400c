"""Who there is, and the actors that change what they may read."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from itertools import count

from evals.ground.reference import Acl
from evals.suites.revocation.log import Deleted, Directory, FolderAcl, OwnAcl, Written
from evals.suites.revocation.operations import Doors

ANN, BOB, CAS, DEE = USERS = [f"{name}@history.example" for name in ("ann", "bob", "cas", "dee")]
GROUPS = ["group:crew", "group:yard", "group:night"]
INNER = "group:inner"
FOLDERS = ["north", "south"]
DOCUMENTS = [f"plan{n}" for n in range(8)]
SHARED, MOVED = SECRETS = ("shared-secret", "moved-secret")
VAULT, DROP = "vault", "drop"
NEVER = frozenset((ANN, secret) for secret in SECRETS)
LEVELS = ("public", "internal", "confidential", "regulated")
LONGEST_REST = 0.03
"""Seconds between two changes of one actor, at most."""

ONLY_BOB = Acl(frozenset({BOB}), frozenset())
BOB_AND_INNER = Acl(frozenset({BOB, INNER}), frozenset())
EVERYONE = Acl(frozenset({"everyone"}), frozenset())
EVERYONE_BUT_ANN = Acl(frozenset({"everyone"}), frozenset({ANN}))


@dataclass
class Organisation:
    """`members` is what the directory says, or will say once the change under way is done."""

    doors: Doors
    chance: random.Random
    members: dict[str, frozenset[str]] = field(default_factory=dict)
    _directory: asyncio.Lock = field(default_factory=asyncio.Lock)
    _versions: count[int] = field(default_factory=lambda: count(1))

    async def found(self) -> None:
        """The first state: every actor may start from it."""
        await self._members(
            {
                "group:regulated-data": frozenset({DEE}),
                "group:crew": frozenset({ANN, BOB}),
                "group:yard": frozenset({"group:crew", CAS}),
                "group:night": frozenset({DEE}),
                INNER: frozenset({ANN, BOB}),
            }
        )
        for folder in FOLDERS:
            await self.doors.apply(FolderAcl(folder, self._acl()), surely=True)
        await self.doors.apply(FolderAcl(VAULT, ONLY_BOB), surely=True)
        await self.doors.apply(FolderAcl(DROP, EVERYONE), surely=True)
        await self._write(SHARED, VAULT, None, "internal")
        await self._write(MOVED, None, ONLY_BOB, "internal")
        for name in DOCUMENTS:
            await self._write(name, self.chance.choice(FOLDERS), None, "internal")

    async def memberships(self) -> None:
        """People join and leave groups, groups too."""
        while True:
            await self._rest()
            group = self.chance.choice(GROUPS)
            member = self.chance.choice([g for g in [*USERS, *GROUPS] if g != group])
            async with self._directory:
                now = self.members[group] ^ {member}
                await self._members({**self.members, group: now}, surely=False)

    async def folders(self) -> None:
        while True:
            await self._rest()
            await self.doors.apply(FolderAcl(self.chance.choice(FOLDERS), self._acl()))

    async def documents(self, names: list[str]) -> None:
        """Documents get ACLs of their own, move, are written again, at other levels, and go.
        Nobody else changes these documents."""
        while True:
            await self._rest()
            name = self.chance.choice(names)
            match self.chance.choice(("acl", "write", "write", "write", "delete")):
                case "acl":
                    await self.doors.apply(OwnAcl(name, self._acl()))
                case "write":
                    own = self._acl() if self.chance.random() < 0.4 else None
                    folder = self.chance.choice(FOLDERS)
                    level = self.chance.choice(LEVELS)
                    await self._write(name, folder, own, level, surely=False)
                case "delete":
                    await self.doors.apply(Deleted(name))

    async def leave_then_share(self) -> None:
        """The new enemy: Ann leaves the group, and only then it is let into the vault."""
        while True:
            async with self._directory:
                await self._members({**self.members, INNER: frozenset({BOB})})
            await self.doors.apply(FolderAcl(VAULT, BOB_AND_INNER), surely=True)
            await self._rest()
            await self.doors.apply(FolderAcl(VAULT, ONLY_BOB), surely=True)
            async with self._directory:
                await self._members({**self.members, INNER: frozenset({ANN, BOB})})
            await self._rest()

    async def deny_then_move_in(self) -> None:
        """The new enemy: Ann is denied a folder, and only then the secret comes into it."""
        while True:
            await self.doors.apply(FolderAcl(DROP, EVERYONE_BUT_ANN), surely=True)
            await self._write(MOVED, DROP, None, "internal")
            await self._rest()
            await self._write(MOVED, None, ONLY_BOB, "internal")
            await self.doors.apply(FolderAcl(DROP, EVERYONE), surely=True)
            await self._rest()

    async def _members(self, members: dict[str, frozenset[str]], *, surely: bool = True) -> None:
        self.members = members
        await self.doors.apply(Directory(members), surely=surely)

    async def _write(
        self, name: str, folder: str | None, acl: Acl | None, level: str, *, surely: bool = True
    ) -> None:
        version = next(self._versions)
        await self.doors.apply(Written(name, folder, acl, level, version), surely=surely)

    def _acl(self) -> Acl:
        names = [*USERS, *GROUPS]
        allow = self.chance.sample(names, self.chance.choice((1, 2, 3)))
        if self.chance.random() < 0.2:
            allow.append("everyone")
        deny = self.chance.sample(names, self.chance.choice((0, 0, 0, 1)))
        return Acl(frozenset(allow), frozenset(deny))

    async def _rest(self) -> None:
        await asyncio.sleep(self.chance.random() * LONGEST_REST)
