"""The `portcullis` command. A process takes seconds to start, so what a command does is asked in
this one; that it starts at all, with nothing imported before, is asked of a process once."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from unittest.mock import patch

from app.cli import main
from app.settings import PROJECT

Told = tuple[int, str, str]
"""Exit code, output, errors."""
QUIET = {"PORTCULLIS_DEBUG": "0"}


def portcullis(*words: str, **environment: str) -> Told:
    """Run it here. It runs a loop of its own, so a test that runs in one calls it in a thread."""
    out, err = StringIO(), StringIO()
    with (
        patch.object(sys, "argv", ["portcullis", *words]),
        patch.dict(os.environ, {**QUIET, **environment}),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return code, out.getvalue(), err.getvalue()


def started(*words: str, **environment: str) -> Told:
    """Run it as a terminal does."""
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *words], cwd=PROJECT, capture_output=True, text=True,
        env={**os.environ, **QUIET, **environment},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr
