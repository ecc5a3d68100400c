"""Which release answers whom: one row in Postgres, read for every question."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import asdict

from sqlalchemy import text

from app.db.engine import AppConnection
from app.domain.answer import Answer
from app.domain.release import Traffic
from app.errors import InvalidInput

_READ = text("select production, canary, share, shadow, version from traffic")
_LOCK = text("select production, canary, share, shadow, version from traffic for update")
_WRITE = text("""
update traffic set production = :production, canary = :canary, share = :share, shadow = :shadow,
                   version = version + 1
""")
_COUNT = text("""
insert into shadow_count as c
  (shadow, production, compared, same_text, same_citations, same_outcome, failed)
values (:shadow, :production, 1, :text, :citations, :outcome, :failed)
on conflict (shadow, production) do update
  set compared = c.compared + 1, same_text = c.same_text + excluded.same_text,
      same_citations = c.same_citations + excluded.same_citations,
      same_outcome = c.same_outcome + excluded.same_outcome, failed = c.failed + excluded.failed
""")
_COUNTS = text("""
select production, compared, same_text, same_citations, same_outcome, failed
  from shadow_count where shadow = :shadow order by production
""")
WHOLE = 100
_PERCENT = re.compile(r"([0-9]{1,3})%?")


async def read(connection: AppConnection) -> Traffic:
    row = (await connection.execute(_READ)).one()
    return Traffic(**row._mapping)


async def lock(connection: AppConnection) -> Traffic:
    """The same, held until the transaction ends: promotions happen one after another."""
    row = (await connection.execute(_LOCK)).one()
    return Traffic(**row._mapping)


async def write(connection: AppConnection, traffic: Traffic) -> None:
    """Holds for every question that is asked after the commit, in every process."""
    await connection.execute(_WRITE, asdict(traffic))


def percent(words: str) -> int:
    """A share such as `10%` or `10`. Raises InvalidInput."""
    found = _PERCENT.fullmatch(words.strip())
    if found is None or int(found[1]) > WHOLE:
        raise InvalidInput(f"{words[:20]!r} is no share; write one such as 10%")
    return int(found[1])


def in_share(key: str, release: str, principal_id: int, share: int) -> bool:
    """Whether a subject is among the `share` percent: by a keyed hash, so that it stays there as
    the share grows, nobody can tell who is, and every release draws anew."""
    words = f"{release} {principal_id}".encode()
    drawn = hmac.new(key.encode(), words, hashlib.sha256).digest()
    return int.from_bytes(drawn[:8], "big") % WHOLE < share


async def count(
    connection: AppConnection, shadow: str, shown: Answer, other: Answer | None
) -> None:
    """Add one comparison; no text of either answer is kept. `other` is None when it failed."""
    await connection.execute(
        _COUNT,
        {
            "shadow": shadow,
            "production": shown.release,
            "text": int(other is not None and other.text == shown.text),
            "citations": int(other is not None and _cited(other) == _cited(shown)),
            "outcome": int(other is not None and other.outcome is shown.outcome),
            "failed": int(other is None),
        },
    )


async def counts(connection: AppConnection, shadow: str) -> list[dict[str, str | int]]:
    """What a shadow's comparisons came to, by the release that it was compared with."""
    return [dict(row._mapping) for row in await connection.execute(_COUNTS, {"shadow": shadow})]


def _cited(answer: Answer) -> list[str]:
    return [str(citation.chunk_id) for citation in answer.citations]
