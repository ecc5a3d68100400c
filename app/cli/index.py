"""`portcullis index`: the approximate indexes of large audiences."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from app.cli.settings import Books, DataDir, settings_from, with_books
from app.cli.tables import table

app = typer.Typer(no_args_is_help=True)


@app.command("keep")
def keep(
    every: Annotated[
        int | None, typer.Option(help="Go on, with so many seconds between.", min=1)
    ] = None,
    memory: Annotated[
        int | None,
        typer.Option(help="MB that a build may take.", min=1, show_default="what the server says"),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Make, renew and drop the indexes that are due, beside all reads and writes.

    An index is of all that everybody who holds one group may read of a classification, and is
    kept from PORTCULLIS_AUDIENCE_CHUNKS chunks on. It needs the rights of the database's owner.
    """
    from app.authz.levels import load_levels
    from app.db.audience_index import as_owner
    from app.retrieval import keep as keeping

    settings = settings_from(data_dir)
    levels = load_levels(settings.policies)

    async def work(books: Books) -> None:
        async with as_owner(books.owner_url, memory) as owner:
            while True:
                due = False
                async for done in keeping.keep(
                    books.database, owner, levels, settings.audience_chunks
                ):
                    due = True
                    print(done, flush=True)
                if every is None:
                    if not due:
                        print("no index is due")
                    return
                await asyncio.sleep(every)

    with_books(settings, work)


@app.command("list")
def list_all(data_dir: DataDir = None) -> None:
    """List the indexes that are kept, with what was counted in them."""
    from app.db.audiences import kept_audiences

    async def work(books: Books) -> None:
        async with books.database.glance() as connection:
            kept = await kept_audiences(connection)
        rows = [
            (a.id, a.name, a.classification, a.state, a.slots.chunks, len(a.slots.ids))
            for a in kept
        ]
        print(table(("index", "audience", "classification", "state", "chunks", "slots"), rows))

    with_books(settings_from(data_dir), work)
