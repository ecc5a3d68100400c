"""A Jira as a source, against a stub of its documented API: listings, who may read, and what a site
does that is broken or hostile."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from app.catalog.kinds import check_config, schedule_for
from app.domain.accounts import source_user
from app.domain.acl import Acl
from app.domain.principal import PrincipalRef
from app.domain.source import Schedule
from app.errors import InvalidInput
from ingestion.connect import connector
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.atlassian import adf, markup, paging, people
from tests.ingestion.tracker_site import EMPTY, SECRET, Held, Reply, TrackerSite, serving

ADA, BOB, EVE = "ada@house.example", "bob@house.example", "eve"
STAFF, HR = ("group", "staff"), ("group", "hr")
FIELD, GROUPS = "customfield_10", "customfield_11"


CLOUD = pytest.mark.parametrize("jira", [True], ids=["cloud"], indirect=True)
DATA_CENTER = pytest.mark.parametrize("jira", [False], ids=["data_center"], indirect=True)


@pytest.fixture(params=[True, False], ids=["cloud", "data_center"])
def jira(request: pytest.FixtureRequest) -> Iterator[TrackerSite]:
    with serving(request.param) as site:
        site.users = {ADA: ADA, BOB: BOB, EVE: ""}
        site.groups = {"staff": [ADA, BOB], "hr": [BOB, EVE]}
        yield site


def only(found: Scan, name: str) -> Listed:
    [listed] = [listed for listed in found.documents if listed.external_id == name]
    return listed


def names(found: Scan) -> set[str]:
    return {listed.external_id for listed in found.documents}


def acl(found: Scan, name: str) -> Acl:
    listed = only(found, name)
    assert listed.container is not None
    return found.containers[listed.container] if listed.acl is None else listed.acl


def let_in(*named: str) -> Acl:
    """Of whom some have no address."""
    return Acl(frozenset(PrincipalRef.parse(n) if "@" in n or ":" in n else source_user(n)
                         for n in named))  # fmt: skip


def agree(jira: TrackerSite, found: Scan, **config: Any) -> None:
    """The source itself, asked about each document, says the same."""
    for listed in found.documents:
        assert listed.container is not None
        standing = Standing(listed.container, found.containers[listed.container], listed.acl)
        told = jira.source(**config).verify(listed.external_id)
        assert told == standing or (told is None and not acl(found, listed.external_id).allow)


def text(found: Scan, name: str) -> str:
    return only(found, name).read().decode()


def test_projects_are_containers_and_all_pages_of_a_listing_are_read(jira: TrackerSite) -> None:
    for key in ("DOC", "HR", "OPS"):
        jira.project(key, STAFF, ("user", ADA))
    for number in range(1, 8):
        jira.issue(str(number))
    jira.issue("8", "HR")
    jira.attach("9", "1", filename="a.md")
    jira.attach("10", "1", filename="b.png", mimeType="image/png")
    found = jira.source().scan()
    assert names(found) == {*(f"issue/{n}" for n in range(1, 9)), "attachment/1/9"}
    readers = Acl.parse(["group:staff", ADA])
    assert found.containers == dict.fromkeys(("project/DOC", "project/HR", "project/OPS"), readers)
    assert only(found, "issue/8").container == "project/HR"
    assert only(found, "attachment/1/9").container == "project/DOC"
    assert only(found, "issue/1").uri == f"{jira.url}/browse/DOC-1"
    assert only(found, "issue/1").title == "An issue"
    assert "<p>shared words</p>" in text(found, "issue/1")
    assert only(found, "attachment/1/9").read() == b"attached words"
    assert not found.problems
    agree(jira, found)
    source = jira.source()
    assert connector("jira", source.config, source.access) == source


def test_only_the_projects_of_the_config_are_read(jira: TrackerSite) -> None:
    for key, issue in (("DOC", "1"), ("HR", "2")):
        jira.project(key, STAFF)
        jira.issue(issue, key)
    assert names(jira.source(projects=["DOC"]).scan()) == {"issue/1"}
    assert jira.source(projects=["DOC"]).verify("issue/2") is None
    with pytest.raises(SourceUnreadable, match="the project GONE is not there"):
        jira.source(projects=["DOC", "GONE"]).scan()


def test_a_project_that_the_token_only_administers_is_left_out(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF)
    jira.project("HR", STAFF, browsable=False)
    jira.issue("1")
    assert set(jira.source().scan().containers) == {"project/DOC"}
    with pytest.raises(SourceUnreadable, match="the project HR is not there"):
        jira.source(projects=["DOC", "HR"]).scan()


def test_a_project_that_is_archived_is_none(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF)
    jira.project("OLD", STAFF, archived=True)
    jira.issue("1")
    jira.issue("2", "OLD")
    assert names(jira.source().scan()) == {"issue/1"}
    assert jira.source().verify("issue/2") is None


def test_roles_applications_and_the_lead_are_whom_they_stand_for(jira: TrackerSite) -> None:
    jira.roles = {"7": [("user", ADA), ("group", "hr")], "8": [("robot", "x"), ("user", BOB)]}
    jira.applications = {"jira-software": ["staff"]}
    jira.project("DOC", ("projectRole", "7"))
    jira.project("SOFT", ("applicationRole", "jira-software"))
    jira.project("LED", ("projectLead", ""), lead=BOB)
    jira.project("ODD", ("projectRole", "8"))
    jira.project("DESK", ("sd.customer.portal.only", ""), ("user", ADA))
    jira.project("GONE", ("projectRole", "9"), ("applicationRole", "gone"), ("user", ADA))
    jira.issue("1")
    found = jira.source().scan()
    assert found.containers == {
        "project/DOC": Acl.parse([ADA, "group:hr"]),
        "project/SOFT": Acl.parse(["group:staff"]),
        "project/LED": Acl.parse([BOB]),
        "project/ODD": Acl.parse([BOB]),
        "project/DESK": Acl.parse([ADA]),
        "project/GONE": Acl.parse([ADA]),
    }
    assert set(found.problems) == {"project/ODD", "project/DESK", "project/GONE"}
    assert {problem.stage for problem in found.problems.values()} == {"acl"}
    agree(jira, found)


def test_anybody_and_all_users_are_everyone_only_where_the_config_says_so(
    jira: TrackerSite,
) -> None:
    jira.project("DOC", ("anyone", ""), ("user", ADA))
    jira.project("ALL", ("applicationRole", ""))
    jira.issue("1")
    jira.issue("2", "ALL")
    found = jira.source().scan()
    assert acl(found, "issue/1") == Acl.parse([ADA])
    assert "config.public_links" in found.problems["project/DOC"].reason
    assert acl(found, "issue/2") == Acl()
    assert "config.all_users" in found.problems["project/ALL"].reason
    assert set(found.problems) == set(found.containers)
    told = jira.source(public_links="everyone").scan()
    assert acl(told, "issue/1") == Acl.parse(["everyone", ADA])
    assert acl(told, "issue/2") == Acl()
    assert acl(jira.source(all_users="everyone").scan(), "issue/2") == Acl.parse(["everyone"])


def test_whom_an_issue_names_reads_it_alone(jira: TrackerSite) -> None:
    jira.project("DOC", ("reporter", ""), ("assignee", ""), ("user", EVE),
                 ("userCustomField", FIELD), ("groupCustomField", GROUPS))  # fmt: skip
    ada, bob = jira.person(ADA), jira.person(BOB)
    jira.issue("1", fields={"reporter": ada, FIELD: [ada, bob], GROUPS: [jira.group("hr")]})
    jira.issue("2", fields={"assignee": bob, FIELD: None})
    jira.issue("3", fields={FIELD: "text", GROUPS: {"value": "hr", "id": "1"}, "reporter": ada})
    jira.issue("4", fields={GROUPS: bob, FIELD: jira.group("staff")})
    jira.issue("5")
    jira.attach("6", "1")
    found = jira.source().scan()
    assert acl(found, "issue/1") == let_in(ADA, BOB, "group:hr", EVE)
    assert acl(found, "attachment/1/6") == acl(found, "issue/1")
    assert acl(found, "issue/2") == let_in(BOB, EVE)
    # nobody by what cannot be understood
    assert acl(found, "issue/3") == let_in(ADA, EVE)
    assert set(found.problems) == {"issue/3", "issue/4"}
    assert acl(found, "issue/4") == acl(found, "issue/5") == found.containers["project/DOC"]
    assert only(found, "issue/5").acl is None
    agree(jira, found)


def test_a_security_level_only_narrows(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF, ("reporter", ""))
    jira.levels = {"5": [HR, ("user", ADA), ("assignee", "")], "6": [("user", EVE)], "7": [STAFF]}
    eve, ada = jira.person(EVE), jira.person(ADA)
    jira.issue("1", level="5")
    jira.issue("2", level="6")
    jira.issue("3", level="7")
    jira.issue("4", level="5", fields={"reporter": eve, "assignee": eve})
    jira.issue("5", level="6", fields={"assignee": ada})
    jira.issue("6")
    jira.attach("7", "1")
    found = jira.source().scan()
    if not jira.cloud:
        for number in "12345":
            assert acl(found, f"issue/{number}") == Acl()
        assert "security level cannot be looked at" in found.problems["project/DOC/level/5"].reason
    else:
        # bob is in both groups
        assert acl(found, "issue/1") == acl(found, "attachment/1/7") == Acl.parse([ADA, BOB])
        assert acl(found, "issue/2") == acl(found, "issue/5") == Acl()
        assert acl(found, "issue/3") == Acl.parse(["group:staff"])
        assert acl(found, "issue/4") == let_in(ADA, BOB, EVE)
        assert not found.problems
    assert acl(found, "issue/6") == Acl.parse(["group:staff"])
    assert only(found, "issue/1").container == "project/DOC/level/5"
    agree(jira, found)
    # a live check looks at no other levels
    jira.asked.clear()
    jira.source().verify("issue/2")
    looked = [path for path, _ in jira.asked if "/level/member" in path]
    assert len(looked) == (1 if jira.cloud else 0)


@CLOUD  # Data Center tells of none
@pytest.mark.parametrize("how", ["refused", "of another", "none", "odd"])
def test_a_level_that_is_not_told_lets_nobody_in(jira: TrackerSite, how: str) -> None:
    jira.project("DOC", STAFF)
    jira.levels = {"5": [("robot", "x")] if how == "odd" else [STAFF]}
    jira.issue("1", level="5" if how != "none" else "6")

    def reply(path: str, _: dict[str, str]) -> Reply | None:
        if not path.endswith("/level/member") or how in ("none", "odd"):
            return None
        holder = {"type": "group", "parameter": "staff", "value": "g-staff"}
        said = {"values": [{"issueSecurityLevelId": "9", "holder": holder}]}
        listing = json.dumps(said | {"startAt": 0, "isLast": True}).encode()
        return (403, {}, b"{}") if how == "refused" else (200, {}, listing)

    jira.before = reply
    found = jira.source().scan()
    assert acl(found, "issue/1") == Acl()
    assert found.problems[str(only(found, "issue/1").container)].stage == "acl"
    assert jira.source().verify("issue/1") is None


@CLOUD  # Data Center tells of no level
def test_a_field_that_was_not_asked_for_is_told(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF)
    jira.levels, jira.hidden_levels = {"5": [("userCustomField", FIELD)]}, {"5"}
    jira.issue("1", level="5", fields={FIELD: jira.person(ADA)})
    found = jira.source().scan()
    assert acl(found, "issue/1") == Acl()
    assert found.problems["issue/1"].stage == "acl"
    jira.hidden_levels.clear()
    found = jira.source().scan()
    assert acl(found, "issue/1") == Acl.parse([ADA])
    agree(jira, found)


def test_a_level_that_the_site_hides_closes_the_issue(jira: TrackerSite) -> None:
    project = jira.project("DOC", STAFF)
    jira.issue("1", fields={"security": None})
    found = jira.source().scan()
    assert acl(found, "issue/1") == Acl()
    assert "restricted" in found.problems["issue/1"].reason
    assert jira.source().verify("issue/1") is None
    # nobody may say whether there are levels
    for status in (400, 403):
        jira.before = lambda path, _, status=status: (  # type: ignore[misc]
            (status, {}, b"") if path.endswith("levelscheme") else None
        )
        assert acl(jira.source().scan(), "issue/1") == Acl()
    jira.before = lambda path, _: None
    project.scheme = False
    assert acl(jira.source().scan(), "issue/1") == Acl.parse(["group:staff"])


def test_a_restriction_of_another_kind_closes_the_issue(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF)
    roles = {"projectrole": [{"value": "7"}]}
    jira.issue("1", fields={"issuerestriction": {"issuerestrictions": roles}})
    jira.attach("2", "1")
    found = jira.source().scan()
    assert acl(found, "issue/1") == acl(found, "attachment/1/2") == Acl()
    assert found.problems["issue/1"].stage == "acl"
    assert jira.source().verify("issue/1") is jira.source().verify("attachment/1/2") is None


def test_restricted_and_internal_comments_are_left_out(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF)
    jira.issue("1")
    jira.comment("1", "open <words>", author="<b>ada")
    jira.comment("1", "still open", internal=False)
    jira.comment("1", "secret of a role", visibility={"type": "role", "value": "Admins"})
    jira.comment("1", "secret of a group", visibility={"type": "group", "value": "hr"})
    jira.comment("1", "secret of something", visibility={})
    for internal in (True, "false", None if jira.cloud else True):
        jira.comment("1", "secret of agents", internal=internal, jsdPublic=internal is not None)
    said = text(jira.source().scan(), "issue/1")
    assert "open &lt;words&gt;" in said and "still open" in said
    assert "Called &lt;b&gt;ada, 2026-11-02" in said
    assert "secret" not in said


def test_at_a_service_desk_a_comment_has_to_be_said_to_be_public(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF, kind="service_desk")
    jira.issue("1")
    jira.comment("1", "said public", internal=False)
    jira.comment("1", "said nothing", jsdPublic=None)
    said = text(jira.source().scan(), "issue/1")
    assert "said public" in said and "said nothing" not in said


@pytest.mark.parametrize("status", [403, 404])
def test_permissions_that_may_not_be_looked_at_let_nobody_in(
    jira: TrackerSite, status: int
) -> None:
    jira.project("DOC", STAFF, ("reporter", ""))
    jira.issue("1", fields={"reporter": jira.person(ADA)})
    jira.before = lambda path, _: (status, {}, b"") if "/permissionscheme" in path else None
    found = jira.source().scan()
    assert (acl(found, "issue/1"), set(found.problems)) == (Acl(), {"project/DOC"})
    assert jira.source().verify("issue/1") is None


def test_a_grant_that_cannot_be_understood_lets_nobody_in_by_it(jira: TrackerSite) -> None:
    odd: list[Held] = [("projectRole", "../7"), ("userCustomField", "summary"), ("user", "gone"),
           ("applicationRole", "../x"), ("group", ""), ("reporterOf", "x")]  # fmt: skip
    for n, held in enumerate(odd):
        jira.project(f"P{n}", ("user", ADA), held)
    jira.issue("1", "P0")
    found = jira.source().scan()
    assert set(found.containers.values()) == {Acl.parse([ADA])}
    assert set(found.problems) == set(found.containers)
    assert all(".." not in path for path, _ in jira.asked)


@DATA_CENTER  # an id is one person's there
def test_a_handle_of_two_people_is_nobody(jira: TrackerSite) -> None:
    jira.users |= {"k1": "", "ann": ""}
    jira.keys = {"k1": "ann", "k2": BOB}
    jira.roles = {"7": [("user", "k1"), ("user", EVE)]}
    jira.project("DOC", ("user", "k1"), ("user", "k2"))
    jira.project("HR", ("projectRole", "7"))
    jira.issue("1")
    found = jira.source().scan()
    assert found.containers == {"project/DOC": Acl.parse([BOB]), "project/HR": let_in(EVE)}
    assert set(found.problems) == set(found.containers)


def test_who_has_no_sound_name_is_nobody_and_that_is_told(jira: TrackerSite) -> None:
    odd = ["everyone", "public", "group:hr", " ada@house.example", "b\x00b", "x" * 10 + "\u202e"]
    jira.users |= {f"odd{n}": name for n, name in enumerate(odd)} | dict.fromkeys(odd, "")
    users = [f"odd{n}" for n in range(len(odd))] if jira.cloud else odd
    jira.groups |= {" hr": [], "a\nb": []}
    jira.project("DOC", *(("user", name) for name in users), ("group", " hr"), ("group", "a\nb"))
    jira.issue("1")
    found = jira.source().scan()
    assert acl(found, "issue/1") == Acl()
    assert found.problems["project/DOC"].stage == "acl"


@CLOUD  # Data Center tells of no level
def test_members_that_cannot_be_listed_are_not_let_in(
    jira: TrackerSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira.project("DOC", STAFF)
    jira.levels = {"5": [("user", ADA)]}
    jira.issue("1", level="5")
    assert acl(jira.source().scan(), "issue/1") == Acl.parse([ADA])
    jira.before = lambda path, _: EMPTY if path.endswith("/group/member") else None
    found = jira.source().scan()
    assert acl(found, "issue/1") == Acl()
    assert "members of a group" in found.problems["project/DOC/level/5"].reason
    jira.before = lambda path, _: None
    monkeypatch.setattr(people, "MAX_MEMBERS", 1)
    assert acl(jira.source().scan(), "issue/1") == Acl()


def test_what_changes_between_two_scans(jira: TrackerSite) -> None:
    project = jira.project("DOC", STAFF)
    jira.project("HR", ("group", "hr"))
    for number in "123456":
        jira.issue(number)
    jira.attach("9", "1")
    before = jira.source().scan()
    # a comment may be restricted without a new date
    assert {only(before, f"issue/{n}").version for n in "123456"} == {""}
    assert only(before, "attachment/1/9").version
    jira.issues["1"].updated = "later"
    jira.issues["2"].level = "5"
    jira.issues["3"].project = "HR"
    jira.issues["4"].fields = {"issuerestriction": {"issuerestrictions": {"projectrole": [1]}}}
    jira.issues["5"].fields = {"security": None}
    for number in "12345":
        with pytest.raises(DocumentProblem, match="changed meanwhile"):
            only(before, f"issue/{number}").read()
    assert text(before, "issue/6")
    found = jira.source().scan()
    assert acl(found, "issue/3") == Acl.parse(["group:hr"])
    agree(jira, found)
    jira.issues["1"].files.clear()
    del jira.issues["6"]
    assert jira.source().verify("attachment/1/9") is jira.source().verify("issue/6") is None
    assert names(jira.source().scan()) == {f"issue/{n}" for n in "12345"}
    project.browse = [("user", ADA)]
    jira.issues["2"].level = None
    told = jira.source().verify("issue/2")
    assert told == Standing("project/DOC", Acl.parse([ADA]), None)


@pytest.mark.parametrize("name", ["issue/1/x", "issue/../1", "issue/", "1", "project/DOC",
                                  "issue/١", "attachment/1", "attachment/1/", "attachment/1/9/x",
                                  "attachment/1/8", "issue/0001", "issue/DOC-1"])  # fmt: skip
def test_a_name_that_is_none_of_ours_is_nothing(jira: TrackerSite, name: str) -> None:
    jira.project("DOC", STAFF)
    jira.issue("1")
    jira.attach("9", "1")
    assert jira.source().verify("attachment/1/9")
    jira.asked.clear()
    assert jira.source().verify(name) is None
    assert all(".." not in path and "x" not in path.partition("?")[0].split("/")[-1]
               for path, _ in jira.asked if not path.endswith("/scheme"))  # fmt: skip


def test_an_issue_that_answers_for_another_is_none(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF)
    jira.issue("1")
    found = jira.source().scan()
    jira.issues["1"].id = "2"
    assert jira.source().verify("issue/1") is None
    with pytest.raises(DocumentProblem):
        only(found, "issue/1").read()


FAULTS: list[Reply] = [
    (500, {}, b'{"issues": []}'),
    (400, {}, b'{"issues": []}'),
    EMPTY,
    (200, {}, b"<html>sign in</html>"),
    (200, {}, b"[]"),
    (200, {}, b"{}"),
    (200, {}, b'{"issues": {}, "total": 0, "isLast": true}'),
    (200, {}, b'{"issues": [], "total": 5, "isLast": false}'),
    (200, {}, b'{"issues": [{"id": "../1"}], "total": 5, "isLast": true}'),
    (200, {}, b"[" * 100_000),
]


@pytest.mark.parametrize("fault", FAULTS, ids=range(len(FAULTS)))
def test_a_listing_that_fails_in_its_middle_is_no_listing(jira: TrackerSite, fault: Reply) -> None:
    jira.project("DOC", STAFF)
    for number in range(1, 6):
        jira.issue(str(number))
    jira.before = lambda path, query: (
        fault
        if "search" in path and ("nextPageToken" in query or query.get("startAt") == "1")
        else None
    )
    with pytest.raises(SourceUnreadable):
        jira.source().scan()


@CLOUD  # it is one page there
@pytest.mark.parametrize("said", ["hidden", "repeated", "isLast"])
def test_a_listing_of_projects_that_breaks_off_is_no_listing(jira: TrackerSite, said: str) -> None:
    for key in ("DOC", "HR", "OPS"):
        jira.project(key, STAFF)

    def reply(path: str, query: dict[str, str]) -> Reply | None:
        if not path.endswith("/project/search") or query["startAt"] == "0":
            return None
        about = {"id": "100", "key": "DOC"}
        page = {
            "hidden": {"values": [], "startAt": 2, "isLast": False},
            "repeated": {"values": [about], "startAt": 0, "isLast": True},
            "isLast": {"values": [], "startAt": 2, "isLast": "true"},
        }[said]
        return 200, {}, json.dumps(page | {"total": 3}).encode()

    jira.before = reply
    with pytest.raises(SourceUnreadable):
        jira.source().scan()


@DATA_CENTER  # its pages have tokens
def test_what_goes_away_while_it_is_listed_takes_nothing_along(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF)
    for number in range(1, 6):
        jira.issue(str(number))

    def delete(path: str, query: dict[str, str]) -> None:
        if path.endswith("/search") and query["startAt"] == "2":
            jira.issues.pop("1", None)

    jira.before = delete
    with pytest.raises(SourceUnreadable, match="went away while it was listed"):
        jira.source().scan()
    assert len(jira.source().scan().documents) == 4


def test_an_issue_in_two_projects_changes_nothing(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF)
    jira.project("HR", STAFF)
    jira.issue("1")
    jira.issue("2", "HR").id = "1"
    with pytest.raises(SourceUnreadable, match="moved while"):
        jira.source().scan()
    del jira.issues["2"]
    jira.issues["1"].at = "999"
    with pytest.raises(SourceUnreadable, match="moved while"):
        jira.source().scan()


def test_a_listing_in_a_circle_or_without_an_end_ends(
    jira: TrackerSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    jira.project("DOC", STAFF)
    monkeypatch.setattr(paging, "MAX_PAGES", 20)
    counted = iter(range(10**9))

    def circle(path: str, query: dict[str, str]) -> Reply | None:
        if "/search" not in path or "/project" in path:
            return None
        token = "same" if same else f"t{next(counted)}"
        said = {"issues": [{"id": "x"}] * 2 if endless else [], "total": 10**6}
        return 200, {}, json.dumps(said | {"nextPageToken": token, "isLast": False}).encode()

    jira.before, same, endless = circle, True, False
    with pytest.raises(SourceUnreadable, match="breaks off"):
        jira.source().scan()
    for page in (paging.continued, paging.overlapping):
        same, endless = False, True
        with pytest.raises(SourceUnreadable, match="no end"):
            list(page(jira.source()._tracker().door, "/search", "issues"))


@pytest.mark.parametrize("secret", [None, "", "of last year", "two\r\nlines"])
def test_a_token_that_is_not_taken_says_what_to_do_and_not_what_it_is(
    jira: TrackerSite, secret: str | None
) -> None:
    jira.project("DOC", STAFF)
    for ask in (jira.source(secret).scan, lambda: jira.source(secret).verify("issue/1")):
        with pytest.raises(SourceUnreadable, match="portcullis source secret KEY") as caught:
            ask()
        assert not secret or secret not in str(caught.value)
    assert SECRET not in repr(jira.source())


@pytest.mark.parametrize("reply", [(403, {}, b""), (200, {}, b"{}"), (401, {}, b"")])
def test_a_token_that_ends_during_a_scan_makes_no_listing(jira: TrackerSite, reply: Reply) -> None:
    jira.project("DOC", STAFF)
    jira.issue("1")
    at = {"searched": False}

    def lapse(path: str, _: dict[str, str]) -> Reply | None:
        at["searched"] |= path.endswith(("/search", "/jql"))
        return reply if at["searched"] and path.endswith("/myself") else None

    jira.before = lapse
    with pytest.raises(SourceUnreadable, match="secret KEY"):
        jira.source().scan()
    with pytest.raises(SourceUnreadable, match="secret KEY"):
        jira.source().verify("issue/1")


def test_a_token_that_is_taken_too_late_makes_no_listing(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF)
    at = {"searched": False}

    def begin(path: str, _: dict[str, str]) -> Reply | None:
        at["searched"] |= path.endswith(("/search", "/jql"))
        return None if at["searched"] or not path.endswith("/myself") else (200, {}, b"{}")

    jira.before = begin
    with pytest.raises(SourceUnreadable, match="secret KEY"):
        jira.source().scan()


def test_only_the_site_is_asked_and_only_where_that_is_allowed(jira: TrackerSite) -> None:
    with pytest.raises(SourceUnreadable, match="may not be reached"):
        jira.source(reach="elsewhere.example").scan()
    with pytest.raises(SourceUnreadable, match="https"):
        jira.source(url="http://jira.house.example").scan()
    assert not jira.asked


def test_a_download_leads_to_allowed_hosts_alone_and_without_the_token(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF)
    jira.issue("1")
    jira.attach("2", "1")
    with serving(jira.cloud) as media:
        media.before = lambda path, _: (200, {}, b"attached words")
        jira.media = f"{media.url}/file?signed=1"
        both = jira.source()
        hosts = both.access.reach.hosts | {media.url.split("/")[2]}
        listed = only(jira.source().scan(), "attachment/1/2")
        with pytest.raises(DocumentProblem, match="may not be reached"):
            listed.read()
        assert not media.asked
        object.__setattr__(both.access.reach, "hosts", hosts)
        assert only(both.scan(), "attachment/1/2").read() == b"attached words"
        assert "authorization" not in media.asked[0][1]
    assert all(SECRET not in path for path, _ in jira.asked)


def test_hostile_names_stay_names(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF)
    jira.issue("1", title="<script>\x00\ud800</title>", text="<script>x</script>")
    for id, name in (("2", "../../x.md"), ("3", ".."), ("4", "?#&\ud800.md")):
        jira.attach(id, "1", filename=name)
    found = jira.source().scan()
    assert only(found, "issue/1").title == "<script>  </title>"
    assert "<script>" not in text(found, "issue/1")
    for id in "234":
        assert only(found, f"attachment/1/{id}").read() == b"attached words"
    jira.project('A" OR project != "B', STAFF)
    with pytest.raises(SourceUnreadable, match="make no sense"):
        jira.source().scan()
    assert all("%21%3D" not in path for path, _ in jira.asked)


def test_what_would_be_no_address_or_no_number_is_refused(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF)
    jira.issue("1")
    said: list[Any] = []

    def search(path: str, _: dict[str, str]) -> Reply | None:
        if not path.endswith(("/search", "/search/jql")) or "/project" in path:
            return None
        return 200, {}, json.dumps({"issues": said, "total": 1, "isLast": True}).encode()

    jira.before = search
    sound = jira._said(jira.issues["1"], "summary,updated,project,security,attachment")
    file = {"id": "2", "filename": "a.md", "size": 14, "created": "2026-11-01"}

    def with_file(**change: Any) -> dict[str, Any]:
        return sound | {"fields": sound["fields"] | {"attachment": [file | change]}}

    said[:] = [with_file()]
    assert names(jira.source().scan()) == {"issue/1", "attachment/1/2"}
    for odd in (
        sound | {"key": "DOC-1/../x"},
        sound | {"id": "1/x"},
        with_file(id="../2"),
        with_file(size=float("inf")),
        sound | {"fields": sound["fields"] | {"security": {"id": "5&x"}}},
        sound | {"fields": sound["fields"] | {"security": "5"}},
    ):
        said[:] = [odd]
        with pytest.raises(SourceUnreadable, match="make no sense"):
            jira.source().scan()


def test_a_directory_that_answers_for_another_names_nobody(jira: TrackerSite) -> None:
    jira.project("DOC", ("user", EVE), HR)
    jira.issue("1")
    other = {"/user": jira.person(ADA), "/group/bulk": {"values": [jira.group("staff")]}}
    jira.before = lambda path, _: (
        (200, {}, json.dumps(other[path[11:]]).encode()) if path[11:] in other else None
    )
    found = jira.source().scan()
    # in Data Center a group is its name, and is not asked for
    assert acl(found, "issue/1") == (Acl() if jira.cloud else Acl.parse(["group:hr"]))
    assert found.problems["project/DOC"].stage == "acl"


def test_what_is_too_large_or_cannot_be_read_is_a_problem_of_its_own(jira: TrackerSite) -> None:
    jira.project("DOC", STAFF)
    jira.issue("1", text="x" * 9000)
    jira.issue("2", text=None)
    jira.issue("3")
    for n, size in enumerate((None, 10, 4000)):
        jira.attach(str(5 + n), "3", content=b"x" * 9000, size=size)
    jira.attach("8", "3", content=b"xyz", size=10)
    found = jira.source().scan()
    for name in ("issue/1", *(f"attachment/3/{n}" for n in (5, 6, 7, 8))):
        with pytest.raises(DocumentProblem):
            only(found, name).read()
    # what is listed as too large is not even asked for
    assert not [path for path, _ in jira.asked if "/attachment/" in path and "/5" in path]
    assert "An issue" in text(found, "issue/2")
    for reply in (EMPTY, (500, {}, b""), (200, {}, b"{}"), (200, {}, b'{"comments": [7]}')):
        jira.before = lambda path, _, reply=reply: reply if "comment" in path else None  # type: ignore[misc]
        with pytest.raises(DocumentProblem, match="cannot be read"):
            only(found, "issue/2").read()


def test_a_document_of_the_cloud_becomes_html() -> None:
    def node(kind: str, *inside: Any, **attrs: Any) -> dict[str, Any]:
        return {"type": kind, "content": list(inside), "attrs": attrs}

    words = {"type": "text", "text": "a < b", "marks": [{"type": "strong"}]}
    said = node(
        "doc",
        node("heading", words, level=2),
        node("bulletList", node("listItem", node("paragraph", words, node("hardBreak")))),
        node("codeBlock", words),
        node("expand", node("paragraph", words), title="More"),
        node("paragraph", node("mention", text="@Ada"), node("date", timestamp="1793491200000")),
        node("paragraph", node("inlineCard", url="https://a.example/x")),
        node("table", node("tableRow", node("tableCell", words))),
        node("of tomorrow", words),
        node("rule"),
    )
    assert adf.as_html(said) == (
        "<div><h2>a &lt; b</h2><ul><li><p>a &lt; b<br></p></li></ul><pre>a &lt; b</pre>"
        "<div><p>More</p><p>a &lt; b</p></div><p>@Ada2026-11-01</p><p>https://a.example/x</p>"
        "<table><tr><td>a &lt; b</td></tr></table><div>a &lt; b</div></div>"
    )
    deep = node("doc")
    for _ in range(900):
        deep = node("panel", deep)
    with pytest.raises(ValueError):
        adf.as_html(deep)
    assert adf.as_html(None) == ""


def test_the_markup_of_data_center_becomes_html() -> None:
    said = "h2. A < B\none\ntwo\n\n{code:java}\nh1. <no> {noformat}\n{code}\nafter {noformat}rest"
    assert markup.as_html(said) == (
        "<h2>A &lt; B</h2><p>one<br>two</p><pre>h1. &lt;no&gt; {noformat}</pre>"
        "<p>after </p><pre>rest</pre>"
    )
    assert markup.as_html(None) == markup.as_html("") == ""
    began = time.perf_counter()
    markup.as_html("{code:x}" * 100_000 + "{code" * 100_000)
    assert time.perf_counter() - began < 5


def test_nobody_reads_more_than_a_plain_model_of_the_rules_says() -> None:
    chance, here = random.Random(7), [ADA, BOB, EVE]
    with serving(cloud=True) as jira:
        jira.users = {ADA: ADA, BOB: BOB, EVE: ""}
        jira.per_page = 50
        for _ in range(12):
            jira.groups = {
                name: chance.sample(here, chance.randint(0, 3)) for name in ("staff", "hr", "ops")
            }
            jira.roles = {"7": [("group", "ops"), ("user", chance.choice(here))]}
            kinds: list[Held] = [*(("user", name) for name in here),
                *(("group", name) for name in jira.groups), ("projectRole", "7"),
                ("reporter", ""), ("assignee", ""), ("userCustomField", FIELD)]  # fmt: skip
            jira.levels = {id: chance.sample(kinds, chance.randint(1, 3)) for id in "56"}
            jira.project("DOC", *chance.sample(kinds, 2))
            jira.issues.clear()
            for number in range(1, 9):
                jira.issue(str(number), level=chance.choice([None, "5", "6"]), fields={
                    name: jira.person(chance.choice(here))
                    for name in ("reporter", "assignee", FIELD)})  # fmt: skip

            def persons(held: list[Held], fields: dict[str, Any]) -> set[str]:
                found = set[str]()
                for kind, name in held:
                    match kind:
                        case "user":
                            found.add(name)
                        case "group":
                            found |= set(jira.groups[name])
                        case "projectRole":
                            found |= persons(jira.roles[name], fields)
                        case _:
                            found.add(fields[name or kind]["accountId"])
                return found

            found = jira.source().scan()
            assert not found.problems
            for listed in found.documents:
                issue = jira.issues[listed.external_id[6:]]
                may = persons(jira.projects["DOC"].browse, issue.fields)
                if issue.level is not None:
                    may &= persons(jira.levels[issue.level], issue.fields)
                inside = set[str]()
                for ref in acl(found, listed.external_id).allow:
                    inside |= persons([(str(ref.kind), ref.key)], {})
                # all is known here, so it is not narrower either
                assert inside == may
            agree(jira, found)


CONFIG = {"url": "https://a.example", "deployment": "cloud", "user": "a@b.example"}
WRONG = [
    ({"url": "http://a.example"}, "https address"),
    ({"url": "https://a.example/?x"}, "https address"),
    ({"url": 7}, "config.url"),
    ({"deployment": "server"}, "cloud or data_center"),
    ({"user": ""}, "needs config.user"),
    ({"projects": "DOC"}, "config.projects"),
    ({"projects": [7]}, "config.projects"),
    ({"projects": ['A"']}, "config.projects"),
    ({"public_links": True}, "config.public_links"),
    ({"all_users": "all"}, "config.all_users"),
    ({"spaces": ["DOC"]}, "no config.spaces"),
]


@pytest.mark.parametrize(("change", "said"), WRONG, ids=range(len(WRONG)))
def test_a_config_that_is_wrong_is_refused(change: dict[str, Any], said: str) -> None:
    check_config("jira", CONFIG | {"projects": ["DOC"]})
    check_config("jira", CONFIG | {"url": "http://127.0.0.1:8090", "accounts": {}})
    check_config("jira", {"url": "https://a.example/jira", "deployment": "data_center"})
    with pytest.raises(InvalidInput, match=said):
        check_config("jira", CONFIG | change)
    assert schedule_for("jira", Schedule()).sync_minutes == 240
