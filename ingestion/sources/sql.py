"""Rows of a database as documents, by queries that the source's owner writes.

`query` gives the documents and `acl_query` who may read them, both as of one moment.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID

from app.domain.acl import Acl
from ingestion.formats import HTML, MARKDOWN, TEXT
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.sql_acls import SqlAcls, name_of
from ingestion.sources.sql_database import Row, SqlDatabase, checked

MOST_BYTES = 4_000_000_000
MOST_DOCUMENTS = 1_000_000
_NEEDED = {"id", "text"}
_COLUMNS = _NEEDED | {"title", "uri", "version", "classification", "container"}
_TYPES = (TEXT, MARKDOWN, HTML)
_PARAMETER = re.compile(r"(?<![:\w]):id\b")


@dataclass(frozen=True)
class Sql:
    """`config` has `url`, `query` and `acl_query`; it may have `verify_query` and `mime_type`."""

    config: Mapping[str, Any]
    levels: tuple[str, ...]
    max_bytes: int
    database: SqlDatabase

    def scan(self) -> Scan:
        mime_type = str(self.config.get("mime_type", TEXT))
        if mime_type not in _TYPES:
            raise SourceUnreadable(f"config.mime_type must be one of {', '.join(_TYPES)}")
        # what it read is kept outside of the memory, and ends with the last document
        file = TemporaryFile()  # noqa: SIM115
        with self.database.snapshot() as ask:
            acls = SqlAcls()
            for row in ask(self._query("acl_query"), {}):
                acls.add(row)
            scan = Scan({}, (), {})
            found: dict[str, Listed] = {}
            for number, row in enumerate(ask(self._query("query"), {})):
                if number >= MOST_DOCUMENTS or file.tell() > MOST_BYTES:
                    raise SourceUnreadable("config.query gives more than a source may have")
                listed = self._document(row, acls, file, mime_type, scan)
                if listed is None:
                    continue
                if listed.external_id in found:
                    scan.problems[listed.external_id] = _wrong("two rows have this id")
                    listed = _closed(listed)
                found[listed.external_id] = listed
        if acls.lost:
            scan.problems["acl_query"] = _wrong(acls.lost)
        elif alone := sum(
            listed.container is None and listed.acl == Acl() and not listed.withheld
            for listed in found.values()
        ):
            scan.problems["acl_query"] = _wrong(
                f"{alone} rows have no entry, and no container with one"
            )
        for name in {listed.container for listed in found.values()}:
            if name is not None:
                scan.containers[name] = acls.of_container(name)
        return Scan(scan.containers, tuple(found.values()), scan.problems)

    def verify(self, external_id: str) -> Standing | None:
        if not self.config.get("verify_query"):
            scan = self.scan()
            for listed in scan.documents:
                if listed.external_id == external_id and not listed.withheld:
                    above = scan.containers.get(listed.container) if listed.container else None
                    return Standing(listed.container, above, listed.acl)
            return None
        acls = SqlAcls()
        query = self._query("verify_query")
        if checked(self.database.url).drivername.startswith("postgresql"):
            query = _PARAMETER.sub("%(id)s", query.replace("%", "%%"))
        rows = 0
        with self.database.snapshot() as ask:
            for row in ask(query, {"id": external_id}):
                acls.add({**row, "id": external_id, "container": None})
                rows += 1
        if not rows or acls.lost or acls.is_broken(external_id, None):
            return None
        return Standing(None, None, acls.whole(external_id, None))

    def _query(self, key: str) -> str:
        said = self.config.get(key)
        if not isinstance(said, str) or not said.strip() or "\0" in said:
            raise SourceUnreadable(f"config.{key} must be a query; mend the source")
        return said

    def _document(
        self, row: Row, acls: SqlAcls, file: IO[bytes], mime_type: str, scan: Scan
    ) -> Listed | None:
        """None for a row without an id."""
        if missing := _NEEDED - set(row):
            raise SourceUnreadable(f"config.query gives no column {sorted(missing)[0]!r}")
        if unknown := set(row) - _COLUMNS:
            raise SourceUnreadable(
                f"config.query gives a column {sorted(unknown)[0]!r}, which means nothing here"
            )
        name = name_of(row["id"])
        if name is None:
            scan.problems["query"] = _wrong("a row has no id that is a short text or a number")
            return None
        container = None if row.get("container") is None else name_of(row["container"])
        content, at = _content(row["text"]), file.tell()
        withheld = True
        if content is None:
            scan.problems[name] = _wrong("its text is no text")
        elif row.get("classification") not in (None, *self.levels):
            scan.problems[name] = _wrong(f"its classification is none of {', '.join(self.levels)}")
        elif container is None and row.get("container") is not None:
            scan.problems[name] = _wrong("its container is no short text or number")
        elif acls.lost:
            pass
        elif acls.is_broken(name, container):
            scan.problems[name] = _wrong("an entry of its ACL, or its container's, is none")
        else:
            withheld = False
        content = content or b""
        large = len(content) > self.max_bytes
        if not large:
            file.write(content)
        acl = acls.of_document(name, container)
        if self.config.get("verify_query"):
            # which tells of no container, so each stands by itself
            acl, container = acls.whole(name, container), None
        listed = Listed(
            external_id=name,
            title=_line(row.get("title")),
            uri=_link(row.get("uri")),
            container=container,
            acl=acl,
            classification=None if withheld else row.get("classification"),
            withheld=False,
            read=lambda: _read(file, at, len(content), large, self.max_bytes),
            # a version of the owner's may stay where the text changes
            version=f"{_line(row.get('version'))} {hashlib.sha256(content).hexdigest()}",
            mime_type=mime_type,
        )
        return _closed(listed) if withheld else listed


def _read(file: IO[bytes], at: int, size: int, large: bool, limit: int) -> bytes:
    if large:
        raise DocumentProblem(
            "read",
            f"the text has {size / 1e6:.0f} MB; the limit is {limit / 1e6:.0f} MB",
            "split it, or raise PORTCULLIS_MAX_DOCUMENT_MB",
        )
    file.flush()
    return os.pread(file.fileno(), size, at)


def _closed(listed: Listed) -> Listed:
    return Listed(listed.external_id, "", "", None, Acl(), listed.classification, True, listed.read)


def _content(said: Any) -> bytes | None:
    if said is None:
        return b""
    if isinstance(said, str):
        return said.encode("utf-8", "backslashreplace")
    return None


def _line(said: Any) -> str:
    return str(said).replace("\0", "") if isinstance(said, str | int | UUID) else ""


def _link(said: Any) -> str:
    link = _line(said)
    return link if link.startswith(("https://", "http://")) else ""


def _wrong(reason: str) -> DocumentProblem:
    return DocumentProblem(
        "acl", reason, "mend the rows or the query; until then nobody may read what it is about"
    )
