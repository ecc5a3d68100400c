"""What a commit has, by path: nothing of it is written anywhere."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from dulwich.object_store import DiskObjectStore
from dulwich.objects import Commit, ObjectID, ShaFile, parse_tree

from ingestion.sources.git_objects import COMMIT, LARGEST, TREE, Broken, TooLarge, load

MOST = 1_000_000
"""Names. A few trees that name each other can stand for more paths than there are atoms."""
DEEPEST = 200
_TREE_BYTES = 64_000_000


class BrokenTree(Exception):
    """The message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file. Bytes of `path` that are no UTF-8 are escaped; `twice` where it, or a folder above,
    shares its name."""

    path: str
    mode: int
    name: ObjectID
    twice: bool


@dataclass(frozen=True, slots=True)
class Tree:
    """The top folder of a commit; what is hidden is left out."""

    store: DiskObjectStore
    top: ObjectID

    @classmethod
    def of(cls, store: DiskObjectStore, commit: ObjectID) -> Tree:
        """Raises BrokenTree."""
        try:
            content = load(store, commit, COMMIT, _TREE_BYTES, LARGEST)
            parsed = ShaFile.from_raw_string(COMMIT, content)
            assert isinstance(parsed, Commit)
            return cls(store, parsed.tree)
        except Exception as error:
            raise _broken("the newest commit", error) from None

    def files(self) -> list[Entry]:
        """All that are no folders, links and submodules among them. Raises BrokenTree."""
        return list(self._below(self.top, "", 0, False, [0]))

    def find(self, path: str) -> Entry | None:
        """One of them. Raises BrokenTree."""
        tree, above = self.top, ""
        *folders, last = path.split("/")
        for folder in folders:
            found = [entry for entry in self._folder(tree, above) if entry.path == above + folder]
            if len(found) != 1 or not stat.S_ISDIR(found[0].mode):
                return None
            tree, above = found[0].name, f"{above}{folder}/"
        found = [entry for entry in self._folder(tree, above) if entry.path == above + last]
        return found[0] if found and not stat.S_ISDIR(found[0].mode) else None

    def _below(
        self, tree: ObjectID, above: str, depth: int, twice: bool, count: list[int]
    ) -> Iterator[Entry]:
        for entry in self._folder(tree, above, twice):
            count[0] += 1
            if count[0] > MOST or depth > DEEPEST:
                raise BrokenTree(
                    f"the branch has more than {MOST} files, or folders more than {DEEPEST} deep;"
                    " read a smaller one"
                )
            if stat.S_ISDIR(entry.mode):
                deeper = f"{entry.path}/"
                yield from self._below(entry.name, deeper, depth + 1, entry.twice, count)
            else:
                yield entry

    def _folder(self, tree: ObjectID, above: str, twice: bool = False) -> list[Entry]:
        try:
            content = load(self.store, tree, TREE, _TREE_BYTES, LARGEST)
            named = list(parse_tree(content, self.store.object_format.oid_length))
        except Exception as error:
            raise _broken("a folder", error) from None
        # git writes no name with a slash in it
        found = [
            (name.decode("utf-8", "backslashreplace"), mode, ObjectID(target))
            for name, mode, target in named
            if name and not name.startswith(b".") and b"/" not in name
        ]
        often = Counter(name for name, _, _ in found)
        return [
            Entry(above + name, mode, target, twice or often[name] > 1)
            for name, mode, target in found
        ]


def _broken(what: str, error: Exception) -> BrokenTree:
    kind = {KeyError: "missing", TooLarge: "too large", Broken: "broken"}.get(type(error), "broken")
    return BrokenTree(
        f"{what} of the branch is {kind}, so nothing was deleted; look at it with git fsck"
    )
