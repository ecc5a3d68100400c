"""Listings that come page by page: whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ingestion.sources import SourceUnreadable
from ingestion.sources.atlassian.door import Door

MAX_PAGES = 20_000


def items(door: Door, path: str, mark: str, **query: str | int) -> Iterator[Any]:
    """Everything in a listing. `mark` is the parameter that says where a page begins, the only
    thing that is taken from the link to the next one. Raises Refused where the first is, and
    SourceUnreadable where the listing does not end."""
    seen = set[str]()
    for _ in range(MAX_PAGES):
        answer = door.json(path, **query)
        results = answer["results"]
        if not isinstance(results, list):
            raise TypeError
        yield from results
        link = answer.get("_links", {}).get("next")
        if not link:
            return
        marks = parse_qs(urlsplit(link).query).get(mark, [])
        if len(marks) != 1 or marks[0] in seen:
            raise SourceUnreadable("the site's listing turns in a circle; nothing was changed")
        seen.add(marks[0])
        query = {**query, mark: marks[0]}
    raise SourceUnreadable("the site's listing has no end; nothing was changed")
