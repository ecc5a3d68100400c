"""Mail on a real server: Dovecot, started here."""

from __future__ import annotations

import imaplib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.acl import Acl
from ingestion.connect import Access, connector
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.imap import Imap
from ingestion.sources.imap_client import Bounded
from ingestion.sources.imap_session import _records, quoted
from ingestion.sources.reach import Reach
from tests import needs
from tests.ingestion.dovecot import PASSWORD, USER, Dovecot, dovecot

OWNER = "olga@house.example"
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(needs.dovecot() is None, reason="Dovecot is not installed"),
]


@pytest.fixture(scope="module")
def running() -> Iterator[Dovecot]:
    # its own users have to pass, and pytest's folder is closed to them
    with tempfile.TemporaryDirectory(prefix="portcullis-mail-") as root:
        Path(root).chmod(0o711)
        with dovecot(Path(root)) as server:
            yield server


@pytest.fixture
def client(running: Dovecot) -> Iterator[imaplib.IMAP4]:
    """A mail program; all that is there goes first."""
    with imaplib.IMAP4("127.0.0.1", running.port, timeout=10) as program:
        program.login(USER, PASSWORD)
        for name in ("Sent", "Entwuerfe", "Spam"):
            program.delete(name)
        if program.select("INBOX")[1] != [b"0"]:
            program.store("1:*", "+FLAGS", "(\\Deleted)")
            program.expunge()
        yield program


def put(client: imaplib.IMAP4, cc: str = "", body: str = "words", **more: Any) -> None:
    folder = more.pop("folder", "INBOX")
    text = f"From: ada@house.example\r\nTo: {OWNER}\r\nCc: {cc}\r\nSubject: Plans\r\n\r\n{body}\r\n"
    state, _ = client.append(folder, more.pop("flags", ""), "", text.encode())
    assert state == "OK"


def source(server: Dovecot, limit: int = 100_000, secret: str = PASSWORD, **config: Any) -> Imap:
    said = {"host": "127.0.0.1", "port": server.port, "user": USER, "owner": OWNER, "tls": "none"}
    reach = Reach(frozenset({"127.0.0.1", "localhost"}))
    made = connector("imap", {**said, **config}, Access((), limit, reach, secret))
    assert isinstance(made, Imap)
    return made


def readers(listed: Listed) -> set[str]:
    assert listed.acl is not None
    return {str(ref) for ref in listed.acl.allow}


def ids(scan: Scan) -> list[str]:
    return [listed.external_id for listed in scan.documents]


def test_messages_are_listed_read_and_not_marked(running: Dovecot, client: imaplib.IMAP4) -> None:
    put(client, cc="bob@house.example")
    put(client, body='FLAGS (UID 7) "x"\r\n5 FETCH (UID 9)')
    found = source(running).scan()
    assert [readers(one) for one in found.documents] == [
        {"ada@house.example", "bob@house.example", OWNER},
        {"ada@house.example", OWNER},
    ]
    assert [one.title for one in found.documents] == ["Plans", "Plans"]
    assert b"words" in found.documents[0].read()
    assert b"FETCH (UID 9)" in found.documents[1].read()
    client.select("INBOX", readonly=True)
    assert client.search(None, "UNSEEN")[1] == [b"1 2"]


def test_ids_stay_with_flags_new_mail_and_what_is_expunged(
    running: Dovecot, client: imaplib.IMAP4
) -> None:
    for name in ("bob", "cy", "di"):
        put(client, cc=f"{name}@house.example")
    before = source(running).scan()
    client.select("INBOX")
    client.store("1", "+FLAGS", "(\\Deleted)")
    client.store("2", "+FLAGS", "(\\Seen UID 77)")
    client.expunge()
    put(client)
    after = source(running).scan()
    assert ids(after)[:2] == ids(before)[1:]
    assert [one.version for one in after.documents][:2] == [
        one.version for one in before.documents
    ][1:]
    assert [one.acl for one in after.documents][:2] == [one.acl for one in before.documents][1:]
    assert ids(after)[2] not in ids(before)
    with pytest.raises(DocumentProblem, match="not the one"):
        before.documents[0].read()


def test_another_uidvalidity_makes_everything_anew(running: Dovecot, client: imaplib.IMAP4) -> None:
    reads = source(running)
    client.create("Sent")
    put(client, folder="Sent", cc="bob@house.example")
    [before] = reads.scan().documents
    assert reads.verify(before.external_id) is not None
    client.delete("Sent")
    client.create("Sent")
    put(client, folder="Sent", cc="cy@house.example")
    [after] = reads.scan().documents
    assert after.external_id != before.external_id
    assert reads.verify(before.external_id) is None
    with pytest.raises(DocumentProblem):
        before.read()


def test_drafts_are_the_owners_and_spam_is_left_out(
    running: Dovecot, client: imaplib.IMAP4
) -> None:
    put(client, flags="(\\Draft)")
    for folder in ("Entwuerfe", "Spam"):
        client.create(folder)
        put(client, folder=folder)
    found = source(running).scan()
    assert [readers(one) for one in found.documents] == [{OWNER}, {OWNER}]
    assert {one.partition("/")[0] for one in ids(found)} == {"INBOX", "Entwuerfe"}


def test_one_message_is_asked_for_anew(running: Dovecot, client: imaplib.IMAP4) -> None:
    put(client, cc="bob@house.example")
    reads = source(running)
    [listed] = reads.scan().documents
    assert reads.verify(listed.external_id) == Standing(listed.container, Acl(), listed.acl)
    name = listed.external_id
    for other in ("", "INBOX/1/1.eml", f"x{name}", name.replace("/", "/0", 1), name[:-4],
                  f'%22{name}', name.replace("INBOX", "INBOX%0D%0A")):  # fmt: skip
        assert reads.verify(other) is None
    client.select("INBOX")
    client.store("1", "+FLAGS", "(\\Deleted)")
    client.expunge()
    assert reads.verify(name) is None


def test_an_empty_mailbox_is_one(running: Dovecot, client: imaplib.IMAP4) -> None:
    found = source(running).scan()
    assert not found.documents
    found.check(anything_known=True)
    with pytest.raises(SourceUnreadable, match="not on the mail server"):
        source(running, folders=["INBOX", "Gone"]).scan()


def test_many_are_listed_in_parts(running: Dovecot, client: imaplib.IMAP4) -> None:
    for _ in range(205):
        put(client)
    assert len(set(ids(source(running).scan()))) == 205


def test_no_more_than_the_limit_is_read(running: Dovecot, client: imaplib.IMAP4) -> None:
    put(client, body="x" * 3_000_000)
    [listed] = source(running, limit=1_000_000).scan().documents
    with pytest.raises(DocumentProblem, match="3 MB"):
        listed.read()


def test_tls_is_checked(
    running: Dovecot, client: imaplib.IMAP4, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client)
    config: dict[str, Any] = {"tls": None, "port": running.tls_port, "host": "localhost"}
    with pytest.raises(SourceUnreadable, match="certificate"):
        source(running, **config).scan()
    monkeypatch.setenv("SSL_CERT_FILE", str(running.certificate))
    assert len(source(running, **config).scan().documents) == 1
    with pytest.raises(SourceUnreadable, match="certificate"):
        source(running, **config | {"host": "127.0.0.1"}).scan()


def test_what_is_not_allowed_is_not_connected_to(running: Dovecot) -> None:
    made = source(running)
    for host, reach, why in (
        ("127.0.0.1", Reach(frozenset()), "may not be reached"),
        ("192.0.2.1", Reach(frozenset({"192.0.2.1"})), "without tls"),
        ("mail.example", Reach(frozenset({"mail.example"})), "without tls"),
    ):
        with pytest.raises(SourceUnreadable, match=why):
            Imap({**made.config, "host": host}, 1_000, reach, PASSWORD).scan()
    with pytest.raises(SourceUnreadable, match="does not answer"):
        source(running, port=1).scan()


@pytest.mark.parametrize("secret", ["wrong", "wröng", "a\r\nb LOGOUT"])
def test_a_wrong_password_is_not_repeated(running: Dovecot, secret: str) -> None:
    with pytest.raises(SourceUnreadable) as raised:
        source(running, secret=secret).scan()
    assert secret not in f"{raised.value!r} {source(running, secret=secret)!r}"
    assert raised.value.__cause__ is None
    with pytest.raises(SourceUnreadable, match="no password"):
        source(running, secret="").scan()


def test_a_server_has_no_more_memory_than_it_is_given(running: Dovecot) -> None:
    client = Bounded("127.0.0.1", running.port, timeout=10)
    with pytest.raises(imaplib.IMAP4.abort):
        client.read(10**12)
    client.shutdown()


def test_only_what_the_server_says_is_a_number() -> None:
    said: list[object] = [
        (b"1 (FLAGS (UID 77 RFC822.SIZE 9) UID 5 RFC822.SIZE 300 BODY[] {9}", b" UID 8 ) "),
        b")",
        b"4 (FLAGS (\\Seen))",
        (b"2 (BODY[] {0}", b""),
        b" UID 6 RFC822.SIZE 0)",
    ]
    assert [(one.uid, one.size) for one in _records(said)] == [(5, 300), (6, 0)]
    for name in ("a\r\nb", "a\0", "ü"):
        with pytest.raises(SourceUnreadable):
            quoted(name)
