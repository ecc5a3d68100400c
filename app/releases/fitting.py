"""Whether a process can serve a release: all but the recipe must be what it was started with."""

from __future__ import annotations

from app.domain.release import Release
from app.releases.manifest import differing

_DEPLOY = {
    "code": "this version of Portcullis",
    "libraries": "the libraries that it was made with",
    "prompts": "its prompts, which come with its code",
    "figures": "its figures, which come with its code",
    "embedding": "its embedding model, and an index built with it",
    "reranking": "its reranking model",
    "index": "its schema and pipeline, and an index built by them",
    "policies": "its policy files",
    "image": "its container image",
}


def misfits(wanted: Release, running: Release) -> str:
    """What has to be deployed first, in one sentence, empty when nothing has to be."""
    missing = [_DEPLOY.get(pin, pin) for pin in differing(wanted.pins, running.pins)]
    if wanted.recipe.endpoint != running.recipe.endpoint:
        missing.append(f"a process whose chat endpoint is {wanted.recipe.endpoint}")
    elif wanted.manifest["model"] != running.manifest["model"]:
        missing.append("its weights and engine")
    if not missing:
        return ""
    return f"{wanted.name} cannot be served by what runs here; first deploy {', '.join(missing)}"
