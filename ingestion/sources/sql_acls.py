"""Who may read what, as the rows of a query say it: an `entry` and its `effect` each, for the `id`
of a document or for a `container`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.domain.acl import Acl
from app.domain.principal import PrincipalRef
from ingestion.sources import SourceUnreadable
from ingestion.sources.sql_database import Row

_LONGEST = 1000
_Key = tuple[str, str]


@dataclass
class SqlAcls:
    """`lost` says what is wrong where a row speaks of nobody knows what: it may have been a deny,
    so nothing may be read."""

    allow: dict[_Key, set[PrincipalRef]] = field(default_factory=lambda: defaultdict(set))
    deny: dict[_Key, set[PrincipalRef]] = field(default_factory=lambda: defaultdict(set))
    broken: set[_Key] = field(default_factory=set)
    lost: str = ""

    def add(self, row: Row) -> None:
        """Raises SourceUnreadable where the query has other columns."""
        if not {"entry", "effect"} <= set(row) or set(row) - {"id", "container", "entry", "effect"}:
            raise SourceUnreadable(
                "an ACL query must give the columns entry, effect, and id or container"
            )
        given = {kind: row[kind] for kind in ("id", "container") if row.get(kind) is not None}
        named = {kind: name_of(value) for kind, value in given.items()}
        if len(named) != 1 or None in named.values():
            self.lost = "a row of the ACL query is of no document and no container, or of both"
            return
        [(kind, name)] = named.items()
        key = (kind, str(name))
        sets = {"allow": self.allow, "deny": self.deny}
        try:
            sets[row["effect"]][key].add(PrincipalRef.parse(row["entry"]))
        except (KeyError, ValueError, TypeError, AttributeError):
            self.broken.add(key)

    def is_broken(self, name: str, container: str | None) -> bool:
        """Whether nobody knows who may read a document of that container."""
        return ("id", name) in self.broken or ("container", container) in self.broken

    def of_container(self, name: str) -> Acl:
        key = ("container", name)
        if self.lost or key in self.broken:
            return Acl()
        return Acl(frozenset(self.allow.get(key, ())), frozenset(self.deny.get(key, ())))

    def of_document(self, name: str, container: str | None) -> Acl | None:
        """None where its container's ACL holds. Denies of both add up; without an allow of its own
        it has the container's."""
        key = ("id", name)
        if container is not None and key not in self.allow and key not in self.deny:
            return None
        return self.whole(name, container)

    def whole(self, name: str, container: str | None) -> Acl:
        """The same with what its container's says, as one ACL."""
        key = ("id", name)
        above = Acl() if container is None else self.of_container(container)
        allow = frozenset(self.allow.get(key, above.allow))
        return Acl(allow, frozenset(self.deny.get(key, ())) | above.deny)


def name_of(value: Any) -> str | None:
    """An id as text; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | UUID):
        return None
    name = str(value)
    return name if name and len(name) <= _LONGEST and "\0" not in name else None
