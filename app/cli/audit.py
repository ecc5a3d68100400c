"""`portcullis audit`."""

from __future__ import annotations

import json
import sys
from typing import Annotated
from uuid import UUID

import typer

from app.cli.operator import on_record
from app.cli.settings import Books, DataDir, settings_from, with_books
from app.cli.tables import table
from app.cli.times import time_from

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The record."""


@app.command()
def query(
    subject: Annotated[str | None, typer.Option(help="E-mail of the person.")] = None,
    action: Annotated[str | None, typer.Option(help="ask, search, read, sign-in …")] = None,
    outcome: Annotated[str | None, typer.Option(help="answered, nothing_found …")] = None,
    document: Annotated[UUID | None, typer.Option(help="Id of a document.")] = None,
    since: Annotated[str | None, typer.Option(help="From this time on (ISO 8601).")] = None,
    until: Annotated[str | None, typer.Option(help="Before this time (ISO 8601).")] = None,
    limit: Annotated[int, typer.Option(help="How many, 500 at most.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the last page ended.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Show records, newest first."""
    from app.audit.query import query_records
    from app.domain.record import AuditFilter
    from app.web.api.audit import shown

    wanted = AuditFilter(
        subject, action, outcome, document, None, time_from(since), time_from(until)
    )

    async def work(books: Books) -> None:
        async with on_record(books.recorder, "audit-query"):
            page = await query_records(books.database, wanted, limit, cursor)
        if as_json:
            for entry in page.entries:
                print(json.dumps(shown(entry)))
            _say_more(page.cursor)
            return
        rows = [
            (
                f"{entry.at:%Y-%m-%d %H:%M:%S}",
                entry.record.subject,
                entry.record.action,
                entry.outcome or "",
                len(entry.record.passages),
                entry.record.id,
            )
            for entry in page.entries
        ]
        print(table(("when (UTC)", "who", "action", "outcome", "passages", "record"), rows))
        _say_more(page.cursor)

    with_books(settings_from(data_dir), work)


def _say_more(cursor: str | None) -> None:
    """Beside the output, so that a pipe gets records only."""
    if cursor is not None:
        print(f"there are more: --cursor {cursor}", file=sys.stderr)
