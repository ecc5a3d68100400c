"""A retired release takes along the files that only it needed, and its record says which."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app.authn.accounts import add_user
from app.db.engine import Database
from app.domain.principal import Account, Role
from app.domain.release import Release, Stage
from app.errors import ConfigurationError, NotFound, NotPermitted
from app.releases import register
from app.releases.files import FileDigests
from app.releases.lifecycle import Lifecycle
from app.releases.manifest import release_of
from app.releases.removal import Removal
from app.releases.rules import Rules
from app.settings import PROJECT
from tests.releases.made import BARS, GATE_SIGNER, PINS, RECIPE, SIGNER

pytestmark = pytest.mark.integration

OLD = {"config.json": "{}", "model.safetensors": "old weights", "onnx/model.onnx": "the same"}
NEW = {"config.json": "{}", "model.safetensors": "new weights"}


class Shelf:
    """Two models on disk: `new` is what runs here, `old` what a release of before ran."""

    def __init__(self, database: Database, root: Path, admin: Account) -> None:
        self.database, self.models, self.admin = database, root / "models", admin
        self.running = self.release("new", NEW)
        self.old = self.release("old", OLD)
        rules = Rules.load(PROJECT / "policies")
        self.way = Lifecycle(database, self.running, SIGNER, GATE_SIGNER, rules, BARS)
        self.removal = Removal(database, self.models, self.running, FileDigests(None))

    def release(self, model: str, files: dict[str, str], seed: int = 7) -> Release:
        """With the files on disk where they are not yet."""
        for name, words in files.items():
            path = self.models / model / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(words)
        sums = {name: hashlib.sha256(words.encode()).hexdigest() for name, words in files.items()}
        manifest = {
            "format": 1, "recipe": replace(RECIPE, model=model, seed=seed).plain(),
            "model": {"verifiable": True, "files": sums}, "pins": PINS,
        }  # fmt: skip
        return release_of(manifest, SIGNER)

    async def kept(self, *made: Release) -> None:
        async with self.database.app() as connection:
            for one in made:
                await register.add(connection, one, "test", "made")

    async def retired(self, made: Release) -> list[str]:
        if not await self.way.may_retire(made.name):
            await self.way.promote(made.name, Stage.RETIRED, self.admin)
        return [file.path for file in await self.removal.remove(made.name, self.admin.email)]

    @property
    def there(self) -> set[str]:
        files = (path for path in self.models.rglob("*") if not path.is_dir())
        return {path.relative_to(self.models).as_posix() for path in files}


@pytest.fixture
async def shelf(database: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Shelf:
    admin = await add_user(
        database, f"{request.node.name[:40]}@shelf.example", "", Role.ADMIN, None
    )
    made = Shelf(database, tmp_path, admin)
    await made.kept(made.running, made.old)
    return made


@pytest.fixture(autouse=True)
def apart(owner_url: str) -> Iterator[None]:
    """Without the releases that another test made: they would pin the same files."""
    yield
    owner = create_engine(owner_url)
    with owner.begin() as connection:
        connection.execute(text("truncate release cascade"))
        connection.execute(text("insert into traffic default values on conflict do nothing"))
    owner.dispose()


async def test_only_what_no_other_release_pins_goes_and_stands_on_record(shelf: Shelf) -> None:
    async with shelf.database.app() as connection:
        seen = await shelf.removal.would(connection, shelf.old.name)
    assert shelf.there >= {f"old/{name}" for name in OLD}  # so far nothing is gone
    removed = await shelf.retired(shelf.old)
    assert removed == [file.path for file in seen] == [
        "old/model.safetensors", "old/onnx/model.onnx",
    ]  # fmt: skip
    assert shelf.there == {"old/config.json", "new/config.json", "new/model.safetensors"}
    async with shelf.database.app() as connection:
        said = {e.what: e.reason for e in await register.events(connection, shelf.old.name)}
    weights = hashlib.sha256(b"old weights").hexdigest()
    assert said["removes old/model.safetensors"] == f"sha256 {weights}, 11 bytes"
    assert await shelf.retired(shelf.old) == []


async def test_a_release_that_is_not_retired_keeps_its_files(shelf: Shelf) -> None:
    again = shelf.release("old", OLD, seed=8)
    await shelf.kept(again)
    assert await shelf.retired(shelf.old) == []
    removed = await shelf.retired(again)
    assert set(removed) == {"old/model.safetensors", "old/onnx/model.onnx"}


async def test_an_emptied_folder_goes_and_a_broken_off_removal_goes_on(shelf: Shelf) -> None:
    alone = shelf.release("alone", {"model.safetensors": "alone", "vocab.txt": "words"})
    await shelf.kept(alone)
    (shelf.models / "alone/vocab.txt").unlink()
    assert await shelf.retired(alone) == ["alone/model.safetensors"]
    assert not (shelf.models / "alone").exists() and shelf.models.is_dir()


async def test_what_answers_here_is_not_retired_and_what_is_not_retired_stays(
    shelf: Shelf,
) -> None:
    with pytest.raises(NotPermitted, match="what answers here"):
        await shelf.retired(shelf.running)
    with pytest.raises(NotPermitted, match="is not retired"):
        await shelf.removal.remove(shelf.old.name, "test")
    with pytest.raises(NotFound):
        await shelf.removal.remove("r-0123456789ab", "test")
    assert shelf.there >= {f"old/{name}" for name in OLD}


@pytest.mark.parametrize("change", ["another file", "other content", "a link", "a linked folder"])
async def test_a_folder_that_is_not_the_release_s_any_more_is_left(
    shelf: Shelf, change: str
) -> None:
    folder = shelf.models / "old"
    if change == "another file":
        (folder / "notes.txt").write_text("mine")
    elif change == "other content":
        (folder / "model.safetensors").write_text("newer weights")
    elif change == "a link":
        (folder / "onnx/model.onnx").rename(shelf.models.parent / "elsewhere")
        (folder / "onnx/model.onnx").symlink_to(shelf.models.parent / "elsewhere")
    else:
        folder.rename(shelf.models.parent / "moved")
        folder.symlink_to(shelf.models.parent / "moved")
    assert await shelf.retired(shelf.old) == []


@pytest.mark.parametrize("name", ["../outside", "new/../old", "", "."])
async def test_no_name_of_a_model_leads_out_of_the_folder(shelf: Shelf, name: str) -> None:
    outside = shelf.release(name, {"alone.safetensors": "nobody else has this"})
    await shelf.kept(outside)
    assert await shelf.retired(outside) == []


async def test_an_absolute_name_leads_nowhere(shelf: Shelf, tmp_path: Path) -> None:
    outside = shelf.release(str(tmp_path / "absolute"), {"weights.safetensors": "not ours"})
    await shelf.kept(outside)
    assert await shelf.retired(outside) == []
    assert (tmp_path / "absolute/weights.safetensors").exists()


async def test_what_cannot_be_removed_is_named(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(ConfigurationError, match=r"old/model\.safetensors could not be removed"):
        await shelf.retired(shelf.old)
    monkeypatch.undo()
    assert len(await shelf.retired(shelf.old)) == 2
