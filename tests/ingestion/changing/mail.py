"""Mail: who reads a message is fixed when it is sent, but for drafts, which are their owner's."""

from __future__ import annotations

import imaplib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.ingestion.changing import ADA, BOB, DOMAIN, HR, Model, Step, words
from tests.ingestion.changing.gate import Gate, Gated
from tests.ingestion.changing.trees import Mounted
from tests.ingestion.dovecot import PASSWORD, USER, Dovecot

LIST = f"list@{DOMAIN}"
_MAIL = {
    "owner": f"{ADA}@{DOMAIN}",
    # a mailing list is who is in it
    "accounts": {"ids": {LIST: f"group:{HR}"}},
}


def _model() -> Model:
    """`pay` stands for a folder of drafts. The one letter is a draft at first."""
    model = Model({"plans": {ADA, BOB}, "pay": {ADA}}, dict.fromkeys("abc", "plans"))
    model.own = {"a": {ADA}, "c": {ADA, HR}}
    return model


def _letter(document: str) -> bytes:
    to = LIST if document == "c" else f"{BOB}@{DOMAIN}"
    head = f"From: {ADA}@{DOMAIN}\r\nTo: {to}\r\nSubject: Paper\r\n"
    return f"{head}\r\n{words(document)}\r\n".encode()


class OnServer(Gated):
    kind, secret, friend = "imap", PASSWORD, BOB
    more: Sequence[Step] = ()

    def __init__(self, way: Gate, client: imaplib.IMAP4) -> None:
        super().__init__(way)
        self.client, self.model, self.hosts = client, _model(), [way.host]
        self.config = {**_MAIL, "host": "127.0.0.1", "port": way.port, "user": USER, "tls": "none"}
        for document in self.model.at:
            flags = "(\\Draft)" if document == "a" else ""
            _done(client.append("INBOX", flags, "", _letter(document)))

    def share(self, document: str, who: str) -> None:
        _done(self.client.store(self._find(document), "-FLAGS", "(\\Draft)"))

    def unshare(self, document: str, who: str) -> None:
        _done(self.client.store(self._find(document), "+FLAGS", "(\\Draft)"))

    def move(self, document: str, folder: str) -> None:
        _done(self.client.copy(self._find(document), "Entwuerfe"))
        self.delete(document)

    def delete(self, document: str) -> None:
        _done(self.client.store(self._find(document), "+FLAGS", "(\\Deleted)"))
        _done(self.client.expunge())

    def _find(self, document: str) -> str:
        """Its number now."""
        self.client.select("INBOX")
        _, [found] = self.client.search(None, "TEXT", f'"{words(document)}"')
        return str(found.decode())


class InMaildir(Mounted):
    kind, secret, friend = "mailbox", "", BOB
    hosts: Sequence[str] = ()
    more: Sequence[Step] = ()

    def __init__(self, root: Path) -> None:
        self.root, self.model = root, _model()
        self.config = {**_MAIL, "path": str(root)}
        for place in (root, root / ".Drafts"):
            for part in ("cur", "new", "tmp"):
                (place / part).mkdir(parents=True)
        for document in self.model.at:
            flags = "D" if document == "a" else "S"
            (root / f"cur/{document}:2,{flags}").write_bytes(_letter(document))

    def share(self, document: str, who: str) -> None:
        self._find(document).rename(self.root / f"cur/{document}:2,S")

    def unshare(self, document: str, who: str) -> None:
        self._find(document).rename(self.root / f"cur/{document}:2,D")

    def move(self, document: str, folder: str) -> None:
        found = self._find(document)
        found.rename(self.root / ".Drafts/cur" / found.name)

    def delete(self, document: str) -> None:
        self._find(document).unlink()

    def _find(self, document: str) -> Path:
        [found] = (self.root / "cur").glob(f"{document}:*")
        return found


def program(server: Dovecot) -> imaplib.IMAP4:
    """A mail program that has logged in, whose folders are empty."""
    client = imaplib.IMAP4("127.0.0.1", server.port, timeout=10)
    client.login(USER, PASSWORD)
    client.create("Entwuerfe")
    for folder in ("INBOX", "Entwuerfe"):
        if client.select(folder)[1] != [b"0"]:
            client.store("1:*", "+FLAGS", "(\\Deleted)")
            client.expunge()
    return client


def _done(said: tuple[str, Any]) -> None:
    assert said[0] == "OK", said
