"""Libraries that would report how they are used are told not to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(("before", "speaks"), [("", True), ("import app", False)])
def test_the_onnx_runtime_reports_nothing(before: str, speaks: bool, project: Path) -> None:
    """Where it would, and can keep no name for this machine, it warns of that."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("CI", "ORT_DISABLE_TELEMETRY")
    }
    done = subprocess.run(
        [sys.executable, "-c", f"{before}\nimport onnxruntime"],
        env={**environment, "HOME": os.devnull, "XDG_CACHE_HOME": os.devnull},
        cwd=project, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ("telemetry" in done.stderr) == speaks, done.stderr
