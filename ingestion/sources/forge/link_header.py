"""The header `Link` (RFC 8288), by which an API says what the next page of a listing is."""

from __future__ import annotations

import re
from collections.abc import Set
from urllib.parse import parse_qsl, urlsplit

from ingestion.sources import SourceUnreadable

_NEXT = re.compile(r'<([^<>]{1,4000})>\s*;\s*rel="?next"?\s*(,|;|$)')
_UNTOLD = "a listing says nothing of its next page that can be read; sync again later"


def following(link: str, names: Set[str]) -> dict[str, str]:
    """The parameters of these names that lead to the next page; empty where there is none. Nothing
    else of the address is used, so no page leads elsewhere. Raises SourceUnreadable where it says
    that there is a next page, and not which."""
    found = _NEXT.search(link)
    if found is None:
        if re.search(r'rel="?next', link):
            raise SourceUnreadable(_UNTOLD)
        return {}
    try:
        said = dict(parse_qsl(urlsplit(found[1]).query))
    except ValueError:
        said = {}
    leads = {name: said[name] for name in names if name in said}
    if not leads:
        raise SourceUnreadable(_UNTOLD)
    return leads
