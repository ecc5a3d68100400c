"""A copy of the database that follows it, and whether it is worth asking just now."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from sqlalchemy.ext.asyncio import AsyncEngine

REST = 5.0
"""Seconds for which a replica that failed is left alone."""


@dataclass
class Replica:
    """The reader's engine on the copy. One that failed rests, so that a copy that is down costs
    one attempt every `rest` seconds and not one a request."""

    engine: AsyncEngine
    rest: float = REST
    _until: float = field(default=0.0, init=False)

    @property
    def awake(self) -> bool:
        return monotonic() >= self._until

    def failed(self) -> None:
        self._until = monotonic() + self.rest
