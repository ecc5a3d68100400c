"""What a web site's addresses and pages are read as, whatever is in them."""

from __future__ import annotations

import pytest

from ingestion.sources.web.address import Site, is_trap, normalise
from ingestion.sources.web.page import read_page
from ingestion.sources.web.robots import forbidden

BASE = "https://site.example/docs/"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("HTTPS://Site.Example.:443/docs/%7eada/%c3%a9#top", BASE + "~ada/%C3%A9"),
        ("a/./b/../c", BASE + "a/c"),
        ("é b", BASE + "%C3%A9%20b"),
        ("../../../x", "https://site.example/x"),
        ("%2e%2e/x", "https://site.example/x"),
        ("?b=2&a=1", BASE + "?b=2&a=1"),
        ("a?", BASE + "a"),
        ("a\n\tb", BASE + "ab"),
        ("//site.example:8443/docs/", "https://site.example:8443/docs/"),
        ("..", "https://site.example/"),
        ("http://[::1]:80/", "http://[::1]/"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
    ],
)
def test_an_address_has_one_spelling(written: str, meant: str) -> None:
    assert normalise(written, BASE) == meant
    assert normalise(meant) == meant


@pytest.mark.parametrize(
    "written",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://site.example/docs/",
        "https://ada@site.example/docs/",
        "https://ada:pw@site.example/docs/",
        "https://site.example\\@evil.example/docs/",
        "https://site.example:99999/docs/",
        "https://[::1/docs/",
        "https://si te.example/docs/",
        "..%2fsecret",
        "a/..%5csecret",
        "%252e%252e%252fsecret",
        "..;/secret",
        "..;a=b/secret",
        "a%00b",
        "a%0d%0aHost:x",
        "a%zz",
        "a\x00b",
        "\ud800",
        "x" * 3000,
    ],
)
def test_what_may_mean_something_else_is_no_address(written: str) -> None:
    assert normalise(written, BASE) is None


@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://site.example/docs/a",
        "https://site.example:8443/docs/a",
        "https://site.example.evil.example/docs/a",
        "https://evil.example/docs/",
        "https://site.example/docsx",
        "https://site.example/docs/../secret",
    ],
)
def test_a_site_is_its_prefix_to_the_letter(elsewhere: str) -> None:
    found = normalise(elsewhere)
    assert found is not None and not Site(BASE).has(found)
    assert Site(BASE).has(BASE + "a")


def test_links_that_make_themselves_are_known() -> None:
    assert is_trap(BASE + "a/" * 4)
    assert is_trap(BASE + "/".join(map(str, range(30))))
    assert is_trap(BASE + "?" + "&".join(f"{n}=1" for n in range(10)))
    assert not is_trap(BASE + "a/b/a/b?c=1")


HOSTILE = [
    "<a ", "<a", "<a x='", '<a href="', "<!--", "<!-->", "<![CDATA[", "</", "&", "&#", "<script>",
    "<title>", "<?", "<", "<a x=", "<a/", "=", "<a =", " ", "<style></style", "<a\t\n", "'<a x=\"",
]  # fmt: skip


@pytest.mark.parametrize("pattern", HOSTILE)
def test_no_page_takes_long(pattern: str) -> None:
    # a parser that looks back takes hours for this
    content = b"<a href=a>" + (pattern * (2_000_000 // len(pattern))).encode()
    assert read_page(content, BASE).links[0] == BASE + "a"


def test_tags_are_found_where_a_browser_finds_them() -> None:
    page = read_page(
        b"""<!doctype html><!--> <a href=1> <!-- <a href=no> --> <A\nHREF = '2&amp;x' x>
        <a title=">" href="3"> <a data-href=no hre="no"> <textarea><a href=no></TEXTAREA >
        <a href=4 href=no><ahref=no> < a href=no> <base href="/docs/sub/"><a href=5>
        <base href="/no/"><a href="6"/> <a href='no""",
        BASE,
    )
    assert [link.removeprefix(BASE) for link in page.links] == [
        "1", "2&x", "3", "4", "sub/5", "sub/6",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "metas", "expected"),
    [
        ("", [], (False, False)),
        ("NoIndex", [], (True, False)),
        ("googlebot: noindex, nofollow", [], (False, False)),
        ("googlebot: noindex, portcullis: nofollow", [], (False, True)),
        ("googlebot: noindex\nnone", [], (True, True)),
        ("unavailable_after: 25 Jun 2010, noindex", [], (True, False)),
        ("", ["index, follow", " none "], (True, True)),
    ],
)
def test_what_robots_are_asked(header: str, metas: list[str], expected: tuple[bool, bool]) -> None:
    assert forbidden(header, metas) == expected
