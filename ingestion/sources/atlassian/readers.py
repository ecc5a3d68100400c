"""Sets of people by the names that a site has for them, and what two such sets have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Name:
    """`id` is the site's for a user or a group, and empty for `all`, anybody with an account
    there, and `anonymous`, anybody."""

    kind: Literal["user", "group", "all", "anonymous"]
    id: str = ""


ALL, ANONYMOUS = Name("all"), Name("anonymous")
Readers = frozenset[Name]
Members = Callable[[Name], frozenset[Name]]
"""The users in a group; none of them where that is not known."""


@dataclass(frozen=True, slots=True)
class Audience:
    """`unknown` are the kinds of what else may read, which nobody here can say who it is."""

    readers: Readers
    unknown: frozenset[str] = frozenset()


class Directory(Protocol):
    """Of users and groups, by the ids that the site has for them. Raises Refused, and what reading
    a strange answer raises."""

    def user(self, id: str) -> str:
        """The name by which it is known here."""

    def group(self, id: str) -> str: ...
    def members(self, id: str) -> Iterator[str]: ...


def in_both(one: Readers, other: Readers, members: Members) -> Readers:
    """Who is in both. A group stays one where both name it; of two groups, and where one names a
    user, it is the users."""
    for wide in (ANONYMOUS, ALL):
        if wide in one:
            return other
        if wide in other:
            return one
    found = set(one & other)
    mine, others = one - other, other - one
    for here, there in ((mine, other), (others, one)):
        users = {name for name in here if name.kind == "user"}
        groups = [name for name in there if name.kind == "group"] if users else []
        found |= {user for user in users if any(user in members(group) for group in groups)}
    for group in (name for name in mine if name.kind == "group"):
        for another in (name for name in others if name.kind == "group"):
            found |= members(group) & members(another)
    return frozenset(found)
