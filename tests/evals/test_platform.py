"""The evaluated platform is the real service: what refuses to start is not evaluated."""

from __future__ import annotations

import pytest
from litestar import Litestar

from app.errors import Unavailable
from evals.ground import platform

pytestmark = pytest.mark.integration


async def _refuse() -> None:
    raise Unavailable("enforcement is broken")


async def test_a_service_that_refuses_to_start_does_not_end_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "create_app", lambda parts: Litestar(on_startup=[_refuse]))
    with pytest.raises(Unavailable, match="did not start"):
        async with platform._served(object()):  # type: ignore[arg-type]
            pytest.fail("it is served")
