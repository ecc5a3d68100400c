from pathlib import Path

import pytest

from app.inference.precision import precision
from app.runtime.folders import Folders
from app.runtime.vllm import EmbeddedVllm


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("fpu avx2 avx512f avx512_bf16", "bfloat16"), ("fpu avx2 f16c", "float32"), ("", "float32")],
)
def test_what_the_processor_multiplies_itself(flags: str, expected: str, tmp_path: Path) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text(f"processor : 0\nflags : {flags}\n")
    assert precision(told) == expected


def test_a_machine_that_says_nothing_computes_in_full(tmp_path: Path) -> None:
    assert precision(tmp_path / "absent") == "float32"


@pytest.mark.parametrize("numbers", ["bfloat16", "float32"])
def test_the_engine_computes_in_it(
    numbers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.runtime.vllm.precision", lambda: numbers)
    engine = EmbeddedVllm(Folders(tmp_path), 1, "key")
    engine.model_folder.mkdir(parents=True)
    command = engine.start().command
    assert command[command.index("--dtype") + 1] == numbers
