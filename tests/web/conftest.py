"""What tests of the running service ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.web.desk import Desk


@pytest.fixture
async def desk(owner_url: str, levels: tuple[str, ...], tmp_path: Path) -> AsyncIterator[Desk]:
    from tests.web.desk import open_desk  # the whole service, which unit tests beside do not need

    async with open_desk(owner_url, levels, tmp_path) as opened:
        yield opened
