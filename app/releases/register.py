"""Releases and their way, as Postgres keeps them: rows are added, none is changed."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import Row, text

from app.db.engine import AppConnection
from app.domain.release import RegisteredRelease, Release, ReleaseEvent, Signature, Stage
from app.errors import InvalidInput, NotFound
from app.releases.canonical import canonical

_ADD = text("""
insert into release (name, digest, manifest, key_id, public_key, signature)
values (:name, :digest, :manifest, :key_id, :public_key, :signature)
on conflict (name) do nothing
""")
_EVENT = text("""
insert into release_event (release, who, what, from_stage, to_stage, reason)
values (:release, :who, :what, :came_from, :to, :reason)
""")
_FIND = text("""
select r.*, coalesce((select e.to_stage from release_event e
                       where e.release = r.name and e.to_stage is not null
                       order by e.id desc limit 1), 'intake') as stage
  from release r
 where cast(:name as text) is null or r.name = :name
 order by r.at desc, r.name
""")
_EVENTS = text("select * from release_event where release = :name order by id")
# Replaced by another, and neither rolled back nor retired since.
_FORMER = text("""
select e.release from release_event e
 where e.to_stage = 'production' and e.release <> :current
   and (select l.to_stage from release_event l
         where l.release = e.release and l.to_stage is not null
         order by l.id desc limit 1) = 'staged'
 order by e.id desc limit 1
""")
_NAME = re.compile(r"r-[0-9a-f]{12}")


async def add(connection: AppConnection, release: Release, who: str, what: str) -> bool:
    """Keep a release that is not there yet, at the stage `intake`; whether it was new."""
    added = await connection.execute(
        _ADD,
        {
            "name": release.name,
            "digest": release.digest,
            "manifest": canonical(dict(release.manifest)).decode(),
            "key_id": release.signature.key_id,
            "public_key": release.signature.public_key,
            "signature": release.signature.value,
        },
    )
    if added.rowcount:
        await say(connection, release.name, who, what, None, Stage.INTAKE, "")
    return bool(added.rowcount)


async def say(
    connection: AppConnection,
    name: str,
    who: str,
    what: str,
    came_from: Stage | None,
    to: Stage | None,
    reason: str,
) -> None:
    """Add one step. With `to` the release is at that stage from the commit on."""
    said = {"release": name, "who": who, "what": what, "reason": reason}
    await connection.execute(_EVENT, {**said, "came_from": came_from, "to": to})


async def find(connection: AppConnection, name: str) -> RegisteredRelease:
    """Raises NotFound."""
    require_name(name)
    row = (await connection.execute(_FIND, {"name": name})).one_or_none()
    if row is None:
        raise _no_release(name)
    return _registered(row)


def require_name(words: str) -> None:
    """Raises NotFound for what cannot be the name of a release."""
    if _NAME.fullmatch(words) is None:
        raise _no_release(words)


async def list_all(connection: AppConnection) -> list[RegisteredRelease]:
    """Newest first."""
    return [_registered(row) for row in await connection.execute(_FIND, {"name": None})]


async def events(connection: AppConnection, name: str) -> list[ReleaseEvent]:
    """A release's way, oldest step first."""
    return [
        ReleaseEvent(
            row.release, row.at, row.who, row.what,
            Stage(row.from_stage) if row.from_stage else None,
            Stage(row.to_stage) if row.to_stage else None, row.reason,
        )
        for row in await connection.execute(_EVENTS, {"name": name})
    ]  # fmt: skip


async def former_production(connection: AppConnection, current: str) -> str | None:
    """The release that was in production last before the present one, and may come back."""
    found = await connection.scalar(_FORMER, {"current": current})
    return str(found) if found is not None else None


def stage_of(words: str) -> Stage:
    """Raises InvalidInput."""
    try:
        return Stage(words)
    except ValueError as error:
        raise InvalidInput(f"there is no stage {words!r}; there are {', '.join(Stage)}") from error


def _no_release(name: str) -> NotFound:
    return NotFound(f"there is no release {name[:40]!r}; `portcullis release list` names them")


def _registered(row: Row[Any]) -> RegisteredRelease:
    signature = Signature(row.key_id, row.public_key, row.signature)
    release = Release(row.name, row.digest, json.loads(row.manifest), signature)
    return RegisteredRelease(release, Stage(row.stage), row.at)
