"""A Confluence as a source, against a stub of its documented API: listings, who may read, and
what a site does that is broken or hostile."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from app.catalog.kinds import check_config
from app.domain.acl import Acl
from app.errors import InvalidInput
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.atlassian import door, paging, people
from ingestion.sources.atlassian.storage import as_html
from ingestion.sources.http import door as http
from tests.ingestion.wiki_site import EMPTY, SECRET, Reply, WikiSite, serving

ADA, BOB, EVE = ("user", "ada@house.example"), ("user", "bob@house.example"), ("user", "eve")
STAFF, HR = ("group", "staff"), ("group", "hr")


CLOUD = pytest.mark.parametrize("wiki", [True], ids=["cloud"], indirect=True)


@pytest.fixture(params=[True, False], ids=["cloud", "data_center"])
def wiki(request: pytest.FixtureRequest) -> Iterator[WikiSite]:
    with serving(request.param) as site:
        site.users = {ADA[1]: ADA[1], BOB[1]: BOB[1], "eve": ""}
        site.groups = {"staff": [ADA[1], BOB[1]], "hr": [BOB[1], "eve"]}
        yield site


def only(found: Scan, name: str) -> Listed:
    [listed] = [listed for listed in found.documents if listed.external_id == name]
    return listed


def names(found: Scan) -> set[str]:
    return {listed.external_id for listed in found.documents}


def acl(found: Scan, name: str) -> Acl:
    listed = only(found, name)
    assert listed.container is not None and listed.acl is None
    return found.containers[listed.container]


def agree(wiki: WikiSite, found: Scan, **config: Any) -> None:
    """The source itself, asked about each document, says the same."""
    for listed in found.documents:
        assert listed.container is not None
        standing = Standing(listed.container, found.containers[listed.container], None)
        told = wiki.source(**config).verify(listed.external_id)
        assert told == standing or (told is None and not found.containers[listed.container].allow)


def test_spaces_are_containers_and_all_pages_of_a_listing_are_read(wiki: WikiSite) -> None:
    for key in ("DOC", "HR", "OPS"):
        wiki.space(key, STAFF, ADA)
    for number in range(1, 8):
        wiki.page(str(number))
    wiki.page("8", "HR")
    wiki.attach("att9", "1", title="a.md")
    wiki.attach("att10", "1", title="b.png", mime_type="image/png")
    found = wiki.source().scan()
    assert names(found) == {*(f"page/{n}" for n in range(1, 9)), "attachment/att9"}
    readers = Acl.parse(["group:staff", ADA[1]])
    assert found.containers == {"space/DOC": readers, "space/HR": readers, "space/OPS": readers}
    assert only(found, "page/8").container == "space/HR"
    assert only(found, "attachment/att9").container == "space/DOC"
    assert only(found, "page/1").uri == f"{wiki.url}/spaces/DOC/pages/1"
    assert b"<p>shared words</p>" in only(found, "page/1").read()
    assert only(found, "attachment/att9").read() == b"attached words"
    assert not found.problems
    agree(wiki, found)


def test_only_the_spaces_of_the_config_are_read(wiki: WikiSite) -> None:
    wiki.space("DOC", STAFF)
    wiki.space("HR", STAFF)
    wiki.page("1")
    wiki.page("2", "HR")
    assert names(wiki.source(spaces=["DOC"]).scan()) == {"page/1"}
    assert wiki.source(spaces=["DOC"]).verify("page/2") is None
    with pytest.raises(SourceUnreadable, match="the space GONE is not there"):
        wiki.source(spaces=["DOC", "GONE"]).scan()


def test_restrictions_of_a_page_and_of_all_above_it_narrow(wiki: WikiSite) -> None:
    wiki.space("DOC", STAFF)
    wiki.page("1", restricted=[STAFF, HR])
    wiki.page("2", parent="1")
    wiki.page("3", parent="2", restricted=[HR, ADA])
    wiki.page("4", parent="3")
    wiki.attach("att5", "4")
    wiki.page("6", restricted=[EVE])
    wiki.page("7")
    found = wiki.source().scan()
    assert acl(found, "page/1") == Acl.parse(["group:staff"])
    assert only(found, "page/2").container == "page/1"
    # bob is in both groups, ada by name
    assert acl(found, "page/3") == Acl.parse([ADA[1], BOB[1]])
    assert only(found, "attachment/att5").container == only(found, "page/4").container == "page/3"
    assert acl(found, "page/6") == Acl()
    assert only(found, "page/7").container == "space/DOC"
    agree(wiki, found)


@CLOUD  # there are no folders
def test_a_folder_restricts_and_what_cannot_be_looked_at_closes(wiki: WikiSite) -> None:
    wiki.space("DOC", STAFF)
    wiki.page("1", kind="folder", restricted=[ADA])
    wiki.page("2", parent="1")
    wiki.page("3", parent="404")
    wiki.page("4", kind="smart", parent=None)
    wiki.page("5", parent="4")
    wiki.page("6", parent="7")
    wiki.page("7", parent="6")
    wiki.page("8", parent="9")
    wiki.page("9", status="archived", restricted=[BOB])
    found = wiki.source().scan()
    assert acl(found, "page/2") == Acl.parse([ADA[1]])
    assert acl(found, "page/8") == Acl.parse([BOB[1]])
    for name in ("page/3", "page/5", "page/6", "page/7"):
        assert acl(found, name) == Acl()
        assert found.problems[name].stage == "acl"
    assert "page/9" not in names(found)
    agree(wiki, found)


def test_the_public_and_all_users_are_everyone_only_where_the_config_says_so(
    wiki: WikiSite,
) -> None:
    wiki.space("DOC", ("anonymous", ""), ADA)
    wiki.page("1")
    wiki.page("2", restricted=[HR])
    found = wiki.source().scan()
    assert acl(found, "page/1") == Acl.parse([ADA[1]])
    assert "config.public_links" in found.problems["space/DOC"].reason
    assert acl(found, "page/2") == Acl.parse(["group:hr"])
    assert acl(wiki.source(all_users="everyone").scan(), "page/1") == Acl.parse([ADA[1]])
    told = wiki.source(public_links="everyone").scan()
    assert acl(told, "page/1") == Acl.parse(["everyone", ADA[1]])
    assert acl(told, "page/2") == Acl.parse(["group:hr"])
    if wiki.cloud:
        wiki.space("DOC", ("all", ""))
        found = wiki.source(public_links="everyone").scan()
        assert acl(found, "page/1") == Acl()
        assert "config.all_users" in found.problems["space/DOC"].reason
        assert acl(wiki.source(all_users="everyone").scan(), "page/1") == Acl.parse(["everyone"])


def test_who_has_no_sound_name_is_nobody_and_that_is_told(wiki: WikiSite) -> None:
    odd = ["everyone", "public", "group:hr", " ada@house.example", "b\x00b", "x" * 10 + "\u202e"]
    wiki.users |= {f"odd{n}": name for n, name in enumerate(odd)}
    users = [f"odd{n}" for n in range(len(odd))] if wiki.cloud else odd
    wiki.groups |= {" hr": [], "a\nb": []}
    wiki.space("DOC", *(("user", name) for name in users), ("group", " hr"), ("group", "a\nb"))
    wiki.space("HR", ("robot", "x"), ADA)
    wiki.page("1")
    wiki.page("2", restricted=[("robot", "x")])
    found = wiki.source().scan()
    assert acl(found, "page/1") == Acl()
    assert found.problems["space/DOC"].stage == "acl"
    assert found.containers["space/HR"] == Acl.parse([ADA[1]])
    assert "of no kind that is known" in found.problems["space/HR"].reason
    # what it means is not known, and that it restricts is
    assert acl(found, "page/2") == Acl()
    assert found.problems["page/2"].stage == "acl"


def test_a_user_without_an_address_keeps_the_name_that_the_wiki_has(wiki: WikiSite) -> None:
    wiki.space("DOC", EVE)
    wiki.page("1")
    [ref] = acl(wiki.source().scan(), "page/1").allow
    assert str(ref) == "eve"


@pytest.mark.parametrize("status", [403, 404])
def test_permissions_that_may_not_be_looked_at_let_nobody_in(wiki: WikiSite, status: int) -> None:
    wiki.space("DOC", STAFF)
    wiki.page("1")
    wiki.page("2", parent="1")

    def refuse(part: str) -> None:
        wiki.before = lambda path, _: (status, {}, b"") if part in path else None

    refuse("/permissions")
    found = wiki.source().scan()
    assert (acl(found, "page/1"), set(found.problems)) == (Acl(), {"space/DOC"})
    assert wiki.source().verify("page/1") is None
    refuse("/content/1/restriction")
    found = wiki.source().scan()
    assert (acl(found, "page/2"), set(found.problems)) == (Acl(), {"page/1"})
    assert wiki.source().verify("page/2") is None
    wiki.nodes["2"].restricted = [HR]
    refuse("/group/g-hr/m" if wiki.cloud else "/group/hr/m")
    found = wiki.source().scan()
    assert acl(found, "page/2") == Acl()
    assert "members of a group" in found.problems["page/2"].reason


def test_a_group_too_large_to_be_looked_at_is_not_taken_apart(
    wiki: WikiSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "MAX_MEMBERS", 1)
    wiki.space("DOC", STAFF)
    wiki.page("1", restricted=[ADA])
    wiki.page("2")
    found = wiki.source().scan()
    assert acl(found, "page/1") == Acl()
    assert acl(found, "page/2") == Acl.parse(["group:staff"])


def test_what_changes_between_two_scans(wiki: WikiSite) -> None:
    space = wiki.space("DOC", STAFF)
    wiki.page("1", restricted=[BOB])
    wiki.page("2")
    wiki.page("3")
    before = wiki.source().scan()
    wiki.nodes["1"].restricted = None
    wiki.nodes["2"].restricted = [ADA]
    wiki.page("3", parent="2", version=2, title="Moved")
    found = wiki.source().scan()
    assert [only(found, f"page/{n}").container for n in (1, 2, 3)] == [
        "space/DOC", "page/2", "page/2",
    ]  # fmt: skip
    assert only(found, "page/1").version == only(before, "page/1").version
    assert only(found, "page/3").version != only(before, "page/3").version
    with pytest.raises(DocumentProblem, match="changed meanwhile"):
        only(before, "page/3").read()
    wiki.groups["staff"].remove(ADA[1])
    assert acl(wiki.source().scan(), "page/3") == Acl()
    wiki.nodes["1"].status = "trashed"
    del wiki.nodes["3"]
    assert names(wiki.source().scan()) == {"page/2"}
    assert [wiki.source().verify(f"page/{n}") for n in (1, 3)] == [None, None]
    space.status = "archived"
    assert not wiki.source().scan().documents
    assert wiki.source().verify("page/2") is None


@pytest.mark.parametrize("name", ["page/1/x", "page/../1", "page/", "1", "space/DOC", "page/١",
                                  "attachment/../1", "attachment/1?x", "page/0001"])  # fmt: skip
def test_a_name_that_is_none_of_ours_is_nothing(wiki: WikiSite, name: str) -> None:
    wiki.space("DOC", STAFF)
    wiki.page("1")
    assert wiki.source().verify(name) is None
    assert all("x" not in path.partition("?")[0].split("/")[-1] for path, _ in wiki.asked)


FAULTS: list[Reply] = [
    (500, {}, b'{"results": []}'),
    (400, {}, b'{"results": []}'),
    (200, {}, b"<html>sign in</html>"),
    (200, {}, b"[]"),
    (200, {}, b"{}"),
    (200, {}, b'{"results": {}}'),
    (200, {}, b'{"results": [{"id": "../1"}]}'),
    (
        200,
        {},
        b'{"results": [{"id": "1", "status": "current", "title": "", "type": "page",'
        b' "parentId": null, "ancestors": [], "version": {"number": Infinity}}]}',
    ),
    (200, {}, b"[" * 100_000),
    (200, {"Content-Encoding": "gzip"}, b"no gzip"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=range(len(FAULTS)))
def test_a_listing_that_fails_in_its_middle_is_no_listing(wiki: WikiSite, fault: Reply) -> None:
    wiki.space("DOC", STAFF)
    for number in range(1, 6):
        wiki.page(str(number))
    wiki.before = lambda _, query: fault if query.get("cursor") == "c2" else None
    with pytest.raises(SourceUnreadable):
        wiki.source().scan()


def test_a_site_that_leads_elsewhere_is_not_followed(wiki: WikiSite) -> None:
    wiki.space("DOC", STAFF)
    with serving(wiki.cloud) as other:
        at = {"Location": f"{other.url}/rest/api/user/current"}
        wiki.before = lambda path, _: (301, at, b'{"type": "known", "username": "bot"}')
        source = wiki.source()
        allowed = source.access.reach.hosts | {other.url.split("/")[2]}
        object.__setattr__(source.access.reach, "hosts", allowed)
        with pytest.raises(SourceUnreadable, match="leads elsewhere, and a token is not sent"):
            source.scan()
        assert not other.asked


def test_a_refusal_in_the_middle_is_no_listing_either(wiki: WikiSite) -> None:
    wiki.space("DOC", STAFF)
    for number in range(1, 6):
        wiki.page(str(number))
    wiki.before = lambda _, query: EMPTY if query.get("cursor") == "c2" else None
    with pytest.raises(SourceUnreadable, match="a listing was refused"):
        wiki.source().scan()


def test_attachments_are_gone_only_where_their_page_is(wiki: WikiSite) -> None:
    wiki.space("DOC", STAFF)
    wiki.page("1")
    wiki.attach("att2", "1")

    def refuse(path: str, _: dict[str, str]) -> Reply | None:
        if path.endswith(("/attachments", "/child/attachment")):
            if deleted:
                wiki.nodes["1"].status = "trashed"
            return EMPTY
        return None

    wiki.before, deleted = refuse, False
    with pytest.raises(SourceUnreadable, match="a listing was refused"):
        wiki.source().scan()
    deleted = True
    assert not names(wiki.source().scan())


def test_a_listing_in_a_circle_or_without_an_end_ends(
    wiki: WikiSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiki.space("DOC", STAFF)
    counted = iter(range(10**9))

    def circle(path: str, query: dict[str, str]) -> Reply | None:
        if not path.endswith(("/pages", "/scan")):
            return None
        at = "same" if endless is False else f"c{next(counted)}"
        return 200, {}, json.dumps({"results": [], "_links": {"next": f"/x?cursor={at}"}}).encode()

    wiki.before, endless = circle, False
    with pytest.raises(SourceUnreadable, match="circle"):
        wiki.source().scan()
    endless = True
    monkeypatch.setattr(paging, "MAX_PAGES", 20)
    with pytest.raises(SourceUnreadable, match="no end"):
        wiki.source().scan()


def test_a_next_page_elsewhere_is_not_asked_for_elsewhere(wiki: WikiSite) -> None:
    wiki.space("DOC", STAFF)
    for number in range(1, 6):
        wiki.page(str(number))
    # the stub's links name a host that nobody allows
    assert len(wiki.source().scan().documents) == 5


def test_a_busy_site_is_waited_for_within_a_bound(
    wiki: WikiSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiki.space("DOC", STAFF)
    wiki.page("1")
    left = [(429, {"Retry-After": "0"}, b""), (503, {"Retry-After": "1"}, b"")]
    wiki.before = lambda path, _: left.pop() if left else None
    assert names(wiki.source().scan()) == {"page/1"}
    for said in ("3600", "0"):
        wiki.before = lambda path, _, said=said: (429, {"Retry-After": said}, b"")  # type: ignore[misc]
        asked = len(wiki.asked)
        with pytest.raises(SourceUnreadable, match="asked too much"):
            wiki.source().scan()
        assert len(wiki.asked) - asked <= door.TRIES


def test_an_answer_that_is_too_large_is_refused(
    wiki: WikiSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "ANSWER_BYTES", 20_000)
    wiki.space("DOC", STAFF)
    wiki.page("1", title="x" * 30_000)
    with pytest.raises(SourceUnreadable, match="more than a listing has"):
        wiki.source().scan()
    wiki.page("1", body="x" * 3000)
    wiki.page("2", body="x" * 30_000)
    wiki.attach("att3", "1", content=b"x" * 3000)
    wiki.attach("att4", "1", content=b"x" * 3000, size=10)
    wiki.attach("att5", "1", content=b"xyz", size=10)
    wiki.attach("att6", "1", content=b"x" * 3000, size=2000)
    found = wiki.source().scan()
    for listed in found.documents:
        with pytest.raises(DocumentProblem):
            listed.read()


def test_an_answer_that_takes_too_long_ends(
    wiki: WikiSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REQUEST_SECONDS", 0.3)
    stop = Event()
    wiki.before = lambda path, _: (stop.wait(3), EMPTY)[1]
    with pytest.raises(SourceUnreadable, match="takes too long"):
        wiki.source().scan()
    stop.set()


@pytest.mark.parametrize("secret", [None, "", "of last year", "two\r\nlines"])
def test_a_token_that_is_not_taken_says_what_to_do_and_not_what_it_is(
    wiki: WikiSite, secret: str | None
) -> None:
    wiki.space("DOC", STAFF)
    for ask in (wiki.source(secret).scan, lambda: wiki.source(secret).verify("page/1")):
        with pytest.raises(SourceUnreadable, match="portcullis source secret KEY") as caught:
            ask()
        assert not secret or secret not in str(caught.value)
    assert SECRET not in repr(wiki.source())


def test_a_token_that_ends_during_a_scan_makes_no_listing(wiki: WikiSite) -> None:
    wiki.space("DOC", STAFF)
    wiki.page("1")

    def lapse(path: str, _: dict[str, str]) -> None:
        wiki.anonymous |= "restriction" in path

    wiki.before = lapse
    with pytest.raises(SourceUnreadable, match="secret KEY"):
        wiki.source().scan()
    with pytest.raises(SourceUnreadable, match="secret KEY"):
        wiki.source().verify("page/1")


def test_only_the_site_is_asked_and_only_where_that_is_allowed(wiki: WikiSite) -> None:
    with pytest.raises(SourceUnreadable, match="may not be reached"):
        wiki.source(reach="elsewhere.example").scan()
    with pytest.raises(SourceUnreadable, match="https"):
        wiki.source(url="http://wiki.house.example").scan()
    assert not wiki.asked


def test_a_download_leads_to_allowed_hosts_alone_and_without_the_token(wiki: WikiSite) -> None:
    wiki.space("DOC", STAFF)
    wiki.page("1")
    wiki.attach("att2", "1")
    with serving(wiki.cloud) as media:
        media.before = lambda path, _: (200, {}, b"attached words")
        wiki.media = f"{media.url}/file?signed=1"
        both = wiki.source()
        hosts = both.access.reach.hosts | {media.url.split("/")[2]}
        listed = only(wiki.source().scan(), "attachment/att2")
        with pytest.raises(DocumentProblem, match="may not be reached"):
            listed.read()
        assert not media.asked
        object.__setattr__(both.access.reach, "hosts", hosts)
        assert only(both.scan(), "attachment/att2").read() == b"attached words"
        assert "authorization" not in media.asked[0][1]
        for wiki.media in ("http://media.example/", "ftp://127.0.0.1/", "http://[", "//a@b/", ""):
            if wiki.media:
                with pytest.raises(DocumentProblem):
                    listed.read()
        wiki.media = f"{wiki.url}/rest/api/content/1/child/attachment/att2/download"
        if wiki.cloud:
            asked = len(wiki.asked)
            with pytest.raises(DocumentProblem, match="only redirected"):
                listed.read()
            assert len(wiki.asked) - asked == 1 + door.REDIRECTS
    assert all(SECRET not in path for path, _ in wiki.asked)


def test_hostile_names_stay_names(wiki: WikiSite) -> None:
    wiki.space("../A b?#", STAFF, ("group", "../x/y?z"))
    wiki.groups["../x/y?z"] = [ADA[1]]
    wiki.page("1", "../A b?#", title="<script>\x00\ud800</title>", restricted=[ADA])
    wiki.attach("att2", "1", title="../../etc/passwd.md")
    wiki.attach("att3", "1", title="..")
    found = wiki.source().scan()
    assert acl(found, "page/1") == Acl.parse([ADA[1]])
    assert "group:../x/y?z" in map(str, found.containers["space/../A b?#"].allow)
    assert only(found, "page/1").title == "<script>  </title>"
    assert b"<script>" not in only(found, "page/1").read()
    agree(wiki, found)


def test_what_is_stored_becomes_html() -> None:
    stored = (
        '<ac:structured-macro ac:name="code"><ac:parameter ac:name="x">no</ac:parameter>'
        '<ac:parameter ac:name="y"/><ac:plain-text-body><![CDATA[a < b]]></ac:plain-text-body>'
        "</ac:structured-macro><p>after</p>"
    )
    html = as_html("A & B", stored).decode()
    assert "<title>A &amp; B</title>" in html
    assert "<pre>a &lt; b</pre>" in html and "<p>after</p>" in html and "no" not in html
    assert len(as_html("", "<![CDATA[" * 100_000 + "<ac:parameter" * 100_000)) < 3_000_000


def test_nobody_reads_more_than_a_plain_model_of_the_rules_says(wiki: WikiSite) -> None:
    chance = random.Random(7)
    people_here = [ADA[1], BOB[1], "eve"]
    everybody = {f"user:{name}" for name in people_here}
    for _ in range(12):
        wiki.groups = {
            name: chance.sample(people_here, chance.randint(0, 3))
            for name in ("staff", "hr", "ops")
        }
        subjects = [("user", name) for name in people_here]
        subjects += [("group", name) for name in wiki.groups]
        wiki.space("DOC", *chance.sample([*subjects, ("anonymous", "")], 3))
        wiki.nodes.clear()
        for number in range(1, 9):
            parent = chance.choice([None, *wiki.nodes])
            restricted = chance.sample(subjects, chance.randint(1, 3))
            wiki.page(str(number), parent=parent,
                      restricted=chance.choice([None, restricted]))  # fmt: skip

        def persons(named: list[tuple[str, str]]) -> set[str]:
            found = set[str]()
            for kind, name in named:
                found |= everybody if kind == "anonymous" else set()
                found |= {f"user:{m}" for m in wiki.groups[name]} if kind == "group" else set()
                found |= {f"user:{name}"} if kind == "user" else set()
            return found

        found = wiki.source(public_links="everyone").scan()
        for listed in found.documents:
            node, may = wiki.nodes[listed.external_id[5:]], persons(wiki.spaces["DOC"].readers)
            at: str | None = node.id
            while at is not None:
                restriction = wiki.nodes[at].restricted
                may &= everybody if restriction is None else persons(restriction)
                at = wiki.nodes[at].parent
            let_in = set[str]()
            for ref in acl(found, listed.external_id).allow:
                kind = "anonymous" if ref.kind == "everyone" else str(ref.kind)
                let_in |= persons([(kind, ref.key)])
            # all is known here, so it is not narrower either
            assert let_in == may
        agree(wiki, found, public_links="everyone")


CONFIG = {"url": "https://a.example/wiki", "deployment": "cloud", "user": "a@b.example"}
WRONG = [
    ({"url": "http://a.example"}, "https address"),
    ({"url": "https://u:p@a.example"}, "https address"),
    ({"url": "https://a.example/?x"}, "https address"),
    ({"url": "https://a.example/a/../b"}, "https address"),
    ({"url": 7}, "config.url"),
    ({"deployment": "server"}, "cloud or data_center"),
    ({"user": ""}, "needs config.user"),
    ({"user": "a:b"}, "config.user"),
    ({"spaces": "DOC"}, "config.spaces"),
    ({"spaces": [7]}, "config.spaces"),
    ({"public_links": True}, "config.public_links"),
    ({"all_users": "all"}, "config.all_users"),
    ({"token": "x"}, "no config.token"),
]


@pytest.mark.parametrize(("change", "said"), WRONG, ids=range(len(WRONG)))
def test_a_config_that_is_wrong_is_refused(change: dict[str, Any], said: str) -> None:
    check_config("confluence", CONFIG)
    check_config("confluence", CONFIG | {"url": "http://127.0.0.1:8090", "accounts": {}})
    check_config("confluence", {"url": "https://a.example", "deployment": "data_center"})
    with pytest.raises(InvalidInput, match=said):
        check_config("confluence", CONFIG | change)
