"""All that the page of one release shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.db.engine import AppConnection
from app.domain.principal import Account
from app.domain.release import RegisteredRelease, ReleaseEvent, Stage, Traffic
from app.releases import gate, intake, register, traffic
from app.releases.gate import SignedGate
from app.releases.lifecycle import NEXT, Lifecycle
from app.releases.listing import named
from app.releases.manifest import sound
from app.releases.reading import differences, groups
from app.releases.wishes import wish


async def about(
    connection: AppConnection, name: str, lifecycle: Lifecycle, visitor: Account
) -> dict[str, Any]:
    """The context of its template. Raises NotFound."""
    found = await register.find(connection, name)
    events = await register.events(connection, name)
    now = await traffic.read(connection)
    manifest = found.release.manifest
    compare = now.production or lifecycle.running.name
    other = (await register.find(connection, compare)).release.manifest
    return {
        "release": found.release,
        "at": (await named(connection, [name]))[name],
        "share": now.share if now.canary == name else None,
        "signed": sound(found.release, lifecycle.releases),
        "running": lifecycle.running.name,
        "taken": _taken(now) == name,
        "ways": [
            await _way(connection, lifecycle, found, to, events, visitor)
            for to in NEXT[found.stage]
        ],
        "groups": groups(manifest),
        "compare": compare,
        "in_production": now.production is not None,
        "differences": differences(manifest, other),
        "gates": [
            _gate(one, lifecycle) for one in reversed(await gate.attached(connection, name))
        ],
        "intakes": [
            one
            for files in _files(manifest)
            for one in await intake.of_files(connection, files)
        ],
        "steps": list(reversed(events)),
        "compared": await traffic.counts(connection, name),
    }  # fmt: skip


async def _way(
    connection: AppConnection, lifecycle: Lifecycle, found: RegisteredRelease, to: Stage,
    events: list[ReleaseEvent], visitor: Account,
) -> dict[str, Any]:  # fmt: skip
    """A stage that follows: what it lacks, and who asked for it and agreed. The buttons follow it;
    `Lifecycle` decides."""
    said = wish(events, to)
    return {
        "to": to,
        "lacking": await lifecycle.lacking(connection, found, to),
        "second": to in lifecycle.rules.approved,
        "asked": sorted(said.asked),
        "approved": sorted(said.approved),
        "agreed": bool(said.approved - {visitor.email}),
        "may_approve": visitor.role in lifecycle.rules.approvers
        and bool(said.asked - {visitor.email})
        and visitor.email not in said.approved,
    }


def _gate(one: SignedGate, lifecycle: Lifecycle) -> dict[str, Any]:
    return {
        "gate": one.gate,
        "good": gate.good(one.gate),
        "signed": lifecycle.gates.signed(gate.plain(one.gate), one.signature),
        "wrong": [line for line in one.gate.lines if line.verdict not in gate.GOOD],
    }


def _taken(now: Traffic) -> str | None:
    """What a rollback takes back now."""
    return now.canary or now.shadow or now.production


def _files(manifest: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """The files of each model of a release."""
    pins = manifest["pins"]
    return [
        manifest["model"].get("files", {}), pins.get("embedding", {}), pins.get("reranking", {}),
    ]  # fmt: skip
