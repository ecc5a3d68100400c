"""The state of reading one document: what was taken out of it, and what was packed in it."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from app.domain.document import Element
from ingestion import formats
from ingestion.parse.wording import clean
from ingestion.problem import DocumentProblem, Quarantine

Read = tuple[str, list[Element]]
"""Title and elements of one file."""
Metadata = tuple[tuple[str, str], ...]
"""Names in lower case with what a document states about itself, whatever is packed in it included;
the same name may be there several times."""

MEMBERS = 200
"""So many files may be packed in one document, at all depths together."""
DEPTH = 3
"""So deep: a message in an archive in an archive."""


@dataclass
class Reading:
    """`read` reads one file of a known format. `stripped` counts what was taken out, by kind;
    `remarks` say what else its owner should know, `metadata` what its files state of themselves."""

    read: Callable[[str, bytes, Reading], Read]
    stripped: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
    metadata: list[tuple[str, str]] = field(default_factory=list)
    members: int = 0
    unpacked: int = 0
    depth: int = 0

    def clean(self, text: str) -> str:
        return clean(text, self.stripped)

    def state(self, name: object, value: object) -> None:
        """A file states this about itself."""
        self.metadata.append((str(name).strip().lower(), str(value)))

    def member(self, name: str, stated: str, content: bytes) -> list[Element]:
        """A file inside the document, under its name; one that is broken loses only itself.

        Raises DocumentProblem when the document holds more than the limits allow.
        """
        self.members += 1
        self.unpacked += len(content)
        heading = Element("title", self.clean(name), level=1)
        self.depth += 1
        try:
            self._check()
            mime = formats.mime_type(name, stated)
            formats.check_content(mime, content)
            title, elements = self.read(mime, content, self)
            subject = [Element("text", self.clean(title))] if mime == formats.EMAIL else []
            return [heading, *subject, *elements]
        except MemoryError:
            raise
        except Exception as error:
            if isinstance(error, Quarantine):
                raise
            reason = f": {error.reason}" if isinstance(error, DocumentProblem) else ""
            return [heading, Element("text", f"(This attachment cannot be read{reason}.)")]
        finally:
            self.depth -= 1

    def _check(self) -> None:
        for amount, limit, what in (
            (self.members, MEMBERS, "files"),
            (self.unpacked, formats.MAX_UNPACKED, "bytes"),
            (self.depth, DEPTH, "levels"),
        ):
            if amount > limit:
                raise _too_much(limit, what)


def packed_bytes(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    """A member of an archive, whatever size its directory states.

    Raises DocumentProblem when it unpacks to more than `limit` bytes.
    """
    with packed.open(entry) as member:
        content = member.read(max(limit, 0) + 1)
    if len(content) > limit:
        raise _too_much(formats.MAX_UNPACKED, "bytes")
    return content


def _too_much(limit: int, what: str) -> Quarantine:
    return Quarantine(
        "unpack",
        f"what is packed in the file is more than {limit:,} {what}",
        "unpack it, and put its parts in the source one by one",
    )
