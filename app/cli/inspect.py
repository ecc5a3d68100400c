"""`portcullis inspect`."""

from __future__ import annotations

import asyncio
import json
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.settings import DataDir, settings_from
from app.cli.tables import table, visible
from app.errors import InvalidInput

SHOWN = 1_000
"""Characters of the redacted text."""


def inspect(
    files: Annotated[list[Path], typer.Argument(help="Files as a source might have them.")],
    floor: Annotated[
        str | None, typer.Option(help="Classification that the source would state.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Show what ingestion would make of files: elements, classification and why, what is replaced.

    Nothing is indexed, and no service has to run.
    """
    settings = settings_from(data_dir)
    for file in files:
        if not file.is_file():
            raise InvalidInput(f"{file} is no file; name files, not folders")
    looking = import_module("ingestion.looking")  # ingestion stands on the service

    async def work() -> bool:
        sound = True
        async for found in looking.look_at(files, settings.policies, floor):
            sound = sound and "problem" not in found
            print(json.dumps(found, ensure_ascii=False) if as_json else _told(found), flush=True)
        return sound

    raise typer.Exit(0 if asyncio.run(work()) else 1)


def _told(said: dict[str, Any]) -> str:
    name = visible(said["file"])
    if problem := said.get("problem"):
        return f"{name}\n  {problem['stage']}: {problem['reason']}; {problem['advice']}\n"
    kinds = [element["kind"] for element in said["elements"]]
    counted = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    replaced = ", ".join(f"{n} {type_}" for type_, n in said["redactions"].items()) or "nothing"
    rows = [
        ("title", said["title"]),
        ("elements", counted),
        ("classification", said["classification"]),
        *(("", f"since {reason}") for reason in said["evidence"]),
        ("replaced", replaced),
    ]
    text = said["redacted"]
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]} ... ({len(text):,} characters)"
    lines = "\n".join(visible(line) for line in shown.splitlines())
    return f"{name}{table(('', ''), rows)}\n\n{lines}\n"
