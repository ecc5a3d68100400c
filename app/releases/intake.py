"""The first step of a model: where it is from, under which licence, what its files are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from app.db.engine import AppConnection
from app.errors import InvalidInput
from app.releases.files import FileDigests
from app.releases.model_files import SAFE, Kind, kind_of

CARDS = ("README.md", "MODEL_CARD.md", "modelcard.md")
SHORTEST_CARD = 200
"""Characters: less says nothing of what a model is for."""

_KEEP = text("""
insert into model_intake (model, source, licence, files, findings)
values (:model, :source, :licence, cast(:files as jsonb), cast(:findings as text[]))
""")
_OF = text("""
select at, model, source, licence, findings from model_intake
 where files @> cast(:files as jsonb) order by id desc
""")


@dataclass(frozen=True, slots=True)
class KeptIntake:
    """An intake as it is on record."""

    at: datetime
    model: str
    source: str
    licence: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intake:
    """`files` maps each to its SHA-256 and kind. With `findings` nothing may be made of it."""

    model: str
    source: str
    licence: str
    files: Mapping[str, Mapping[str, str]]
    findings: tuple[str, ...]


def look(
    folder: Path, source: str, licence: str, checksums: Mapping[str, str], digests: FileDigests
) -> Intake:
    """Look at a model's folder. Raises InvalidInput where there is none."""
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder of a model")
    findings: list[str] = []
    files: dict[str, dict[str, str]] = {}
    root = folder.resolve()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() or p.is_symlink()):
        name = path.relative_to(folder).as_posix()
        if not path.resolve().is_relative_to(root) or not path.is_file():
            findings.append(f"{name} is a link that leads out of the folder, or nowhere")
            continue
        kind = kind_of(path)
        files[name] = {"sha256": digests.of(path), "kind": kind.value}
    weights = {Path(n).parent for n, f in files.items() if f["kind"] == Kind.SAFETENSORS}
    for name, file in files.items():
        kind = Kind(file["kind"])
        if kind is Kind.PICKLE and Path(name).parent in weights:
            continue  # the numbers are there without code, and nothing here loads the other file
        if kind not in SAFE:
            findings.append(f"{name} is {kind} by its content; bring weights as safetensors")
        if name.endswith("config.json") and _runs_code(folder / name):
            findings.append(f"{name} asks for code of the model's own (auto_map); none is run here")
    for name, wanted in checksums.items():
        found = files.get(name, {}).get("sha256", "absent")
        if found != wanted.lower():
            findings.append(f"{name} is {found}, and not {wanted.lower()} as its checksum says")
    if not {Kind.SAFETENSORS, Kind.GGUF} & {Kind(f["kind"]) for f in files.values()}:
        findings.append("there are no weights as safetensors or GGUF")
    if not any(_says_something(folder / card) for card in CARDS):
        findings.append(f"there is no model card; write one as {CARDS[0]}")
    if not licence.strip() or not source.strip():
        findings.append("say its licence and its source")
    digests.keep()
    return Intake(folder.name, source, licence, files, tuple(findings))


async def keep(connection: AppConnection, intake: Intake) -> None:
    """On record, accepted or not."""
    await connection.execute(
        _KEEP,
        {
            "model": intake.model,
            "source": intake.source,
            "licence": intake.licence,
            "files": json.dumps(intake.files),
            "findings": list(intake.findings),
        },
    )


async def of_files(connection: AppConnection, files: Mapping[str, str]) -> list[KeptIntake]:
    """The intakes that looked at all these files, which are named with their SHA-256, newest first;
    of no files, none."""
    if not files:
        return []
    wanted = json.dumps({name: {"sha256": value} for name, value in files.items()})
    rows = await connection.execute(_OF, {"files": wanted})
    return [
        KeptIntake(row.at, row.model, row.source, row.licence, tuple(row.findings)) for row in rows
    ]


def _says_something(card: Path) -> bool:
    return card.is_file() and len(card.read_text("utf-8", "replace").strip()) >= SHORTEST_CARD


def _runs_code(config: Path) -> bool:
    try:
        return "auto_map" in json.loads(config.read_text(encoding="utf-8"))
    except (ValueError, TypeError):
        return False
