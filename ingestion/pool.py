"""Processes that prepare documents. Hostile files are read here: one that crashes its parser or
never ends costs only itself."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ingestion import restrict
from ingestion.problem import DocumentProblem, Quarantine

if TYPE_CHECKING:
    from app.domain.document import SourceItem
    from ingestion.classify import Stated
    from ingestion.inspect import Inspected
    from ingestion.pipeline import Prepared
    from ingestion.work import Work

Made = TypeVar("Made")
Task = Callable[["SourceItem", "Stated"], Made]
SECONDS = 180.0
"""How long one document may take to be prepared."""
_TOGETHER = 3
"""So often a document is prepared beside others, before it gets a process of its own."""


@dataclass
class PreparationPool:
    """`size` processes, each with the rules of `policies` loaded once."""

    policies: Path
    size: int = max(1, (os.cpu_count() or 2) - 1)
    _executor: ProcessPoolExecutor | None = field(default=None, init=False)
    _version: str = field(default="", init=False)
    _folders: dict[ProcessPoolExecutor, tempfile.TemporaryDirectory[str]] = field(
        default_factory=dict, init=False
    )
    _lonely: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def use(self, version: str) -> None:
        """From now on prepare by the rules as they are in this version of the policies."""
        if version != self._version:
            self.close()
            self._version = version

    async def warm(self) -> None:
        """Start a process before its first document needs it, with everything imported."""
        await asyncio.wrap_future(self._running().submit(_try_out))

    async def prepare(self, work: Work) -> Prepared:
        """Raises DocumentProblem, also when the process died or took too long."""
        return await self._done(_prepare, work.item, work.stated)

    async def inspect(self, item: SourceItem, stated: Stated) -> Inspected:
        """As `prepare` does, but for people to look at. Raises DocumentProblem."""
        return await self._done(_inspect, item, stated)

    async def _done(self, task: Task[Made], item: SourceItem, stated: Stated) -> Made:
        for _ in range(_TOGETHER):
            executor = self._running()
            try:
                future = executor.submit(task, item, stated)
            except BrokenProcessPool:
                self._discard(executor)
                continue
            # A future that waits behind others is not late yet: only what runs is timed.
            while not future.running() and not future.done():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            suspect = future.running()
            try:
                return await asyncio.wait_for(asyncio.wrap_future(future), SECONDS)
            except TimeoutError:
                self._discard(executor)
                raise _too_long() from None
            except BrokenProcessPool:
                self._discard(executor)
            except asyncio.CancelledError:
                asking = asyncio.current_task()
                if asking is not None and asking.cancelling():
                    raise
                # its pool was discarded before its turn came
            if suspect:
                break
        return await self._alone(task, item, stated)

    async def _alone(self, task: Task[Made], item: SourceItem, stated: Stated) -> Made:
        """In a process that nobody shares: so a crash blames the right document."""
        async with self._lonely:
            executor = self._make(1)
            try:
                future = asyncio.wrap_future(executor.submit(task, item, stated))
                return await asyncio.wait_for(future, SECONDS)
            except TimeoutError:
                raise _too_long() from None
            except BrokenProcessPool:
                raise Quarantine(
                    "parse",
                    "reading the file crashed its parser",
                    "save it again in its own program",
                ) from None
            finally:
                self._kill(executor)

    def close(self) -> None:
        if self._executor is not None:
            self._kill(self._executor)
            self._executor = None

    def _running(self) -> ProcessPoolExecutor:
        if self._executor is None:
            self._executor = self._make(self.size)
        return self._executor

    def _make(self, size: int) -> ProcessPoolExecutor:
        folder = tempfile.TemporaryDirectory(prefix="portcullis-", ignore_cleanup_errors=True)
        executor = ProcessPoolExecutor(
            size,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_load,
            initargs=(self.policies, Path(folder.name)),
        )
        self._folders[executor] = folder
        return executor

    def _discard(self, executor: ProcessPoolExecutor) -> None:
        if self._executor is executor:
            self._executor = None
        self._kill(executor)

    def _kill(self, executor: ProcessPoolExecutor) -> None:
        for process in list((getattr(executor, "_processes", None) or {}).values()):
            process.kill()
        executor.shutdown(wait=False, cancel_futures=True)
        if (folder := self._folders.pop(executor, None)) is not None:
            folder.cleanup()


_rules: Any = None


def _load(policies: Path, folder: Path) -> None:
    global _rules
    restrict.restrict(folder, policies)
    from ingestion.pipeline import Rules

    _rules = Rules.load(policies)


def _too_long() -> Quarantine:
    return Quarantine(
        "parse",
        f"reading the file took longer than {SECONDS:.0f} s",
        "split it, or save it in a simpler format",
    )


def _try_out() -> int:
    from app.domain.document import SourceItem
    from ingestion.classify import Stated
    from ingestion.pipeline import prepare

    item = SourceItem("", "first.md", "", "", "", b"# First\n\nCall 555-0100 to start.\n")
    return len(prepare(_rules, item, Stated()).chunks)


def _prepare(item: SourceItem, stated: Stated) -> Prepared:
    from ingestion.pipeline import prepare

    return _computed(prepare, item, stated)


def _inspect(item: SourceItem, stated: Stated) -> Inspected:
    from ingestion.inspect import inspect

    return _computed(inspect, item, stated)


def _computed(
    step: Callable[[Any, SourceItem, Stated], Made], item: SourceItem, stated: Stated
) -> Made:
    """Raises DocumentProblem for whatever the document makes our code or a library's do."""
    restrict.begin_document(2 * SECONDS)
    try:
        return step(_rules, item, stated)
    except DocumentProblem:
        raise
    except MemoryError:
        raise Quarantine(
            "prepare",
            f"reading the file took more than {restrict.MEMORY // 1024**3} GB of memory",
            "split it, or save it in a simpler format",
        ) from None
    except Exception as error:
        # its message may quote the document
        raise DocumentProblem(
            "prepare",
            f"what was read from it cannot be worked on ({type(error).__name__})",
            "save it again in its own program; if that does not help, report it to us",
        ) from None
