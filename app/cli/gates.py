"""What the commands about releases have in common with the evaluations."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from app.errors import InvalidInput

if TYPE_CHECKING:
    from app.compose import Parts
    from app.domain.release import Gate, Traffic
    from app.releases.lifecycle import Lifecycle

_PERCENT = re.compile(r"(\d{1,3})%?")
_EVALUATIONS = "evals.gates.gate"
"""By name: evals stands on the service, not the other way round."""


def evaluated(report: Path, release: str, bars: Path | None) -> Gate:
    """The gate of a report about a release, judged by the bars that are set. Raises InvalidInput,
    and ConfigurationError where these cannot be read."""
    return cast("Gate", import_module(_EVALUATIONS).gate_of(report, release, bars))


async def lifecycle(parts: Parts) -> Lifecycle:
    """The way of releases here, held to the bars of now."""
    from app.releases.lifecycle import Lifecycle
    from app.releases.rules import Rules

    return Lifecycle(
        parts.database,
        await parts.serving().register(),
        parts.running.signer,
        parts.gate_signer,
        Rules.load(parts.settings.policies),
        str(import_module(_EVALUATIONS).digest(parts.settings.thresholds)),
    )


def percent(words: str) -> int:
    """`10%` or `10`. Raises InvalidInput."""
    found = _PERCENT.fullmatch(words.strip())
    if found is None or int(found[1]) > 100:
        raise InvalidInput(f"{words!r} is no share; write one such as 10%")
    return int(found[1])


def answering(now: Traffic | dict[str, Any]) -> str:
    """Which releases answer, in lines."""
    from app.domain.release import Traffic

    t = now if isinstance(now, Traffic) else Traffic(**now)
    said = [f"in production: {t.production or 'none yet, so what runs is what answers'}"]
    if t.canary:
        said.append(f"canary: {t.canary} for {t.share}% of the people")
    if t.shadow:
        said.append(f"shadow: {t.shadow}")
    return "\n".join(said)
