"""What is kept of a page: what to ask whether it changed, what it led to, and while documents are
read, its content in a temporary file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.problem import DocumentProblem

SPOOL_BYTES = 1_000_000_000
_STRONG_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as it was fetched. `version` changes with its content; `etag` and `modified` are set
    where the site promises that another content has others."""

    digest: str
    version: str
    mime: str
    etag: str
    modified: str
    hidden: bool
    links: tuple[str, ...]

    @classmethod
    def load(cls, text: str) -> Seen | None:
        """What `dump` wrote; None where it is anything else."""
        try:
            said = json.loads(text)
            found = cls(**{**said, "links": tuple(map(str, said["links"]))})
        except (ValueError, TypeError, KeyError):
            return None
        texts = (found.digest, found.version, found.mime, found.etag, found.modified)
        return found if all(isinstance(value, str) for value in texts) else None

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @property
    def condition(self) -> dict[str, str]:
        """The headers that ask for the page only if it changed."""
        if self.etag:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.modified} if self.modified else {}


def validators(headers: Mapping[str, str]) -> tuple[str, str]:
    """ETag and Last-Modified where they are strong (RFC 9110, 8.8.1): a weak tag, and a time so
    near that another change may have it too, do not tell one content from another."""
    etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
    if etag.startswith("W/") or not etag.isprintable() or len(etag) > 200:
        etag = ""
    try:
        then, now = parsedate_to_datetime(modified), parsedate_to_datetime(headers["date"])
        strong = (now - then).total_seconds() >= _STRONG_SECONDS
    except (ValueError, TypeError, KeyError, IndexError, OverflowError):
        strong = False
    return etag, modified if strong and modified.isprintable() and len(modified) < 60 else ""


@dataclass
class Spool:
    """Files with what was fetched, for as long as somebody holds this."""

    room: int = SPOOL_BYTES
    _folder: TemporaryDirectory[str] = field(
        default_factory=lambda: TemporaryDirectory(prefix="portcullis-web-")
    )

    def keep(self, content: bytes) -> str:
        """Its SHA-256 in hex, by which it is found again as long as there is room."""
        digest = hashlib.sha256(content).hexdigest()
        path = Path(self._folder.name) / digest
        if len(content) <= self.room and not path.exists():
            path.write_bytes(content)
            self.room -= len(content)
        return digest

    def find(self, digest: str) -> bytes | None:
        try:
            return (Path(self._folder.name) / digest).read_bytes()
        except OSError:
            return None


def changed() -> DocumentProblem:
    return DocumentProblem(
        "read", "the page changed while it was read", "nothing; the next sync reads it again"
    )
