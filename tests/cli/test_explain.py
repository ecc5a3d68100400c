"""`portcullis explain`, as an operator runs it: a tree, or JSON, on record, errors in one line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from app.audit.query import query_records
from app.authn.accounts import add_user
from app.authz.directory import Group, Person, replace_directory
from app.authz.grants import set_container_acl
from app.catalog.sources import register
from app.db.engine import Database
from app.domain.acl import Acl
from app.domain.principal import Role
from app.domain.record import AuditFilter
from tests.command import Told, portcullis, started
from tests.conftest import SECRET

pytestmark = pytest.mark.integration

ANN = "ann@command.example"
LONG = f"plans/{'a-long-name/' * 12}\x1b[31mred\n.txt"


@dataclass
class Shell:
    database: Database
    owner_url: str
    data_dir: Path

    async def explain(self, *words: str, run: Callable[..., Told] = portcullis) -> Told:
        said = ("explain", "--data-dir", str(self.data_dir), *words)
        return await asyncio.to_thread(
            run, *said, PORTCULLIS_DATABASE_URL=self.owner_url, PORTCULLIS_SECRET_KEY=SECRET
        )


@pytest.fixture
async def shell(
    database: Database, owner_url: str, tmp_path: Path, levels: tuple[str, ...]
) -> Shell:
    await add_user(database, ANN, "Ann", Role.EMPLOYEE, None)
    source = await register(
        database, None, key="desk", kind="push", config={}, classification_floor="public",
        owner=None, levels=levels,
    )  # fmt: skip
    async with database.app() as connection:
        groups = [Group("staff", [ANN]), Group("company", ["group:staff"])]
        await replace_directory(connection, [Person(ANN, "Ann")], groups)
        acl = Acl.parse(["group:company"], ["group:contractors"])
        slot = (await set_container_acl(connection, source.id, "plans", acl)).slot_id
        for name in ("Plan.txt", LONG):
            await connection.execute(
                text("""
                insert into document (source_id, external_id, container_id, slot_id, state,
                                      classification)
                select :source, :name, id, :slot, 'indexed', 'regulated' from container
                 where source_id = :source on conflict do nothing"""),
                {"source": source.id, "name": name, "slot": slot},
            )
    return Shell(database, owner_url, tmp_path)


async def test_a_tree_that_says_the_decision_the_path_and_what_would_change_it(
    shell: Shell,
) -> None:
    asked = ("--user", "Ann@command.example", "--document", "desk:Plan.txt")
    code, out, err = await shell.explain(*asked, run=started)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"{ANN} may NOT read"
    assert lines[1] == "desk / Plan.txt"
    assert f"├─ grants     allow {ANN} > group:staff > group:company (the container's," in out
    assert "├─ clearance  public, internal, confidential: NOT enough for regulated" in out
    assert "all of these together would open it:" in out
    assert (
        "user needs the classification regulated, which policy gives to group:regulated-data" in out
    )


async def test_hostile_names_stay_within_100_columns_and_on_their_lines(shell: Shell) -> None:
    code, out, _ = await shell.explain("--user", ANN, "--document", f"desk:{LONG}")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 100
    assert "\x1b" not in out
    assert r"\x1b[31mred\n.txt" in out.replace("\n", "")


async def test_json_of_an_id_at_a_time_is_on_record(shell: Shell) -> None:
    async with shell.database.app() as connection:
        document = await connection.scalar(
            text("select id from document where external_id = 'Plan.txt'")
        )
        at = await connection.scalar(text("select clock_timestamp()"))
    code, out, _ = await shell.explain(
        "--user", ANN, "--document", str(document), "--at", at.isoformat(), "--json"
    )
    assert code == 0
    body = json.loads(out)
    assert (body["readable"], body["at"]) == (False, at.isoformat())
    assert body["document"]["id"] == str(document)
    wanted = AuditFilter(subject="operator", action="explain")
    entry = (await query_records(shell.database, wanted, 1)).entries[0]
    assert entry.outcome == "done"
    assert entry.record.detail.items() >= {
        "user": ANN, "document": str(document), "at": at.isoformat(),
    }.items()  # fmt: skip


@pytest.mark.parametrize(
    ("document", "more", "says"),
    [
        ("desk:absent.txt", (), "there is no such document"),
        ("Plan.txt", (), "SOURCE:EXTERNAL_ID"),
        ("desk:Plan.txt", ("--at", "yesterday"), "2026-11-24T10:30"),
        ("desk:Plan.txt", ("--at", "2999-01-01"), "still to come"),
    ],
)
async def test_errors_are_one_line(
    shell: Shell, document: str, more: tuple[str, ...], says: str
) -> None:
    code, out, err = await shell.explain("--user", ANN, "--document", document, *more)
    assert (code, out) == (1, "")
    assert says in err
    assert err.count("\n") == 1
