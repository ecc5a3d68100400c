"""`portcullis source`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.catalog.kinds import KINDS
from app.cli import decisions, previews, syncs
from app.cli.configured import configured
from app.cli.operator import on_record
from app.cli.settings import Books, DataDir, settings_from, with_books, with_parts
from app.cli.tables import table, visible
from app.domain.source import Schedule

if TYPE_CHECKING:
    from app.compose import Parts

app = typer.Typer(no_args_is_help=True)

app.command("sync")(syncs.sync)
app.command("pause")(syncs.pause)
app.command("resume")(syncs.resume)
app.command("cancel")(syncs.cancel)
app.command("preview")(previews.preview)
app.command("decide")(decisions.decide)
app.command("undecide")(decisions.undecide)
app.command("reviews")(decisions.reviews)


@app.command()
def add(
    key: str,
    path: Annotated[Path | None, typer.Option(help="Folder of a filesystem source.")] = None,
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")] = "filesystem",
    said: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Config of the kind; a value may be JSON."),
    ] = None,
    config_file: Annotated[
        Path | None, typer.Option("--config", help="JSON or YAML file with the config of the kind.")
    ] = None,
    floor: Annotated[str, typer.Option(help="Every document is at least this strict.")] = "public",
    owner: Annotated[str | None, typer.Option(help="E-mail of who manages it.")] = None,
    base_url: Annotated[str, typer.Option(help="What citations link documents to.")] = "",
    sync_minutes: Annotated[
        int | None, typer.Option(help="Sync by itself after so long; 0: never.")
    ] = None,
    permission_minutes: Annotated[
        int | None, typer.Option(help="Sync ACLs by themselves after so long; 0: never.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Register a source, or change the one with this key."""
    from app.catalog.sources import register

    config = configured(config_file, said or [])
    if path is not None:
        config["path"] = str(path.expanduser().resolve())
    if path is not None and not Path(config["path"]).exists():
        print(f"{config['path']} is not here; it must be there for the worker", file=sys.stderr)
    if base_url:
        config["base_url"] = base_url

    async def work(parts: Parts) -> None:
        async with on_record(parts.recorder, "source", source=key, change="put"):
            source = await register(
                parts.database, None, key=key, kind=kind, config=config,
                classification_floor=floor, owner=owner, levels=parts.levels,
                schedule=Schedule(sync_minutes, permission_minutes),
            )  # fmt: skip
        print(f"source {source.key} is registered; `portcullis source sync {source.key}` reads it")

    with_parts(settings_from(data_dir), work)


@app.command("list")
def list_all(data_dir: DataDir = None) -> None:
    """List the sources with their counts and open problems."""
    from app.catalog.overview import overview

    async def work(parts: Parts) -> None:
        found = await overview(parts.database, None)
        rows = [
            (
                e.source.key,
                e.source.kind,
                f"{e.indexed}/{e.documents}",
                e.source.classification_floor,
                e.source.owner or "",
                e.withheld,
                len(e.problems),
                f"{e.source.synced_at:%Y-%m-%d %H:%M}" if e.source.synced_at else "never",
            )
            for e in found
        ]
        header = (
            "source",
            "kind",
            "indexed",
            "floor",
            "owner",
            "withheld",
            "problems",
            "synced (UTC)",
        )
        print(table(header, rows))
        for entry in found:
            for p in entry.problems:
                print(f"  {entry.source.key}: {visible(p.external_id)}: {p.reason}; {p.advice}")

    with_parts(settings_from(data_dir), work)


@app.command()
def secret(key: str, data_dir: DataDir = None) -> None:
    """Keep the password or key with which a source is read, from standard input; empty: none."""
    given = sys.stdin.readline().rstrip("\n")

    async def work(parts: Parts) -> None:
        async with on_record(parts.recorder, "source", source=key, change="secret"):
            await parts.source_secrets.put(None, key, given)
        print(f"source {key} {'has its secret' if given else 'has no secret any more'}")

    with_parts(settings_from(data_dir), work)


@app.command()
def confirm(key: str, data_dir: DataDir = None) -> None:
    """Stand by all ACLs of a source as they are: their leases begin anew."""
    from app.catalog.sources import confirm_source

    async def work(books: Books) -> None:
        async with on_record(books.recorder, "source", source=key, change="confirmed"):
            await confirm_source(books.database, None, key)
        print(f"source {key} is confirmed")

    with_books(settings_from(data_dir), work)


@app.command()
def remove(key: str, data_dir: DataDir = None) -> None:
    """Remove a source and everything indexed from it."""
    from app.catalog.sources import remove_source

    async def work(parts: Parts) -> None:
        async with on_record(parts.recorder, "source", source=key, change="removed"):
            await remove_source(parts.database, None, key, parts.levels)
        print(f"source {key} and everything from it are gone")

    with_parts(settings_from(data_dir), work)
