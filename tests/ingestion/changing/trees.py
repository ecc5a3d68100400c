"""Trees of folders: with sidecars on a disk or in a bucket, and by owners and modes."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.ingestion import bucket
from tests.ingestion.changing import ADA, BOB, DOMAIN, HR, Step, address, usual, words
from tests.ingestion.changing.gate import Gate, Gated

_CLASSES = {ADA: 0o500, HR: 0o050}
"""The bits of a mode that let in whoever is the owner, and the group."""


class Sidecars(ABC):
    """A tree whose folders have sidecars, and which they say all of."""

    friend = BOB
    more: Sequence[Step] = ()

    def __init__(self) -> None:
        self.model = usual()
        self.folder_of = dict(self.model.at)
        self.own = {"a": [address(ADA)]}
        self.allow = {f: [*map(address, who)] for f, who in self.model.folders.items()}
        self.denied: dict[str, list[str]] = {folder: [] for folder in self.allow}
        for document, folder in self.folder_of.items():
            self.put(f"{folder}/{document}.md", words(document))
        for folder in self.allow:
            self.say(folder)
        self.say_own("a")

    @abstractmethod
    def put(self, name: str, text: str) -> None: ...
    @abstractmethod
    def remove(self, name: str) -> None: ...

    def share(self, document: str, who: str) -> None:
        self._own(document).append(address(who))
        self.say_own(document)

    def unshare(self, document: str, who: str) -> None:
        self._own(document).remove(address(who))
        self.say_own(document)

    def open(self, folder: str, who: str) -> None:
        self.allow[folder].append(address(who))
        self.say(folder)

    def close(self, folder: str, who: str) -> None:
        self.allow[folder].remove(address(who))
        self.say(folder)

    def deny(self, folder: str, who: str) -> None:
        self.denied[folder].append(address(who))
        self.say(folder)

    def move(self, document: str, folder: str) -> None:
        self.delete(document)
        self.folder_of[document] = folder
        self.put(f"{folder}/{document}.md", words(document))
        self.say(folder)

    def delete(self, document: str) -> None:
        self.remove(f"{self.folder_of[document]}/{document}.md")

    def say_own(self, document: str) -> None:
        """Who may read a document that has readers of its own."""
        self.say(self.folder_of[document])

    def say(self, folder: str) -> None:
        own = {
            f"{document}.md": {"allow": allow}
            for document, allow in self.in_sidecars().items()
            if self.folder_of[document] == folder
        }
        said = {"allow": self.allow[folder], "deny": self.denied[folder], "files": own}
        self.put(f"{folder}/_acl.yaml", yaml.safe_dump(said))

    def in_sidecars(self) -> Mapping[str, list[str]]:
        return self.own

    def _own(self, document: str) -> list[str]:
        return self.own.setdefault(document, [*self.allow[self.folder_of[document]]])


class Mounted:
    """A folder that can be gone. A disk that hangs cannot be made here."""

    root: Path

    def stop(self) -> None:
        shutil.move(self.root, self.root.with_name("away"))

    hang = stop

    def start(self) -> None:
        shutil.move(self.root.with_name("away"), self.root)


class OnDisk(Mounted, Sidecars):
    kind, secret = "filesystem", ""
    hosts: Sequence[str] = ()

    def __init__(self, root: Path) -> None:
        self.root, self.config = root, {"path": str(root)}
        super().__init__()

    def put(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def remove(self, name: str) -> None:
        (self.root / name).unlink()


class InBucket(Gated, Sidecars):
    kind, secret = "s3", bucket.SECRET

    def __init__(self, way: Gate, store: bucket.Bucket) -> None:
        self.gate, self.store, self.hosts = way, store, [way.host]
        self.config: dict[str, Any] = {**store.config, "endpoint": f"http://{way.host}"}
        super().__init__(way)
        Sidecars.__init__(self)

    def put(self, name: str, text: str) -> None:
        self.store.put(name, text)

    def remove(self, name: str) -> None:
        self.store.delete(name)


class Tagged(InBucket):
    """Objects that name their readers by tags; folders have sidecars all the same."""

    def __init__(self, way: Gate, store: bucket.Bucket) -> None:
        super().__init__(way, store)
        self.config |= {"acl": "tags"}

    def say_own(self, document: str) -> None:
        readers = " ".join(self.own[document])
        self.store.client.put_object_tagging(
            Bucket=self.store.name,
            Key=f"{self.folder_of[document]}/{document}.md",
            Tagging={"TagSet": [{"Key": "portcullis-allow", "Value": readers}]},
        )

    def in_sidecars(self) -> Mapping[str, list[str]]:
        return {}


class ByModes(Mounted):
    """Whoever made the files is Ada, the group that they have is that of here, and others are
    everyone."""

    kind, secret, friend = "filesystem", "", HR
    hosts: Sequence[str] = ()
    more: Sequence[Step] = ()

    def __init__(self, root: Path) -> None:
        self.root, self.model = root, usual()
        self.model.folders = {"plans": {ADA, HR}, "pay": {ADA, HR}}
        user = pwd.getpwuid(os.getuid()).pw_name
        group = grp.getgrgid(os.getgid()).gr_name
        ids = {user: f"{ADA}@{DOMAIN}", f"group:{group}": f"group:{HR}"}
        self.config = {"path": str(root), "acl": "posix", "accounts": {"ids": ids}}
        root.mkdir()
        for document, folder in self.model.at.items():
            self._at(folder).mkdir(exist_ok=True)
            self._at(folder, document).write_text(words(document))
            self._at(folder, document).chmod(0o600 if document == "a" else 0o644)
        root.chmod(0o755)
        for folder in self.model.folders:
            self._at(folder).chmod(0o750)

    def share(self, document: str, who: str) -> None:
        found = self._find(document)
        found.chmod(found.stat().st_mode | _CLASSES[who] & 0o444)

    def unshare(self, document: str, who: str) -> None:
        found = self._find(document)
        found.chmod(found.stat().st_mode & ~_CLASSES[who])

    def open(self, folder: str, who: str) -> None:
        """Others are everyone, whoever is meant."""
        self._at(folder).chmod(0o755)

    def close(self, folder: str, who: str) -> None:
        found = self._at(folder)
        found.chmod(found.stat().st_mode & ~_CLASSES[who])

    def move(self, document: str, folder: str) -> None:
        self._find(document).rename(self._at(folder, document))

    def delete(self, document: str) -> None:
        self._find(document).unlink()

    def _find(self, document: str) -> Path:
        [found] = self.root.rglob(f"{document}.md")
        return found

    def _at(self, folder: str, document: str = "") -> Path:
        return self.root / folder / (f"{document}.md" if document else "")
