"""What the product keeps about questions and hands out to staff: records and logs."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from app.audit.query import LARGEST_PAGE, query_records
from app.domain.record import AuditFilter
from app.web.api.audit import shown
from evals.ground.company import Paper
from evals.ground.platform import Platform
from evals.suites.leakage.looking import Tally
from evals.suites.leakage.marks import Marks
from evals.suites.suite import Case

Papers = Sequence[Paper]


async def records(house: Platform) -> list[str]:
    """Every page of the record, as `GET /audit` and its export tell it."""
    pages, cursor, more = [], None, True
    while more:
        page = await query_records(house.parts.database, AuditFilter(), LARGEST_PAGE, cursor)
        pages.append(json.dumps([shown(entry) for entry in page.entries]))
        cursor = page.cursor
        more = cursor is not None
    return pages


def search(texts: Collection[str], where: str, papers: Papers, tally: Tally) -> None:
    """Look for all canaries: what is kept holds none, whoever asked for what."""
    marks = Marks(papers)
    for text in texts:
        found = {mark for mark in marks.within(text) if not mark.is_name}
        tally.responses += 1
        tally.looks += len(papers)
        tally.leaks += len({mark.external_id for mark in found})
        tally.leaking += bool(found)
        tally.cases += [Case(where, f"{mark.word} of {mark.external_id}") for mark in found][:1]
