"""A bucket and its index: what is shared, unshared, moved and deleted shows after the next sync,
and what closes after a sync of ACLs alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from app.authz.policy import Policy
from app.catalog.jobs import start_sync
from app.catalog.sources import register
from app.domain.principal import Account
from app.domain.source import Job
from ingestion import runner as runner_module
from ingestion.connect import Access
from ingestion.runner import Runner
from ingestion.sources.reach import Reach
from tests.ingestion.bucket import SECRET, Bucket, serving
from tests.ingestion.world import World

pytestmark = pytest.mark.integration


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    def access(levels: tuple[str, ...], max_bytes: int, _: Reach, *__: Any) -> Access:
        return Access(levels, max_bytes, Reach(frozenset({"127.0.0.1"})), SECRET)

    monkeypatch.setattr(runner_module, "Access", access)
    with serving() as bucket:
        yield bucket


@pytest.fixture(params=["sidecars", "versions", "tags"])
async def shop(
    request: pytest.FixtureRequest, bucket: Bucket, runner: Runner, policy: Policy
) -> World:
    """A source that is a bucket, empty as yet."""
    if request.param == "versions":
        bucket.versions("Enabled")
    config = {**bucket.config, **({"acl": "tags"} if request.param == "tags" else {})}
    source = await register(
        runner.database, None, key=f"shop-{uuid4().hex[:8]}", kind="s3", config=config,
        classification_floor="public", owner=None, levels=runner.levels,
    )  # fmt: skip
    return World(runner, policy, source)


async def permissions(world: World) -> Job:
    job = await start_sync(world.database, None, world.source, acls_only=True)
    await world.runner.run_waiting(job)
    return await world.job(job)


async def look(world: World, acls_only: bool) -> Job:
    job = await permissions(world) if acls_only else await world.sync()
    assert job.state == "done", job.message
    return job


@pytest.mark.parametrize("acls_only", [False, True], ids=["sync", "permissions"])
async def test_what_changes_in_the_bucket_shows(
    shop: World, bucket: Bucket, ada: Account, bob: Account, acls_only: bool
) -> None:
    bucket.put("_acl.yaml", f"allow: [{ada.email}]")
    bucket.put("hr/_acl.yaml", f"allow: [{bob.email}]")
    for name in ("a.md", "b.md", "hr/c.md"):
        bucket.put(name, f"shared words of {name}")
    await shop.sync()
    assert set(await shop.reads(ada)) == {"a.md", "b.md"}
    assert set(await shop.reads(bob)) == {"hr/c.md"}

    # shared: nothing is read again
    bucket.put("_acl.yaml", "allow: [everyone]")
    bucket.asked.clear()
    await look(shop, acls_only)
    assert set(await shop.reads(bob)) == {"a.md", "b.md", "hr/c.md"}
    assert not [path for _, path in bucket.asked if ".md?" in path and "tagging" not in path]

    # unshared
    bucket.put("_acl.yaml", f"allow: [{ada.email}]\ndeny: [{bob.email}]")
    await look(shop, acls_only)
    assert set(await shop.reads(ada)) == {"a.md", "b.md"}
    assert await shop.reads(bob) == {}  # denies add up

    # moved
    bucket.put("hr/_acl.yaml", f"allow: [{bob.email}]")
    bucket.put("_acl.yaml", f"allow: [{ada.email}]")
    bucket.put("hr/a.md", "shared words of a.md")
    bucket.delete("a.md")
    await look(shop, acls_only)
    assert set(await shop.reads(ada)) == {"b.md"}
    await shop.sync()
    assert set(await shop.reads(bob)) == {"hr/c.md", "hr/a.md"}

    # deleted
    bucket.delete("b.md")
    await look(shop, acls_only)
    assert (await shop.reads(ada), await shop.indexed()) == ({}, 2)


@pytest.mark.parametrize("shop", ["tags"], indirect=True)
@pytest.mark.parametrize("acls_only", [False, True], ids=["sync", "permissions"])
async def test_what_tags_say_shows(
    shop: World, bucket: Bucket, ada: Account, bob: Account, acls_only: bool
) -> None:
    def tag(**said: str) -> None:
        tags = [{"Key": f"portcullis-{key}", "Value": value} for key, value in said.items()]
        bucket.client.put_object_tagging(Bucket="papers", Key="a.md", Tagging={"TagSet": tags})

    bucket.put("_acl.yaml", "allow: [everyone]")
    bucket.put("a.md")
    await shop.sync()
    assert set(await shop.reads(bob)) == {"a.md"}
    tag(allow=ada.email)
    await look(shop, acls_only)
    assert (set(await shop.reads(ada)), await shop.reads(bob)) == ({"a.md"}, {})
    # nobody knows: nobody may read, not even whom the folder lets in
    tag(deny=bob.email)
    await look(shop, acls_only)
    assert (await shop.reads(ada), await shop.reads(bob)) == ({}, {})
    tag(allow=f"{ada.email} {bob.email}")
    bucket.put("_acl.yaml", f"allow: [everyone]\ndeny: [{bob.email}]")
    await look(shop, acls_only)
    assert (set(await shop.reads(ada)), await shop.reads(bob)) == ({"a.md"}, {})


async def test_a_store_that_does_not_answer_deletes_nothing(
    shop: World, bucket: Bucket, ada: Account
) -> None:
    bucket.put("_acl.yaml", f"allow: [{ada.email}]")
    bucket.put("a.md")
    await shop.sync()
    await register(
        shop.database, None, key=shop.source.key, kind="s3",
        config={**shop.source.config, "endpoint": "http://127.0.0.1:9"},
        classification_floor="public", owner=None, levels=shop.levels,
    )  # fmt: skip
    for job in (await shop.sync(), await permissions(shop)):
        assert job.state == "failed"
        assert SECRET not in job.message
    assert set(await shop.reads(ada)) == {"a.md"}
