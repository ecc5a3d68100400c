"""Register, find and remove sources."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text

from app.catalog.kinds import check_config, reads_local, schedule_for
from app.db.engine import AppConnection, Database
from app.db.levels import delete_rows
from app.db.revision import lock_revision, raise_revision
from app.domain.principal import Account, Role
from app.domain.source import AS_USUAL, Schedule, Source
from app.errors import InvalidInput, NotFound, NotPermitted

MOST_MINUTES = 366 * 24 * 60
_COLUMNS = """
select s.id, s.key, s.kind, s.config, s.classification_floor, s.synced_at, p.key as owner,
       s.secret is not null as has_secret, s.sync_minutes, s.permission_minutes
  from source s left join principal p on p.id = s.owner_id
"""
_FIND = text(_COLUMNS + " where s.key = :key")
_LIST = text(_COLUMNS + " where :everything or s.owner_id = :owner order by s.key")
_PUT = text("""
insert into source (key, kind, config, classification_floor, owner_id,
                    sync_minutes, permission_minutes)
values (:key, :kind, cast(:config as jsonb), :floor,
        (select id from principal where kind = 'user' and key = :owner and known),
        :sync_minutes, :permission_minutes)
on conflict (key) do update set kind = :kind, config = cast(:config as jsonb),
       classification_floor = :floor, owner_id = excluded.owner_id,
       sync_minutes = :sync_minutes, permission_minutes = :permission_minutes,
       -- it was given for the address of before, which account rules say nothing of
       secret = case when source.kind = :kind
                      and source.config - 'accounts' = cast(:config as jsonb) - 'accounts'
                     then source.secret end
returning owner_id
""")
_CONFIRM = text("update source set confirmed_at = now() where id = :id")
_LOCK_DOCUMENTS = text("select id from document where source_id = :id order by id for update")
_REMOVE = (
    text("delete from document where source_id = :id"),
    text("delete from source where id = :id"),
)


async def register(
    database: Database,
    account: Account | None,
    *,
    key: str,
    kind: str,
    config: Mapping[str, Any],
    classification_floor: str,
    owner: str | None,
    levels: Sequence[str],
    schedule: Schedule = AS_USUAL,
) -> Source:
    """Register a source, or change the one with this key. `account` is None for the operator.

    An owner registers for itself; an admin for anybody. What the worker's own machine holds is not
    an owner's to give: only an admin says which folder or file of it is a source. Raises
    InvalidInput, NotPermitted, and NotFound for a key that somebody else owns.
    """
    _check(key, kind, config, classification_floor, levels, schedule)
    if account is not None and account.role is not Role.ADMIN:
        owner = owner or account.email
        if owner.lower() != account.email:
            raise NotPermitted("you can register sources for yourself only; ask an admin")
    schedule = schedule_for(kind, schedule)
    async with database.app() as connection:
        found = (await connection.execute(_FIND, {"key": key})).one_or_none()
        before = None if found is None else _source(found)
        if before is not None:
            _require(account, before)
        _require_given(account, kind, config, before)
        owner_id = await connection.scalar(
            _PUT,
            {
                "key": key,
                "kind": kind,
                "config": json.dumps(dict(config)),
                "floor": classification_floor,
                "owner": owner.lower() if owner else None,
                "sync_minutes": schedule.sync_minutes,
                "permission_minutes": schedule.permission_minutes,
            },
        )
        if owner is not None and owner_id is None:
            raise InvalidInput(f"nobody here is called {owner!r}; name a known user as owner")
        return _source((await connection.execute(_FIND, {"key": key})).one())


async def get_source(database: Database, account: Account | None, key: str) -> Source:
    """A source that the account may manage. Raises NotFound, also where it may not."""
    async with database.app() as connection:
        return await find_source(connection, account, key)


async def find_source(connection: AppConnection, account: Account | None, key: str) -> Source:
    """The same in the caller's transaction."""
    row = (await connection.execute(_FIND, {"key": key})).one_or_none()
    if row is None:
        raise NotFound(f"there is no source {key!r}, or you may not see it")
    source = _source(row)
    _require(account, source)
    return source


async def list_sources(database: Database, account: Account | None) -> list[Source]:
    """The sources that the account may manage, by key; all of them for an admin."""
    everything = account is None or account.role is Role.ADMIN
    parameters = {"everything": everything, "owner": account.principal_id if account else None}
    async with database.app() as connection:
        return [_source(row) for row in await connection.execute(_LIST, parameters)]


async def confirm_source(database: Database, account: Account | None, key: str) -> None:
    """The source stands by all its ACLs: their leases begin anew. Raises NotFound."""
    async with database.app() as connection:
        source = await find_source(connection, account, key)
        await connection.execute(_CONFIRM, {"id": source.id})


async def remove_source(
    database: Database, account: Account | None, key: str, levels: Sequence[str]
) -> int:
    """Remove a source and everything indexed from it; the revision from which it is gone.

    The database keeps who could read its documents until then, for the past to be explained.
    """
    async with database.app() as connection:
        source = await find_source(connection, account, key)
        # documents before the revision, as everybody locks them
        documents = list(await connection.scalars(_LOCK_DOCUMENTS, {"id": source.id}))
        await lock_revision(connection)
        await delete_rows(connection, levels, documents)
        for statement in _REMOVE:
            await connection.execute(statement, {"id": source.id})
        return await raise_revision(connection, f"source {key} removed")


def _check(
    key: str,
    kind: str,
    config: Mapping[str, Any],
    floor: str,
    levels: Sequence[str],
    schedule: Schedule,
) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,62}", key):
        raise InvalidInput("a source's key is made of a-z, 0-9, '.', '_' and '-', 63 at most")
    check_config(kind, config)
    if floor not in levels:
        raise InvalidInput(f"unknown classification {floor!r}; there is {', '.join(levels)}")
    for minutes in (schedule.sync_minutes, schedule.permission_minutes):
        if minutes is not None and not 0 <= minutes <= MOST_MINUTES:
            raise InvalidInput("a schedule is in minutes, a year at most; 0: never by itself")


def _require_given(
    account: Account | None, kind: str, config: Mapping[str, Any], before: Source | None
) -> None:
    """Raises NotPermitted where an owner names a folder or file that no admin gave the source."""
    if account is None or account.role is Role.ADMIN or not reads_local(kind, config):
        return
    if before is None or (before.kind, dict(before.config)) != (kind, dict(config)):
        raise NotPermitted(
            "a folder or file of the machine that reads it is for an admin to register, with you as"
            " its owner; ask one"
        )


def _require(account: Account | None, source: Source) -> None:
    if account is None or account.role is Role.ADMIN or source.owner == account.email:
        return
    raise NotFound(f"there is no source {source.key!r}, or you may not see it")


def _source(row: Row[Any]) -> Source:
    return Source(
        id=row.id,
        key=row.key,
        kind=row.kind,
        config=row.config,
        classification_floor=row.classification_floor,
        owner=row.owner,
        synced_at=row.synced_at,
        has_secret=row.has_secret,
        schedule=Schedule(row.sync_minutes, row.permission_minutes),
    )
