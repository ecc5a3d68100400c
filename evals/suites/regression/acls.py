"""Defects of what sources say about who may read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from app.domain.acl import Acl
from ingestion.connect import Access, connector
from ingestion.containers import in_both
from ingestion.sources.reach import Reach

ANN = "ann@evaluated.example"
LEVELS = ("public", "internal", "confidential", "regulated")


def a_folder_opened_to_everyone_was_closed_to_its_readers() -> bool:
    """Between a live check, or the beginning of a sync, and its end nobody read it."""
    both = in_both(Acl.parse(["everyone"]), Acl.parse([ANN]))
    return both == Acl.parse([ANN])


def rows_in_a_container_never_passed_the_live_check() -> bool:
    """Of a database with a query that verifies one row, which tells of no container."""
    with TemporaryDirectory() as folder:
        path = Path(folder).resolve() / "wiki.db"
        with closing(sqlite3.connect(path)) as made, made:
            made.execute("create table page (id, text, container)")
            made.execute("insert into page values ('a', 'words', 'plans')")
            made.execute("create table entry (id, container, entry, effect)")
            for row in ((None, "plans", ANN, "allow"), ("a", None, ANN, "allow")):
                made.execute("insert into entry values (?, ?, ?, ?)", row)
        config = {
            "url": f"sqlite:///{path}",
            "query": "select id, text, container from page",
            "acl_query": "select id, container, entry, effect from entry",
            "verify_query": "select entry, effect from entry where id = :id",
        }
        source = connector("sql", config, Access(LEVELS, 1000, Reach(frozenset())))
        [listed] = source.scan().documents
        standing = source.verify("a")
    return standing is not None and (standing.container, standing.acl) == (
        listed.container, listed.acl,
    )  # fmt: skip


CASES: Sequence[Callable[[], bool]] = (
    a_folder_opened_to_everyone_was_closed_to_its_readers,
    rows_in_a_container_never_passed_the_live_check,
)
