"""What a source would become is shown before anything of it is indexed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from app.authn.accounts import add_user
from app.catalog.jobs import start_preview
from app.catalog.secrets import SourceSecrets
from app.domain.principal import Account, Role
from app.web.api.jobs import samples
from ingestion import preview
from tests.ingestion.test_sync import write
from tests.ingestion.world import World

pytestmark = pytest.mark.integration


async def test_a_preview_says_who_what_and_how_and_indexes_nothing(
    tree: World, ada: Account
) -> None:
    secrets = SourceSecrets(tree.database, "ab" * 32)
    tree.runner.secrets = secrets
    root = Path(tree.source.config["path"])
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "a.md", "Call 212-456-7890, or pay with card 4111 1111 1111 1111.")
    write(root / "b.md", "shared words")
    write(root / "broken.pdf", b"%PDF-1.4 rubbish")
    write(root / "hr/_acl.yaml", f"allow: [{ada.email}, eve@nowhere.example, group:none]")
    write(root / "hr/c.md", "---\nclassification: confidential\n---\nshared words of hr")
    write(root / "odd/_acl.yaml", "allow: [")
    write(root / "odd/d.md")
    job_id = await start_preview(tree.database, None, tree.source)
    await tree.runner.run_waiting(job_id)
    job = await tree.job(job_id)
    assert (job.state, job.total, job.done, job.failed) == ("done", 5, 5, 1)
    assert job.detail["documents"] == 5
    assert job.detail["classifications"] == {"internal": 3, "confidential": 1}
    assert job.detail["unmapped"] == {"eve@nowhere.example": 1, "group:none": 1}
    assert job.detail["wide"] == {"everyone": 3}
    assert job.detail["closed"] == 1
    assert job.detail["unreadable"]["count"] == 1
    assert set(job.detail["problems"]) == {"odd/_acl.yaml"}
    [first, *_] = samples(job, secrets)["samples"]
    assert first["text"] == "Call [PHONE NUMBER 1], or pay with card [CREDIT CARD 1]."
    assert "shared words" not in json.dumps(dict(job.detail)), "text is kept unsealed"
    assert samples(job, SourceSecrets(tree.database, "cd" * 32)) == {}
    assert await tree.indexed() == 0
    async with tree.database.app() as connection:
        count = text("select count(*) from document where source_id = :id")
        assert await connection.scalar(count, {"id": tree.source.id}) == 0


async def test_a_group_of_most_people_is_wide(tree: World, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [
        await add_user(tree.database, f"p{n}@wide.example", f"P{n}", Role.EMPLOYEE, None)
        for n in range(3)
    ]
    root = Path(tree.source.config["path"])
    write(root / "_acl.yaml", "allow: [group:most, group:few]")
    write(root / "a.md")
    async with tree.database.app() as connection:
        for key, held in (("inner", 3), ("few", 0)):
            group = await connection.scalar(_GROUP, {"key": key})
            for person in people[:held]:
                await connection.execute(_IN, {"group": group, "member": person.principal_id})
        outer = await connection.scalar(_GROUP, {"key": "most"})
        inner = await connection.scalar(
            text("select id from principal where kind = 'group' and key = 'inner'")
        )
        await connection.execute(_IN, {"group": outer, "member": inner})
        users = await connection.scalar(
            text("select count(*) from principal where kind = 'user' and known")
        )
    monkeypatch.setattr(preview, "WIDE", 3 / int(users))
    tree.runner.secrets = SourceSecrets(tree.database, "ab" * 32)
    job_id = await start_preview(tree.database, None, tree.source)
    await tree.runner.run_waiting(job_id)
    job = await tree.job(job_id)
    assert (job.detail["wide"], job.detail["unmapped"]) == ({"group:most": 1}, {})


_GROUP = text("insert into principal (kind, key, known) values ('group', :key, true) returning id")
_IN = text("""
insert into membership (group_id, member_id, since_revision) values (:group, :member, 0)
""")
