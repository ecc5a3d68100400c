"""A Slack workspace as a source: members, threads and days, and an API that misbehaves."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from app.catalog.kinds import check_config, schedule_for
from app.domain.acl import Acl
from app.domain.source import Schedule
from app.errors import InvalidInput
from ingestion.connect import connector
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing, api, slack_client
from tests.ingestion.workspace import SECRET, TEAM, Reply, Workspace, serving

NOON = "1700000000.00000{}"
"""On 2023-11-14, late in the evening."""
DAY = "2023-11-14"


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with serving() as workspace:
        workspace.user("U0ADA", "Ada@House.example", real_name="Ada")
        workspace.user("U0BOB", "bob@house.example")
        workspace.user("U0EVE", "eve@house.example")
        yield workspace


def only(found: Scan, name: str) -> Listed:
    [listed] = [listed for listed in found.documents if listed.external_id == name]
    return listed


def members(*names: str) -> Acl:
    return Acl.parse([f"{name}@house.example" for name in names])


def test_channels_are_containers_whose_members_are_their_readers(workspace: Workspace) -> None:
    workspace.channel("C0ONE", "U0ADA", "U0BOB", "U0EVE")
    workspace.channel("C0TWO", "U0ADA", is_private=True)
    workspace.channel("G0THREE", "U0ADA", "U0BOB", is_mpim=True, is_private=True)
    workspace.channel("C0OLD", "U0ADA", is_archived=True)
    workspace.channel("C0OUT", "U0ADA", is_member=False)
    for channel in workspace.channels:
        workspace.say(channel, NOON.format(1), "hello")
    found = workspace.source().scan()
    assert found.containers == {
        "C0ONE": members("ada", "bob", "eve"),
        "C0TWO": members("ada"),
        "G0THREE": members("ada", "bob"),
    }
    assert {one.external_id for one in found.documents} == {
        f"{channel}/{DAY}" for channel in found.containers
    }
    assert not found.problems
    for one in found.documents:
        assert one.container is not None
        standing = Standing(one.container, found.containers[one.container], None)
        assert workspace.source().verify(one.external_id) == standing
    for name in (f"C0OLD/{DAY}", f"C0OUT/{DAY}", "C0ONE/2023-11-15", f"C0NONE/{DAY}"):
        assert workspace.source().verify(name) is None


def test_a_thread_is_a_document_and_so_is_the_rest_of_a_day(workspace: Workspace) -> None:
    workspace.channel("C0ONE", "U0ADA")
    root = NOON.format(1)
    workspace.say("C0ONE", root, "a question &lt;here&gt; for <@U0BOB>")
    for number in range(2, 6):
        workspace.say("C0ONE", NOON.format(number), f"reply {number}", "U0BOB", thread_ts=root)
    workspace.say("C0ONE", NOON.format(6), "to all", thread_ts=root, subtype="thread_broadcast")
    workspace.say("C0ONE", NOON.format(7), "seen <https://a.example/x|this> in <#C0TWO|two>?")
    workspace.say("C0ONE", NOON.format(8), "<!here> look", files=[{"name": "plan\x1b.pdf"}])
    workspace.say("C0ONE", NOON.format(9), "Ada has joined", subtype="channel_join")
    workspace.say("C0ONE", "1700090000.000001", "later")
    found = workspace.source().scan()
    assert {one.external_id for one in found.documents} == {
        f"C0ONE/{root}",
        f"C0ONE/{DAY}",
        "C0ONE/2023-11-15",
    }
    thread, day = only(found, f"C0ONE/{root}"), only(found, f"C0ONE/{DAY}")
    assert thread.read().decode().splitlines() == [
        "22:13 Ada: a question <here> for @u0bob",
        *(f"22:13 u0bob: reply {number}" for number in range(2, 6)),
        "22:13 Ada: to all",
    ]
    assert day.read().decode().splitlines() == [
        "22:13 Ada: seen this (https://a.example/x) in #two?",
        "22:13 Ada: @here look [file: plan.pdf]",
    ]
    assert thread.version == ""
    assert thread.uri == "https://house.slack.com/archives/C0ONE/p1700000000000001"
    assert day.title == f"#c0one {DAY}"
    assert set(found.problems) == {"C0ONE/files"}
    assert workspace.source().verify(f"C0ONE/{root}") is not None
    # a reply is no document, and neither is what is in no thread
    for ts in (NOON.format(2), NOON.format(7), "1700000000.999999"):
        assert workspace.source().verify(f"C0ONE/{ts}") is None


def test_the_version_of_a_day_changes_with_its_text_alone(workspace: Workspace) -> None:
    workspace.channel("C0ONE", "U0ADA")
    for number in range(1, 6):
        workspace.say("C0ONE", NOON.format(number), f"word {number}")
    before = only(workspace.source().scan(), f"C0ONE/{DAY}").version
    workspace.members["C0ONE"].append("U0EVE")
    assert only(workspace.source().scan(), f"C0ONE/{DAY}").version == before != ""
    workspace.messages["C0ONE"][2]["text"] = "another word"
    edited = only(workspace.source().scan(), f"C0ONE/{DAY}").version
    assert edited != before
    del workspace.messages["C0ONE"][2]
    assert only(workspace.source().scan(), f"C0ONE/{DAY}").version not in (before, edited)


def test_who_joins_or_leaves_and_what_is_deleted_shows_at_once(workspace: Workspace) -> None:
    workspace.channel("C0ONE", "U0ADA", is_private=True)
    root = NOON.format(1)
    workspace.say("C0ONE", root, "root")
    workspace.say("C0ONE", NOON.format(2), "reply", thread_ts=root)
    source = workspace.source()
    workspace.members["C0ONE"] = ["U0BOB"]
    assert source.scan().containers == {"C0ONE": members("bob")}
    assert source.verify(f"C0ONE/{root}") == Standing("C0ONE", members("bob"), None)
    workspace.user("U0BOB", "bob@house.example", deleted=True)
    assert source.verify(f"C0ONE/{root}") == Standing("C0ONE", Acl(), None)
    tombstone = {"ts": root, "thread_ts": root, "subtype": "tombstone", "text": "deleted"}
    workspace.messages["C0ONE"][0] = {**tombstone, "reply_count": 1}
    [listed] = source.scan().documents
    assert listed.read().decode().splitlines() == ["22:13 Ada: reply"]
    workspace.messages["C0ONE"] = [tombstone]
    assert source.scan().documents == ()
    assert source.verify(f"C0ONE/{root}") is None
    with pytest.raises(DocumentProblem, match="have left"):
        listed.read()
    del workspace.channels["C0ONE"]
    assert source.scan().containers == {}
    assert source.verify(f"C0ONE/{root}") is None


def test_a_public_channel_is_everybodys_only_where_config_says_so(workspace: Workspace) -> None:
    workspace.user("U0GUEST", "guest@other.example", is_restricted=True)
    workspace.user("U0INSIDE", "inside@other.example", is_ultra_restricted=True)
    workspace.user("U0LEFT", "left@house.example", deleted=True)
    workspace.user("U0AGAIN", "bob@house.example", deleted=True)
    workspace.user("U0FAR", "far@far.example", team_id="T0FAR")
    workspace.channel("C0ONE", "U0ADA", "U0INSIDE")
    workspace.channel("C0TWO", "U0ADA", is_private=True)
    workspace.channel("G0THREE", "U0ADA", is_mpim=True)
    assert workspace.source().scan().containers["C0ONE"] == Acl.parse(
        ["ada@house.example", "inside@other.example"]
    )
    found = workspace.source(public_channels="everyone").scan()
    assert found.containers["C0ONE"] == Acl.parse(
        ["everyone", "ada@house.example", "inside@other.example"],
        ["guest@other.example", "left@house.example", "far@far.example"],
    )
    assert found.containers["C0TWO"] == found.containers["G0THREE"] == members("ada")


def test_a_channel_that_is_listed_twice_is_public_only_if_both_say_so(
    workspace: Workspace,
) -> None:
    workspace.channel("C0ONE", "U0ADA")
    public = workspace.channels["C0ONE"]
    listing = {"ok": True, "channels": [public, {**public, "is_private": True}]}
    workspace.instead["users.conversations"] = lambda _: Reply(json.dumps(listing).encode())
    found = workspace.source(public_channels="everyone").scan()
    assert found.containers == {"C0ONE": members("ada")}


@pytest.mark.parametrize(
    "said",
    [
        {"email": ""},
        {"email": "everyone"},
        {"email": "group:hr"},
        {"email": "group:hr@house.example"},
        {"email": "ada@house.example,eve@house.example"},
        {"email": "\u212aim@house.example"},
        {"email": "ada@house.example", "team_id": "T0FAR"},
        {"email": "ada@house.example", "is_stranger": True},
        {"email": "ada@house.example", "deleted": True},
        {"email": "ada@house.example", "deleted": "no"},
        {"email": "ada@house.example", "is_bot": True},
        {"email": "x", "profile": {"email": ["ada@house.example"]}},
        {"email": "x", "profile": None},
    ],
)
def test_who_cannot_be_named_is_nobody_and_that_is_said(
    workspace: Workspace, said: dict[str, Any]
) -> None:
    workspace.user("U0ODD", **said)
    workspace.channel("C0ONE", "U0ODD", "U0BOB", "U0UNKNOWN")
    found = workspace.source().scan()
    assert found.containers == {"C0ONE": members("bob")}
    assert found.problems["C0ONE"].stage == "acl"
    assert f"{1 if said.get('is_bot') else 2} of its members" in found.problems["C0ONE"].reason


def test_members_that_are_not_told_leave_nobody(workspace: Workspace) -> None:
    workspace.channel("C0ONE", "U0ADA")
    workspace.say("C0ONE", NOON.format(1), "hello")
    denied = Reply(b'{"ok": false, "error": "fetch_members_failed"}')
    workspace.instead["conversations.members"] = lambda _: denied
    found = workspace.source(public_channels="everyone").scan()
    assert found.containers == {"C0ONE": Acl()}
    assert found.problems["C0ONE"].stage == "acl"
    assert workspace.source().verify(f"C0ONE/{DAY}") is None


def test_channels_can_be_chosen(workspace: Workspace) -> None:
    for channel in ("C0ONE", "C0TWO"):
        workspace.channel(channel, "U0ADA")
        workspace.say(channel, NOON.format(1), "hello")
    source = workspace.source(channels=["C0TWO", "C0GONE"])
    found = source.scan()
    assert (set(found.containers), set(found.problems)) == ({"C0TWO"}, {"C0GONE"})
    assert source.verify(f"C0ONE/{DAY}") is None
    assert source.verify(f"C0TWO/{DAY}") is not None


@pytest.mark.parametrize(
    "name",
    ["", "C0ONE", "C0ONE/", "C0ONE/../x", "C0ONE/2023-11-14/", "C0ONE/2023-13-14",
     "C0ONE/٢٠٢٣-١١-١٤", "C0ONE/0001-01-01", "C0ONE/1700000000.0000011", "c0one/2023-11-14",
     "C0ONE&a=b/2023-11-14", "U0ADA/2023-11-14", "C0ONE/2023-11-14\n"],
)  # fmt: skip
def test_what_is_no_name_of_a_document_is_never_one(workspace: Workspace, name: str) -> None:
    workspace.channel("C0ONE", "U0ADA")
    workspace.say("C0ONE", NOON.format(1), "hello")
    assert workspace.source().verify(name) is None


@pytest.mark.parametrize("method", ["users.list", "users.conversations", "conversations.members",
                                    "conversations.history"])  # fmt: skip
@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500),
        Reply(status=403),
        Reply(b""),
        Reply(b"<html>sign in</html>"),
        Reply(b"[]"),
        Reply(b"[" * 200_000),
        Reply(b'{"ok": true}'),
        Reply(b'{"ok": "true", "members": [], "channels": [], "messages": []}'),
        Reply(b'{"ok": false, "error": "internal_error"}'),
        Reply(b'{"ok": false, "error": "invalid_cursor"}'),
        Reply(b'{"ok": false, "error": "token_revoked"}'),
        Reply(b'{"ok": false, "error": "missing_scope", "needed": "a:b \\u001b[31m"}'),
        Reply(b'{"ok": true, "members": [3], "channels": [3], "messages": [3]}'),
        Reply(b'{"ok": true, "members": {}, "channels": {}, "messages": {}}'),
        Reply(b'{"ok": true, "members": [], "channels": [], "messages": [], "has_more": true}'),
        Reply(b'{"ok": true, "members": [], "channels": [], "messages": [],'
              b' "response_metadata": {"next_cursor": "c2"}}'),
        Reply(b'{"ok": true, "x": "' + b"x" * 300_000 + b'"}'),
        Reply(status=302, headers={"Location": "https://slack.com/"}),
        Reply(b"not gzip", headers={"Content-Encoding": "gzip"}),
    ],
)  # fmt: skip
def test_half_a_listing_is_none(
    workspace: Workspace, method: str, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second page of it breaks off."""
    monkeypatch.setattr(api, "ANSWER_BYTES", 250_000)
    monkeypatch.setattr(api, "sleep", lambda _: None)
    for channel in ("C0ONE", "C0TWO", "C0THREE"):
        workspace.channel(channel, "U0ADA", "U0BOB", "U0EVE")
        for number in range(1, 6):
            workspace.say(channel, NOON.format(number), "hello")
    assert len(workspace.source().scan().documents) == 3
    workspace.instead[method] = lambda said: reply if "cursor" in said else None
    workspace.asked.clear()
    with pytest.raises(SourceUnreadable) as raised:
        workspace.source().scan()
    assert SECRET not in str(raised.value)
    assert "\x1b" not in str(raised.value)
    assert len(workspace.asked) < 25
    assert len(reply.body) < 250_000 or "more comes" in str(raised.value)


def test_an_api_that_fails_closes_nothing(workspace: Workspace) -> None:
    workspace.channel("C0ONE", "U0ADA")
    workspace.say("C0ONE", NOON.format(1), "hello")
    failed = Reply(b'{"ok": false, "error": "internal_error"}')
    workspace.instead["conversations.members"] = lambda _: failed
    with pytest.raises(SourceUnreadable, match="internal_error"):
        workspace.source().scan()
    with pytest.raises(SourceUnreadable, match="internal_error"):
        workspace.source().verify(f"C0ONE/{DAY}")


def test_an_expired_token_is_said_with_what_to_do(workspace: Workspace) -> None:
    for secret in ("xoxb-old", "", "two\nlines", "späť"):
        for call in (Slacked.scan, Slacked.verify):
            with pytest.raises(SourceUnreadable, match="portcullis source secret KEY") as raised:
                call(workspace, secret)
            assert not secret or secret not in str(raised.value)


class Slacked:
    """Both ways to ask."""

    @staticmethod
    def scan(workspace: Workspace, secret: str) -> object:
        return workspace.source(secret=secret).scan()

    @staticmethod
    def verify(workspace: Workspace, secret: str) -> object:
        return workspace.source(secret=secret).verify(f"C0ONE/{DAY}")


def test_the_token_is_in_a_header_and_nowhere_else(workspace: Workspace) -> None:
    workspace.channel("C0ONE", "U0ADA")
    workspace.say("C0ONE", NOON.format(1), "hello")
    source = workspace.source()
    source.scan().documents[0].read()
    assert {token for _, _, token in workspace.asked} == {f"Bearer {SECRET}"}
    assert not any(SECRET in str(said) for _, said, _ in workspace.asked)
    assert SECRET not in repr(source)


def test_nothing_is_asked_where_nobody_may_reach(workspace: Workspace) -> None:
    for reach in ("127.0.0.2", "127.0.0.1"):
        # an address that is not public needs its port
        with pytest.raises(SourceUnreadable, match=r"sources\.yaml"):
            workspace.source(reach=reach).scan()
    assert workspace.asked == []
    source = workspace.source(endpoint="https://slack.com/api")
    with pytest.raises(SourceUnreadable, match=r"^the address slack\.com:443 may not"):
        source.scan()


def test_a_redirect_is_not_followed_and_sees_no_token(workspace: Workspace) -> None:
    with serving() as other:
        for status in (301, 302, 303, 307, 308):
            to = f"http://127.0.0.1:{other.port}/api/auth.test"
            reply = Reply(status=status, headers={"Location": to})
            workspace.instead["auth.test"] = lambda _, reply=reply: reply  # type: ignore[misc]
            with pytest.raises(SourceUnreadable, match="redirects"):
                workspace.source().scan()
        assert other.asked == []


@pytest.mark.parametrize(
    ("waits", "slept", "ends"),
    [
        (["7", "3"], [7.0, 3.0], True),
        (["", "soon"], [1.0, 1.0], True),
        (["901"], [], False),
        (["500", "500"], [500.0], False),
        (["1"] * 5, [1.0] * 4, False),
        (["-5", "1e9"], [1.0, 1.0], True),
    ],
)
def test_a_rate_limit_is_waited_for_within_a_bound(
    workspace: Workspace,
    waits: list[str],
    slept: list[float],
    ends: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace.channel("C0ONE", "U0ADA")
    left, seconds = list(waits), list[float]()
    monkeypatch.setattr(api, "sleep", seconds.append)

    def limited(_: dict[str, str]) -> Reply | None:
        if not left:
            return None
        return Reply(b"", 429, {"Retry-After": left.pop(0)})

    workspace.instead["conversations.history"] = limited
    if ends:
        assert workspace.source().scan().containers
    else:
        with pytest.raises(SourceUnreadable, match="sync again later"):
            workspace.source().scan()
    assert seconds == slept


def test_a_cursor_without_end_is_left(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_client, "PAGES", 20)
    workspace.channel("C0ONE", "U0ADA")
    turned = iter(range(10**9))

    def endless(_: dict[str, str]) -> Reply:
        cursor = {"next_cursor": str(next(turned))}
        said = {"ok": True, "messages": [], "response_metadata": cursor}
        return Reply(json.dumps(said).encode())

    workspace.instead["conversations.history"] = endless
    with pytest.raises(SourceUnreadable, match="come to an end"):
        workspace.source().scan()
    assert next(turned) == 20


def test_no_more_is_read_of_a_document_than_may_be(workspace: Workspace) -> None:
    workspace.channel("C0ONE", "U0ADA")
    for number in range(1, 10):
        workspace.say("C0ONE", NOON.format(number), "x" * 500)
    [listed] = workspace.source(max_bytes=1000).scan().documents
    with pytest.raises(DocumentProblem, match="too many"):
        listed.read()


HOSTILE: list[Any] = [
    "",
    None,
    3,
    [],
    {"a": 1},
    "\0",
    "x\ud800",
    "<@U0ADA",
    "<!subteam^S1|@hr>",
    "<|>",
    "a\u202eb",
]


def test_hostile_texts_and_names_stay_text(workspace: Workspace) -> None:
    workspace.users["U0ADA"]["real_name"] = "A\x1b[31m\nda"
    workspace.channel("C0ONE", "U0ADA", name="a\nb/../\x00\u202e" * 40)
    for number, text in enumerate([*HOSTILE, "fine"]):
        odd: dict[str, Any] = {"files": text, "reply_count": text if number % 2 else None}
        workspace.say("C0ONE", f"17000000{number:02}.000000", text, **odd)
    found = workspace.source().scan()
    for one in found.documents:
        assert one.title.isprintable()
        assert len(one.title) < 120
        text = one.read().decode()
        assert all(letter.isprintable() or letter in "\n\t" for letter in text)
    assert workspace.source().scan().documents[0].version == found.documents[0].version


def may_read(workspace: Workspace, email: str, channel: str) -> bool:
    """The source's rules as its documentation tells them: active accounts of the workspace read
    what they are in, and who is no guest reads public channels too."""
    said = workspace.channels[channel]
    for name, user in workspace.users.items():
        mine = user["profile"].get("email") == email and user["team_id"] == TEAM
        if not mine or user["deleted"] or user["is_bot"]:
            continue
        public = not said["is_private"] and not said["is_mpim"]
        if name in workspace.members[channel] or (public and not user.get("is_restricted")):
            return True
    return False


@pytest.mark.parametrize("public", [None, "everyone"])
def test_nobody_reads_here_what_slack_keeps_from_them(
    workspace: Workspace, public: str | None
) -> None:
    choose = random.Random(7)
    workspace.page = 50
    people = [f"p{number}@house.example" for number in range(6)]
    for _ in range(60):
        workspace.users.clear()
        workspace.channels.clear()
        for number in range(9):
            workspace.user(
                f"U{number:03}",
                choose.choice(people),
                deleted=choose.random() < 0.25,
                is_bot=choose.random() < 0.1,
                is_restricted=choose.random() < 0.25,
                team_id=TEAM if choose.random() < 0.8 else "T0FAR",
            )
        for number in range(4):
            inside = choose.sample(sorted(workspace.users), choose.randrange(9))
            private, group = choose.random() < 0.5, choose.random() < 0.2
            workspace.channel(f"C{number:03}", *inside, is_private=private, is_mpim=group)
        config: dict[str, Any] = {} if public is None else {"public_channels": public}
        named = {user["profile"]["email"] for user in workspace.users.values()}
        for channel, acl in workspace.source(**config).scan().containers.items():
            for email in named:
                refs = Acl.parse(["everyone", email]).allow
                # whoever Slack knows as an address here
                lets_in = bool(refs & acl.allow) and not refs & acl.deny
                assert not lets_in or may_read(workspace, email, channel)


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({}, ""),
        ({"channels": ["C0123456789", "G01"], "public_channels": "everyone"}, ""),
        ({"endpoint": "https://slack-gov.com/api", "accounts": {}}, ""),
        ({"channels": []}, r"config\.channels"),
        ({"channels": "C0123456789"}, r"config\.channels"),
        ({"channels": ["#general"]}, r"config\.channels"),
        ({"channels": [["C01"]]}, r"config\.channels"),
        ({"public_channels": True}, r"config\.public_channels"),
        ({"token": "x"}, r"config\.token"),
        ({"endpoint": "http://slack.com/api"}, r"config\.endpoint"),
        ({"endpoint": "https://me:word@slack.com"}, r"config\.endpoint"),
        ({"endpoint": "https://slack.com/?a=b"}, r"config\.endpoint"),
        ({"endpoint": "https://slack.com:x/"}, r"config\.endpoint"),
        ({"endpoint": 3}, r"config\.endpoint"),
    ],
)
def test_config_is_checked_when_it_is_registered(config: dict[str, Any], why: str) -> None:
    if not why:
        check_config("slack", config)
        return
    with pytest.raises(InvalidInput, match=why):
        check_config("slack", config)


def test_it_is_wired_and_asked_less_often(workspace: Workspace) -> None:
    workspace.channel("C0ONE", "U0ADA")
    source = workspace.source()
    rules = {"accounts": {"domains": {"house.example": "home.example"}}}
    read = connector("slack", {**source.config, **rules}, source.access)
    assert read.scan().containers == {"C0ONE": Acl.parse(["ada@home.example"])}
    assert schedule_for("slack", Schedule()).sync_minutes == 240
