"""A repository that is read over a network: its newest commit, bare, in a folder of ours."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any
from urllib.parse import SplitResult

from dulwich.objects import ObjectID
from dulwich.refs import Ref
from dulwich.repo import Repo

from ingestion.sources import SourceUnreadable
from ingestion.sources.git_client import checked, client_for
from ingestion.sources.git_objects import LARGEST, TooLarge, check_pack
from ingestion.sources.reach import Reach

MOST_PACKS = 20
"""Each change adds a pack, and what is gone stays in the older ones: then all is fetched anew."""
_NOW = Ref(b"refs/heads/now")


@dataclass(frozen=True)
class Remote:
    """`branch` is empty for the one that the server names. `cache` is where the folder is made;
    with None it is a temporary one, which ends with this object."""

    url: str
    user: str
    secret: str | None = field(repr=False)
    branch: str
    reach: Reach
    cache: Path | None
    max_bytes: int
    _temporary: list[TemporaryDirectory[str]] = field(default_factory=list, repr=False)

    def fetch(self) -> tuple[Repo, ObjectID]:
        """The repository with the newest commit of the branch. Raises SourceUnreadable."""
        parts = checked(self.url, self.secret)
        folder = self._folder()
        with _locked(folder):
            try:
                return self._fetch(parts, folder)
            except SourceUnreadable:
                raise
            except TooLarge as error:
                raise SourceUnreadable(
                    f"the repository has a file of {error.args[0] / 1e6:.0f} MB, which is more than"
                    " can be unpacked; take it out of the branch"
                ) from None
            except Exception as error:
                # what it says may be the server's own words
                raise SourceUnreadable(
                    f"{parts.hostname} does not give the repository ({type(error).__name__});"
                    " look at config.url, config.user and the secret of the source"
                ) from None

    def forget(self) -> None:
        """Begin anew next time."""
        folder = self._folder()
        with _locked(folder):
            shutil.rmtree(folder, ignore_errors=True)

    def _fetch(self, parts: SplitResult, folder: Path) -> tuple[Repo, ObjectID]:
        if len(list(folder.glob("objects/pack/*.pack"))) > MOST_PACKS:
            shutil.rmtree(folder)
        if not (folder / "HEAD").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
            Repo.init_bare(folder).close()
        repo = Repo(str(folder), bare=True)
        name = Ref(f"refs/heads/{self.branch}".encode() if self.branch else b"HEAD")
        tip: list[ObjectID] = []

        def wants(refs: Any, depth: int | None = None) -> list[ObjectID]:
            if name in refs:
                tip.append(refs[name])
            return [sha for sha in tip if sha not in repo.object_store]

        client = client_for(parts, self.user, self.secret, self.reach)
        with TemporaryFile(dir=folder) as file:
            result = client.fetch_pack(
                parts.path,
                wants,
                repo.get_graph_walker(),
                file.write,
                depth=1,
                ref_prefix=[name],
                filter_spec=b"blob:limit=%d" % (self.max_bytes + 1),
            )
            if result.object_format not in (None, "sha1"):
                raise SourceUnreadable(
                    "the repository names its objects by SHA-256, which is not read over a network;"
                    " mirror it here, and give it as config.path"
                )
            if file.tell():
                check_pack(file, LARGEST)
                file.seek(0)
                repo.object_store.add_thin_pack(file.read, None)
        if not tip:
            raise SourceUnreadable(
                f"the repository has no branch {self.branch or 'HEAD'!r}; mend config.branch"
            )
        repo.update_shallow(result.new_shallow, result.new_unshallow)
        repo.refs[_NOW] = tip[-1]
        return repo, tip[-1]

    def _folder(self) -> Path:
        if self.cache is None:
            if not self._temporary:
                self._temporary.append(TemporaryDirectory(prefix="portcullis-git-"))
            return Path(self._temporary[0].name) / "repository"
        self.cache.mkdir(parents=True, exist_ok=True)
        said = "\0".join((self.url, self.user, self.branch)).encode()
        return self.cache / f"git-{hashlib.sha256(said).hexdigest()[:24]}"


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One at a time, of all processes."""
    with folder.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
