"""What one subject may read for one request."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TypeVar

from app.authz.policy import Policy
from app.authz.reading import Reading, Sealed, opened, payload
from app.authz.subject import resolve_subject
from app.db.codes import Changes
from app.db.direct import one
from app.db.engine import AppConnection, Database
from app.domain.principal import Account, Subject
from app.domain.scope import Scope, SlotSet, packed
from app.errors import RevisionNotReached, ScopeOutdated

TRIES = 4
"""So often a request begins anew when memberships change under it."""
REMEMBERED = 10_000
"""Of so many subjects and sets of principals the last resolution is kept in memory."""
HELD_SECONDS = 900
"""So long it is used; the database forgets a set that was not held for a day."""

_HOLD = "select id from hold_set(%(principals)s)"
# All that opens a reading, of one snapshot: slots only where those in memory are of another
# revision, and a seal, which says that revision, only while the memberships are as they were.
_NOW = """
select c.value as revision, c.directory,
       case when c.value <> %(slots_of)s then slots_of_set(%(held)s) end as bits,
       case when c.directory <= %(subject_of)s then
         seal_scope(jsonb_set(cast(%(payload)s as jsonb), '{revision}', to_jsonb(c.value))::text)
       end as sealed,
       pg_current_snapshot()::text as snapshot,
       levels_changed_since(cast(%(seen)s as pg_snapshot)) as changed,
       (select coalesce(jsonb_object_agg(w.classification, w.slots), '{}')
          from (select l.classification, jsonb_agg(s.id) as slots
                  from lease l
                  join source o on o.confirmed_at < clock_timestamp() - l.lasts
                  join acl_slot s on s.source_id = o.id
                                 and s.confirmed_at < clock_timestamp() - l.lasts
                 group by l.classification) w) as withheld,
       array(select s.id from acl_slot s
              where s.redacts is not null and s.below && cast(%(levels)s as text[])) as redacted
  from revision_counter c
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
        return (await self._sealed(account, purpose, at_least_revision)).scope

    async def within(
        self,
        account: Account,
        purpose: str,
        work: Callable[[Reading], Awaitable[Result]],
        at_least_revision: int | None = None,
        seen: str | None = None,
    ) -> Result:
        """What `work` makes of a transaction that reads under the account's scope; in a new one
        where memberships change meanwhile, or a replica fails. The changes of chunks since the
        snapshot `seen` come with it. Raises what `resolve` does, and ScopeOutdated when
        memberships never rest."""

        async def sealing(connection: str) -> Sealed:
            return await self._sealed(account, purpose, at_least_revision, connection, seen)

        for left in reversed(range(TRIES)):
            try:
                async with opened(self.database, sealing) as read:
                    return await work(read)
            except ScopeOutdated:
                if not left:
                    raise
                # what is remembered may be what was refused
                self._subjects.pop(account.principal_id, None)
        raise ScopeOutdated

    async def _sealed(
        self,
        account: Account,
        purpose: str,
        at_least_revision: int | None,
        reader: str | None = None,
        seen: str | None = None,
    ) -> Sealed:
        """The account's scope, sealed for the connection of a reader if one is named."""
        async with self.database.glance() as connection:
            for _ in range(TRIES):
                held = self._remembered(account) or await self._held(connection, account)
                slots_of, slots = self._slots.get(held.id, (-1, SlotSet.of("")))
                draft = self._scope(held, purpose, slots)
                now = await one(
                    connection,
                    _NOW,
                    slots_of=slots_of,
                    subject_of=held.subject.revision,
                    held=held.id,
                    payload=reader and payload(draft, reader),
                    levels=list(draft.classifications),
                    seen=seen,
                )
                if at_least_revision is not None and now.revision < at_least_revision:
                    raise RevisionNotReached(
                        f"the database is at revision {now.revision}, "
                        f"the request asks for {at_least_revision}; ask again later"
                    )
                if now.directory > held.subject.revision:
                    self._subjects.pop(account.principal_id, None)
                    continue
                if now.bits is not None:
                    slots = SlotSet.of(now.bits)
                    _remember(self._slots, held.id, (now.revision, slots))
                _remember(self._subjects, account.principal_id, held)
                changes = Changes(seen, now.snapshot, tuple(now.changed)) if seen else None
                withheld = {
                    level: packed([*now.withheld.get(level, ()), *now.redacted])
                    for level in (draft.classifications if now.redacted else now.withheld)
                }
                scope = replace(draft, slots=slots, revision=now.revision, withheld=withheld)
                return Sealed(scope, now.sealed, changes)
        raise ScopeOutdated

    def _remembered(self, account: Account) -> _Held | None:
        kept = self._subjects.get(account.principal_id)
        if kept and kept.subject.account == account and monotonic() - kept.since < HELD_SECONDS:
            return kept
        return None

    async def _held(self, connection: AppConnection, account: Account) -> _Held:
        subject = await resolve_subject(connection, account)
        row = await one(connection, _HOLD, principals=sorted(subject.principal_ids))
        return _Held(subject, row.id, monotonic())

    def _scope(self, held: _Held, purpose: str, slots: SlotSet) -> Scope:
        """Not yet of any revision."""
        if purpose not in held.clearances:
            held.clearances[purpose] = self.policy.clearance(held.subject, purpose)
        return Scope(
            subject=held.subject,
            held=held.id,
            purpose=purpose,
            classifications=held.clearances[purpose],
            slots=slots,
            revision=0,
            expires_at=datetime.now(UTC) + timedelta(seconds=self.seconds),
        )


Key = TypeVar("Key")
Value = TypeVar("Value")


def _remember(kept: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > REMEMBERED:
        kept.popitem(last=False)
