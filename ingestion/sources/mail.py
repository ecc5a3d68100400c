"""What mailboxes have in common: who may read a message.

A message is read by those whom its own head names, and by the owner of the mailbox. Whoever can
send a message in can write any head, so a head opens its own message and nothing else: no other
message of its thread, and nothing that another message has attached. A message that was not sent
yet is its owner's alone, and so is one whose head cannot be told from other people's text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.acl import Acl
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.mail_head import Head, addresses, link

READ = "."
"""A container of no document: a mailbox that was read and is empty is not one that is missing."""
_UNSENT = re.compile(r"(?i)(.*[./\\])?(drafts?|outbox|templates|unsent messages)(\.mbox)?")


@dataclass(frozen=True, slots=True)
class Mail:
    """The rules of one mailbox: its `owner`, and the `domains` whose addresses are looked at; all
    where it names none."""

    owner: str
    domains: frozenset[str]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Mail:
        """Raises SourceUnreadable where the config does not say whose the mailbox is."""
        owner, domains = config.get("owner"), config.get("domains") or []
        if not isinstance(owner, str) or addresses(owner) != {owner.strip().lower()}:
            raise SourceUnreadable("the source does not say whose mail it is; give its owner")
        if not isinstance(domains, list) or not all(isinstance(one, str) for one in domains):
            raise SourceUnreadable("the source's domains are no list of names; mend them")
        return cls(owner.strip().lower(), frozenset(one.strip().lower() for one in domains))

    @property
    def nobody(self) -> Acl:
        """The ACL of a thread: to take part in one message of it opens no other."""
        return Acl()

    def acl(self, head: Head, unsent: bool) -> Acl:
        """Who may read a message: those who take part where it was sent, and the owner."""
        people = frozenset() if unsent or head.wrong else head.people
        ours = {one for one in people if not self.domains or one.rpartition("@")[2] in self.domains}
        return Acl.parse(sorted({*ours, self.owner}))

    def listed(self, letter: Letter, version: str, read: Callable[[], bytes], scan: Scan) -> Listed:
        """The message with its thread, which is noted in the scan, and what is wrong with it."""
        scan.containers.setdefault(letter.container, self.nobody)
        if letter.head.wrong:
            scan.problems[letter.external_id] = DocumentProblem(
                "acl",
                f"{letter.head.wrong}, so only the owner of the mailbox may read this message",
                "nothing has to be done, unless others need it; then send them what it says",
            )
        return Listed(
            external_id=letter.external_id,
            title=letter.head.title,
            uri=link(letter.head),
            container=letter.container,
            acl=self.acl(letter.head, letter.unsent),
            classification=None,
            withheld=False,
            read=read,
            version=version,
        )

    def withheld(self, external_id: str) -> Listed:
        """A message that is there, but whose head nobody can read."""
        acl = Acl.parse([self.owner])
        return Listed(external_id, "", "", None, acl, None, True, _unread)

    def standing(self, letter: Letter) -> Standing:
        return Standing(letter.container, self.nobody, self.acl(letter.head, letter.unsent))


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as its mailbox has it. `unsent` also where its head may not be its own."""

    external_id: str
    head: Head
    unsent: bool

    @property
    def container(self) -> str:
        """Its thread; one of its own where nobody knows which."""
        return self.head.thread or f"alone-{self.external_id}"


def is_unsent(folder: str) -> bool:
    """Whether the folder's name says that what is in it was not sent."""
    return _UNSENT.fullmatch(folder) is not None


def too_large(size: int, limit: int) -> DocumentProblem:
    return DocumentProblem(
        "read",
        f"the message has {size / 1e6:.0f} MB; the limit is {limit / 1e6:.0f} MB",
        "save what is attached elsewhere, or raise PORTCULLIS_MAX_DOCUMENT_MB",
    )


def _unread() -> bytes:
    raise changed()


def changed() -> DocumentProblem:
    return DocumentProblem(
        "read", "the message is not the one that was listed any more", "sync again"
    )
