"""`portcullis release`: what answers depend on, and which of it answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from app.cli.gates import answering
from app.cli.operator import on_record
from app.cli.settings import DataDir, settings_from, with_parts
from app.cli.tables import table, visible

if TYPE_CHECKING:
    from app.compose import Parts

app = typer.Typer(no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="As the API answers.")]


@app.callback()
def _group() -> None:
    """Releases."""


@app.command("list")
def list_all(as_json: Json = False, data_dir: DataDir = None) -> None:
    """List the releases, newest first, with what runs here and which of them answers."""
    from app.releases import register
    from app.releases.shown import overview

    async def work(parts: Parts) -> None:
        running = await parts.serving().register()
        async with parts.database.app() as connection:
            body = await overview(connection, await register.list_all(connection), running.name)
        if as_json:
            print(json.dumps(body, indent=2))
            return
        rows = [
            (r["name"], r["stage"], r["at"][:19], r["model"], r["profile"],
             "runs here" if r["name"] == running.name else "")
            for r in body["releases"]
        ]  # fmt: skip
        print(table(("release", "stage", "since (UTC)", "model", "profile", ""), rows))
        print(answering(body["traffic"]))

    with_parts(settings_from(data_dir), work)


@app.command()
def show(name: str, as_json: Json = False, data_dir: DataDir = None) -> None:
    """Show what a release pins, its gate reports and its way so far."""
    from app.releases.shown import whole

    async def work(parts: Parts) -> None:
        await parts.serving().register()
        async with parts.database.app() as connection:
            body = await whole(connection, name, parts.running.signer)
        if as_json:
            print(json.dumps(body, indent=2))
            return
        print(f"{body['name']}  {body['stage']}  sha256 {body['digest']}")
        print(
            f"{'signed here' if body['signature_holds'] else 'NOT as signed here'}, key"
            f" {body['signature']['key_id']}\n"
        )
        for part in ("recipe", "model"):
            print(table((part, ""), sorted(body["manifest"][part].items())) + "\n")
        pins = body["manifest"]["pins"]
        print(table(("pinned", "in short"), [(k, _short(v)) for k, v in pins.items()]) + "\n")
        gates = [(g["at"][:19], g["effort"], g["verdict"], g["lines"]) for g in body["gates"]]
        print(table(("gate report (UTC)", "effort", "verdict", "lines"), gates) + "\n")
        way = [(e["at"][:19], e["who"], e["what"], e["to"] or "", e["reason"]) for e in body["way"]]
        print(table(("when (UTC)", "who", "what", "stage", "why"), way))
        for count in body["compared"]:
            print(", ".join(f"{key} {value}" for key, value in count.items()))

    with_parts(settings_from(data_dir), work)


@app.command()
def vary(
    model: Annotated[str | None, typer.Option(help="Name of a model at the endpoint.")] = None,
    profile: Annotated[str | None, typer.Option(help="evidence or context.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the sampling.")] = None,
    passages: Annotated[
        int | None, typer.Option(help="Looked through for evidence.", min=1)
    ] = None,
    context_passages: Annotated[
        int | None, typer.Option(help="Given to a model that reads passages.", min=1)
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Register what runs here with another recipe, and print the name of that release."""
    from dataclasses import replace

    from app.answering.profiles import profile_of
    from app.releases import register
    from app.releases.manifest import release_of, varied

    if profile is not None:
        profile_of("", profile)
    given = {"model": model, "profile": profile, "seed": seed, "passages": passages,
             "context_passages": context_passages}  # fmt: skip
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}

    async def work(parts: Parts) -> None:
        running = await parts.serving().register()
        made = release_of(
            varied(running.manifest, replace(running.recipe, **changes)), parts.running.signer
        )
        async with (
            on_record(parts.recorder, "release", release=made.name, command="vary"),
            parts.database.app() as connection,
        ):
            await register.add(connection, made, "operator", "varied what runs")
        print(made.name)

    with_parts(settings_from(data_dir), work)


@app.command()
def replay(audit_id: UUID, data_dir: DataDir = None) -> None:
    """Build a recorded answer again, as the same person and by the same release; exit code 0 only
    when it is the same, and otherwise the first thing that differs."""
    from app.answering.replay import replay as build

    async def work(parts: Parts) -> bool:
        async with on_record(parts.recorder, "release", command="replay", record=str(audit_id)):
            found = await build(parts.serving(), audit_id)
        print(f"record {audit_id}, release {found.release}, revision {found.revision}")
        print(f"differs: {visible(found.differs)}" if found.differs else "the same to the letter")
        return found.same

    raise typer.Exit(0 if with_parts(settings_from(data_dir), work) else 1)


def _short(value: Any) -> str:
    words = ", ".join(map(str, value)) if isinstance(value, dict) else str(value)
    return visible(words)[:90]
