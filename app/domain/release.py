"""What an answer depends on, pinned together, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.recipe import Recipe


class Stage(StrEnum):
    """Where a release is on its way; every one begins at `INTAKE`."""

    INTAKE = "intake"
    EVALUATED = "evaluated"
    STAGED = "staged"
    SHADOW = "shadow"
    CANARY = "canary"
    PRODUCTION = "production"
    ROLLED_BACK = "rolled_back"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Signature:
    """An Ed25519 signature (RFC 8032) in hex, with the public key that it was made for.

    `key_id` is the beginning of that key's SHA-256.
    """

    key_id: str
    public_key: str
    value: str


@dataclass(frozen=True, slots=True)
class Release:
    """`digest` is the SHA-256 of the canonical manifest, in hex; `name` is made of its beginning.

    A manifest has a `recipe`, the `model` that serves it, and `pins`: all that a process must be
    started with.
    """

    name: str
    digest: str
    manifest: Mapping[str, Any]
    signature: Signature

    @property
    def recipe(self) -> Recipe:
        return Recipe.of(self.manifest["recipe"])

    @property
    def pins(self) -> Mapping[str, Any]:
        return dict(self.manifest["pins"])


@dataclass(frozen=True, slots=True)
class ReleaseEvent:
    """One step on a release's way: who did what, when and why. `to` is None where the stage
    stayed."""

    release: str
    at: datetime
    who: str
    what: str
    came_from: Stage | None
    to: Stage | None
    reason: str


@dataclass(frozen=True, slots=True)
class RegisteredRelease:
    """A release as it is stored, where it is now, and since when it is known."""

    release: Release
    stage: Stage
    at: datetime


@dataclass(frozen=True, slots=True)
class Traffic:
    """Which release answers. `share` is the part of the subjects, in percent, whose questions go
    to the canary; the shadow answers beside the production and is never shown. `version` is raised
    by every change."""

    production: str | None = None
    canary: str | None = None
    share: int = 0
    shadow: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class GateLine:
    """One judged measure of a gate report. The figure is in words, null where there is none."""

    suite: str
    name: str
    value: str | None
    low: str | None
    high: str | None
    n: int
    bar: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What one run of the suites said about one release. `thresholds` is the digest of its bars,
    `errors` are the suites that did not run to their end."""

    release: str
    effort: str
    thresholds: str
    at: datetime
    lines: tuple[GateLine, ...]
    errors: tuple[str, ...]
