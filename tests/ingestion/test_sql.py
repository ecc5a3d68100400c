"""Rows of a database as documents: of an SQLite file, and of the Postgres that the tests run on."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from app.domain.acl import Acl
from ingestion.connect import Access, connector
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing, sql, sql_database
from ingestion.sources.reach import Reach
from ingestion.sources.sql import Sql

LEVELS = ("public", "internal", "confidential", "regulated")
COLUMNS = ("id", "text", "title", "uri", "version", "level", "space")
PAGES = f"create table page ({', '.join(f'{name} text' for name in COLUMNS)})"
RIGHTS = "create table entry (id text, container text, entry text, effect text)"
QUERY = (
    "select id, text, title, uri, version, level as classification, space as container from page"
)
ACLS = "select id, container, entry, effect from entry"


def source(url: str, secret: str | None = None, hosts: tuple[str, ...] = (), **config: Any) -> Sql:
    access = Access(LEVELS, 1000, Reach(frozenset(hosts)), secret)
    found = connector("sql", {"url": url, "query": QUERY, "acl_query": ACLS} | config, access)
    assert isinstance(found, Sql)
    return found


def only(found: Scan, name: str) -> Listed:
    [listed] = [listed for listed in found.documents if listed.external_id == name]
    return listed


@dataclass
class Pages:
    """A database with pages, the source that reads it, and how it is changed."""

    source: Callable[..., Sql]
    change: Callable[[str], object]
    dialect: str

    def page(self, name: str, text: str = "text", space: str | None = None, **said: str) -> None:
        values = {"id": name, "text": text, "space": space} | said
        shown = ", ".join("null" if v is None else f"'{v}'" for v in values.values())
        self.change(f"insert into page ({', '.join(values)}) values ({shown})")  # noqa: S608

    def entry(self, of: str, entry: str, effect: str = "allow", column: str = "id") -> None:
        self.change(
            f"insert into entry ({column}, entry, effect)"  # noqa: S608
            f" values ('{of}', '{entry}', '{effect}')"
        )


@dataclass
class Forward:
    """Takes connections on loopback to the socket of the database that the tests run on."""

    target: str
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    taken: int = 0

    @property
    def port(self) -> int:
        return int(self.listening.getsockname()[1])

    def run(self) -> None:
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            self.taken += 1
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.target)
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(one: socket.socket, other: socket.socket) -> None:
    try:
        while given := one.recv(65536):
            other.sendall(given)
    except OSError:
        pass
    finally:
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def pages(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pages]:
    if request.param == "sqlite":
        path = tmp_path / "pages.db"
        writer = sqlite3.connect(path, isolation_level=None)
        for statement in (PAGES, RIGHTS):
            writer.execute(statement)
        yield Pages(lambda **said: source(f"sqlite:///{path}", **said), writer.execute, "sqlite")
        writer.close()
        return
    at: str = request.getfixturevalue("owner_url")
    url = make_url(at)
    forward: Forward = request.getfixturevalue("forward")
    plain = at.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        for statement in ("drop table if exists page, entry", PAGES, RIGHTS):
            connection.execute(statement.encode())

        def made(**said: Any) -> Sql:
            given = {"secret": url.password, "hosts": ("127.0.0.1",)} | said
            named = f"postgresql://{url.username}@127.0.0.1:{forward.port}/{url.database}"
            return source(given.pop("url", named), **given)

        yield Pages(made, lambda said: connection.execute(said.encode()), "postgres")


@pytest.fixture
def forward(owner_url: str) -> Iterator[Forward]:
    folder = make_url(owner_url).query["host"]
    made = Forward(f"{folder}/.s.PGSQL.5432")
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    made.listening.shutdown(socket.SHUT_RDWR)
    made.listening.close()
    thread.join()


def test_rows_are_read_by_whom_their_entries_name(pages: Pages) -> None:
    pages.page("1", "own words", title="One", uri="https://x.example/1", level="internal")
    pages.page("2", "of a space", space="hr", uri="javascript:alert(1)")
    pages.page("3", "narrower", space="hr")
    pages.page("4", "less deny", space="hr")
    pages.page("5", "nobody")
    pages.page("6", "nobody", space="empty")
    pages.entry("1", "everyone")
    pages.entry("1", "eve@house.example", "deny")
    pages.entry("hr", "group:hr", column="container")
    pages.entry("hr", "group:guests", "deny", column="container")
    pages.entry("3", "ada@house.example")
    pages.entry("4", "bob@house.example", "deny")
    pages.entry("gone", "everyone")
    made = pages.source(mime_type="text/markdown")
    found = made.scan()
    assert found.containers == {"hr": Acl.parse(["group:hr"], ["group:guests"]), "empty": Acl()}
    assert {d.external_id: (d.container, d.acl) for d in found.documents} == {
        "1": (None, Acl.parse(["everyone"], ["eve@house.example"])),
        "2": ("hr", None),
        "3": ("hr", Acl.parse(["ada@house.example"], ["group:guests"])),
        "4": ("hr", Acl.parse(["group:hr"], ["group:guests", "bob@house.example"])),
        "5": (None, Acl()),
        "6": ("empty", None),
    }
    one = only(found, "1")
    assert (one.title, one.uri, one.classification) == ("One", "https://x.example/1", "internal")
    assert (one.read(), one.mime_type, only(found, "2").uri) == (b"own words", "text/markdown", "")
    assert "1 rows" in found.problems["acl_query"].reason
    for listed in found.documents:
        above = found.containers.get(listed.container or "")
        assert made.verify(listed.external_id) == Standing(listed.container, above, listed.acl)
    assert made.verify("7") is None


def test_the_version_changes_with_the_text_whatever_the_owner_says(pages: Pages) -> None:
    pages.page("1", "before", version="7")
    pages.page("2", "same", version="7")
    before = pages.source().scan()
    pages.change("update page set text = 'after' where id = '1'")
    after = pages.source().scan()
    assert only(before, "1").version != only(after, "1").version
    assert only(before, "2").version == only(after, "2").version


def test_what_nobody_understands_is_withheld_alone(pages: Pages) -> None:
    for name in ("twice", "twice", "level", "entry", "effect", "good"):
        pages.page(name)
        pages.entry(name, "everyone")
    pages.page("space", space="odd")
    pages.entry("odd", "somebody", column="container")
    pages.entry("entry", "somebody", "deny")
    pages.entry("effect", "everyone", "DENY")
    pages.change("update page set level = 'secret' where id = 'level'")
    pages.change("insert into page (text) values ('no id')")
    made = pages.source()
    found = made.scan()
    bad = {"twice", "level", "entry", "effect", "space"}
    assert {listed.external_id for listed in found.documents if listed.withheld} == bad
    assert set(found.problems) == bad | {"query"}
    assert not only(found, "good").withheld
    assert all(made.verify(name) is None for name in bad)


def test_an_entry_of_nobody_knows_what_closes_everything(pages: Pages) -> None:
    pages.page("1")
    pages.page("2", space="hr")
    pages.entry("1", "everyone")
    pages.entry("hr", "everyone", column="container")
    pages.change("insert into entry (entry, effect) values ('group:guests', 'deny')")
    found = pages.source().scan()
    assert all(listed.withheld for listed in found.documents)
    assert set(found.containers.values()) <= {Acl()}
    assert pages.source().verify("1") is None


def test_one_document_is_asked_for_by_a_query_of_its_own(pages: Pages) -> None:
    pages.page("1")
    pages.entry("1", "everyone")
    pages.entry("1", "group:guests", "deny")
    pages.entry("odd", "somebody")
    made = pages.source(
        verify_query="select entry, effect from entry where id = :id and 'a%' = 'a%'"
    )
    assert made.verify("1") == Standing(None, None, Acl.parse(["everyone"], ["group:guests"]))
    assert made.verify("odd") is made.verify("2") is made.verify("1' or '1'='1") is None


def test_with_a_query_for_one_document_the_listing_says_the_same(pages: Pages) -> None:
    for name, space in {"1": "hr", "2": "hr", "3": "it", "4": None, "5": "no"}.items():
        pages.page(name, space=space)
    for space in ("hr", "it"):
        pages.entry(space, f"group:{space}", column="container")
        pages.entry(space, "group:guests", "deny", column="container")
    pages.entry("2", "ada@house.example")
    pages.entry("3", "bob@house.example", "deny")
    pages.entry("4", "ada@house.example")
    query = """
    select e.entry, e.effect from entry e, page p
     where p.id = :id and (e.id = p.id or (e.container = p.space and (e.effect = 'deny'
           or not exists (select 1 from entry o where o.id = p.id and o.effect = 'allow'))))
    """
    made = pages.source(verify_query=query)
    found = made.scan()
    assert only(found, "1").acl == Acl.parse(["group:hr"], ["group:guests"])
    assert only(found, "5").acl == Acl()
    for name in "1234":
        assert made.verify(name) == Standing(None, None, only(found, name).acl)
        assert only(found, name).container is None
    assert not found.containers
    assert "1 rows have no entry" in found.problems["acl_query"].reason


def test_text_that_is_too_large_is_a_problem_of_its_own(pages: Pages) -> None:
    pages.page("1", "x" * 1001)
    pages.page("2", "y" * 1000)
    found = pages.source().scan()
    with pytest.raises(DocumentProblem, match="limit"):
        only(found, "1").read()
    assert only(found, "2").read() == b"y" * 1000


@pytest.mark.parametrize(
    "query",
    [
        "delete from page returning id, text",
        "select id, text from page; delete from page",
        "drop table page",
        "set transaction read write",
        "commit",
        "pragma query_only = 0",
        "attach database '/tmp/other.db' as other",
        "select id, text from nowhere",
        "select id from page",
        "select id, text, text as levels from page",
        "",
    ],
)
def test_queries_only_read_and_one_that_fails_deletes_nothing(pages: Pages, query: str) -> None:
    pages.page("words of a row")
    with pytest.raises(SourceUnreadable) as raised:
        pages.source(query=query).scan()
    assert "words of a row" not in str(raised.value)
    with pytest.raises(SourceUnreadable):
        pages.source(acl_query=query).scan()
    assert pages.source().scan().names == {"words of a row"}


def test_a_query_that_could_write_after_the_other_cannot(pages: Pages) -> None:
    pages.page("1")
    writes = "delete from page returning id, text as entry, text as effect"
    for first in ("set transaction read write", "rollback", "begin"):
        with pytest.raises(SourceUnreadable):
            pages.source(acl_query=first, query=writes).scan()
    assert pages.source().scan().names == {"1"}


def test_text_and_rights_are_of_one_moment(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    if pages.dialect == "sqlite":
        pages.change("pragma journal_mode = wal")
    pages.page("1", "harmless")
    pages.entry("1", "everyone")
    query = Sql._query

    def between(self: Sql, key: str) -> str:
        if key == "query":
            pages.change("update page set text = 'salaries'")
            pages.change("delete from entry")
        return query(self, key)

    monkeypatch.setattr(Sql, "_query", between)
    found = pages.source().scan()
    assert only(found, "1").acl == Acl.parse(["everyone"])
    assert only(found, "1").read() == b"harmless"


def test_a_source_has_bounds(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "123":
        pages.page(name, "x" * 100)
    for module, bound in (
        (sql, "MOST_DOCUMENTS"),
        (sql_database, "MOST_ROWS"),
        (sql, "MOST_BYTES"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, bound, 2)
            with pytest.raises(SourceUnreadable, match="more than"):
                pages.source().scan()


def test_a_query_that_never_ends_is_stopped(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_database, "QUERY_SECONDS", 1)
    numbers = "with recursive n(id) as (select 1 union all select 1 from n)"
    endless = f"{numbers} select id, '' as text from n where id = 2"  # noqa: S608
    with pytest.raises(SourceUnreadable, match=r"seconds|INTERRUPT"):
        pages.source(query=endless).scan()


def test_a_source_without_rows_is_no_reason_to_delete(pages: Pages) -> None:
    found = pages.source().scan()
    with pytest.raises(SourceUnreadable, match="nothing was deleted"):
        found.check(anything_known=True)


@pytest.mark.integration
def test_only_a_server_that_may_be_reached_is_asked(owner_url: str, forward: Forward) -> None:
    url = make_url(owner_url)
    named = f"postgresql://{url.username}@127.0.0.1:{forward.port}/{url.database}"
    with pytest.raises(SourceUnreadable, match="may not be reached"):
        source(named, url.password).scan()
    assert forward.taken == 0
    with pytest.raises(SourceUnreadable, match="does not answer") as raised:
        source(named, "open barley", ("127.0.0.1",)).scan()
    assert forward.taken > 0
    assert "barley" not in str(raised.value) + repr(source(named, "open barley"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "mysql://a@b/c",
        "postgresql://ada:open@db.example/x",
        "postgresql://ada@/x?host=/run/postgresql",
        "postgresql://ada@db.example/x?host=other.example",
        "postgresql://ada@db.example/x?service=other",
        "postgresql://ada@db.example/x?sslrootcert=/etc/passwd",
        "postgresql://ada@db.example/x?options=-cdefault_transaction_read_only%3Doff",
        "postgresql://ada@db.example,other.example/x",
        "postgresql://ada@%2Frun%2Fpostgresql/x",
        "postgresql://ada@db.example/host=other.example",
        "postgresql://db.example/x",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:/etc/x?mode=rw&uri=true",
        "sqlite:////nowhere/x.db",
        "sqlite:////etc/passwd?mode=rw",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(SourceUnreadable, match=r"config\.url") as raised:
        source(url, hosts=("db.example", "other.example")).scan()
    assert "open" not in str(raised.value)
