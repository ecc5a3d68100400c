"""SharePoint as a source, against a stub: listings, permissions, what is shared and unshared, and
what an answer cannot bring about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any

import pytest

from app.catalog.kinds import check_config
from app.catalog.sharepoint_config import wrong_sharepoint
from app.domain.acl import Acl
from app.errors import InvalidInput
from ingestion.connect import Access, connector
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.http import door
from ingestion.sources.reach import Reach
from ingestion.sources.sharepoint import connector as connecting
from ingestion.sources.sharepoint import graph
from ingestion.sources.sharepoint.grants import Audience, Grants, read_grants
from tests.ingestion.tenant import (
    DRIVE,
    HOME,
    ROOT,
    SECRET,
    TOKEN,
    Answer,
    Tenant,
    claim,
    identity,
    link,
    person,
    serving,
)

GROUP = "2fdb79f5-3ad4-4a4e-a6ad-6c5e3ff0b1aa"
OTHER = "3fdb79f5-3ad4-4a4e-a6ad-6c5e3ff0b1aa"
ADA, BOB = "ada@house.example", "bob@house.example"
MEMBERS = f"c:0o.c|federateddirectoryclaimprovider|{GROUP}"
STAFF = f"c:0-.f|rolemanager|spo-grid-all-users/{OTHER}"
CLOSED = Audience(HOME)
OPEN = Audience(HOME, public_links=True, organization_wide=True)
DELTA = f"/v1.0/drives/{DRIVE}/root/delta"


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with serving() as tenant:
        tenant.folder(ROOT, "", person(ADA), claim(MEMBERS))
        tenant.folder("HR", ROOT, person(ADA))
        tenant.file("a", ROOT, person(ADA), claim(MEMBERS))
        tenant.file("b", "HR", person(ADA), link("users", BOB))
        tenant.file("c", "HR", person(ADA))
        yield tenant


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "_PAUSE", 0.01)
    monkeypatch.setattr(graph, "WAIT_SECONDS", 3.0)


def id_of(item: str) -> str:
    return f"{DRIVE}/{item}"


def only(found: Scan, item: str) -> Listed:
    [listed] = [listed for listed in found.documents if listed.external_id == id_of(item)]
    return listed


def permissions(item: str) -> str:
    return f"/v1.0/drives/{DRIVE}/items/{item}/permissions"


def of(*said: Any, audience: Audience = CLOSED) -> Grants:
    return read_grants(said, audience)


def test_drives_are_listed_page_by_page_with_what_holds_in_each_folder(tenant: Tenant) -> None:
    found = tenant.source().scan()
    assert found.containers == {
        id_of(ROOT): Acl.parse([ADA, f"group:{GROUP}"]),
        id_of("HR"): Acl.parse([ADA]),
    }
    assert {one.external_id: (one.container, one.acl) for one in found.documents} == {
        id_of("a"): (id_of(ROOT), None),
        id_of("b"): (id_of("HR"), Acl.parse([ADA, BOB])),
        id_of("c"): (id_of("HR"), None),
    }
    assert not found.problems
    a = only(found, "a")
    assert (a.title, a.mime_type, a.read()) == ("a.md", "text/markdown", b"words of a")
    assert len([path for path in tenant.paths() if path.startswith(DELTA)]) == 3


def test_a_user_has_drives_too(tenant: Tenant) -> None:
    tenant.permissions["c"] = [
        {"id": "1", "roles": ["read"], "grantedToV2": {"siteGroup": {"id": "5"}}}
    ]
    found = tenant.source(site="", user=ADA).scan()
    assert only(found, "c").acl == Acl.parse([f"group:sharepoint:{DRIVE}:5"])


def test_token_and_secret_go_where_they_belong(tenant: Tenant) -> None:
    source = tenant.source()
    assert [one.read() for one in source.scan().documents]
    for host, method, path, headers, body in tenant.asked:
        assert SECRET not in path and TOKEN not in path
        if host == tenant.files:
            assert "authorization" not in headers and not body
        elif method == "POST":
            assert path == "/house.example/oauth2/v2.0/token"
            assert "client_secret=the+secret+%26+of+the+app" in body
            assert "authorization" not in headers
        else:
            assert headers["authorization"] == f"Bearer {TOKEN}"
    assert [method for _, method, *_ in tenant.asked].count("POST") == 1
    assert SECRET not in repr(source) and TOKEN not in repr(source)


def test_verify_says_what_a_scan_says(tenant: Tenant) -> None:
    source = tenant.source()
    found = source.scan()
    for one in found.documents:
        assert one.container is not None
        expected = Standing(one.container, found.containers[one.container], one.acl)
        assert source.verify(one.external_id) == expected
    tenant.remove("a")
    tenant.answers[permissions("c")] = [Answer(status=403)]
    none = ("a", "c", "HR", ROOT, "none")
    assert [source.verify(id_of(name)) for name in none] == [None] * len(none)
    assert source.verify("b!other/b") is None
    tenant.asked.clear()
    odd = (id_of("../items/b"), id_of("b/x"), id_of(""), id_of("b?x"), "b", "../b")
    assert [source.verify(name) for name in odd] == [None] * len(odd)
    assert not tenant.asked


def test_what_changes_at_the_source_changes_here(tenant: Tenant) -> None:
    source = tenant.source()
    before = source.scan()
    tenant.permissions["c"].append(person(BOB))  # shared
    tenant.permissions["b"] = [person(ADA)]  # unshared
    tenant.permissions[ROOT] = [claim(MEMBERS.replace(GROUP, OTHER))]
    tenant.items["a"]["parentReference"]["id"] = "HR"  # moved
    tenant.permissions["a"] = [person(ADA)]
    after = source.scan()
    assert only(after, "c").acl == Acl.parse([ADA, BOB])
    assert only(after, "b").acl is None
    assert after.containers[id_of(ROOT)] == Acl.parse([f"group:{OTHER}"])
    assert (only(after, "a").container, only(after, "a").acl) == (id_of("HR"), None)
    assert {one.version for one in after.documents} == {one.version for one in before.documents}
    tenant.items["c"]["cTag"] = '"c:{c},2"'
    tenant.remove("b")
    last = source.scan()
    assert last.names == {id_of("a"), id_of("c")}
    assert only(last, "c").version != only(after, "c").version
    with pytest.raises(DocumentProblem, match="changed meanwhile"):
        only(after, "c").read()


def test_an_item_that_comes_twice_is_what_was_said_last(tenant: Tenant) -> None:
    items = [*tenant.items.values(), {**tenant.items["c"], "name": "new.md"}]
    items.append({"id": "b", "deleted": {}})
    said = {"value": items, "@odata.deltaLink": "x"}
    tenant.answers[DELTA] = [Answer(json.dumps(said).encode())]
    found = tenant.source().scan()
    assert found.names == {id_of("a"), id_of("c")}
    assert only(found, "c").title == "new.md"


NOBODY = {
    "anybody": link("anonymous"),
    "anybody, with who came": link("anonymous", BOB),
    "organisation": link("organization"),
    "upload only": link("users", BOB, type="createOnly"),
    "no scope": link(None, BOB),
    "new scope": link("partners", BOB),
    "password": link("users", BOB, hasPassword=True),
    "over": person(BOB, expirationDateTime="2020-01-01T00:00:00Z"),
    "unreadable end": person(BOB, expirationDateTime="soon"),
    "no role": person(BOB, roles=()),
    "limited": person(BOB, roles=["sp.limited access"]),
    "odd roles": person(BOB, roles=["reader"]),
    "deprecated": {"id": "1", "roles": ["read"], "grantedTo": identity(BOB)},
    "invited": {"id": "1", "roles": ["read"], "invitation": {"email": BOB}},
    "app": {"id": "1", "roles": ["read"], "grantedToV2": {"application": {"id": "x"}}},
    "group by id": {"id": "1", "roles": ["read"], "grantedToV2": {"group": {"id": GROUP}}},
    "group and person": {
        "roles": ["read"], "grantedToV2": {"group": {"id": GROUP}, "user": {"email": BOB}}
    },
    "id beside a wrong e-mail": {
        "roles": ["read"], "grantedToV2": {"user": {"email": "everyone", "id": OTHER}}
    },
    "two groups": claim(MEMBERS, group={"id": OTHER}),
    "other claim": claim("c:0u.c|tenant|" + GROUP, user={"email": BOB}),
    "app claim": claim("i:0i.t|ms.sp.ext|x@y", user={"email": BOB}),
    "staff": claim(STAFF),
    "everyone": claim("c:0(.s|true", user={"email": BOB}),
    "two e-mails": claim("", user={"email": BOB}) | {
        "grantedToV2": {"user": {"email": BOB}, "siteUser": {"email": ADA}}
    },
    "new facet": {"roles": ["read"], "grantedToV2": {**identity(BOB), "tenant": {"id": "x"}}},
    "site group and user": claim("", siteGroup={"id": "5"}, user={"email": BOB}),
    "name for number": {"roles": ["read"], "grantedToV2": {"siteGroup": {"id": "hr"}}},
    "new site group": {"roles": ["read"], "grantedToV2": {"sharePointGroup": {"id": "x"}}},
    "text": "read",
    "none": None,
    "list": [person(BOB)],
    "link text": {"roles": ["read"], "link": "users", "grantedToIdentitiesV2": [identity(BOB)]},
    "people text": {**link("users"), "grantedToIdentitiesV2": BOB},
    **{
        f"e-mail {email!r}": {"roles": ["read"], "grantedToV2": {"user": {"email": email}}}
        for email in (
            "everyone", "public", "group:hr", "group:hr@house.example", "bob", "@", "a@b@c", " ",
            "\u212aim@house.example", "bob@house.example\n", "a b@c", 5, ["bob@house.example"],
        )
    },
}  # fmt: skip
SILENT = {"password", "over", "invited", "app"}


@pytest.mark.parametrize("case", NOBODY)
def test_what_is_not_understood_or_not_meant_lets_nobody_in(case: str) -> None:
    found = of(NOBODY[case])
    assert found.acl == Acl()
    assert bool(found.untold) == (case not in SILENT)
    assert of(NOBODY[case], person(ADA)).acl == Acl.parse([ADA])


@pytest.mark.parametrize(
    ("said", "entries"),
    [
        (person("Ada@House.example", ["write"]), [ADA]),
        (person(ADA, ["owner"], expirationDateTime="0001-01-01T00:00:00Z"), [ADA]),
        (person(ADA, expirationDateTime="2999-01-01T00:00:00Z"), [ADA]),
        (link("users", ADA, BOB, type="edit"), [ADA, BOB]),
        (link("existingAccess"), []),
        (claim(MEMBERS, group={"id": GROUP.upper()}), [f"group:{GROUP}"]),
        (claim(f"{MEMBERS}_o", group={"id": GROUP}), [f"group:{GROUP}_o"]),
        (claim(f"c:0t.c|tenant|{GROUP}"), [f"group:{GROUP}"]),
        (
            {"roles": ["read"], "grantedToV2": {"siteGroup": {"id": "5", "loginName": "HR"}}},
            [f"group:sharepoint:{HOME}:5"],
        ),
    ],
)
def test_who_is_named_is_let_in(said: Any, entries: list[str]) -> None:
    assert of(said) == Grants(Acl.parse(entries), frozenset())


def test_a_person_without_an_address_has_the_id_that_rules_can_name(tenant: Tenant) -> None:
    tenant.permissions["c"] = [{"roles": ["read"], "grantedToV2": {"user": {"id": OTHER}}}]
    config = {**tenant.source().config, "accounts": {"ids": {OTHER: BOB}}}
    found = connector("sharepoint", config, tenant.source().access).scan()
    assert only(found, "c").acl == Acl.parse([BOB])


def test_everyone_is_let_in_only_where_the_config_says_so() -> None:
    for said in (link("organization"), claim(STAFF), claim("c:0(.s|true")):
        assert of(said, audience=Audience(HOME, public_links=True)).acl == Acl()
        assert of(said, audience=Audience(HOME, organization_wide=True)).acl.allow
    assert of(link("organization", BOB)).acl == Acl.parse([BOB])
    assert of(link("anonymous"), audience=Audience(HOME, organization_wide=True)).acl == Acl()
    assert of(link("anonymous"), audience=OPEN) == Grants(Acl.parse(["everyone"]), frozenset())
    assert of(link("anonymous", hasPassword=True), audience=OPEN).acl == Acl()


def test_an_acl_is_never_wider_than_the_source() -> None:
    """The model: who may read is whom any one permission lets in. Each case above is nobody, and
    each one below is whom it names."""
    random = Random(5)
    known = [person(ADA), person(BOB), claim(MEMBERS), link("users", ADA, BOB)]
    truth = [{ADA}, {BOB}, {f"group:{GROUP}"}, {ADA, BOB}]
    for _ in range(300):
        chosen = random.sample(range(len(known)), random.randint(0, len(known)))
        noise = random.sample(sorted(NOBODY), random.randint(0, 5))
        said = [known[at] for at in chosen] + [NOBODY[name] for name in noise]
        random.shuffle(said)
        allowed = {str(ref) for ref in of(*said).acl.allow}
        assert allowed == set().union(*(truth[at] for at in chosen))
    for one, other in combinations(NOBODY.values(), 2):
        assert of(one, other).acl == Acl()


def test_what_grants_nobody_is_told_once(tenant: Tenant) -> None:
    for item in ("HR", "b", "c"):
        tenant.permissions[item].append(link("organization"))
    tenant.permissions["a"].append(link("anonymous"))
    found = tenant.source().scan()
    assert set(found.problems) == {id_of("HR"), id_of("a")}
    assert {problem.stage for problem in found.problems.values()} == {"acl"}
    assert "config.organization_wide" in found.problems[id_of("HR")].reason
    assert "config.public_links" in found.problems[id_of("a")].reason
    found = tenant.source(organization_wide="everyone", public_links="everyone").scan()
    assert not found.problems
    assert found.containers[id_of("HR")] == Acl.parse([ADA, "everyone"])


@pytest.mark.parametrize("status", [403, 404])
def test_permissions_that_cannot_be_read_let_nobody_in(tenant: Tenant, status: int) -> None:
    tenant.answers[permissions("c")] = [Answer(status=status)]
    tenant.answers[permissions(ROOT)] = [Answer(status=status)]
    found = tenant.source().scan()
    assert (only(found, "c").acl, only(found, "c").withheld) == (Acl(), True)
    assert found.containers[id_of(ROOT)] == Acl()
    assert only(found, "a").acl == Acl.parse([ADA, f"group:{GROUP}"])
    assert set(found.problems) == {id_of("c"), id_of(ROOT)}


@pytest.mark.parametrize(
    "publication",
    [{"level": "checkout", "versionId": "2.0"}, {"level": "published", "versionId": "1.3"}, {}],
)
def test_a_draft_is_withheld(tenant: Tenant, publication: Any) -> None:
    published = tenant.source().scan()
    tenant.items["c"]["publication"] = publication
    found = tenant.source().scan()
    assert (only(found, "c").acl, only(found, "c").withheld) == (Acl(), True)
    assert id_of("c") in found.problems
    assert tenant.source().verify(id_of("c")) is None
    with pytest.raises(DocumentProblem, match="draft"):
        only(published, "c").read()  # where a listing does not say it
    tenant.items["c"]["publication"] = {"level": "published", "versionId": "2.0"}
    assert not tenant.source().scan().problems


def test_other_drives_and_notes_are_not_followed(tenant: Tenant) -> None:
    tenant.folder("link", ROOT, person(ADA), remoteItem={"id": "x"})
    tenant.items["odd"] = {"id": "odd", "name": "odd", "parentReference": {"id": ROOT}}
    tenant.folder("notes", ROOT, person(ADA), package={"type": "oneNote"}, folder=None)
    found = tenant.source().scan()
    assert found.names == {id_of("a"), id_of("b"), id_of("c")}
    assert id_of("link") not in found.containers
    assert id_of("notes") in found.containers


def page(*items: Any, **said: Any) -> Answer:
    return Answer(json.dumps({"value": list(items), **said}).encode())


BROKEN = {
    "error": Answer(b'{"value": [], "@odata.deltaLink": "x"}', status=500),
    "refused": Answer(status=403),
    "resync": Answer(status=410),
    "no JSON": Answer(b"<html>"),
    "deep": Answer(b"[" * 100_000),
    "list": Answer(b"[]"),
    "no entries": Answer(b"{}"),
    "texts": page("a"),
    "breaks off": page(),
    "no id": page({"name": "x"}, **{"@odata.deltaLink": "x"}),
    "odd id": page({"id": "../../me", "name": "x", "file": {}}, **{"@odata.deltaLink": "x"}),
    "other drive": page(
        {"id": "x", "name": "x", "file": {}, "parentReference": {"driveId": "y", "id": ROOT}},
        **{"@odata.deltaLink": "x"},
    ),
    "no folder": page(
        {"id": "x", "name": "x", "file": {}, "parentReference": {"id": "gone"}},
        **{"@odata.deltaLink": "x"},
    ),
    "second top": page({"id": "x", "name": "x", "root": {}}, **{"@odata.deltaLink": "x"}),
    "no name": page(
        {"id": "x", "file": {}, "parentReference": {"id": ROOT}}, **{"@odata.deltaLink": "x"}
    ),
    "elsewhere": page(**{"@odata.nextLink": "http://127.0.0.2/v1.0/x"}),
    "link number": page(**{"@odata.nextLink": 5}),
    "redirect": Answer(
        b'{"value": [], "@odata.deltaLink": "x"}', 302, {"Location": "http://127.0.0.2/x"}
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_half_a_listing_is_none(tenant: Tenant, case: str) -> None:
    first = page(tenant.items[ROOT], **{"@odata.nextLink": f"{tenant.api}/v1.0/more"})
    tenant.answers = {DELTA: [first], "/v1.0/more": [BROKEN[case]]}
    with pytest.raises(SourceUnreadable):
        tenant.source().scan()
    assert not [one for one in tenant.asked if not one[0].startswith(tenant.api)]


@pytest.mark.parametrize("case", ["error", "no JSON", "no entries", "elsewhere", "redirect"])
def test_permissions_that_break_off_are_none(tenant: Tenant, case: str) -> None:
    tenant.answers[permissions("c")] = [BROKEN[case]]
    with pytest.raises(SourceUnreadable):
        tenant.source().scan()


def test_a_listing_goes_on_at_the_api_alone_though_more_may_be_reached(tenant: Tenant) -> None:
    for following in (f"{tenant.files}/v1.0/x", f"{tenant.api}.evil.example/v1.0/x"):
        tenant.answers[DELTA] = [page(**{"@odata.nextLink": following})]
        with pytest.raises(SourceUnreadable, match="goes on elsewhere"):
            tenant.source().scan()
    assert not tenant.paths(tenant.files)


def test_a_listing_that_repeats_itself_ends(tenant: Tenant) -> None:
    again = page(**{"@odata.nextLink": f"{tenant.api}/v1.0/again"})
    tenant.answers = {DELTA: [again], "/v1.0/again": [again] * 9}
    with pytest.raises(SourceUnreadable, match="come to an end"):
        tenant.source().scan()


def test_a_listing_is_bounded(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(graph, "PAGES", 2)
        with pytest.raises(SourceUnreadable, match="come to an end"):
            tenant.source().scan()
    with monkeypatch.context() as patched:
        patched.setattr(graph, "ENTRIES", 4)
        with pytest.raises(SourceUnreadable, match="more than 4"):
            tenant.source().scan()
    with monkeypatch.context() as patched:
        patched.setattr(graph, "ANSWER_BYTES", 100)
        with pytest.raises(SourceUnreadable, match="more comes"):
            tenant.source().scan()
    monkeypatch.setattr(graph, "SESSION_SECONDS", -1.0)
    with pytest.raises(SourceUnreadable, match="too long"):
        tenant.source().scan()


@pytest.mark.usefixtures("hasty")
def test_it_waits_for_as_long_as_it_is_told_within_bounds(tenant: Tenant) -> None:
    busy = [Answer(status=429, headers={"Retry-After": "1"}), Answer(status=503)]
    fine = page(*tenant.items.values(), **{"@odata.deltaLink": "x"})
    tenant.answers[DELTA] = [*busy, fine]
    assert len(tenant.source().scan().documents) == 3
    tenant.answers[DELTA] = [Answer(status=429, headers={"Retry-After": "4"}), fine]
    with pytest.raises(SourceUnreadable, match="busy"):
        tenant.source().scan()
    tenant.answers[DELTA] = [Answer(status=429)] * 9 + [fine]
    with pytest.raises(SourceUnreadable, match="busy"):
        tenant.source().scan()


def test_a_live_check_waits_for_a_few_seconds_only(tenant: Tenant) -> None:
    seconds = str(int(connecting.VERIFY_SECONDS) + 1)
    tenant.answers[permissions("c")] = [Answer(status=429, headers={"Retry-After": seconds})]
    with pytest.raises(SourceUnreadable, match="busy"):
        tenant.source().verify(id_of("c"))


def test_a_token_that_is_over_is_got_anew_once(tenant: Tenant) -> None:
    source = tenant.source()
    source.scan()
    tenant.tokens[0] = "another.token"
    assert len(source.scan().documents) == 3
    tenant.answers[DELTA] = [Answer(status=401)] * 3
    with pytest.raises(SourceUnreadable, match="portcullis source secret KEY"):
        source.scan()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(b'{"error": "invalid_client"}', 401), "portcullis source secret KEY"),
        (Answer(b'{"error": "unauthorized_client"}', 400), "portcullis source secret KEY"),
        (Answer(b"{}"), "no token"),
        (Answer(b'{"token_type": "mac", "access_token": "x"}'), "no token"),
        (Answer(b'{"token_type": "Bearer", "access_token": "x\\r\\nX: y"}'), "no token"),
        (Answer(b'{"token_type": "Bearer", "access_token": ["x"]}'), "no token"),
        (Answer(status=302, headers={"Location": "http://127.0.0.2/"}), "no token"),
        (Answer(b'{"x": "' + b"x" * 200_000 + b'"}'), "no token"),
    ],
)
def test_no_token_no_scan_and_no_secret_in_what_is_said(
    tenant: Tenant, answer: Answer, words: str
) -> None:
    tenant.answers["/house.example/oauth2/v2.0/token"] = [answer]
    with pytest.raises(SourceUnreadable, match=words) as caught:
        tenant.source().scan()
    assert SECRET not in str(caught.value)
    assert [method for _, method, *_ in tenant.asked] == ["POST"]


def test_without_a_secret_nothing_is_asked(tenant: Tenant) -> None:
    access = Access(("public",), 1000, Reach(frozenset()))
    with pytest.raises(SourceUnreadable, match="portcullis source secret KEY"):
        connector("sharepoint", tenant.source().config, access).scan()
    assert not tenant.asked


def test_only_what_is_allowed_is_reached(tenant: Tenant) -> None:
    for hosts in ([], [tenant.files], ["127.0.0.1"]):  # what is inside is named with its port
        with pytest.raises(SourceUnreadable, match=r"policies/sources\.yaml"):
            tenant.source(hosts=hosts).scan()
    assert not tenant.asked
    found = tenant.source(hosts=[tenant.api]).scan()
    with pytest.raises(SourceUnreadable, match="may not be reached"):
        only(found, "a").read()
    assert not tenant.paths(tenant.files)


@pytest.mark.parametrize(
    "target",
    [
        "", "/relative", "ftp://127.0.0.1/x", "http://house.sharepoint.com/x", "http://[::1",
        "https://a@house.sharepoint.com/x", "https://house.sharepoint.com\\@b/", "https://b:x/",
        "https://b/ x", "https://\u00e9/", "https:///x",
    ],
)  # fmt: skip
def test_a_download_that_leads_astray_is_not_followed(tenant: Tenant, target: str) -> None:
    hosts = [tenant.api, tenant.files, "house.sharepoint.com", "b", "a"]
    found = tenant.source(hosts=hosts).scan()
    header = {"Location": target.encode().decode("latin-1")}
    tenant.answers[f"/v1.0/drives/{DRIVE}/items/a/content"] = [Answer(status=302, headers=header)]
    with pytest.raises(SourceUnreadable, match=r"no address|without TLS"):
        only(found, "a").read()


def test_redirects_come_to_an_end(tenant: Tenant) -> None:
    found = tenant.source().scan()
    hop = Answer(status=302, headers={"Location": f"{tenant.files}/download/a"})
    tenant.answers["/download/a"] = [hop] * 9
    with pytest.raises(DocumentProblem, match="302"):
        only(found, "a").read()


def test_no_more_than_a_document_may_have_is_read(tenant: Tenant) -> None:
    tenant.items["a"]["size"] = 2000
    found = tenant.source().scan()
    with pytest.raises(DocumentProblem, match="limit"):
        only(found, "a").read()
    assert not [path for path in tenant.paths() if "content" in path]
    tenant.contents["c"] = b"x" * 1001
    with pytest.raises(DocumentProblem, match="more comes"):
        only(found, "c").read()
    tenant.remove("b")
    with pytest.raises(DocumentProblem, match="404"):
        only(found, "b").read()


def test_an_answer_that_dawdles_ends(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "REQUEST_SECONDS", 0.0)
    monkeypatch.setattr(graph, "_PAUSE", 0.0)
    with pytest.raises(SourceUnreadable, match="does not answer"):
        tenant.source().scan()


def test_hostile_names_are_titles_and_nothing_else(tenant: Tenant) -> None:
    tenant.file("d", ROOT, person(ADA), name="../\x1b[31m\u202e<b>.pdf", webUrl="javascript:x")
    tenant.file("e", ROOT, person(ADA), webUrl="https://house.sharepoint.com.evil.example/e")
    tenant.file("f", ROOT, person(ADA), webUrl="https://house.sharepoint.com/sites/hr/f.md")
    tenant.file("g", ROOT, person(ADA), webUrl="http://house.sharepoint.com/sites/hr/g.md")
    found = tenant.source().scan()
    d = only(found, "d")
    assert (d.title, d.uri, d.mime_type) == ("../\ufffd[31m\ufffd<b>.pdf", "", "application/pdf")
    assert (only(found, "e").uri, only(found, "g").uri) == ("", "")
    assert only(found, "f").uri == "https://house.sharepoint.com/sites/hr/f.md"


@pytest.mark.parametrize("said", [{}, {"id": "../x"}, {"id": 5}])
def test_a_site_or_drive_that_is_none_is_not_asked(tenant: Tenant, said: Any) -> None:
    tenant.drives = [said]
    with pytest.raises(SourceUnreadable, match="listing of the drives"):
        tenant.source().scan()
    tenant.answers["/v1.0/sites/house.sharepoint.com:/sites/hr"] = [page(**said)]
    with pytest.raises(SourceUnreadable, match="no site"):
        tenant.source().scan()


def test_a_site_that_is_gone_is_not_empty(tenant: Tenant) -> None:
    with pytest.raises(SourceUnreadable, match=r"mend config\.site"):
        tenant.source(site="https://house.sharepoint.com/sites/none").scan()
    with pytest.raises(SourceUnreadable, match=r"mend config\.site"):
        tenant.source(site="https://house.sharepoint.com/sites/none").verify(id_of("a"))
    tenant.drives = []
    with pytest.raises(SourceUnreadable, match="no drive"):
        tenant.source().scan()


GOOD = {"tenant": "house.example", "client_id": "app", "site": "https://house.sharepoint.com/s"}


@pytest.mark.parametrize(
    "more",
    [
        {"site": "http://house.sharepoint.com"}, {"site": "https://a@b/"}, {"site": "https://b/?x"},
        {"site": "", "user": "ada"}, {"site": "", "user": "a/b@c"}, {"user": ADA},
        {"tenant": "a/b"}, {"tenant": ""}, {"client_id": 5}, {"client_id": "a b"},
        {"public_links": "public"}, {"organization_wide": True}, {"colour": "red"},
        {"login": "https://login.evil.example"}, {"graph": "https://graph.microsoft.com/"},
        {"graph": "http://graph.microsoft.com"}, {"graph": "http://10.0.0.1:80"},
        {"login": "http://127.0.0.1"}, {"login": "http://127.0.0.1:80/x"}, {"login": 5},
        {"login": "http://a@127.0.0.1:80"},
    ],
)  # fmt: skip
def test_a_config_that_is_wrong_is_refused(more: Any) -> None:
    check_config("sharepoint", GOOD)
    with pytest.raises(InvalidInput, match="config"):
        check_config("sharepoint", {**GOOD, **more})


def test_other_clouds_and_whole_audiences_can_be_named() -> None:
    assert not wrong_sharepoint({**GOOD, "public_links": "everyone", "accounts": {}})
    clouds = {"login": "https://login.microsoftonline.us", "graph": "https://graph.microsoft.us"}
    assert not wrong_sharepoint({**GOOD, **clouds})
    check_config("sharepoint", {"tenant": "t", "client_id": "c", "user": ADA})
