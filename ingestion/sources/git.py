"""The files of one branch of a git repository; who may read which paths is said by rules in the
source's config.

Never by anything in the repository: whoever may push would publish with it. Nothing is checked out,
so no hook, filter or attribute of the repository runs; links and submodules are not followed.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from dulwich.object_store import DiskObjectStore
from dulwich.objects import ObjectID
from dulwich.refs import Ref
from dulwich.repo import Repo

from app.domain.acl import Acl
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.git_objects import BLOB, LARGEST, Broken, TooLarge, load
from ingestion.sources.git_remote import Remote
from ingestion.sources.git_tree import DEEPEST, BrokenTree, Entry, Tree
from ingestion.sources.path_rules import NO_RULE, PathRule, govern, read_rules
from ingestion.sources.reach import Reach

_T = TypeVar("_T")
_LINK = DocumentProblem("read", "a symbolic link is not followed", "put the file itself here")
_MODULE = DocumentProblem(
    "read", "a submodule is not followed", "register its repository as a source of its own"
)
_TWICE = DocumentProblem(
    "read", "two files have this name, so nobody can be told which is meant", "rename one"
)


@dataclass(frozen=True)
class Git:
    """`config` has `rules`, and `path` (a repository here, bare or not) or `url`; it may have
    `branch`, `user` and `base_url`. Hidden files are left out."""

    config: Mapping[str, Any]
    levels: tuple[str, ...]
    max_bytes: int
    remote: Remote | None

    @classmethod
    def of(
        cls,
        config: Mapping[str, Any],
        levels: tuple[str, ...],
        max_bytes: int,
        reach: Reach,
        secret: str | None,
        cache: Path | None,
    ) -> Git:
        """Without `cache` a copy of what is read over a network ends with this object."""
        url, user, branch = (_word(config, key) for key in ("url", "user", "branch"))
        remote = Remote(url, user, secret, branch, reach, cache, max_bytes) if url else None
        return cls(config, levels, max_bytes, remote)

    def scan(self) -> Scan:
        tree = self._tree()
        scan = Scan({NO_RULE: Acl()}, (), {})
        rules = self._rules(scan)
        found: dict[str, Listed] = {}
        ungoverned = 0
        for entry in self._whole(tree.files):
            if problem := _refusal(entry):
                scan.problems[entry.path] = problem
                continue
            if entry.twice:
                scan.problems[entry.path] = _TWICE
            listed = self._document(tree.store, entry, rules, scan)
            ungoverned += listed.container == NO_RULE
            found[entry.path] = listed
        if ungoverned and rules is not None:
            scan.problems[NO_RULE] = DocumentProblem(
                "acl",
                f"no rule matches {ungoverned} files, so nobody may read them",
                "add a rule for them to config.rules",
            )
        return Scan(scan.containers, tuple(found.values()), scan.problems)

    def verify(self, external_id: str) -> Standing | None:
        tree = self._tree()
        rules = self._rules(Scan({}, (), {}))
        if rules is None or external_id.count("/") > DEEPEST:
            return None
        entry = self._whole(lambda: tree.find(external_id))
        if entry is None or entry.twice or _refusal(entry):
            return None
        governed = govern(rules, external_id, self.levels)
        return Standing(governed.container, governed.acl, None)

    def _whole(self, read: Callable[[], _T]) -> _T:
        """Without one of the folders nobody knows what the branch has. Raises SourceUnreadable."""
        try:
            return read()
        except BrokenTree as error:
            if self.remote:
                self.remote.forget()
            raise SourceUnreadable(str(error)) from None

    def _rules(self, scan: Scan) -> tuple[PathRule, ...] | None:
        """None where they cannot be understood."""
        try:
            return read_rules(self.config.get("rules"), self.levels)
        except DocumentProblem as problem:
            scan.problems["config.rules"] = problem
            return None

    def _tree(self) -> Tree:
        """The files of the branch now. Raises SourceUnreadable."""
        repo, commit = self.remote.fetch() if self.remote else self._local()
        return self._whole(lambda: Tree.of(repo.object_store, commit))

    def _local(self) -> tuple[Repo, ObjectID]:
        root = Path(_word(self.config, "path")).expanduser()
        root = root / ".git" if (root / ".git").exists() else root
        if not (root / "objects").is_dir() or not (root / "HEAD").is_file():
            raise SourceUnreadable(
                f"{str(root)!r} is no git repository; mend the source's path, or mount it"
            )
        # what these lead to may be what others keep from whoever writes here
        inner = ("", "objects", "objects/pack", "objects/info", "refs", "HEAD", "packed-refs")
        borrowed = ("commondir", "objects/info/alternates", "objects/info/http-alternates")
        if any((root / name).is_symlink() for name in inner if name or root.name == ".git") or any(
            (root / name).exists() for name in borrowed
        ):
            raise SourceUnreadable(
                "the repository leads to objects that are elsewhere; give a whole one as its path"
            )
        branch = _word(self.config, "branch")
        try:
            repo = Repo(str(root), bare=True)
            tip = repo.refs[Ref(f"refs/heads/{branch}".encode() if branch else b"HEAD")]
        except KeyError:
            raise SourceUnreadable(
                f"the repository has no branch {branch or 'HEAD'!r}; mend config.branch"
            ) from None
        except Exception as error:
            raise SourceUnreadable(
                f"the repository cannot be opened ({type(error).__name__}); look at it with git"
            ) from None
        return repo, tip

    def _document(
        self,
        store: DiskObjectStore,
        entry: Entry,
        rules: tuple[PathRule, ...] | None,
        scan: Scan,
    ) -> Listed:
        governed = govern(rules or (), entry.path, self.levels)
        scan.containers[governed.container] = governed.acl
        base = _word(self.config, "base_url").rstrip("/")
        return Listed(
            external_id=entry.path,
            title="",
            uri=f"{base}/{quote(entry.path)}" if base else "",
            container=governed.container,
            acl=None,
            classification=governed.classification,
            withheld=rules is None or entry.twice,
            read=lambda: self._read(store, entry.name),
            version=entry.name.decode(),
        )

    def _read(self, store: DiskObjectStore, name: ObjectID) -> bytes:
        try:
            return load(store, name, BLOB, self.max_bytes, max(LARGEST, self.max_bytes))
        except TooLarge as error:
            raise DocumentProblem(
                "read",
                f"the file has, or is made from, {error.args[0] / 1e6:.0f} MB;"
                f" the limit is {self.max_bytes / 1e6:.0f} MB",
                "split it, or raise PORTCULLIS_MAX_DOCUMENT_MB",
            ) from None
        except KeyError:
            raise DocumentProblem(
                "read",
                "the file was not handed out, since it is too large, or the branch has changed",
                "split it, or raise PORTCULLIS_MAX_DOCUMENT_MB; otherwise sync again",
            ) from None
        except (Broken, OSError):
            raise DocumentProblem(
                "read", "the file is broken in the repository", "look at it with git fsck"
            ) from None


def _refusal(entry: Entry) -> DocumentProblem | None:
    if stat.S_ISREG(entry.mode):
        return None
    return _LINK if stat.S_ISLNK(entry.mode) else _MODULE


def _word(config: Mapping[str, Any], key: str) -> str:
    said = config.get(key)
    return said if isinstance(said, str) else ""
