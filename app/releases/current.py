"""The release that runs: a name made from everything that an answer depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path


def release_name(parts: Mapping[str, str], policies: Path) -> str:
    """`r-` and twelve hex digits of a SHA-256 over the named parts and the policy files.

    The same parts give the same name on any machine.
    """
    digest = hashlib.sha256(json.dumps(dict(parts), sort_keys=True).encode())
    for path in sorted(policies.iterdir()):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"r-{digest.hexdigest()[:12]}"
