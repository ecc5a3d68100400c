"""Looking at files as ingestion would, in its restricted processes: a composition root."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.authz.levels import load_levels
from app.domain.document import SourceItem
from app.errors import InvalidInput
from ingestion.classify import Stated
from ingestion.pool import PreparationPool
from ingestion.problem import DocumentProblem


async def look_at(
    files: Sequence[Path], policies: Path, floor: str | None
) -> AsyncIterator[dict[str, Any]]:
    """For each file in order what `Inspected` says, or its `problem`: stage, reason and advice.

    Raises InvalidInput for a floor that is no level.
    """
    levels = load_levels(policies)
    if floor is not None and floor not in levels:
        raise InvalidInput(f"{floor!r} is no classification; there are {', '.join(levels)}")
    pool = PreparationPool(policies, size=1)
    try:
        for file in files:
            try:
                item = SourceItem("", file.name, "", "", "", file.read_bytes())
                found = asdict(await pool.inspect(item, Stated(source=floor)))
            except OSError as error:
                found = _problem("read", error.strerror or "unreadable", "look at its permissions")
            except DocumentProblem as problem:
                found = _problem(problem.stage, problem.reason, problem.advice)
            yield {"file": str(file), **found}
    finally:
        pool.close()


def _problem(stage: str, reason: str, advice: str) -> dict[str, Any]:
    return {"problem": {"stage": stage, "reason": reason, "advice": advice}}
