"""What the commands about releases have in common with the evaluations."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from app.domain.release import Gate, Traffic

_EVALUATIONS = "evals.gates.gate"
"""By name: evals stands on the service, not the other way round."""


def evaluated(report: Path, release: str, bars: Path | None) -> Gate:
    """The gate of a report about a release, judged by the bars that are set. Raises InvalidInput,
    and ConfigurationError where these cannot be read."""
    return cast("Gate", import_module(_EVALUATIONS).gate_of(report, release, bars))


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
