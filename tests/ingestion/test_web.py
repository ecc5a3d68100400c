"""A web site as a source, against a server on loopback: what is found, and what is not asked."""

from __future__ import annotations

import gzip
import socket
import ssl
import tracemalloc
import zlib
from collections.abc import Callable, Iterator, MutableMapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.domain.acl import Acl
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.http import door
from ingestion.sources.http.door import NoAnswer
from ingestion.sources.reach import Reach
from ingestion.sources.web.connector import Web
from ingestion.sources.web.visitor import Visitor
from tests.ingestion.site import Answer, LocalSite, serve

# a server that misbehaves
pytestmark = pytest.mark.integration

LIMIT = 200_000


@pytest.fixture
def site() -> Iterator[LocalSite]:
    with serve() as running:
        yield running


def web(
    site: LocalSite,
    memory: MutableMapping[str, str] | None = None,
    reach: str | None = None,
    **config: Any,
) -> Web:
    said = {"start": f"{site.url}/docs/", "allow": ["everyone"], "delay_seconds": 0} | config
    hosts = frozenset([reach or f"{site.address}:{site.port}"])
    return Web(said, LIMIT, Reach(hosts), memory)


def names(site: LocalSite, found: Scan) -> list[str]:
    return sorted(listed.external_id.removeprefix(site.url) for listed in found.documents)


def only(site: LocalSite, found: Scan, path: str) -> Listed:
    [listed] = [one for one in found.documents if one.external_id == site.url + path]
    return listed


def test_a_site_is_what_links_lead_to_within_its_prefix(site: LocalSite) -> None:
    elsewhere = f"http://localhost:{site.port}/docs/far"
    site.page("/docs/", "a", "/secret", elsewhere, "b.txt#part", "p.png", "mailto:ada@x.example")
    site.page("/docs/a", ".", "sub/../a", "%61", "../docs/c?")
    site.page("/docs/c", headers={"ETag": '"1"'})
    site.pages["/docs/b.txt"] = Answer(b"plain", headers={"Content-Type": "text/plain"})
    site.pages["/docs/p.png"] = Answer(b"png", headers={"Content-Type": "image/png"})
    site.page("/secret")
    found = web(site).scan()
    assert names(site, found) == ["/docs/", "/docs/a", "/docs/b.txt", "/docs/c"]
    assert found.containers == {".": Acl.parse(["everyone"])}
    assert not found.problems
    assert site.paths.count("/docs/a") == 1
    assert "/secret" not in site.paths and "/docs/far" not in site.paths
    asked = len(site.asked)
    listed = only(site, found, "/docs/c")
    assert b"words of /docs/c" in listed.read()
    assert len(site.asked) == asked
    digest = sha256(listed.read()).hexdigest()
    assert listed.version == f'"1"  {digest}'
    assert (listed.uri, listed.mime_type) == (listed.external_id, "text/html")
    assert only(site, found, "/docs/b.txt").mime_type == "text/plain"


def test_requests_say_who_asks_and_carry_nothing_else(
    site: LocalSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    site.page("/docs/", "a", headers={"Set-Cookie": "session=1; Path=/"})
    site.page("/docs/a")
    web(site).scan()
    for _, headers in site.asked:
        assert headers["user-agent"].startswith("Portcullis")
        assert not {"cookie", "authorization", "referer"} & headers.keys()


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"allow": None}, "missing"),
        ({"allow": []}, "missing"),
        ({"allow": "everyone"}, "lists"),
        ({"allow": ["nonsense"]}, "nonsense"),
        ({"deny": ["nonsense"]}, "nonsense"),
        ({"deny": "group:x"}, "lists"),
    ],
)
def test_without_an_audience_that_is_understood_nobody_reads(
    site: LocalSite, said: dict[str, Any], problem: str
) -> None:
    site.page("/docs/")
    source = web(site, **said)
    found = source.scan()
    assert found.containers == {".": Acl()}
    assert problem in found.problems["acl"].reason
    assert all(listed.withheld for listed in found.documents)
    assert source.verify(f"{site.url}/docs/") is None


def test_robots_txt_is_obeyed_and_asked_anew(site: LocalSite) -> None:
    site.page("/docs/", "open", "shut/a", "shut/open", "x.pdf?y")
    for path in ("/docs/open", "/docs/shut/a", "/docs/shut/open", "/docs/x.pdf?y"):
        site.page(path)
    rules = "User-agent: *\nDisallow: /docs/shut/\nAllow: /docs/shut/open$\nDisallow: /*.pdf\n"
    site.pages["/robots.txt"] = Answer(rules.encode())
    source = web(site)
    assert names(site, source.scan()) == ["/docs/", "/docs/open", "/docs/shut/open"]
    assert "/docs/shut/a" not in site.paths and "/docs/x.pdf?y" not in site.paths
    assert source.verify(f"{site.url}/docs/shut/a") is None
    assert source.verify(f"{site.url}/docs/open") is not None
    site.pages["/robots.txt"] = Answer(b"User-agent: Portcullis\nDisallow: /docs/open\n")
    assert source.verify(f"{site.url}/docs/open") is None
    assert "/docs/open" not in names(site, source.scan())
    site.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /\n")
    found = source.scan()
    assert (found.documents, found.containers) == ((), {".": Acl()})
    assert list(found.problems) == ["robots.txt"]


@pytest.mark.parametrize("status", [500, 503, 429, 302])
def test_robots_txt_that_gives_no_answer_lets_nothing_be_read(site: LocalSite, status: int) -> None:
    site.page("/docs/")
    away = {"Location": "http://169.254.169.254/robots.txt"}
    site.pages["/robots.txt"] = Answer(status=status, headers=away)
    for question in (web(site).scan, lambda: web(site).verify(f"{site.url}/docs/")):
        with pytest.raises(SourceUnreadable, match="robots"):
            question()
    assert set(site.paths) == {"/robots.txt"}


def test_pages_that_want_no_robots_are_none_and_may_change_their_mind(site: LocalSite) -> None:
    site.page("/docs/", "a", "b", "c", "d", "e", head='<META content="NoIndex" name=ROBOTS>')
    site.page("/docs/a", headers={"X-Robots-Tag": "googlebot: noindex"})
    site.page("/docs/b", "hidden1", headers={"X-Robots-Tag": "portcullis: none"})
    site.page("/docs/c", "hidden2", head="<meta name=robots content='nofollow'>")
    site.page("/docs/d", head="<!-- <meta name=robots content=noindex> --><script>'<a '</script>")
    site.pages["/docs/e"] = Answer(
        b"<a href=hidden3 rel='x NOFOLLOW'></a><!-- <a href=hidden4> --><title><a href=hidden5>",
        headers={"Content-Type": "text/html"},
    )
    for number in range(1, 6):
        site.page(f"/docs/hidden{number}")
    memory: dict[str, str] = {}
    source = web(site, memory)
    assert names(site, source.scan()) == ["/docs/a", "/docs/c", "/docs/d", "/docs/e"]
    assert source.verify(f"{site.url}/docs/") is None
    site.page("/docs/d", head="<meta name=robots content=noindex>")
    assert source.verify(f"{site.url}/docs/d") is None
    assert "/docs/d" not in names(site, source.scan())


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:1/docs/a",
        "http://localhost:{port}/docs/a",
        "//127.0.0.1:1/docs/a",
        "/secret",
        "..%2fsecret",
        "http://ada:pw@127.0.0.1:{port}/docs/ok",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/docs/ok",
    ],
)
def test_a_redirect_out_of_the_site_is_not_followed(
    site: LocalSite, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.page("/docs/", "a")
    site.page("/docs/ok")
    site.page("/secret")
    location = target.format(port=site.port)
    site.pages["/docs/a"] = Answer(status=302, headers={"Location": location})
    tried = connections(monkeypatch)
    found = web(site, reach="127.0.0.1:" + str(site.port)).scan()
    listed = only(site, found, "/docs/a")
    assert listed.withheld and listed.acl == Acl()
    assert "redirects" in found.problems[listed.external_id].reason
    assert site.paths == ["/robots.txt", "/docs/", "/docs/a"]
    assert set(tried) == {("127.0.0.1", site.port)}
    assert web(site).verify(listed.external_id) is None


def test_a_redirect_without_end_or_to_a_silent_page_is_withheld(site: LocalSite) -> None:
    site.pages["/docs/a"] = Answer(status=302, headers={"Location": "/docs/a"})
    site.pages["/docs/b"] = Answer(status=302, headers={"Location": "/docs/c"})
    site.pages["/docs/c"] = Answer(status=500)
    site.page("/docs/d")
    pages = [f"{site.url}/docs/{name}" for name in "abd"]
    site.pages["/map.xml"] = Answer(sitemap(*pages))
    found = web(site, sitemap=f"{site.url}/map.xml").scan()
    withheld = [one.external_id for one in found.documents if one.withheld]
    assert sorted(withheld) == [f"{site.url}/docs/{name}" for name in "abc"]
    assert site.paths.count("/docs/a") == 6


def test_a_redirect_within_the_site_is_the_page_it_leads_to(site: LocalSite) -> None:
    site.page("/docs/", "a", "shut")
    site.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /docs/no\n")
    site.pages["/docs/a"] = Answer(status=301, headers={"Location": "b"})
    site.pages["/docs/shut"] = Answer(status=301, headers={"Location": "no"})
    site.page("/docs/b")
    site.page("/docs/no")
    found = web(site).scan()
    assert [n for n in names(site, found) if n != "/docs/shut"] == ["/docs/", "/docs/b"]
    assert only(site, found, "/docs/shut").withheld
    assert "/docs/no" not in site.paths
    assert web(site).verify(f"{site.url}/docs/a") is None


def connections(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Fills with what sockets are connected to from now on."""
    tried: list[tuple[str, int]] = []
    real = socket.create_connection

    def create(address: tuple[str, int], *rest: Any, **more: Any) -> socket.socket:
        tried.append(address)
        return real(address, *rest, **more)

    monkeypatch.setattr(socket, "create_connection", create)
    return tried


def answers(monkeypatch: pytest.MonkeyPatch, *each: list[str]) -> None:
    """Names resolve to these addresses, one answer after the other, the last one for ever."""
    left = list(each)
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if not str(host).endswith(".example"):
            return real(host, port, *rest, **more)
        found = left.pop(0) if len(left) > 1 else left[0]
        kinds = [(a, socket.AF_INET6 if ":" in a else socket.AF_INET) for a in found]
        return [(kind, socket.SOCK_STREAM, 6, "", (a, port)) for a, kind in kinds]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def named(site: LocalSite, reach: str) -> Web:
    config = {"start": f"http://site.example:{site.port}/docs/", "allow": ["everyone"]}
    return Web(config | {"delay_seconds": 0}, LIMIT, Reach(frozenset([reach])))


def test_a_name_is_resolved_once_for_the_connection_it_is_checked_for(
    site: LocalSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.page("/docs/")
    site.pages["/robots.txt"] = Answer(b"")
    with serve("127.0.0.2", site.port) as other:
        other.page("/docs/")
        answers(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
        found = named(site, f"site.example:{site.port}").scan()
        assert [one.external_id for one in found.documents] == [
            f"http://site.example:{site.port}/docs/"
        ]
        assert not other.asked
    assert site.asked[0][1]["host"] == f"site.example:{site.port}"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.9.9",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_an_internal_address_needs_its_name_with_its_port(
    site: LocalSite, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    tried = connections(monkeypatch)
    for reach in ("site.example", "*.example"):
        # one good answer does not make up for a bad one
        for found in ([address], ["93.184.215.14", address]):
            answers(monkeypatch, found)
            with pytest.raises(SourceUnreadable, match="internal network"):
                named(site, reach).scan()
    assert not tried


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1"])
def test_what_hands_out_keys_is_not_reached_by_another_name(
    site: LocalSite, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    tried = connections(monkeypatch)
    answers(monkeypatch, [address])
    with pytest.raises(SourceUnreadable, match="internal network"):
        named(site, f"site.example:{site.port}").scan()
    assert not tried


def test_nothing_is_reached_that_nobody_allows(
    site: LocalSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = connections(monkeypatch)
    site.page("/docs/")
    for reach in ("127.0.0.1:1", "localhost"):
        with pytest.raises(SourceUnreadable, match="may not be reached"):
            web(site, reach=reach).scan()
        with pytest.raises(SourceUnreadable, match="may not be reached"):
            web(site, reach=reach).verify(f"{site.url}/docs/")
    assert not tried


def forever(chunk: bytes) -> Callable[[Callable[[bytes], Any]], None]:
    def write(send: Callable[[bytes], Any]) -> None:
        for _ in range(50_000):
            send(chunk)

    return write


def bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(10_000_000)) for _ in range(10)) + packer.flush()


def test_bodies_are_bounded_as_they_are_decoded(site: LocalSite) -> None:
    html, packed = {"Content-Type": "text/html"}, {"Content-Encoding": "gzip"}
    site.page("/docs/", "endless", "bomb", "hollow", "other", "fine")
    site.pages["/docs/endless"] = Answer(headers=html, write=forever(b"x" * 10_000))
    site.pages["/docs/bomb"] = Answer(bomb(), headers=html | packed)
    hollow = zlib.compressobj(wbits=31)
    head = hollow.compress(b"") + hollow.flush(zlib.Z_FULL_FLUSH)
    empty = b"\x00\x00\x00\xff\xff" * 2_000

    def write(send: Callable[[bytes], Any]) -> None:
        send(head)
        forever(empty)(send)

    site.pages["/docs/hollow"] = Answer(headers=html | packed, write=write)
    site.page("/docs/fine")
    fine = site.pages["/docs/fine"].body
    site.pages["/docs/fine"] = Answer(gzip.compress(fine), headers=html | packed)
    found = web(site, {}).scan()
    for name in ("endless", "bomb", "hollow"):
        listed = only(site, found, f"/docs/{name}")
        assert not listed.version
        with pytest.raises(DocumentProblem, match="larger"):
            listed.read()
    assert only(site, found, "/docs/fine").read() == fine


def test_no_more_is_unpacked_than_is_wanted() -> None:
    packed = bomb()
    tracemalloc.start()
    try:
        content, cut = door.unpack([packed], "gzip", LIMIT)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (len(content), cut) == (LIMIT, True)
    assert most < 20 * LIMIT


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "zstd"])
def test_what_is_compressed_unasked_is_no_answer(site: LocalSite, coding: str) -> None:
    site.page("/docs/", headers={"Content-Encoding": coding})
    with pytest.raises(SourceUnreadable, match="compressed"):
        web(site).scan()


def test_a_peer_that_drips_is_left_in_time(site: LocalSite) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = Event()

        def drip() -> None:
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not done.wait(0.02):
                    try:
                        peer.sendall(b"x")
                    except OSError:
                        return

        thread = Thread(target=drip)
        thread.start()
        port = server.getsockname()[1]
        asking = Visitor(Reach(frozenset([f"127.0.0.1:{port}"])), request_seconds=0.3)
        try:
            with pytest.raises(NoAnswer, match="too long"):
                asking.get(f"http://127.0.0.1:{port}/", 1000, lambda _: True)
        finally:
            asking.close()
            done.set()
            thread.join()


def test_links_without_end_come_to_one(site: LocalSite) -> None:
    class Endless(dict[str, Answer]):
        def get(self, path: str, default: Any = None) -> Any:
            if path == "/robots.txt":
                return default
            number = sum(map(ord, path))
            body = f"<a href='{path.partition('?')[0]}?n={number}{len(path)}'></a>"
            body += f"<a href='d{number}/'></a><a href='loop/'></a><a href='{path}&x=1'></a>"
            return Answer(body.encode(), headers={"Content-Type": "text/html"})

    site.pages = Endless()
    found = web(site, max_pages=60).scan()
    assert len(found.documents) <= 60
    assert len(site.asked) <= 61
    assert "links" in found.problems
    assert not any("loop/loop/loop/loop" in path for path in site.paths)


def test_a_page_that_gives_no_answer_is_withheld_and_nothing_is_lost(site: LocalSite) -> None:
    site.page("/docs/", "hub", "b", headers={"ETag": '"0"'})
    site.page("/docs/hub", "leaf", headers={"ETag": '"1"'})
    site.page("/docs/b")
    site.page("/docs/leaf", headers={"ETag": '"2"'})
    memory: dict[str, str] = {}
    everything = ["/docs/", "/docs/b", "/docs/hub", "/docs/leaf"]
    source = web(site, memory)
    before = source.scan()
    assert names(site, before) == everything
    good = site.pages["/docs/hub"]
    site.pages["/docs/hub"] = Answer(status=503)
    found = source.scan()
    assert names(site, found) == everything
    hub = only(site, found, "/docs/hub")
    assert hub.withheld and hub.acl == Acl() and hub.external_id in found.problems
    with pytest.raises(SourceUnreadable):
        source.verify(hub.external_id)
    with pytest.raises(DocumentProblem):
        hub.read()
    # nobody remembers where it led, whatever is looked at last
    site.page("/docs/", "hub", "b", "shut", headers={"ETag": '"9"'})
    site.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /docs/shut\n")
    with pytest.raises(SourceUnreadable, match="not known"):
        web(site).scan()
    # what it leads to was found only later by others: it is asked for by itself
    memory[hub.external_id] = "broken"
    assert names(site, source.scan()) == everything
    site.pages["/docs/hub"] = good
    after = source.scan()
    assert not only(site, after, "/docs/hub").withheld and not after.problems
    for status in (404, 410):
        site.pages["/docs/hub"] = Answer(status=status)
        assert names(site, source.scan()) == ["/docs/", "/docs/b"]
        assert source.verify(hub.external_id) is None
    for status in (401, 403):
        site.pages["/docs/hub"] = Answer(status=status)
        assert only(site, source.scan(), "/docs/hub").withheld
        assert source.verify(hub.external_id) is None


@pytest.mark.parametrize("status", [404, 403, 500, 302])
def test_a_first_page_that_is_none_deletes_nothing(site: LocalSite, status: int) -> None:
    site.page("/docs/", "a")
    site.page("/docs/a")
    memory: dict[str, str] = {}
    web(site, memory).scan()
    site.pages["/docs/"] = Answer(status=status, headers={"Location": "/login"})
    kept = dict(memory)
    with pytest.raises(SourceUnreadable):
        web(site, memory).scan()
    assert memory == kept


def test_a_site_that_goes_down_on_the_way_deletes_nothing(site: LocalSite) -> None:
    pages = [f"p{number}" for number in range(9)]
    site.page("/docs/", *pages)
    for name in pages[1:]:
        site.pages[f"/docs/{name}"] = Answer(status=502)
    site.page("/docs/p0")
    with pytest.raises(SourceUnreadable, match="any more"):
        web(site, {}).scan()


def test_pages_that_did_not_change_are_not_fetched_again(site: LocalSite) -> None:
    date = {"Date": "Thu, 26 Nov 2026 10:00:00 GMT"}
    site.page("/docs/", "strong", "weak", headers={"ETag": '"0"'})
    site.page("/docs/strong", "leaf", headers={"ETag": '"1"'})
    site.page("/docs/weak", headers={"ETag": 'W/"1"', "Last-Modified": "garbage"} | date)
    site.page("/docs/leaf", headers={"ETag": '"2"'})
    memory: dict[str, str] = {}
    source = web(site, memory)
    before = {one.external_id: one.version for one in source.scan().documents}
    site.asked.clear()
    found = source.scan()
    assert {one.external_id: one.version for one in found.documents} == before
    conditions = {path: headers.get("if-none-match") for path, headers in site.asked}
    assert conditions["/docs/strong"] == '"1"' and conditions["/docs/leaf"] == '"2"'
    assert conditions["/docs/weak"] is None
    # what was not fetched by the scan is fetched when it is read, and is what was listed
    strong = only(site, found, "/docs/strong")
    assert b"words of /docs/strong" in strong.read()
    site.page("/docs/strong", "other")
    with pytest.raises(DocumentProblem, match="changed"):
        strong.read()
    assert only(site, source.scan(), "/docs/strong").version != before[strong.external_id]


def test_one_page_is_asked_for_alone(site: LocalSite) -> None:
    site.page("/docs/", headers={"ETag": '"0"'})
    site.page("/docs/a")
    site.page("/secret")
    site.pages["/docs/p"] = Answer(b"png", headers={"Content-Type": "image/png"})
    memory: dict[str, str] = {}
    source = web(site, memory, deny=["group:guests"])
    source.scan()
    standing = Standing(".", Acl.parse(["everyone"], ["group:guests"]), None)
    assert source.verify(f"{site.url}/docs/") == standing
    assert site.asked[-1][1]["if-none-match"] == '"0"'
    assert source.verify(f"{site.url}/docs/a") == standing
    site.asked.clear()
    for name in (
        "/secret",
        "/docs/../secret",
        "/docs/..%2Fsecret",
        "/docs/%252e%252e%252fsecret",
        "/docs/..;/secret",
        "/docs/a#x",
        "/docs/%61",
        "",
        "http://169.254.169.254/",
    ):
        assert source.verify(site.url + name if name.startswith("/") else name) is None
    assert not site.asked
    assert source.verify(f"{site.url}/docs/p") is None
    assert source.verify(f"{site.url}/docs/none") is None
    site.pages["/docs/a"] = Answer(status=500)
    with pytest.raises(SourceUnreadable):
        source.verify(f"{site.url}/docs/a")


def test_a_server_that_is_gone_is_no_empty_site(site: LocalSite) -> None:
    with serve() as other:
        other.page("/docs/")
        source = web(other)
    for question in (source.scan, lambda: source.verify(f"{other.url}/docs/")):
        with pytest.raises(SourceUnreadable):
            question()


def sitemap(*locations: str, kind: str = "url") -> bytes:
    root = "urlset" if kind == "url" else "sitemapindex"
    items = "".join(f"<{kind}><loc> {one} </loc></{kind}>" for one in locations)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0"?><{root} xmlns="{space}">{items}</{root}>'.encode()


def test_a_sitemap_says_what_there_is_within_the_prefix(site: LocalSite) -> None:
    source = web(site, sitemap=f"{site.url}/map.xml")
    foreign = "http://169.254.169.254/docs/x"
    site.pages["/map.xml"] = Answer(
        sitemap(f"{site.url}/1.xml", f"{site.url}/map.xml", foreign, kind="sitemap")
    )
    inner = sitemap(f"{site.url}/docs/a", f"{site.url}/docs/b", f"{site.url}/secret", foreign)
    site.pages["/1.xml"] = Answer(gzip.compress(inner))
    site.page("/docs/a", "c")
    site.page("/docs/c")
    site.pages["/docs/b"] = Answer(status=500)
    found = source.scan()
    assert names(site, found) == ["/docs/a", "/docs/b"]
    assert only(site, found, "/docs/b").withheld
    assert set(site.paths) == {"/robots.txt", "/map.xml", "/1.xml", "/docs/a", "/docs/b"}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=404),
        Answer(status=500),
        Answer(status=302, headers={"Location": "http://169.254.169.254/"}),
        Answer(b"<html>"),
        Answer(b""),
        Answer(b"<html></html>"),
        Answer(sitemap()),
        Answer(sitemap("http://169.254.169.254/docs/")),
        Answer(b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + sitemap("http://x/&a;")),
        Answer(b"<a>" * 100_000),
        Answer(gzip.compress(b"no xml")),
    ],
)
def test_a_sitemap_that_cannot_be_read_deletes_nothing(site: LocalSite, answer: Answer) -> None:
    site.pages["/map.xml"] = answer
    with pytest.raises(SourceUnreadable, match="sitemap"):
        web(site, sitemap=f"{site.url}/map.xml").scan()


def test_more_pages_than_the_limit_are_left_out_and_the_owner_is_told(site: LocalSite) -> None:
    site.page("/docs/", *(f"p{number}" for number in range(9)))
    for number in range(9):
        site.page(f"/docs/p{number}")
    found = web(site, max_pages=4).scan()
    assert len(found.documents) == 4
    assert "max_pages" in found.problems


@pytest.mark.parametrize(
    "said",
    [
        {"start": None},
        {"start": "ftp://127.0.0.1/"},
        {"start": "http://ada:pw@127.0.0.1/"},
        {"start": "/docs/"},
        {"start": "http://127.0.0.1/docs/", "prefix": "http://127.0.0.1/docs"},
        {"start": "http://127.0.0.1/docs/", "prefix": "http://127.0.0.1/other/"},
        {"max_pages": "many"},
        {"delay_seconds": -1},
    ],
)
def test_a_config_that_means_nothing_is_said(site: LocalSite, said: dict[str, Any]) -> None:
    with pytest.raises(SourceUnreadable, match="config") as raised:
        web(site, **said).scan()
    assert "pw" not in str(raised.value)


def certificate(folder: Path, name: str) -> Path:
    """A new key and a certificate that it signs for itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / f"{name}.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize("name", ["site.example", "other.example"])
def test_a_certificate_has_to_be_of_the_name_though_an_address_is_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = certificate(tmp_path, name)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(path)
    monkeypatch.setattr(door, "trusted", lambda: ssl.create_default_context(cafile=path))
    answers(monkeypatch, ["127.0.0.1"])
    with serve(tls=served) as site:
        site.page("/docs/")
        start = f"https://site.example:{site.port}/docs/"
        reach = Reach(frozenset([f"site.example:{site.port}"]))
        source = Web({"start": start, "allow": ["everyone"]}, LIMIT, reach)
        if name == "site.example":
            assert [one.external_id for one in source.scan().documents] == [start]
        else:
            with pytest.raises(SourceUnreadable, match="connection fails"):
                source.scan()
            assert not site.asked


def test_no_address_lies_below_a_domain() -> None:
    reach = Reach(frozenset(["*.0.0.1", "*.1", "*.house.example"]))
    reach.check("wiki.house.example", 443)
    for name in ("127.0.0.1", "10.0.0.1", "house.example", "[::1]"):
        with pytest.raises(SourceUnreadable, match="may not be reached"):
            reach.check(name, 443)
