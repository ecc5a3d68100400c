"""An answer is built again to the letter, or the first thing that differs is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, text

from app.answering.events import Finished
from app.answering.replay import Replayed, replay
from app.answering.serving import Serving
from app.authn.accounts import disable_user
from app.authz.directory import Group, Person, replace_directory
from app.db.chunks import write_rendition
from app.domain.document import Chunk, Element, EmbeddedChunk, Rendition
from app.errors import NotFound
from app.releases.files import FileDigests
from app.releases.running import Running
from tests.answering.house import EMBEDDER, FACT, QUESTION, House
from tests.releases.made import SIGNER, ingredients

pytestmark = pytest.mark.integration


class Desk:
    def __init__(self, house: House, root: Path) -> None:
        self.house, self.root = house, root
        self.serving = self.started()

    def started(self, **changes: str) -> Serving:
        made = replace(ingredients(self.root), **changes)  # type: ignore[arg-type]
        return Serving(self.house.answering, Running(made, FileDigests(None), SIGNER), "share")

    async def asked(self, question: str = QUESTION) -> UUID:
        await self.serving.register()
        events = self.serving.ask(self.house.reader, question)
        [answer] = [e.answer async for e in events if isinstance(e, Finished)]
        return answer.audit_id

    async def drivers(self, *members: str) -> None:
        """A group, with exactly these."""
        reader = Person(self.house.reader.email, "Reader")
        async with self.house.database.app() as connection:
            await replace_directory(connection, [reader], [Group("drivers", members)])

    async def again(self, audit_id: UUID) -> Replayed:
        return await replay(self.serving, audit_id)


@pytest.fixture
async def desk(house: House, tmp_path: Path) -> Desk:
    return Desk(house, tmp_path)


async def test_the_same_answer_comes_about(desk: Desk) -> None:
    for question in (QUESTION, "Who won the chess tournament?"):
        found = await desk.again(await desk.asked(question))
        assert found.same, found.differs
    async with desk.house.database.auditor() as connection:
        assert await connection.scalar(
            text("select count(*) from audit_record where action = 'replay'")
        )


async def test_a_revoked_grant_is_named(desk: Desk) -> None:
    audit_id = await desk.asked()
    await desk.house.allow()
    assert "may not read the document" in (await desk.again(audit_id)).differs


async def test_the_door_refuses_besides(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was not looked at first still opens nothing that may not be read today."""

    async def nothing_lost(*_: object) -> str:
        return ""

    audit_id = await desk.asked()
    await desk.house.allow()
    monkeypatch.setattr("app.answering.replay._lost", nothing_lost)
    assert "shows this person nothing" in (await desk.again(audit_id)).differs


async def test_a_group_of_then_that_is_left_makes_no_difference(desk: Desk) -> None:
    await desk.drivers(desk.house.reader.email)
    audit_id = await desk.asked()
    await desk.drivers()
    found = await desk.again(audit_id)
    assert found.same, found.differs


async def test_another_history_is_named(desk: Desk, owner_url: str) -> None:
    await desk.drivers(desk.house.reader.email)
    audit_id = await desk.asked()
    owner = create_engine(owner_url)
    with owner.begin() as connection:
        connection.execute(
            text("delete from membership where member_id = :id"),
            {"id": desk.house.reader.principal_id},
        )
    owner.dispose()
    assert "the scope of revision" in (await desk.again(audit_id)).differs


async def test_another_prompt_and_another_text_are_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit_id = await desk.asked()
    with monkeypatch.context() as patched:
        patched.setattr("app.answering.quotes_first.MODEL_SILENT", "*Silence.*")
        assert "the text is another" in (await desk.again(audit_id)).differs
    monkeypatch.setattr("app.answering.prompt.EXAMPLES", "Say yes.")
    assert "the prompt is another" in (await desk.again(audit_id)).differs


async def test_other_code_is_named(desk: Desk) -> None:
    audit_id = await desk.asked()
    desk.serving = desk.started(schema="0099")
    assert "first deploy its schema and pipeline" in (await desk.again(audit_id)).differs


async def test_a_question_that_is_gone_is_named(desk: Desk) -> None:
    audit_id = await desk.asked()
    conversations = desk.house.answering.conversations
    for conversation in await conversations.list(desk.house.reader):
        await conversations.remove(desk.house.reader, conversation.id)
    assert "the question is gone" in (await desk.again(audit_id)).differs


async def test_a_passage_that_is_gone_is_named(desk: Desk) -> None:
    audit_id = await desk.asked()
    async with desk.house.database.ingest() as connection:
        await connection.execute(
            text("delete from chunk_internal where document_id = :id"), {"id": desk.house.document}
        )
    assert "shows this person nothing" in (await desk.again(audit_id)).differs


async def index_again(desk: Desk, words: str) -> None:
    async with desk.house.database.app() as connection:
        slot = await connection.scalar(
            text("select slot_id from document where id = :id"), {"id": desk.house.document}
        )
    [vector] = EMBEDDER.embed([words])
    async with desk.house.database.ingest() as connection:
        await write_rendition(
            connection, levels=("internal",), document_id=desk.house.document, slot_id=slot,
            source="house", external_id="parking", uri="", mime_type="text/plain",
            rendition=Rendition("internal", "Yard", (Element("text", words),), {}, ()),
            chunks=[EmbeddedChunk(Chunk(0, "", None, words), vector)],
        )  # fmt: skip


async def test_a_passage_that_was_indexed_anew_is_told_by_what_it_says(desk: Desk) -> None:
    audit_id = await desk.asked()
    await index_again(desk, FACT)
    assert (await desk.again(audit_id)).same
    await index_again(desk, FACT.replace("40", "45"))
    differs = (await desk.again(audit_id)).differs
    assert "reads otherwise now" in differs and "45 EUR" not in differs


async def test_an_erased_document_is_named(desk: Desk) -> None:
    audit_id = await desk.asked()
    async with desk.house.database.app() as connection:
        await connection.execute(
            text("delete from document where id = :id"), {"id": desk.house.document}
        )
    assert "was erased since" in (await desk.again(audit_id)).differs


async def test_a_disabled_account_and_an_unknown_record_are_named(desk: Desk) -> None:
    audit_id = await desk.asked("Who won the chess tournament?")
    await disable_user(desk.house.database, desk.house.reader.email)
    assert "gone or disabled" in (await desk.again(audit_id)).differs
    with pytest.raises(NotFound):
        await desk.again(uuid4())
