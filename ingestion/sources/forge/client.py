"""The REST API of a forge: what is asked of it, and what its answers are held to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from ingestion.sources import SourceUnreadable
from ingestion.sources.api import ATTEMPTS, Api, Moved, Refused
from ingestion.sources.forge.link_header import following

PAGES = 5000
"""Of one listing: half a million comments."""
PAGE_BYTES = 50_000_000
"""Of one page: 100 of the longest texts that GitHub takes have no more."""
_CURSOR = frozenset(("page", "after", "cursor", "id_after"))
Answer = TypeVar("Answer")


class Denied(Exception):
    """The API answered, with no."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class Client:
    """`name` is what the forge is called, `page` how much a page of a listing has. Raises
    SourceUnreadable where the API gives no answer, refuses the token, or lists something in part;
    and Denied where it says no to what was asked, or that it is elsewhere now."""

    name: str
    api: Api
    page: int

    def one(self, path: str) -> dict[str, Any]:
        return self._asked(lambda: self.api.json(path, {}))

    def every(self, path: str, **said: str) -> Iterator[dict[str, Any]]:
        """What all pages hold, or SourceUnreadable: half a listing is none."""
        asked, seen = {**said, "per_page": str(self.page)}, set[tuple[tuple[str, str], ...]]()
        for _ in range(PAGES):
            try:
                entries, link = self._page(path, asked)
            except Denied as denied:
                if not seen:
                    raise
                raise SourceUnreadable(
                    f"{self.name}'s listing breaks off ({denied}); sync again"
                ) from None
            if not all(isinstance(entry, dict) for entry in entries):
                raise SourceUnreadable(
                    f"what {self.name} answers is no listing; see config.endpoint"
                )
            yield from entries
            leads = following(link, _CURSOR)
            if not leads:
                return
            page = tuple(sorted(leads.items()))
            if page in seen:
                break
            seen.add(page)
            asked |= leads
        raise SourceUnreadable(f"{self.name}'s listing does not come to an end; sync again later")

    def _page(self, path: str, said: dict[str, str]) -> tuple[list[Any], str]:
        return self._asked(lambda: self.api.page(path, said, PAGE_BYTES))

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        for _ in range(ATTEMPTS):
            try:
                return ask()
            except Moved:
                raise Denied(301) from None
            except Refused as refusal:
                if refusal.status == 401:
                    raise SourceUnreadable(
                        f"{self.name} refuses the token; give a valid one with"
                        " `portcullis source secret KEY`"
                    ) from None
                if refusal.status != 403 or b"rate limit" not in refusal.body[:2000].lower():
                    raise Denied(refusal.status) from None
            # a limit of which no header tells how long
            self.api.wait("60")
        raise SourceUnreadable(f"{self.name} asks to be left alone; sync again later")
