"""The whole platform as a user starts it, once per session."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from app.runtime.process import leftovers
from app.runtime.show import PASSWORD
from app.settings import PROJECT

START_SECONDS = 420


@dataclass(frozen=True)
class Platform:
    """A running `portcullis up --demo`."""

    url: str
    data: Path
    process: subprocess.Popen[str]

    def token(self, email: str) -> str:
        body = {"email": email, "password": PASSWORD}
        answer = httpx.post(f"{self.url}/api/v1/tokens", json=body, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["token"])

    def client(self, email: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token(email)}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=120)

    def command(self, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run the `portcullis` command on this installation."""
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *words, "--data-dir", str(self.data)],
            cwd=PROJECT, input=stdin, capture_output=True, text=True, timeout=900,
        )  # fmt: skip


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    with tempfile.TemporaryDirectory(prefix="portcullis-e2e-") as folder:
        Path(folder).chmod(0o711)
        data = Path(folder) / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        output = Path(folder) / "up.log"
        with output.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "up", "--demo", "--data-dir", str(data),
                 "--port", str(port)],
                cwd=PROJECT, env=dict(os.environ), stdout=log, stderr=subprocess.STDOUT, text=True,
                start_new_session=True,
            )  # fmt: skip
        try:
            deadline = time.monotonic() + START_SECONDS
            while "Ctrl-C stops everything" not in output.read_text():
                assert process.poll() is None, output.read_text()
                assert time.monotonic() < deadline, output.read_text()
                time.sleep(0.5)
            sys.stdout.write(output.read_text())
            yield Platform(f"http://127.0.0.1:{port}", data, process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
            # Ctrl-C leaves nothing behind
            assert leftovers(data.resolve()) == []
