"""Judge a history: a plain model of the organisation, replayed revision by revision."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from evals.ground.reference import Document, Organisation, may_read
from evals.suites.revocation.log import (
    Deleted,
    Directory,
    FolderAcl,
    History,
    OwnAcl,
    Read,
    Written,
)


class Past:
    """What everybody could read at every revision."""

    def __init__(self, history: History, users: list[str]) -> None:
        now = Organisation(users, {})
        versions: dict[str, int] = {}
        self._revisions = [0]
        self._states = [(now, versions)]
        self._answers: dict[tuple[int, str], dict[str, int]] = {}
        done = [o for o in history.operations if o.revision is not None]
        for operation in sorted(done, key=lambda o: (o.revision or 0, o.began)):
            assert operation.revision is not None
            now = replace(now, documents=dict(now.documents), containers=dict(now.containers))
            versions = dict(versions)
            match operation.change:
                case Directory(members):
                    now.members = {group: set(inside) for group, inside in members.items()}
                case FolderAcl(folder, acl):
                    now.containers[folder] = acl
                case OwnAcl(name, acl) if name in now.documents:
                    now.documents[name] = replace(now.documents[name], acl=acl)
                case Written(name, folder_or_none, own, level, version):
                    now.documents[name] = Document(folder_or_none, own, level)
                    versions[name] = version
                case Deleted(name):
                    now.documents.pop(name, None)
            self._revisions.append(operation.revision)
            self._states.append((now, versions))

    def readable(self, user: str, revision: int) -> dict[str, int]:
        """The documents that the user could read at the revision, each with its version."""
        at = bisect_right(self._revisions, revision) - 1
        if (at, user) not in self._answers:
            now, versions = self._states[at]
            self._answers[at, user] = {
                name: versions[name] for name in now.documents if may_read(now, user, name)
            }
        return self._answers[at, user]


def violations(history: History, users: list[str]) -> list[str]:
    """Every way in which the history breaks a promise, each beginning with the promise's letter."""
    past = Past(history, users)
    found = [
        f"b: operation {o.number} was acknowledged at {o.acknowledged} and took place at"
        f" {o.revision}"
        for o in history.operations
        if o.acknowledged is not None and o.acknowledged != o.revision
    ]
    acknowledged = sorted(
        (o.ended, o.revision) for o in history.operations if o.ended and o.revision is not None
    )
    ends = [ended for ended, _ in acknowledged]
    newest = [0]
    for _, revision in acknowledged:
        newest.append(max(newest[-1], revision))
    for read in history.reads:
        floor = max(newest[bisect_right(ends, read.began)], read.demanded or 0)
        found += [
            f"{what} ({read.way} by {read.subject} at {read.revision}"
            f"{' on the replica' if read.on_replica else ''})"
            for what in _wrong(read, past.readable(read.subject, read.revision), floor, history)
        ]
    return found


def _wrong(read: Read, readable: dict[str, int], floor: int, history: History) -> Iterator[str]:
    pieces: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for text in read.seen:
        name, said, piece, *_ = text.split()
        pieces[name][int(said.removeprefix("v"))].add(piece)
    shown = set(pieces) if read.names is None else set(read.names)
    for name in sorted(shown - readable.keys()):
        yield f"a: {name} is shown and could not be read"
    if read.revision < floor:
        yield f"b: a change was acknowledged at {floor} before"
    for name in sorted(shown):
        if (read.subject, name) in history.never:
            yield f"c: {name} is shown, and never could be read"
    for name, versions in sorted(pieces.items()):
        for version, there in versions.items():
            total = int(next(iter(there)).split("/")[1])
            if len(versions) > 1 or len(there) != total:
                yield f"d: {name} is shown in part, or in several versions"
            elif name in readable and version != readable[name]:
                yield f"d: {name} is shown in version {version} instead of {readable[name]}"
    if read.exact:
        for name in sorted(readable.keys() - shown):
            yield f"e: {name} is not shown and could be read"
