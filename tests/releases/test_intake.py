"""A model is taken in when its files hold numbers and no code, and it is known what it is."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app.releases.files import FileDigests
from app.releases.intake import Intake, look
from app.releases.model_files import Kind, kind_of

CARD = "# A model\n\n" + "It is small, and made for tests. " * 10
HEADER = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
SAFETENSORS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(4)


class Harmful:
    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return print, ("run",)


def _zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data", pickle.dumps([1, 2, 3]))
    return file.getvalue()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(SAFETENSORS)
    (folder / "config.json").write_text("{}")
    (folder / "README.md").write_text(CARD)
    return folder


def taken(folder: Path, **said: dict[str, str]) -> Intake:
    checksums = said.get("checksums", {})
    return look(folder, "a registry, 1.0", "Apache-2.0", checksums, FileDigests(None))


def test_a_sound_model_is_accepted(model: Path) -> None:
    found = taken(model)
    assert found.findings == ()
    assert found.files["model.safetensors"]["kind"] == "safetensors"
    digest = found.files["model.safetensors"]["sha256"]
    assert taken(model, checksums={"model.safetensors": digest}).findings == ()


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", ["model.bin", "model.safetensors", "vocab.txt", "notes"])
def test_a_pickle_is_one_whatever_it_is_called(model: Path, name: str, protocol: int) -> None:
    (model / "model.safetensors").unlink()
    (model / name).write_bytes(pickle.dumps(Harmful(), protocol))
    assert any("pickle by its content" in finding for finding in taken(model).findings)


def test_a_pickle_in_an_archive_is_found_by_content(model: Path) -> None:
    (model / "part.bin").write_bytes(_zipped())
    assert kind_of(model / "part.bin") is Kind.PICKLE
    assert taken(model).findings == (), "the same numbers stand beside it as safetensors"
    (model / "model.safetensors").unlink()
    assert any("part.bin is pickle" in finding for finding in taken(model).findings)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("modeling.py", b"print(1)", "is code"),
        ("weights.h5", b"\x89HDF\r\n\x1a\n1234", "is HDF5"),
        ("blob", b"\x00\xff\x00\xfe", "is unknown"),
        ("config.json", b'{"auto_map": {"AutoModel": "modeling.M"}}', "auto_map"),
        ("README.md", b"A model.", "no model card"),
        ("model.safetensors", b"\xff" * 64, "no weights"),
    ],
)
def test_what_is_wrong_is_named(model: Path, name: str, content: bytes, said: str) -> None:
    (model / name).write_bytes(content)
    assert any(said in finding for finding in taken(model).findings)


def test_a_list_of_words_is_no_pickle(model: Path) -> None:
    (model / "vocab.txt").write_text("cat\ndog\nitem\nother\n")
    assert taken(model).findings == ()


def test_another_checksum_and_a_link_out_are_named(model: Path, tmp_path: Path) -> None:
    assert "as its checksum says" in taken(model, checksums={"config.json": "0" * 64}).findings[0]
    (tmp_path / "outside").write_text("x")
    (model / "tokenizer.json").symlink_to(tmp_path / "outside")
    assert any("leads out" in finding for finding in taken(model).findings)
