"""Everything that an answer depends on, as one manifest, and the release that it makes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from app.domain.recipe import Recipe
from app.domain.release import Release
from app.errors import ConfigurationError
from app.releases.canonical import digest
from app.releases.files import FileDigests, source_digest
from app.releases.signing import Signer

FORMAT = 1
CODE = (
    "app/answering", "app/authz", "app/compose.py", "app/db", "app/domain", "app/inference",
    "app/retrieval", "ingestion", "migrations/versions",
)  # fmt: skip
"""The source that a question or a document passes through."""
LIBRARIES = (
    "torch", "transformers", "sentence-transformers", "tokenizers", "presidio-analyzer", "spacy",
    "unstructured", "pgvector", "psycopg", "openai", "pycasbin",
)  # fmt: skip
"""What computes vectors, entities, elements and decisions."""
NAMED = 12
"""Hex digits of a name."""


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What the composition root knows. `model_folder` is None where the engine is not ours, and
    `engine` is empty then. `figures` are the settings of retrieval and guards, in words,
    `numbers` what vectors are computed in, `schema` is the newest migration, `image` the digest of
    the container image, empty outside of one."""

    recipe: Recipe
    root: Path
    prompts: Mapping[str, str]
    figures: Mapping[str, str]
    policies: Path
    model_folder: Path | None
    engine: Mapping[str, str]
    embedding: Path
    reranking: Path | None
    dimensions: int
    numbers: str
    schema: str
    image: str


def manifest_of(of: Ingredients, digests: FileDigests) -> dict[str, Any]:
    """The manifest. Raises ConfigurationError when a file of it cannot be read."""
    try:
        made = {
            "format": FORMAT,
            "recipe": of.recipe.plain(),
            "model": _model(of, digests),
            "pins": {
                "code": {part: source_digest(of.root, part) for part in CODE},
                "libraries": {name: _version(name) for name in LIBRARIES},
                "prompts": dict(of.prompts),
                "figures": dict(of.figures),
                "embedding": digests.of_folder(of.embedding),
                "reranking": digests.of_folder(of.reranking) if of.reranking else {},
                "index": {
                    "schema": of.schema,
                    "dimensions": of.dimensions,
                    "numbers": of.numbers,
                    "chunker": source_digest(of.root, "ingestion/chunk.py"),
                    "pipeline": source_digest(of.root, "ingestion/pipeline.py"),
                },
                "policies": _policies(of.policies, digests),
                "image": of.image,
            },
        }
    except (OSError, UnicodeDecodeError) as error:
        name = getattr(error, "filename", None) or of.policies
        raise ConfigurationError(f"{name} cannot be read, so no release can be named") from error
    digests.keep()
    return made


def release_of(manifest: Mapping[str, Any], signer: Signer) -> Release:
    """Named by its content and signed."""
    content = dict(manifest)
    found = digest(content)
    return Release(f"r-{found[:NAMED]}", found, content, signer.sign(content))


def sound(release: Release, signer: Signer) -> bool:
    """Whether a release is what its name says, and signed by this installation."""
    content = dict(release.manifest)
    return (
        digest(content) == release.digest
        and release.name == f"r-{release.digest[:NAMED]}"
        and signer.signed(content, release.signature)
    )


def varied(manifest: Mapping[str, Any], recipe: Recipe) -> dict[str, Any]:
    """The same with another recipe."""
    return {**manifest, "recipe": recipe.plain()}


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    """What two sets of pins, or two models, do not have in common, by name, sorted."""
    return tuple(sorted(key for key in {*one, *other} if one.get(key) != other.get(key)))


def _model(of: Ingredients, digests: FileDigests) -> dict[str, Any]:
    if of.model_folder is None:
        return {
            "verifiable": False,
            "why": "it is served by an endpoint that is not ours, which may exchange it unnoticed",
        }
    files = digests.of_folder(of.model_folder) if of.model_folder.is_dir() else {}
    config = of.model_folder / "config.json"
    said = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
    quantised = said.get("quantization_config")
    return {
        "verifiable": True,
        "files": files,
        "engine": dict(of.engine),
        "numbers": str(said.get("dtype") or said.get("torch_dtype") or "unknown"),
        "quantisation": json.dumps(quantised, sort_keys=True) if quantised else "none",
    }


def _policies(folder: Path, digests: FileDigests) -> dict[str, dict[str, str]]:
    return {
        path.name: {"sha256": digests.of(path), "content": path.read_text(encoding="utf-8")}
        for path in sorted(folder.iterdir())
        if path.is_file()
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
