"""A bucket of an S3-compatible store as a source; its prefixes are folders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from app.domain.acl import Acl
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.folders import SIDECAR_BYTES, Governing, say_ungoverned
from ingestion.sources.s3_store import Object, Refused, Store
from ingestion.sources.sidecar import NAME

if TYPE_CHECKING:
    from ingestion.connect import Access

ALLOW, DENY = "portcullis-allow", "portcullis-deny"


@dataclass(frozen=True)
class S3:
    """Reads `config["bucket"]` below `config["prefix"]`. With `acl: tags` an object's tags may
    name its readers. `base_url`, where given, is what citations link documents to.

    A key is a name and no path: `..` is a folder like others. A folder's external id ends in a
    slash, so that none can be taken for the top one.
    """

    config: Mapping[str, Any]
    access: Access

    def scan(self) -> Scan:
        store, scan = Store(self.config, self.access), Scan({}, (), {})
        try:
            objects = {found.key[len(self._prefix) :]: found for found in self._objects(store)}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise SourceUnreadable("the store's listing makes no sense; look at it") from None
        governing = {"": Governing()}
        documents = []
        for name in sorted(objects):
            folder, file = _split(name)
            above = self._folder(store, folder, objects, governing, scan)
            if file == NAME:
                continue
            if not file:
                if objects[name].size:
                    scan.problems[_id(name)] = DocumentProblem(
                        "read", "it has the name of a folder", "give it a name without a last /"
                    )
                continue
            documents.append(self._listed(store, name, objects[name], above, scan))
        return Scan(scan.containers, tuple(documents), scan.problems)

    def verify(self, external_id: str) -> Standing | None:
        name = _name(external_id)
        folder, file = _split(name)
        if not file or file == NAME or _id(name) != external_id:
            return None
        store, scan = Store(self.config, self.access), Scan({}, (), {})
        try:
            found = store.head(self._prefix + name)
        except Refused:
            return None
        if found is None:
            return None
        governing = Governing()
        for at in _folders(folder):
            try:
                sidecar = store.get(self._prefix + at + NAME, SIDECAR_BYTES)
            except Refused as refusal:
                if refusal.code != "NoSuchKey":
                    return None
            except DocumentProblem:
                return None
            else:
                governing = self._within(governing, at, sidecar, scan)
        listed = self._listed(store, name, found, governing, scan)
        if listed.withheld or (governing.rule is None and listed.acl is None):
            return None
        return Standing(governing.container, scan.containers[governing.container], listed.acl)

    @property
    def _prefix(self) -> str:
        said = str(self.config.get("prefix") or "")
        return said if not said or said.endswith("/") else f"{said}/"

    def _objects(self, store: Store) -> list[Object]:
        return list(store.objects(self._prefix))

    def _folder(
        self,
        store: Store,
        folder: str,
        objects: Mapping[str, Object],
        governing: dict[str, Governing],
        scan: Scan,
    ) -> Governing:
        """What holds in a folder; `governing` keeps it, under its name with a slash."""
        above = governing[""]
        for at in _folders(folder):
            key = f"{at}."  # the top folder has no name
            if key not in governing:
                sidecar = objects.get(at + NAME)
                if sidecar is not None:
                    above = self._within(above, at, self._sidecar(store, sidecar), scan)
                governing[key] = above
            above = governing[key]
        return above

    def _sidecar(self, store: Store, found: Object) -> bytes | DocumentProblem:
        """As it is by now, which is newer than the listing."""
        try:
            if found.size > SIDECAR_BYTES:
                raise DocumentProblem("acl", "the sidecar is too large", "make it shorter")
            return store.get(found.key, SIDECAR_BYTES)
        except DocumentProblem as problem:
            return problem
        except Refused as refusal:
            return DocumentProblem(
                "acl",
                f"the sidecar cannot be read ({refusal.status} {refusal.code})",
                "let the source's key read it; until then nobody may read what it governs",
            )

    def _within(
        self, above: Governing, at: str, sidecar: bytes | DocumentProblem, scan: Scan
    ) -> Governing:
        def read() -> bytes:
            if isinstance(sidecar, DocumentProblem):
                raise sidecar
            return sidecar

        return above.within(_container(at), _id(at + NAME), read, self.access.levels, scan)

    def _listed(
        self, store: Store, name: str, found: Object, governing: Governing, scan: Scan
    ) -> Listed:
        folder, file = _split(name)
        rule = governing.file(_container(folder), file)
        listed = Listed(
            external_id=_id(name),
            title="",
            uri=self._uri(name),
            container=governing.container,
            acl=rule.acl,
            classification=rule.classification,
            withheld=governing.broken,
            read=lambda: self._read(store, found),
            version=found.version,
        )
        if self.config.get("acl") == "tags" and not governing.broken:
            try:
                tagged = _tagged(store, found)
                if tagged is not None and rule.acl is not None:
                    raise _untold("its tags and its sidecar both name its readers")
                listed = replace(listed, acl=tagged or rule.acl)
            except DocumentProblem as problem:
                scan.problems[listed.external_id] = problem
                # nobody, or its folder's readers would be let in
                return replace(listed, acl=Acl(), withheld=True)
        if governing.rule is None:
            if listed.acl is None:
                say_ungoverned(_container(folder), scan)
            scan.containers.setdefault(governing.container, Acl())
        return listed

    def _uri(self, name: str) -> str:
        base = str(self.config.get("base_url") or "").rstrip("/")
        # a browser would make another path of it
        odd = not {"", ".", ".."}.isdisjoint(name.split("/")) or "\\" in name
        return "" if not base or odd else f"{base}/{quote(name)}"

    def _read(self, store: Store, found: Object) -> bytes:
        limit = self.access.max_bytes
        if found.size > limit:
            raise DocumentProblem(
                "read",
                f"the object has {found.size / 1e6:.0f} MB; the limit is {limit / 1e6:.0f} MB",
                "split it, or raise PORTCULLIS_MAX_DOCUMENT_MB",
            )
        try:
            content = store.get(found.key, limit, found)
        except Refused as refusal:
            raise DocumentProblem(
                "read",
                f"the object that was listed cannot be read ({refusal.status} {refusal.code})",
                "sync again where it was changed meanwhile; else let the source's key read it",
            ) from None
        if len(content) != found.size:
            raise DocumentProblem(
                "read", "the object is not as long as the store lists it", "sync again"
            )
        return content


def _tagged(store: Store, found: Object) -> Acl | None:
    """What an object's tags say; None where they say nothing. Raises DocumentProblem."""
    try:
        tags = store.tags(found.key, found.version_id)
    except Refused as refusal:
        raise _untold(f"its tags cannot be read ({refusal.status} {refusal.code})") from None
    if ALLOW not in tags and DENY not in tags:
        return None
    if ALLOW not in tags:
        raise _untold(f"it has the tag {DENY} without {ALLOW}")
    try:
        return Acl.parse(tags[ALLOW].split(), tags.get(DENY, "").split())
    except ValueError as error:
        raise _untold(str(error)) from None


def _untold(reason: str) -> DocumentProblem:
    return DocumentProblem(
        "acl", f"nobody may read it: {reason}", "mend its tags, or what the source's key may read"
    )


def _split(name: str) -> tuple[str, str]:
    """The folder, with its slash, and what is in it."""
    folder, slash, file = name.rpartition("/")
    return folder + slash, file


def _folders(folder: str) -> list[str]:
    """The top folder, and each on the way down to this one."""
    return ["", *(folder[: mark.end()] for mark in re.finditer("/", folder))]


def _container(folder: str) -> str:
    return _id(folder) or Governing().container


def _id(name: str) -> str:
    """One for each name; the database keeps no null."""
    return name.replace("\\", "\\\\").replace("\0", "\\0")


def _name(external_id: str) -> str:
    return re.sub(r"\\(.)", lambda m: "\0" if m[1] == "0" else m[1], external_id, flags=re.S)
