"""The command's root: its groups, how errors are told, and what starts everything."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from app.cli import (
    ask,
    audit,
    bench,
    evals,
    explain,
    index,
    inspect,
    keys,
    retiring,
    sources,
    users,
)
from app.cli.settings import DataDir, settings_from
from app.cli.tables import table, visible
from app.errors import PortcullisError

app = typer.Typer(
    name="portcullis",
    help="Answers from documents, made only from what the asking person may read.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(users.users, name="user", help="Local accounts.")
app.add_typer(users.tokens, name="token", help="Bearer tokens.")
app.add_typer(sources.app, name="source", help="Sources of documents.")
app.add_typer(audit.app, name="audit", help="The record.")
app.add_typer(keys.app, name="keys", help="The keys that seal what a request may read.")
app.add_typer(index.app, name="index", help="The approximate indexes of large audiences.")
app.add_typer(bench.app, name="bench", help="Measurements.")
app.add_typer(retiring.app, name="release", help="What answers depend on, pinned together.")
app.add_typer(evals.app, name="evals", help="Evaluations that block a release.")
app.command("search")(ask.search)
app.command("ask")(ask.ask)
app.command("explain")(explain.explain)
app.command("inspect")(inspect.inspect)


@app.command()
def up(
    data_dir: DataDir = None,
    host: Annotated[str | None, typer.Option(help="Address of the web service.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the web service.")] = None,
    demo: Annotated[bool, typer.Option(help="With the demo company (fiction).")] = False,
) -> None:
    """Start everything, in the foreground, until Ctrl-C."""
    from app.runtime.show import Show
    from app.runtime.up import run

    settings = settings_from(data_dir, host=host, port=port)
    raise typer.Exit(run(settings, Show.load() if demo else None))


@app.command()
def doctor(
    data_dir: DataDir = None,
    port: Annotated[int | None, typer.Option(help="Port of the web service.")] = None,
) -> None:
    """Say what is up, in which version, and what is wrong."""
    import asyncio

    from app.runtime.doctor import examine

    findings = asyncio.run(examine(settings_from(data_dir, port=port)))
    rows = [("ok" if f.ok else "WRONG", f.part, f.version, f.message) for f in findings]
    print(table(("", "part", "version", "what to do"), rows))
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring an external database to this version's schema."""
    from app.runtime.schema import migrate as bring

    bring(settings_from(data_dir))
    print("the schema is current")


@app.command()
def version(data_dir: DataDir = None) -> None:
    """Print the version; no data folder is needed for it."""
    from importlib.metadata import version as installed

    print(installed("portcullis"))


def main() -> None:
    """Run the command. Errors are one line on standard error and exit code 1, wrong usage is 2;
    PORTCULLIS_DEBUG=1 shows where an error comes from."""
    try:
        sys.exit(app(prog_name="portcullis", standalone_mode=False))
    except TyperException as error:
        sys.stderr.write(f"{_misused(error)}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # nobody reads on; what is still buffered must not fail once more at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("PORTCULLIS_DEBUG") == "1":
            raise
        sys.stderr.write(f"portcullis: {visible(_told(error))}\n")
        sys.exit(1)


def _misused(error: TyperException) -> str:
    """One line that names the help to read; a command that only groups others shows its help."""
    words = error.format_message()
    if "\n" in words:
        return words
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "portcullis"
    words = words.replace("Value error, ", "").removesuffix(".")
    words = words[:1].lower() + words[1:]
    return f"portcullis: {visible(words)} (see `{path} --help`)"


def _told(error: Exception) -> str:
    if isinstance(error, PortcullisError):
        return error.message
    # the words of an error that nobody foresaw may hold anything, so only its kind is told
    return f"{type(error).__name__} that nobody foresaw; PORTCULLIS_DEBUG=1 shows where it is from"
