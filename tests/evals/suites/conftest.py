"""A small company that is indexed once; each test has copies of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from app.runtime.folders import Folders
from app.runtime.postgres import EmbeddedPostgres
from evals.bench.scratch import Scratch
from evals.ground.copies import Original, original
from evals.ground.data import DATA
from evals.ground.ground import Effort, Ground
from tests.conftest import SECRET

PAPERS = 24


@pytest.fixture(scope="session")
async def ground(
    postgres: EmbeddedPostgres, folders: Folders, levels: tuple[str, ...]
) -> AsyncIterator[Ground]:
    scratch = Scratch(folders.root, postgres, SECRET, levels)
    async with AsyncExitStack() as stack:
        made = Ground(Effort.CHANGE, 5, scratch, DATA, stack)
        await original(made, PAPERS)
        yield made


@pytest.fixture(scope="session")
async def known(ground: Ground) -> Original:
    return await original(ground)
