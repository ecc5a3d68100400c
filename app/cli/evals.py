"""`portcullis evals`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.settings import DataDir

app = typer.Typer(no_args_is_help=True)


def _suites(names: str = "") -> Any:
    # by name: evals stands on the service, not the other way round
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    return import_module("evals.suites.registry").chosen(wanted)


def _command() -> Any:
    return import_module("evals.command")


@app.callback()
def _group() -> None:
    """Evaluations that block a release."""


@app.command()
def run(
    suite: Annotated[
        str, typer.Option(help="Which, separated by commas.", show_default="all")
    ] = "",
    effort: Annotated[str, typer.Option(help="How much is sampled: change or release.")] = "change",
    seed: Annotated[
        int | None,
        typer.Option(help="What names, numbers and canaries are drawn from.", show_default="fresh"),
    ] = None,
    release: Annotated[str, typer.Option(help="Name of what is evaluated.")] = "unnamed",
    out: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("evaluated"),
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the labelled sets.", show_default="PORTCULLIS_DATA or ../shared/data"
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="An empty folder for the scratch data.", show_default="temporary"),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            help="An older report.json: exit code 0 where nothing is worse than there, with its"
            " seed unless another is given.",
            show_default="the bars alone",
        ),
    ] = None,
    thresholds: Annotated[
        Path | None,
        typer.Option(
            help="File of the bars. A release is held to those that are set.",
            show_default="PORTCULLIS_THRESHOLDS or evals/thresholds.yaml",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with the run that stopped in the folder of the report: the suites that"
            " ended are taken over.",
        ),
    ] = False,
) -> None:
    """Run the suites and hold them to their bars; exit code 0 only when all are met."""
    passed = _command().run(
        _suites(suite), part=bool(suite), effort=effort, seed=seed, release=release, out=out,
        data=data, folder=data_dir, thresholds=thresholds, against=against, resume=resume,
    )  # fmt: skip
    raise typer.Exit(0 if passed else 1)


@app.command()
def mutants(
    suite: Annotated[
        str, typer.Option(help="Which, separated by commas.", show_default="all")
    ] = "",
    part: Annotated[
        float,
        typer.Option(
            help="How much is sampled of what a change takes, to 1; more where a fault needs it.",
            min=0.01,
            max=1,
        ),
    ] = 0.1,
    seed: Annotated[
        int | None,
        typer.Option(help="What names, numbers and canaries are drawn from.", show_default="fresh"),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the labelled sets.", show_default="PORTCULLIS_DATA or ../shared/data"
        ),
    ] = None,
) -> None:
    """Plant faults in the product, one at a time, and say whether the suite that each belongs to
    notices; exit code 0 only when all are noticed."""
    trials = import_module("evals.mutants.command")
    raise typer.Exit(0 if trials.run(_suites(suite), part=part, seed=seed, data=data) else 1)


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="A report.json.")],
    new: Annotated[Path, typer.Argument(help="A later one.")],
    data_dir: DataDir = None,
) -> None:
    """Say what got better and what got worse; exit code 0 only when nothing did. No data folder is
    needed for it."""
    raise typer.Exit(0 if _command().comparison(old, new) else 1)


@app.command()
def figures(
    report: Annotated[Path, typer.Argument(help="A report.json.")],
    data_dir: DataDir = None,
) -> None:
    """Print what a report found beside the bars that are in force, as Markdown. No data folder is
    needed for it."""
    _command().bars_met(report)


@app.command()
def mapping(data_dir: DataDir = None) -> None:
    """Print which risks of OWASP and NIST the suites cover, as Markdown."""
    _command().risks(_suites())


@app.command("list")
def list_all(data_dir: DataDir = None) -> None:
    """Print the suites and their bars."""
    _command().suites_and_bars(_suites())
