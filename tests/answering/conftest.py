"""The house with its real database, without a model."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.answering.conversations import Conversations
from app.answering.pipeline import Answering
from app.answering.profiles import Profile
from app.audit.record import Recorder
from app.authz.live import LiveCheck
from app.authz.policy import Policy
from app.authz.scope import ScopeResolver
from app.authz.watch import Watch
from app.db.engine import Database
from app.inference.chat import ChatModel
from app.retrieval.copies import CodeCopies
from app.retrieval.search import Searcher
from tests.answering.house import EMBEDDER, NOWHERE, House, furnish


@pytest.fixture
async def house(
    database: Database, policy: Policy, levels: tuple[str, ...]
) -> AsyncIterator[House]:
    model = ChatModel.connect(NOWHERE, "SmolLM2-135M-Instruct", None)
    live = LiveCheck(database, {})
    searcher = Searcher(EMBEDDER, CodeCopies(database, levels, EMBEDDER.dimensions))
    answering = Answering(
        database=database, policy=policy, resolver=ScopeResolver(database, policy, 60),
        searcher=searcher, embedder=EMBEDDER, model=model, profile=Profile.EVIDENCE,
        recorder=Recorder(database), conversations=Conversations(database, policy, live),
        watch=Watch(database, policy), live=live,
        release="r-000000000000", salt_key="k",
    )  # fmt: skip
    yield await furnish(database, levels, answering)
    await answering.watch.close()
    await model.close()
