"""`portcullis keys`: the keys that seal what a request may read."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from app.cli.operator import on_record
from app.cli.settings import Books, DataDir, settings_from, with_books
from app.cli.tables import table

app = typer.Typer(no_args_is_help=True)


@app.command("rotate")
def rotate(
    now: Annotated[
        bool, typer.Option("--now", help="End the older keys at once: one may be known.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Seal with a new key. Requests that are under way go on; with --now they seal again."""
    from app.db import keys

    settings = settings_from(data_dir)
    grace = timedelta(seconds=0 if now else settings.scope_seconds)

    async def work(books: Books) -> None:
        async with on_record(books.recorder, "keys-rotated", grace=f"{grace.total_seconds():.0f}s"):
            made = keys.rotate(books.owner_url, grace)
        print(f"key {made} seals from now on; older ones " + ("have ended" if now else _end(grace)))

    with_books(settings, work)


@app.command("list")
def list_all(data_dir: DataDir = None) -> None:
    """List the keys by number and age, never the keys themselves."""
    from app.db import keys

    async def work(books: Books) -> None:
        rows = [
            (
                key.id,
                f"{key.made_at:%Y-%m-%d %H:%M:%S}",
                "seals"
                if key.ends_at is None
                else f"{'ended' if key.ended else 'holds until'} {key.ends_at:%Y-%m-%d %H:%M:%S}",
            )
            for key in keys.list_keys(books.owner_url)
        ]
        print(table(("key", "made (UTC)", "state (UTC)"), rows))

    with_books(settings_from(data_dir), work)


def _end(grace: timedelta) -> str:
    return f"hold for {grace.total_seconds():.0f} s more"
