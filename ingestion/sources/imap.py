"""Mail on a server as a source, by IMAP: it is looked at, and nothing is marked as read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from threading import Lock
from typing import Any
from urllib.parse import quote, unquote

from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.imap_session import Fetched, Opened, Session
from ingestion.sources.mail import READ, Letter, Mail, changed, is_unsent, too_large
from ingestion.sources.mail_head import Head, head_of, read_head
from ingestion.sources.reach import Reach

_LEFT_OUT = frozenset({"\\noselect", "\\nonexistent", "\\all", "\\flagged", "\\junk", "\\trash"})
"""Folders that cannot be opened, that repeat what others hold, or that hold what nobody wants."""
_ID = re.compile(r"([^/]+)/([0-9]{1,10})/([0-9]{1,10})\.eml", re.ASCII)


@dataclass
class Imap:
    """Reads the mail of `config["user"]` at `host` and `port`, whose password is the secret.
    `folders` are names as the server writes them; all but spam and rubbish where none is given.

    A message is known by its folder, the folder's UIDVALIDITY and its UID: what the server promises
    never to give to another one. Its Message-ID is its sender's, who may give one twice.
    """

    config: Mapping[str, Any]
    max_bytes: int
    reach: Reach
    secret: str | None = field(repr=False)
    _reading: Session | None = field(default=None, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def scan(self) -> Scan:
        rules = Mail.of(self.config)
        # the server has said which folders there are: no mail in them is no mail
        scan = Scan({READ: rules.nobody}, (), {})
        found: list[Listed] = []
        with self._session() as session:
            for folder, unsent in self._folders(session):
                opened = session.open(folder)
                if opened is None:
                    raise SourceUnreadable(
                        "a folder went away while the mail server was read; sync again"
                    )
                found += self._listed(rules, folder, opened, unsent, session, scan)
        return Scan(scan.containers, tuple(found), scan.problems)

    def verify(self, external_id: str) -> Standing | None:
        rules, named = Mail.of(self.config), _ID.fullmatch(external_id)
        if named is None:
            return None
        folder, validity, uid = unquote(named[1]), int(named[2]), int(named[3])
        if _id(folder, validity, uid) != external_id:
            return None
        with self._session() as session:
            unsent = dict(self._folders(session)).get(folder)
            opened = session.open(folder) if unsent is not None else None
            if opened is None or opened.validity != validity:
                return None
            there = session.head(uid)
            if there is None:
                return None
            head = read_head(there.content)
            return rules.standing(Letter(external_id, head, bool(unsent) or there.draft))

    def _folders(self, session: Session) -> Iterator[tuple[str, bool]]:
        """Which are read, and whether what is in them was not sent."""
        wanted = self.config.get("folders")
        if wanted is not None and (
            not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted)
        ):
            raise SourceUnreadable("the source's folders are no list of names; mend them")
        listed = dict(session.folders())
        if not listed:
            raise SourceUnreadable("the mail server lists no folder, so nothing was deleted")
        if not set(wanted or ()) <= set(listed):
            raise SourceUnreadable(
                "a folder of the source is not on the mail server, so nothing was deleted;"
                " mend the source's folders"
            )
        chosen = wanted or [name for name, said in listed.items() if said.isdisjoint(_LEFT_OUT)]
        for name in dict.fromkeys(chosen):
            yield name, is_unsent(name) or "\\drafts" in listed.get(name, ())

    def _listed(
        self,
        rules: Mail,
        folder: str,
        opened: Opened,
        unsent: bool,
        session: Session,
        scan: Scan,
    ) -> Iterator[Listed]:
        for there in session.heads(opened.messages):
            head = read_head(there.content)
            external_id = _id(folder, opened.validity, there.uid)
            letter = Letter(external_id, head, unsent or there.draft)
            read = partial(self._read, folder, opened.validity, there, head)
            version = f"{opened.validity} {there.uid} {there.size}"
            yield rules.listed(letter, version, read, scan)

    def _read(self, folder: str, validity: int, there: Fetched, head: Head) -> bytes:
        if there.size > self.max_bytes:
            raise too_large(there.size, self.max_bytes)
        with self._lock:
            content = self._content(folder, validity, there.uid)
        if len(content) > self.max_bytes:
            raise too_large(len(content), self.max_bytes)
        if read_head(head_of(content)).people != head.people:
            # who may read it was told by another head
            raise changed()
        return content

    def _content(self, folder: str, validity: int, uid: int) -> bytes:
        """By the connection of before, or by a new one where that has ended."""
        for session in (self._reading, None):
            try:
                session = session or self._session()
                opened = session.open(folder)
                found = session.content(uid, self.max_bytes + 1)
            except SourceUnreadable as error:
                problem = DocumentProblem("read", str(error), "look at the server, and sync again")
                if session is not None:
                    session.close()
                self._reading = None
                continue
            self._reading = session
            if opened is None or opened.validity != validity or found is None:
                raise changed()
            return found.content
        raise problem

    def _session(self) -> Session:
        """Raises SourceUnreadable. The operator's word comes before any connection."""
        host, port = self.config.get("host"), self.config.get("port")
        user, tls = self.config.get("user"), self.config.get("tls") != "none"
        if not isinstance(host, str) or not isinstance(port, int) or not isinstance(user, str):
            raise SourceUnreadable("the source does not say host, port and user; mend it")
        if not self.secret:
            raise SourceUnreadable("the source has no password; give it one as its secret")
        if not tls and not _is_here(host):
            raise SourceUnreadable("without tls only a server on this machine is read; set tls")
        self.reach.check(host, port)
        session = Session(host, port, tls)
        try:
            session.login(user, self.secret)
        except SourceUnreadable:
            session.close()
            raise
        return session


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _id(folder: str, validity: int, uid: int) -> str:
    return f"{quote(folder, safe='')}/{validity}/{uid}.eml"
