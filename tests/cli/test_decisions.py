"""`portcullis source decide`, `undecide` and `reviews`, as an operator runs them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from app.audit.query import query_records
from app.authn.accounts import add_user
from app.catalog.decisions import OPERATOR, second
from app.catalog.sources import register
from app.cli.operator import SUBJECT
from app.db.engine import Database
from app.domain.principal import Role
from app.domain.record import AuditFilter
from tests.command import Told, portcullis, started
from tests.conftest import SECRET

pytestmark = pytest.mark.integration

SOURCE = "reviewed"
NAME = "plans/\x1b[31mred plan.md"
Run = Callable[..., Awaitable[Told]]
_DOCUMENT = text("""
insert into document (source_id, external_id, state, classification)
values (:source, :name, 'indexed', 'regulated')
on conflict (source_id, external_id) do update set state = 'indexed' returning id
""")
_DOUBT = text("""
insert into doubt (document_id, otherwise, reasons) values (:id, 'public', :why)
on conflict do nothing
""")


@pytest.fixture
async def run(database: Database, owner_url: str, tmp_path: Path, levels: tuple[str, ...]) -> Run:
    """A source with one document whose classification is in doubt."""
    source = await register(
        database, None, key=SOURCE, kind="push", config={}, classification_floor="internal",
        owner=None, levels=levels,
    )  # fmt: skip
    async with database.app() as connection:
        document = await connection.scalar(_DOCUMENT, {"source": source.id, "name": NAME})
    async with database.ingest() as ingest:
        await ingest.execute(_DOUBT, {"id": document, "why": ["like pay slips (0.55)"]})

    async def command(*words: str, run: Callable[..., Told] = portcullis) -> Told:
        return await asyncio.to_thread(
            run, "source", words[0], "--data-dir", str(tmp_path), *words[1:],
            PORTCULLIS_DATABASE_URL=owner_url, PORTCULLIS_SECRET_KEY=SECRET,
        )  # fmt: skip

    return command


async def test_what_is_in_doubt_is_listed_decided_and_undecided(
    run: Run, database: Database
) -> None:
    code, told, _ = await run("reviews")
    assert code == 0
    assert "like pay slips (0.55)" in told
    assert "\x1b" not in told
    code, told, _ = await run("decide", SOURCE, NAME, "public", "--reason", "a plan for all")
    assert code == 0
    assert "once somebody else agreed" in told
    told = (await run("reviews"))[1]
    assert "no document waits" in told
    assert [word in told for word in (OPERATOR, "not yet", "a plan for all")] == [True] * 3
    mia = await add_user(database, "mia@reviewed.example", "Mia", Role.COMPLIANCE, None)
    await second(database, mia, SOURCE, NAME, "public")
    assert mia.email in (await run("reviews"))[1]
    assert (await run("undecide", SOURCE, NAME))[0] == 0
    assert "like pay slips" in (await run("reviews"))[1]
    found = await query_records(database, AuditFilter(action="classification"))
    changes = {e.record.detail["change"] for e in found.entries if e.record.subject == SUBJECT}
    assert changes == {"decided public", "decided no more"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("decide", SOURCE, "none.md", "public", "--reason", "why"), "no such document"),
        (("decide", "none", NAME, "public", "--reason", "why"), "none"),
        (("decide", SOURCE, NAME, "secret", "--reason", "why"), "there is public, internal"),
        (("decide", SOURCE, NAME, "public", "--reason", " "), "say why"),
        (("undecide", SOURCE, NAME), "nothing is decided"),
    ],
)
async def test_what_cannot_be_done_is_one_line(run: Run, words: tuple[str, ...], told: str) -> None:
    code, out, errors = await run(*words)
    assert (code, out) == (1, "")
    assert told in errors
    assert errors.count("\n") == 1


async def test_from_a_terminal_it_needs_a_reason(run: Run) -> None:
    code, _, errors = await run("decide", SOURCE, NAME, "public", run=started)
    assert code != 0
    assert "--reason" in errors
