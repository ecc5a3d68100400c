"""Résumés, each for its person, the managers above and HR; policies for everyone.

PORTCULLIS_SCALE=1 takes all 832, a fifth of them otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from app.authn.accounts import find_account
from app.authz.policy import Policy
from app.authz.reading import reading
from app.authz.scope import ScopeResolver
from app.db.engine import Database
from app.retrieval.copies import CodeCopies
from app.retrieval.documents import open_document
from app.retrieval.search import Searcher
from tests.e2e.corpora import company, pairs
from tests.e2e.ingested import describe, ingest
from tests.needs import data
from tests.searching import search

pytestmark = pytest.mark.e2e

PAIRS = 200
WORDS = 40
"""Of a résumé, from its beginning, that it is searched by."""


async def test_the_company(
    database: Database,
    levels: tuple[str, ...],
    policy: Policy,
    tmp_path: Path,
    figure: Callable[[str, str], None],
) -> None:
    folder = data("company")
    if folder is None:
        pytest.skip("no data set 'company'")
    resumes = company(folder, tmp_path / "company")
    indexed = await ingest(database, levels, resumes.corpus)
    figure("one-page PDFs of a company in", describe(indexed.job))
    assert indexed.job.failed == 0
    assert "embedded" not in indexed.again.detail["outcomes"]

    searcher = Searcher(indexed.embedder, CodeCopies(database, levels, 384))
    resolver = ScopeResolver(database, policy, 60)
    hr = await find_account(database, resumes.corpus.groups[0].members[0])
    wrong: list[tuple[str, str]] = []
    async with database.app() as connection:
        rows = await connection.execute(text("select external_id, id from document"))
        ids = {row.external_id: row.id for row in rows}
    for person, document in pairs(resumes, PAIRS, seed=7):
        # a scope each: one for all pairs would expire on a slow machine
        everything = await resolver.resolve(hr, "search")
        async with reading(database, everything) as read:
            whole = await open_document(read, ids[document])
        account = await find_account(database, resumes.corpus.emails[person])
        scope = await resolver.resolve(account, "search")
        # its own words find it before anything else, if it may be found at all
        words = " ".join(whole.passages[0].text.split()[:WORDS])
        found = await search(database, searcher, scope, words, 50)
        seen = {passage.external_id for passage in found.passages}
        if (document in seen) is not resumes.may_read(person, document):
            wrong.append((person, document))
        assert all(resumes.may_read(person, n) for n in seen if n.startswith("resumes/"))
    assert wrong == []
