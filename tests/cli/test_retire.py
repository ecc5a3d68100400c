"""`portcullis release retire`, as an operator runs it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.authn.accounts import add_user
from app.db.engine import Database
from app.domain.principal import Role
from app.domain.release import Release
from app.releases import register
from app.releases.manifest import release_of
from tests.command import Told, portcullis, started
from tests.conftest import SECRET
from tests.releases.made import PINS, RECIPE, SIGNER

pytestmark = pytest.mark.integration

ADMIN, CLERK = "admin@retire.example", "clerk@retire.example"
WEIGHTS = "weights of a model that went"
Run = Callable[..., Awaitable[Told]]


@pytest.fixture
def run(owner_url: str, tmp_path: Path) -> Run:
    environment = {
        "PORTCULLIS_DATABASE_URL": owner_url, "PORTCULLIS_SECRET_KEY": SECRET,
        "PORTCULLIS_CHAT_URL": "http://127.0.0.1:9/v1",
    }  # fmt: skip

    async def command(*words: str, run: Callable[..., Told] = portcullis) -> Told:
        said = ("release", words[0], "--data-dir", str(tmp_path), *words[1:])
        return await asyncio.to_thread(run, *said, **environment)

    return command


@pytest.fixture
async def gone(database: Database, tmp_path: Path) -> Release:
    """A release of before, with its weights on disk."""
    file = tmp_path / "models/gone/model.safetensors"
    file.parent.mkdir(parents=True)
    file.write_text(WEIGHTS)
    sums = {file.name: hashlib.sha256(WEIGHTS.encode()).hexdigest()}
    recipe = replace(RECIPE, model="gone").plain()
    model = {"verifiable": True, "files": sums}
    made = release_of({"format": 1, "recipe": recipe, "model": model, "pins": PINS}, SIGNER)
    await add_user(database, ADMIN, "", Role.ADMIN, None)
    await add_user(database, CLERK, "", Role.EMPLOYEE, None)
    async with database.app() as connection:
        await register.add(connection, made, "test", "made")
    return made


async def test_it_says_what_goes_then_removes_it_and_keeps_the_record(
    run: Run, gone: Release, tmp_path: Path
) -> None:
    folder = tmp_path / "models/gone"
    for name, who, why in (
        ("r-0123456789ab", ADMIN, "there is no release"),
        (gone.name, CLERK, "does not permit"),
        (gone.name, "nobody@retire.example", "nobody@retire.example"),
    ):
        code, _, err = await run("retire", name, "--as", who)
        assert code and why in err and "Traceback" not in err
    assert (await run("retire", gone.name))[0]

    code, out, err = await run("retire", gone.name, "--as", ADMIN, "--dry-run")
    assert not code, err
    assert "gone/model.safetensors" in out and folder.exists()
    assert "intake" in (await run("show", gone.name))[1]

    code, out, err = await run("retire", gone.name, "--as", ADMIN, "--reason", "replaced")
    assert not code, err
    assert f"{gone.name} is retired" in out and "gone/model.safetensors" in out
    assert not folder.exists()
    shown = (await run("show", gone.name))[1]
    for words in ("retired", "removes gone/model.safetensors", ADMIN, f"{len(WEIGHTS)} bytes"):
        assert words in shown
    code, out, err = await run("retire", gone.name, "--as", ADMIN, run=started)
    assert not code and "none is removed" in out, err
