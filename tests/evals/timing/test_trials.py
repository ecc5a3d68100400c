"""The measurement asks for what it says: words that the reader may not find, and each leg."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, make_url, text

from app.audit.record import Recorder
from app.authz.live import LiveCheck
from app.authz.policy import Policy
from app.authz.reading import reading
from app.authz.scope import ScopeResolver
from app.db.candidates import matching
from app.db.engine import Database
from app.retrieval.authorised import AuthorisedSearch
from app.retrieval.copies import CodeCopies
from app.retrieval.search import Searcher
from evals.timing.corpus import DIMENSIONS, WordVectors, build, settle
from evals.timing.trials import LEGS, measure

pytestmark = pytest.mark.integration

MATCHES = (1, 25)
HOLDING = text("select count(id) from chunk_internal where terms @@ cast(:word as tsquery)")


async def test_every_leg_is_timed_for_hidden_and_for_absent_words(
    database: Database, owner_url: str, policy: Policy, levels: tuple[str, ...]
) -> None:
    corpus = await build(database, 1, little=30, much=80, matches=MATCHES, words=2)
    settle(owner_url)
    resolver = ScopeResolver(database, policy, 600)
    copies = CodeCopies(database, levels, DIMENSIONS)
    search = AuthorisedSearch(
        resolver, Searcher(WordVectors(), copies), Recorder(database), LiveCheck(database, {})
    )
    for reader, readable in corpus.readable.items():
        scope = await resolver.resolve(corpus.readers[reader], "search")
        async with reading(database, scope) as read:
            seen = await read.connection.scalar(text("select count(*) from chunk_internal"))
            assert seen == readable
            for hidden in corpus.hidden:
                for word in hidden.there + hidden.absent:
                    assert not await matching(read.connection, scope, word, 10)
        told = await measure(search, corpus, reader, LEGS, 2, seed=1)
        assert [(row.leg, row.matches) for row in told] == [(x, n) for x in LEGS for n in MATCHES]
        assert all(row.absent_ms > 0 and row.forbidden_ms > 0 for row in told)
    for hidden in corpus.hidden:
        assert [_holding(owner_url, word) for word in hidden.there] == [hidden.matches] * 2
        assert [_holding(owner_url, word) for word in hidden.absent] == [0, 0]


def _holding(owner_url: str, word: str) -> int:
    """How many chunks hold a word, whoever may read them."""
    owner = create_engine(make_url(owner_url))
    with owner.begin() as connection:
        connection.execute(text("set local role portcullis_search"))
        count = connection.scalar(HOLDING, {"word": word})
    owner.dispose()
    return int(count or 0)
