"""Who the members of a workspace are, and whom a channel's membership lets in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from app.domain.accounts import source_user
from app.domain.acl import Acl
from app.domain.principal import PrincipalKind, PrincipalRef
from ingestion.problem import DocumentProblem
from ingestion.sources import SourceUnreadable

USER = re.compile(r"[UW][A-Z0-9]{2,30}")
_GUEST = ("is_restricted", "is_ultra_restricted", "is_stranger")
_FLAGS = ("deleted", "is_bot", *_GUEST)


@dataclass(slots=True)
class People:
    """`users` are those of the workspace who may be named, by id. `kept_out` are guests, bots,
    who has left, and those of other workspaces: what is open to all of a workspace is not theirs.
    """

    names: dict[str, str] = field(default_factory=dict)
    users: dict[str, PrincipalRef] = field(default_factory=dict)
    kept_out: dict[str, PrincipalRef] = field(default_factory=dict)
    bots: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, accounts: Iterable[Any], team: str) -> People:
        """From the accounts that Slack lists; those of other workspaces are nobody: what address
        they have is what that workspace says."""
        people = cls()
        for account in accounts:
            if not isinstance(account, dict) or not _is_user(account.get("id")):
                raise SourceUnreadable("Slack lists an account that is none; look at it")
            name = account["id"]
            people.names[name] = _shown(account)
            ref = _address(account)
            if bot := account.get("is_bot") is True or name == "USLACKBOT":
                people.bots.add(name)
            if ref is None:
                continue
            if (
                bot
                or account.get("team_id") != team
                or any(account.get(flag) not in (None, False, True) for flag in _FLAGS)
            ):
                people.kept_out[name] = ref
                continue
            # a guest reads the channels of which it is a member
            if not account.get("deleted") and not account.get("is_stranger"):
                people.users[name] = ref
            if account.get("deleted") or any(account.get(flag) for flag in _GUEST):
                people.kept_out[name] = ref
        return people

    def acl(self, members: Iterable[Any], everyone: bool) -> tuple[Acl, DocumentProblem | None]:
        """Whom a channel lets in: its members, and with `everyone` all but guests who are none."""
        inside = set[str]()
        for member in members:
            if not _is_user(member):
                raise SourceUnreadable("Slack lists a member that is none; look at it")
            inside.add(member)
        allow = {self.users[member] for member in inside & set(self.users)}
        nameless = len(inside - set(self.users) - self.bots)
        problem = None
        if nameless:
            problem = DocumentProblem(
                "acl",
                f"{nameless} of its members cannot read it here: they have left, are of another"
                " workspace, or have no e-mail address that the token shows",
                "where that is not meant, give the app the scope users:read.email",
            )
        if not everyone:
            return Acl(frozenset(allow)), problem
        # one person may have a second account, with the same address
        full = {ref for name, ref in self.users.items() if name not in self.kept_out}
        deny = set(self.kept_out.values()) - allow - full
        allow.add(PrincipalRef(PrincipalKind.EVERYONE))
        return Acl(frozenset(allow), frozenset(deny)), problem

    def name(self, user: Any) -> str:
        return self.names.get(user, user) if _is_user(user) else ""


def _is_user(said: Any) -> bool:
    return isinstance(said, str) and USER.fullmatch(said) is not None


def _address(account: dict[str, Any]) -> PrincipalRef | None:
    profile = account.get("profile")
    said = profile.get("email") if isinstance(profile, dict) else None
    # beyond ASCII, two spellings may become one in lower case
    if not isinstance(said, str) or not re.fullmatch(r"[!-~]+", said):
        return None
    if not re.fullmatch(r"[^@:,<>]+@[^@:,<>]+", said):
        return None
    try:
        return source_user(said)
    except ValueError:
        return None


def _shown(account: dict[str, Any]) -> str:
    said = account.get("real_name") or account.get("name") or account["id"]
    shown = "".join(letter for letter in str(said) if letter.isprintable())
    return shown[:80]
