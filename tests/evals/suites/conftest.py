"""The ground of a run, on the Postgres of the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from app.runtime.folders import Folders
from app.runtime.postgres import EmbeddedPostgres
from evals.bench.scratch import Scratch
from evals.ground.data import DATA
from evals.ground.ground import Effort, Ground
from tests.conftest import SECRET


@pytest.fixture
async def ground(
    postgres: EmbeddedPostgres, folders: Folders, levels: tuple[str, ...]
) -> AsyncIterator[Ground]:
    scratch = Scratch(folders.root / "evals", postgres, SECRET, levels)
    async with AsyncExitStack() as stack:
        yield Ground(Effort.CHANGE, 7, scratch, DATA, stack)
