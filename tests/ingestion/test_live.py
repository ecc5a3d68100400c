"""A source is asked at the moment whether a document may be read, and no answer is a no."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from app.answering.conversations import Conversations
from app.answering.pipeline import Answering
from app.answering.profiles import Profile
from app.audit.record import Recorder
from app.authz.live import LiveCheck
from app.authz.scope import ScopeResolver
from app.authz.watch import Watch
from app.catalog.sources import register
from app.db.engine import Database
from app.domain.answer import Answer, Citation, Outcome
from app.domain.principal import Account
from app.errors import NotFound
from app.inference.chat import ChatModel
from app.retrieval.authorised import AuthorisedSearch
from app.retrieval.copies import CodeCopies
from app.retrieval.search import Searcher
from ingestion.live import LiveAnswers
from ingestion.sources import Standing, filesystem
from tests.answering.house import NOWHERE
from tests.answering.passages import HashingEmbedder
from tests.ingestion.test_permissions import permissions, root
from tests.ingestion.test_sync import write
from tests.ingestion.world import World, document

pytestmark = pytest.mark.integration
__all__ = ["root"]

LEVEL = "internal"
"""Of what nothing else says a classification."""


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files whose source was asked about, in order."""
    monkeypatch.setattr(filesystem, "SETTLED_SECONDS", 0.0)
    names: list[str] = []
    verify = filesystem.Filesystem.verify

    def watched(self: filesystem.Filesystem, external_id: str) -> Standing | None:
        names.append(external_id)
        return verify(self, external_id)

    monkeypatch.setattr(filesystem.Filesystem, "verify", watched)
    return names


@asynccontextmanager
async def answering(world: World) -> AsyncIterator[None]:
    """A worker that answers, as it does beside its jobs."""
    task = asyncio.create_task(LiveAnswers(world.runner).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def live(database: Database, seconds: float = 0.001, patience: float = 10.0) -> LiveCheck:
    return LiveCheck(database, {LEVEL: timedelta(seconds=seconds)}, patience)


async def ids(world: World) -> dict[str, UUID]:
    statement = text("select external_id, id from document where source_id = :source")
    async with world.database.app() as connection:
        rows = await connection.execute(statement, {"source": world.source.id})
        return {row.external_id: row.id for row in rows}


def conversations(world: World) -> Conversations:
    return Conversations(world.database, world.policy, live(world.database))


async def standing(world: World, check: LiveCheck, *names: str) -> set[str]:
    known = await ids(world)
    stand = await check.standing((known[name], LEVEL) for name in names or known)
    return {name for name, document_id in known.items() if (document_id, LEVEL) in stand}


async def waiting(world: World) -> list[str]:
    statement = text("select kind from job where source_id = :source and state = 'queued'")
    async with world.database.app() as connection:
        return list(await connection.scalars(statement, {"source": world.source.id}))


async def test_what_the_source_stands_by_is_shown_and_not_asked_again_within_its_window(
    tree: World, root: Path, read: list[str]
) -> None:
    async with answering(tree):
        assert await standing(tree, live(tree.database)) == {"a.md", "b.md", "own.md"}
        assert sorted(read) == ["a.md", "b.md", "own.md"]
        assert await standing(tree, live(tree.database, 60)) == {"a.md", "b.md", "own.md"}
        assert len(read) == 3
        assert await standing(tree, live(tree.database), "a.md") == {"a.md"}
        assert len(read) == 4
    assert await waiting(tree) == []


async def test_what_was_unshared_closes_at_once(
    tree: World, root: Path, ada: Account, bob: Account
) -> None:
    write(root / "_acl.yaml", f"allow: [{bob.email}]\nfiles: {{own.md: {{allow: [{ada.email}]}}}}")
    assert set(await tree.reads(ada)) == {"a.md", "b.md", "own.md"}
    async with answering(tree):
        # they stand where they stood; who may read there is the database's to say, and closed
        assert await standing(tree, live(tree.database), "a.md") == {"a.md"}
    assert set(await tree.reads(ada)) == {"own.md"}
    assert await tree.reads(bob) == {}
    assert await waiting(tree) == ["permissions"]
    await permissions(tree)
    assert set(await tree.reads(bob)) == {"a.md", "b.md"}


async def test_what_was_shared_with_everyone_stays_with_those_who_had_it(
    tree: World, root: Path, ada: Account, bob: Account
) -> None:
    write(root / "_acl.yaml", f"allow: [everyone]\nfiles: {{own.md: {{allow: [{ada.email}]}}}}")
    async with answering(tree):
        assert await standing(tree, live(tree.database)) == {"a.md", "b.md", "own.md"}
    assert set(await tree.reads(ada)) == {"a.md", "b.md", "own.md"}
    assert await tree.reads(bob) == {}
    await permissions(tree)
    assert set(await tree.reads(bob)) == {"a.md", "b.md"}


async def test_an_acl_that_has_become_that_of_its_folder_stands(
    tree: World, root: Path, ada: Account
) -> None:
    write(root / "_acl.yaml", f"allow: [{ada.email}]")
    async with answering(tree):
        assert await standing(tree, live(tree.database), "own.md") == {"own.md"}
    assert await waiting(tree) == []
    write(root / "_acl.yaml", f"allow: [{ada.email}, everyone]")
    async with answering(tree):
        assert await standing(tree, live(tree.database), "own.md") == set()


async def test_what_moved_or_went_is_closed_until_a_sync_places_it(
    tree: World, root: Path, ada: Account, bob: Account
) -> None:
    write(root / "_acl.yaml", f"allow: [{ada.email}]\nfiles: {{own.md: {{allow: [{bob.email}]}}}}")
    (root / "b.md").unlink()
    async with answering(tree):
        assert await standing(tree, live(tree.database)) == {"a.md"}
    assert set(await tree.reads(ada)) == {"a.md"}
    assert await tree.reads(bob) == {}
    await permissions(tree)
    assert set(await tree.reads(bob)) == {"own.md"}


async def test_a_source_that_does_not_answer_shows_nothing_and_changes_nothing(
    tree: World, root: Path, ada: Account
) -> None:
    away = str(root.with_name("away"))
    shutil.move(root, away)
    async with answering(tree):
        assert await standing(tree, live(tree.database)) == set()
        shutil.move(away, root)
        assert await standing(tree, live(tree.database)) == {"a.md", "b.md", "own.md"}
    assert set(await tree.reads(ada)) == {"a.md", "b.md", "own.md"}


async def test_without_a_worker_nothing_stands(tree: World, root: Path) -> None:
    assert await standing(tree, live(tree.database, patience=0.2)) == set()


async def test_a_late_answer_is_not_one_to_an_earlier_question(tree: World, root: Path) -> None:
    """What was asked by somebody who has gone is not looked up any more, and an old yes is none."""
    async with answering(tree):
        assert await standing(tree, live(tree.database)) == {"a.md", "b.md", "own.md"}
    assert await standing(tree, live(tree.database, patience=0.2)) == set()


async def test_a_connector_that_breaks_is_a_no(
    tree: World, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: filesystem.Filesystem, external_id: str) -> Standing | None:
        raise RuntimeError("what a source says")

    monkeypatch.setattr(filesystem.Filesystem, "verify", broken)
    async with answering(tree):
        assert await standing(tree, live(tree.database, patience=0.5)) == set()
        monkeypatch.undo()
        assert await standing(tree, live(tree.database)) == {"a.md", "b.md", "own.md"}


@contextmanager
def hanging(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """A source whose answers come when this ends."""
    let_go, verify = threading.Event(), filesystem.Filesystem.verify

    def slow(self: filesystem.Filesystem, external_id: str) -> Standing | None:
        if self.config["path"] == str(folder):
            let_go.wait(30)
        return verify(self, external_id)

    monkeypatch.setattr(filesystem.Filesystem, "verify", slow)
    try:
        yield
    finally:
        let_go.set()


async def test_a_source_that_hangs_keeps_no_other_waiting(
    tree: World, root: Path, other: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hanging(monkeypatch, root):
        async with answering(tree):
            assert await standing(tree, live(tree.database, patience=0.3)) == set()
            assert await standing(tree, live(tree.database, patience=0.3)) == set()
            assert await standing(other, live(tree.database)) == {"other.md"}


@pytest.fixture
async def other(tree: World, root: Path, tmp_path: Path, ada: Account) -> World:
    folder = tmp_path / "other"
    folder.mkdir()
    write(folder / "_acl.yaml", f"allow: [{ada.email}]")
    write(folder / "other.md", "shared words of another folder")
    source = await register(
        tree.database, None, key=f"{tree.source.key}-other", kind="filesystem",
        config={"path": str(folder)}, classification_floor="public", owner=None,
        levels=tree.levels,
    )  # fmt: skip
    made = replace(tree, source=source)
    await made.sync()
    return made


async def test_what_is_pushed_or_of_no_window_is_not_asked_about(
    tree: World, root: Path, world: World, read: list[str], ada: Account
) -> None:
    await world.push(document("pushed.txt", allow=[ada.email]))
    check = live(tree.database, patience=0.2)
    assert await standing(world, check) == {"pushed.txt"}
    known = await ids(tree)
    public = {(document_id, "public") for document_id in known.values()}
    assert await check.standing(public) == public
    unasked = LiveCheck(tree.database, {})
    assert await standing(tree, unasked) == {"a.md", "b.md", "own.md"}
    assert read == []


async def test_search_and_opening_show_only_what_is_confirmed(
    tree: World, root: Path, ada: Account, levels: tuple[str, ...]
) -> None:
    embedder = HashingEmbedder()
    resolver = ScopeResolver(tree.database, tree.policy, 60)
    searcher = Searcher(embedder, CodeCopies(tree.database, levels, embedder.dimensions))
    showing = AuthorisedSearch(resolver, searcher, Recorder(tree.database), live(tree.database))
    known = await ids(tree)
    write(root / "_acl.yaml", f"allow: []\nfiles: {{own.md: {{allow: [{ada.email}]}}}}")

    async def of_the_tree() -> set[str]:
        found = await showing.search(ada, "shared words", 50)
        return {p.external_id for p in found.passages if p.source == tree.source.key}

    async with answering(tree):
        assert await of_the_tree() == {"own.md"}
        shutil.move(root, away := str(root.with_name("away")))
        assert await of_the_tree() == set()
        with pytest.raises(NotFound):
            await showing.open(ada, known["own.md"])
        shutil.move(away, root)
        assert (await showing.open(ada, known["own.md"])).external_id == "own.md"
        (root / "own.md").unlink()
        with pytest.raises(NotFound):
            await showing.open(ada, known["own.md"])
    assert await tree.reads(ada) == {}


async def test_an_answer_is_made_of_what_is_confirmed(
    tree: World, root: Path, ada: Account, levels: tuple[str, ...]
) -> None:
    embedder = HashingEmbedder()
    model = ChatModel.connect(NOWHERE, "none", None)
    answers = Answering(
        database=tree.database, policy=tree.policy,
        resolver=ScopeResolver(tree.database, tree.policy, 60),
        searcher=Searcher(embedder, CodeCopies(tree.database, levels, embedder.dimensions)),
        embedder=embedder, model=model, profile=Profile.CONTEXT,
        recorder=Recorder(tree.database), conversations=conversations(tree),
        watch=Watch(tree.database, tree.policy), live=live(tree.database),
        release="r-000000000000", salt_key="k", context_passages=50, passages=50,
    )  # fmt: skip

    async def of_the_tree() -> set[str]:
        basis = await answers.basis(ada, "shared words")
        return {p.external_id for p in basis.passages if p.source == tree.source.key}

    async with answering(tree):
        assert await of_the_tree() == {"a.md", "b.md", "own.md"}
        shutil.move(root, away := str(root.with_name("away")))
        assert await of_the_tree() == set()
        shutil.move(away, root)
        (root / "a.md").unlink()
        assert await of_the_tree() == {"b.md", "own.md"}
    await model.close()


async def test_a_conversation_shows_again_only_what_is_confirmed(
    tree: World, root: Path, ada: Account
) -> None:
    kept, known = conversations(tree), await ids(tree)
    conversation = await kept.open(ada, None, "What do they say?")
    for number, name in enumerate(("a.md", "own.md")):
        cited = Citation(
            1, UUID(int=number), known[name], name, "", "", None, LEVEL, "shared words"
        )
        said = Answer("Shared words [1].", (cited,), Outcome.ANSWERED, 1, "r", uuid4())
        await kept.keep(conversation, f"What does {name} say?", said)

    async def shown() -> list[bool]:
        return [not one.hidden for one in await kept.history(ada, conversation)]

    async with answering(tree):
        assert await shown() == [True, True]
        (root / "a.md").unlink()
        assert await shown() == [False, True]
        shutil.move(root, root.with_name("away"))
        assert await shown() == [False, False]


async def test_of_two_renditions_of_a_document_the_shorter_window_counts(
    tree: World, root: Path, read: list[str]
) -> None:
    known = await ids(tree)
    long, short = timedelta(seconds=60), timedelta(seconds=0.001)
    windows = {"internal": long, "confidential": short, "regulated": long}
    check = LiveCheck(tree.database, windows, 10.0)
    # several documents: which window comes first or last is chance
    every = {(of, level) for of in known.values() for level in ("public", *windows)}
    async with answering(tree):
        assert await check.standing(every) == every
        assert await check.standing((of, "internal") for of in known.values())
        assert len(read) == len(known)
        assert await check.standing(every) == every
        assert len(read) == 2 * len(known)
    # what its source does not stand by is closed at every classification
    assert await replace(check, patience=0.2).standing(every) == frozenset()
