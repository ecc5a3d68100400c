"""Who may be named in an ACL, and who is asking."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What an account may do in the product, apart from which documents it may read."""

    EMPLOYEE = "employee"
    OWNER = "owner"
    COMPLIANCE = "compliance"
    ADMIN = "admin"


class PrincipalKind(StrEnum):
    """The kinds of principal an ACL entry can name."""

    USER = "user"
    GROUP = "group"
    SERVICE = "service"
    EVERYONE = "everyone"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class PrincipalRef:
    """A principal by name, as an ACL or a directory writes it.

    `key` is a lower-case e-mail address for a user, the group's key for a group, and empty
    for `everyone` and `public`.
    """

    kind: PrincipalKind
    key: str = ""

    @classmethod
    def parse(cls, entry: str) -> PrincipalRef:
        """Read `someone@example.com`, `group:KEY`, `everyone` or `public`.

        Raises ValueError, with a message for the person who wrote the entry, on anything else.
        """
        text = entry.strip()
        if text in (PrincipalKind.EVERYONE, PrincipalKind.PUBLIC):
            return cls(PrincipalKind(text))
        if text.startswith("group:") and len(text) > len("group:"):
            return cls(PrincipalKind.GROUP, text.removeprefix("group:").strip())
        if text.count("@") == 1 and not text.startswith("@") and not text.endswith("@"):
            return cls(PrincipalKind.USER, text.lower())
        raise ValueError(
            f"not a principal: {entry!r}; write an e-mail address, group:KEY, everyone or public"
        )

    def __str__(self) -> str:
        if self.kind is PrincipalKind.GROUP:
            return f"group:{self.key}"
        return self.key or self.kind.value


@dataclass(frozen=True, slots=True)
class Account:
    """A signed-in account: the proof that authentication took place. Only `authn` makes one.

    `token_id` names the token or session that it came with, None where it came with none. It says
    how somebody came and not who, so accounts that differ in nothing else are equal.
    """

    principal_id: int
    email: str
    name: str
    role: Role
    token_id: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Subject:
    """The principal on whose behalf a request runs, with every group that it belongs to.

    `principal_ids` holds the account's own principal, `everyone`, `public` and all groups,
    nested. `group_keys` are those groups by name, for the coarse policy.
    """

    account: Account
    principal_ids: frozenset[int]
    group_keys: frozenset[str]
    revision: int
