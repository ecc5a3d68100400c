"""`portcullis search` and `portcullis ask`."""

from __future__ import annotations

import json
import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.operator import on_record
from app.cli.settings import DataDir, settings_from, with_parts
from app.cli.tables import visible
from app.domain.scope import By

if TYPE_CHECKING:
    from app.compose import Parts

As = Annotated[str, typer.Option("--as", help="E-mail of the account that asks.")]
Json = Annotated[bool, typer.Option("--json", help="As the API answers.")]


def search(
    query: str,
    as_: As,
    k: Annotated[int, typer.Option("-k", help="How many passages.")] = 8,
    by: Annotated[By, typer.Option(help="What passages are ranked by.")] = By.BOTH,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Search what an account may read."""
    from app.authn.accounts import find_account
    from app.retrieval.authorised import shown

    async def work(parts: Parts) -> None:
        account = await find_account(parts.database, as_)
        async with on_record(parts.recorder, "act-as", account=account.email, command="search"):
            body = shown(await parts.search.search(account, query, k, by=by))
        if as_json:
            print(json.dumps(body, indent=2))
            return
        for number, passage in enumerate(body["passages"], 1):
            place = f" › {passage['heading']}" if passage["heading"] else ""
            print(f"{number}. {visible(passage['title'] + place)} [{passage['classification']}]")
            print(f"   {passage['source']} / {visible(passage['external_id'])}")
            print("   " + visible(" ".join(passage["text"].split()))[:300] + "\n")
        print(f"revision {body['revision']}")

    with_parts(settings_from(data_dir), work)


def ask(
    question: str,
    as_: As,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Ask as an account; the answer streams, its sources follow."""
    from app.answering.events import Delta, Finished
    from app.authn.accounts import find_account
    from app.web.api.ask import shown

    async def work(parts: Parts) -> None:
        account = await find_account(parts.database, as_)
        async with (
            on_record(parts.recorder, "act-as", account=account.email, command="ask"),
            aclosing(parts.serving().ask(account, question)) as events,
        ):
            async for event in events:
                if isinstance(event, Delta) and not as_json:
                    sys.stdout.write("".join(visible(c) if c != "\n" else c for c in event.text))
                    sys.stdout.flush()
                if isinstance(event, Finished):
                    answer = event.answer
        if as_json:
            print(json.dumps(shown(answer), indent=2))
            return
        print()
        for citation in answer.citations:
            place = f" › {citation.heading}" if citation.heading else ""
            print(
                f"[{citation.number}] {visible(citation.title + place)} [{citation.classification}]"
            )
        print(f"revision {answer.revision}, release {answer.release}, record {answer.audit_id}")

    with_parts(settings_from(data_dir), work)
