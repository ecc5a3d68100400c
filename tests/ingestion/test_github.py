"""Repositories on GitHub as a source: collaborators, conversations, and an API that misbehaves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from time import time
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
from ingestion.sources.forge import client, conversation
from ingestion.sources.forge.github import GitHub
from tests.ingestion.github_site import NAME, SECRET, Site, user
from tests.ingestion.stub_api import Reply, listing, reply, serving

EVERYONE = Acl.parse(["everyone"])


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    with serving(site):
        yield site


def people(*logins: str) -> Acl:
    return Acl(frozenset(map(source_user, logins)))


def only(found: Scan, number: int, name: str = NAME) -> Listed:
    [listed] = [one for one in found.documents if one.external_id == f"{name}#{number}"]
    return listed


def test_repositories_are_containers_whose_collaborators_are_their_readers(site: Site) -> None:
    site.repository(NAME, "ada", "Bob-2", "eve_house")
    site.repository("House/Secret.docs", "ada")
    for name in site.repositories:
        site.issue(1, name)
        site.issue(2, name, pull=True, state="closed")
    found = site.source().scan()
    assert found.containers == {
        NAME: people("ada", "Bob-2", "eve_house"),
        "house/secret.docs": people("ada"),
    }
    assert not found.problems
    assert {one.external_id for one in found.documents} == {
        f"{name}#{number}" for name in found.containers for number in (1, 2)
    }
    for one in found.documents:
        assert one.container is not None
        standing = Standing(one.container, found.containers[one.container], None)
        assert site.source().verify(one.external_id) == standing


def test_what_is_said_of_an_issue_is_its_document(site: Site) -> None:
    site.repository(NAME, "ada")
    site.issue(7, title="Doors\n# stay\x1b[31m open", body="They *should*\r\nnot.", id=900)
    site.issue(8, pull=True, body=None, user={"login": "dependabot[bot]"})
    site.issue(9, user=None, state="closed", created_at="yesterday")
    site.comment(7, "second", user={"login": "bob"}, created_at="2024-05-02T11:00:00Z")
    site.comment(7, "first", created_at="2024-05-02T10:59:59Z")
    site.comment(7, "third", user={"login": "x\n# boss"}, created_at="2024-05-02T12:00:00Z")
    site.comment(8, "a word", created_at="2024-05-03T08:00:00Z")
    site.comment(8, "no", kind="pulls", path="src/a`b.py", created_at="2024-05-03T07:00:00Z")
    site.comment(77, "of no issue that is listed")
    found = site.source().scan()
    issue, pull, closed = (only(found, number) for number in (7, 8, 9))
    assert issue.read().decode().splitlines() == [
        "# Doors # stay[31m open", "", "Issue 7, open. ada, 2024-05-01 10:01", "",
        "They *should*", "not.", "",
        "## ada, 2024-05-02 10:59", "", "first", "",
        "## bob, 2024-05-02 11:00", "", "second", "",
        "## somebody, 2024-05-02 12:00", "", "third", "",
    ]  # fmt: skip
    assert pull.read().decode().splitlines() == [
        "# title 8", "", "Pull request 8, open. dependabot[bot], 2024-05-01 10:02", "", "", "",
        "## ada, 2024-05-03 07:00, on `src/ab.py`", "", "no", "",
        "## ada, 2024-05-03 08:00", "", "a word", "",
    ]  # fmt: skip
    assert "Issue 9, closed. somebody\n" in closed.read().decode()
    assert issue.title == "Doors # stay[31m open"
    assert issue.uri == f"http://127.0.0.1:{site.port}/{NAME}/issues/7"
    assert issue.mime_type == "text/markdown"


@pytest.mark.parametrize(
    ("endpoint", "home"),
    [
        ({}, "https://github.com"),
        ({"endpoint": "https://api.house.ghe.com"}, "https://house.ghe.com"),
        ({"endpoint": "https://api.house.example/api/v3/"}, "https://api.house.example"),
        ({"endpoint": "https://house.example/git/api/v3"}, "https://house.example/git"),
    ],
)
def test_links_lead_to_where_people_look(endpoint: dict[str, Any], home: str, site: Site) -> None:
    source = site.source(**endpoint)
    if not endpoint:
        source = GitHub({"repositories": [NAME]}, source.access)
    assert source._home() == home


def test_the_version_changes_with_the_text_alone(site: Site) -> None:
    site.repository(NAME, "ada")
    site.issue(1)
    site.issue(2)
    for number in range(4):
        site.comment(1, f"word {number}")
    seen = {only(site.source().scan(), 1).version}
    site.collaborators[NAME].append(user("eve"))
    site.comments[NAME, "issues"].reverse()
    site.comment(2, "elsewhere")
    assert {only(site.source().scan(), 1).version} == seen != {""}
    changes: list[Callable[[], object]] = [
        lambda: site.comments[NAME, "issues"][2].update(body="another word"),
        lambda: site.comments[NAME, "issues"].pop(3),
        lambda: site.issues[NAME][1].update(title="another title"),
        lambda: site.issues[NAME][1].update(body="another body"),
        lambda: site.comment(1, "word", kind="pulls"),
        # another repository of that name
        lambda: site.issues[NAME][1].update(id=901),
    ]
    for number, change in enumerate(changes):
        change()
        seen.add(only(site.source().scan(), 1).version)
        assert len(seen) == number + 2


def test_reading_what_was_listed_asks_for_nothing_more(site: Site) -> None:
    site.repository(NAME, "ada")
    for number in range(1, 8):
        site.issue(number, body=f"body {number}")
    found = site.source().scan()
    asked = len(site.asked)
    assert [f"body {number}" in only(found, number).read().decode() for number in range(1, 8)]
    assert len(site.asked) == asked


def test_who_joins_or_leaves_and_what_is_deleted_shows_at_once(site: Site) -> None:
    site.repository(NAME, "ada")
    site.issue(1)
    source = site.source()
    site.collaborators[NAME] = [user("bob")]
    assert source.scan().containers == {NAME: people("bob")}
    assert source.verify(f"{NAME}#1") == Standing(NAME, people("bob"), None)
    del site.issues[NAME][1]
    assert source.scan().documents == ()
    assert source.verify(f"{NAME}#1") is None


@pytest.mark.parametrize(
    ("private", "visibility", "config", "open_to_all"),
    [
        (False, "public", {}, False),
        (False, "public", {"internal": "everyone"}, False),
        (False, "public", {"public": "everyone"}, True),
        (True, "internal", {}, False),
        (True, "internal", {"public": "everyone"}, False),
        (True, "internal", {"internal": "everyone"}, True),
        (True, "private", {"public": "everyone", "internal": "everyone"}, False),
        # what contradicts itself, or is not said
        (True, "public", {"public": "everyone", "internal": "everyone"}, False),
        (False, "internal", {"public": "everyone", "internal": "everyone"}, False),
        (False, "private", {"public": "everyone", "internal": "everyone"}, False),
        (False, None, {"public": "everyone", "internal": "everyone"}, False),
        (None, "public", {"public": "everyone", "internal": "everyone"}, False),
        ("no", "public", {"public": "everyone", "internal": "everyone"}, False),
        (0, "public", {"public": "everyone", "internal": "everyone"}, False),
    ],
)
def test_a_repository_is_everybodys_only_where_config_says_so(
    site: Site, private: Any, visibility: Any, config: dict[str, Any], open_to_all: bool
) -> None:
    site.repository(NAME, "ada", private=private, visibility=visibility)
    site.issue(1)
    acl = EVERYONE if open_to_all else people("ada")
    source = site.source(**config)
    assert source.scan().containers == {NAME: acl}
    assert source.verify(f"{NAME}#1") == Standing(NAME, acl, None)


@pytest.mark.parametrize(
    "said",
    [
        {"login": "ada@house.example"},
        {"login": "group:hr"},
        {"login": "everyone"},
        {"login": "public"},
        {"login": "\u212aim"},
        {"login": "a b"},
        {"login": "-x"},
        {"type": "Organization"},
        {"type": None},
        {"permissions": {}},
        {"permissions": None},
        {"permissions": {"pull": "true"}},
        {"permissions": {"pull": False, "push": True}},
    ],
)
def test_who_cannot_be_named_is_nobody_and_that_is_said(site: Site, said: dict[str, Any]) -> None:
    site.repository(NAME, "ada")
    site.collaborators[NAME] += [{**user("eve"), **said}, user("renovate[bot]", type="Bot")]
    found = site.source().scan()
    assert found.containers == {NAME: people("ada")}
    problem = found.problems[NAME]
    assert problem.stage == "acl"
    assert problem.reason.startswith("1 of its collaborators")


def test_collaborators_that_are_not_told_leave_nobody(site: Site) -> None:
    site.repository(NAME, "ada", private=False, visibility="public")
    site.issue(1)
    for status in (403, 404):
        site.instead["collaborators"] = lambda _, status=status: reply({}, status)  # type: ignore[misc]
        found = site.source().scan()
        assert found.containers == {NAME: Acl()}
        assert found.problems[NAME].stage == "acl"
        assert len(found.documents) == 1
        assert site.source().verify(f"{NAME}#1") is None
        # who opens it to all does not need them
        assert site.source(public="everyone").scan().containers == {NAME: EVERYONE}


def test_a_repository_that_is_gone_or_renamed_deletes_nothing(site: Site) -> None:
    site.repository(NAME, "ada")
    site.repository("house/other", "ada")
    site.issue(1)
    gone: list[Reply] = [
        reply({"message": "Not Found"}, 404),
        reply({"message": "Repository access blocked"}, 403),
        reply({}, 301, Location="https://api.github.com/repositories/7"),
    ]
    for answer in gone:
        site.instead[""] = lambda _, answer=answer: answer  # type: ignore[misc]
        with pytest.raises(SourceUnreadable, match=f"no repository {NAME} "):
            site.source().scan()
        assert site.source().verify(f"{NAME}#1") is None


def test_an_issue_that_moved_to_another_repository_is_none_here(site: Site) -> None:
    site.repository(NAME, "ada")
    site.issue(1)
    moved = reply({}, 301, Location=f"http://127.0.0.1:{site.port}/api/v3/repos/a/b/issues/1")
    site.instead["issues/1"] = lambda _: moved
    assert site.source().verify(f"{NAME}#1") is None
    site.instead["issues/1"] = lambda _: reply(site.issues[NAME][1] | {"number": 2})
    assert site.source().verify(f"{NAME}#1") is None


def test_pull_requests_are_found_where_issues_are_switched_off(site: Site) -> None:
    site.repository(NAME, "ada", has_issues=False)
    site.issue(1)
    site.issue(2, pull=True)
    site.comment(2, "a remark")
    site.comment(2, "a note on code", kind="pulls")
    [pull] = site.source().scan().documents
    assert pull.external_id == f"{NAME}#2"
    text = pull.read().decode()
    assert all(said in text for said in ("Pull request 2", "a remark", "a note on code"))
    assert site.source().verify(f"{NAME}#2") is not None
    assert site.source().verify(f"{NAME}#1") is None
    site.instead["issues/comments"] = lambda _: reply({"message": "Issues are disabled"}, 410)
    found = site.source().scan()
    assert "a note on code" in only(found, 2).read().decode()
    assert set(found.problems) == {f"{NAME}/comments"}
    # where issues are on, that is half a listing
    site.repositories[NAME]["has_issues"] = True
    with pytest.raises(SourceUnreadable, match="does not list"):
        site.source().scan()


def test_issues_are_found_where_pull_requests_are_switched_off(site: Site) -> None:
    site.repository(NAME, "ada", has_pull_requests=False)
    site.issue(1)
    site.comment(1, "a remark")
    site.issue(2, pull=True)
    [issue] = site.source().scan().documents
    assert "a remark" in issue.read().decode()
    assert site.source().verify(f"{NAME}#1") is not None
    assert site.source().verify(f"{NAME}#2") is None
    site.repositories[NAME]["has_issues"] = False
    found = site.source().scan()
    assert (found.documents, found.containers) == ((), {NAME: people("ada")})


@pytest.mark.parametrize(
    "name",
    ["", NAME, f"{NAME}#", f"{NAME}#0", f"{NAME}#01", f"{NAME}#1\n", f"{NAME}#-1", f"{NAME}#1/2",
     f"{NAME}#1/comments", f"{NAME}#١", f"{NAME}#1#1", "House/Handbook#1", "house/other#1",
     f"{NAME}/../other#1", "#1", f"{NAME}#1?a=b", f"{NAME}#{'1' * 16}"],
)  # fmt: skip
def test_what_is_no_name_of_a_document_is_never_one(site: Site, name: str) -> None:
    site.repository(NAME, "ada")
    site.repository("house/other", "ada")
    site.issue(1)
    site.issue(1, "house/other")
    source = site.source(repositories=[NAME])
    assert source.verify(f"{NAME}#1") is not None
    site.asked.clear()
    assert source.verify(name) is None
    assert site.asked == []


@pytest.mark.parametrize("path", ["collaborators", "issues", "issues/comments", "pulls/comments"])
@pytest.mark.parametrize(
    "answer",
    [
        Reply(status=500),
        Reply(status=403),
        Reply(status=404),
        Reply(status=401),
        Reply(status=422),
        Reply(b""),
        Reply(b"<html>sign in</html>"),
        Reply(b"{}"),
        Reply(b"[" * 200_000),
        Reply(b"[3]"),
        Reply(b"[null]"),
        Reply(b"[{}]"),
        Reply(b'[{"login": 3, "number": true, "issue_url": 3, "pull_request_url": 3}]'),
        Reply(b'[{"login": "", "number": -1, "issue_url": "/issues/x"}]'),
        Reply(b'[{"login": "", "number": "1", "id": "1"}]'),
        Reply(b"[]", headers={"Link": "<https://api.github.com/x>; rel=next"}),
        Reply(b"[]", headers={"Link": 'https://api.github.com/x?page=3; rel="next"'}),
        Reply(b"[]", headers={"Link": '<https://[/x?page=3>; rel="next"'}),
        Reply(b"[]", headers={"Link": '<https://a.example/?page=2>; rel="next"'}),
        Reply(b"[]" + b" " * 300_000),
        Reply(status=302, headers={"Location": "https://github.com/"}),
        Reply(b"not gzip", headers={"Content-Encoding": "gzip"}),
    ],
)
def test_half_a_listing_is_none(
    site: Site, path: str, answer: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second page of it breaks off."""
    monkeypatch.setattr(client, "PAGE_BYTES", 250_000)
    monkeypatch.setattr(api, "sleep", lambda _: None)
    site.repository(NAME, "ada", "bob", "eve")
    for number in (1, 2, 3):
        site.issue(number)
        site.comment(number, "remark")
        site.comment(number, "note", kind="pulls")
    assert len(site.source().scan().documents) == 3
    site.instead[path] = lambda said: answer if "page" in said else None
    site.asked.clear()
    with pytest.raises(SourceUnreadable) as raised:
        site.source().scan()
    assert SECRET not in str(raised.value)
    assert len(site.asked) < 25
    if path == "collaborators":
        with pytest.raises(SourceUnreadable):
            site.source().verify(f"{NAME}#1")


@pytest.mark.parametrize(
    "entry",
    [{}, *({"number": number, "id": 1} for number in (True, "1", 0, -1, None, 10**15)),
     *({"number": 1, "id": name} for name in (True, "1", None))],
)  # fmt: skip
def test_what_is_no_issue_is_no_listing(site: Site, entry: dict[str, Any]) -> None:
    site.repository(NAME, "ada")
    site.instead["issues"] = lambda _: reply([entry])
    with pytest.raises(SourceUnreadable):
        site.source().scan()


@pytest.mark.parametrize("path", ["issues", "issues/comments", "pulls/comments"])
@pytest.mark.parametrize("status", [403, 404, 410, 422])
def test_a_listing_that_is_refused_deletes_nothing(site: Site, path: str, status: int) -> None:
    site.repository(NAME, "ada")
    site.issue(1)
    site.instead[path] = lambda _: reply({"message": "no"}, status)
    with pytest.raises(SourceUnreadable, match="does not list"):
        site.source().scan()


def test_an_expired_token_is_said_with_what_to_do(site: Site) -> None:
    site.repository(NAME, "ada")
    calls: list[Callable[[GitHub], object]] = [
        lambda source: source.scan(),
        lambda source: source.verify(f"{NAME}#1"),
    ]
    for secret in ("ghp_old", "", "two\nlines", "späť"):
        for call in calls:
            with pytest.raises(SourceUnreadable, match="portcullis source secret KEY") as raised:
                call(site.source(secret=secret))
            if secret:
                assert secret not in str(raised.value)
            else:
                # nothing is asked without one
                assert "needs a token" in str(raised.value)


def test_the_token_is_in_a_header_and_nowhere_else(site: Site) -> None:
    site.repository(NAME, "ada")
    site.issue(1)
    source = site.source()
    source.scan()
    source.verify(f"{NAME}#1")
    assert {token for _, _, token in site.asked} == {f"Bearer {SECRET}"}
    assert not any(SECRET in f"{path} {said}" for path, said, _ in site.asked)
    assert SECRET not in repr(source)


def test_a_next_page_leads_to_no_other_address(site: Site) -> None:
    """Of what it says only the place in the listing is taken."""
    site.repository(NAME, "ada", "bob", "eve")
    site.repository("house/other", "mallory")
    other = Site()
    with serving(other):
        to = f"http://127.0.0.1:{other.port}/api/v3/repos/house/other/collaborators"
        first = listing(to, site.collaborators[NAME], {"affiliation": "outside"}, 2)
        site.instead["collaborators"] = lambda said: None if "page" in said else first
        found = site.source(repositories=[NAME]).scan()
        assert found.containers == {NAME: people("ada", "bob", "eve")}
        assert other.asked == []


def test_pages_are_turned_by_a_cursor_too(site: Site) -> None:
    site.repository(NAME, "ada")
    for number in range(1, 6):
        site.issue(number)

    def by_cursor(said: dict[str, str]) -> Reply:
        start = int(said.get("after", "c0==")[1:-2])
        headers: dict[str, Any] = {}
        if start < 4:
            at = f"https://api.github.com/repositories/7/issues?page=2&after=c{start + 2}%3D%3D"
            headers = {"Link": f'<{at}>; rel="next", <https://a.example/next>; rel="prev"'}
        return reply(list(site.issues[NAME].values())[start : start + 2], **headers)

    site.instead["issues"] = by_cursor
    assert len(site.source().scan().documents) == 5


def test_what_moves_while_pages_are_turned_is_said_once(site: Site) -> None:
    site.repository(NAME, "ada")
    site.issue(1)
    site.comment(1, "once")
    site.comment(1, "edited meanwhile")
    first, second = site.comments[NAME, "issues"]
    site.comments[NAME, "issues"] = [first, first | {"body": "new"}, second]
    [listed] = site.source().scan().documents
    text = listed.read().decode()
    assert ("once" in text, text.count("new"), text.count("##")) == (False, 1, 2)


def test_nothing_is_asked_where_nobody_may_reach(site: Site) -> None:
    site.repository(NAME, "ada")
    for reach in ("127.0.0.2", "127.0.0.1"):
        # an address that is not public needs its port
        with pytest.raises(SourceUnreadable, match=r"sources\.yaml"):
            site.source(reach=reach).scan()
    assert site.asked == []
    source = GitHub({"repositories": [NAME]}, site.source().access)
    with pytest.raises(SourceUnreadable, match=r"^the address api\.github\.com:443 may not"):
        source.scan()


@pytest.mark.parametrize(
    ("status", "headers", "slept", "ends"),
    [
        (403, {"Retry-After": "7"}, [7.0], True),
        (429, {"Retry-After": "7"}, [7.0], True),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+30"}, [30.0], True),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+30"}, [30.0], True),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "-9"}, [1.0], True),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+0"}, [1.0], True),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, [1.0], True),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+3000"}, [], False),
        (403, {}, [60.0], True),
    ],
)
def test_a_rate_limit_is_waited_for_within_a_bound(
    site: Site,
    status: int,
    headers: dict[str, str],
    slept: list[float],
    ends: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site.repository(NAME, "ada")
    site.issue(1)
    seconds, limited = list[float](), [True]
    monkeypatch.setattr(api, "sleep", seconds.append)
    if (said := headers.get("X-RateLimit-Reset", ""))[1:].isdigit():
        # until the whole second after it
        headers = headers | {"X-RateLimit-Reset": str(int(time()) + int(said))}
    body = b'{"message": "You have exceeded a secondary rate limit."}'

    def busy(_: dict[str, str]) -> Reply | None:
        return Reply(body, status, headers) if limited and limited.pop() else None

    site.instead["collaborators"] = busy
    if ends:
        assert site.source().scan().containers == {NAME: people("ada")}
    else:
        with pytest.raises(SourceUnreadable, match="for longer; sync again later"):
            site.source().scan()
    assert seconds == pytest.approx(slept, abs=1)
    assert min(seconds, default=1) >= 1
    if sum(slept) > 5:
        # nobody waits that long for an answer
        limited.append(True)
        with pytest.raises(SourceUnreadable, match="for longer"):
            site.source().verify(f"{NAME}#1")


def test_a_limit_that_does_not_end_is_left(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.repository(NAME, "ada")
    monkeypatch.setattr(api, "sleep", lambda _: None)
    body = b'{"message": "You have exceeded a secondary rate limit."}'
    for headers in ({}, {"Retry-After": "1"}):
        site.asked.clear()
        answer = Reply(body, 403, headers)
        site.instead["collaborators"] = lambda _, answer=answer: answer  # type: ignore[misc]
        with pytest.raises(SourceUnreadable, match="sync again later"):
            site.source().scan()
        assert len(site.asked) < 8


def test_a_listing_without_end_is_left(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAGES", 20)
    site.repository(NAME, "ada")
    turned = iter(range(1, 10**9))

    def endless(_: dict[str, str]) -> Reply:
        return reply([], Link=f'<https://a.example/?after={next(turned)}>; rel="next"')

    site.instead["issues"] = endless
    with pytest.raises(SourceUnreadable, match="come to an end"):
        site.source().scan()
    assert next(turned) == 21


def test_no_more_is_kept_or_read_than_may_be(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.repository(NAME, "ada")
    site.issue(1)
    for number in range(10):
        site.comment(1, "x" * 500 + str(number))
    [listed] = site.source(max_bytes=1000).scan().documents
    with pytest.raises(DocumentProblem, match="too many"):
        listed.read()
    monkeypatch.setattr(conversation, "MOST_BYTES", 3000)
    with pytest.raises(SourceUnreadable, match="more text than"):
        site.source().scan()


HOSTILE: list[Any] = ["", None, 3, [], {"a": 1}, "\0", "x\ud800", "\x1b[31m", "a\u202eb", True]


def test_hostile_texts_and_names_stay_text(site: Site) -> None:
    site.repository(NAME, "ada")
    for number, odd in enumerate(HOSTILE, 1):
        site.issue(number, title=odd, body=odd, state=odd, user=odd, created_at=odd)
        site.comment(number, odd, user={"login": odd}, path=odd, created_at=odd, kind="pulls")
    site.issue(99, title="a\nb/../\x00\u202e" * 400)
    found = site.source().scan()
    assert len(found.documents) == len(HOSTILE) + 1
    for one in found.documents:
        assert one.title.isprintable()
        assert 0 < len(one.title) <= 500
        text = one.read().decode()
        assert all(letter.isprintable() or letter in "\n\t" for letter in text)


def may_read(site: Site, login: str, name: str) -> bool:
    """GitHub's rules as its documentation tells them."""
    said = site.repositories[name]
    if not said["private"]:
        return True
    return any(
        one["login"] == login and one["type"] == "User" and one["permissions"]["pull"]
        for one in site.collaborators[name]
    )


def test_nobody_reads_here_what_github_keeps_from_them(site: Site) -> None:
    choose = random.Random(7)
    site.page = 3
    logins = [f"p{number}" for number in range(6)]
    for _ in range(60):
        site.repositories.clear()
        for number in range(3):
            visibility = choose.choice(["public", "private", "internal"])
            name = f"house/r{number}"
            site.repository(name, visibility=visibility, private=visibility != "public")
            site.collaborators[name] = [
                user(
                    login,
                    type=choose.choice(["User", "User", "Bot"]),
                    permissions={"pull": choose.random() < 0.8},
                )
                for login in choose.sample(logins, choose.randrange(7))
            ]
        config: dict[str, Any] = {"public": "everyone"} if choose.random() < 0.5 else {}
        for name, acl in site.source(**config).scan().containers.items():
            for login in logins:
                lets_in = bool(acl.allow & (EVERYONE.allow | {source_user(login)}))
                assert not lets_in or may_read(site, login, name)


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({}, r"config\.repositories"),
        ({"repositories": ["house/handbook", "o/.github", "My_Org1/a.b-c_d"]}, ""),
        ({"repositories": ["o/r"], "public": "everyone", "internal": "everyone"}, ""),
        ({"repositories": ["o/r"], "endpoint": "https://h.example/api/v3", "accounts": {}}, ""),
        ({"repositories": []}, r"config\.repositories"),
        ({"repositories": "o/r"}, r"config\.repositories"),
        ({"repositories": ["o"]}, r"config\.repositories"),
        ({"repositories": ["o/r/s"]}, r"config\.repositories"),
        ({"repositories": ["o/.."]}, r"config\.repositories"),
        ({"repositories": ["o/."]}, r"config\.repositories"),
        ({"repositories": ["../r"]}, r"config\.repositories"),
        ({"repositories": ["o/r?a=b"]}, r"config\.repositories"),
        ({"repositories": ["o/r#1"]}, r"config\.repositories"),
        ({"repositories": ["o/r\n"]}, r"config\.repositories"),
        ({"repositories": ["https://github.com/o/r"]}, r"config\.repositories"),
        ({"repositories": [["o/r"]]}, r"config\.repositories"),
        ({"repositories": ["o/r", "O/R"]}, "twice"),
        ({"repositories": ["o/r"], "public": True}, r"config\.public"),
        ({"repositories": ["o/r"], "internal": "all"}, r"config\.internal"),
        ({"repositories": ["o/r"], "token": "x"}, r"config\.token"),
        ({"repositories": ["o/r"], "endpoint": "http://api.github.com"}, r"config\.endpoint"),
    ],
)
def test_config_is_checked_when_it_is_registered(config: dict[str, Any], why: str) -> None:
    if not why:
        check_config("github", config)
        return
    with pytest.raises(InvalidInput, match=why):
        check_config("github", config)


def test_it_is_wired_and_asked_less_often(site: Site) -> None:
    site.repository(NAME, "Ada", "bob")
    source = site.source()
    rules = {"accounts": {"ids": {"Ada": "ada@house.example"}}}
    read = connector("github", {**source.config, **rules}, source.access)
    assert source_user("ada@house.example") in read.scan().containers[NAME].allow
    assert schedule_for("github", Schedule()).sync_minutes == 240
