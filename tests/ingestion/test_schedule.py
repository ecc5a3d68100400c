"""When a source is due, and what the worker keeps of it between its jobs."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.authz.policy import Policy
from app.catalog.sources import register, remove_source
from app.domain.source import Schedule, Source
from ingestion.copies import Copies
from ingestion.notes import Notes
from ingestion.runner import Runner
from tests.ingestion.world import World

pytestmark = pytest.mark.integration

_AGO = text("""
update source set synced_at = now() - make_interval(mins => :minutes),
       confirmed_at = now() - make_interval(mins => :minutes) where id = :id
""")
_WAITING = text("select kind from job where source_id = :id and state = 'queued' order by kind")


async def folder(runner: Runner, path: Path, schedule: Schedule) -> Source:
    return await register(
        runner.database, None, key=f"due-{uuid4().hex[:8]}", kind="filesystem",
        config={"path": str(path)}, classification_floor="public", owner=None,
        levels=runner.levels, schedule=schedule,
    )  # fmt: skip


async def asked(runner: Runner, source: Source, minutes: int) -> list[str]:
    """The kinds of job asked for, where settings say `minutes` and it was looked at 20 ago."""
    async with runner.database.ingest() as connection:
        await connection.execute(_AGO, {"id": source.id, "minutes": 20})
    for kind in ("sync", "permissions"):
        await runner.ask_for_due(kind, minutes)
    async with runner.database.ingest() as connection:
        return list(await connection.scalars(_WAITING, {"id": source.id}))


@pytest.mark.parametrize(
    ("schedule", "minutes", "expected"),
    [
        (Schedule(), 15, ["permissions", "sync"]),
        (Schedule(), 30, []),
        (Schedule(), 0, []),
        (Schedule(0, None), 15, ["permissions"]),
        (Schedule(None, 0), 15, ["sync"]),
        (Schedule(10, 60), 0, ["sync"]),
    ],
)
async def test_a_source_is_due_by_its_own_schedule(
    runner: Runner, tmp_path: Path, schedule: Schedule, minutes: int, expected: list[str]
) -> None:
    source = await folder(runner, tmp_path, schedule)
    assert await asked(runner, source, minutes) == expected


async def test_notes_of_a_connector_are_kept_until_the_source_goes(
    runner: Runner, tmp_path: Path
) -> None:
    notes = Notes(runner.database)
    mine, other = [await folder(runner, tmp_path, Schedule()) for _ in range(2)]
    await notes.save(mine.id, {}, {"a": "1", "b": "2"})
    await notes.save(other.id, {}, {"a": "theirs"})
    await notes.save(mine.id, {"a": "1", "b": "2"}, {"b": "3", "c": "4"})
    assert await notes.load(mine.id) == {"b": "3", "c": "4"}
    assert await notes.load(other.id) == {"a": "theirs"}
    await remove_source(runner.database, None, mine.key, runner.levels)
    assert await notes.load(mine.id) == {}
    await notes.save(mine.id, {}, {"late": "a job that still ran"})
    assert await notes.load(mine.id) == {}


async def test_copies_go_with_the_source_and_with_its_config(
    runner: Runner, tmp_path: Path, policy: Policy
) -> None:
    copies = Copies(tmp_path / "copies")
    keeping = replace(runner, copies=copies)
    await keeping.forget_copies()
    source = await folder(runner, tmp_path, Schedule())
    world = World(keeping, policy, source)
    (tmp_path / "note.md").write_text("a note", encoding="utf-8")
    assert (await world.sync()).state == "done"
    assert stat.S_IMODE(copies.root.stat().st_mode) == 0o700
    mine = copies.of(source.id, source.config)
    for made in (mine, copies.of(source.id, {"path": "/before"}), copies.of(0, source.config)):
        (made / "below").mkdir(parents=True)
    await keeping.forget_copies()
    assert list(copies.root.iterdir()) == [mine]
    await remove_source(runner.database, None, source.key, runner.levels)
    await keeping.forget_copies()
    assert copies.empty
