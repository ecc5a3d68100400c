"""What is said of one part."""

from __future__ import annotations

from dataclasses import dataclass

START = "start everything with `portcullis up`, or look at its log in the data folder"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part. `message` says what is wrong and what to do; empty when all is well."""

    part: str
    ok: bool
    version: str = ""
    message: str = ""
