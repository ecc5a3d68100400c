"""A connection to a mail server that is not trusted: what it may take of time and memory is
bounded, no word of it is repeated in a message, and nothing is changed there."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from types import TracebackType

from ingestion.sources import SourceUnreadable
from ingestion.sources.imap_client import Bounded, BoundedTls
from ingestion.sources.mail_head import FIELDS, HEAD_BYTES

SECONDS = 30.0
"""For so long a server may say nothing."""
_CHUNK = 100
"""Heads that are fetched at once."""
_HEAD = f"BODY.PEEK[HEADER.FIELDS ({' '.join(FIELDS).upper()})]<0.{HEAD_BYTES + 1}>"
_RECORD = re.compile(rb"\d+ \(")
_LISTED = re.compile(rb'\(([^()]*)\) (?:"(?:\\.|[^"\\])"|NIL) (?:"((?:\\.|[^"\\])*)"|([^ "()]+))')


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message as the server has it; `content` is its head, or all of it."""

    uid: int
    size: int
    draft: bool
    content: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder that is open: how many messages it has, and what its numbers belong to."""

    messages: int
    validity: int


class Session:
    """Raises SourceUnreadable wherever the server does not do what was asked."""

    def __init__(self, host: str, port: int, tls: bool) -> None:
        self._open: tuple[str, Opened] | None = None
        try:
            if tls:
                context = ssl.create_default_context()
                self._client: Bounded = BoundedTls(host, port, ssl_context=context, timeout=SECONDS)
            else:
                self._client = Bounded(host, port, timeout=SECONDS)
        except ssl.SSLCertVerificationError:
            raise SourceUnreadable(
                "the certificate of the mail server is not valid for its name; mend it, or let the"
                " operator trust its issuer"
            ) from None
        except (OSError, imaplib.IMAP4.error, UnicodeError, ValueError):
            raise SourceUnreadable(
                "the mail server does not answer; look whether host, port and tls are right"
            ) from None
        if not tls and not ip_address(self._client.sock.getpeername()[0]).is_loopback:
            self.close()
            raise SourceUnreadable("without tls only a server on this machine is read; set tls")

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        try:
            self._client.shutdown()
        except OSError:
            return

    def login(self, user: str, secret: str) -> None:
        try:
            self._client.allow(0)
            if "AUTH=PLAIN" in self._client.capabilities:
                said = f"\0{user}\0{secret}".encode()
                state, _ = self._client.authenticate("PLAIN", lambda _: said)
            else:
                quoted(secret)
                state, _ = self._client.login(quoted(user), secret)
        except imaplib.IMAP4.abort:
            raise _silent() from None
        except (imaplib.IMAP4.error, UnicodeError):
            state = "NO"
        except (OSError, ValueError):
            raise _silent() from None
        if state != "OK":
            raise SourceUnreadable(
                "the mail server does not let this user in; mend user, or give the password anew"
            )

    def folders(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Names as the server writes them, and their attributes in lower case."""
        for line in self._ask("list", 0, '""', "*"):
            if isinstance(line, tuple):
                # a name in a literal, of which an empty rest follows
                found, literal = _LISTED.fullmatch(line[0].rpartition(b" ")[0] + b" x"), line[1]
            elif isinstance(line, bytes) and line:
                found, literal = _LISTED.fullmatch(line), b""
            else:
                continue
            if found is None:
                raise SourceUnreadable("the mail server lists its folders in an unknown way")
            name = literal or found[3] or re.sub(rb"\\(.)", rb"\1", found[2])
            attributes = found[1].decode("ascii", "replace").lower().split()
            yield name.decode("ascii", "backslashreplace"), frozenset(attributes)

    def open(self, folder: str) -> Opened | None:
        """To be looked at only; None where the server says that it has no such folder."""
        if self._open is not None and self._open[0] == folder:
            return self._open[1]
        self._open = None
        state, said = self._do("select", 0, quoted(folder), True)
        if state != "OK":
            first = said[0] if said else None
            if state == "NO" and isinstance(first, bytes) and first.startswith(b"[NONEXISTENT]"):
                return None
            raise SourceUnreadable("the mail server does not open a folder; look at its rights")
        _, validity = self._client.response("UIDVALIDITY")
        try:
            self._open = folder, Opened(_number(said), _number(validity))
        except ValueError:
            raise SourceUnreadable(
                "the mail server does not say how its messages are numbered, so they cannot be told"
                " apart; it has to support UIDVALIDITY"
            ) from None
        return self._open[1]

    def heads(self, messages: int) -> Iterator[Fetched]:
        """The heads of the first so many messages of the open folder, and no fewer."""
        seen: set[int] = set()
        for first in range(1, messages + 1, _CHUNK):
            last = min(first + _CHUNK - 1, messages)
            room = (last - first + 1) * (HEAD_BYTES + 1_000)
            said = self._ask("fetch", room, f"{first}:{last}", f"(UID RFC822.SIZE FLAGS {_HEAD})")
            found = list(_records(said))
            seen |= {one.uid for one in found}
            if len(found) != last - first + 1 or len(seen) != last:
                raise SourceUnreadable(
                    "the mail server did not tell of every message of a folder; sync again"
                )
            yield from found

    def head(self, uid: int) -> Fetched | None:
        """None where the open folder has no such message."""
        said = self._ask(
            "uid", 2 * HEAD_BYTES, "FETCH", str(uid), f"(UID RFC822.SIZE FLAGS {_HEAD})"
        )
        return next((one for one in _records(said) if one.uid == uid), None)

    def content(self, uid: int, limit: int) -> Fetched | None:
        """At most `limit` bytes of a message."""
        said = self._ask(
            "uid", limit, "FETCH", str(uid), f"(UID RFC822.SIZE BODY.PEEK[]<0.{limit}>)"
        )
        return next((one for one in _records(said) if one.uid == uid), None)

    def _ask(self, command: str, size: int, *arguments: object) -> list[object]:
        state, said = self._do(command, size, *arguments)
        if state != "OK":
            raise SourceUnreadable("the mail server does not do what it was asked; sync again")
        return said

    def _do(self, command: str, size: int, *arguments: object) -> tuple[str, list[object]]:
        self._client.allow(size)
        try:
            state, said = getattr(self._client, command)(*arguments)
        except (imaplib.IMAP4.error, OSError, UnicodeError, ValueError):
            raise _silent() from None
        return str(state), list(said)


def quoted(text: str) -> str:
    """A string as IMAP quotes it. Raises SourceUnreadable for what would end the command."""
    if not text.isascii() or not text.isprintable():
        raise SourceUnreadable("a name for the mail server has letters that it cannot be told")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _records(said: list[object]) -> Iterator[Fetched]:
    """Of each message that was told of with content: what its sender has written is in its literal
    alone, so nothing of that is taken for a number."""
    told, content = b"", b""
    for part in [*said, (b"0 (", b"")]:
        if isinstance(part, tuple):
            if not _RECORD.match(part[0]):
                raise SourceUnreadable("the mail server answers in an unknown way")
            yield from _record(told, content)
            told, content = part
        elif isinstance(part, bytes) and not _RECORD.match(part):
            told += part
        # anything else tells of flags that changed


def _record(told: bytes, content: bytes) -> Iterator[Fetched]:
    flags = re.search(rb"[ (]FLAGS \(([^)]*)\)", told)
    # a flag may be called like what is looked for
    told = re.sub(rb"FLAGS \([^)]*\)", b"", told)
    uid = re.search(rb"[ (]UID (\d{1,10})[ )]", told)
    size = re.search(rb"[ (]RFC822\.SIZE (\d{1,15})[ )]", told)
    if uid and size:
        names = flags[1].lower().split() if flags else []
        yield Fetched(int(uid[1]), int(size[1]), rb"\draft" in names, content)


def _number(said: Sequence[object]) -> int:
    """Raises ValueError where there is none."""
    last = said[-1] if said else None
    if not isinstance(last, bytes) or not last.isdigit():
        raise ValueError
    return int(last)


def _silent() -> SourceUnreadable:
    return SourceUnreadable("the mail server stopped answering as it should; it is tried again")
