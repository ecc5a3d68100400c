"""A folder whose documents change all the time, in versions that can be told apart."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from pathlib import Path

SECTIONS = 5
_SAID = re.compile(r"paper (\S+) in version (\d+) says")
_FILLER = "that probes are calibrated before they leave the house and after they come back, " * 4


def wording(name: str, version: int) -> str:
    """Markdown of several sections, each of which names the version."""
    said = f"The paper {name} in version {version} says {_FILLER}"
    sections = [f"## Part {section}\n\n{said}" for section in range(SECTIONS)]
    return "\n\n".join([f"# Paper {name}", *sections])


def version_of(name: str, text: str) -> int:
    """The version of which `text` is all; asserts that it is whole, and of one version."""
    said = _SAID.findall(text)
    assert len(said) == SECTIONS, f"{name} was visible half written: {said}"
    assert len(set(said)) == 1 and said[0][0] == name, f"{name} was visible mixed: {said}"
    return int(said[0][1])


@dataclass
class Papers:
    """`now` is the version of each file, by external id; files below `closed/` are one reader's."""

    root: Path
    chance: random.Random
    reader: str
    now: dict[str, int] = field(default_factory=dict)
    made: int = 0

    def begin(self, count: int) -> None:
        (self.root / "closed").mkdir(parents=True)
        (self.root / "_acl.yaml").write_text("allow: [everyone]\n", encoding="utf-8")
        acl = f"allow: [{self.reader}]\n"
        (self.root / "closed" / "_acl.yaml").write_text(acl, encoding="utf-8")
        for _ in range(count):
            self._create()

    def change(self) -> None:
        """Some files get another version, one goes, one comes."""
        for name in self.chance.sample(sorted(self.now), 3):
            self._write(name, self.now[name] + 1)
        gone = self.chance.choice(sorted(self.now))
        (self.root / gone).unlink()
        del self.now[gone]
        self._create()

    def _create(self) -> None:
        self.made += 1
        folder = "closed/" if self.made % 3 == 0 else ""
        self._write(f"{folder}p{self.made}.md", 1)

    def _write(self, name: str, version: int) -> None:
        # as programs save: whole, in place of what was there
        made = self.root / f".{self.made}-{version}.part"
        made.write_text(wording(name, version), encoding="utf-8")
        made.replace(self.root / name)
        self.now[name] = version
