"""Where documents are prepared: in processes of their own. Hostile files are read there, and one
that crashes its parser, never ends, or takes its process over costs only itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from app.domain.document import SourceItem
from ingestion.classify import ClassificationRules, Stated
from ingestion.inspect import Inspected
from ingestion.messages import Answered, Asked
from ingestion.prepare import Prepared
from ingestion.problem import Quarantine
from ingestion.processes import Crashed, Processes
from ingestion.redact import RedactionRules
from ingestion.work import Work

SECONDS = 180.0
"""How long one document may take to be prepared."""


@dataclass
class PreparationPool:
    """At most `size` documents at once, by the rules of `policies`."""

    policies: Path
    size: int = os.cpu_count() or 2
    _version: str = field(default="", init=False)
    _rules: tuple[ClassificationRules, RedactionRules] | None = field(default=None, init=False)

    def use(self, version: str) -> None:
        """From now on prepare by the rules as they are in this version of the policies."""
        if version != self._version:
            self.close()
            self._version = version

    async def warm(self) -> None:
        """Load everything before the first document needs it."""
        await self._asked(Asked("prepare", SourceItem("", "a.md", "", "", "", b"words"), Stated()))

    async def prepare(self, work: Work) -> Prepared:
        """Raises DocumentProblem, also when the process died or took too long, and Unavailable
        where none can be had."""
        answered = await self._asked(Asked("prepare", work.item, work.stated))
        if (prepared := answered.prepared) is None:
            raise _crashed()
        self._believe([one.rendition.classification for one in prepared.renditions], work.stated)
        return prepared

    async def inspect(self, item: SourceItem, stated: Stated) -> Inspected:
        """As `prepare` does, but for people to look at. Raises the same."""
        answered = await self._asked(Asked("inspect", item, stated))
        if (inspected := answered.inspected) is None:
            raise _crashed()
        self._believe([inspected.classification, *inspected.lower], stated)
        return inspected

    def close(self) -> None:
        self._rules = None
        self._processes.close()

    @cached_property
    def _processes(self) -> Processes:
        return Processes(self.policies)

    @cached_property
    def _turns(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(self.size)

    async def _asked(self, asked: Asked) -> Answered:
        async with self._turns:
            try:
                answer = await self._processes.ask(asked.encoded(), SECONDS)
            except TimeoutError:
                raise Quarantine(
                    "parse",
                    f"reading the file took longer than {SECONDS:.0f} s",
                    "split it, or save it in a simpler format",
                ) from None
            except Crashed:
                raise _crashed() from None
        answered = Answered.decoded(answer)
        if answered is None:
            raise _crashed()
        if answered.problem is not None:
            raise answered.problem.error()
        return answered

    def _believe(self, renditions: Sequence[str], stated: Stated) -> None:
        """A process that says less than what is stated anyway, or redacts for whom policy does not
        want it, is not the one that we started. `renditions` are what it says they are, the full
        one first."""
        if self._rules is None:
            loaded = ClassificationRules.load(self.policies), RedactionRules.load(self.policies)
            self._rules = loaded
        rules, redaction = self._rules
        full, *lower = renditions
        least = max(
            (rules.levels.index(rules.named(level)) for level in stated.levels()), default=0
        )
        wanted = [level for level in redaction.lower(full) if level in lower]
        if (
            full not in rules.levels
            or lower != wanted
            or any(rules.levels.index(level) < least for level in renditions)
        ):
            raise _crashed()


def _crashed() -> Quarantine:
    return Quarantine(
        "parse", "reading the file crashed its parser", "save it again in its own program"
    )
