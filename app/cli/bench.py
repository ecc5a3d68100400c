"""`portcullis bench`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.operator import on_record
from app.cli.settings import DataDir, settings_from, with_parts
from app.errors import InvalidInput

if TYPE_CHECKING:
    from app.compose import Parts

WORKLOADS = "departments,mailboxes,wide,denies,deep"

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Measurements."""


@app.command()
def search(
    chunks: Annotated[int, typer.Option(help="Size of the corpus.")] = 200_000,
    queries: Annotated[int, typer.Option(help="Queries as each subject.")] = 200,
    workloads: Annotated[str, typer.Option(help="Which, separated by commas.")] = WORKLOADS,
    seed: Annotated[int, typer.Option(help="What the corpus is made from.")] = 20261124,
    vectors: Annotated[
        Path | None, typer.Option(help="A .npy file of your own vectors, (chunks, 384).")
    ] = None,
    peers: Annotated[bool, typer.Option("--peers", help="With other engines.")] = False,
    peer_every: Annotated[int, typer.Option(help="These on every n-th query.")] = 4,
    writes: Annotated[bool, typer.Option(help="Also while documents are replaced.")] = True,
    out: Annotated[Path, typer.Option(help="Folder of the report and the plots.")] = Path("bench"),
    keep: Annotated[bool, typer.Option("--keep", help="Leave the scratch data.")] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="An empty folder for the scratch data.", show_default="temporary"),
    ] = None,
) -> None:
    """Measure search under permissions on a corpus made for it, beside an unfiltered index."""
    # by name: evals stands on the service, not the other way round
    options = import_module("evals.bench.options").Options(
        chunks=chunks,
        seed=seed,
        queries=queries,
        workloads=tuple(
            dict.fromkeys(name.strip() for name in workloads.split(",") if name.strip())
        ),
        vectors=vectors,
        peers=peers,
        peer_every=peer_every,
        writes=writes,
        out=out,
        data_dir=data_dir,
        keep=keep,
    )
    import_module("evals.bench.command").search(options)


@app.command()
def ingestion(
    folders: Annotated[list[Path], typer.Argument(help="Folders of documents.")],
    documents: Annotated[int, typer.Option(help="At most so many of each, evenly.")] = 200,
    rounds: Annotated[int, typer.Option(help="How often; the medians count.")] = 3,
) -> None:
    """Measure the ingestion of folders beside the bare library calls, and of an unchanged one."""
    import_module("evals.bench.command").ingest(folders, documents, rounds)


@app.command()
def questions(
    questions: Annotated[Path, typer.Option(help="File with a question a line.")],
    as_: Annotated[str, typer.Option("--as", help="E-mail of the account that asks.")],
    rounds: Annotated[int, typer.Option(help="How often each question is asked.")] = 5,
    data_dir: DataDir = None,
) -> None:
    """Measure searches for your own questions, and what authorisation costs of them."""
    from app.authn.accounts import find_account
    from app.retrieval.measure import measure_search

    try:
        lines = [line.strip() for line in questions.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise InvalidInput(f"{questions} cannot be read ({error.strerror})") from error
    asked = [line for line in lines if line]
    if not asked or rounds < 1:
        raise InvalidInput(f"{questions} holds no question")

    async def work(parts: Parts) -> None:
        account = await find_account(parts.database, as_)
        async with on_record(parts.recorder, "act-as", account=account.email, command="bench"):
            report = await measure_search(parts.resolver, parts.searcher, account, asked, rounds)
        print(f"{report.searches} searches as {account.email}, one at a time")
        print(f"  p50 {report.p50 * 1000:.1f} ms, p95 {report.p95 * 1000:.1f} ms")
        print(f"  authorisation: {report.share:.0%} of a search (median)")
        print(
            f"    scope {report.scope * 1000:.1f} ms, row-level security"
            f" {report.row_security * 1000:.1f} ms, re-check {report.recheck * 1000:.1f} ms"
        )

    with_parts(settings_from(data_dir), work)
