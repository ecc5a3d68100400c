"""`portcullis release intake`: look at a model before anything is made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.operator import on_record
from app.cli.promotions import app
from app.cli.settings import Books, DataDir, settings_from, with_books
from app.cli.tables import visible
from app.errors import InvalidInput

__all__ = ["app"]


@app.command()
def intake(
    folder: Annotated[Path, typer.Argument(help="Of the model's files.")],
    licence: Annotated[str, typer.Option("--license", help="Such as Apache-2.0.")],
    source: Annotated[str, typer.Option(help="Where it is from, with its version.")],
    checksum: Annotated[
        list[str] | None, typer.Option(help="FILE=SHA256, as its source says; repeatable.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Scan the files by content, hold them to their checksums, ask for a model card; keep the
    record. Exit code 0 only when nothing is wrong."""
    from app.releases.files import FileDigests
    from app.releases.intake import keep, look

    sums = dict(_pair(words) for words in checksum or ())
    settings = settings_from(data_dir)
    digests = FileDigests(settings.root / "releases" / "digests.json")
    found = look(folder, source, licence, sums, digests)

    async def work(books: Books) -> None:
        async with (
            on_record(books.recorder, "release", command="intake", model=found.model),
            books.database.app() as connection,
        ):
            await keep(connection, found)

    with_books(settings, work)
    for finding in found.findings:
        print(visible(finding))
    verdict = "refused" if found.findings else "accepted"
    print(f"{len(found.files)} files of {visible(found.model)}: {verdict}")
    raise typer.Exit(1 if found.findings else 0)


def _pair(words: str) -> tuple[str, str]:
    name, _, value = words.rpartition("=")
    if not name or len(value) != 64:
        raise InvalidInput(f"{words!r} is no FILE=SHA256")
    return name, value
