"""Listings that come page by page: whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ingestion.sources import SourceUnreadable
from ingestion.sources.atlassian.door import Door, Unanswered

MAX_PAGES = 20_000


def items(door: Door, path: str, mark: str, **query: str | int) -> Iterator[Any]:
    """Everything in a listing. `mark` is the parameter that says where a page begins, the only
    thing that is taken from the link to the next one. Raises Refused where the first is, and
    SourceUnreadable where the listing does not end."""
    seen = set[str]()
    for _ in range(MAX_PAGES):
        answer = door.json(path, **query)
        yield from _results(answer, "results")
        link = answer.get("_links", {}).get("next")
        if not link:
            return
        marks = parse_qs(urlsplit(link).query).get(mark, [])
        if len(marks) != 1 or marks[0] in seen:
            raise SourceUnreadable("the site's listing turns in a circle; nothing was changed")
        seen.add(marks[0])
        query = {**query, mark: marks[0]}
    raise SourceUnreadable("the site's listing has no end; nothing was changed")


def numbered(door: Door, path: str, part: str, **query: str | int) -> Iterator[Any]:
    """Everything in a listing of which a page begins at a number. Raises Refused where a page is,
    and Unanswered where the listing breaks off."""
    start = 0
    for _ in range(MAX_PAGES):
        answer = door.json(path, startAt=start, **query)
        results = _results(answer, part)
        if answer["startAt"] != start:
            raise Unanswered("the site gives another page than was asked for; nothing was changed")
        yield from results
        start += len(results)
        last = answer.get("isLast")
        if last is True or (last is None and start >= int(answer["total"])):
            return
        if not results:
            raise Unanswered("the site's listing breaks off; nothing was changed")
    raise Unanswered("the site's listing has no end; nothing was changed")


def overlapping(door: Door, path: str, part: str, **query: str | int) -> Iterator[Any]:
    """The same of a listing that changes while it is read: each page begins with the last of the
    one before. Raises SourceUnreadable where it does not, since then something was left out."""
    start, last = 0, None
    for _ in range(MAX_PAGES):
        answer = door.json(path, startAt=start, **query)
        results = _results(answer, part)
        if last is not None and (not results or results[0]["id"] != last):
            raise SourceUnreadable(
                "something went away while it was listed, so nothing was changed; sync again"
            )
        yield from results if last is None else results[1:]
        if start + len(results) >= int(answer["total"]):
            return
        if len(results) < 2:
            raise SourceUnreadable("the site's listing breaks off; nothing was changed")
        start, last = start + len(results) - 1, results[-1]["id"]
    raise SourceUnreadable("the site's listing has no end; nothing was changed")


def continued(door: Door, path: str, part: str, **query: str | int) -> Iterator[Any]:
    """The same of a listing in which each page has the token of the next."""
    seen = set[str]()
    for _ in range(MAX_PAGES):
        answer = door.json(path, **query)
        yield from _results(answer, part)
        token, last = answer.get("nextPageToken"), answer.get("isLast")
        if last is True or (token is None and last is None):
            return
        if not isinstance(token, str) or token in seen:
            raise SourceUnreadable("the site's listing breaks off; nothing was changed")
        seen.add(token)
        query = {**query, "nextPageToken": token}
    raise SourceUnreadable("the site's listing has no end; nothing was changed")


def _results(answer: Any, part: str) -> list[Any]:
    results = answer[part]
    if not isinstance(results, list):
        raise TypeError
    return results
