"""Processes that prepare documents. Hostile files are read here: one that crashes its parser or
never ends costs only itself."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.problem import DocumentProblem

if TYPE_CHECKING:
    from ingestion.pipeline import Prepared
    from ingestion.work import Work

SECONDS = 180.0
"""How long one document may take to be prepared."""


@dataclass
class PreparationPool:
    """`size` processes, each with the rules of `policies` loaded once."""

    policies: Path
    size: int = max(1, (os.cpu_count() or 2) - 1)
    _executor: ProcessPoolExecutor | None = field(default=None, init=False)

    async def prepare(self, work: Work) -> Prepared:
        """Raises DocumentProblem, also when the process died or took too long."""
        executor = self._running()
        try:
            future = executor.submit(_prepare, work)
            # A future that waits behind others is not late yet: only what runs is timed.
            while not future.running() and not future.done():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            return await asyncio.wait_for(asyncio.wrap_future(future), SECONDS)
        except TimeoutError:
            self._discard(executor)
            raise DocumentProblem(
                "parse",
                f"reading the file took longer than {SECONDS:.0f} s",
                "split it, or save it in a simpler format",
            ) from None
        except BrokenProcessPool:
            self._discard(executor)
            return await self._alone(work)

    async def _alone(self, work: Work) -> Prepared:
        """Once more, in a process that nobody shares: so a crash blames the right document."""
        lonely = self._make(1)
        try:
            future = asyncio.wrap_future(lonely.submit(_prepare, work))
            return await asyncio.wait_for(future, SECONDS)
        except (BrokenProcessPool, TimeoutError):
            raise DocumentProblem(
                "parse", "reading the file crashed its parser", "save it again in its own program"
            ) from None
        finally:
            self._kill(lonely)

    def close(self) -> None:
        if self._executor is not None:
            self._kill(self._executor)
            self._executor = None

    def _running(self) -> ProcessPoolExecutor:
        if self._executor is None:
            self._executor = self._make(self.size)
        return self._executor

    def _make(self, size: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            size,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_load,
            initargs=(self.policies,),
        )

    def _discard(self, executor: ProcessPoolExecutor) -> None:
        if self._executor is executor:
            self._executor = None
        self._kill(executor)

    @staticmethod
    def _kill(executor: ProcessPoolExecutor) -> None:
        for process in list((getattr(executor, "_processes", None) or {}).values()):
            process.kill()
        executor.shutdown(wait=False, cancel_futures=True)


_rules: Any = None


def _load(policies: Path) -> None:
    global _rules
    from ingestion.pipeline import Rules

    _rules = Rules.load(policies)


def _prepare(work: Work) -> Prepared:
    from ingestion.pipeline import prepare

    return prepare(_rules, work.item, work.stated)
