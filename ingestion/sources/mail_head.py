"""The head of a message: who takes part in it, what it is called, to which thread it belongs.

Whoever can send a message has written its head. It is split and read here, strictly, and not by
the standard library: that takes a lone carriage return for a line's end and reads addresses out of
names, so that what one program shows as a subject or a name would be a reader for another.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from ingestion.encoded_words import decoded_words

HEAD_BYTES = 131_072
"""A longer head is not read at all: an address that was cut short is somebody else's."""
PEOPLE = ("from", "to", "cc", "bcc", "sender")
"""Who wrote a message and to whom. Reply-To only says where answers go. Delivered-To and
X-Original-To are not read: a line of the own server looks like one that the sender wrote."""
FIELDS = (*PEOPLE, "subject", "message-id", "references", "in-reply-to")
"""What has to be fetched of a head."""
_TITLE, _RAW_TITLE, _PEOPLE = 300, 2_000, 1_000
_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]{0,62})\.)*[a-z0-9]([a-z0-9-]{0,62})",
    re.ASCII | re.IGNORECASE,
)
_MESSAGE_ID = re.compile(r"<([!-;=?-~]{1,250}@[!-;=?-~]{1,250})>", re.ASCII)
_EMPTY_LINE = re.compile(rb"^\r?\n", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Head:
    """`people` are the addresses of those who take part, in lower case; `thread` and `message_id`
    are empty where the head names none. `wrong` says why nobody is known to take part."""

    people: frozenset[str] = frozenset()
    title: str = ""
    message_id: str = ""
    thread: str = ""
    wrong: str = ""


def head_of(start: bytes) -> bytes:
    """What comes before the first empty line in the first HEAD_BYTES + 1 bytes of a message."""
    end = _EMPTY_LINE.search(start)
    return start[: end.start()] if end else start


def read_head(raw: bytes) -> Head:
    """The head that `raw` begins with; what comes after its first empty line is not looked at, so
    nothing in a body or in an attached message names a reader."""
    fields: dict[str, list[str]] = {}
    for name, value in _fields(raw):
        fields.setdefault(name, []).append(value)
    subject = " ".join(fields.get("subject", [])[:1])
    ids = _MESSAGE_ID.findall(" ".join(fields.get("message-id", [])[:1])[:1_000])
    own = ids[0] if ids else ""
    people: set[str] = set()
    wrong = ""
    if len(raw) > HEAD_BYTES:
        wrong = "its head is too long"
    else:
        for value in (value for name in PEOPLE for value in fields.get(name, ())):
            people |= addresses(value)
        if len(people) > _PEOPLE:
            people, wrong = set(), f"more than {_PEOPLE} take part"
    return Head(frozenset(people), _title(subject), own, _thread(fields, own), wrong)


def addresses(value: str) -> frozenset[str]:
    """The addresses of one header, as RFC 5322 has them; none at all where any of it is written in
    a way that two programs could read differently."""
    found: set[str] = set()
    text, angles = "", []
    kept = iter(f"{value},")
    for letter in kept:
        if letter == '"':
            if not _to_end_of_quote(kept):
                return frozenset()
            text += '"'
        elif letter == "(":
            if not _to_end_of_comment(kept):
                return frozenset()
        elif letter == "<":
            inside = _until(kept, ">")
            if inside is None or set(inside) & set('"(<'):
                return frozenset()
            angles.append(inside)
        elif letter == ":":
            # the name of a group; its members follow
            if angles:
                return frozenset()
            text = ""
        elif letter in ",;":
            if len(angles) > 1:
                return frozenset()
            whole = (angles[0] if angles else text).strip()
            if _ADDRESS.fullmatch(whole) and len(whole) <= 254:
                found.add(whole.lower())
            text, angles = "", []
        elif letter in ">)\\" or _CONTROL.match(letter) or (angles and not letter.isspace()):
            return frozenset()
        else:
            text += letter
    return frozenset(found)


def _to_end_of_quote(letters: Iterator[str]) -> bool:
    for letter in letters:
        if letter == "\\":
            next(letters, "")
        elif letter == '"':
            return True
    return False


def _to_end_of_comment(letters: Iterator[str]) -> bool:
    depth = 1
    for letter in letters:
        if letter == "\\":
            next(letters, "")
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if not depth:
            return True
    return False


def _until(letters: Iterator[str], end: str) -> str | None:
    inside = ""
    for letter in letters:
        if letter == end:
            return inside
        inside += letter
    return None


def _fields(raw: bytes) -> Iterator[tuple[str, str]]:
    """Names in lower case, and values without their folds, up to the first line that is none."""
    name, value = "", ""
    for number, line in enumerate(raw[:HEAD_BYTES].split(b"\n")):
        text = line.removesuffix(b"\r").decode("utf-8", "replace")
        if name and text[:1] in (" ", "\t") and text.strip():
            value += f" {text.strip(' ')}"
            continue
        if name:
            yield name, value
        if not number and text.startswith(("From ", ">From ")):
            continue
        name, colon, value = text.partition(":")
        name = name.lower()
        if not colon or not re.fullmatch(r"[!-9;-~]+", name, re.ASCII):
            return
    if name:
        yield name, value


def _title(subject: str) -> str:
    """The subject as people read it: one line, no letter that is none."""
    said = decoded_words(subject.strip()[:_RAW_TITLE])
    kept = "".join(letter if letter.isprintable() else " " for letter in said)
    return " ".join(kept.split())[:_TITLE]


def _thread(fields: dict[str, list[str]], own: str) -> str:
    """The first message that this one refers to: so nobody's message moves another one."""
    for name in ("references", "in-reply-to"):
        for value in fields.get(name, []):
            if found := _MESSAGE_ID.search(value[:2_000]):
                return _digest(found[1])
    return _digest(own) if own else ""


def _digest(message_id: str) -> str:
    return f"thread-{hashlib.sha256(message_id.encode()).hexdigest()[:32]}"


def link(head: Head) -> str:
    """What names a message outside of its mailbox (RFC 2392); empty where it has no name."""
    return f"mid:{quote(head.message_id, safe='@')}" if head.message_id else ""
