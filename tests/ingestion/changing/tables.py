"""Rows of a database: an SQLite file, and the Postgres that the tests run on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL

from tests.ingestion.changing import ADA, BOB, Step, address, usual, words
from tests.ingestion.changing.gate import Gate, Gated
from tests.ingestion.changing.trees import Mounted

_TABLES = (
    "drop table if exists wiki_page",
    "drop table if exists wiki_entry",
    "create table wiki_page (id text, body text, space text)",
    "create table wiki_entry (id text, space text, entry text, effect text)",
)
_QUERIES = {
    "query": "select id, body as text, space as container from wiki_page",
    "acl_query": "select id, space as container, entry, effect from wiki_entry",
}
VERIFY = """
select e.entry, e.effect from wiki_entry e, wiki_page p
 where p.id = :id and (e.id = p.id or (e.space = p.space and (e.effect = 'deny' or not exists (
       select 1 from wiki_entry o where o.id = p.id and o.effect = 'allow'))))
"""


class Rows:
    """`run` executes a statement that changes something."""

    kind, friend = "sql", BOB
    more: Sequence[Step] = ()

    def __init__(self, run: Callable[[str], object]) -> None:
        self.run, self.model = run, usual()
        for statement in _TABLES:
            run(statement)
        for document, space in self.model.at.items():
            self._insert("wiki_page", id=document, body=words(document), space=space)
        for space, readers in self.model.folders.items():
            for who in readers:
                self.open(space, who)
        self._insert("wiki_entry", id="a", entry=address(ADA), effect="allow")

    def share(self, document: str, who: str) -> None:
        self._own(document)
        self._insert("wiki_entry", id=document, entry=address(who), effect="allow")

    def unshare(self, document: str, who: str) -> None:
        self._own(document)
        self.run(f"delete from wiki_entry where id = '{document}' and entry = '{address(who)}'")  # noqa: S608

    def open(self, folder: str, who: str) -> None:
        self._insert("wiki_entry", space=folder, entry=address(who), effect="allow")

    def close(self, folder: str, who: str) -> None:
        self.run(f"delete from wiki_entry where space = '{folder}' and entry = '{address(who)}'")  # noqa: S608

    def deny(self, folder: str, who: str) -> None:
        self._insert("wiki_entry", space=folder, entry=address(who), effect="deny")

    def move(self, document: str, folder: str) -> None:
        self.run(f"update wiki_page set space = '{folder}' where id = '{document}'")  # noqa: S608

    def delete(self, document: str) -> None:
        self.run(f"delete from wiki_page where id = '{document}'")  # noqa: S608

    def _own(self, document: str) -> None:
        """Entries of its own, which are its space's at first. Without any it would be its space's
        again, so one stays, for a group that nobody is in."""
        self.run(
            f"""insert into wiki_entry (id, entry, effect)
            select '{document}', e.entry, e.effect
              from wiki_entry e join wiki_page p on p.space = e.space
             where p.id = '{document}' and e.effect = 'allow'
               and not exists (select 1 from wiki_entry o where o.id = '{document}')"""  # noqa: S608
        )
        self._insert("wiki_entry", id=document, entry="group:keepers", effect="allow")

    def _insert(self, table: str, **values: str) -> None:
        shown = ", ".join(f"'{value}'" for value in values.values())
        self.run(f"insert into {table} ({', '.join(values)}) values ({shown})")  # noqa: S608


class InFile(Mounted, Rows):
    secret = ""
    hosts: Sequence[str] = ()

    def __init__(self, root: Path) -> None:
        root.mkdir()
        self.root = root
        self.config: Mapping[str, Any] = {"url": f"sqlite:///{root}/wiki.db", **_QUERIES}
        super().__init__(self._run)

    def _run(self, statement: str) -> None:
        # its folder moves away and comes back
        with sqlite3.connect(self.root / "wiki.db") as writer:
            writer.execute(statement)
        writer.close()


class InDatabase(Gated, Rows):
    """One that says of a document alone who may read it, too."""

    def __init__(self, way: Gate, url: URL, connection: psycopg.Connection[Any]) -> None:
        self.secret, self.hosts = str(url.password), [way.host]
        named = f"postgresql://{url.username}@{way.host}/{url.database}"
        self.config = {"url": named, **_QUERIES, "verify_query": VERIFY}
        super().__init__(way)
        Rows.__init__(self, lambda said: connection.execute(said.encode()))
