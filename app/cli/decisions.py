"""`portcullis source decide`, `undecide` and `reviews`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.operator import on_record
from app.cli.settings import DataDir, settings_from, with_parts
from app.cli.tables import table

if TYPE_CHECKING:
    from app.compose import Parts


def decide(
    key: str,
    document: Annotated[str, typer.Argument(help="As its source names it.")],
    classification: str,
    reason: Annotated[str, typer.Option(help="Why; kept with the decision.")],
    data_dir: DataDir = None,
) -> None:
    """Say what a document is classified as, whatever the rules find in it.

    Below the floors of its source, folder or push it waits until somebody else agrees.
    """
    from app.catalog import decisions as catalog

    async def work(parts: Parts) -> None:
        async with on_record(
            parts.recorder, "classification", source=key, external_id=document,
            change=f"decided {classification}",
        ):  # fmt: skip
            await catalog.decide(
                parts.database, None, key, document, classification, reason, parts.levels
            )
        print(
            f"decided; it holds when {key} is synced, or the document is pushed again, and below"
            " its floors once somebody else agreed"
        )

    with_parts(settings_from(data_dir), work)


def undecide(key: str, document: str, data_dir: DataDir = None) -> None:
    """Let the rules say again what a document is."""
    from app.catalog import decisions as catalog

    async def work(parts: Parts) -> None:
        async with on_record(
            parts.recorder, "classification", source=key, external_id=document,
            change="decided no more",
        ):  # fmt: skip
            await catalog.end(parts.database, None, key, document)
        print(f"the rules hold when {key} is synced, or the document is pushed again")

    with_parts(settings_from(data_dir), work)


def reviews(data_dir: DataDir = None) -> None:
    """Documents whose classification somebody should look at, and what people decided."""
    from app.catalog.decisions import list_decisions, list_reviews

    async def work(parts: Parts) -> None:
        waiting = await list_reviews(parts.database, None)
        rows = [
            (r.source, r.external_id, r.classification, r.otherwise, "; ".join(r.reasons))
            for r in waiting
        ]
        columns = ("source", "document", "classified", "otherwise", "not sure")
        print(table(columns, rows) if rows else "no document waits to be looked at")
        decided = [
            (d.source, d.external_id, d.classification, d.indexed or "", d.by,
             d.seconded_by or ("not yet" if d.waits else ""), d.reason)
            for d in await list_decisions(parts.database, None)
        ]  # fmt: skip
        if decided:
            header = ("source", "document", "decided", "now", "by", "agreed", "because")
            print(f"\n{table(header, decided)}")

    with_parts(settings_from(data_dir), work)
