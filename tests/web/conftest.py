"""What tests of the running service ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.desk import Desk, open_desk


@pytest.fixture
async def desk(owner_url: str, levels: tuple[str, ...], tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(owner_url, levels, tmp_path) as opened:
        yield opened
