"""Releases as the API, the command line and the page tell them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from app.db.engine import AppConnection
from app.domain.release import RegisteredRelease
from app.releases import gate, register, traffic
from app.releases.manifest import sound
from app.releases.signing import Signer


async def overview(
    connection: AppConnection, registered: Sequence[RegisteredRelease], running: str
) -> dict[str, Any]:
    """All releases in short, which of them answer, and the one that runs here."""
    return {
        "running": running,
        "traffic": asdict(await traffic.read(connection)),
        "releases": [
            {
                "name": one.release.name,
                "digest": one.release.digest,
                "stage": one.stage.value,
                "at": one.at.isoformat(),
                "model": one.release.recipe.model,
                "profile": one.release.recipe.profile,
            }
            for one in registered
        ],
    }


async def whole(connection: AppConnection, name: str, signer: Signer) -> dict[str, Any]:
    """One release with all that is known of it. Raises NotFound."""
    found = await register.find(connection, name)
    release = found.release
    return {
        "name": release.name,
        "digest": release.digest,
        "stage": found.stage.value,
        "at": found.at.isoformat(),
        "manifest": dict(release.manifest),
        "signature": asdict(release.signature),
        "signature_holds": sound(release, signer),
        "gates": [
            {
                "at": one.gate.at.isoformat(),
                "effort": one.gate.effort,
                "thresholds": one.gate.thresholds,
                "verdict": "passed" if gate.good(one.gate) else "failed",
                "lines": len(one.gate.lines),
                "report": gate.plain(one.gate),
                "signature": asdict(one.signature),
            }
            for one in await gate.attached(connection, name)
        ],
        "way": [
            {
                "at": event.at.isoformat(),
                "who": event.who,
                "what": event.what,
                "from": event.came_from,
                "to": event.to,
                "reason": event.reason,
            }
            for event in await register.events(connection, name)
        ],
        "compared": await traffic.counts(connection, name),
    }
