"""`portcullis release retire`: end a release's way and remove what only it needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.intake import app
from app.cli.promotions import As, Why
from app.cli.settings import DataDir, settings_from, with_parts
from app.cli.tables import table, visible

if TYPE_CHECKING:
    from app.compose import Parts
    from app.domain.release import Release
    from app.releases.removal import ModelFile, Removal

__all__ = ["app"]


@app.command()
def retire(
    name: str,
    as_: As,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be removed, and change nothing.")
    ] = False,
    reason: Why = "",
    data_dir: DataDir = None,
) -> None:
    """Retire a release and remove the files of its model that no other release pins. Refused for
    what answers and for what a rollback goes back to; of one that is retired, what is left goes."""
    from app.authn.accounts import find_account
    from app.cli.operator import on_record
    from app.domain.release import Stage

    async def work(parts: Parts) -> None:
        who = await find_account(parts.database, as_)
        parts.policy.require_route(who, "promote")
        way = await parts.lifecycle()
        removal = _removal(parts, way.running)
        retired = await way.may_retire(name)
        if dry_run:
            async with parts.database.app() as connection:
                _told(await removal.would(connection, name), "would be removed")
            return
        async with on_record(
            parts.recorder, "release", release=name, command="retire", account=who.email
        ):
            if not retired:
                await way.promote(name, Stage.RETIRED, who, reason=reason)
            removed = await removal.remove(name, who.email)
        print(f"{name} is retired")
        _told(removed, "removed")

    with_parts(settings_from(data_dir), work)


def _removal(parts: Parts, running: Release) -> Removal:
    from app.releases.removal import Removal
    from app.runtime.folders import Folders

    models = Folders(parts.settings.root).models
    return Removal(parts.database, models, running, parts.running.digests)


def _told(files: tuple[ModelFile, ...], what: str) -> None:
    if not files:
        print("no file here is this release's alone, so none is removed")
        return
    rows = [(visible(file.path), file.sha256, f"{file.size:,}") for file in files]
    print(table((what, "sha256", "bytes"), rows))
