"""Projects on GitLab as a source: roles, confidential issues, and an API that misbehaves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.catalog.kinds import check_config, schedule_for
from app.domain.accounts import source_user
from app.domain.acl import Acl
from app.domain.source import Schedule
from app.errors import InvalidInput
from ingestion.connect import connector
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing, api
from ingestion.sources.forge import client
from ingestion.sources.forge.gitlab import GitLab
from tests.ingestion.gitlab_site import NAME, SECRET, Site, member
from tests.ingestion.stub_api import Reply, reply, serving

EVERYONE = Acl.parse(["everyone"])
ISSUES, REQUESTS = f"{NAME}/-/issues", f"{NAME}/-/merge_requests"
ROLES = {"gus": 10, "pia": 15, "rob": 20, "sec": 25, "dev": 30, "mia": 40, "own": 50}


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    with serving(site):
        yield site


def people(*names: str) -> Acl:
    return Acl(frozenset(map(source_user, names)))


def only(found: Scan, name: str) -> Listed:
    [listed] = [one for one in found.documents if one.external_id == name]
    return listed


def test_guests_read_issues_and_no_merge_requests(site: Site) -> None:
    site.project(NAME, *ROLES.items(), ("low", 5), ("none", 0))
    site.project("House/Doors", ("ada", 30))
    for name in site.projects:
        site.issue(1, name)
        site.issue(1, name, kind="merge_requests", state="merged")
    found = site.source().scan()
    assert found.containers == {
        ISSUES: people(*ROLES),
        REQUESTS: people(*set(ROLES) - {"gus"}),
        "house/doors/-/issues": people("ada"),
        "house/doors/-/merge_requests": people("ada"),
    }
    assert not found.problems
    assert {one.external_id for one in found.documents} == {f"{at}/1" for at in found.containers}
    for one in found.documents:
        assert one.container is not None
        assert one.acl is None
        standing = Standing(one.container, found.containers[one.container], None)
        assert site.source().verify(one.external_id) == standing


def test_a_confidential_issue_is_for_planners_and_up_and_whom_it_concerns(site: Site) -> None:
    site.project(NAME, *ROLES.items(), ("ann", 10), ("bea", 10))
    assignees = [active("bea"), active("left")]
    site.issue(1, confidential=True, author=active("ann"), assignees=assignees)
    site.issue(2, confidential=True, author=active("left"))
    upper = set(ROLES) - {"gus"}
    found = site.source().scan()
    assert only(found, f"{ISSUES}/1").acl == people(*upper, "ann", "bea")
    assert only(found, f"{ISSUES}/2").acl == people(*upper)
    for one in found.documents:
        standing = Standing(ISSUES, found.containers[ISSUES], one.acl)
        assert site.source().verify(one.external_id) == standing


@pytest.mark.parametrize(
    ("visibility", "feature", "opened", "author"),
    [
        ("public", "enabled", True, True),
        ("internal", "enabled", True, False),
        ("private", "enabled", False, False),
        ("public", "private", False, False),
        ("public", None, False, False),
        ("secret", "enabled", False, False),
        (["public"], "enabled", False, False),
        (None, "enabled", False, False),
    ],
)
def test_a_project_is_everybodys_only_where_config_and_project_say_so(
    site: Site, visibility: Any, feature: Any, opened: bool, author: bool
) -> None:
    levels = {"issues_access_level": feature, "merge_requests_access_level": feature}
    site.project(NAME, ("gus", 10), ("rob", 20), visibility=visibility, **levels)
    site.issue(1)
    site.issue(2, confidential=True, author=active("far"), assignees=[active("off", "blocked")])
    site.issue(1, kind="merge_requests")
    guests = visibility == "public" and feature == "enabled"
    found = site.source().scan()
    assert found.containers == {
        ISSUES: people("gus", "rob"),
        REQUESTS: people("gus", "rob") if guests else people("rob"),
    }
    assert only(found, f"{ISSUES}/2").acl == people("rob")
    source = site.source(public="everyone", internal="everyone")
    found = source.scan()
    if opened:
        assert found.containers == {ISSUES: EVERYONE, REQUESTS: EVERYONE}
    else:
        assert found.containers == site.source().scan().containers
    assert only(found, f"{ISSUES}/2").acl == (people("rob", "far") if author else people("rob"))
    standing = Standing(ISSUES, found.containers[ISSUES], None)
    assert source.verify(f"{ISSUES}/1") == standing


def test_one_kind_of_visibility_does_not_open_the_other(site: Site) -> None:
    for visibility, other in (("public", "internal"), ("internal", "public")):
        site.project(NAME, ("rob", 20), visibility=visibility)
        config: dict[str, Any] = {other: "everyone"}
        found = site.source(**config).scan()
        assert set(found.containers.values()) == {people("rob")}


@pytest.mark.parametrize("said", [None, "false", 0, "", [], "absent"])
def test_an_issue_that_does_not_say_whether_it_is_confidential_is_nobodys(
    site: Site, said: Any
) -> None:
    site.project(NAME, ("own", 50), visibility="public")
    site.issue(1, confidential=said)
    if said == "absent":
        del site.entries[7, "issues"][1]["confidential"]
    found = site.source(public="everyone").scan()
    [listed] = found.documents
    assert listed.acl == Acl()
    assert found.problems[f"{ISSUES}/1"].stage == "acl"
    standing = Standing(ISSUES, EVERYONE, Acl())
    assert site.source(public="everyone").verify(f"{ISSUES}/1") == standing


def test_what_is_said_of_an_issue_is_its_document(site: Site) -> None:
    site.project(NAME, ("ada", 30))
    site.issue(7, title="Doors\n# open\x1b[31m", description="They *should*\r\nnot.")
    site.issue(8, kind="merge_requests", description=None, author=None, state="merged")
    site.note(7, "second", author=active("bob.b"), created_at="2024-05-02T11:00:00.000Z")
    site.note(7, "first", created_at="2024-05-02T10:59:59.000+02:00")
    site.note(7, "ada changed the title", system=True)
    site.note(8, "here", kind="merge_requests", position={"new_path": "src/a`b.py"})
    found = site.source().scan()
    issue, request = only(found, f"{ISSUES}/7"), only(found, f"{REQUESTS}/8")
    assert issue.read().decode().splitlines() == [
        "# Doors # open[31m", "", "Issue 7, open. ada, 2024-05-01 10:01", "",
        "They *should*", "not.", "",
        "## ada, 2024-05-02 10:59", "", "first", "",
        "## bob.b, 2024-05-02 11:00", "", "second", "",
    ]  # fmt: skip
    assert request.read().decode().splitlines() == [
        "# title 8", "", "Merge request 8, closed. somebody, 2024-05-01 10:02", "", "", "",
        "## ada, 2024-05-01 10:06, on `src/ab.py`", "", "here", "",
    ]  # fmt: skip
    assert issue.title == "Doors # open[31m"
    assert issue.uri == f"http://127.0.0.1:{site.port}/{ISSUES}/7"
    assert issue.mime_type == "text/markdown"


@pytest.mark.parametrize(
    "flags",
    [
        {"internal": True, "confidential": True},
        {"internal": True, "confidential": False},
        {"internal": False, "confidential": True},
        {"internal": "false"},
        {"internal": 0},
        {"system": True},
        {"system": None},
        {"absent": True},
    ],
)
def test_internal_notes_are_left_out(site: Site, flags: dict[str, Any]) -> None:
    site.project(NAME, ("ada", 30))
    site.issue(1)
    site.note(1, "for all", internal=None, confidential=None)
    site.note(1, "for few", **flags)
    if flags.pop("absent", None):
        [_, note] = site.notes[7, "issues", 1]
        del note["internal"], note["confidential"]
    [listed] = site.source().scan().documents
    text = listed.read().decode()
    assert ("for all" in text, "for few" in text) == (True, False)


def test_older_servers_say_only_that_a_note_is_confidential(site: Site) -> None:
    site.project(NAME, ("ada", 30))
    site.issue(1)
    for closed in (True, False):
        site.note(1, f"confidential: {closed}", confidential=closed)
        del site.notes[7, "issues", 1][-1]["internal"]
    [listed] = site.source().scan().documents
    text = listed.read().decode()
    assert ("confidential: False" in text, "confidential: True" in text) == (True, False)


def test_what_was_deleted_before_it_is_read_again_is_not_read(site: Site) -> None:
    site.project(NAME, ("ada", 30))
    site.issue(1)
    site.note(1, "a word too many")
    site.note(1, "hello")
    [listed] = site.source().scan().documents
    assert "a word too many" in listed.read().decode()
    del site.notes[7, "issues", 1][0]
    text = listed.read().decode()
    assert ("a word too many" in text, "hello" in text) == (False, True)


def test_what_becomes_confidential_before_it_is_read_is_not_read(site: Site) -> None:
    site.project(NAME, ("gus", 10))
    site.issue(1)
    site.note(1, "hello")
    [listed] = site.source().scan().documents
    site.entries[7, "issues"][1]["confidential"] = True
    site.note(1, "now that we are alone")
    with pytest.raises(DocumentProblem, match="became confidential"):
        listed.read()


def test_only_what_nobody_commented_on_has_a_version(site: Site) -> None:
    site.project(NAME, ("ada", 30))
    site.issue(1, description="a word")
    [listed] = site.source().scan().documents
    seen = {listed.version}
    site.asked.clear()
    assert "a word" in listed.read().decode()
    assert site.asked == []
    site.members[7].append(member("eve"))
    assert {site.source().scan().documents[0].version} == seen != {""}
    site.entries[7, "issues"][1]["description"] = "another word"
    # what was listed is what is read
    assert "a word" in listed.read().decode()
    assert site.source().scan().documents[0].version not in seen
    for count in (1, None, False, "0"):
        site.entries[7, "issues"][1]["user_notes_count"] = count
        assert site.source().scan().documents[0].version == ""


def test_who_joins_or_leaves_and_what_is_deleted_shows_at_once(site: Site) -> None:
    site.project(NAME, ("ada", 30))
    site.issue(1)
    source = site.source()
    site.members[7] = [member("bob")]
    assert source.scan().containers[ISSUES] == people("bob")
    assert source.verify(f"{ISSUES}/1") == Standing(ISSUES, people("bob"), None)
    site.entries[7, "issues"][1]["confidential"] = True
    standing = Standing(ISSUES, people("bob"), people("bob"))
    assert source.verify(f"{ISSUES}/1") == standing
    del site.entries[7, "issues"][1]
    assert source.scan().documents == ()
    assert source.verify(f"{ISSUES}/1") is None


def test_what_was_switched_off_is_gone(site: Site) -> None:
    site.project(NAME, ("ada", 30), visibility="public")
    site.issue(1)
    site.issue(1, kind="merge_requests")
    source = site.source(public="everyone")
    for key, off in (("issues_access_level", "disabled"), ("issues_enabled", False)):
        before = dict(site.projects[NAME])
        site.projects[NAME][key] = off
        found = source.scan()
        assert found.containers == {ISSUES: Acl(), REQUESTS: EVERYONE}
        assert [one.container for one in found.documents] == [REQUESTS]
        assert source.verify(f"{ISSUES}/1") is None
        site.projects[NAME] = before
    assert source.verify(f"{ISSUES}/1") is not None


def test_what_somebody_wrote_who_is_banned_is_hidden(site: Site) -> None:
    site.project(NAME, ("ada", 30))
    site.issue(1, author=active("mallory", "banned"))
    assert site.source().scan().documents == ()
    assert site.source().verify(f"{ISSUES}/1") is None


TODAY = datetime.now(UTC).date()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"username": "ada@house.example"}, True),
        ({"username": "group:hr"}, True),
        ({"username": "everyone"}, True),
        ({"username": "public"}, True),
        ({"username": "\u212aim"}, True),
        ({"username": "-x"}, True),
        ({"username": None}, True),
        ({"username": ["eve"]}, True),
        ({"access_level": None}, True),
        ({"access_level": "50"}, True),
        ({"expires_at": "soon"}, True),
        ({"expires_at": 3}, True),
        ({"expires_at": (TODAY - timedelta(1)).isoformat()}, False),
        ({"expires_at": TODAY.isoformat()}, False),
        ({"access_level": 5}, False),
        ({"access_level": True}, False),
        ({"state": "blocked"}, False),
        ({"state": "deactivated"}, False),
        ({"state": None}, False),
        ({"membership_state": "awaiting"}, False),
        ({"username": "project_7_bot_0123abc"}, False),
        ({"username": "group_7_bot"}, False),
    ],
)
def test_who_cannot_be_named_or_may_not_read_is_nobody(
    site: Site, said: dict[str, Any], told: bool
) -> None:
    site.project(NAME, ("ada", 30))
    site.members[7] += [{**member("eve", 50), **said}]
    soon = (TODAY + timedelta(2)).isoformat()
    site.members[7] += [member("bob", 20, expires_at=soon)]
    found = site.source().scan()
    assert set(found.containers.values()) == {people("ada", "bob")}
    assert bool(found.problems) is told
    if told:
        assert found.problems[NAME].stage == "acl"
        assert found.problems[NAME].reason.startswith("1 of its members")


def test_who_is_listed_twice_has_the_lesser_role(site: Site) -> None:
    for roles in ((10, 50), (50, 10)):
        site.project(NAME, *(("eve", level) for level in roles))
        found = site.source().scan()
        assert (found.containers[ISSUES], found.containers[REQUESTS]) == (people("eve"), Acl())


def test_members_that_are_not_told_leave_nobody_of_them(site: Site) -> None:
    site.project(NAME, ("ada", 30), visibility="public")
    site.issue(1)
    site.instead["members/all"] = lambda _: reply({"message": "403 Forbidden"}, 403)
    found = site.source().scan()
    assert set(found.containers.values()) == {Acl()}
    assert found.problems[NAME].stage == "acl"
    assert len(found.documents) == 1
    assert site.source().verify(f"{ISSUES}/1") == Standing(ISSUES, Acl(), None)
    # who opens it to all does not need them
    found = site.source(public="everyone").scan()
    assert found.containers[ISSUES] == EVERYONE


def test_a_project_that_is_gone_or_moved_deletes_nothing(site: Site) -> None:
    site.project(NAME, ("ada", 30))
    site.issue(1)
    elsewhere = site.projects[NAME] | {"path_with_namespace": "house/other"}
    gone: list[Reply] = [
        reply({"message": "404 Project Not Found"}, 404),
        reply({}, 301, Location="https://gitlab.com/api/v4/projects/8"),
        reply(elsewhere),
    ]
    for answer in gone:
        site.instead[""] = lambda _, answer=answer: answer  # type: ignore[misc]
        with pytest.raises(SourceUnreadable, match=f"no project {NAME} "):
            site.source().scan()
        assert site.source().verify(f"{ISSUES}/1") is None
    site.instead[""] = lambda _: reply(site.projects[NAME] | {"id": "../8"})
    with pytest.raises(SourceUnreadable, match="none"):
        site.source().scan()


def test_an_issue_of_another_number_or_project_is_none(site: Site) -> None:
    site.project(NAME, ("ada", 30))
    site.issue(1)
    for other in ({"iid": 2}, {"project_id": 8}):
        answer = site.entries[7, "issues"][1] | other
        site.instead["issues/1"] = lambda _, answer=answer: reply(answer)  # type: ignore[misc]
        assert site.source().verify(f"{ISSUES}/1") is None


@pytest.mark.parametrize(
    "name",
    ["", NAME, ISSUES, f"{ISSUES}/", f"{ISSUES}/0", f"{ISSUES}/01", f"{ISSUES}/1\n",
     f"{ISSUES}/1/notes", f"{ISSUES}/١", f"{ISSUES}/1/-/issues/1", f"{NAME}/-/boards/1",
     f"{NAME}/issues/1", "House/Docs/Handbook/-/issues/1", "house/other/-/issues/1",
     "7/-/issues/1", f"{NAME}/../other/-/issues/1", f"{ISSUES}/1?a=b", f"{ISSUES}/{'1' * 16}"],
)  # fmt: skip
def test_what_is_no_name_of_a_document_is_never_one(site: Site, name: str) -> None:
    site.project(NAME, ("ada", 30))
    site.project("house/other", ("ada", 30))
    site.issue(1)
    site.issue(1, "house/other")
    source = site.source(projects=[NAME])
    assert source.verify(f"{ISSUES}/1") is not None
    site.asked.clear()
    assert source.verify(name) is None
    assert site.asked == []


@pytest.mark.parametrize("path", ["members/all", "issues", "merge_requests"])
@pytest.mark.parametrize(
    "answer",
    [
        Reply(status=500),
        Reply(status=403),
        Reply(status=404),
        Reply(status=401),
        Reply(b""),
        Reply(b"<html>sign in</html>"),
        Reply(b"{}"),
        Reply(b"[" * 200_000),
        Reply(b"[3]"),
        Reply(b"[]", headers={"Link": "<https://gitlab.com/x>; rel=next"}),
        Reply(b"[]", headers={"Link": '<https://gitlab.com/?page=2>; rel="next"'}),
        Reply(b"[]" + b" " * 300_000),
        Reply(status=302, headers={"Location": "https://gitlab.com/users/sign_in"}),
    ],
)
def test_half_a_listing_is_none(
    site: Site, path: str, answer: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second page of it breaks off."""
    monkeypatch.setattr(client, "PAGE_BYTES", 250_000)
    monkeypatch.setattr(api, "sleep", lambda _: None)
    site.project(NAME, ("ada", 30), ("bob", 30), ("eve", 30))
    for number in (1, 2, 3):
        site.issue(number)
        site.issue(number, kind="merge_requests")
    assert len(site.source().scan().documents) == 6
    site.instead[path] = lambda said: answer if "page" in said else None
    site.asked.clear()
    with pytest.raises(SourceUnreadable) as raised:
        site.source().scan()
    assert SECRET not in str(raised.value)
    assert len(site.asked) < 25
    # comments of one document are its own trouble
    if path == "issues":
        site.instead = {}
        for number in range(3):
            site.note(1, f"word {number}")
        listed = only(site.source().scan(), f"{ISSUES}/1")
        site.instead["issues/1/notes"] = lambda said: answer if "page" in said else None
        with pytest.raises(DocumentProblem, match="cannot be read") as problem:
            listed.read()
        assert SECRET not in str(problem.value)


@pytest.mark.parametrize(
    "entry",
    [{}, *({"iid": iid, "id": 1} for iid in (True, "1", 0, -1, None)),
     *({"iid": 1, "id": name} for name in (True, "1", None))],
)  # fmt: skip
def test_what_is_no_issue_is_no_listing(site: Site, entry: dict[str, Any]) -> None:
    site.project(NAME, ("ada", 30))
    site.instead["issues"] = lambda _: reply([entry])
    with pytest.raises(SourceUnreadable):
        site.source().scan()


@pytest.mark.parametrize("kind", ["issues", "merge_requests"])
@pytest.mark.parametrize("status", [403, 404])
def test_a_listing_that_is_refused_deletes_nothing(site: Site, kind: str, status: int) -> None:
    site.project(NAME, ("ada", 30))
    site.instead[kind] = lambda _: reply({"message": "no"}, status)
    with pytest.raises(SourceUnreadable, match="does not list"):
        site.source().scan()


def test_an_expired_token_is_said_with_what_to_do(site: Site) -> None:
    site.project(NAME, ("ada", 30))
    calls: list[Callable[[GitLab], object]] = [
        lambda source: source.scan(),
        lambda source: source.verify(f"{ISSUES}/1"),
    ]
    for secret in ("glpat-old", "", "two\nlines"):
        for call in calls:
            with pytest.raises(SourceUnreadable, match="portcullis source secret KEY") as raised:
                call(site.source(secret=secret))
            if secret:
                assert secret not in str(raised.value)
            else:
                # nothing is asked without one
                assert "needs a token" in str(raised.value)


def test_the_token_is_in_a_header_and_nowhere_else(site: Site) -> None:
    site.project(NAME, ("ada", 30))
    site.issue(1)
    site.note(1, "hello")
    source = site.source()
    source.scan().documents[0].read()
    source.verify(f"{ISSUES}/1")
    assert {token for _, _, token in site.asked} == {f"Bearer {SECRET}"}
    assert not any(SECRET in f"{path} {said}" for path, said, _ in site.asked)
    assert SECRET not in repr(source)


def test_nothing_is_asked_where_nobody_may_reach(site: Site) -> None:
    site.project(NAME, ("ada", 30))
    with pytest.raises(SourceUnreadable, match=r"sources\.yaml"):
        site.source(reach="127.0.0.1").scan()
    assert site.asked == []
    source = GitLab({"projects": [NAME]}, site.source().access)
    with pytest.raises(SourceUnreadable, match=r"^the address gitlab\.com:443 may not"):
        source.scan()


def test_a_rate_limit_is_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.project(NAME, ("ada", 30))
    seconds, limited = list[float](), [True]
    monkeypatch.setattr(api, "sleep", seconds.append)
    busy = Reply(b"Retry later", 429, {"Retry-After": "9"})
    site.instead["issues"] = lambda _: busy if limited and limited.pop() else None
    assert site.source().scan().containers
    assert seconds == [9.0]


def test_no_more_is_read_of_a_document_than_may_be(site: Site) -> None:
    site.project(NAME, ("ada", 30))
    site.issue(1)
    for number in range(30):
        site.note(1, "x" * 500 + str(number))
    [listed] = site.source(max_bytes=1000).scan().documents
    site.asked.clear()
    with pytest.raises(DocumentProblem, match="too many"):
        listed.read()
    assert len(site.asked) < 5


HOSTILE: list[Any] = ["", None, 3, [], {"a": 1}, "\0", "x\ud800", "\x1b[31m", "a\u202eb", True]


def test_hostile_texts_and_names_stay_text(site: Site) -> None:
    site.project(NAME, ("ada", 30))
    for number, odd in enumerate(HOSTILE, 1):
        said = {"title": odd, "description": odd, "state": odd, "author": odd, "created_at": odd}
        site.issue(number, assignees=odd, confidential=bool(number % 2), **said)
        place = odd if number % 2 else {"new_path": odd}
        site.note(number, odd, author={"username": odd}, position=place, created_at=odd)
    site.issue(99, title="a\nb/../\x00\u202e" * 400)
    found = site.source().scan()
    assert len(found.documents) == len(HOSTILE) + 1
    for one in found.documents:
        assert one.title.isprintable()
        assert 0 < len(one.title) <= 500
        text = one.read().decode()
        assert all(letter.isprintable() or letter in "\n\t" for letter in text)


def may_read(site: Site, name: str, kind: str, issue: dict[str, Any]) -> bool:
    """GitLab's rules as its documentation and its policies tell them, for an account that is
    neither external nor an administrator."""
    held = site.projects[NAME]
    mine = [one for one in site.members[held["id"]] if one["username"] == name]
    level = mine[0]["access_level"] if mine and mine[0]["state"] == "active" else 0
    feature = held[f"{kind}_access_level"]
    anybody = held["visibility"] in ("public", "internal") and feature == "enabled"
    if feature == "disabled" or not (anybody or level >= (10 if kind == "issues" else 15)):
        return False
    if not issue.get("confidential"):
        return True
    concerned = [issue["author"], *issue["assignees"]]
    return level >= 15 or any(one["username"] == name for one in concerned)


def test_nobody_reads_here_what_gitlab_keeps_from_them(site: Site) -> None:
    choose = random.Random(7)
    site.page = 9
    names = [f"p{number}" for number in range(7)]
    for _ in range(60):
        site.projects.clear()
        features = {
            f"{kind}_access_level": choose.choice(["enabled", "enabled", "private", "disabled"])
            for kind in ("issues", "merge_requests")
        }
        visibility = choose.choice(["public", "private", "internal"])
        site.project(NAME, visibility=visibility, **features)
        for name in choose.sample(names, choose.randrange(8)):
            state = choose.choice(["active", "active", "blocked"])
            site.members[7].append(member(name, choose.choice([0, 5, 10, 15, 20, 30]), state=state))
        for number in range(1, 5):
            kind = choose.choice(["issues", "merge_requests"])
            concerned = [active(name) for name in choose.sample(names, 2)]
            closed = {"confidential": choose.random() < 0.5} if kind == "issues" else {}
            site.issue(number, kind=kind, author=concerned[0], assignees=concerned[1:], **closed)
        opened = [key for key in ("public", "internal") if choose.random() < 0.5]
        config: dict[str, Any] = dict.fromkeys(opened, "everyone")
        found = site.source(**config).scan()
        for one in found.documents:
            acl = one.acl if one.acl is not None else found.containers[str(one.container)]
            kind, iid = one.external_id.rsplit("/", 2)[1:]
            issue = site.entries[7, kind][int(iid)]
            for name in names:
                lets_in = bool(acl.allow & (EVERYONE.allow | {source_user(name)}))
                assert not lets_in or may_read(site, name, kind, issue)


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({}, r"config\.projects"),
        ({"projects": ["house/handbook", "a/b/c/.profile", "a_b/c.d-e"]}, ""),
        ({"projects": ["a/b"], "public": "everyone", "internal": "everyone"}, ""),
        ({"projects": ["a/b"], "endpoint": "https://git.example/api/v4/", "accounts": {}}, ""),
        ({"projects": []}, r"config\.projects"),
        ({"projects": "a/b"}, r"config\.projects"),
        ({"projects": ["a"]}, r"config\.projects"),
        ({"projects": [7]}, r"config\.projects"),
        ({"projects": ["a/.."]}, r"config\.projects"),
        ({"projects": ["../b"]}, r"config\.projects"),
        ({"projects": ["a/./b"]}, r"config\.projects"),
        ({"projects": ["a//b"]}, r"config\.projects"),
        ({"projects": ["a/b/-/issues"]}, r"config\.projects"),
        ({"projects": ["a/b?c=d"]}, r"config\.projects"),
        ({"projects": ["a/b\n"]}, r"config\.projects"),
        ({"projects": ["https://gitlab.com/a/b"]}, r"config\.projects"),
        ({"projects": ["a/b", "A/B"]}, "twice"),
        ({"projects": ["a/b"], "public": True}, r"config\.public"),
        ({"projects": ["a/b"], "internal": "all"}, r"config\.internal"),
        ({"projects": ["a/b"], "token": "x"}, r"config\.token"),
        ({"projects": ["a/b"], "endpoint": "http://git.example/api/v4"}, r"config\.endpoint"),
        ({"projects": ["a/b"], "endpoint": "https://git.example"}, r"config\.endpoint"),
    ],
)
def test_config_is_checked_when_it_is_registered(config: dict[str, Any], why: str) -> None:
    if not why:
        check_config("gitlab", config)
        return
    with pytest.raises(InvalidInput, match=why):
        check_config("gitlab", config)


def test_it_is_wired_and_asked_less_often(site: Site) -> None:
    site.project(NAME, ("Ada", 30))
    source = site.source()
    rules = {"accounts": {"ids": {"Ada": "ada@house.example"}}}
    read = connector("gitlab", {**source.config, **rules}, source.access)
    assert read.scan().containers[ISSUES] == people("ada@house.example")
    assert schedule_for("gitlab", Schedule()).sync_minutes == 240


def active(name: str, state: str = "active") -> dict[str, Any]:
    return {"username": name, "state": state}
