"""The README lists what there is."""

from __future__ import annotations

import hashlib
import re

from app.settings import PROJECT, Settings

README = (PROJECT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_documented() -> None:
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", README, flags=re.MULTILINE))
    assert listed == {name.upper() for name in Settings.model_fields}


def test_vendored_files_are_what_their_readme_says() -> None:
    folder = PROJECT / "app" / "web" / "static" / "vendor"
    listed = dict(
        re.findall(r"`(\S+\.js)` \| `([0-9a-f]{64})`", (folder / "README.md").read_text())
    )
    found = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.glob("*.js")}
    assert listed == found
