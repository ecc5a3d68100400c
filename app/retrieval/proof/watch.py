"""Prove before the service starts, and look again for as long as it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from app.db.codes import forget_changes
from app.db.engine import Database
from app.db.sets import forget_sets
from app.errors import DatabaseUnavailable, EnforcementBroken
from app.retrieval.proof.proof import Connect, look

EVERY_SECONDS = 300.0
AGAIN_SECONDS = 10.0
"""Between two looks while the last one did not pass, so that service returns soon."""

_log = structlog.get_logger(__name__)


@dataclass
class ProofWatch:
    """Keeps `database.enforcement` true to what the last proof found. `levels` are the
    classifications whose tables must be there; the periods are in seconds."""

    database: Database
    connect: Connect
    levels: Sequence[str]
    every: float = EVERY_SECONDS
    again: float = AGAIN_SECONDS
    proven: bool = False

    async def prove(self) -> None:
        """Raises EnforcementBroken with everything that is wrong, one sentence a line, and
        DatabaseUnavailable. Uses no connection of those that serve."""
        findings = await look(self.connect, self.levels)
        self.database.enforcement.found(findings)
        self.proven = not findings
        if findings:
            raise EnforcementBroken(
                "the database does not enforce who may read what, so the service does not start:\n"
                + "\n".join(f"- {finding}" for finding in findings)
            )

    async def begin(self) -> asyncio.Task[None]:
        """Prove unless that was done; then the task that looks again.

        Raises EnforcementBroken. Without Postgres the door to text stays closed until it answers
        and the proof has passed.
        """
        if not self.proven:
            try:
                await self.prove()
            except DatabaseUnavailable as error:
                self.database.enforcement.found((error.message,))
        return asyncio.create_task(self._go_on())

    async def look_again(self) -> None:
        """Prove once more; whatever goes wrong closes the door to text and is logged."""
        try:
            findings = await look(self.connect, self.levels)
        except DatabaseUnavailable as error:
            findings = (error.message,)
        except Exception as error:
            findings = (f"the proof broke with {type(error).__name__}, so nothing is proven",)
        before = self.database.enforcement.findings
        self.database.enforcement.found(findings)
        if findings and findings != before:
            _log.error("enforcement_broken", findings=findings)
        elif before and not findings:
            _log.warning("enforcement_holds_again")

    async def _go_on(self) -> None:
        while True:
            holds = self.database.enforcement.holds
            await asyncio.sleep(self.every if holds else self.again)
            await self.look_again()
            try:
                async with self.database.app() as connection:
                    await forget_sets(connection)
                    await forget_changes(connection)
            except Exception as error:  # the next round does it
                _log.warning("old_rows_not_forgotten", kind_of_error=type(error).__name__)
