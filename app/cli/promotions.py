"""`portcullis release seal|attach|promote|approve|rollback`: a release on its way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.gates import answering
from app.cli.operator import on_record
from app.cli.releases import app
from app.cli.settings import DataDir, settings_from, with_parts
from app.errors import InvalidInput

if TYPE_CHECKING:
    from app.compose import Parts

__all__ = ["app"]

As = Annotated[str, typer.Option("--as", help="E-mail of the account that decides this.")]
To = Annotated[str, typer.Option("--to", help="evaluated, staged, shadow, canary, production …")]
Why = Annotated[str, typer.Option("--reason", help="Kept on record.")]


@app.command()
def seal(
    name: str,
    report: Annotated[Path, typer.Argument(help="report.json of `portcullis evals run`.")],
    out: Annotated[Path, typer.Option(help="File of the signed gate report.")] = Path("gate.json"),
    data_dir: DataDir = None,
) -> None:
    """Judge a report by the bars and sign what came of it. Run it where the evaluations ran: what
    runs here must be what the release pins."""
    from app.cli.gates import evaluated
    from app.releases import register
    from app.releases.fitting import misfits
    from app.releases.gate import SignedGate, plain

    async def work(parts: Parts) -> None:
        running = await parts.serving().register()
        async with parts.database.app() as connection:
            release = (await register.find(connection, name)).release
        if why := misfits(release, running):
            raise InvalidInput(f"what was evaluated here is not {name}: {why}")
        gate = evaluated(report, name, parts.settings.thresholds)
        async with on_record(parts.recorder, "release", release=name, command="seal"):
            signed = SignedGate(gate, parts.gate_signer.sign(plain(gate)))
        out.write_text(json.dumps(signed.plain(), indent=1) + "\n", encoding="utf-8")
        print(f"written: {out}")

    with_parts(settings_from(data_dir), work)


@app.command()
def attach(name: str, report: Path, data_dir: DataDir = None) -> None:
    """Keep a signed gate report with its release, passed or not."""
    from app.releases import gate, register

    try:
        signed = gate.SignedGate.of(json.loads(report.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{report} cannot be read, or is no JSON") from error

    async def work(parts: Parts) -> None:
        if not parts.gate_signer.signed(gate.plain(signed.gate), signed.signature):
            raise InvalidInput(
                "the signature is not that of this installation, or the report was changed; run"
                " the evaluations here"
            )
        if signed.gate.release != name:
            raise InvalidInput(f"the report is about {signed.gate.release}, not about {name}")
        async with (
            on_record(parts.recorder, "release", release=name, command="attach"),
            parts.database.app() as connection,
        ):
            await register.find(connection, name)
            good = await gate.attach(connection, name, signed)
        print(f"{name}: every gate passed" if good else f"{name}: not every gate passed")

    with_parts(settings_from(data_dir), work)


@app.command()
def promote(
    name: str,
    to: To,
    as_: As,
    share: Annotated[str, typer.Option(help="Of the subjects, for a canary: 10%.")] = "0%",
    reason: Why = "",
    data_dir: DataDir = None,
) -> None:
    """Take a release to a stage. It needs a passing gate report, and for some the approval of a
    second person; it holds from the next question on."""
    from app.authn.accounts import find_account
    from app.releases.register import stage_of
    from app.releases.traffic import percent

    stage, part = stage_of(to), percent(share)

    async def work(parts: Parts) -> None:
        who = await find_account(parts.database, as_)
        parts.policy.require_route(who, "promote")
        async with on_record(
            parts.recorder, "release", release=name, command="promote", to=to, account=who.email
        ):
            now = await (await parts.lifecycle()).promote(name, stage, who, part, reason)
        print(f"{name} is {stage}")
        print(answering(now))

    with_parts(settings_from(data_dir), work)


@app.command()
def approve(name: str, to: To, as_: As, reason: Why = "", data_dir: DataDir = None) -> None:
    """Agree, as a second person, to a promotion that somebody asked for."""
    from app.authn.accounts import find_account
    from app.releases.register import stage_of

    stage = stage_of(to)

    async def work(parts: Parts) -> None:
        who = await find_account(parts.database, as_)
        async with on_record(
            parts.recorder, "release", release=name, command="approve", to=to, account=who.email
        ):
            await (await parts.lifecycle()).approve(name, stage, who, reason)
        print(f"{who.email} approved that {name} becomes {stage}")

    with_parts(settings_from(data_dir), work)


@app.command()
def rollback(as_: As, reason: Why = "", data_dir: DataDir = None) -> None:
    """Take back the canary, or the shadow, or what is in production; without a restart."""
    from app.authn.accounts import find_account

    async def work(parts: Parts) -> None:
        who = await find_account(parts.database, as_)
        parts.policy.require_route(who, "promote")
        async with on_record(parts.recorder, "release", command="rollback", account=who.email):
            now = await (await parts.lifecycle()).rollback(who, reason)
        print(answering(now))

    with_parts(settings_from(data_dir), work)
