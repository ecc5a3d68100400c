"""What has to be here before anything starts: Python, the model's files, room for data."""

from __future__ import annotations

import os
import shutil
import sys

from app.errors import PortcullisError
from app.runtime.doctor.finding import Finding
from app.runtime.vllm import ENGINE, packaged_gguf
from app.settings import Settings

NEEDED_GIGABYTES = 2


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info[:2] == (3, 11)
    return Finding("Python", ok, version, "" if ok else "use Python 3.11 and run `make setup`")


def engine_installed(settings: Settings) -> Finding:
    if settings.chat_url is not None:
        return Finding("model files", True, "", "")
    try:
        gguf = packaged_gguf()
    except PortcullisError as error:
        return Finding("model files", False, "", error.message)
    if not ENGINE.exists():
        return Finding("model files", False, gguf.name, "no engine; run `make setup`")
    return Finding("model files", True, gguf.name)


def data_folder(settings: Settings) -> Finding:
    root = settings.root
    present = next(p for p in (root, *root.parents) if p.exists())
    if not os.access(present, os.W_OK):
        return Finding("data folder", False, str(root), f"let this user write into {present}")
    secrets = root / "secrets"
    if secrets.is_dir() and secrets.stat().st_mode & 0o077:
        return Finding(
            "data folder", False, str(root), f"others can read secrets: chmod 700 {secrets}"
        )
    free = shutil.disk_usage(present).free // 10**9
    if free < NEEDED_GIGABYTES:
        return Finding("data folder", False, str(root), f"only {free} GB are free; make room")
    return Finding("data folder", True, f"{root} ({free} GB free)")
