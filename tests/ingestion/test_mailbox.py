"""Mail on disk: what is a message, which stays the same, and whom its head lets in."""

from __future__ import annotations

import os
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from app.catalog.kinds import check_config
from app.domain.acl import Acl
from app.domain.document import SourceItem
from app.errors import InvalidInput
from ingestion.parse.document import parse
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing, filesystem
from ingestion.sources.mail_head import HEAD_BYTES, addresses, read_head
from ingestion.sources.mailbox import Mailbox

OWNER = "olga@house.example"


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystem, "SETTLED_SECONDS", 0.0)


def letter(body: str = "words", **heads: str) -> bytes:
    said = {"From": "ada@house.example", "To": OWNER, "Subject": "Plans", **heads}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in said.items()]
    return ("\n".join([*lines, "", body]) + "\n").encode()


def maildir(root: Path) -> Path:
    for part in ("cur", "new", "tmp"):
        (root / part).mkdir(parents=True, exist_ok=True)
    return root


def put(root: Path, name: str, content: bytes) -> Path:
    path = maildir(root) / "cur" / name
    path.write_bytes(content)
    return path


def source(root: Path, limit: int = 100_000, **config: Any) -> Mailbox:
    return Mailbox({"path": str(root), "owner": OWNER, **config}, limit)


def only(found: Scan) -> Listed:
    [listed] = found.documents
    return listed


def readers(listed: Listed) -> set[str]:
    assert listed.acl is not None
    assert not listed.acl.deny
    return {str(ref) for ref in listed.acl.allow}


def test_those_who_take_part_and_the_owner_read(tmp_path: Path) -> None:
    heads = {
        "To": 'Bob <bob@house.example>, "Cy, the one" <CY@House.Example>',
        "Cc": "team: di@house.example, ed@house.example;",
        "Bcc": "fay@house.example",
        "Sender": "gil@house.example (for Ada)",
        "Reply_To": "no1@house.example",
        "Delivered_To": "no2@house.example",
        "X_Original_To": "no3@house.example",
    }
    put(tmp_path, "1.a:2,S", letter(**heads))
    names = ("ada", "bob", "cy", "di", "ed", "fay", "gil", "olga")
    assert readers(only(source(tmp_path).scan())) == {f"{one}@house.example" for one in names}


@pytest.mark.parametrize(
    "value",
    [
        "everyone",
        "public",
        "group:hr",
        "group:hr@house.example;x",
        '"eve@house.example" ',
        '"a b"@house.example',
        "<eve@house.example",
        "<eve@house.example> <bob@house.example>",
        "eve@house.example)bob@house.example",
        "<(x)eve@house.example>",
        "<@a.example,@b.example:eve@house.example>",
        "e\rv@house.example",
        "x\rTo: eve@house.example",
        "=?utf-8?q?eve=40house.example?=",
        "eve\u212a@house.example",
        "eve@house.example\0",
        "eve@house.example@x.example",
        "(eve@house.example",
        '"eve@house.example',
        "eve @house.example",
    ],
)
def test_what_is_no_plain_address_names_nobody(value: str) -> None:
    assert "eve@house.example" not in addresses(value)
    assert all(one.count("@") == 1 and ":" not in one for one in addresses(value))
    assert not addresses(value) & {"everyone", "public", "bob@house.example"}


def test_a_name_is_not_an_address() -> None:
    assert addresses('"ada@house.example, bob@house.example" <eve@x.example>') == {"eve@x.example"}
    assert addresses("ada@house.example <eve@x.example>") == {"eve@x.example"}


def test_a_subject_cannot_become_another_header() -> None:
    head = read_head(b"From: a@x.example\r\nSubject: hi\rTo: eve@x.example\r\n\r\n")
    assert head.people == {"a@x.example"}
    assert head.title == "hi To: eve@x.example"


@pytest.mark.integration  # parses, which brings torch along
def test_bodies_and_attached_messages_name_no_reader(tmp_path: Path) -> None:
    inner = EmailMessage()
    inner["From"], inner["To"], inner["Subject"] = "a@x.example", "eve@house.example", "Old"
    inner.set_content("To: eve@house.example\n\ninner words")
    outer = EmailMessage()
    outer["From"], outer["To"] = "ada@house.example", OWNER
    outer.set_content("\nTo: eve@house.example\n")
    outer.add_attachment(inner)
    outer.add_attachment(b"attached words", maintype="text", subtype="plain", filename="a.txt")
    put(tmp_path, "1.a:2,", outer.as_bytes())
    listed = only(source(tmp_path).scan())
    assert readers(listed) == {"ada@house.example", OWNER}
    # what is attached is in the one document, so nobody else reads it
    item = SourceItem("s", listed.external_id, "", "", "message/rfc822", listed.read(), None, None)
    said = " ".join(element.text for element in parse(item)[0].elements)
    assert "attached words" in said
    assert "inner words" in said


def test_to_be_in_a_thread_opens_nothing(tmp_path: Path) -> None:
    put(tmp_path, "1.a:2,", letter(Message_ID="<first@house.example>"))
    forged = letter(
        From="eve@x.example",
        To="bob@house.example",
        Message_ID="<first@house.example>",
        References="<first@house.example> <other@house.example>",
        In_Reply_To="<first@house.example>",
    )
    put(tmp_path, "2.a:2,", forged)
    found = source(tmp_path).scan()
    first, second = found.documents
    assert first.container == second.container is not None
    assert set(found.containers.values()) == {Acl()}
    assert readers(first) == {"ada@house.example", OWNER}
    assert readers(second) == {"eve@x.example", "bob@house.example", OWNER}
    # one Message-ID does not make two messages one
    assert first.external_id != second.external_id
    assert first.uri == "mid:first@house.example"


def test_domains_leave_out_who_is_not_of_the_house(tmp_path: Path) -> None:
    put(tmp_path, "1.a:2,", letter(Cc="x@else.example, y@evil-house.example"))
    found = source(tmp_path, domains=["house.example"]).scan()
    assert readers(only(found)) == {"ada@house.example", OWNER}


@pytest.mark.parametrize(
    ("folder", "name"), [("", "1.a:2,DS"), (".Drafts", "1.a:2,"), (".Outbox", "1.a:2,")]
)
def test_what_was_not_sent_is_the_owners(tmp_path: Path, folder: str, name: str) -> None:
    maildir(tmp_path)
    put(tmp_path / folder, name, letter(To="bob@house.example"))
    assert readers(only(source(tmp_path).scan())) == {OWNER}


def test_a_head_that_is_too_long_names_nobody(tmp_path: Path) -> None:
    # cut there, it would name bob
    start = b"From: ada@house.example\nTo: "
    filler = b"x" * (HEAD_BYTES + 1 - len(start) - len(b",bob@house.example")) + b","
    put(tmp_path, "1.a:2,", start + filler + b"bob@house.example.evil.example\n\nwords")
    found = source(tmp_path, 1_000_000).scan()
    assert readers(only(found)) == {OWNER}
    assert "too long" in found.problems[only(found).external_id].reason


def test_a_message_stays_the_same_when_it_is_moved_and_flagged(tmp_path: Path) -> None:
    path = maildir(tmp_path) / "new" / "1.a"
    path.write_bytes(letter())
    before = only(source(tmp_path).scan())
    path = path.rename(tmp_path / "cur" / "1.a:2,")
    path = path.rename(tmp_path / "cur" / "1.a:2,FS")
    put(tmp_path, "2.a:2,", letter("new"))
    after = source(tmp_path).scan().documents
    assert [one.external_id for one in after] == ["1.a.eml", "2.a.eml"]
    assert before.external_id == "1.a.eml"
    assert after[0].acl == before.acl
    # listed by its old path, it is found
    assert before.read() == letter()


def test_what_changes_after_the_listing_is_not_read_for_others(tmp_path: Path) -> None:
    path = put(tmp_path, "1.a:2,", letter())
    listed = only(source(tmp_path).scan())
    assert listed.version == only(source(tmp_path).scan()).version
    path.write_bytes(letter("secret", From="bob@house.example"))
    with pytest.raises(DocumentProblem, match="not the one"):
        listed.read()
    assert only(source(tmp_path).scan()).version != listed.version
    path.unlink()
    with pytest.raises(DocumentProblem, match="not the one"):
        listed.read()


def test_links_and_pipes_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(letter("secret"))
    root = maildir(tmp_path / "mail")
    (root / "cur" / "1.a:2,").symlink_to(tmp_path / "secret")
    os.mkfifo(root / "cur" / "2.a:2,")
    (root / ".Sub").symlink_to(maildir(tmp_path / "other"))
    found = source(root).scan()
    assert only(found).withheld
    assert set(found.problems) == {"1.a.eml", "2.a.eml", ".Sub"}
    assert source(root).verify("1.a.eml") is None
    assert source(root).verify("2.a.eml") is None


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    put(tmp_path, "1.a:2,", letter("x" * 3_000_000))
    with pytest.raises(DocumentProblem, match="3 MB; the limit is 1 MB"):
        only(source(tmp_path, 1_000_000).scan()).read()


def test_what_is_not_there_is_not_empty(tmp_path: Path) -> None:
    for root in (tmp_path / "gone", tmp_path):
        with pytest.raises(SourceUnreadable):
            source(root).scan()
    with pytest.raises(SourceUnreadable, match="owner"):
        Mailbox({"path": str(maildir(tmp_path / "m"))}, 1_000).scan()
    empty = source(tmp_path / "m").scan()
    assert not empty.documents
    # it was read, and says so
    empty.check(anything_known=True)


def mbox(*messages: bytes) -> bytes:
    return b"".join(b"From a@x.example Mon Nov 23 10:00:00 2026\n" + m + b"\n" for m in messages)


def test_an_mbox_is_the_owners_until_somebody_says_that_it_is_kept_well(tmp_path: Path) -> None:
    # Ada forwards, below her own words, what Eve wrote to her
    forged = b"\nFrom a@x.example Mon Nov 23 10:00:00 2026\nTo: eve@x.example\n\nAda's words"
    (tmp_path / "in.mbox").write_bytes(mbox(letter() + forged))
    found = source(tmp_path).scan()
    assert [readers(one) for one in found.documents] == [{OWNER}, {OWNER}]
    assert set(found.problems) == {"in.mbox"}
    (tmp_path / "in.mbox").write_bytes(mbox(letter()))
    found = source(tmp_path, from_lines_escaped=True).scan()
    assert readers(only(found)) == {"ada@house.example", OWNER}
    # who writes such a file writes no such line
    (tmp_path / "in.mbox").write_bytes(mbox(letter("words\nFrom there\n\nTo: eve@x.example")))
    found = source(tmp_path, from_lines_escaped=True).scan()
    assert [readers(one) for one in found.documents] == [{OWNER}, {OWNER}]


def test_a_message_in_an_mbox_keeps_its_id_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "in.mbox"
    path.write_bytes(mbox(letter("one"), letter("two"), letter("three")))
    one, two, three = source(tmp_path).scan().documents
    flagged = letter("two").replace(b"Subject", b"Status: RO\nX-Mozilla-Keys: a\n   \nSubject")
    path.write_bytes(mbox(letter("four"), flagged, letter("three"), letter("three"))[:-1])
    ids = [listed.external_id for listed in source(tmp_path).scan().documents]
    assert ids[1:] == [two.external_id, three.external_id]
    assert one.external_id not in ids
    for listed in (one, two):
        with pytest.raises(DocumentProblem, match="not the one"):
            listed.read()
    assert b"two" in source(tmp_path).scan().documents[1].read()


def test_one_message_is_asked_for_alone_as_the_scan_has_it(tmp_path: Path) -> None:
    put(tmp_path, "1.a:2,", letter())
    put(tmp_path / ".Sent.2026 ü", "2.%2f,x:2,S", letter("two"))
    other = tmp_path / "other"
    (tmp_path / "boxes").mkdir()
    put(other, "9.a:2,", letter("beside"))
    box = tmp_path / "plain" / "archive"
    box.parent.mkdir()
    box.write_bytes(mbox(letter("three")))
    reads = source(tmp_path)
    found = reads.scan()
    assert len(found.documents) == 4
    for listed in found.documents:
        assert reads.verify(listed.external_id) == Standing(listed.container, Acl(), listed.acl)
        assert listed.external_id.isascii()
        assert listed.external_id.endswith(".eml")
    for name in ("", "x.eml", "../1.a.eml", "cur/1.a.eml", "1.a", "1.a:2,.eml", ".Sent/2.eml",
                 "other/../1.a.eml", "plain/archive/x.eml", "%00/x.eml", "/1.a.eml"):  # fmt: skip
        assert reads.verify(name) is None
    (tmp_path / "cur" / "1.a:2,").unlink()
    assert reads.verify("1.a.eml") is None


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?= an alle", "Grüße an alle"),
        ("=?no-such?q?x?=", "=?no-such?q?x?="),
        ("=?utf-8?b?AAAA?= \x1b[31m \u202e x", "[31m x"),
        ("x" * 5_000, "x" * 300),
        ("=?utf-8?q?=ED=A0=80?=", "\ufffd\ufffd\ufffd"),
    ],
)
def test_a_title_is_its_subject_without_what_nobody_sees(subject: str, title: str) -> None:
    head = read_head(f"Subject: {subject}\n\n".encode())
    assert head.title == title


def test_what_a_registration_lacks_is_said() -> None:
    with pytest.raises(InvalidInput, match=r"config\.path"):
        check_config("mailbox", {"owner": OWNER})
    with pytest.raises(InvalidInput, match=r"config\.owner"):
        check_config("mailbox", {"path": "/x"})
    full = {"host": "h", "port": 993, "user": "u", "owner": OWNER}
    check_config("imap", full)
    for key in full:
        with pytest.raises(InvalidInput, match=rf"config\.{key}"):
            check_config("imap", {**full, key: ""})
    with pytest.raises(InvalidInput, match="tls"):
        check_config("imap", {**full, "tls": "off"})
