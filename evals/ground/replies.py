"""Two replies byte for byte, without the ids and times that each request has of its own."""

from __future__ import annotations

import re
from collections.abc import Collection

from psycopg import sql

from evals.ground.ground import Ground
from evals.ground.visitor import Reply

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIMES = (
    (re.compile(r'"created": ?\d+'), '"created":0'),
    (re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?"), "then"),
    (re.compile(r"record [0-9a-f]{8}\b"), "record of it"),
)
_OWN_HEADERS = frozenset({"date"})
AROUND = 60
BROKEN = 500
"""From this status on."""
_IDS = """
select id::text from document
union all select id::text from {rendition} union all select id::text from {chunk}
"""


def lasting_ids(ground: Ground, database: str) -> frozenset[str]:
    """The ids of what is indexed: no request makes one of these."""
    found: set[str] = set()
    with ground.scratch.whole(database) as connection:
        for level in ground.scratch.levels:
            tables = {kind: sql.Identifier(f"{kind}_{level}") for kind in ("rendition", "chunk")}
            found |= {row[0] for row in connection.execute(sql.SQL(_IDS).format(**tables))}
    return frozenset(found)


def compared(one: Reply, other: Reply, lasting: Collection[str]) -> str | None:
    """Where two replies differ, empty where they are the same; None where both come from a service
    that is broken, which tells nothing."""
    if one.status >= BROKEN and other.status >= BROKEN:
        return None
    said = plain(one, lasting), plain(other, lasting)
    return "" if said[0] == said[1] else difference(*said)


def plain(reply: Reply, lasting: Collection[str]) -> str:
    """All of a reply as text. An id that the request made is named by its place among such ids."""
    headers = "\n".join(
        f"{name}: {value}"
        for name, value in sorted(reply.headers.items())
        if name not in _OWN_HEADERS
    )
    whole = "\n\n".join((str(reply.status), headers, reply.text, *reply.prompts))
    fresh: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        id_ = found[0]
        return id_ if id_ in lasting else fresh.setdefault(id_, f"id {len(fresh)}")

    whole = _ID.sub(named, whole)
    for pattern, word in _TIMES:
        whole = pattern.sub(word, whole)
    return whole


def difference(one: str, other: str) -> str:
    """The first place where two texts differ, in words."""
    at = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    begin = max(0, at - AROUND // 2)
    return f"{one[begin : at + AROUND]!r} against {other[begin : at + AROUND]!r}"
