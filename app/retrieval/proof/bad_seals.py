"""Attempts under seals that must not open anything, and under one that must."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.authz.reading import bind, seal
from app.db.engine import Database
from app.domain.scope import Scope
from app.retrieval.proof.attempt import visible
from app.retrieval.proof.canary import Canary

RESTORE = "make verified_scope() again as it stands in migrations/versions"


async def findings(database: Database, canary: Canary, tables: list[str]) -> list[str]:
    """What a seal opens that should not, or does not open that should."""
    said = await _control(database, canary, tables)
    accepted, seen = [], []
    for what, scope in _refused(canary.scope).items():
        async with database.reader() as connection:
            sealed = await seal(database, connection, scope)
            if await bind(connection, sealed) is not None:
                accepted.append(what)
            elif await visible(connection, tables):
                seen.append(what)
    async with database.reader() as one, database.reader() as other:
        sealed = await seal(database, one, canary.scope)
        tries = [(other, "a seal made for another connection", sealed)]
        tries += [(one, what, changed) for what, changed in _changed(sealed).items()]
        for connection, what, words in tries:
            if await bind(connection, words) is not None:
                accepted.append(what)
            elif await visible(connection, tables):
                seen.append(what)
    said += [f"{what} is accepted; {RESTORE}" for what in accepted]
    if seen:
        said.append(
            f"text is seen though the seal is refused ({', '.join(seen)}); restore the policies"
            " and readable_bits()"
        )
    return said


async def _control(database: Database, canary: Canary, tables: list[str]) -> list[str]:
    """Under its own scope the canary is seen and nothing else is, in all classifications and in
    each: an attempt that shows nothing would prove nothing if nothing could be seen at all."""
    said = []
    scopes = {"its own scope": (canary.scope, canary.rows)}
    for level in canary.levels:
        narrow = replace(canary.scope, classifications=(level,))
        scopes[f"its scope for {level} alone"] = (narrow, 2)
    scopes["a scope for no classification"] = (replace(canary.scope, classifications=()), 0)
    for what, (scope, rows) in scopes.items():
        async with database.reader() as connection:
            sealed = await seal(database, connection, scope)
            accepted = await bind(connection, sealed) is not None
            seen = await visible(connection, tables)
        if not accepted:
            said.append(
                f"the canary's seal is refused under {what}, so nothing is proven; see that a key"
                " seals (`portcullis keys list`), and " + RESTORE
            )
        elif seen != rows:
            said.append(
                f"under {what} the canary's reader sees {seen} rows of text instead of {rows};"
                " restore the policies and readable_bits()"
            )
    return said


def _refused(scope: Scope) -> dict[str, Scope]:
    """Scopes that the database must refuse though their seals are right."""
    return {
        "an expired scope": replace(scope, expires_at=datetime.now(UTC) - timedelta(seconds=1)),
        "a scope from before a membership changed": replace(scope, revision=-1),
        "a scope ahead of the database": replace(scope, revision=scope.revision + 1_000_000),
        "a scope of principals that nobody holds": replace(scope, held=0),
    }


def _changed(sealed: str) -> dict[str, str]:
    """What an attacker makes of a seal that is right for this connection."""
    if sealed.count(".") < 2:  # nothing seals, which the control has said
        return {}
    key, mark, payload = sealed.split(".", 2)
    other = "0" if mark[-1] != "0" else "1"
    return {
        "no seal": "",
        "nonsense": "nonsense",
        "a seal without a mark": f"{key}..{payload}",
        "a seal of an unknown key": f"999999999.{mark}.{payload}",
        "a seal with a changed byte": f"{key}.{mark[:-1]}{other}.{payload}",
        "a forged seal": f"{key}.{'0' * len(mark)}.{payload}",
        "a scope changed under its seal": f"{key}.{mark}." + payload.replace('"set":', '"set": '),
    }
