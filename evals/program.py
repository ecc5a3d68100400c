"""Which program measures, and with which labelled sets: a part of the composition root.

A version or a commit would not do: a tree may hold more than was committed. So it is the content of
all that runs, what a release pins, and the version of every package that is installed.
"""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import distributions
from pathlib import Path

from pydantic import SecretStr

from app.answering.profiles import profile_of
from app.inference.embed import LocalEmbedder
from app.inference.rerank import LocalReranker
from app.ingredients import ingredients
from app.releases.canonical import digest
from app.releases.files import FileDigests
from app.releases.manifest import manifest_of
from app.runtime.vllm import engine_version
from app.settings import PROJECT, Settings

FOLDERS = ("app", "ingestion", "evals", "migrations")
_RECORDED = PROJECT / "evals" / "recorded.json"
"""What was found another time changes nothing that is measured."""
_MADE = "__pycache__"


def program(settings: Settings) -> str:
    """One digest of the code, the packages, the models that come with them, the policies and the
    settings that an evaluated platform takes over. Raises ConfigurationError."""
    reranker = LocalReranker(settings.reranking_model) if settings.reranking_model else None
    profile = profile_of(settings.chat_model, settings.chat_profile)
    made_of = ingredients(settings, profile, LocalEmbedder(settings.embedding_model), reranker)
    manifest = manifest_of(made_of, FileDigests(None))
    return digest(
        {
            "code": {name: folder_digest(PROJECT / name) for name in FOLDERS},
            "pins": manifest["pins"],
            "recipe": manifest["recipe"],
            "settings": {
                name: str(value)
                for name, value in settings
                # what a path leads to is pinned; whatever may hold a secret stays out
                if name != "chat_url" and not isinstance(value, Path | SecretStr)
            },
            "engine": engine_version(),
            "packages": sorted(f"{one.name} {one.version}" for one in distributions()),
            "python": platform.python_version(),
        }
    )


def folder_digest(folder: Path) -> str:
    """One digest of all files below a folder, with their names; empty where there is none."""
    if not folder.is_dir():
        return ""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != _RECORDED and _MADE not in path.parts:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            whole.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return whole.hexdigest()
