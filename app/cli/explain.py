"""`portcullis explain`."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.operator import on_record
from app.cli.settings import Books, DataDir, settings_from, with_books
from app.cli.tables import visible
from app.cli.times import time_from

if TYPE_CHECKING:
    from app.domain.explanation import Explanation

WIDTH = 100
"""Columns."""
TIME = "%Y-%m-%d %H:%M:%S UTC"


def explain(
    user: Annotated[str, typer.Option(help="E-mail of the person.")],
    document: Annotated[str, typer.Option(help="Id of the document, or SOURCE:EXTERNAL_ID.")],
    at: Annotated[str | None, typer.Option(help="As of this time (ISO 8601, UTC).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As the API answers.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Say whether a person may read a document, why, and what would change that."""
    from app.audit.record import recordable
    from app.authn.addresses import account_key
    from app.authz.explain import explain as explain_in
    from app.authz.levels import load_levels
    from app.authz.policy import Policy
    from app.web.api.explain import shown

    settings = settings_from(data_dir)
    policy = Policy.load(settings.policies, load_levels(settings.policies))
    email, moment = account_key(user), time_from(at)

    async def work(books: Books) -> None:
        detail = {"user": email, "document": recordable(document)}
        if moment is not None:
            detail["at"] = moment.isoformat()
        async with on_record(books.recorder, "explain", **detail):
            found = await explain_in(books.database, policy, email, document, moment)
        print(json.dumps(shown(found), indent=2) if as_json else "\n".join(_told(found)))

    with_books(settings, work)


def _told(found: Explanation) -> Iterator[str]:
    """A small tree, in lines of at most `WIDTH` columns."""
    user, document = found.user, found.document
    yield from _wrapped("", f"{user.email} {_decision(found)}")
    yield from _wrapped("", f"{document.source} / {document.external_id}")
    yield f"as of {found.at:{TIME}}, revision {found.revision}"
    yield ""
    yield from _branch("account", [", ".join(filter(None, [user.standing.value, user.role]))])
    yield from _branch("document", [_document(found)])
    yield from _branch("grants", [_grant(found, i) for i in range(len(found.grants))] or ["none"])
    yield from _branch("clearance", _clearances(found))
    yield from _branch("lease", [_lease(found)], last=True)
    yield ""
    yield "any of these would end it:" if found.readable else "all of these together would open it:"
    for sentence in found.changes:
        yield from _wrapped("  - ", sentence)
    for limit in found.limits:
        yield from _wrapped("note: ", limit)


def _decision(found: Explanation) -> str:
    if not found.readable:
        return "may NOT read"
    every = len(found.purposes) == len(found.clearances)
    return "may read" if every else f"may read, for {', '.join(found.purposes)} only,"


def _document(found: Explanation) -> str:
    document = found.document
    state = document.state
    if document.source_removed_at is not None:
        state = f"its source removed {document.source_removed_at:{TIME}}"
    elif document.deleted_at is not None:
        state = f"deleted {document.deleted_at:{TIME}}"
    whose = {"own": "an ACL of its own", "container": "its container's ACL", "none": "no ACL"}
    where = f" in container {document.container}" if document.container is not None else ""
    level = document.classification or "no classification yet"
    return f"{document.id}, {state}, {level}, with {whose[document.acl]}{where}"


def _grant(found: Explanation, number: int) -> str:
    grant = found.grants[number]
    where = "the container's" if grant.inherited else "the document's own"
    way = " > ".join(grant.path)
    return f"{grant.effect:<5} {way} ({where}, since {grant.since:{TIME}})"


def _clearances(found: Explanation) -> list[str]:
    """One line where it is the same for each purpose."""
    missing = f": NOT enough for {found.document.classification or 'what has no classification'}"
    told = {
        clearance.purpose: ", ".join(clearance.classifications or ["nothing"])
        + (": enough" if clearance.enough else missing)
        + (f", enough for it redacted at {clearance.redacted}" if clearance.redacted else "")
        for clearance in found.clearances
    }
    if len(set(told.values())) == 1:
        return [next(iter(told.values()))]
    return [f"{purpose}: {words}" for purpose, words in told.items()]


def _lease(found: Explanation) -> str:
    lease = found.lease
    if lease is None:
        return "not known" if found.document.acl != "none" else "none without an ACL"
    confirmed = f"confirmed {lease.confirmed_at:{TIME}}"
    if lease.ends_at is None:
        return f"{confirmed}, holds for ever"
    return f"{confirmed}, {'ENDED' if lease.ended else 'holds until'} {lease.ends_at:{TIME}}"


def _branch(name: str, lines: list[str], *, last: bool = False) -> Iterator[str]:
    for number, line in enumerate(lines):
        head = ("└─ " if last else "├─ ") + f"{name:<10} " if number == 0 else None
        stem = (" " if last else "│") + " " * 13
        yield from _wrapped(head or stem, line, stem)


def _wrapped(head: str, words: str, stem: str | None = None) -> list[str]:
    return textwrap.wrap(
        visible(words),
        WIDTH,
        initial_indent=head,
        subsequent_indent=" " * len(head) if stem is None else stem,
        break_on_hyphens=False,
    )
