"""Releases in short, a page at a time: where each is, since when, by whom, with whose approval."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.db.engine import AppConnection
from app.domain.recipe import Recipe
from app.domain.release import Stage
from app.releases.wishes import APPROVED

PAGE = 20

# The last move of each, and who approved it: after the move before it, and before itself.
_LIST = text("""
select r.name, r.at, r.manifest, m.to_stage, m.at as since, m.who, a.approved_by
  from release r
  left join lateral (select e.id, e.to_stage, e.at, e.who from release_event e
                      where e.release = r.name and e.to_stage is not null
                      order by e.id desc limit 1) m on true
  left join lateral (select array_agg(distinct e.who order by e.who) as approved_by
                       from release_event e
                      where e.release = r.name and e.id < m.id
                        and e.what = :approved || m.to_stage
                        and e.id > coalesce((select max(p.id) from release_event p
                                              where p.release = r.name and p.id < m.id
                                                and p.to_stage is not null), 0)) a on true
 where (cast(:names as text[]) is null or r.name = any(cast(:names as text[])))
   and (cast(:after as text) is null
        or (r.at, r.name) < (select b.at, b.name from release b where b.name = :after))
 order by r.at desc, r.name desc
 limit :most
""")


@dataclass(frozen=True, slots=True)
class ListedRelease:
    """`since` is when it came to its stage, `who` took it there and `approved_by` agreed."""

    name: str
    known: datetime
    stage: Stage
    since: datetime
    who: str
    approved_by: tuple[str, ...]
    recipe: Recipe


async def listed(
    connection: AppConnection, after: str | None = None
) -> tuple[list[ListedRelease], str | None]:
    """The newest releases, or those that follow after one by name, and after which one the next
    page begins, None on the last."""
    found = await _rows(connection, {"names": None, "after": after, "most": PAGE + 1})
    more = len(found) > PAGE
    return found[:PAGE], found[PAGE - 1].name if more else None


async def named(connection: AppConnection, names: Sequence[str]) -> dict[str, ListedRelease]:
    """Those that there are, by name."""
    wanted = {"names": list(names), "after": None, "most": len(names)}
    return {one.name: one for one in await _rows(connection, wanted)}


async def _rows(connection: AppConnection, wanted: dict[str, Any]) -> list[ListedRelease]:
    rows = await connection.execute(_LIST, {**wanted, "approved": APPROVED.format("")})
    return [
        ListedRelease(
            row.name, row.at, Stage(row.to_stage or Stage.INTAKE), row.since or row.at,
            row.who or "", tuple(row.approved_by or ()),
            Recipe.of(json.loads(row.manifest)["recipe"]),
        )
        for row in rows
    ]  # fmt: skip
