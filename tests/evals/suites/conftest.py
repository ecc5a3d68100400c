"""A small company that is indexed once; each test has copies of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from app.runtime.folders import Folders
from app.runtime.postgres import EmbeddedPostgres
from tests.conftest import SECRET

if TYPE_CHECKING:  # they load the service, which no unit test needs
    from evals.ground.copies import Original
    from evals.ground.ground import Ground

PAPERS = 24


@pytest.fixture(scope="session")
async def ground(
    postgres: EmbeddedPostgres, folders: Folders, levels: tuple[str, ...]
) -> AsyncIterator[Ground]:
    from evals.bench.scratch import Scratch
    from evals.ground.copies import original
    from evals.ground.data import DATA
    from evals.ground.ground import Effort, Ground

    scratch = Scratch(folders.root / "evals", postgres, SECRET, levels)
    async with AsyncExitStack() as stack:
        made = Ground(Effort.CHANGE, 5, scratch, DATA, stack)
        await original(made, PAPERS)
        yield made


@pytest.fixture(scope="session")
async def known(ground: Ground) -> Original:
    from evals.ground.copies import original

    return await original(ground)
