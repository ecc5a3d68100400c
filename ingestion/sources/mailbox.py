"""Mail on disk as a source: maildirs and mbox files below one folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing, maildir, mbox
from ingestion.sources.mail import READ, Letter, Mail, is_unsent
from ingestion.sources.mail_head import read_head

_LINK = DocumentProblem(
    "read", "a symbolic link is not followed", "put the file or folder itself here"
)
_IN_DOUBT = DocumentProblem(
    "acl",
    "nobody says that this mbox file keeps its messages apart, so only the owner may read them",
    "set from_lines_escaped where its writer escapes lines that begin with 'From '; or use maildir",
)
_UNREADABLE = DocumentProblem(
    "read", "the message cannot be read", "let the user who runs Portcullis read it"
)


@dataclass(frozen=True)
class Mailbox:
    """Reads `config["path"]`: a maildir with its subfolders, a folder of maildirs or of mbox
    files, or one mbox file. `from_lines_escaped` says that whatever wrote the mbox files keeps
    their messages apart."""

    config: Mapping[str, Any]
    max_bytes: int

    def scan(self) -> Scan:
        rules, root = Mail.of(self.config), self._root()
        scan = Scan({}, (), {})
        found: list[Listed] = []
        for place, is_file in _places(root, scan):
            scan.containers[READ] = rules.nobody
            listing = self._mbox if is_file else self._maildir
            found += listing(rules, place, _name(place, root), scan)
        if not scan.containers:
            raise SourceUnreadable(
                "there is neither a maildir nor an mbox file with mail below the source's path,"
                " so nothing was deleted; mend the path, or mount it"
            )
        return Scan(scan.containers, tuple(found), scan.problems)

    def verify(self, external_id: str) -> Standing | None:
        rules, root = Mail.of(self.config), self._root()
        *folders, name = (os.fsdecode(unquote_to_bytes(part)) for part in external_id.split("/"))
        place = root
        for part in folders:
            if not _is_looked_at(place, part) or (place / part).is_symlink():
                return None
            place = place / part
        where, message = _name(place, root), name.removesuffix(".eml")
        if _id(where, message) != external_id or not os.path.lexists(place):
            return None
        scan = Scan({}, (), {})
        # what is beside it is not asked about
        for found, is_file in _places(place, scan, below=False):
            listing = self._mbox if is_file else self._maildir
            for listed in listing(rules, found, where, scan, message):
                if listed.external_id == external_id and not listed.withheld:
                    return Standing(listed.container, rules.nobody, listed.acl)
        return None

    def _root(self) -> Path:
        root = Path(str(self.config.get("path", ""))).expanduser()
        if not self.config.get("path") or not root.exists():
            raise SourceUnreadable(
                f"the mailbox {str(root)!r} is not there; mend the source's path, or mount it"
            )
        return root.resolve()

    def _maildir(
        self, rules: Mail, folder: Path, name: str, scan: Scan, only: str | None = None
    ) -> Iterator[Listed]:
        for unique, path in maildir.messages(folder).items():
            external_id = _id(name, unique)
            if only is not None and unique != only:
                continue
            if path.is_symlink():
                scan.problems[external_id] = _LINK
                continue
            try:
                message = maildir.message(folder, path)
            except FileNotFoundError:
                continue
            except (OSError, DocumentProblem):
                scan.problems[external_id] = _UNREADABLE
                yield rules.withheld(external_id)
                continue
            unsent = message.is_draft or is_unsent(folder.name)
            letter = Letter(external_id, read_head(message.head), unsent)
            read = partial(maildir.read, folder, message.path, message.head_digest, self.max_bytes)
            yield rules.listed(letter, message.version, read, scan)

    def _mbox(
        self, rules: Mail, path: Path, name: str, scan: Scan, only: str | None = None
    ) -> Iterator[Listed]:
        pieces = mbox.pieces(path)
        sure = self.config.get("from_lines_escaped") is True and all(p.regular for p in pieces)
        if not sure and pieces:
            scan.problems[name or path.name] = _IN_DOUBT
        # what is there twice, letter for letter, is one document
        for digest, piece in {piece.digest: piece for piece in pieces}.items():
            if only is not None and digest != only:
                continue
            unsent = not sure or is_unsent(path.name)
            letter = Letter(_id(name, digest), read_head(piece.head), unsent)
            read = partial(mbox.read, path, piece, self.max_bytes)
            yield rules.listed(letter, digest, read, scan)


def _places(root: Path, scan: Scan, below: bool = True) -> Iterator[tuple[Path, bool]]:
    """The maildirs, and the mbox files, which are those with True. Raises SourceUnreadable."""
    waiting = [root]
    while waiting:
        at = waiting.pop()
        try:
            if not at.is_dir():
                if mbox.begins_as_mbox(at):
                    yield at, True
                continue
            entries = sorted(os.scandir(at), key=lambda entry: entry.name)
        except DocumentProblem:
            continue
        except OSError as error:
            raise SourceUnreadable(
                f"{_name(at, root)!r} in the mailbox cannot be read ({error.strerror});"
                " let the user who runs Portcullis read it"
            ) from None
        is_mail = maildir.is_maildir(at)
        if is_mail:
            yield at, False
        for entry in entries if below else ():
            if not _is_looked_at(at, entry.name):
                continue
            if entry.is_symlink():
                scan.problems[_name(Path(entry.path), root)] = _LINK
            elif entry.is_dir() or (entry.is_file() and not is_mail):
                waiting.append(Path(entry.path))


def _is_looked_at(folder: Path, name: str) -> bool:
    """Not what is hidden; but in a maildir, subfolders begin with a dot."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        return False
    if maildir.is_maildir(folder):
        return name not in maildir.PARTS
    return not name.startswith(".")


def _name(place: Path, root: Path) -> str:
    """The path below the root in letters that are safe everywhere; empty for the root."""
    return "/".join(quote(os.fsencode(part), safe="") for part in place.relative_to(root).parts)


def _id(name: str, message: str) -> str:
    """The parser tells what it is by the end of its name."""
    return f"{name}/{quote(os.fsencode(message), safe='')}.eml".lstrip("/")
