"""What one subject may read for one request."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TypeVar

from app.authz.policy import Policy
from app.authz.subject import resolve_subject
from app.db.direct import one
from app.db.engine import AppConnection, Database
from app.domain.principal import Account, Subject
from app.domain.scope import Scope, SlotSet
from app.errors import RevisionNotReached, ScopeOutdated

TRIES = 4
"""So often a request begins anew when memberships change under it."""
REMEMBERED = 10_000
"""Of so many subjects and sets of principals the last resolution is kept in memory."""
HELD_SECONDS = 900
"""So long it is used; the database forgets a set that was not held for a day."""

_NOW = "select value, directory from revision_counter"
_HOLD = "select id from hold_set(%(principals)s)"
_SLOTS = """
select c.value, c.directory, slots_of_set(%(held)s) as bits from revision_counter c
"""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Held:
    """A subject with the database's id of what it holds, and when on the monotonic clock it was
    said to be held; good until the directory changes, for `HELD_SECONDS`."""

    subject: Subject
    id: int
    since: float
    clearances: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class ScopeResolver:
    """Resolves accounts to scopes. `seconds` is how long a scope can be used."""

    database: Database
    policy: Policy
    seconds: int
    _subjects: OrderedDict[int, _Held] = field(default_factory=OrderedDict)
    _slots: OrderedDict[int, tuple[int, SlotSet]] = field(default_factory=OrderedDict)

    async def resolve(
        self, account: Account, purpose: str, at_least_revision: int | None = None
    ) -> Scope:
        """The account's scope at the current revision, which is at least the one demanded.

        Raises NotSignedIn when the account was disabled, RevisionNotReached when the database
        is not there yet.
        """
        async with self.database.glance() as connection:
            held, revision, slots = await self._current(connection, account, at_least_revision)
        # only now: other requests must find nothing in memory that is not committed yet
        _remember(self._subjects, account.principal_id, held)
        _remember(self._slots, held.id, (revision, slots))
        return self._scope(held, purpose, slots, revision)

    async def _current(
        self, connection: AppConnection, account: Account, at_least_revision: int | None
    ) -> tuple[_Held, int, SlotSet]:
        """What the account holds and may read, and the revision of both."""
        for _ in range(TRIES):
            now = await one(connection, _NOW)
            if at_least_revision is not None and now.value < at_least_revision:
                raise RevisionNotReached(
                    f"the database is at revision {now.value}, "
                    f"the request asks for {at_least_revision}; ask again later"
                )
            held = await self._held(connection, account, now.directory)
            slots = self._slots.get(held.id)
            if slots is None or slots[0] != now.value:
                now = await one(connection, _SLOTS, held=held.id)
                slots = now.value, SlotSet.of(now.bits)
            if now.directory <= held.subject.revision:
                return held, now.value, slots[1]
        raise ScopeOutdated

    async def within(
        self,
        account: Account,
        purpose: str,
        work: Callable[[Scope], Awaitable[Result]],
        at_least_revision: int | None = None,
    ) -> Result:
        """What `work` makes of the account's scope; with a new one where memberships change in
        the meantime. Raises what `resolve` does, and ScopeOutdated when they never rest."""
        for left in reversed(range(TRIES)):
            scope = await self.resolve(account, purpose, at_least_revision)
            try:
                return await work(scope)
            except ScopeOutdated:
                if not left:
                    raise
                # what is remembered may be what was refused
                self._subjects.pop(account.principal_id, None)
        raise ScopeOutdated

    async def _held(self, connection: AppConnection, account: Account, directory: int) -> _Held:
        kept = self._subjects.get(account.principal_id)
        if (
            kept
            and kept.subject.account == account
            and kept.subject.revision >= directory
            and monotonic() - kept.since < HELD_SECONDS
        ):
            return kept
        subject = await resolve_subject(connection, account)
        principals = sorted(subject.principal_ids)
        kept = await one(connection, _HOLD, principals=principals)
        return _Held(subject, kept.id, monotonic())

    def _scope(self, held: _Held, purpose: str, slots: SlotSet, revision: int) -> Scope:
        if purpose not in held.clearances:
            held.clearances[purpose] = self.policy.clearance(held.subject, purpose)
        return Scope(
            subject=held.subject,
            held=held.id,
            purpose=purpose,
            classifications=held.clearances[purpose],
            slots=slots,
            revision=revision,
            expires_at=datetime.now(UTC) + timedelta(seconds=self.seconds),
        )


Key = TypeVar("Key")
Value = TypeVar("Value")


def _remember(kept: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > REMEMBERED:
        kept.popitem(last=False)
